"""The network whose numbers the study notes print in section 1.2. Nothing runs on import.

The notes draw inputs and weights at random and show none of them. They print `h`, the hidden sums
of ten examples, and `s`, their scores, and that is enough to find a network that gives both.
"""

import numpy

from common.np import Array, np

H = [
    [0.13989561, -1.29801832, 1.5579969, 0.33415793],
    [0.21297977, -0.35994696, 1.38050415, -0.13228033],
    [-1.40408799, -1.98041791, 0.08883445, 1.63886748],
    [-1.18121565, -3.50848906, 0.74453041, 2.17725536],
    [-1.32563778, -3.05142511, 0.46504071, 2.06657073],
    [-1.28254406, -0.06413282, -0.30349864, 0.70400202],
    [0.78041451, 0.02329331, 1.88431756, -0.67095432],
    [-1.56960147, -1.9794755, -0.08886657, 1.74562687],
    [0.16611899, 0.26145049, 1.16078869, -0.37956303],
    [0.57861715, -2.3339009, 2.31086379, 0.51286973],
]
S = [
    [1.95164769, -1.3578117, -1.20031984],
    [1.96582921, -1.31783951, -0.75124818],
    [1.20870387, -1.34757497, -1.92128665],
    [1.40297331, -1.43181297, -2.11690024],
    [1.31355344, -1.39938784, -2.09597185],
    [1.12337676, -1.29845856, -1.14170738],
    [2.19848644, -1.30120507, -0.3370698],
    [1.1269915, -1.33851035, -1.95384532],
    [1.91663256, -1.30042158, -0.45500835],
    [2.10591097, -1.41861765, -1.33555061],
]


def network() -> tuple[Array, Array, Array, Array, Array]:
    """x (10, 2), W1 (2, 4), b1 (4,), W2 (4, 3), b2 (3,), in float64.

    With them, x W1 + b1 is the `h` of the notes and sigmoid(h) W2 + b2 their `s`, give or take one
    in the eighth digit.

    W2 and b2 are the notes' own: ten rows of three scores are 30 equations for their 15 numbers.
    x, W1 and b1 are one choice of many, since whatever turns and stretches the inputs can be undone
    in W1. This choice takes the first two columns of h for the inputs.
    """
    h, s = numpy.array(H), numpy.array(S)
    x = h[:, :2]
    W1, b1 = _affine_between(x, h)
    W2, b2 = _affine_between(1 / (1 + numpy.exp(-h)), s)
    return tuple(np.asarray(array) for array in (x, W1, b1, W2, b2))  # type: ignore[return-value]


def _affine_between(x: Array, y: Array) -> tuple[Array, Array]:
    """W and b for which x W + b comes closest to y."""
    with_ones = numpy.column_stack([x, numpy.ones(len(x))])
    solution = numpy.linalg.lstsq(with_ones, y)[0]
    return solution[:-1], solution[-1]
