"""Exercises on optimizers instead of update loops.

To check them: python -m exercises check ch02.polynomial_optim
"""

from common.np import np


def first_step(lr, decay_rate):
    """Predict: how far does the first step of RMSprop move a parameter whose gradient is not 0?

    RMSprop(lr, decay_rate) works as on the page, with decay_rate in the place of 0.99, and h starts
    at 0. Return the length of the step, a positive number. (Leave the 1e-8 out.)
    """
    raise NotImplementedError("first_step is to be written")


class MyRMSprop:
    """Mend: RMSprop, by the formula on the page, for arrays of any shape.

    `update` changes the arrays in params in place. With arrays of a single number it does what it
    should. In larger ones some numbers move far less than others, and should not.
    """

    def __init__(self, lr=0.01, decay_rate=0.99):
        self.lr, self.decay_rate = lr, decay_rate
        self.hs = None  # the h of each array in params, from the first update on

    def update(self, params, grads):
        if self.hs is None:
            self.hs = [np.zeros_like(p) for p in params]
        for p, g, h in zip(params, grads, self.hs, strict=True):
            h *= self.decay_rate
            h += (1 - self.decay_rate) * (g * g).mean()
            p -= self.lr * g / (np.sqrt(h) + 1e-8)


class MaxProp:
    """Write: an optimizer that divides each gradient by the largest one of late.

    For each array p of params, its gradient g and its h, number by number:

        h ← the larger of decay · h and |g|
        p ← p - lr · g / (h + 1e-8)

    h starts at 0. `update` changes the arrays in params in place, and leaves grads as they are.
    The lists have the same arrays in each update. np.maximum(a, b) is the larger, np.abs(g) is |g|.
    """

    def __init__(self, lr=0.01, decay=0.9):
        self.lr, self.decay = lr, decay
        self.hs = None  # the h of each array in params, from the first update on

    def update(self, params, grads):
        raise NotImplementedError("MaxProp.update is to be written")
