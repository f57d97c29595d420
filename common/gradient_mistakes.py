"""What mistake does a wrong gradient look like?

Each rule below knows one kind of mistake. It looks at the evidence, the derivatives that were
measured beside those that backward has in effect, and says in words what it sees, or nothing.
The first that speaks is taken.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy

NEAR = 1e-4  # how far apart, relatively, two derivatives may be that are taken for the same
Rule = Callable[["Evidence"], str | None]


@dataclass(frozen=True)
class Evidence:
    """All about one wrong gradient, dL/dp, of an input or a parameter p.

    name: of p. inputs: of the layer. y: its output. dout: dL/dy, drawn at random. said: what
    backward says. says: what it says for another dout. jacobian: dy/dp, measured, with p's elements
    in rows and y's in columns. curved: at which of p's elements the slopes on both sides differ.
    others: the measured gradients of the other inputs and parameters, by name. held: the arrays
    that the layer holds, by name. with_transposed: what backward says if it finds a square
    parameter transposed, for each. slopes_at: the slopes of an element-by-element function at
    other inputs.
    """

    name: str
    p: numpy.ndarray
    inputs: Sequence[numpy.ndarray]
    y: numpy.ndarray
    dout: numpy.ndarray
    said: numpy.ndarray
    says: Callable[[numpy.ndarray], numpy.ndarray]
    jacobian: numpy.ndarray
    curved: numpy.ndarray
    others: Callable[[], dict[str, numpy.ndarray]]
    held: dict[str, numpy.ndarray]
    with_transposed: Callable[[], dict[str, numpy.ndarray]]
    slopes_at: Callable[[numpy.ndarray], numpy.ndarray]

    @cached_property
    def measured(self) -> numpy.ndarray:
        """The gradient as it should be."""
        return (self.jacobian @ self.dout.ravel()).reshape(self.p.shape)

    @cached_property
    def in_effect(self) -> numpy.ndarray:
        """The Jacobian that backward multiplies dout by: one column for each element of y."""
        units = numpy.eye(self.y.size).reshape(self.y.size, *self.y.shape)
        return numpy.stack([self.says(unit).ravel() for unit in units], axis=1)

    @property
    def rows(self) -> int:
        """How many examples there are in the batch."""
        return len(self.inputs[0]) if self.inputs and self.inputs[0].ndim else 1

    @property
    def is_input(self) -> bool:
        return self.name.startswith("input")


def likely_mistake(evidence: Evidence) -> str | None:
    """The kind of mistake in words; None where it looks like none that is known."""
    for rule in RULES:
        if words := rule(evidence):
            return words
    return None


def likely(words: str | None) -> str:
    """The line of a message that names the mistake; nothing where there are no words for it."""
    return f"\nLikely mistake: {words}." if words else ""


def near(one: Any, other: Any) -> bool:
    """Whether two arrays agree as far as slopes can be measured. Zeros agree with nothing."""
    if numpy.shape(one) != numpy.shape(other) or not numpy.any(other):
        return False
    return bool(numpy.all(_near(one, other)))


def _near(one: Any, other: Any) -> numpy.ndarray:
    largest = numpy.abs(other).max(initial=0)
    return numpy.abs(one - other) <= NEAR * numpy.abs(other) + NEAR / 100 * largest


# What can be seen before anything is compared ----------------------------------------------------


def kink(e: Evidence) -> str | None:
    """At a kink there is no slope."""
    wrong = ~_near(e.said, e.measured)
    if e.curved[wrong].all():
        return (
            "a kink: there the slopes on the two sides differ, as those of ReLU do at 0, and none "
            "is the derivative. Choose other inputs"
        )
    return None


def not_finite(e: Evidence) -> str | None:
    """Nothing to compare with."""
    if numpy.isfinite(e.said).all():
        return None
    return "NaN or infinity: a division by 0, a log of 0, or exp of a large number in backward"


def only_zeros(e: Evidence) -> str | None:
    """Nothing comes back."""
    if e.said.any():
        return None
    return f"only zeros: backward says that {e.name} does not change the output, and it does"


def shape_of(said: numpy.ndarray, measured: numpy.ndarray) -> str | None:
    """What a gradient that has another shape than it should looks like."""
    if said.ndim >= measured.ndim:
        for axes in _subsets(said.ndim):
            for keepdims in (False, True):
                if near(said.sum(axis=axes, keepdims=keepdims), measured):
                    return _missing_sum(axes)
    if near(said.T, measured):
        return "it is transposed"
    if said.size == measured.size and near(said.reshape(measured.shape), measured):
        return f"the numbers are right; give them the shape of the input: reshape{measured.shape}"
    if said.ndim == measured.ndim == 2 and 1 in measured.shape:
        numbers = measured.ravel()
        if any(near(line, numbers) for line in (said[0], said[:, 0], numpy.diag(said))):
            return (
                "keepdims=True is missing in a sum: an array of shape (N,) met one of shape (N, 1) "
                "and was broadcast to (N, N)"
            )
    return None


def error_in_words(message: str) -> str | None:
    """What an error of NumPy in backward looks like, by its message."""
    shapes = [ast.literal_eval(shape) for shape in re.findall(r"\([\d, ]*\)", message)]
    if "not aligned" in message or "core dimension" in message:
        return (
            "a matrix is transposed, or the two of a product are exchanged. Go by the shapes: for "
            "y = x W, dx is dout times W.T and dW is x.T times dout"
        )
    if "broadcast input array" in message or "non-broadcastable output" in message:
        small, large = sorted(shapes[-2:], key=len)
        if large[len(large) - len(small) :] == small and len(large) > len(small):
            return _missing_sum(tuple(range(len(large) - len(small))))
    if "broadcast together" in message and len({*map(len, shapes[-2:])}) == 2:
        return "a sum needs keepdims=True: shapes are matched from the right"
    return None


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    """The sets of axes, the small ones first."""
    chosen = product((False, True), repeat=count)
    subsets = [tuple(i for i, is_in in enumerate(one) if is_in) for one in chosen]
    return iter(sorted(filter(None, subsets), key=len))


def _missing_sum(axes: tuple[int, ...]) -> str:
    if axes == (0,):
        return (
            "the sum over the rows of the batch is missing (axis 0): all rows share it, so what "
            "comes back from each is added up"
        )
    return f"the sum over axis {', '.join(map(str, axes))} is missing"


# The gradient and dout: twice the dout, twice the gradient ----------------------------------------


def not_in_proportion(e: Evidence) -> str | None:
    """A backward is a multiplication of dout: so it is in proportion to it."""
    twice, opposite = e.says(2 * e.dout), e.says(-e.dout)
    if near(twice, 2 * e.said) and near(opposite, -e.said):
        return None
    if near(twice, e.said):
        return "dout is not used: it comes out the same whatever dout is. Multiply by dout"
    if near(twice, 4 * e.said):
        return (
            "dout is used twice, as in dout * dout: with twice the dout it is four times as large"
        )
    if near(twice, 2 * e.said):
        return (
            "it looks at the sign of dout, as dout > 0 does. A mask is made of what forward was "
            "given or returned, not of dout"
        )
    return (
        "it is not in proportion to dout: with twice the dout it should be twice as large. "
        "dout is multiplied, not added to something"
    )


def constant_factor(e: Evidence) -> str | None:
    """All of it is a multiple of what it should be; -1 is the sign."""
    m, s = e.measured.ravel(), e.said.ravel()
    k = float(s @ m / (m @ m)) if m.any() else 0.0
    other = e.dout[::-1] if e.dout.ndim else e.dout
    if not near(s, k * m) or not near(e.says(other), k * _gradient(e, other)):
        return None
    if near(k, -1):
        return "the sign: everything is what was measured, times -1"
    known = _known_factor(e, abs(k))
    if known is None and m.size == 1:  # of one number, any other is a multiple
        return None
    sign = "; and the sign is wrong" if k < 0 else ""
    return f"a constant factor: everything is {_times(abs(k))} what was measured{known or ''}{sign}"


def _gradient(e: Evidence, dout: numpy.ndarray) -> numpy.ndarray:
    return (e.jacobian @ dout.ravel()).reshape(e.p.shape)


def _times(k: float) -> str:
    return f"{k:.4g} times" if k >= 1 or not near(round(1 / k) * k, 1) else f"1/{round(1 / k)} of"


def _known_factor(e: Evidence, k: float) -> str | None:
    """Where a factor may come from, if its number says it."""
    columns = e.p.shape[-1] if e.p.ndim > 1 else 0
    lengths = {
        e.rows: f"; {e.rows} is also the number of rows, N, as in a mean over the batch",
        e.inputs[0].size
        if e.inputs
        else 0: "; that is the number of elements, as in a mean over all",
        columns: f"; {columns} is also the number of columns, as in a mean over them",
        2: "; the derivative of x² is 2 x, that of x²/2 is x",
    }
    for length, words in lengths.items():
        if length > 1 and (near(k, length) or near(k * length, 1)):
            return words
    return None


# Other gradients than the one that is wanted ------------------------------------------------------


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
            if near(e.said, _gradient(e, only)):
                return "the sum over the rows is missing: only one row of the batch counts"
    for axes in _subsets(gradient.ndim):
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
            wrong = numpy.unique(numpy.nonzero(~_near(e.said, e.measured))[0])
            if set(wrong) and set(wrong) <= set(used[count > 1]):
                return (
                    "it is wrong in the rows that are used more than once: dW[idx] += ... adds "
                    "only once for each of them. np.add.at(dW, idx, dout) adds every time"
                )
    return None


# Where it is wrong, and what it leaves out --------------------------------------------------------


def other_elements(e: Evidence) -> str | None:
    """Outputs that hang on p's other rows or columns as well, which backward does not see."""
    if not e.is_input or e.p.shape != e.y.shape or not e.p.ndim:
        return None
    left_out = _is_there(e.jacobian) & ~_is_there(e.in_effect)
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


