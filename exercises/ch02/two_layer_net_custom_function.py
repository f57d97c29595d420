"""Exercises on the older edition, with a ReLU of your own.

To check them: python -m exercises check ch02.two_layer_net_custom_function
"""

from common.layers import Layer, ReLU
from common.np import np


def factor_of_gradient(k, n):
    """Predict: a network of n weights, x → w1 → ReLU → w2 → ReLU → … → wn → loss, is changed.

    Each ReLU becomes a Doubled: its forward is as before, and its backward returns twice what it
    should. How many times as large does dL/dw_k become? k: from 1 to n. Return one number.
    """
    raise NotImplementedError("factor_of_gradient is to be written")


class LeakyReLU(Layer):
    """Mend: y = x where x > 0, and slope · x elsewhere. x: any shape.

    It was made from MyReLU of the page. Its forward is right everywhere, its backward is not.
    """

    def __init__(self, slope=0.1):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, dout):
        return dout * (self.x > 0)


def is_used(gradients):
    """Write: does a network use the ReLU that it is given, or is its forward pass another one?

    gradients(relu) computes a network's loss with the layer relu, goes backward, and returns the
    gradients of the weights, a list of arrays. Call it with layers of your own making, and tell by
    the gradients that come back. Return True or False.
    """
    raise NotImplementedError("is_used is to be written")
