"""
A model of your own
===================

When a row of layers is not enough, write the model as a class: its parameters in `__init__`, and
in `forward` whatever Python can say.
"""

import numpy

from common import plot, script
from common.autograd import Parameter
from common.layers import MSELoss
from common.module import Module
from common.optimizer import SGD
from dataset import sine

options = script.options(seed=0, steps=2000)
rng = numpy.random.default_rng(options.seed)

# %%
# A `Parameter` is a tensor that is learned. The Module finds those among its attributes, so
# `model.params` and `model.grads` need not be written. (PyTorch's `model.parameters()` gives
# tensors with their gradients in them; here there are two lists of arrays.)


class Polynomial3(Module):
    """y = a + b x + c x² + d x³."""

    def __init__(self):
        self.a, self.b, self.c, self.d = (Parameter(float(rng.normal())) for _ in range(4))

    def forward(self, x):
        return self.a + self.b * x + self.c * x**2 + self.d * x**3

    def string(self):
        a, b, c, d = (p.item() for p in (self.a, self.b, self.c, self.d))
        return f"y = {a} + {b} x + {c} x^2 + {d} x^3"


# %%
# A loop like this one trains any model.

x, y = sine.load_data()
model, criterion, optimizer = Polynomial3(), MSELoss(reduction="sum"), SGD(lr=1e-6)
for t in range(options.steps):
    y_pred = model(x)
    loss = criterion(y_pred, y)
    if t % 100 == 99:
        print(t, loss.item())

    model.zero_grads()
    loss.backward()
    optimizer.update(model.params, model.grads)

print("Result:", model.string())

script.save(
    plot.curves(x, {"sin(x)": y, "polynomial": y_pred.data}),
    "ch02_polynomial_module",
    alt="The sine over one period, and the polynomial that the module has learned. The polynomial "
    "swings as the sine does, and strays from it most at the two ends.",
)
