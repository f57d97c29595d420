"""Exercises on the older edition: two layers, by hand.

To check them: python -m exercises check ch02.two_layer_net_numpy
"""

from common.layers import Layer
from common.np import np


def shapes_of_gradients(N, D_in, H, D_out):
    """Predict: x (N, D_in) goes through w1, a ReLU and w2, and becomes y_pred (N, D_out).

    There are H hidden neurons. Which shapes do grad_w2, grad_h_relu and grad_w1 have? Return three
    tuples of two numbers each, in this order.
    """
    raise NotImplementedError("shapes_of_gradients is to be written")


class SquareNet(Layer):
    """Mend: y = max(x w1, 0) w2. x, y: (N, D). w1, w2: (D, D), so no shape gives a mistake away.

    Its forward is right. Of the gradients that backward finds, that of w2 is right, those of w1 and
    of x are not.
    """

    def forward(self, x):
        w1, w2 = self.params
        self.x, self.h = x, np.matmul(x, w1)
        self.h_relu = np.maximum(self.h, 0)
        return np.matmul(self.h_relu, w2)

    def backward(self, dout):
        w1, w2 = self.params
        grad_w1, grad_w2 = self.grads
        grad_w2[...] = np.matmul(self.h_relu.T, dout)
        grad_h_relu = np.matmul(dout, w2)
        grad_h = grad_h_relu * (self.h > 0)
        grad_w1[...] = np.matmul(self.x.T, grad_h)
        return np.matmul(grad_h, w1.T)


def lost_steps(w, grad, lr):
    """Write: at how many weights is the step w - lr · grad lost, since it rounds back to w?

    w, grad: arrays of float32, of one shape. lr: a number. A weight whose gradient is 0 is not
    counted: it was to stay where it is. Return how many, and leave w as it is.
    """
    raise NotImplementedError("lost_steps is to be written")
