"""
One start, four ways
====================

By hand in float64, by hand in float32, with autograd, with layers: the same polynomial, from the
same start. What is the same in the four pages, what is not, and why?
"""

import math

import numpy

from common import plot, script
from common.autograd import Tensor, no_grad
from common.layers import Flatten, Linear, MSELoss, Sequential
from common.np import np
from dataset import sine

options = script.options(steps=2000)

# %%
# The start is one that gives the losses of the documents. They draw theirs at random and do not
# print it. But the losses that they print tell where it was: plain descent on a sum of squares
# shrinks the distance to the best cubic by a fixed factor in each step, along each direction of
# the valley. Along the steepest nothing is left after a hundred steps; there any number will do.

start = (0.2516413219405051, -0.10590967681117736, 0.5915257081809371, 0.04359826457855655)
learning_rate = 1e-6

# %%
# By hand, with the arrays in one dtype and the four coefficients in another or the same.


def by_hand(dtype, coefficients):
    x = np.linspace(-math.pi, math.pi, 2000)
    x, y = x.astype(dtype), np.sin(x).astype(dtype)
    x2 = x * x
    x3 = x2 * x
    kept = [np.asarray(number, dtype=coefficients) for number in start]
    losses = []
    for _ in range(options.steps):
        a, b, c, d = (number.astype(dtype) for number in kept)
        y_pred = a + b * x + c * x2 + d * x3
        losses.append(np.square(y_pred - y).sum())
        grad_y_pred = 2.0 * (y_pred - y)
        kept[0] -= learning_rate * grad_y_pred.sum()
        kept[1] -= learning_rate * (grad_y_pred * x).sum()
        kept[2] -= learning_rate * (grad_y_pred * x2).sum()
        kept[3] -= learning_rate * (grad_y_pred * x3).sum()
    return losses


# %%
# With autograd, in the dtype of `config.dtype`, float32.


def with_autograd():
    x, y = map(Tensor, sine.load_data())
    a, b, c, d = (Tensor(number, requires_grad=True) for number in start)
    losses = []
    for _ in range(options.steps):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = ((y_pred - y) ** 2).sum()
        losses.append(loss.data)
        loss.backward()
        with no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
        a.grad = b.grad = c.grad = d.grad = None
    return losses


# %%
# With layers. The start is written into the weights of the Linear.


def with_layers():
    x, y = sine.load_data()
    xx = Tensor(x[:, None] ** np.array([1, 2, 3], dtype=x.dtype))
    model, loss_fn = Sequential(Linear(3, 1), Flatten(0, 1)), MSELoss(reduction="sum")
    W, bias = model[0].params
    W[:, 0], bias[0] = np.array(start[1:]), start[0]
    losses = []
    for _ in range(options.steps):
        loss = loss_fn(model(xx), y)
        losses.append(loss.data)
        model.zero_grads()
        loss.backward()
        for param, grad in zip(model.params, model.grads, strict=True):
            param -= learning_rate * grad
    return losses


# %%
# Side by side. The first column is what one of the documents prints for its loop in NumPy.

printed = [
    670.6233085277509, 447.0547189668734, 299.0396933438405, 201.03671524036773,
    136.14163990407945, 93.16565600787479, 64.70241678001477, 45.848994717256275,
    33.35945075279815, 25.084663337525225, 19.60158388337724, 15.967847326121078,
    13.559342354234355, 11.96268725424817, 10.904046440466708, 10.202001565583583,
    9.736345920370539, 9.427420277515376, 9.222427876625131, 9.086370459829261,
]  # fmt: skip
runs = {
    "float64": by_hand("float64", "float64"),
    "float32": by_hand("float32", "float32"),
    "autograd": with_autograd(),
    "layers": with_layers(),
}
runs = {name: [float(loss) for loss in losses] for name, losses in runs.items()}
print("   t    documents ", *(f"{name:>12}" for name in runs))
for t, theirs in zip(range(99, options.steps, 100), printed, strict=False):
    print(f"{t:4} {theirs:12.7f} ", *(f"{losses[t]:12.7f}" for losses in runs.values()))

# %%
# In float64 our loop prints what theirs printed. The three in float32 do the same arithmetic with
# seven digits, and part from it in the sixth. From one another they differ several times less: by
# hand the products are made first and then added up, the tape adds them up in a product of two
# vectors, and the layers in one of matrices, each of which rounds in its own way.
#
# So what parts all three from float64 together? Not the long sums. It is the coefficients: a step
# is small beside the coefficient that it changes, and what float32 rounds away from their sum is
# lost, two thousand times. To see it, keep only the coefficients in float32, and everything else
# in float64; then the other way round.

runs["short coefficients"] = list(map(float, by_hand("float64", coefficients="float32")))
runs["long coefficients"] = list(map(float, by_hand("float32", coefficients="float64")))
exact, short = numpy.array(runs["float64"]), numpy.array(runs["float32"])
apart = {name: abs(numpy.array(losses) / exact - 1) for name, losses in runs.items()}
for name in runs:
    print(f"{name:18} farthest from float64: {apart[name].max():.1e}", end=", ")
    print(f"from float32: {abs(numpy.array(runs[name]) / short - 1).max():.1e}")

figure = plot.curves(
    numpy.arange(options.steps),
    {
        "float32": apart["float32"],
        "float64, coefficients in float32": apart["short coefficients"],
        "float32, coefficients in float64": apart["long coefficients"],
    },
    xlabel="step",
    ylabel="relative difference of the loss from float64",
    log=True,
)
script.save(
    figure,
    "ch02_polynomial_four_ways",
    alt="How far the loss is from that in float64, against the step, on a logarithmic scale. The "
    "curve of float32 and that of short coefficients alone run together; the jagged one of "
    "float32 with long coefficients lies below them for most of the way.",
)

# %%
# So the four pages are one computation. What differs is who does what: who derives the gradients,
# who stores them, who walks back.
