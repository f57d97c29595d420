"""
1.1.5 Checking shapes
=====================

In a matrix product the inner lengths must agree, and the outer ones are left over.
"""

from common import script
from common.layers import MatMul
from common.np import np

script.options()

# %%
# ::
#
#     (a, b) · (b, c) = (a, c)
#
# Here (3, 4) · (4, 9) = (3, 9). Each element of the result adds up 4 products of 1 and 2.

A = np.ones((3, 4))
B = np.full((4, 9), 2.0)
C = np.matmul(A, B)
print(A.shape, "·", B.shape, "=", C.shape, "and every element is", float(C[0, 0]))

# %%
# The other way round there is no product: 9 is not 3. NumPy says so, at the very end of its
# message. What stands before (n, m and k) are its names for the lengths.

try:
    np.matmul(B, A)
except ValueError as error:
    print("B A is refused:", error)

# %%
# The layers of this project, which come in section 1.2.2, check the same rule. They say which array
# is wrong and what they expected. Here a layer that multiplies by B is given `A.T`, the *transpose*
# of A, whose rows are the columns of A: (4, 3).

try:
    MatMul(B).forward(A.T)
except ValueError as error:
    print(error)
