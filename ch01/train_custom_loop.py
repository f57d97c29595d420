"""
1.4.2 Training, written out by hand
===================================

All parts are there: layers, a loss, gradients, a step against them. The heart of the loop that
trains a network is three lines long, and nothing in it is hidden.
"""

import numpy

from ch01.two_layer_net import TwoLayerNet
from common import plot, script
from common.functions import accuracy
from common.np import np
from common.optimizer import SGD
from dataset import spiral

options = script.options(seed=0, steps=3000)
batch_size, report_every = 30, 100

# %%
# The network is the one of `ch01/two_layer_net.py`: two inputs, ten hidden neurons with a sigmoid,
# three scores, and softmax with cross-entropy for the loss. Before it is trained it knows nothing.
# To give each class 1/3 would cost log 3 = 1.0986. Its random weights have an opinion, mostly a
# wrong one, and that costs a little more.

x, t = spiral.load_data()


def make_model(rng):
    return TwoLayerNet(input_size=2, hidden_size=10, output_size=3, seed=rng)


untrained = float(make_model(numpy.random.default_rng(options.seed)).forward(x, t))
print(f"before the first step: loss {untrained:.4f}")

# %%
# Each step looks at 30 rows, so an epoch, one round through all 300 rows, has 10 steps. The rows
# are shuffled before each epoch. The learning rate of 1 is large; the network is small and can
# take it.


def train(shuffled):
    rng = numpy.random.default_rng(options.seed)
    model, optimizer = make_model(rng), SGD(lr=1.0)
    order = np.arange(len(x))
    steps, losses, recent = [], [], []
    for step in range(options.steps):
        place = step * batch_size % len(x)
        if place == 0 and shuffled:
            order = np.asarray(rng.permutation(len(x)))
        rows = order[place : place + batch_size]

        loss = model.forward(x[rows], t[rows])  # how wrong is the network on these rows?
        model.backward()  # which way would it be less wrong?
        optimizer.update(model.params, model.grads)  # one step that way

        recent.append(loss)
        if (step + 1) % report_every == 0:
            steps.append(step + 1)
            losses.append(float(sum(recent)) / len(recent))
            recent = []
    return model, steps, losses


model, steps, losses = train(shuffled=True)
for step, loss in zip(steps, losses, strict=True):
    print(f"step {step}: loss {loss:.4f}")
right = float(accuracy(model.predict(x), t))
print(f"accuracy {right:.4f}")
script.save(
    plot.decision_boundary(model.predict, x, t),
    "ch01_custom_loop_boundary",
    alt="The points of three spirals on a plane that is coloured by what the network says of each "
    "place. Curved borders run between the arms, and almost all points lie where the network "
    "gives their own class.",
)

# %%
# The first hundreds of steps find the best straight cuts, and there the loss rests for a while,
# near 0.75. It falls again once the hidden neurons have found the bends.
#
# What shuffling is worth
# -----------------------
# The rows are sorted: a hundred of class 0, then a hundred of class 1, then class 2. Unshuffled,
# eight of the ten batches hold a single class, and each step pulls towards that class alone,
# against the steps before. The network learns like this as well: later, and in the end not as
# much.

unshuffled, steps, sorted_losses = train(shuffled=False)
right_unshuffled = float(accuracy(unshuffled.predict(x), t))
print(f"unshuffled: accuracy {right_unshuffled:.4f}")

figure = plot.loss_curve({"shuffled": (steps, losses), "sorted by class": (steps, sorted_losses)})
script.save(
    figure,
    "ch01_custom_loop_loss",
    alt="Two curves of the loss against the step. With shuffled rows it falls sooner, and ends "
    "lower, than with the rows sorted by class.",
)
