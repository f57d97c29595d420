"""The derivative of a formula, taken at another point or without one of its factors."""

from collections.abc import Iterator
from itertools import product

import numpy

from common.mistakes.evidence import Evidence, is_there, near


def at_the_output(e: Evidence) -> str | None:
    """The derivative of an element-by-element function, at another point."""
    if not _is_by_element(e):
        return None
    said = numpy.diag(e.in_effect).reshape(e.p.shape)
    if near(said, e.slopes_at(e.y)):
        return (
            "the derivative is taken at the output, as if y went through forward once more; it is "
            "wanted at the input"
        )
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
    return not (is_there(e.jacobian) | is_there(e.in_effect))[off].any()


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
    if is_there(e.jacobian).sum() < 3:
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
