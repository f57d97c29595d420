"""
The older edition, with autograd
================================

The forward pass in one line, and no backward pass at all.
"""

import numpy

from common import plot, script
from common.autograd import Tensor, no_grad
from common.np import np
from dataset import random_regression

options = script.options(seed=0, steps=500)
rng = numpy.random.default_rng(options.seed)

# %%
# In the study notes that this page follows, the line that computes the loss is missing from the
# loop. (The losses that they show below it must come from another program. A loss left over from
# the page before is a plain number, which has no `backward`, and PyTorch goes back through one
# graph only once.) A page that runs from top to bottom cannot lose a line like that.

N, D_in, H, D_out = 64, 1000, 100, 10
x, y = map(Tensor, random_regression.load_data(N, D_in, D_out, seed=rng))
w1 = Tensor(np.asarray(rng.normal(size=(D_in, H)), dtype=x.dtype), requires_grad=True)
w2 = Tensor(np.asarray(rng.normal(size=(H, D_out)), dtype=x.dtype), requires_grad=True)
learning_rate = 1e-6

# %%
# `clamp(min=0)` is the ReLU, but for its slope at exactly 0, where a ReLU has 0 and clamp 1. In
# float32 some hidden sums do become exactly 0; so the last losses are not, digit by digit, those
# of the pages before. The gradient for `x` is never computed, although it would be one of the
# largest arrays here: nobody asked for it. The notes set each gradient to zero after the update,
# and so must we, since a backward adds to it; None clears it, too.

losses = []
for t in range(options.steps):
    y_pred = (x @ w1).clamp(min=0) @ w2
    loss = ((y_pred - y) ** 2).sum()
    losses.append(loss.item())
    if t % 25 == 24:
        print(t, losses[-1])

    loss.backward()
    with no_grad():
        w1 -= learning_rate * w1.grad
        w2 -= learning_rate * w2.grad
    w1.grad = w2.grad = None

figure = plot.loss_curve({"loss": (range(options.steps), losses)}, log=True)
script.save(
    figure,
    "ch02_two_layer_net_autograd",
    alt="A curve of the loss against the step, on a logarithmic scale. After a steep drop it goes "
    "down almost straight through many powers of ten, and bends near the end.",
)
