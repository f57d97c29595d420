"""Exercises on 1.1.4, dot product and matrix product.

To check them: python -m exercises check ch01.dot_and_matmul
"""

from common.np import np


def element_of_the_product(a, b, k):
    """Predict: A has the shape (2, k), and each of its elements is a. B has the shape (k, 5), and
    each of its elements is b.

    What is each element of the matrix product A B? Return the number.
    """
    raise NotImplementedError("element_of_the_product is to be written")


def element_at(A, B, i, j):
    """Write: the number at place (i, j) of the matrix product A B. A: (N, K), B: (K, M).

    One dot product is enough; the other numbers of A B are not needed. A[i] is row i of A, and
    A[:, j] is its column j.
    """
    raise NotImplementedError("element_at is to be written")


def cosine(a, b):
    """Write: a number that says whether two vectors of shape (D,) point the same way.

    It is a·b / (|a| |b|), where |a| is the length of a, the root of a·a. It is 1 if they point the
    same way, -1 if they point opposite ways, and 0 at a right angle. No length is 0.
    """
    raise NotImplementedError("cosine is to be written")


def turned(points, turns):
    """Mend: S groups of N points in the plane. Each group is turned by a matrix of its own.

    points: (S, N, 2), a stack of groups, a point a row. turns: (S, 2, 2), a stack of matrices. A
    group becomes the matrix product of the group and its matrix. Return (S, N, 2).
    """
    return np.dot(points, turns)