def _is_there(jacobian: numpy.ndarray) -> numpy.ndarray:
    """Where it is not 0."""
    return numpy.abs(jacobian) > NEAR * numpy.abs(jacobian).max(initial=0)


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
    one_each = all((_is_there(J).sum(axis=1) <= 1).all() for J in (said, measured))
    if one_each and near(said.sum(axis=1), measured.sum(axis=1)):
        return (
            f"each derivative is multiplied by the wrong element of dout, whose shape is "
            f"{e.y.shape}: broadcasting lays it along another axis than forward summed over. "
            f"dout[:, None] stands it upright"
        )
    return None


def too_many(e: Evidence) -> str | None:
    """Right where there is a gradient, and one where there is none."""
    there = _is_there(e.jacobian)
    if (_is_there(e.in_effect) & ~there).any() and near(e.in_effect[there], e.jacobian[there]):
        return "elements that do not change the output get a gradient, too: theirs is 0"
    return None


def in_a_region(e: Evidence) -> str | None:
    """Wrong where a number that belongs to the place is small, or large, and right elsewhere."""
    agree = _near(e.in_effect, e.jacobian)
    sides: list[Any] = [(e.p, ~numpy.all(agree, axis=1), 0), (e.y, ~numpy.all(agree, axis=0), 1)]
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
    wrong = ~_near(e.said, e.measured)
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
    if not _is_there(measured).any():
        return "; where it is wrong it should be 0"
    if not said.any():
        return "; where it is wrong, backward says 0"
    k = float((said * measured).sum() / (measured**2).sum())
    if near(said, k * measured):
        return (
            "; there the sign is wrong"
            if near(k, -1)
            else f"; there it is {_times(k)} what was measured"
        )
    return ""


