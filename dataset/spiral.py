"""Three spirals wound into each other: a small problem that no straight line solves."""

import numpy

from common import config
from common.checks import check_whole
from common.np import Array, np

CLASSES, POINTS = 3, 100


def load_data(seed: int = 1984) -> tuple[Array, Array]:
    """x (300, 2), the points, and t (300, 3), one-hot rows that name each point's spiral.

    A spiral starts at the middle and turns by 4 radians while its radius grows from 0 to 1;
    normal noise of 0.2 radians scatters it. With the seed 1984 these are the book's points.

    Source: Deep Learning from Scratch 2, section 1.4.1.
    """
    check_whole("spiral.load_data", "seed", seed, at_least=0, below=2**32)
    # The book seeds NumPy's global state; a RandomState of our own draws the same numbers.
    noise = numpy.random.RandomState(seed).randn(CLASSES, POINTS)
    radius = numpy.arange(POINTS) / POINTS
    angle = 4.0 * numpy.arange(CLASSES)[:, None] + 4.0 * radius + 0.2 * noise
    x = numpy.stack([radius * numpy.sin(angle), radius * numpy.cos(angle)], axis=-1)
    t = numpy.repeat(numpy.eye(CLASSES, dtype=numpy.int32), POINTS, axis=0)
    return np.asarray(x.reshape(-1, 2).astype(config.dtype)), np.asarray(t)
