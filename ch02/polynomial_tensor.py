"""
The same, on a device
=====================

The arrays may live on the CPU or on a GPU, and their numbers are half as long.
"""

import numpy

from common import config, plot, script
from common.np import np
from dataset import sine

options = script.options(seed=0, steps=2000)
rng = numpy.random.default_rng(options.seed)

# %%
# Start this script with `--gpu`, and `np` is CuPy: not a line below changes. The documents name
# the GPU as the reason to leave NumPy, and for deep networks a speed of 50 times and more. (Their
# source is https://github.com/jcjohnson/cnn-benchmarks. Measure your own case before you believe
# it. The older ones speak of a cast to another datatype; what has to be named is the device.)
#
# New since the page before is that everything is an array of the device, the four coefficients
# too, of shape (), and that all have the dtype `config.dtype`, which is float32. It takes half the
# memory of NumPy's float64 and keeps seven digits instead of sixteen. And `a -= ...` writes the
# new number into the array that is there, where `a = a - ...` made a new one.

x, y = sine.load_data()  # the points of the page before, in float32
x2 = x * x
x3 = x2 * x
a, b, c, d = (np.asarray(rng.normal(), dtype=config.dtype) for _ in range(4))
learning_rate = 1e-6
print("on", "the GPU" if config.GPU else "the CPU", "with", x.dtype)

# %%
# Fetching a number from a GPU makes the program wait for it. So the loss stays where it is, and
# only the one in a hundred that is printed is fetched, by `float`. (The documents fetch it in every
# step, with PyTorch's `.item()`.)

for t in range(options.steps):
    y_pred = a + b * x + c * x2 + d * x3
    loss = np.square(y_pred - y).sum()
    if t % 100 == 99:
        print(t, float(loss))

    grad_y_pred = 2.0 * (y_pred - y)
    grad_a = grad_y_pred.sum()
    grad_b = (grad_y_pred * x).sum()
    grad_c = (grad_y_pred * x2).sum()
    grad_d = (grad_y_pred * x3).sum()

    a -= learning_rate * grad_a
    b -= learning_rate * grad_b
    c -= learning_rate * grad_c
    d -= learning_rate * grad_d

print(f"Result: y = {float(a)} + {float(b)} x + {float(c)} x^2 + {float(d)} x^3")

script.save(
    plot.curves(x, {"sin(x)": y, "polynomial": y_pred}),
    "ch02_polynomial_tensor",
    alt="The sine and the cubic, over one period. What was fitted on tensors keeps close to the "
    "sine, except near the two ends.",
)
