"""Where it is wrong: below a bound, for a class, in a row or a column.

A few elements lie on one side of some bound by chance. So a place is named only where the wrong
elements, strewn at random, would hardly ever lie like that.
"""

from collections.abc import Iterator
from math import comb
from typing import Any

import numpy

from common.mistakes.evidence import Evidence, agree, is_there, near, times

RARE = 0.01  # how likely a place that is named may be by chance
RARE_LINE = 0.1  # of rows and columns there are few to choose among
RARE_CLASS = 0.05  # and the class of a label is one place, that often matters


def in_lines(e: Evidence) -> str | None:
    """Wrong in some rows, or columns, and right in the others."""
    wrong = ~numpy.all(agree(e.in_effect, e.jacobian), axis=1).reshape(e.p.shape)
    if wrong.ndim != 2:
        return None
    for lines, name in ((wrong, "row"), (wrong.T, "column")):
        bad = numpy.asarray(lines.all(axis=1))
        if not lines[~bad].any() and comb(len(bad), bad.sum()) <= RARE_LINE * comb(
            wrong.size, wrong.sum()
        ):
            where, there = _these(name, bad), _there(e.said[wrong], e.measured[wrong])
            also = _region_of(e.p, wrong.ravel(), e)
            return f"it is {where}{also and f', which is also {also}'}{there}"
    return None


def _these(name: str, bad: numpy.ndarray) -> str:
    """The lines that are wrong; or those that are right, if they are fewer."""
    is_few = 2 * bad.sum() <= len(bad)
    *most, last = map(str, numpy.flatnonzero(bad if is_few else ~bad))
    names = f"{name}s {', '.join(most)} and {last}" if most else f"{name} {last}"
    return f"{'wrong' if is_few else 'right'} only in {names}"


def in_a_region(e: Evidence) -> str | None:
    """Wrong where a number that belongs to the place is small, or large, and right elsewhere."""
    right = agree(e.in_effect, e.jacobian)
    sides: list[Any] = [(e.p, ~numpy.all(right, axis=1), 0), (e.y, ~numpy.all(right, axis=0), 1)]
    for array, wrong, axis in sides:
        if where := _region_of(array, wrong, e):
            said, measured = (numpy.compress(wrong, J, axis) for J in (e.in_effect, e.jacobian))
            there = _there(said, measured)
            if there or is_there(e.jacobian)[right].any():  # else all the slopes are wrong
                return f"it is wrong {where}, and right elsewhere{there}"
    return None


def _region_of(array: numpy.ndarray, wrong: numpy.ndarray, e: Evidence) -> str:
    """What the wrong elements of an array have in common; nothing where it may be chance."""
    named = list(_belonging_to(array, e))
    regions = (_class(name, x.ravel(), wrong) for name, x in named if x.dtype == bool)
    bounds = [(name, x.ravel()) for name, x in named if x.dtype.kind in "fiu"]
    at_zero = (_sign(name, x, wrong) for name, x in bounds)
    anywhere = (_bound(name, x, wrong) for name, x in bounds)
    return next(filter(None, (*regions, *at_zero, *anywhere)), "")


def _belonging_to(array: numpy.ndarray, e: Evidence) -> Iterator[tuple[str, numpy.ndarray]]:
    """The arrays that have a number for each element of this one; labels as True and False."""
    for i, x in enumerate(e.inputs):
        if x.shape == array.shape:
            yield f"input {i}", x == 1 if set(numpy.unique(x)) == {0, 1} else x
        elif array.ndim and x.dtype.kind in "iu" and x.shape == array.shape[:-1]:
            classes = numpy.arange(array.shape[-1])
            if (x <= classes[-1]).all():
                yield f"input {i}", x[..., None] == classes
    if e.y.shape == array.shape:
        yield "the output", e.y


def _class(name: str, named: numpy.ndarray, wrong: numpy.ndarray) -> str | None:
    """All wrong ones belong to the class that a label names, or all to the others."""
    for places, words in (
        (named, f"for the class that {name} names"),
        (~named, f"for the classes {name} does not name"),
    ):
        by_chance = comb(places.sum(), wrong.sum()) / comb(wrong.size, wrong.sum())
        if not (wrong & ~places).any() and wrong.any() and by_chance <= RARE_CLASS:
            return words
    return None


def _sign(name: str, x: numpy.ndarray, wrong: numpy.ndarray) -> str | None:
    """The wrong ones are those above, or below, 0."""
    if not _is_rare(wrong, tries=1):
        return None
    for sign, word in ((1, "positive"), (-1, "negative")):
        if (sign * x[~wrong]).max() <= 0 <= (sign * x[wrong]).min():
            return f"where {name} is {word}"
    return None


def _bound(name: str, x: numpy.ndarray, wrong: numpy.ndarray) -> str | None:
    """The wrong ones are those above, or below, some number."""
    if not _is_rare(wrong, tries=4):
        return None
    for values, what in ((x, name), (abs(x), f"the size of {name}")):
        for sign, word in ((1, "above"), (-1, "below")):
            low, high = (sign * values[~wrong]).max(), (sign * values[wrong]).min()
            if low < high:
                return f"where {what} is {word} {sign * (low + high) / 2:.2g} or so"
    return None


def _is_rare(wrong: numpy.ndarray, tries: int) -> bool:
    """Whether so many wrong ones would seldom be the largest of all by chance."""
    return tries <= RARE * comb(wrong.size, wrong.sum())


def _there(said: numpy.ndarray, measured: numpy.ndarray) -> str:
    """What backward says in the wrong places."""
    if not is_there(measured).any():
        return "; where it is wrong it should be 0"
    if not said.any():
        return "; where it is wrong, backward says 0"
    k = float((said * measured).sum() / (measured**2).sum())
    if not near(said, k * measured):
        return ""
    if near(k, -1):
        return "; there the sign is wrong"
    sign = ", with the wrong sign" if k < 0 else ""
    return f"; there it is {times(abs(k))} what was measured{sign}"
