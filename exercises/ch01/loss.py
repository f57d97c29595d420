"""Exercises on 1.3.1, the loss. To check them: python -m exercises check ch01.loss"""

import math

from common.np import np


def loss_of_a_guess(classes):
    """Predict: a network knows nothing, and gives each class the same probability.

    What is its cross-entropy loss? classes: how many there are.
    """
    raise NotImplementedError("loss_of_a_guess is to be written")


def softmax_of_rows(s):
    """Write: the scores of N examples, s of shape (N, C), become probabilities, (N, C).

    Scores as large as 1000 come up: they must give no warning and no NaN. s stays as it is.
    """
    raise NotImplementedError("softmax_of_rows is to be written")


def mean_surprise(y, t):
    """Mend: the loss of N examples, the mean of -log of the probability of each right class.

    y: (N, C), the probabilities that a network gives. t: (N,), the number of each right class. Of a
    single example it is right, of several it is not.
    """
    return float(-np.log(y[:, t]).mean())
