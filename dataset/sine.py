"""One wave of the sine, which chapter 2 fits by a polynomial."""

import math

import numpy

from common import config
from common.checks import check_sizes
from common.np import Array, np


def load_data(n: int = 2000) -> tuple[Array, Array]:
    """x (n,), evenly spaced from -π to π with both ends, and t = sin(x).

    Source: documents 000 and 003, "Learning PyTorch with Examples".
    """
    check_sizes("sine.load_data", n=n)
    x = numpy.linspace(-math.pi, math.pi, n)  # on the CPU: the same digits for both devices
    return np.asarray(x.astype(config.dtype)), np.asarray(numpy.sin(x).astype(config.dtype))
