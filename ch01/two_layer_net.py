"""`TwoLayerNet`: the network that the scripts of this chapter train. Nothing runs on import."""

import numpy

from common.layers import Layer, Linear, Sigmoid, SoftmaxWithLoss
from common.np import Array, Seed


class TwoLayerNet:
    """Affine, sigmoid, affine, and softmax with cross-entropy as the loss.

    x: (N, input_size). t: class numbers (N,) or one-hot rows (N, output_size).

    It is a model in the sense of `common.trainer`: `params`, `grads`, `predict(x)`,
    `forward(x, t)` which returns the loss, and `backward()`.

    >>> from dataset import spiral
    >>> x, t = spiral.load_data()
    >>> net = TwoLayerNet(input_size=2, hidden_size=10, output_size=3, seed=0)
    >>> net.predict(x).shape
    (300, 3)
    """

    def __init__(
        self, input_size: int, hidden_size: int, output_size: int, seed: Seed = None
    ) -> None:
        rng = numpy.random.default_rng(seed)  # one generator, so that no two layers start equal
        self.layers: list[Layer] = [
            Linear(input_size, hidden_size, rng),
            Sigmoid(),
            Linear(hidden_size, output_size, rng),
        ]
        self.layers[0].needs_dx = False  # its x is data: nobody needs dL/dx
        self.loss_layer = SoftmaxWithLoss()
        self.params = [param for layer in self.layers for param in layer.params]
        self.grads = [grad for layer in self.layers for grad in layer.grads]

    def predict(self, x: Array) -> Array:
        """The scores: (N, output_size)."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x: Array, t: Array) -> Array:
        """The loss."""
        return self.loss_layer.forward(self.predict(x), t)

    def backward(self, dout: float | Array = 1) -> None:
        """Fills `grads`: the chain rule, from the loss back to the first layer."""
        dx = self.loss_layer.backward(dout)
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
