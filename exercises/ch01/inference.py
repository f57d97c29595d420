"""Exercises on 1.2.1, from an input to scores.

To check them: python -m exercises check ch01.inference
"""

from common.functions import sigmoid
from common.np import np


def how_many_numbers(D, H, C):
    """Predict: a network as on the page has D inputs, H hidden neurons and C outputs.

    How many numbers are in its weights and biases, in W1, b1, W2 and b2 together?
    """
    raise NotImplementedError("how_many_numbers is to be written")


def scores_of(x, layers):
    """Write: the scores, (N, C), of a network with one layer or more. x: (N, D).

    layers: a list with a pair (W, b) for each layer, the first layer first. Between a layer and
    the next one there is a sigmoid, as on the page, and after the last one there is none. What is
    given stays as it is.
    """
    raise NotImplementedError("scores_of is to be written")


def score_in_the_middle(left, right):
    """Predict: a network has one input, three hidden neurons and one score, but no sigmoid nor any
    other bend. Nobody tells you its weights.

    For the input -1 its score is `left`, for the input 1 it is `right`. What is its score for the
    input 0?
    """
    raise NotImplementedError("score_in_the_middle is to be written")


def hill():
    """Write: weights for which the score goes up and comes down again, which takes a bend.

    The network is x -> sigmoid(x W1 + b1) W2 + b2, with one input and one score. For the input 0
    its score must be higher than for -10, and higher than for 10, by 0.5 at least. Return the
    arrays W1, b1, W2, b2, of shapes (1, H), (H,), (H, 1), (1,); choose H yourself.
    """
    raise NotImplementedError("hill is to be written")
