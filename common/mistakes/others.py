"""Gradients that are right for something else: another array, dout itself, too few rows."""

import math

import numpy

from common.mistakes.evidence import Evidence, agree, near, subsets


def exchanged(e: Evidence) -> str | None:
    """It is another array's gradient."""
    for name, gradient in e.others().items():
        if near(e.said, gradient):
            return f"exchanged: this is the gradient of {name}"
    return None


def handed_on(e: Evidence) -> str | None:
    """The output's gradient is passed off as the input's."""
    if near(e.said, e.dout):
        return (
            "backward hands dout on as it came: the derivative of the layer itself is missing. "
            "The chain rule multiplies dout by it"
        )
    return None


def transposed(e: Evidence) -> str | None:
    """Rows for columns, in the gradient itself or in what dout is multiplied by."""
    if e.p.ndim == 2 and near(e.said.T, e.measured):
        return "transposed: rows and columns are exchanged. Go by the shapes"
    if e.p.shape == e.y.shape and near(e.in_effect, e.jacobian.T):
        return "transposed: it goes the same way as forward. Where forward has W, dx has W.T"
    for name, gradient in e.with_transposed().items():
        if near(gradient, e.measured):
            return f"a matrix is transposed: with {name}.T in its place it is right"
    return None


def sums(e: Evidence) -> str | None:
    """A sum over too few or too many elements, in the gradient of what all rows share."""
    if e.p.ndim >= e.y.ndim and e.is_input:
        return None
    dout, gradient = e.dout, e.measured
    if e.y.ndim and len(e.y) > 1:
        for row in (0, -1):
            only = numpy.zeros_like(dout)
            only[row] = dout[row]
            if near(e.said, e.gradient_for(only)):
                return "the sum over the rows is missing: only one row of the batch counts"
    for axes in subsets(gradient.ndim):
        total = numpy.broadcast_to(gradient.sum(axis=axes, keepdims=True), gradient.shape)
        if near(e.said, total):
            return f"a sum runs over too much: axis {axes[0]} of {e.name} is added up as well"
        if near(e.said, total / _count(gradient, axes)):
            return f"a mean over axis {axes[0]} stands where each element has a gradient of its own"
    for axis in range(dout.ndim):
        if near(e.said, dout.sum(axis=axis)):
            return f"a sum runs along the wrong axis: axis {axis} of dout"
    return None


def _count(x: numpy.ndarray, axes: tuple[int, ...]) -> int:
    return math.prod(x.shape[axis] for axis in axes)


def repeated_index(e: Evidence) -> str | None:
    """Wrong in rows that whole numbers among the inputs name twice."""
    if e.is_input or not e.p.ndim:
        return None
    for index in e.inputs:
        if index.dtype.kind in "iu":
            used, count = numpy.unique(index, return_counts=True)
            wrong = numpy.unique(numpy.nonzero(~agree(e.said, e.measured))[0])
            if set(wrong) and set(wrong) <= set(used[count > 1]):
                return (
                    "it is wrong in the rows that are used more than once: dW[idx] += ... adds "
                    "only once for each of them. np.add.at(dW, idx, dout) adds every time"
                )
    return None