def at_the_output(e: Evidence) -> str | None:
    """The derivative of an element-by-element function, at another point."""
    if not _is_by_element(e):
        return None
    said = numpy.diag(e.in_effect).reshape(e.p.shape)
    if near(said, e.slopes_at(e.y)):
        return "the derivative is taken at the output y: it must be taken at the input x"
    for name, formula in (("y (1 - y)", e.p * (1 - e.p)), ("1 - y²", 1 - e.p**2)):
        if near(said, formula):
            return (
                f"{name} is written with the input in the place of the output y. Let forward keep "
                f"what it returns"
            )
    return None


def _is_by_element(e: Evidence) -> bool:
    if e.p.shape != e.y.shape:
        return False
    off = ~numpy.eye(e.p.size, dtype=bool)
    return not (_is_there(e.jacobian) | _is_there(e.in_effect))[off].any()


def product_rule(e: Evidence) -> str | None:
    """Of y = x · g(x), only x · g' or only g."""
    if not _is_by_element(e):
        return None
    said, measured = numpy.diag(e.in_effect), numpy.diag(e.jacobian)
    if any(near(half * e.p.ravel(), e.y.ravel()) for half in (said, measured - said)):
        return (
            "one half of the product rule is missing: (u v)' = u' v + u v'; here one factor is "
            "taken for a constant"
        )
    return None


