"""What `replay` records: a step on the tape, written down as a program.

In the program v3 is what call number 3 returned, d3 the gradient that came back to it; p and w are
a leaf that learns and its array, c is a constant; g0, g1, ... are gradients on their way.
"""

import inspect
import math
import sys
from pathlib import Path
from types import EllipsisType
from typing import Any, NoReturn

from common.autograd import tape
from common.autograd.tensor import Tensor, compare
from common.base import Layer
from common.checks import name_of
from common.errors import GraphError
from common.np import Array, np
from common.parameters import Part

COMMON = str(Path(__file__).parents[1])
PLAIN = (
    bool,
    int,
    float,
    str,
    slice,
    type(None),
    EllipsisType,
)  # what stands in a program as it is
NOT_SETTINGS = {"has_grads", "needs_dx", "_is_one_call"}  # what a call changes


class Recording:
    """One step, as the tape has seen it. loss: what it came to.

    program: the step as Python; things: what has a name in it. anew: the name of each array, by
    its id, that is computed in every call. lines: of the program, each with where it came from in
    the function. constants: each with where it is used. conditions: what must hold to run it.
    """

    def __init__(self, function: Any, arrays: tuple[Array, ...], static: dict[str, Any]) -> None:
        names = _names_of_inputs(function, len(arrays))
        self.things: dict[str, Any] = {"np": np, "fit": tape.fit, "back": tape.back_through_weights}
        self.anew = dict(zip(map(id, arrays), names, strict=True))
        self.lines: list[tuple[str, str]] = []
        self.constants: list[tuple[Any, str]] = []
        self.conditions: dict[str, None] = {}  # in their order, each once
        self.calls: dict[int, int] = {}  # the number of a call, by its serial
        self.names: dict[int, str] = {}  # of what was called, by the number
        self.places: dict[int, str] = {}  # where in the function, by the number
        self.leaves: dict[int, str] = {}  # the name of a leaf, by its id
        self.parts: set[int] = set()  # the ids of layers and models that it depends on
        self.douts: set[str] = set()  # the names of gradients that came back so far
        self.kept: list[Any] = []  # arrays, so that their ids stay theirs
        self.count, self.place, self.settings = 0, "", dict[str, Any]()
        self.is_checked = False  # against a second recording of the same step
        loss = self._record(function, arrays, static, names)
        self.loss, returned = loss.data, self._text(loss.data)
        self._record_backward(loss)
        lines = [f"def step({', '.join(names)}):", *(line for line, _ in self.lines)]
        self.program = "\n    ".join([*lines, f"return {returned}"])
        exec(self.program, self.things)
        self.run = self.things["step"]
        self.holds = eval("lambda: " + (" and ".join(self.conditions) or "True"), self.things)
        self.anew, self.kept = {}, []

    def _record(
        self, function: Any, arrays: tuple[Array, ...], static: dict[str, Any], names: list[str]
    ) -> Tensor:
        before = [array.tobytes() for array in arrays]
        token = tape.recorder.set(self)
        try:
            loss = function(*map(Tensor, arrays), **static)
        finally:
            tape.recorder.reset(token)
        if not isinstance(loss, Tensor) or loss.data.size != 1:
            got = f"shape {loss.shape}" if isinstance(loss, Tensor) else name_of(loss)
            raise GraphError(f"replay: the function must return a loss, one number, got {got}")
        for name, array, was in zip(names, arrays, before, strict=True):
            if array.tobytes() != was:
                raise GraphError(f"replay: the function writes into its input {name}")
        return loss

    def _record_backward(self, loss: Tensor) -> None:
        if loss.call is not None:
            if loss.call.serial not in self.calls:
                raise GraphError(
                    "replay: the function must compute its loss, not return an old one"
                )
            self.things["one"] = np.ones_like(loss.data)
            self.place = "at the end"
            self._write(f"d{self.calls[loss.call.serial]} = one")
        loss.backward(watch=self._back)

    def check_same_as(self, first: "Recording") -> None:
        """Two calls of one step, with other numbers, do the same."""
        ours, theirs = [*self.lines, ("", "at the end")], [*first.lines, ("", "")]
        for (now, place), (then, _) in zip(ours, theirs, strict=False):
            if now != then:
                raise GraphError(
                    f"replay, {place}: the second call does {now or 'nothing'!r}, "
                    f"the first did {then or 'nothing'!r}. What decides about the steps is given "
                    f"by name: step(x, depth=3)"
                )
        for (now, place), (then, _) in zip(self.constants, first.constants, strict=True):
            if not _are_same(now, then):
                raise GraphError(
                    f"replay, {place}: the second call computes with {now!r:.60}, the first did "
                    f"with {then!r:.60}, and the program would go on with one of them. Make it of "
                    f"the step's inputs, with the operations of tensors"
                )
        self.is_checked = True

    # What the tape tells --------------------------------------------------------------------------

    def begin(self, layer: Any, of: Any) -> None:
        """A layer or an op is about to be called. An op has its settings so far, and no memory."""
        self.place = _place()
        self.settings = vars(layer).copy() if of is None else {}

    def end(self, layer: Any, of: Any, inputs: Any, arrays: Any, options: Any, y: Tensor) -> None:
        """It was called with these inputs, and returned y."""
        self._look_at(inputs)
        if of is None and not self._is_anew([*arrays, *self.settings.values()]):
            return
        self.count += 1
        name = f"{type(layer).__name__.lower()}{self.count}"
        self.things[name] = layer
        for setting, x in self.settings.items():
            if self._is_anew(x):
                self._write(f"{name}.{setting} = {self._text(x)}")
            else:
                self.constants.append((x, self.place))
        given = [*map(self._text, arrays), *(f"{k}={self._text(x)}" for k, x in options.items())]
        self._write_value(f"{name}.forward({', '.join(given)})", y.data)
        if of is not None:
            self.depends_on(of)
        if y.call is not None:
            self.things[f"call{self.count}"] = y.call
            self.calls[y.call.serial] = self.count
            self.names[self.count], self.places[self.count] = name, self.place

    def compared(self, ufunc: Any, operands: Any, y: Array) -> "Mask":
        """Tensors were compared. On the tape that is a plain array, which one could look into."""
        self.place = _place()
        self._look_at(operands)
        arrays = [x.data if isinstance(x, Tensor) else x for x in operands]
        if self._is_anew(arrays):
            self.count += 1
            name = ufunc.__name__.removeprefix("cupy_")
            self._write_value(f"np.{name}({', '.join(map(self._text, arrays))})", y)
        return Mask(y)

    def depends_on(self, part: Layer) -> None:
        """A layer or a model is called: it must have its mode, its settings, and what it holds."""
        if id(part) in self.parts:
            return
        self.parts.add(id(part))
        name = f"part{len(self.parts)}"
        self.things[name] = part
        self._must_hold(f"{name}.training == {part.training}")
        if not part.is_container:
            self._must_hold(f"{name}.requires_grad == {part.requires_grad}")
        for attribute, x in vars(part).items():
            its = f"{name}.{attribute}"
            if isinstance(x, Part):
                self.things[f"{name}_{attribute}"] = x
                self._must_hold(f"{its} is {name}_{attribute}")
            elif isinstance(x, list | tuple) and attribute != "grads":
                self._must_hold(f"[*map(id, {its})] == {[*map(id, x)]}")
            elif isinstance(x, int | float | str) and attribute not in NOT_SETTINGS:
                self._must_hold(f"{its} == {x!r}")

    def refuse(self, why: str) -> NoReturn:
        """What cannot be replayed."""
        raise GraphError(f"replay, {_place()}: {why}")

    def _back(self, call: tape.Call, dxs: Any) -> None:
        """A call had its turn on the way back, and returned these."""
        number = self.calls[call.serial]
        name, self.place = self.names[number], self.places[number]
        targets, then = [], []
        for i, dx in enumerate(dxs if type(dxs) is tuple else (dxs,)):
            x, g = call.inputs[i], f"g{i}"
            targets.append(g if call.needs[i] else "_")
            if not call.needs[i]:
                continue
            if type(dx) is not np.ndarray or dx.dtype.kind != "f" or dx.shape != x.shape:
                g = f"fit({name}, {g}, {x.shape})"
            if x.call is None:
                then.append(f"{self.leaves[id(x)]}.add_grad({g})")
                continue
            d = f"d{self.calls[x.call.serial]}"
            if d not in self.douts and g == targets[-1]:
                targets[-1] = d
            elif d not in self.douts:
                then.append(f"{d} = {g}")
            else:
                then.append(f"{d} = {d} + {g}" if x.ndim else f"{d} = np.asarray({d} + {g})")
            self.douts.add(d)
        dout = f"d{number}"
        returned = f"back(call{number}, {dout})" if call.params else f"{name}.backward({dout})"
        left = ", ".join(targets) + "," * (type(dxs) is tuple and len(targets) == 1)
        self._write(returned if set(targets) == {"_"} else f"{left} = {returned}")
        for line in then:
            self._write(line)

    # What must hold -------------------------------------------------------------------------------

    def _look_at(self, inputs: Any) -> None:
        """A leaf that may learn must be there, with its array."""
        for x in inputs:
            if not isinstance(x, Tensor):
                continue
            if x.call is not None and x.call.serial not in self.calls:
                self.refuse(f"it uses a tensor that {name_of(x.call.of)} made before the step")
            is_leaf = x.call is None and (x.requires_grad or isinstance(x, Part))
            if is_leaf and id(x) not in self.leaves:
                p, w = f"p{len(self.leaves) + 1}", f"w{len(self.leaves) + 1}"
                self.things |= {p: x, w: x.data}
                self.leaves[id(x)], self.anew[id(x.data)] = p, w
                self._must_hold(f"{p}.data is {w}", f"{p}.requires_grad == {x.requires_grad}")

    def _must_hold(self, *conditions: str) -> None:
        self.conditions |= dict.fromkeys(conditions)

    # Writing --------------------------------------------------------------------------------------

    def _is_anew(self, x: Any) -> bool:
        """Whether it, or a part of it, is computed in every call."""
        if isinstance(x, tuple | list):
            return any(map(self._is_anew, x))
        return id(x) in self.anew

    def _text(self, x: Any) -> str:
        """How the program writes it: with its name, as it is, or as a constant."""
        if id(x) in self.anew:
            return self.anew[id(x)]
        if isinstance(x, tuple):
            return f"({''.join(f'{self._text(part)}, ' for part in x)})"
        if isinstance(x, PLAIN) and not (isinstance(x, float) and not math.isfinite(x)):
            return repr(x)
        name = f"c{len(self.constants) + 1}"
        self.constants.append((x, self.place))
        self.things[name] = x
        return name

    def _write(self, line: str) -> None:
        self.lines.append((line, self.place))

    def _write_value(self, text: str, y: Array) -> None:
        """The line that computes y, by a new name."""
        name = f"v{self.count}"
        self._write(f"{name} = {text}" if y.ndim else f"{name} = np.asarray({text})")
        self.anew[id(y)] = name
        self.kept.append(y)


class Mask(Tensor):
    """What a comparison gives while a step is recorded: it is used, and not looked into."""

    __slots__ = ()

    def __and__(self, other: Any) -> Any:
        return compare(np.logical_and, self, other)

    def __or__(self, other: Any) -> Any:
        return compare(np.logical_or, self, other)

    def __invert__(self) -> Any:
        return compare(np.equal, self, False)

    def __getattr__(self, name: str) -> Any:
        why = f".{name} of a comparison, which is for where(...), x[...] and x * ..."
        return tape.recorder.get().refuse(why)


def _names_of_inputs(function: Any, count: int) -> list[str]:
    """Those of the function, if they cannot be taken for names of the program's own."""
    names = [*inspect.signature(function).parameters][:count]
    are_free = all(name.isalpha() and name not in ("np", "fit", "back", "one") for name in names)
    return names if are_free and len(names) == count else [f"x{i + 1}" for i in range(count)]


def _place() -> str:
    """The line of the function that is running, outside this package."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(COMMON):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


def _are_same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_are_same, a, b))
    return a is b or bool(a == b)
