"""Exercises on an operation of your own: Legendre's polynomial.

To check them: python -m exercises check ch02.polynomial_custom_function
"""

import math

from common.layers import Layer
from common.np import np


def blind_spot(k):
    """Predict: a layer computes y = x³, and its backward is wrong: it returns dout * k, whatever x.

    Measured at a single point, it may pass all the same. At which x above 0 does it? k: a number
    above 0.
    """
    raise NotImplementedError("blind_spot is to be written")


class LegendreP4(Layer):
    """Mend: y = (35 x⁴ - 30 x² + 3) / 8, the fourth Legendre polynomial. x: any shape.

    Its forward is right, its backward is not.
    """

    def forward(self, x):
        self.x2 = x * x
        self.x = x
        return (35 * self.x2 * self.x2 - 30 * self.x2 + 3) / 8

    def backward(self, dout):
        return dout * (140 * self.x2 - 60) * self.x


class LegendreP2(Layer):
    """Mend: y = (3 x² - 1) / 2, the second Legendre polynomial. x: any shape.

    Forward returns the right numbers, but what comes back through the layer is wrong.
    """

    def forward(self, x):
        self.x = (3 * x * x - 1) / 2
        return self.x

    def backward(self, dout):
        return dout * 3 * self.x


class Wave(Layer):
    """Write: y = sin(k x), element by element. x: any shape.

    k is a number that is chosen when the layer is made, and is not learned. backward is given
    dL/dy, and returns dL/dx. The derivative of sin is cos; NumPy has np.sin and np.cos.
    """

    def __init__(self, k):
        super().__init__()
        self.k = k

    def forward(self, x):
        raise NotImplementedError("Wave.forward is to be written")

    def backward(self, dout):
        raise NotImplementedError("Wave.backward is to be written")
