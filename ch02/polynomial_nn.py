"""
Layers instead of formulas
==========================

A polynomial is a weighted sum of x, x² and x³, plus a bias. And that is what an Affine layer
computes.
"""

import numpy

from common import plot, script
from common.autograd import Tensor
from common.layers import Flatten, Linear, MSELoss, Sequential
from common.np import np
from dataset import sine

options = script.options(seed=0, steps=2000)
rng = numpy.random.default_rng(options.seed)

# %%
# Shapes first. x has shape (2000,), and `x[:, None]` makes a column of it, (2000, 1). The
# exponents have shape (3,). By the rule of broadcasting, (2000, 1) to the power of (3,) is (2000,
# 3): a batch of 2,000 examples with the three numbers x, x² and x³ each. (PyTorch writes
# `x.unsqueeze(-1).pow(p)`.) These numbers never change, so they are computed once.

x, y = sine.load_data()
p = np.array([1, 2, 3], dtype=x.dtype)
xx = Tensor(x[:, None] ** p)
print("x", x.shape, "column", x[:, None].shape, "exponents", p.shape, "xx", xx.shape)

# %%
# A `Sequential` hands what comes out of each layer to the next. `Linear(3, 1)`, an Affine that
# draws its own weights, turns three numbers into one, and has three weights and a bias: our b, c,
# d and a. The generator that it is given draws them, so the start is another one than on the pages
# before. Its output has shape (2000, 1), but y has (2000,). `Flatten(0, 1)` makes one axis of the
# two. Without it, the loss would refuse: (2000, 1) minus (2000,) would be a table of four million
# differences.

model = Sequential(Linear(3, 1, rng), Flatten(0, 1))
loss_fn = MSELoss(reduction="sum")
learning_rate = 1e-6

# %%
# The model has its weights in `params` and their gradients in `grads`. `zero_grads` clears them.
# The update works on plain arrays, so there is nothing that could be recorded.

for t in range(options.steps):
    y_pred = model(xx)
    loss = loss_fn(y_pred, y)
    if t % 100 == 99:
        print(t, loss.item())

    model.zero_grads()
    loss.backward()
    for param, grad in zip(model.params, model.grads, strict=True):
        param -= learning_rate * grad

# %%
# A Sequential is indexed: `model[0]` is its first layer. W has a row for each input; PyTorch
# keeps the transpose.

W, bias = model[0].params
print(f"Result: y = {bias.item()} + {W[0, 0]} x + {W[1, 0]} x^2 + {W[2, 0]} x^3")

script.save(
    plot.curves(x, {"sin(x)": y, "polynomial": y_pred.data}),
    "ch02_polynomial_nn",
    alt="The sine over one period, and the cubic whose coefficients are the weights of a linear "
    "layer. They run side by side, and are farthest apart at the two ends.",
)
