"""Exercises on 1.2.2, layers as classes.

To check them: python -m exercises check ch01.layers_as_classes
"""

from common.layers import Affine, Sigmoid
from common.np import np


def numbers_learned(sizes):
    """Predict: Affine layers, one behind the other, with a Sigmoid between each two.

    sizes: how many inputs the first one has, and then how many outputs each Affine has; the
    TwoLayerNet of the page is [2, 4, 3]. How many numbers does the network learn?
    """
    raise NotImplementedError("numbers_learned is to be written")


class Chain:
    """Write: several layers, put together so that they are one layer, with `params` and `forward`.

    layers: a list of objects that have both; forward calls them in this order, each on what the
    one before it has returned. params: one list with the arrays of all of them, in this order.
    A Chain may stand among the layers of another Chain.
    """

    def __init__(self, layers):
        raise NotImplementedError("Chain.__init__ is to be written")

    def forward(self, x):
        raise NotImplementedError("Chain.forward is to be written")


def draw_weights(rng, D, H):
    """Write: the first weights of a layer of D inputs and H neurons, of shape (D, H).

    They are normally distributed around 0, and so large that the sums x W have a spread of 1,
    whatever D and H are, if the numbers in x have a spread of 1. rng: a generator of NumPy;
    rng.normal(size=...) draws numbers that have a spread of 1.
    """
    raise NotImplementedError("draw_weights is to be written")


class DeepNet:
    """Mend: `depth` Affine layers with H inputs and H outputs, each with a Sigmoid behind it.

    Each Affine must have weights of its own, drawn anew by rng, a generator of NumPy. It runs, all
    shapes are right, and it has the right number of params. x and the output: (N, H).
    """

    def __init__(self, rng, H, depth):
        W, b = rng.normal(size=(H, H)), rng.normal(size=H)
        self.layers = [Affine(W, b), Sigmoid()] * depth
        self.params = [param for layer in self.layers for param in layer.params]

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
