"""The gradient as a whole: is there one, is it in proportion to dout, is it a multiple?"""

from collections.abc import Iterator
from math import sqrt

import numpy

from common.mistakes.evidence import Evidence, agree, is_there, near, times


def not_finite(e: Evidence) -> str | None:
    """Nothing to compare, or nothing to compare with."""
    if not numpy.isfinite(e.y).all():
        return "NaN or infinity in forward already: there is no slope to compare with"
    if not numpy.isfinite(e.jacobian).all():
        return "NaN or infinity in forward just beside these inputs. Choose other inputs"
    if not numpy.isfinite(e.said).all():
        return "NaN or infinity: a division by 0, a log of 0, or exp of a large number in backward"
    return None


def kink(e: Evidence) -> str | None:
    """At a kink there is no slope: what is wrong is wrong there alone."""
    wrong = ~agree(e.said, e.measured)
    if not wrong.any() or not e.curved[wrong].all():
        return None
    words = "a kink: there the slopes on the two sides differ, as those of ReLU do at 0"
    if is_by_element(e) and not _is_between(wrong, e):
        return f"{words}, and backward says neither of them, nor one between. Choose other inputs"
    return f"{words}, and none is the derivative. Choose other inputs"


def is_by_element(e: Evidence) -> bool:
    """Whether each output depends on the one element at its place, in forward and in backward."""
    if e.p.shape != e.y.shape:
        return False
    off = ~numpy.eye(e.p.size, dtype=bool)
    return not (is_there(e.jacobian) | is_there(e.in_effect))[off].any()


def _is_between(wrong: numpy.ndarray, e: Evidence) -> bool:
    """Whether in the wrong places backward's derivative lies between the slopes of the sides."""
    aside = 1e-4 * (1 + numpy.abs(e.p))
    sides = [numpy.asarray(e.slopes_at(e.p + side))[wrong] for side in (-aside, aside)]
    low, high = numpy.minimum(*sides), numpy.maximum(*sides)
    said, doubt = numpy.diag(e.in_effect).reshape(e.p.shape)[wrong], 0.01 * (high - low)
    return bool(((low - doubt <= said) & (said <= high + doubt)).all())


def only_zeros(e: Evidence) -> str | None:
    """Nothing comes back, whatever dout is."""
    if e.said.any() or e.in_effect.any():
        return None
    return f"only zeros: backward says that {e.name} does not change the output, and it does"


def nearly_right(e: Evidence) -> str | None:
    """An error that is small everywhere."""
    largest = numpy.abs(e.measured).max(initial=0)
    if (numpy.abs(e.said - e.measured) <= 0.01 * numpy.abs(e.measured) + 1e-6 * largest).all():
        return (
            "it is nearly right everywhere, as with an epsilon in only one of forward and "
            "backward, numbers rounded to float32 or to whole ones, or a constant that is not exact"
        )
    return None


def another_dout(e: Evidence) -> numpy.ndarray:
    """Other random numbers: what holds for both holds for all, as good as surely."""
    return numpy.random.default_rng(1).normal(size=e.dout.shape)


def not_in_proportion(e: Evidence) -> str | None:
    """A backward is a multiplication of dout: so it is in proportion to it."""
    twice, opposite, other = e.says(2 * e.dout), e.says(-e.dout), another_dout(e)
    if near(twice, 2 * e.said) and near(opposite, -e.said):
        return None if _adds_up(other, e) else NOT_LINEAR
    if all(near(x, e.said) for x in (twice, opposite, e.says(other))):
        return "dout is not used: it comes out the same whatever dout is. Multiply by dout"
    if near(twice, 4 * e.said):
        return (
            "dout is used twice, as in dout * dout: with twice the dout it is four times as large"
        )
    if near(twice, 2 * e.said):
        return (
            "it looks at the sign of dout, as dout > 0 or a maximum does: with -dout it should be "
            "the opposite. A mask is made of what forward was given or returned"
        )
    return (
        "it is not in proportion to dout: with twice the dout it should be twice as large"
        + _added(twice, e)
    )


NOT_LINEAR = (
    "it is not in proportion to dout: for the sum of two douts it should be the sum of what comes "
    "back for each"
)


def _adds_up(other: numpy.ndarray, e: Evidence) -> bool:
    both, parts = e.says(e.dout + other), e.said + e.says(other)
    return numpy.allclose(both, parts, rtol=0.01, atol=0.01 * numpy.abs(parts).max(initial=0))


def _added(twice: numpy.ndarray, e: Evidence) -> str:
    """Something is added that stays as it is when dout is 0."""
    nothing = e.says(0 * e.dout)
    if near(twice - nothing, 2 * (e.said - nothing)):
        return ". Where dout is 0, something is left: dout is multiplied, not added to something"
    return ""


def constant_factor(e: Evidence) -> str | None:
    """All of it is a multiple of what it should be; -1 is the sign."""
    m, s, other = e.measured.ravel(), e.said.ravel(), another_dout(e)
    k = float(s @ m / (m @ m)) if m.any() else 0.0
    if not near(s, k * m) or not near(e.says(other), k * e.gradient_for(other)):
        return None
    if near(k, -1):
        return "the sign: everything is what was measured, times -1"
    known = _known_factor(e, abs(k))
    if not known and is_there(e.jacobian).sum() < 2:  # of one number, any other is a multiple
        return None
    sign = "; and the sign is wrong" if k < 0 else ""
    return f"a constant factor: everything is {times(abs(k))} what was measured{known}{sign}"


def _known_factor(e: Evidence, k: float) -> str:
    """All that a factor may come from, going by its number."""
    fitting = [(n, what) for n, what in _numbers(e) if near(k, n) or near(k * n, 1)]
    words = ", or ".join(what for _, what in fitting)
    return f"; {fitting[0][0]:g} is also {words}" if fitting else ""


def _numbers(e: Evidence) -> Iterator[tuple[float, str]]:
    """The numbers that gradients are often divided or multiplied by."""
    yield e.rows, "the number of rows, N, as in a mean over the batch"
    if e.p.ndim > 1:
        yield e.p.shape[-1], "the number of columns, as in a mean over them"
    for axis, length in enumerate(e.p.shape[1:-1], 1):
        yield length, f"the length of axis {axis}"
    if e.inputs and e.inputs[0].ndim > 1:
        yield e.inputs[0].size, "the number of elements, as in a mean over all"
    if not _is_straight(e):
        if e.p.ndim > 1 and not is_by_element(e):
            yield sqrt(e.p.shape[-1]), "the root of the number of columns"
        yield 2, "the factor of a square: the derivative of x² is 2 x, that of x²/2 is x"


def _is_straight(e: Evidence) -> bool:
    """Whether the slopes stay the same from p to elsewhere: then nothing is squared."""
    return near(e.slopes_at(1.5 * e.p + 0.1), e.slopes_at(e.p + 0.1))
