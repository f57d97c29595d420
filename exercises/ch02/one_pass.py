"""Exercises on one pass instead of thirteen.

To check them: python -m exercises check ch02.one_pass
"""

from common.fused import fused
from common.np import Array, np


def passes(n):
    """Predict: how many passes does NumPy make for y += lr * beta**2 * x * x * … * x?

    x and y are arrays, lr and beta are numbers, and x stands there n times, 1 or more. Return one
    number.
    """
    raise NotImplementedError("passes is to be written")


@fused
def momentum_step(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    """Mend: one step of momentum, in place: v ← decay · v - lr · g, and then p ← p + v, the new v.

    p: the parameters; g: their gradient, which stays as it is; v: the velocity, zeros at first.
    """
    p += v
    v *= decay
    v -= lr * g


def signed_step(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    """Write: a formula that can stand under @fused, in place. (The check puts it there.)

    m is a running mean of g: m ← beta · m + (1 - beta) · g. Each parameter then takes a step of the
    length lr, against the sign of the new m. np.sign gives 1, 0 or -1 for each number of an array.
    p, g, m: arrays of one shape; p and m change, g does not.
    """
    raise NotImplementedError("signed_step is to be written")
