"""
Gradients without deriving them
===============================

The backward pass is gone. By hand, it gets harder as a network grows. A `Tensor` is an
array that remembers the operations that made it, and `backward` applies the chain rule for us.
"""

import numpy

from common import graph, players, plot, script
from common.autograd import Tensor, no_grad
from dataset import sine

options = script.options(seed=0, steps=2000)
rng = numpy.random.default_rng(options.seed)

# %%
# x and y are data: nobody asks for their gradient. The four coefficients are what is learned, so
# they require one. What is computed from data alone, such as `x ** 2`, is not recorded.

x, y = map(Tensor, sine.load_data())
a, b, c, d = (Tensor(float(rng.normal()), requires_grad=True) for _ in range(4))
learning_rate = 1e-6

# %%
# The forward pass is written as before. The loss is a tensor now, and `loss.item()` is the number
# in it. (A tensor with more than one element has no such number.) `loss.backward()` goes back
# through the recorded operations, the newest first, and leaves dL/da in `a.grad`, and so on.
# (`a.grad` is an array here; in PyTorch it is a tensor.)
#
# Two things to note in the update:
#
# - It is arithmetic on `a`, too, and must not be recorded: hence `no_grad`.
# - A backward *adds* to `a.grad`. Without the line that clears it, each step would go along the
#   sum of all gradients so far.
#
# `a -= ...` changes a where it is. `a = a - ...` inside `no_grad` would make a new tensor that
# requires no gradient, and the next backward would leave it out.

for t in range(options.steps):
    y_pred = a + b * x + c * x**2 + d * x**3
    loss = ((y_pred - y) ** 2).sum()
    if t % 100 == 99:
        print(t, loss.item())

    loss.backward()

    with no_grad():
        a -= learning_rate * a.grad
        b -= learning_rate * b.grad
        c -= learning_rate * c.grad
        d -= learning_rate * d.grad
    a.grad = b.grad = c.grad = d.grad = None

print(f"Result: y = {a.item()} + {b.item()} x + {c.item()} x^2 + {d.item()} x^3")

figure = plot.curves(x.data, {"sin(x)": y.data, "polynomial": y_pred.data})
script.save(
    figure,
    "ch02_polynomial_autograd",
    alt="The sine over one period, and the fitted cubic. The two are close in the middle, and "
    "part at both ends, where the cubic runs on past zero.",
)

# %%
# What is recorded, as a picture, with the coefficients that were found. Above each arrow stands
# what went forward (an array by its shape), below it what comes back. To x and y nothing comes
# back: nobody asked. x² and x³ were computed from data alone, so they are data, too.
#
# Here the nodes are functions, and a tensor is what runs along an edge. PyTorch's tutorial tells
# it the other way round: *nodes are tensors, and edges are functions that make tensors from
# tensors*. It is one graph, and two ways to look at it.

x2, x3 = x**2, x**3
loss = ((a + b * x + c * x2 + d * x3 - y) ** 2).sum()
names = {"a": a, "b": b, "c": c, "d": d, "x": x, "x²": x2, "x³": x3, "y": y}
recorded = graph.graph_of(loss, names)
script.save(
    graph.draw(recorded),
    "ch02_polynomial_autograd_graph",
    alt="The recorded graph: b x, c x² and d x³ are added to a, one after the other; y is "
    "subtracted, and the squares of the differences are summed. Numbers or shapes stand at "
    "each arrow, but below those from x, x², x³ and y there is nothing, for nothing comes "
    "back to them.",
)
caption = "The polynomial and its loss as the tape has them, forward and backward."
script.record("ch02_polynomial_autograd_graph", players.graph_steps(recorded, caption))
