"""
The older edition: two layers, by hand
======================================

The tutorial's older edition fits random targets with a network of two layers. There is nothing
to understand in the data; the point is how a network learns it by heart. (For what a network of
layers is, see chapter 1; the documents recommend, in Korean,
http://blog.naver.com/PostView.nhn?blogId=samsjang&logNo=220948258166)
"""

import numpy

from common import plot, script
from common.graph import Node, draw
from common.np import np
from dataset import random_regression

options = script.options(seed=0, steps=500)

# %%
# 64 examples of 1,000 numbers each, 100 hidden neurons, 10 outputs. The letters are the tutorial's:
# N examples, D numbers in and out, H hidden neurons. All weights are drawn from the standard normal
# distribution, which is far too large: a hidden sum then has a spread of √1000 ≈ 32, and the loss
# starts at some 30 million.

N, D_in, H, D_out = 64, 1000, 100, 10
learning_rate = 1e-6

# %%
# What is made small is the sum of the squared errors, the square of the Euclidean distance between
# what the network says and what it should say.
#
# ::
#
#     loss = Σ (max(x w1, 0) w2 - y)²
#
# The network as a picture, every array by its shape: above the arrows forward, below them what
# comes back. `@` is a matrix product.

x, y = Node("x", value=f"{N, D_in}"), Node("y", value=f"{N, D_out}")
w1, w2 = Node("w1", value=f"{D_in, H}"), Node("w2", value=f"{H, D_out}")
h = Node("@", [x, w1], f"{N, H}", grads=[None, w1.value])
h_relu = Node("ReLU", [h], h.value, grads=[h.value])
y_pred = Node("@", [h_relu, w2], y.value, grads=[h.value, w2.value])
difference = Node("−", [y_pred, y], y.value, grads=[y.value, None])
loss = Node("Σ( )²", [difference], "loss", grads=[y.value])
script.save(
    draw(loss, grad="1"),
    "ch02_two_layer_net_graph",
    alt="The network as a computation graph: x @ w1, a ReLU, @ w2, then y is subtracted and the "
    "squares are summed to the loss. At each arrow stands the shape of what goes forward and, "
    "but for x and y, the same shape for what comes back.",
)

# %%
# The five lines of the backward pass go through the picture from the right:
#
# - loss = Σ (y_pred - y)²: each prediction changes it by **2 (y_pred - y)**.
# - y_pred = h_relu w2 is a matrix product, y = x W, as in section 1.3.4. To the weights comes back
#   xᵀ dout, here **h_reluᵀ grad_y_pred**; to what was multiplied, dout Wᵀ, here
#   **grad_y_pred w2ᵀ**. (In NumPy the transpose of A is `A.T`.)
# - h_relu = max(h, 0) is a ReLU: it lets positive numbers through and stops negative ones. So where
#   nothing went through, nothing comes back: **grad_h_relu where h > 0**, else 0.
# - h = x w1 is a matrix product again: **xᵀ grad_h**. Nobody asks for a gradient of x.


def train(dtype, weights):
    """The losses; arithmetic in `dtype`, the weights kept in the dtype `weights`."""
    rng = numpy.random.default_rng(options.seed)
    x, y = random_regression.load_data(N, D_in, D_out, seed=rng)
    x, y = x.astype(dtype), y.astype(dtype)
    kept1 = np.asarray(rng.normal(size=(D_in, H)), dtype=weights)
    kept2 = np.asarray(rng.normal(size=(H, D_out)), dtype=weights)

    losses = []
    for _ in range(options.steps):
        w1, w2 = kept1.astype(dtype), kept2.astype(dtype)
        h = np.matmul(x, w1)
        h_relu = np.maximum(h, 0)
        y_pred = np.matmul(h_relu, w2)
        losses.append(float(np.square(y_pred - y).sum()))

        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = np.matmul(h_relu.T, grad_y_pred)
        grad_h_relu = np.matmul(grad_y_pred, w2.T)
        grad_h = grad_h_relu * (h > 0)
        grad_w1 = np.matmul(x.T, grad_h)

        kept1 -= learning_rate * grad_w1
        kept2 -= learning_rate * grad_w2
    return losses


# %%
# The documents print the loss of each step. Twenty lines tell the same.

losses = train("float64", weights="float64")
for t in range(24, options.steps, 25):
    print(t, losses[t])

# %%
# A network with 101,000 weights can learn 640 numbers by heart: the loss falls through more than
# thirteen powers of ten. On the logarithmic scale the way down is nearly straight from step 100 on:
# each step takes away about the same share of what is left, some 5%.
#
# Do the same in float32, which has seven digits instead of sixteen, and the line bends. Is it that
# the arithmetic is not exact enough? Keep only the weights in float64, and it is straight again.
# So it is the weights: the steps have become so short that to add them to a weight changes
# nothing, since the sum is rounded back to the same number. The loss goes on falling, but slower
# and slower. A curve that flattens has not always found the bottom; it may have run out of digits.

short = train("float32", weights="float32")
long_weights = train("float32", weights="float64")


def taken_away(losses):
    """The share of the loss that a step takes away, in the last fifth of the steps."""
    begin = options.steps * 4 // 5
    return 1 - (losses[-1] / losses[begin]) ** (1 / max(options.steps - 1 - begin, 1))


curves = {"float64": losses, "float32": short, "float32, weights in float64": long_weights}
for name, curve in curves.items():
    print(f"{name}: the last loss {curve[-1]:.1e}, a late step takes away {taken_away(curve):.1%}")

curves = {name: (range(options.steps), curve) for name, curve in curves.items()}
script.save(
    plot.loss_curve(curves, log=True),
    "ch02_two_layer_net_numpy",
    alt="Three curves of the loss against the step, on a logarithmic scale. Those of float64 and "
    "of float32 with weights in float64 go down almost straight to the end; that of float32 "
    "alone bends away and flattens.",
)
