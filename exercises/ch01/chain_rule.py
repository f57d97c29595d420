"""Exercises on 1.3.3, the chain rule. To check them: python -m exercises check ch01.chain_rule"""

from common.layers import Layer


def slope_of_a_chain(x):
    """Predict: y = 5x + 1, z = y² and L = -z. What is dL/dx, for a number x?

    Find the three local derivatives first, with pencil and paper.
    """
    raise NotImplementedError("slope_of_a_chain is to be written")


class Cube(Layer):
    """Write: y = x³, element by element. x, y and dout have one shape, whichever it is.

    forward(x) returns y, and keeps in `self` what backward will need. backward(dout) is given
    dL/dy and returns dL/dx. No input may be written into.
    """

    def forward(self, x):
        raise NotImplementedError("Cube.forward is to be written")

    def backward(self, dout):
        raise NotImplementedError("Cube.backward is to be written")


def walk_back(layers, dout):
    """Write: the way back through any number of layers; returns dL/dx.

    layers: a list, in the order of their forward, which has run: the first was given x, each other
    one what the one before it returned. dout: dL/d(what the last one returned), of its shape. Each
    layer has backward(dout). The list stays as it is.
    """
    raise NotImplementedError("walk_back is to be written")
