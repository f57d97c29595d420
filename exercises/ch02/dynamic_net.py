"""Exercises on a graph that changes at every step.

To check them: python -m exercises check ch02.dynamic_net
"""

from common.layers import Linear, ReLU
from common.module import Module


def gradient_of_e(x, last):
    """Predict: y is made by y = x**2, and then for exponent in range(4, last): y += e * x**exponent

    What is dL/de for L = y.sum()? x: an array of shape (N,). last: a whole number, 4 or more.
    Return one number, found without the tape.
    """
    raise NotImplementedError("gradient_of_e is to be written")


def coasting(w, v, momentum, steps):
    """Predict: a weight stands at w, with the velocity v. Then it is not used, in `steps` steps.

    So its gradient is 0 in each of them. A step does what the page says: v ← momentum · v - lr · g,
    and then w ← w + v. Where does the weight stand after these steps? Return one number.
    """
    raise NotImplementedError("coasting is to be written")


class DeepNet(Module):
    """Write: the forward of a network whose depth is chosen anew at each call, model(x, depth).

    It goes through first, (N, D) → (N, H), then `depth` times through middle, (N, H) → (N, H), and
    at the end through last, (N, H) → (N, 1). Behind first, and behind each use of middle, stands a
    ReLU. x and what is returned are tensors; depth is a whole number, 0 or more.
    """

    def __init__(self, D, H):
        self.first = Linear(D, H, seed=1)
        self.middle = Linear(H, H, seed=2)
        self.last = Linear(H, 1, seed=3)

    def forward(self, x, depth):
        raise NotImplementedError("DeepNet.forward is to be written")
