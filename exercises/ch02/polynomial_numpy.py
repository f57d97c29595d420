"""Exercises on fitting a sine, with NumPy alone.

To check them: python -m exercises check ch02.polynomial_numpy
"""

from common.np import np


def coefficients_that_move(k):
    """Predict: a + b x + c x² + d x³ is fitted to y = x**k instead of the sine.

    All four coefficients start at 0, and the points x lie evenly on both sides of 0. Which of the
    four leave 0 on the way (by more than rounding)? Return their letters in one string: "abcd",
    if it were all of them. k: a whole number, 1 or more.
    """
    raise NotImplementedError("coefficients_that_move is to be written")


def gradients(w, x, y):
    """Write: the gradients of the loss Σ (y_pred - y)² for a polynomial of any degree.

    y_pred = w[0] + w[1] x + w[2] x² + …, with as many terms as w has numbers. w: (K,); x and y:
    (N,). Return the K gradients in the order of w, as an array of shape (K,).
    """
    raise NotImplementedError("gradients is to be written")


def fit_line(x, y, lr, steps):
    """Mend: fits the line a + b x to points by gradient descent, and returns a and b.

    x and y: (N,). The loss is the sum of the squared errors, a and b start at 0. It runs, but
    it does not settle: after many steps the line is far from the points.
    """
    a = b = 0.0
    grad_y_pred = 2.0 * (a + b * x - y)
    for _ in range(steps):
        a = a - lr * grad_y_pred.sum()
        b = b - lr * (grad_y_pred * x).sum()
    return a, b
