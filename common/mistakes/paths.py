"""The ways from p to the output: some are left out, some lead elsewhere, some are none."""

import numpy

from common.mistakes.evidence import NEAR, Evidence, is_there, near


def other_elements(e: Evidence) -> str | None:
    """Outputs that hang on p's other rows or columns as well, which backward does not see."""
    if not e.is_input or e.p.shape != e.y.shape or not e.p.ndim:
        return None
    left_out = is_there(e.jacobian) & ~is_there(e.in_effect)
    rows = numpy.indices(e.p.shape)[0].ravel()
    same_row = rows[:, None] == rows[None, :]
    if (left_out & ~same_row).any():
        return (
            f"each element of {e.name} changes the output in other rows, too (as through a mean or "
            f"a maximum over the batch), and backward leaves that out"
        )
    if (left_out & ~numpy.eye(e.p.size, dtype=bool)).any() and not near(e.said, e.dout):
        return (
            f"each element of {e.name} changes the other outputs of its row, too (through a sum "
            f"over the row, or on another way to the output), and backward leaves that out"
        )
    return None


def statistics(e: Evidence) -> str | None:
    """What is missing is a constant of each row or column, or a multiple of the output there."""
    if e.p.shape != e.y.shape:
        return None
    for axis in reversed(range(e.p.ndim)):
        what = "its row" if axis == e.p.ndim - 1 else "its column, in other rows,"
        if e.p.shape[axis] < 3:
            continue
        missing, one = e.measured - e.said, numpy.ones_like(e.y)
        if _is_made_of(missing, [one], axis):
            return f"a mean, or sum: each element moves that of {what} and backward leaves that out"
        for x in (e.y, e.p):
            if _is_made_of(missing, [x], axis) or _is_made_of(missing, [one, x], axis):
                return (
                    f"a constant that is none: what the elements are divided by, a spread, a norm "
                    f"or a sum, hangs on all of {what} and backward leaves that out"
                )
    return None


def _is_made_of(missing: numpy.ndarray, parts: list[numpy.ndarray], axis: int) -> bool:
    """Whether along an axis it is a sum of the parts, each times a number."""
    lines = [numpy.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]) for x in (missing, *parts)]
    for line, *those in zip(*lines, strict=True):
        basis = numpy.stack(those, axis=1)
        fitted = basis @ numpy.linalg.lstsq(basis, line, rcond=None)[0]
        if numpy.abs(fitted - line).max() > NEAR * numpy.abs(missing).max():
            return False
    return len(lines[0]) * (missing.shape[axis] - len(parts)) > 2


def wrong_places(e: Evidence) -> str | None:
    """For each element of y the right numbers, at other elements of p."""
    said, measured = numpy.sort(e.in_effect, axis=0), numpy.sort(e.jacobian, axis=0)
    if near(said, measured):
        return "the numbers are right, and go back to the wrong places: those of other elements"
    return None


def wrong_dout(e: Evidence) -> str | None:
    """The layer's own derivatives are right, and each meets another element of dout."""
    said, measured = e.in_effect, e.jacobian
    one_each = all((is_there(J).sum(axis=1) <= 1).all() for J in (said, measured))
    if one_each and near(said.sum(axis=1), measured.sum(axis=1)):
        return (
            f"each derivative is multiplied by the wrong element of dout, whose shape is "
            f"{e.y.shape}: broadcasting lays it along another axis than forward summed over. "
            f"dout[:, None] stands it upright"
        )
    return None


def too_many(e: Evidence) -> str | None:
    """Right where there is a gradient, and one where there is none."""
    there = is_there(e.jacobian)
    if (is_there(e.in_effect) & ~there).any() and near(e.in_effect[there], e.jacobian[there]):
        return "elements that do not change the output get a gradient, too: theirs is 0"
    return None
