"""Exercises on 1.1.3, broadcasting. To check them: python -m exercises check ch01.broadcast"""

from common.np import np


def shape_of_the_sum(N, D, H):
    """Predict: x has the shape (N, 1, D), and y has the shape (H, 1). What shape has x + y?

    N, D and H are whole numbers above 1. Return a tuple.
    """
    raise NotImplementedError("shape_of_the_sum is to be written")


def scale_rows(x, factors):
    """Write: multiply each row of a batch x, (N, D), by a factor of its own. factors: (N,).

    Return a new array, (N, D), and leave x as it is. You may need `reshape`, which lays out the
    numbers of an array in another shape: if a has six numbers, a.reshape(2, 3) has two rows of
    three.
    """
    raise NotImplementedError("scale_rows is to be written")


def error_of_answers(y, t):
    """Mend: the mean of the N squares (y - t)². It is 0 if each answer is right.

    y: (N, 1), what a network answers, one answer a row. t: (N,), what it should have answered.
    Return one number.
    """
    return np.mean((y - t) ** 2)
