"""Exercises on the older edition, on a device, with layers.

To check them: python -m exercises check ch02.two_layer_net_tensor
"""

from common.layers import Layer
from common.np import np


def weights_of_the_model(w, grad, lr, is_copied):
    """Predict: a model is made by model = MatMul(w). v is w.copy() if is_copied, and else v is w.

    Then comes v -= lr * grad. Which numbers stand in model.params[0] after it? Return them, an
    array of the shape of w.
    """
    raise NotImplementedError("weights_of_the_model is to be written")


def train(model, loss_fn, optimizer, x, y, steps):
    """Mend: trains a model of layers by hand, and returns the losses of the steps, a list.

    It runs, and the loss falls. But its losses are not those of the same training by raw
    operations: they differ from the second on.
    """
    losses = []
    for _ in range(steps):
        losses.append(float(loss_fn.forward(model.forward(x), y)))
        optimizer.update(model.params, model.grads)
        model.backward(loss_fn.backward())
    return losses


class CountedSquares(Layer):
    """Write: L = Σ_n c_n Σ_d (y_pred[n, d] - y[n, d])²: example n counts c_n times.

    c: (N,), handed over when the layer is made. y_pred, y: (N, D). forward returns L, one number.
    backward returns dL/dy_pred, (N, D), times dout.
    """

    def __init__(self, c):
        super().__init__()
        self.c = c

    def forward(self, y_pred, y):
        raise NotImplementedError("CountedSquares.forward is to be written")

    def backward(self, dout=1):
        raise NotImplementedError("CountedSquares.backward is to be written")
