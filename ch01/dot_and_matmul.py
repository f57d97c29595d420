"""
1.1.4 Dot product and matrix product
====================================

The two products from which all layers are built.
"""

from common import script
from common.np import np

script.options()

# %%
# The **dot product** of two vectors multiplies the pairs and adds up: 1·4 + 2·5 + 3·6. It is one
# number, large when the vectors point the same way.

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
# `np.dot` of two matrices gives the same, and so does the operator `@`. This project writes
# `np.matmul` or `@` where it means a matrix product, so that the reader need not look up how
# many axes the arrays have.

print("np.dot(A, B) is the same:", bool((np.dot(A, B) == product).all()))
print("A @ B is the same:       ", bool((product == A @ B).all()))
