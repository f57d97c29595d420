"""
1.3.4 The computation graph
===========================

Draw every operation as a node. Values go forward along the arrows, and derivatives come back
along the same arrows. A few kinds of nodes make up every network.
"""

import math

from ch01 import quizzes
from common import players, script
from common.gradient_check import numerical_gradient
from common.graph import Node, draw
from common.layers import MatMul
from common.np import np

script.options()

# %%
# Adding and multiplying
# ----------------------
# Take L = (x + y) · w with x = 2, y = 3, w = 4. Forward, the numbers meet at the nodes.

x, y, w = 2.0, 3.0, 4.0
total = x + y
L = total * w

# %%
# Backward starts at the end with dL/dL = 1.
#
# - A **multiplication** passes to each input what came back, times the *other* input.
# - An **addition** passes on what came back, unchanged, to both.

dL = 1.0
dtotal, dw = dL * w, dL * total
dx, dy = dtotal, dtotal
print(f"L = {L:g}; dL/dx = {dx:g}, dL/dy = {dy:g}, dL/dw = {dw:g}")

plus = Node("+", [Node("x", value=x), Node("y", value=y)], total, grads=[dx, dy])
times = Node("×", [plus, Node("w", value=w)], L, grads=[dtotal, dw])
script.save(
    draw(times),
    "ch01_graph_small",
    alt="A computation graph of L = (x + y) · w: arrows lead from x and y to an addition, and "
    "from there and from w to a multiplication. Above each arrow stands the value that goes "
    "forward, below it the gradient that comes back.",
)
caption = "L = (x + y) · w, forward and backward."
script.record("ch01_graph_small", players.graph_steps(times, caption))

# %%
# So one picture holds both ways: blue the values that go forward, orange the derivatives that come
# back. Each gradient can be read off the figure: move x by 0.01 and L moves by 4 · 0.01.

print("measured: L moves by", round((x + 0.01 + y) * w - L, 6), "when x moves by 0.01")

# %%
# Branching
# ---------
# In L = a · a, the value a is used twice.

script.record("ch01_branch_quiz", quizzes.branch())

# %%
# A value that is used twice sends a gradient back from each use, and these **add up**. In
# L = a · a both uses bring back a, so dL/da is 2a.

a = 3.0
da = a + a
print(f"L = a · a; dL/da = {da:g}")
branch = Node("a", value=a)
product = Node("×", [branch, branch], a * a, grads=[a, a])
script.save(
    draw(product),
    "ch01_graph_branch",
    alt="A computation graph in which two arrows lead from a to the same multiplication. A "
    "gradient comes back along each of them, and under a stands their sum.",
)
caption = "L = a · a: what comes back along two edges adds up."
script.record("ch01_graph_branch", players.graph_steps(product, caption))

# %%
# Repeat and sum
# --------------
# Branching N times is **repeat**: one row becomes N rows, as when a bias is broadcast over a
# batch. Backward, N gradients come back and are summed. **Sum** is the mirror image: N rows
# become one, and backward the one gradient is repeated. Each one's backward is the other's
# forward.

N, D = 7, 8
row = np.arange(D, dtype=float)
repeated = np.repeat(row[None, :], N, axis=0)
from_above = np.ones((N, D))
drow = from_above.sum(axis=0)
print("repeat", row.shape, "->", repeated.shape, "; backward, the sum:", drow)

summed = repeated.sum(axis=0)
drepeated = np.repeat(np.ones((1, D)), N, axis=0)
print("sum", repeated.shape, "->", summed.shape, "; backward, the repeat:", drepeated.shape)

# %%
# The matrix product
# ------------------
# y = x W is made of the nodes above: y[n, j] is the sum of x[n, i] · W[i, j] over i. Move W[i, j]
# a little, and y[n, j] moves x[n, i] times as much, in every row n. What comes back from there,
# dout[n, j], is multiplied by x[n, i], and added up over n. For x it is the same with the sum over
# j. Both are matrix products again, and the shapes help to remember them: a gradient has the shape
# of its array.
#
# ::
#
#     dW (D, H) = xᵀ   (D, N) · dout (N, H)
#     dx (N, D) = dout (N, H) · Wᵀ   (H, D)
#
# To measure them, let L be a sum in which each element of y has a weight of its own. Those weights
# are what comes back, dout.

x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
W = np.array([[0.5, -1.0, 1.5, 0.0], [2.0, 0.0, -0.5, 1.0]])
dout = np.arange(12.0).reshape(3, 4)
layer = MatMul(W)
layer.forward(x)
dx = layer.backward(dout)
(dW,) = layer.grads
measured_dW = numerical_gradient(lambda W: (np.matmul(x, W) * dout).sum(), W)
measured_dx = numerical_gradient(lambda x: (np.matmul(x, W) * dout).sum(), x)
print("dW =\n", dW, sep="")
print("dx =\n", dx, sep="")
print("as measured:", bool(np.allclose(dW, measured_dW)), bool(np.allclose(dx, measured_dx)))

# %%
# One neuron, whole
# -----------------
# All of it in one picture: two inputs, two weights, a bias, the sigmoid σ, and as the loss the
# square of the distance to a target. Follow the orange numbers from the right to the left. The
# derivative of the sigmoid is y (1 - y); the next section derives it.

x1, x2, w1, w2, b, t = 2.0, 3.0, 0.5, -0.25, 0.4, 1.0
p1, p2 = x1 * w1, x2 * w2
s = p1 + p2
h = s + b
y = 1 / (1 + math.exp(-h))
d = y - t
L = d**2

dd = 2 * d
dy, dt = dd, -dd
dh = dy * y * (1 - y)
dp1 = dp2 = ds = db = dh
dx1, dw1 = dp1 * w1, dp1 * x1
dx2, dw2 = dp2 * w2, dp2 * x2
print(f"L = {L:.4f}; dL/dw1 = {dw1:.4f}, dL/dw2 = {dw2:.4f}, dL/db = {db:.4f}")

product1 = Node("×", [Node("x1", value=x1), Node("w1", value=w1)], p1, grads=[dx1, dw1])
product2 = Node("×", [Node("x2", value=x2), Node("w2", value=w2)], p2, grads=[dx2, dw2])
weighted = Node("+", [product1, product2], s, grads=[dp1, dp2])
biased = Node("+", [weighted, Node("b", value=b)], h, grads=[ds, db])
output = Node("σ", [biased], y, grads=[dh])
distance = Node("−", [output, Node("t", value=t)], d, grads=[dy, dt])
square = Node("( )²", [distance], L, grads=[dd])
script.save(
    draw(square),
    "ch01_graph_neuron",
    alt="The computation graph of a neuron and its loss: two products are added up, then the "
    "bias, σ is taken, the target t is subtracted, and the difference is squared. Below each "
    "arrow stands the gradient that comes back along it, as far as the inputs and weights.",
)
caption = "One neuron and its loss, forward and backward."
script.record("ch01_graph_neuron", players.graph_steps(square, caption))
