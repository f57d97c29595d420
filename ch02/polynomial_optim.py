"""
Optimizers instead of update loops
==================================

The update becomes one line, and with it comes a choice: RMSprop divides each gradient by its
usual size.
"""

import numpy

from common import plot, script
from common.autograd import Tensor
from common.layers import Flatten, Linear, MSELoss, Sequential
from common.np import np
from common.optimizer import SGD, RMSprop
from common.util import to_cpu
from dataset import sine

options = script.options(seed=0, steps=2000)

# %%
# Model and loss are those of the page before.

x, y = sine.load_data()
xx = Tensor(np.stack([x, x**2, x**3], axis=1))
loss_fn = MSELoss(reduction="sum")

# %%
# How the loss is bent
# --------------------
# The loss is a valley in four dimensions. The mean square of what a coefficient is multiplied by
# tells how sharply the valley is bent along its axis: 1 for a, and for d the mean of x⁶ over our
# points, 137.75. But the axes are not the whole truth, since the coefficients work together. The
# valley has directions of its own, along which it bends without mixing. (They and their bends are
# the eigenvectors and eigenvalues of the table of means below.) The sharpest bend is 325 times the
# flattest. The flattest direction mixes a and c: add to a, take away some of c, and the loss
# hardly changes.

powers = numpy.stack([to_cpu(x).astype("float64") ** k for k in range(4)], axis=1)
bends, directions = numpy.linalg.eigh(powers.T @ powers / len(powers))
along_d = float((powers[:, 3] ** 2).mean())
condition = bends[-1] / bends[0]
print(f"along d {along_d:.2f} times as along a; the sharpest is {condition:.0f} times the flattest")
flattest = (directions[:, 0] / directions[0, 0]).round(2) + 0.0  # - 0.0 becomes 0.0
print("the flattest direction: a, b, c, d =", flattest)

# %%
# Plain descent must choose its learning rate for the sharpest bend, and crawls along the flattest.
#
# RMSprop keeps a running mean of each squared gradient, and divides by its root:
#
# ::
#
#     h ← 0.99 h + 0.01 g²
#     p ← p - lr · g / √h
#
# (And 1e-8 is added to √h, so that nothing is divided by 0.) So the scale of the gradients is no
# matter, and lr may be 1e-3. What matters is how a gradient compares with those of the last
# hundred steps.


def train(optimizer):
    model = Sequential(Linear(3, 1, numpy.random.default_rng(options.seed)), Flatten(0, 1))
    losses, moves = [], []
    for _ in range(options.steps):
        y_pred = model(xx)
        loss = loss_fn(y_pred, y)
        losses.append(loss.item())

        model.zero_grads()
        loss.backward()
        before = coefficients(model)
        optimizer.update(model.params, model.grads)
        moves.append(abs(coefficients(model) - before) / optimizer.lr)
    return model, y_pred, losses, numpy.array(moves)


def coefficients(model):
    """a, b, c and d, in an array of their own on the CPU."""
    W, bias = map(to_cpu, model[0].params)
    return numpy.array([bias[0], W[0, 0], W[1, 0], W[2, 0]])


model, y_pred, losses, moves = train(RMSprop(lr=1e-3))
for t in range(99, options.steps, 100):
    print(t, losses[t])
a, b, c, d = coefficients(model)
print(f"Result: y = {a} + {b} x + {c} x^2 + {d} x^3")
script.save(
    plot.curves(x, {"sin(x)": y, "polynomial": y_pred.data}),
    "ch02_polynomial_optim",
    alt="The sine over one period, and the cubic that RMSprop has found. They cross several "
    "times, and part at both ends.",
)

# %%
# How long are its steps?
# -----------------------
# The first is 10 lr for each of the four, since h is 0.01 g² then. While the gradients keep their
# size, a step is about lr. They shrink, and h remembers the large ones; so the steps become
# shorter than lr, and each coefficient's in its own way. Where a gradient has long been near 0, so
# has h, and then a small gradient makes a large step: these are the peaks at the end. So RMSprop
# does not come to rest. The loss hovers above the 8.817 of the best cubic.

print("step lengths / lr of a, b, c, d:")
for t in range(0, min(options.steps, 1000), 300):
    print(t, moves[t].round(2))

some = numpy.arange(0, options.steps, 10)
lengths = {name: moves[some, i] for i, name in enumerate("abcd")}
figure = plot.curves(some, lengths, xlabel="step", ylabel="length of the step / lr", log=True)
figure.axes[0].set_ylim(1e-4, 20)
script.save(
    figure,
    "ch02_polynomial_optim_steps",
    alt="Four curves, of a, b, c and d: the length of their steps, divided by lr, against the "
    "step, on a logarithmic scale. They start as one and shrink, each in its own way; towards "
    "the end sharp peaks stand up.",
)

# %%
# Is that faster?
# ---------------
# Not at first. From the same start, plain descent with 1e-6 falls down the steep sides of the
# valley in a few dozen steps, while RMSprop walks there at its own pace. With this start plain
# descent leads until somewhere past step 1,100; from others it may be longer. Then it crawls along
# the flat bottom, and RMSprop does not. (In the documents RMSprop is ahead from step 499 on. It is
# another start, and another one for each of the two.) There are more optimizers in
# `common.optimizer`. Which is ahead depends on the problem.

_, _, plain, _ = train(SGD(lr=1e-6))
ahead = next((t for t in range(1, len(plain)) if losses[t] < plain[t]), None)
if ahead:
    print("RMSprop is ahead for the first time at step", ahead)
figure = plot.loss_curve(
    {
        "RMSprop, lr 1e-3": (range(options.steps), losses),
        "plain descent, lr 1e-6": (range(options.steps), plain),
    },
    log=True,
)
script.save(
    figure,
    "ch02_polynomial_optim_losses",
    alt="Two curves of the loss against the step, on a logarithmic scale. Plain descent drops far "
    "below RMSprop at once; RMSprop catches up much later, and then shows small peaks where "
    "plain descent is smooth.",
)
