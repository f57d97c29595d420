"""
1.1.1 Vectors and matrices
==========================

A neural network is arithmetic on arrays of numbers. This page makes the two kinds that matter
most and asks each for its shape.
"""

from common import script
from common.np import np

script.options()

# %%
# Lines like these begin every page. `np` is NumPy, the library that computes with arrays, under
# the short name that everyone gives it. (Start a page with `--gpu`, and `np` is CuPy, which is
# NumPy on a graphics card.) `script.options()` reads what stands behind the page's name on the
# command line: `--gpu` here, and on later pages `--seed`, which starts the random numbers, and
# `--steps`, how many steps of training to take (where a training goes by whole epochs, rounded up
# to those).
#
# A **vector** is a row of numbers. It has one axis, and its shape is its length. The comma in
# `(3,)` is Python's way to write a tuple with one element.

v = np.array([1, 2, 3])
print("v =", v)
print("shape", v.shape, "axes", v.ndim)

# %%
# A **matrix** is a table: rows and columns. Its shape names the rows first. This one has 3 rows
# and 2 columns, and two axes.

A = np.array([[1, 2], [3, 4], [5, 6]])
print("A =\n", A, sep="")
print("shape", A.shape, "axes", A.ndim)

# %%
# Print shapes whenever in doubt. In this chapter a batch of data is a matrix with **one example a
# row**: `x.shape == (N, D)` means N examples of D numbers each. (In chapter 2 an example is a
# single number at first, and a batch of them a vector, `(N,)`.)

batch = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
N, D = batch.shape
print(f"{N} examples of {D} numbers; the first is {batch[0]}")
