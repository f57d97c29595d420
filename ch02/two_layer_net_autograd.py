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
# The study notes that this page follows lost the line that computes the loss: their loop prints,
# and differentiates, a loss left over from an earlier cell. Here it is computed in every step.

N, D_in, H, D_out = 64, 1000, 100, 10
x, y = map(Tensor, random_regression.load_data(N, D_in, D_out, seed=rng))
w1 = Tensor(np.asarray(rng.normal(size=(D_in, H)), dtype=x.dtype), requires_grad=True)
w2 = Tensor(np.asarray(rng.normal(size=(H, D_out)), dtype=x.dtype), requires_grad=True)
learning_rate = 1e-6

# %%
# `clamp(min=0)` is the ReLU. The gradient for `x` is never computed, although it would be one of
# the largest arrays here: nobody asked for it.

losses = []
for t in range(options.steps):
    y_pred = (x @ w1).clamp(min=0) @ w2
    loss = ((y_pred - y) ** 2).sum()
    losses.append(loss.item())
    print(t, losses[-1])

    loss.backward()
    with no_grad():
        w1 -= learning_rate * w1.grad
        w2 -= learning_rate * w2.grad
    w1.grad = w2.grad = None

figure = plot.loss_curve({"loss": (range(options.steps), losses)}, log=True)
script.save(figure, "ch02_two_layer_net_autograd")
