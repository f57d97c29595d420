"""The program that a step is written down as: Python, line by line, without a loop or a condition.

In it v3 is what call number 3 returned, and d3 the gradient that came back to it; p1 is a leaf that
learns, and w1 its array; c1 is a constant; g0, g1, ... are gradients on their way.
"""

import builtins
import inspect
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from common.autograd import tape
from common.autograd.conditions import PLAIN
from common.np import Array, np

OWN = {"np": np, "fit": tape.fit, "back": tape.back_through_weights, "fresh": tape.fresh_copy}
TAKEN = {*dir(builtins), *OWN, "one"}


class Program:
    """What has been written so far.

    names: of each array, by its id, that is computed in every call; what has none is a constant.
    things: what a name stands for. lines and constants: each with its place, the line of the step's
    function where it came from. place: where the function is.
    """

    def __init__(self, inputs: dict[str, Array]) -> None:
        self.inputs = inputs
        self.names = {id(array): name for name, array in inputs.items()}
        self.kept: list[Any] = [*inputs.values()]  # so that their ids stay theirs
        self.things: dict[str, Any] = OWN.copy()
        self.lines: list[tuple[str, str]] = []
        self.constants: list[tuple[Any, str]] = []
        self.place = ""

    def varies(self, x: Any) -> bool:
        """Whether it, or a part of it, is computed in every call."""
        if isinstance(x, tuple | list):
            return any(map(self.varies, x))
        return id(x) in self.names

    def text(self, x: Any) -> str:
        """How the program writes it: with its name, as it is, or as a constant."""
        if id(x) in self.names:
            return self.names[id(x)]
        if type(x) in (tuple, list) and self.varies(x):
            return f"{type(x).__name__}([{', '.join(map(self.text, x))}])"
        if type(x) in PLAIN and not (type(x) is float and not math.isfinite(x)):
            return repr(x)
        self.note(x)
        self.things[name := f"c{len(self.constants)}"] = x
        return name

    def note(self, x: Any) -> None:
        """A constant, as it is now."""
        self.constants.append((x.copy() if isinstance(x, np.ndarray) else x, self.place))

    def write(self, line: str) -> None:
        """One line more."""
        self.lines.append((line, self.place))

    def write_value(self, name: str, text: str, y: Array) -> None:
        """The line that computes y, and gives it its name."""
        self.write(f"{name} = {text}" if y.ndim else f"{name} = np.asarray({text})")
        self.names[id(y)] = name
        self.kept.append(y)

    def compiled(self, returned: Array) -> tuple[str, Callable[..., Array]]:
        """The whole of it as text, and as a function."""
        lines = [f"def step({', '.join(self.inputs)}):", *(line for line, _ in self.lines)]
        text = "\n    ".join([*lines, f"return {self.text(returned)}"])
        exec(text, self.things)
        return text, self.things["step"]


def names_of_inputs(function: Any, count: int) -> list[str]:
    """Those that the function has for them; x1, x2, ... where the program could not have these."""
    parameters: Iterable[inspect.Parameter] = ()
    with suppress(TypeError, ValueError):  # what is built in has no signature
        parameters = inspect.signature(function).parameters.values()
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in by_place][:count]
    are_free = not any(name in TAKEN or any(map(str.isdigit, name)) for name in names)
    return names if are_free and len(names) == count else [f"x{i + 1}" for i in range(count)]
