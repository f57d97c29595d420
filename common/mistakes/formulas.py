"""The derivative of a formula, taken at another point or without one of its factors."""

from collections.abc import Callable
from itertools import permutations

import numpy

from common.mistakes.evidence import Evidence, is_there, near
from common.mistakes.proportion import is_by_element

FORMULAS: dict[str, Callable[[numpy.ndarray], numpy.ndarray]] = {
    "y (1 - y)": lambda y: y * (1 - y),
    "1 - y²": lambda y: 1 - y**2,
}
LOOKED_AT_FIRST = 50  # elements: most pairs of factors differ there


def at_the_output(e: Evidence) -> str | None:
    """The derivative of an element-by-element function, at another point."""
    if not is_by_element(e):
        return None
    said, measured = (numpy.diag(J).reshape(e.p.shape) for J in (e.in_effect, e.jacobian))
    if near(said, e.slopes_at(e.y)):
        return (
            "the derivative is taken at the output, as if y went through forward once more; it is "
            "wanted at the input"
        )
    for name, formula in FORMULAS.items():
        if near(said, formula(e.p)) and near(measured, formula(e.y)):
            return (
                f"{name} is written with the input in the place of the output y. Let forward keep "
                f"what it returns"
            )
    return None


def product_rule(e: Evidence) -> str | None:
    """Of y = x · g(x), only x · g' or only g."""
    if _is_half_of_element(e) or _is_half_of_matrices(e):
        return (
            "one half of the product rule is missing: (u v)' = u' v + u v'; here one factor is "
            "taken for a constant"
        )
    return None


def _is_half_of_element(e: Evidence) -> bool:
    if not is_by_element(e):
        return False
    said, measured = numpy.diag(e.in_effect), numpy.diag(e.jacobian)
    return any(near(half * e.p.ravel(), e.y.ravel()) for half in (said, measured - said))


def _is_half_of_matrices(e: Evidence) -> bool:
    """Of y = x · x, or x · x.T: twice y comes out if the whole Jacobian meets x, y if a half."""
    x, y = e.p.ravel(), e.y.ravel()
    return e.p.ndim == 2 and near(x @ e.jacobian, 2 * y) and near(x @ e.in_effect, y)


def a_factor(e: Evidence) -> str | None:
    """An array is missing as a factor, or is one too many."""
    first, one = _largest(e), numpy.ones(e.y.size)
    for name, x in _factors(e).items():
        if _explains(one, x, e, first):
            return f"a factor is missing: {name}"
        if _explains(x, one, e, first):
            return f"one factor too many: {name}"
    return None


def another_factor(e: Evidence) -> str | None:
    """An array stands as a factor where another should. Of many pairs one may fit by chance."""
    factors, first = _factors(e), _largest(e)
    for taken, wanted in permutations(factors, 2):
        if _explains(factors[taken], factors[wanted], e, first):
            return f"a factor is {taken}, and should be {wanted}"
    return None


def _largest(e: Evidence) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Where the largest derivatives are, of those that backward has and of those measured."""
    size = numpy.maximum(abs(e.in_effect), abs(e.jacobian)).ravel()
    rows, columns = numpy.unravel_index(size.argsort()[-LOOKED_AT_FIRST:], e.jacobian.shape)
    return rows, columns


def _explains(
    taken: numpy.ndarray, wanted: numpy.ndarray, e: Evidence, first: tuple[numpy.ndarray, ...]
) -> bool:
    """Whether backward is right with one factor in the place of another.

    Where a factor is 0 nothing could be seen: it may be 0 only where the slopes are.
    """
    is_moved = is_there(e.jacobian).any(axis=0)
    if not taken[is_moved].all() or not (wanted.all() or (taken == 1).all()):
        return False
    some = near(e.in_effect[first] * wanted[first[1]], e.jacobian[first] * taken[first[1]])
    return some and near(e.in_effect * wanted, e.jacobian * taken)


def _factors(e: Evidence) -> dict[str, numpy.ndarray]:
    """What may be a factor, a number for each element of y; none for two derivatives alone."""
    named = {f"input {i}": x for i, x in enumerate(e.inputs)} | {"the output": e.y}
    named |= {f"self.{name}": x for name, x in e.held.items()}
    factors: dict[str, numpy.ndarray] = {}
    for name, x in named.items():
        if x.dtype.kind in "bf" and _fits(x, e.y) and is_there(e.jacobian).sum() > 2:
            factors[name] = x
            if x.dtype.kind == "f":
                factors |= {f"1 - {name}": 1 - x, f"{name} squared": x * x}
    return {name: numpy.broadcast_to(x, e.y.shape).ravel() for name, x in factors.items()}


def _fits(x: numpy.ndarray, y: numpy.ndarray) -> bool:
    """Whether x can be broadcast to y's shape."""
    lengths = zip(reversed(x.shape), reversed(y.shape), strict=False)
    return x.ndim <= y.ndim and all(m in (1, n) for m, n in lengths)
