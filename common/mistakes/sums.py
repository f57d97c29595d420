"""A sum over too few or too many elements, in the gradient of what several rows share."""

import math

import numpy

from common.mistakes.evidence import Evidence, is_there, near, subsets


def wrong_sum(e: Evidence) -> str | None:
    """A sum over one row only, over more than it should, or along another axis."""
    if e.p.ndim >= e.y.ndim and e.is_input:
        return None
    return _one_row_counts(e) or _too_much(e) or _along_another_axis(e)


def _one_row_counts(e: Evidence) -> str | None:
    """What the first or the last row gives, where several rows change all that is changed."""
    if not e.y.ndim or len(e.y) < 2:
        return None
    rows = is_there(e.jacobian).reshape(e.p.size, len(e.y), -1).any(axis=2).sum(axis=1)
    if (rows == 1).any():
        return None
    for row in (0, -1):
        only = numpy.zeros_like(e.dout)
        only[row] = e.dout[row]
        if near(e.said, e.gradient_for(only)):
            return "the sum over the rows is missing: only one row of the batch counts"
    return None


def _too_much(e: Evidence) -> str | None:
    """The gradient itself, added up or averaged along some of its axes."""
    gradient = e.measured
    for axes in subsets(gradient.ndim):
        total = numpy.broadcast_to(gradient.sum(axis=axes, keepdims=True), gradient.shape)
        which = f"axis {', '.join(map(str, axes))}"
        if near(e.said, total):
            return f"a sum runs over too much: {which} of {e.name} is added up as well"
        if near(e.said, total / math.prod(gradient.shape[axis] for axis in axes)):
            return f"a mean over {which} stands where each element has a gradient of its own"
    return None


def _along_another_axis(e: Evidence) -> str | None:
    """What comes back from each element of y, added up along one axis instead of another."""
    terms = (e.jacobian.sum(axis=0) * e.dout.ravel()).reshape(e.y.shape)
    sums = {axes: terms.sum(axis=axes) for axes in subsets(terms.ndim)}
    if any(near(total, e.measured) for total in sums.values()):
        for axes, total in sums.items():
            if near(e.said, total):
                which = ", ".join(map(str, axes))
                return f"a sum runs along the wrong axis: axis {which} of dout"
    return None


def repeated_index(e: Evidence) -> str | None:
    """Of the places where whole numbers among the inputs name a row of p, the last one counts."""
    for index in e.inputs:
        if _names_rows(index, e) and near(e.said, _of_the_last_ones(index % len(e.p), e)):
            return (
                "it is wrong in the rows that are used more than once: dW[idx] += ... adds only "
                "once for each of them. np.add.at(dW, idx, dout) adds every time"
            )
    return None


def _names_rows(index: numpy.ndarray, e: Evidence) -> bool:
    is_whole = index.dtype.kind in "iu" and index.size and index.ndim and e.y.ndim and e.p.ndim
    return bool(is_whole and abs(index).max() <= len(e.p)) and len(index) == len(e.y)


def _of_the_last_ones(index: numpy.ndarray, e: Evidence) -> numpy.ndarray:
    """The gradient if each row of p hears only of the last place that names it."""
    shared = 1 + (index.shape == e.y.shape[: index.ndim]) * (index.ndim - 1)
    gradient = numpy.zeros_like(e.measured)
    for row in numpy.unique(index):
        last = tuple(numpy.argwhere(index == row)[-1][:shared])
        only = numpy.zeros_like(e.dout)
        only[last] = e.dout[last]
        gradient[row] = e.gradient_for(only)[row] / (index[last] == row).sum()
    return gradient
