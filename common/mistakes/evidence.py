"""What is known of a wrong gradient, and when two derivatives are taken for the same."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy

NEAR = 1e-4  # how far apart, relatively, two derivatives may be that are taken for the same


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
        return self.gradient_for(self.dout)

    def gradient_for(self, dout: numpy.ndarray) -> numpy.ndarray:
        """As it should be for another dout."""
        return (self.jacobian @ dout.ravel()).reshape(self.p.shape)

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


def near(one: Any, other: Any) -> bool:
    """Whether two arrays agree as far as slopes can be measured. Zeros agree with nothing."""
    if numpy.shape(one) != numpy.shape(other) or not numpy.any(other):
        return False
    return bool(numpy.all(agree(one, other)))


def agree(one: Any, other: Any) -> numpy.ndarray:
    """Where two arrays agree, element by element."""
    largest = numpy.abs(other).max(initial=0)
    return numpy.abs(one - other) <= NEAR * numpy.abs(other) + NEAR / 100 * largest


def is_there(jacobian: numpy.ndarray) -> numpy.ndarray:
    """Where it is not 0."""
    return numpy.abs(jacobian) > NEAR * numpy.abs(jacobian).max(initial=0)


def times(k: float) -> str:
    """A factor in words, as in "2 times", "1/3 of"."""
    return f"{k:.4g} times" if k >= 1 or not near(round(1 / k) * k, 1) else f"1/{round(1 / k)} of"


def subsets(count: int) -> Iterator[tuple[int, ...]]:
    """The sets of axes, the small ones first."""
    chosen = product((False, True), repeat=count)
    subsets = [tuple(i for i, is_in in enumerate(one) if is_in) for one in chosen]
    return iter(sorted(filter(None, subsets), key=len))
