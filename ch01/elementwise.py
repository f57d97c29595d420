"""
1.1.2 Element-wise operations
=============================

`+` and `*` work on each pair of elements that stand at the same place.
"""

from common import script
from common.np import np

script.options()

# %%
# Two matrices of the same shape.

W = np.array([[1, 2, 3], [4, 5, 6]])
X = np.array([[0, 1, 2], [3, 4, 5]])

total = W + X
product = W * X
print("W + X =\n", total, sep="")
print("W * X =\n", product, sep="")

# %%
# Note that `W * X` is *not* the matrix product of linear algebra: the 12 in its second row is
# 4 · 3 and nothing else. The matrix product, `@`, of these two does not even exist, because the
# rows of W have three numbers and the columns of X two. Section 1.1.4 comes to it.
#
# Functions work element by element, too. One call replaces a loop over all elements, and it is
# fast because the loop runs in compiled code.

square, root = X**2, np.sqrt(X)
print("X squared =\n", square, sep="")
print("root of X =\n", root.round(3), sep="")
