"""
A graph that changes at every step
==================================

The strangest model of the tutorial: at each step it rolls dice for how many terms it has, and its
fourth and fifth power share one coefficient. It shows that a graph recorded anew at each step
takes away no freedom: a loop is a loop, and an `if` an `if`.
"""

import random

import numpy

from common import plot, script
from common.autograd import Parameter
from common.layers import MSELoss
from common.module import Module
from common.optimizer import Momentum
from dataset import sine

options = script.options(seed=0, steps=30000)
rng, dice = numpy.random.default_rng(options.seed), random.Random(options.seed)

# %%
# `range(4, dice.randint(4, 6))` is empty, has the 4, or has the 4 and the 5. So e is used not at
# all, once, or twice in a step. What comes back to it from the two uses adds up. Where it was not
# used, its gradient is zero, and its momentum moves it on. (So it was in PyTorch, when the tutorial
# was written. Today its `zero_grad` clears a gradient to None, and then SGD leaves e where it is.)


class DynamicNet(Module):
    """y = a + b x + c x² + d x³, and sometimes + e x⁴, or + e x⁴ + e x⁵."""

    def __init__(self):
        self.a, self.b, self.c, self.d, self.e = (Parameter(float(rng.normal())) for _ in range(5))

    def forward(self, x):
        y = self.a + self.b * x + self.c * x**2 + self.d * x**3
        for exponent in range(4, dice.randint(4, 6)):
            y += self.e * x**exponent
        return y

    def string(self):
        a, b, c, d, e = (p.item() for p in (self.a, self.b, self.c, self.d, self.e))
        return f"y = {a} + {b} x + {c} x^2 + {d} x^3 + {e} x^4 ? + {e} x^5 ?"


# %%
# x⁵ reaches 306, ten times as much as x³. Gradients grow with it, and the loss is bent with its
# square, so the learning rate must be a hundredth of that before. **Momentum** makes up for ten of
# the hundred. It takes the steps that
#
# ::
#
#     v ← 0.9 v - lr · g          W ← W + v
#
# say, so what points the same way in many steps adds up to 1 / (1 - 0.9) = 10 times its size. The
# rest is patience, 30,000 steps instead of 2,000. (The loss is printed as the tensor that it is,
# as in the tutorial; it says what made it.)

x, y = sine.load_data()
model, criterion = DynamicNet(), MSELoss(reduction="sum")
optimizer = Momentum(lr=1e-8, momentum=0.9)

steps, losses = [], []
for t in range(options.steps):
    y_pred = model(x)
    loss = criterion(y_pred, y)
    if t % 2000 == 1999:
        print(t, loss)
    if t % 100 == 99:
        steps.append(t + 1)
        losses.append(loss.item())

    model.zero_grads()
    loss.backward()
    optimizer.update(model.params, model.grads)

print("Result:", model.string())

# %%
# Each roll of the dice makes another polynomial of the model, and what suits one suits the others
# a little less. So the loss trembles where it has become small, and now and then it jumps: the
# documents print 44.0 between 13.1 and 9.8, and with `--seed 3` it happens here. (What the
# documents say in a comment, that the fourth or the fifth power is chosen, their code does not do,
# nor does ours.) e comes out near 0: that suits all three.

script.save(
    plot.loss_curve({"loss": (steps, losses)}, log=True),
    "ch02_dynamic_net_loss",
    alt="A curve of the loss against the step, on a logarithmic scale. It plunges, then goes down "
    "at a gentler slope, and at last trembles around one level.",
)
script.save(
    plot.curves(x, {"sin(x)": y, "last model": y_pred.data}),
    "ch02_dynamic_net",
    alt="The sine over one period, and the polynomial that the dice made at the last step. The "
    "polynomial follows the wave, and leaves it at both ends.",
)
