"""Exercises on 1.1.5, checking shapes. To check them: python -m exercises check ch01.shapes"""

from common.np import np


def shape_of_the_product(N, D, H):
    """Predict: A has the shape (N, D), and B has the shape (N, H).

    What is the shape of np.matmul(A.T, B)? Return a tuple.
    """
    raise NotImplementedError("shape_of_the_product is to be written")


def ones_between(x, y):
    """Write: a matrix W of ones, in the shape for which x W has the shape of y.

    x: (N, D), y: (N, C). Return W.
    """
    raise NotImplementedError("ones_between is to be written")


def first_misfit(shapes):
    """Write: matrices of these shapes are to be multiplied in this order. Which is the first that
    does not fit the one before it?

    shapes: a list of tuples, as [(2, 3), (3, 5), (4, 1), (1, 6)]; it has at least one. Return the
    place in the list, counted from 0 (here 2), or None if all fit.
    """
    raise NotImplementedError("first_misfit is to be written")


def every_pair(X):
    """Mend: the dot product of each example of a batch with each. X: (N, D), one example a row.

    Return an array of shape (N, N): at place (i, j) stands the dot product of the examples i and j.
    """
    return np.matmul(X.T, X)
