"""What every contestant of `benchmarks.polynomial` begins with."""

import math
from typing import Any

import numpy

from common.np import Array

STEPS, LR, LR_RMSPROP = 2000, 1e-6, 1e-3
START = tuple(map(float, numpy.random.default_rng(0).normal(size=4)))  # a, b, c, d


def points() -> tuple[Array, Array]:
    """x and its sine, in NumPy's own float64."""
    x = numpy.linspace(-math.pi, math.pi, 2000)
    return x, numpy.sin(x)


def points_in_float32() -> tuple[Array, Array]:
    """The same in float32."""
    x, y = points()
    return x.astype(numpy.float32), y.astype(numpy.float32)


def torch_points() -> tuple[Any, Any]:
    """x and its sine as tensors."""
    import torch

    x, y = (torch.from_numpy(array).float() for array in points())
    return x, y
