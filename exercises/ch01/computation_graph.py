"""Exercises on 1.3.4, the computation graph.

To check them: python -m exercises check ch01.computation_graph
"""

from common.layers import Layer
from common.np import np


def gradients_of_two_uses(x, y):
    """Predict: L = (x + y) · x, for two numbers x and y. What are dL/dx and dL/dy?

    Returns both, in this order: return dx, dy. Draw the graph first: two arrows lead from x.
    """
    raise NotImplementedError("gradients_of_two_uses is to be written")


class Difference(Layer):
    """Mend: the node "−", y = a - b. a, b, y and dout have one shape.

    Its forward is right. backward returns two gradients, dL/da and dL/db, in this order.
    """

    def forward(self, a, b):
        return a - b

    def backward(self, dout):
        return dout, dout


class RepeatRow(Layer):
    """Mend: a branch to N rows, each of which is x. x: (D,), y and dout: (N, D).

    Its forward is right. backward returns dL/dx, of shape (D,).
    """

    def __init__(self, N):
        super().__init__()
        self.N = N

    def forward(self, x):
        return np.repeat(x[None, :], self.N, axis=0)

    def backward(self, dout):
        return dout[0]  # all rows of y are the same


def back_through_transposed(x, W, dout):
    """Write: y = x Wᵀ, as it is where a weight matrix has a row for each neuron. Returns dx, dW.

    x: (N, D), W: (H, D), so y and dout: (N, H). dout is dL/dy; wanted are dL/dx, which has the
    shape of x, and dL/dW, which has the shape of W, in this order.
    """
    raise NotImplementedError("back_through_transposed is to be written")
