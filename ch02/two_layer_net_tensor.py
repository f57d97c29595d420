"""
The older edition, on a device, with layers
===========================================

The same network from raw operations, and from the layers of chapter 1, called by hand. With
`--gpu` it runs on the GPU.
"""

import numpy

from common import config, plot, script
from common.layers import MatMul, MSELoss, ReLU, Sequential
from common.np import np
from common.optimizer import SGD
from dataset import random_regression

options = script.options(seed=0, steps=500)
rng = numpy.random.default_rng(options.seed)

# %%
# The same numbers as on the page before, from the same seed, in the dtype `config.dtype`. Below
# are the first numbers of x and y.

N, D_in, H, D_out = 64, 1000, 100, 10
x, y = random_regression.load_data(N, D_in, D_out, seed=rng)
w1 = np.asarray(rng.normal(size=(D_in, H)), dtype=x.dtype)
w2 = np.asarray(rng.normal(size=(H, D_out)), dtype=x.dtype)
print("on", "the GPU" if config.GPU else "the CPU", "with", x.dtype)
print("X, of shape", x.shape)
print(x[:2, :3].round(4), "...")
print("Y, of shape", y.shape)
print(y[:2, :3].round(4), "...")

# %%
# By raw operations, as the documents do it in PyTorch. In its names, `np.matmul(x, w1)` is
# `x.mm(w1)`, `np.maximum(h, 0)` is `h.clamp(min=0)`, `h_relu.T` is `h_relu.t()`, and `float(loss)`
# is `loss.item()`.

learning_rate = 1e-6
v1, v2, raw_losses = w1.copy(), w2.copy(), []
for _ in range(options.steps):
    h = np.matmul(x, v1)
    h_relu = np.maximum(h, 0)
    y_pred = np.matmul(h_relu, v2)
    raw_losses.append(float(np.square(y_pred - y).sum()))

    grad_y_pred = 2.0 * (y_pred - y)
    grad_v2 = np.matmul(h_relu.T, grad_y_pred)
    grad_h_relu = np.matmul(grad_y_pred, v2.T)
    grad_h = grad_h_relu * (h > 0)
    grad_v1 = np.matmul(x.T, grad_h)

    v1 -= learning_rate * grad_v1
    v2 -= learning_rate * grad_v2

# %%
# By layers. Each of the five gradient lines has found its place in the `backward` of a layer, the
# two last lines in the optimizer. The losses are the same, up to rounding.

model = Sequential(MatMul(w1), ReLU(), MatMul(w2))
loss_fn, optimizer = MSELoss(reduction="sum"), SGD(lr=learning_rate)

losses = []
for t in range(options.steps):
    losses.append(float(loss_fn.forward(model.forward(x), y)))
    if t % 25 == 24:
        print(t, losses[-1])

    model.backward(loss_fn.backward())
    optimizer.update(model.params, model.grads)

apart = abs(numpy.array(raw_losses) / numpy.array(losses) - 1)
print(
    f"raw operations and layers differ by {apart[:100].max():.0e} in the first hundred steps",
    end="",
)
print(f", and by {apart.max():.0e} in all")

figure = plot.loss_curve({"loss": (range(options.steps), losses)}, log=True)
script.save(
    figure,
    "ch02_two_layer_net_tensor",
    alt="The loss of the network of layers against the step, on a logarithmic scale. It drops, "
    "goes down in nearly a straight line, and bends where float32 runs out of digits.",
)
