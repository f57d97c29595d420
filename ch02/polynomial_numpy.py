"""
Fitting a sine, with NumPy alone
================================

Find a, b, c, d such that the polynomial a + b x + c x² + d x³ runs close to sin(x) between -π
and π. This page does it with NumPy, which is made for scientific computing of any kind and knows
nothing of networks, graphs or gradients; so every gradient is derived by hand. The pages after it
hand over one part of the work after another, as PyTorch's tutorial does:
https://pytorch.org/tutorials/beginner/pytorch_with_examples.html
"""

import math

import numpy

from common import players, plot, script
from common.np import np

options = script.options(seed=0, steps=2000)
rng = numpy.random.default_rng(options.seed)

# %%
# 2,000 points on the curve, and four random numbers to start from. x and y have 2,000 numbers
# each, so they are vectors, of shape (2000,). The generator is that of `numpy` itself, not of
# `np`: random numbers are drawn on the CPU, so that a seed starts the same run wherever the page
# computes.

x = np.linspace(-math.pi, math.pi, 2000)
y = np.sin(x)
a, b, c, d = rng.normal(size=4)
learning_rate = 1e-6

# %%
# x stays the same from step to step, so its powers are worked out once; and as products. `x**3`
# goes through a power function that is made for any exponent. The documents write it twice in each
# step, and it takes most of their time; see benchmarks/results.md.

x2 = x * x
x3 = x2 * x

# %%
# Three things happen in each step:
#
# - **forward**: predict y, and take the sum of the squared errors as the loss;
# - **backward**: the chain rule. The loss changes by 2 (y_pred - y) for each prediction, and a
#   prediction changes by 1 with a, by x with b, by x² with c and by x³ with d;
# - **update**: a small step against each gradient.
#
# The learning rate looks tiny. It is because the loss is a *sum* over 2,000 points and x³ reaches
# 31. At the start the largest gradient is beyond ten thousand; see the first line below.

losses, frames = [], players.Frames(options.steps)
for t in range(options.steps):
    y_pred = a + b * x + c * x2 + d * x3
    loss = np.square(y_pred - y).sum()
    if t % 100 == 99:
        print(t, float(loss))
    losses.append(loss)
    frames.keep(t + 1, y_pred[::20])

    grad_y_pred = 2.0 * (y_pred - y)
    grad_a = grad_y_pred.sum()
    grad_b = (grad_y_pred * x).sum()
    grad_c = (grad_y_pred * x2).sum()
    grad_d = (grad_y_pred * x3).sum()
    if t == 0:
        grads = [float(grad) for grad in (grad_a, grad_b, grad_c, grad_d)]
        print("gradients at the start:", " ".join(f"{grad:.2g}" for grad in grads))

    a = a - learning_rate * grad_a
    b = b - learning_rate * grad_b
    c = c - learning_rate * grad_c
    d = d - learning_rate * grad_d

print(f"Result: y = {float(a)} + {float(b)} x + {float(c)} x^2 + {float(d)} x^3")

# %%
# a and c come out near 0: sin is odd, and only odd powers can help. The best cubic there is has
# b = 0.8567 and d = -0.0933, with a loss of 8.817; 2,000 steps come close to it. (The series
# x - x³/6 has other numbers. It is the best *at* 0, this one is the best on average.)

script.save(
    plot.curves(x, {"sin(x)": y, "polynomial": y_pred}),
    "ch02_polynomial_numpy",
    alt="Two curves over one period: the sine, and the cubic that was fitted to it. The cubic "
    "meets the sine in the middle, turns a little farther out, and at both ends runs past "
    "zero, where the sine stops.",
)

caption = "The polynomial on its way to the sine, and the loss on its way down."
steps = range(10, options.steps + 1, 10)
loss_curve = (steps, [float(losses[step - 1]) for step in steps])
sine = {"sin(x)": y[::20]}
moving = players.curve_frames(frames, x[::20], sine, "polynomial", loss_curve, caption)
script.record("ch02_polynomial_numpy", moving)