def a_factor(e: Evidence) -> str | None:
    """An array is missing as a factor, is one too many, or stands where another should."""
    if _is_there(e.jacobian).sum() < 3:
        return None
    factors = {"1": numpy.ones(e.y.size)}
    for name, x in _factors(e):
        factors[name] = numpy.broadcast_to(x, e.y.shape).ravel()
    pairs = sorted(product(factors, repeat=2), key=lambda pair: "1" not in pair)
    for taken, wanted in pairs:
        if near(e.in_effect * factors[wanted], e.jacobian * factors[taken]):
            if taken == "1":
                return f"a factor is missing: {wanted}"
            if wanted == "1":
                return f"a factor is too much: {taken}"
            return f"a factor is {taken}, and should be {wanted}"
    return None


def _factors(e: Evidence) -> Iterator[tuple[str, numpy.ndarray]]:
    named = {f"input {i}": x for i, x in enumerate(e.inputs)} | {"the output": e.y}
    named |= {f"self.{name}": x for name, x in e.held.items()}
    for name, x in named.items():
        if x.dtype.kind in "bf" and _fits(x, e.y):
            yield name, x
            if x.dtype.kind == "f":
                yield f"1 - {name}", 1 - x
                yield f"{name} squared", x * x


def _fits(x: numpy.ndarray, y: numpy.ndarray) -> bool:
    """Whether x can be broadcast to y's shape."""
    lengths = zip(reversed(x.shape), reversed(y.shape), strict=False)
    return x.ndim <= y.ndim and all(m in (1, n) for m, n in lengths)


def nearly_right(e: Evidence) -> str | None:
    """An error that is small everywhere."""
    if (numpy.abs(e.said - e.measured) < 0.01 * numpy.abs(e.measured)).all():
        return (
            "it is nearly right everywhere: is there an epsilon in one of forward and backward, or "
            "are numbers rounded to float32 or to whole numbers?"
        )
    return None


RULES: tuple[Rule, ...] = (
    not_finite,
    kink,
    only_zeros,
    not_in_proportion,
    constant_factor,
    exchanged,
    transposed,
    other_elements,
    handed_on,
    sums,
    repeated_index,
    statistics,
    product_rule,
    at_the_output,
    nearly_right,
    in_a_region,
    in_lines,
    a_factor,
    wrong_places,
    wrong_dout,
    too_many,
)
