"""The gradient as a whole: is there one, is it in proportion to dout, is it a multiple?"""

import numpy

from common.mistakes.evidence import Evidence, agree, near, times


def not_finite(e: Evidence) -> str | None:
    """Nothing to compare with."""
    if numpy.isfinite(e.said).all():
        return None
    return "NaN or infinity: a division by 0, a log of 0, or exp of a large number in backward"


def kink(e: Evidence) -> str | None:
    """At a kink there is no slope."""
    wrong = ~agree(e.said, e.measured)
    if e.curved[wrong].all():
        return (
            "a kink: there the slopes on the two sides differ, as those of ReLU do at 0, and none "
            "is the derivative. Choose other inputs"
        )
    return None


def only_zeros(e: Evidence) -> str | None:
    """Nothing comes back."""
    if e.said.any():
        return None
    return f"only zeros: backward says that {e.name} does not change the output, and it does"


def not_in_proportion(e: Evidence) -> str | None:
    """A backward is a multiplication of dout: so it is in proportion to it."""
    twice, opposite = e.says(2 * e.dout), e.says(-e.dout)
    if near(twice, 2 * e.said) and near(opposite, -e.said):
        return None
    if near(twice, e.said) and near(opposite, e.said):
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
        "it is not in proportion to dout: with twice the dout it should be twice as large. "
        "dout is multiplied, not added to something"
    )


def constant_factor(e: Evidence) -> str | None:
    """All of it is a multiple of what it should be; -1 is the sign."""
    m, s = e.measured.ravel(), e.said.ravel()
    k = float(s @ m / (m @ m)) if m.any() else 0.0
    other = e.dout[::-1] if e.dout.ndim else e.dout
    if not near(s, k * m) or not near(e.says(other), k * e.gradient_for(other)):
        return None
    if near(k, -1):
        return "the sign: everything is what was measured, times -1"
    known = _known_factor(e, abs(k))
    if known is None and m.size == 1:  # of one number, any other is a multiple
        return None
    sign = "; and the sign is wrong" if k < 0 else ""
    return f"a constant factor: everything is {times(abs(k))} what was measured{known or ''}{sign}"


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
