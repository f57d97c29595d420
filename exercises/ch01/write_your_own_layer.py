"""Exercises on layers of your own.

To check them: python -m exercises check ch01.write_your_own_layer
"""

from common.functions import sigmoid
from common.layers import Layer
from common.np import np


class Stretch(Layer):
    """Mend: y[n, d] = x[n, d] · g[d] + b[d], with a factor and a shift for each column. x: (N, D).

    The formulas are right, and yet a network with this layer never learns g and b.
    """

    def __init__(self, size):
        super().__init__(np.ones(size), np.zeros(size))

    def forward(self, x):
        g, b = self.params
        self.x = x
        return x * g + b

    def backward(self, dout):
        g, _ = self.params
        dg = (dout * self.x).sum(axis=0)
        db = dout.sum(axis=0)
        self.grads = [dg, db]
        return dout * g


class Leaky(Layer):
    """Mend: y = x where x is positive, and y = x / 10 elsewhere. x: any shape.

    What its backward returns is right. But dout belongs to others as well: an addition, say, hands
    one array back to both of its inputs.
    """

    def forward(self, x):
        self.positive = x > 0
        return np.where(self.positive, x, x / 10)

    def backward(self, dout):
        dout[~self.positive] /= 10
        return dout


class Bell(Layer):
    """Mend: y = exp(-x²), element by element. x: any shape.

    It is right for the first batch that it sees, and wrong for all others.
    """

    def forward(self, x):
        if not hasattr(self, "seen"):
            self.seen = x
        return np.exp(-x * x)

    def backward(self, dout):
        return dout * -2 * self.seen * np.exp(-self.seen * self.seen)


class SharpSwish(Layer):
    """Write: a swish that learns how sharply it bends: y[n, d] = x[n, d] · sigmoid(g[d] · x[n, d]).

    x: (N, D). g: (D,), a weight for each column; with g = 1 this is the Swish of the page.
    backward returns dL/dx and writes dL/dg into the array in grads. The derivative of sigmoid(z)
    by z is s · (1 - s), where s = sigmoid(z); here z is g · x.
    """

    def __init__(self, size):
        super().__init__(np.ones(size))

    def forward(self, x):
        raise NotImplementedError("SharpSwish.forward is to be written")

    def backward(self, dout):
        raise NotImplementedError("SharpSwish.backward is to be written")
