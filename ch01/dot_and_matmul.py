"""
1.1.4 Dot product and matrix product
====================================

The two products in which most of a network's work is done.
"""

from ch01 import quizzes
from common import script
from common.np import np

script.options()

# %%
# The **dot product** of two vectors multiplies the pairs and adds up: 1·4 + 2·5 + 3·6. It is one
# number, large when the vectors are long and point the same way.

a = np.array([1, 2, 3])
b = np.array([4, 5, 6])
dot = np.dot(a, b)
print("a · b =", dot)

# %%
# The **matrix product** has the dot product of *row i* of the first matrix and *column j* of the
# second at place (i, j). The 19 below is 1·5 + 2·7.

A = np.array([[1, 2], [3, 4]])
B = np.array([[5, 6], [7, 8]])
product = np.matmul(A, B)
print("A B =\n", product, sep="")

# %%
# There are four ways to write it. For two matrices all give the same.

others = np.dot(A, B), A.dot(B), A @ B
print("np.dot(A, B), A.dot(B), A @ B:", [bool((other == product).all()) for other in others])

# %%
# Before you read on: what shape has the product of two stacks of matrices?

script.record("ch01_dot_quiz", quizzes.dot_and_matmul())

# %%
# They differ where the second array has three axes or more. `np.matmul` and `@` take such an array
# for a stack of matrices, and multiply the first by the first, the second by the second. `np.dot`
# multiplies each matrix of one stack by each of the other.

stack, another = np.ones((5, 2, 3)), np.ones((5, 3, 4))
print("matmul:", np.matmul(stack, another).shape, "dot:", np.dot(stack, another).shape)

# %%
# So look at how many axes there are before you choose. The pages write `np.matmul` where a product
# stands by itself. The layers write `x.dot(W)`, and make sure that both have two axes.
#
# Much of NumPy is not on these pages. The study notes recommend *100 NumPy exercises*, short
# problems with hints: https://github.com/rougier/numpy-100
