"""What `replay` keeps: a step that was taken down; and when two of them are the same."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from traceback import walk_tb
from typing import Any

from common.autograd import tape
from common.autograd.conditions import Conditions, are_same
from common.base import Layer
from common.errors import GraphError
from common.np import Array, np


@dataclass
class Recording:
    """One step, as the tape has seen it.

    loss: what it came to. program: the step as Python; run: the same, to be called with arrays.
    lines: those of the program, each with where in the function it came from; the way back begins
    at line number `turn`. constants: what is computed once, each with where it is used. conditions:
    what the model must be. parts: what gradients come back to.
    """

    loss: Array
    program: str
    run: Callable[..., Array]
    lines: list[tuple[str, str]]
    turn: int
    constants: list[tuple[Any, str]]
    conditions: Conditions
    parts: list[Any]
    is_checked: bool = False  # against a second recording of the same step

    def __post_init__(self) -> None:
        self._holds = self.conditions.function()

    def holds(self) -> bool:
        """Whether the model is still what it must be."""
        try:
            return self._holds()
        except KeyError:  # an attribute or a key has gone, and another has come
            return False

    def play(self, *arrays: Array) -> Array:
        """The step once more. If the way back fails, there are no gradients, as on the tape."""
        try:
            return self.run(*arrays)
        except BaseException as error:
            if self._is_on_the_way_back(error):
                tape.clear(self.parts)
            raise

    def _is_on_the_way_back(self, error: BaseException) -> bool:
        """Whether an error arose there, and not on the way forward, or before the program."""
        start = self.turn + 2  # in the text, which begins with its heading, in line 1
        return any(
            frame.f_code is self.run.__code__ and line >= start
            for frame, line in walk_tb(error.__traceback__)
        )


def check_same(second: Recording, first: Recording) -> None:
    """Two calls of one step, with other numbers, do the same, with the same constants and parts."""
    nothing = "nothing", "at the end"
    for (now, place), (then, _) in zip_longest(second.lines, first.lines, fillvalue=nothing):
        if now != then:
            raise GraphError(
                f"replay, {place}: the second call does {now!r}, the first did {then!r}. What "
                f"decides about the steps is given by name, step(x, depth=3); what is random or "
                f"counts is an input"
            )
    for (x, place), (other, _) in zip(second.constants, first.constants, strict=True):
        if not are_same(x, other):
            raise GraphError(
                f"replay, {place}: the second call computes with {x!r:.60}, the first did with "
                f"{other!r:.60}, and the program would go on with one of them. Make it of the "
                f"step's inputs, with the operations of tensors"
            )
    found, found_then = (
        [*one.conditions.parts, *(condition.thing for condition in one.conditions.all)]
        for one in (second, first)
    )
    for x, other in zip_longest(found, found_then):
        if not _stands_for(x, other):
            raise GraphError(
                f"replay: the second call finds {x!r:.60} where the first found {other!r:.60}. "
                f"What chooses is given by name: step(x, number=1)"
            )


def _stands_for(x: Any, other: Any) -> bool:
    """Whether it is the same object, an equal number or text, or a layer of the same type that has
    neither parameters nor state.
    """
    if isinstance(x, Layer) and not (x.params or x.state):
        return type(x) is type(other)
    return x is other or (not isinstance(x, np.ndarray) and are_same(x, other))
