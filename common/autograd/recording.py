"""What `replay` keeps: a step that was taken down, and when two of them are the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.autograd.conditions import Conditions
from common.base import Layer
from common.errors import GraphError
from common.np import Array, np
from common.parameters import Part


@dataclass(eq=False)
class Recording:
    """One step, as the tape has seen it.

    loss: what it came to. program: the step as Python; run: the same, to be called with arrays.
    lines: those of the program, each with where in the function it came from. constants: what is
    computed once, each with where it is used. conditions: what the model must be, so that
    `holds()`. parts: what gradients come back to.
    """

    loss: Array
    program: str
    run: Callable[..., Array]
    lines: list[tuple[str, str]]
    constants: list[tuple[Any, str]]
    conditions: Conditions
    parts: list[Any]
    is_checked: bool = False  # against a second recording of the same step

    def __post_init__(self) -> None:
        self.holds = self.conditions.function()

    def clear(self) -> None:
        """Clears the gradients of all that it brings some to."""
        for part in self.parts:
            part.clear() if isinstance(part, Part) else setattr(part, "grad", None)


def check_same(second: Recording, first: Recording) -> None:
    """Two calls of one step, with other numbers, do the same, with the same constants and parts."""
    ours, theirs = ([*one.lines, ("nothing", "at the end")] for one in (second, first))
    for (now, place), (then, _) in zip(ours, theirs, strict=False):
        if now != then:
            raise GraphError(
                f"replay, {place}: the second call does {now!r}, the first did {then!r}. What "
                f"decides about the steps is given by name, step(x, depth=3); what is random or "
                f"counts is an input"
            )
    for (x, place), (other, _) in zip(second.constants, first.constants, strict=True):
        if not _are_same(x, other):
            raise GraphError(
                f"replay, {place}: the second call computes with {x!r:.60}, the first did with "
                f"{other!r:.60}, and the program would go on with one of them. Make it of the "
                f"step's inputs, with the operations of tensors"
            )
    for x, other in zip(second.conditions.found, first.conditions.found, strict=True):
        if not _stands_for(x, other):
            raise GraphError(
                f"replay: the second call finds {x!r:.60} where the first found {other!r:.60}. "
                f"What chooses is given by name: step(x, number=1)"
            )


def _stands_for(x: Any, other: Any) -> bool:
    """Whether it is the same object, or one like it that learns and keeps nothing."""
    if isinstance(x, Layer) and not (x.params or x.state):
        return type(x) is type(other)
    return x is other or (not isinstance(x, np.ndarray | Layer) and _are_same(x, other))


def _are_same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_are_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_are_same, a, b))
    return a is b or repr(a) == repr(b) or bool(a == b)
