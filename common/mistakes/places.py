"""Where it is wrong: below a bound, for a class, in a row or a column, or a little everywhere."""

from collections.abc import Iterator
from typing import Any

import numpy

from common.mistakes.evidence import Evidence, agree, is_there, near, times


def nearly_right(e: Evidence) -> str | None:
    """An error that is small everywhere."""
    if (numpy.abs(e.said - e.measured) < 0.01 * numpy.abs(e.measured)).all():
        return (
            "it is nearly right everywhere: is there an epsilon in one of forward and backward, or "
            "are numbers rounded to float32 or to whole numbers?"
        )
    return None


def in_a_region(e: Evidence) -> str | None:
    """Wrong where a number that belongs to the place is small, or large, and right elsewhere."""
    right = agree(e.in_effect, e.jacobian)
    sides: list[Any] = [(e.p, ~numpy.all(right, axis=1), 0), (e.y, ~numpy.all(right, axis=0), 1)]
    for array, wrong, axis in sides:
        for name, x in _belonging_to(array, e):
            if where := _region(name, x.ravel(), wrong):
                said, measured = (numpy.compress(wrong, J, axis) for J in (e.in_effect, e.jacobian))
                return f"it is wrong {where}, and right elsewhere{_there(said, measured)}"
    return None


def _belonging_to(array: numpy.ndarray, e: Evidence) -> Iterator[tuple[str, numpy.ndarray]]:
    """The arrays that have a number for each element of this one."""
    for i, x in enumerate(e.inputs):
        if x.shape == array.shape:
            yield f"input {i}", x
        elif x.dtype.kind in "iu" and x.shape == array.shape[:-1] and x.max() < array.shape[-1]:
            yield f"input {i}", numpy.eye(array.shape[-1])[x]
    if e.y.shape == array.shape:
        yield "the output", e.y


def _region(name: str, x: numpy.ndarray, wrong: numpy.ndarray) -> str | None:
    """Where in x the wrong ones are, if a class or a bound divides them from the others."""
    if min(wrong.sum(), (~wrong).sum()) < 2:
        return None
    if set(numpy.unique(x)) == {0, 1}:
        places = {1: f"for the class that {name} names", 0: f"for the classes {name} does not name"}
        return next((words for k, words in places.items() if (x[wrong] == k).all()), None)
    for values, what in ((x, name), (abs(x), f"the size of {name}")):
        for sign, word in ((1, "above"), (-1, "below")):
            low, high = (sign * values[~wrong]).max(), (sign * values[wrong]).min()
            if low <= 0 <= high and what == name:
                return f"where {name} is {'positive' if sign == 1 else 'negative'}"
            if low < high:
                return f"where {what} is {word} {sign * (low + high) / 2:.2g} or so"
    return None


def in_lines(e: Evidence) -> str | None:
    """Wrong in some rows, or columns, and right in the others."""
    wrong = ~agree(e.said, e.measured)
    if wrong.ndim != 2:
        return None
    for lines, name in ((wrong, "row"), (wrong.T, "column")):
        bad = numpy.asarray(lines.all(axis=1))
        if bad.all() or not bad.any() or lines[~bad].any():
            continue
        is_few = 2 * bad.sum() <= len(bad)
        few = ", ".join(map(str, numpy.flatnonzero(bad if is_few else ~bad)))
        there = _there(e.said[wrong], e.measured[wrong])
        return f"it is {'wrong' if is_few else 'right'} in {name} {few} alone{there}"
    return None


def _there(said: numpy.ndarray, measured: numpy.ndarray) -> str:
    """What backward says in the wrong places."""
    if not is_there(measured).any():
        return "; where it is wrong it should be 0"
    if not said.any():
        return "; where it is wrong, backward says 0"
    k = float((said * measured).sum() / (measured**2).sum())
    if near(said, k * measured):
        return (
            "; there the sign is wrong"
            if near(k, -1)
            else f"; there it is {times(k)} what was measured"
        )
    return ""
