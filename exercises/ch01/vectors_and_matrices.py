"""Exercises on 1.1.1, vectors and matrices.

To check them: python -m exercises check ch01.vectors_and_matrices
"""

from common.np import np


def shape_of_a_batch(houses):
    """Predict: of each house the area, the number of rooms and the age are known.

    All houses stand in one batch, as on the page. What is its shape? houses: how many there are.
    Return a tuple.
    """
    raise NotImplementedError("shape_of_a_batch is to be written")


def batch_of_one(example):
    """Write: a network takes batches, and here is a single example, a vector of shape (D,).

    Return a batch that holds this example and no other. D may be any number from 1 on.
    """
    raise NotImplementedError("batch_of_one is to be written")


def first_and_last(batch):
    """Write: the first and the last example of a batch of shape (N, D), as a batch of two, (2, D).

    N may be any number from 1 on; if it is 1, the two are the same.
    """
    raise NotImplementedError("first_and_last is to be written")
