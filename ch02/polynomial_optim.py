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
from common.optimizer import RMSprop
from dataset import sine

options = script.options(seed=0, steps=2000)
rng = numpy.random.default_rng(options.seed)

# %%
# Model and loss are those of the page before.

x, y = sine.load_data()
xx = Tensor(np.stack([x, x**2, x**3], axis=1))
model = Sequential(Linear(3, 1, rng), Flatten(0, 1))
loss_fn = MSELoss(reduction="sum")

# %%
# Along d the loss is bent 137 times as sharply as along a: the mean of x⁶ over our points, where
# that of 1 is 1. Plain gradient descent must choose its learning rate for the sharpest bend, and
# crawls along the others. RMSprop divides each gradient by its recent size, so it takes steps of
# about `lr` along all four, and 1e-3 is not too much.

optimizer = RMSprop(lr=1e-3)
for t in range(options.steps):
    y_pred = model(xx)
    loss = loss_fn(y_pred, y)
    if t % 100 == 99:
        print(t, loss.item())

    model.zero_grads()
    loss.backward()
    optimizer.update(model.params, model.grads)

# %%
# Its walk is another one: at a steady pace of 1e-3 a step, it needs as many steps as the start is
# far away, and the loss goes on falling fast until it is there. (Plain descent starts fast and
# then crawls.) Then it does not come to rest. Its steps keep their size, so near the minimum it
# jumps to and fro, and the loss hovers a little above the 8.817 of the best cubic.

W, bias = model[0].params
print(f"Result: y = {bias.item()} + {W[0, 0]} x + {W[1, 0]} x^2 + {W[2, 0]} x^3")

script.save(plot.curves(x, {"sin(x)": y, "polynomial": y_pred.data}), "ch02_polynomial_optim")
