"""Exercises on the same, on a device.

To check them: python -m exercises check ch02.polynomial_tensor
"""

from common.np import np


def number_in_kept(a, step, in_place):
    """Predict: what does an array's second name hold, after a step that is taken with its first?

    `a` is an array of shape (), and `kept = a`. Then comes `a -= step` if in_place is true, and
    `a = a - step` if it is not. Return the number that `kept` holds. (To this function, a and step
    come as plain numbers.)
    """
    raise NotImplementedError("number_in_kept is to be written")


def fit_slope(x, y, lr, steps):
    """Mend: fits y = d x by gradient descent from d = 0, and returns d, of shape ().

    x and y: (N,), both float32 or both float64. All that is computed, d among it, should have the
    dtype of the data. The slope is right; but where x and y are float32, d is float64.
    """
    d = np.asarray(0.0)
    for _ in range(steps):
        grad_y_pred = 2.0 * (d * x - y)
        d = d - lr * (grad_y_pred * x).sum()
    return d


def printed_losses(losses, every):
    """Write: the losses that a run prints, as Python floats, in a list.

    losses: a list with the loss of each step 0, 1, 2, …, arrays of shape () on a device. Printed
    is the last of each `every` steps; with every=100 that is step 99, 199, and so on. Only
    `float(loss)` fetches a number, and the program waits for it: fetch those that are printed, and
    no others.
    """
    raise NotImplementedError("printed_losses is to be written")
