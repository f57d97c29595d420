"""Small networks that the checks of several pages put answers to."""

from itertools import pairwise

import numpy

from common.layers import Affine, Sigmoid
from common.np import np


def draw(*shape, seed=20):
    """Random numbers, normally distributed."""
    return np.asarray(numpy.random.default_rng(seed).normal(size=shape))


def affine_layers(*sizes):
    """An Affine for each two neighbours, and a Sigmoid between each two of those."""
    layers = []
    for i, (D, H) in enumerate(pairwise(sizes)):
        layers += [Affine(draw(D, H, seed=i), draw(H, seed=10 + i)), Sigmoid()]
    return layers[:-1]


def run_forward(layers, x):
    """What the last layer returns."""
    for layer in layers:
        x = layer.forward(x)
    return x
