"""
1.3.3 The chain rule
====================

The derivative of a chain of steps is the product of the derivatives of its steps. This is why a
network can be trained at all.
"""

from ch01 import quizzes
from common import script
from common.gradient_check import numerical_gradient
from common.layers import Affine, Sigmoid
from common.np import np

script.options()

# %%
# Let y = x² and z = 3y. How far does z move when x moves by a little?

script.record("ch01_chain_rule_quiz", quizzes.chain_rule())

# %%
# If x moves by a little, y moves 2x times as much; if y moves, z moves 3 times as much. So z moves
# 3 · 2x times as much as x:
#
# ::
#
#     dz/dx = dz/dy · dy/dx
#
# Each factor is *local*: it belongs to one step and knows nothing of the others.

x = np.array(5.0)
y = x**2
z = 3 * y

dz_dy = 3.0
dy_dx = 2 * x
dz_dx = dz_dy * dy_dx
measured = numerical_gradient(lambda x: 3 * x**2, x)
print(f"x = {float(x):g}, y = {float(y):g}, z = {float(z):g}")
print(f"chain rule {float(dz_dx):.4f}, measured {float(measured):.4f}")

# %%
# Now with layers. `forward` goes through the steps in order. `backward` starts at the end with
# dL/dL = 1 and multiplies by one local derivative after another. Each layer needs only what came
# back from the layer after it, `dout`, its weights, and what it kept from its own forward. So you
# can write a layer without knowing the others. This way through the layers is called
# **backpropagation**. (An explanation step by step, in Korean, which the documents recommend:
# http://jaejunyoo.blogspot.com/2017/01/backpropagation.html)

W, b = np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([0.1, -0.2])
affine, sigmoid = Affine(W, b), Sigmoid()
x = np.array([[1.0, -2.0]])

out = sigmoid.forward(affine.forward(x))
L = out.sum()
dout = np.ones_like(out)  # L is the plain sum: each element counts once
dh = sigmoid.backward(dout)
dx = affine.backward(dh)
print(f"L = {float(L):.4f}")
print("dL/dx by the chain rule:", dx.round(6))

# %%
# And measured, as in the section before:

measured_dx = numerical_gradient(lambda x: sigmoid.forward(affine.forward(x)).sum(), x)
print("dL/dx measured:         ", measured_dx.round(6))

# %%
# On its way, `affine.backward` has left dL/dW and dL/db in `grads`. One walk backward gives the
# derivative for every weight there is. For an Affine it takes two matrix products, one for dL/dx
# and one for dL/dW, where the walk forward took one.

dW, db = affine.grads
print("dL/dW =\n", dW.round(6), sep="")
print("dL/db =", db.round(6))
