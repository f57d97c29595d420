"""The ways from p to the output: some are left out, and some are none."""

import numpy

from common.mistakes.evidence import NEAR, Evidence, is_there, near


def other_elements(e: Evidence) -> str | None:
    """Outputs that depend on p's other rows or columns as well, which backward does not see."""
    if not e.is_input or e.p.shape != e.y.shape or not e.p.ndim or not _is_a_part(e):
        return None
    left_out = is_there(e.jacobian) & ~is_there(e.in_effect)
    own, where = numpy.eye(e.p.size, dtype=bool), None
    if e.p.ndim == 1 and (left_out & ~own).any():
        where = "the other outputs, too (through a sum over all, or on another way)"
    elif (left_out & ~_same(0, e)).any():
        where = f"the output in other rows, too{_through(left_out, e)}"
    elif (left_out & ~own).any():
        where = (
            "the other outputs of its row, too (through a sum over the row, or on another way to "
            "the output)"
        )
    return where and f"each element of {e.name} changes {where}, and backward leaves that out"


def _is_a_part(e: Evidence) -> bool:
    """Whether what is there is right, or goes from each element to its own output alone."""
    said, measured = is_there(e.in_effect), is_there(e.jacobian)
    if near(e.in_effect[said], e.jacobian[said]):
        return True
    its_own = not said[~numpy.eye(e.p.size, dtype=bool)].any()
    return its_own and not (said & ~measured).any() and not near(e.said, e.dout)


def _same(axis: int, e: Evidence) -> numpy.ndarray:
    """Which elements of p and y have the same index along an axis."""
    index = numpy.indices(e.p.shape)[axis].ravel()
    return numpy.equal.outer(index, index)


def _through(left_out: numpy.ndarray, e: Evidence) -> str:
    """A mean or a maximum over the batch moves all of a column, and nothing else."""
    column = numpy.logical_and.reduce([_same(axis, e) for axis in range(1, e.p.ndim)])
    moves_all = (is_there(e.jacobian) | ~column).all(axis=1).any()
    is_statistic = len(e.p) > 2 and moves_all and not (left_out & ~column).any()
    return " (as through a mean or a maximum over the batch)" if is_statistic else ""


def statistics(e: Evidence) -> str | None:
    """What is missing is a constant of each row or column, or a multiple of the output there."""
    if e.p.shape != e.y.shape:
        return None
    missing, one = e.measured - e.said, numpy.ones_like(e.y)
    for axis in reversed(range(e.p.ndim)):
        what = _name_of(axis, e.p.ndim)
        if e.p.shape[axis] < 3 or not _is_shared(axis, e):
            continue
        if _is_made_of(missing, [one], axis):
            return f"a mean, or sum: each element moves that of {what}, and backward leaves it out"
        for x in (e.y, e.p):
            if _is_made_of(missing, [one, x], axis):
                return (
                    f"what the elements are divided by (a spread, a norm or a sum) depends on all "
                    f"of {what}: it is treated as a constant, and is not"
                )
    return None


def _name_of(axis: int, ndim: int) -> str:
    if axis == ndim - 1:
        return "its row"
    return f"axis {axis}" if axis else "its column, so of other rows"


def _is_shared(axis: int, e: Evidence) -> bool:
    """Whether elements change other outputs along this axis, in forward."""
    lines = [_same(other, e) for other in range(e.p.ndim) if other != axis]
    line = numpy.logical_and.reduce([*lines, ~numpy.eye(e.p.size, dtype=bool)])
    return bool((is_there(e.jacobian) & line).any())


def _is_made_of(missing: numpy.ndarray, parts: list[numpy.ndarray], axis: int) -> bool:
    """Whether along an axis it is a sum of the parts, each times a number."""
    lines = [numpy.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]) for x in (missing, *parts)]
    for line, *those in zip(*lines, strict=True):
        basis = numpy.stack(those, axis=1)
        fitted = basis @ numpy.linalg.lstsq(basis, line, rcond=None)[0]
        if numpy.abs(fitted - line).max() > NEAR * numpy.abs(missing).max():
            return False
    return True


def too_many(e: Evidence) -> str | None:
    """Right where there is a gradient, and one where there is none."""
    there = is_there(e.jacobian)
    is_right = not there.any() or near(e.in_effect[there], e.jacobian[there])
    if is_right and (is_there(e.in_effect) & ~there).any():
        return "elements that do not change the output get a gradient, too: it should be 0"
    return None


def left_out(e: Evidence) -> str | None:
    """Right where backward says something, and nothing where more should come back."""
    said, there = is_there(e.in_effect), is_there(e.jacobian)
    missing = there & ~said
    if not said.any() or not missing.any() or not near(e.in_effect[said], e.jacobian[said]):
        return None
    i, j = (int(k) for k in numpy.argwhere(missing)[0])
    at = tuple(map(int, numpy.unravel_index(i, e.p.shape)))
    to = tuple(map(int, numpy.unravel_index(j, e.y.shape)))
    return (
        f"some ways from {e.name} to the output are left out, and the others are right: the output "
        f"at {to} depends on {e.name} at {at}, say. What comes back on several ways adds up"
    )
