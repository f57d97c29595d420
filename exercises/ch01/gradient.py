"""Exercises on 1.3.2, derivative and gradient.

To check them: python -m exercises check ch01.gradient
"""

from common.gradient_check import numerical_gradient
from common.np import np


def error_with_a_smaller_step(error, k):
    """Predict: a slope is measured with a step of h to each side, and comes out wrong by `error`.

    It is measured again with h/k, a step k times smaller. By how much is it wrong now? Say it for
    steps that are large enough for rounding to play no part.
    """
    raise NotImplementedError("error_with_a_smaller_step is to be written")


def measure_gradient(f, W, h):
    """Write: the gradient of f at W, measured with steps of h to both sides; of the shape of W.

    f: a function that takes an array like W, the whole of it, and returns one number. W: an array
    of any shape, which is the same after the call as before. np.ndindex(W.shape) gives the index
    of each element in turn, and W[index] is that element.
    """
    raise NotImplementedError("measure_gradient is to be written")


def descend(f, W, lr, steps):
    """Mend: gradient descent. `steps` small steps, each against the gradient; returns the last W.

    f: a function of W that returns one number, the loss. W: where to begin; the array that is given
    is left as it is. lr: what the gradient is multiplied by, which was 0.1 on the page. The first
    step is right, those after it are not.
    """
    gradient = numerical_gradient(f, W)
    for _ in range(steps):
        W = W - lr * gradient
    return W
