"""
1.4.2 Training, written out by hand
===================================

All parts are there: layers, a loss, gradients. The loop that trains a network is four lines
long, and nothing in it is hidden.
"""

import numpy

from ch01.two_layer_net import TwoLayerNet
from common import plot, script
from common.functions import accuracy
from common.np import np
from common.optimizer import SGD
from dataset import spiral

options = script.options(seed=0, steps=3000)
rng = numpy.random.default_rng(options.seed)

# %%
# 30 rows at a time, so an epoch, one round through all 300 rows, has 10 steps. The learning rate
# of 1 is large; the network is small and can take it.

batch_size, report_every = 30, 100
x, t = spiral.load_data()
model = TwoLayerNet(input_size=2, hidden_size=10, output_size=3, seed=rng)
optimizer = SGD(lr=1.0)

# %%
# The rows are shuffled before each epoch: otherwise a batch would hold a single class, and each
# step would unlearn what the steps before had learned.

steps, losses, recent = [], [], []
for step in range(options.steps):
    place = step * batch_size % len(x)
    if place == 0:
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
        print(f"step {step + 1}: loss {losses[-1]:.4f}")

# %%
# An untrained network guesses among three classes, which costs log 3 = 1.0986. The first hundred
# steps find the best straight cuts, and there the loss rests for a while, near 0.75. It falls
# again once the hidden neurons have found the bends.

script.save(plot.loss_curve({"training": (steps, losses)}), "ch01_custom_loop_loss")
script.save(plot.decision_boundary(model.predict, x, t), "ch01_custom_loop_boundary")

right = float(accuracy(model.predict(x), t))
print(f"accuracy {right:.4f}")
