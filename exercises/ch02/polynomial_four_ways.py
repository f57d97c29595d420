"""Exercises on one start, four ways.

To check them: python -m exercises check ch02.polynomial_four_ways
"""

from common.np import np


def place_after(start, best, bend, lr, steps):
    """Predict: where is plain descent after `steps` steps?

    It goes along a single direction, on the loss bend · (w - best)². w begins at `start`, and lr
    is the learning rate. All five are numbers. Return w, without going through the steps.
    """
    raise NotImplementedError("place_after is to be written")


def last_losses(start, rates, x, y, steps):
    """Mend: tries learning rates, all from one start; returns the loss that each ends at, a list.

    The loss is Σ (w[0] + w[1] x - y)². start: (2,), x and y: (N,). rates: a list of learning rates,
    each of which has `steps` steps. It runs, but what it says of a rate depends on those that were
    tried before.
    """
    losses = []
    for lr in rates:
        w = start
        for _ in range(steps):
            grad_y_pred = 2.0 * (w[0] + w[1] * x - y)
            w[0] -= lr * grad_y_pred.sum()
            w[1] -= lr * (grad_y_pred * x).sum()
        losses.append(float(np.square(w[0] + w[1] * x - y).sum()))
    return losses


def long_coefficients(w, gradient, lr, steps):
    """Write: plain descent that loses no small step, with coefficients in float64.

    w: where it starts, an array of float32, which stays as it is. gradient: a function that takes
    the coefficients in float32, and returns their gradient in float32. lr is a number. Return the
    coefficients after `steps` steps, in float64.
    """
    raise NotImplementedError("long_coefficients is to be written")
