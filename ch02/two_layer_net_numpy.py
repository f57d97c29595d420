"""
The older edition: two layers, by hand
======================================

The tutorial's older edition fits random targets with a network of two layers. There is nothing
to understand in the data; the point is how a network learns it by heart.
"""

import numpy

from common import plot, script
from common.np import np
from dataset import random_regression

options = script.options(seed=0, steps=500)
rng = numpy.random.default_rng(options.seed)

# %%
# 64 examples of 1,000 numbers each, 100 hidden neurons, 10 outputs. All weights are drawn from
# the standard normal distribution, which is far too large: a hidden sum then has a spread of
# √1000 ≈ 32, and the loss starts at some 30 million.

N, D_in, H, D_out = 64, 1000, 100, 10
x, y = random_regression.load_data(N, D_in, D_out, seed=rng)
w1 = np.asarray(rng.normal(size=(D_in, H)), dtype=x.dtype)
w2 = np.asarray(rng.normal(size=(H, D_out)), dtype=x.dtype)
learning_rate = 1e-6

# %%
# Between the two layers stands a ReLU: it lets positive numbers through and stops negative ones.
# Backward, it does the same to the gradients: where nothing went through, nothing comes back.

losses = []
for t in range(options.steps):
    h = np.matmul(x, w1)
    h_relu = np.maximum(h, 0)
    y_pred = np.matmul(h_relu, w2)
    loss = np.square(y_pred - y).sum()
    losses.append(float(loss))
    print(t, losses[-1])

    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = np.matmul(h_relu.T, grad_y_pred)
    grad_h_relu = np.matmul(grad_y_pred, w2.T)
    grad_h = grad_h_relu * (h > 0)
    grad_w1 = np.matmul(x.T, grad_h)

    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2

# %%
# A network with 101,000 weights can learn 640 numbers by heart: the loss falls through eleven
# powers of ten. On the logarithmic scale the way down is straight in the middle, where each step
# takes away about the same share of what is left, and flatter at the end, where what is left lies
# in the directions that learn slowest.

figure = plot.loss_curve({"loss": (range(options.steps), losses)}, log=True)
script.save(figure, "ch02_two_layer_net_numpy")
