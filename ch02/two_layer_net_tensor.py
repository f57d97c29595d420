"""
The older edition, on a device, with layers
===========================================

The same network from the layers of chapter 1, called by hand. With `--gpu` it runs on the GPU.
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
# The same numbers as on the page before, from the same seed.

N, D_in, H, D_out = 64, 1000, 100, 10
x, y = random_regression.load_data(N, D_in, D_out, seed=rng)
w1 = np.asarray(rng.normal(size=(D_in, H)), dtype=x.dtype)
w2 = np.asarray(rng.normal(size=(H, D_out)), dtype=x.dtype)
print("on", "the GPU" if config.GPU else "the CPU", "with", x.dtype)

# %%
# Each of the five gradient lines has found its place in the `backward` of a layer.

model = Sequential(MatMul(w1), ReLU(), MatMul(w2))
loss_fn, optimizer = MSELoss(reduction="sum"), SGD(lr=1e-6)

losses = []
for t in range(options.steps):
    loss = loss_fn.forward(model.forward(x), y)
    losses.append(float(loss))
    print(t, losses[-1])

    model.backward(loss_fn.backward())
    optimizer.update(model.params, model.grads)

figure = plot.loss_curve({"loss": (range(options.steps), losses)}, log=True)
script.save(figure, "ch02_two_layer_net_tensor")
