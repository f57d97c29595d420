"""Exercises on 1.1.2, element-wise operations.

To check them: python -m exercises check ch01.elementwise
"""

from common.np import np


def one_element(p, q, n):
    """Predict: P and Q have n rows and n columns. Each element of P is p, each element of Q is q.

    What is each element of P**2 + P * Q? Return the number.
    """
    raise NotImplementedError("one_element is to be written")


def distances(x, y):
    """Write: how far is each of many points of the plane from the point (0, 0)?

    x holds the first coordinates of the points, y the second ones, each point at the same place in
    both: two vectors of one shape, or two matrices. Return an array of that shape, without a loop.
    (Pythagoras: the square of the distance is the sum of the squares of both coordinates.)
    """
    raise NotImplementedError("distances is to be written")


def takings(prices, sold, returned):
    """Mend: what a shop has taken, for each of its goods (rows) on each day (columns).

    Three matrices of one shape say what a piece cost, how many were sold, and how many of those
    were brought back, for which the customer got the price back. Return a matrix of that shape.
    """
    return prices @ sold - returned
