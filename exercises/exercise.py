"""What an exercise is: its hints, and the checks that an answer must pass.

A check is a function of the answer, under a title that says what must hold. It returns if that
holds, and raises `AnswerError` where not, with the kind of mistake that it looks like. It looks at
properties (a shape, a sum, a gradient beside a measured one), so that it gives no answer away.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from common.np import np

Check = Callable[[Any], None]
Kind = Literal["predict", "write", "mend"]


@dataclass
class Exercise:
    """Something to predict, to write or to mend; in a file of answers it has this one's name.

    hints: three, each says more than the one before; none is the answer.
    asks_for: what of `common` is asked for, if anything, as "layers.ReLU": an answer may not be
    taken from there.
    """

    kind: Kind
    hints: tuple[str, str, str]
    asks_for: str | None = None
    checks: list[tuple[str, Check]] = field(default_factory=list)

    def check(self, title: str) -> Callable[[Check], Check]:
        """Adds a check; `title` says what must hold, as "each row adds up to 1"."""

        def add(check: Check) -> Check:
            self.checks.append((title, check))
            return check

        return add


# What checks are written with ---------------------------------------------------------------------


class AnswerError(Exception):
    """An answer is wrong; the message says what kind of mistake it looks like."""


def expect(holds: Any, otherwise: str) -> None:
    """Raises AnswerError with these words unless it holds."""
    if not holds:
        raise AnswerError(otherwise)


def same(one: Any, other: Any) -> bool:
    """Whether numbers or arrays are equal but for rounding, and of one shape."""
    try:
        one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    except Exception:  # None, text, a ragged list, a tensor: no numbers
        return False
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-6, atol=1e-9))


def shown(thing: Any) -> str:
    """How a reply quotes what came back: in one line, and cut where it is long.

    >>> shown(list(range(100)))
    '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, …'
    """
    try:
        text = " ".join(repr(thing).split())
    except Exception:  # an object whose repr is an answer's own
        text = f"a {type(thing).__name__}"
    return text if len(text) <= 60 else f"{text[:59].rpartition(' ')[0]} …"


def check_number(said: Any) -> None:
    """Raises AnswerError unless it is one number."""
    is_number = isinstance(said, int | float | np.integer | np.floating)
    is_number = is_number and not isinstance(said, bool)
    is_number = is_number or (isinstance(said, np.ndarray) and said.shape == ())
    expect(is_number, f"One number is wanted, not {_came(said)}")


def check_tuple(said: Any) -> None:
    """Raises AnswerError unless it is a shape, a tuple of whole numbers."""
    is_shape = isinstance(said, tuple) and all(isinstance(n, int | np.integer) for n in said)
    expect(is_shape, f"A shape is a tuple of whole numbers, as (3,) is, not {_came(said)}")


def check_shape(y: Any, shape: tuple[int, ...]) -> None:
    """Raises AnswerError unless y is an array of that shape."""
    expect(hasattr(y, "shape"), f"An array of shape {shape} is wanted, not {_came(y)}")
    expect(y.shape == shape, f"The shape should be {shape}, and is {y.shape}.")


def _came(said: Any) -> str:
    return "None. Is there a return, in each case?" if said is None else f"{shown(said)}."
