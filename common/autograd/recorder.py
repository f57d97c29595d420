"""Takes down a step that runs on the tape, as a program for `replay`.

In the program v3 is what call number 3 returned, and d3 the gradient that came back to it; p1 is a
leaf that learns, and w1 its array; c1 is a constant; g0, g1, ... are gradients on their way.
"""

import inspect
import math
from types import EllipsisType
from typing import Any, NoReturn

from common.autograd import tape
from common.autograd.conditions import Conditions
from common.autograd.recording import Recording
from common.autograd.tensor import Tensor
from common.autograd.watched import Mask, Watched, place
from common.base import Layer
from common.checks import name_of
from common.errors import GraphError
from common.np import Array, np
from common.parameters import Part

PLAIN = {bool, int, float, str, slice, type(None), EllipsisType}  # stand in a program as they are


def record(function: Any, arrays: tuple[Array, ...], static: dict[str, Any]) -> Recording:
    """Runs a step on the tape, forward and backward, and takes it down.

    function: of a tensor for each array, and of what is `static`; it returns the loss.
    """
    names = _names_of_inputs(function, len(arrays))
    inputs = [array.view() for array in arrays]  # each an object of its own
    recorder, before = Recorder(names, inputs), [array.tobytes() for array in inputs]
    token = tape.recorder.set(recorder)
    try:
        loss = function(*map(Watched, inputs), **static)
    finally:
        tape.recorder.reset(token)
    if not isinstance(loss, Tensor) or loss.data.size != 1:
        got = f"shape {loss.shape}" if isinstance(loss, Tensor) else name_of(loss)
        raise GraphError(f"replay: the function must return a loss, one number, got {got}")
    for name, array, was in zip(names, inputs, before, strict=True):
        if array.tobytes() != was:
            raise GraphError(f"replay: the function writes into its input {name}")
    return recorder.finish(loss)


class Recorder:
    """What listens to the tape while a step runs on it, and writes each call down.

    names: of each array, by its id, that is computed in every call, or is an input; what has none
    is a constant. things: what a name in the program stands for. See `Recording` for the rest.
    """

    def __init__(self, names: list[str], inputs: list[Array]) -> None:
        self.heading = f"def step({', '.join(names)}):"
        self.names = dict(zip(map(id, inputs), names, strict=True))
        self.inputs = {*self.names}
        self.kept: list[Any] = [inputs]  # so that their ids stay theirs
        self.things: dict[str, Any] = {"np": np, "fit": tape.fit}
        self.things |= {"back": tape.back_through_weights, "fresh": tape.fresh_copy}
        self.lines: list[tuple[str, str]] = []
        self.constants: list[tuple[Any, str]] = []
        self.conditions = Conditions()
        self.calls: dict[int, tuple[int, str, str]] = {}  # by serial: number, name, place
        self.leaves: dict[int, str] = {}  # the name of a leaf, by its id
        self.parts: list[Part | Tensor] = []
        self.douts: set[str] = set()  # the names of gradients that came back so far
        self.count, self.place, self.settings = 0, "", dict[str, Any]()
        self.has_loose_shapes = False  # since something was chosen by a mask

    def finish(self, loss: Tensor) -> Recording:
        """The recording, once the way back from the loss has been walked, too."""
        returned = self._text(loss.data)
        if loss.call is not None:
            if loss.call.serial not in self.calls:
                raise GraphError("replay: the function must compute its loss anew")
            self.things["one"] = np.ones_like(loss.data)
            self.place = "at the end"
            self._write(f"d{self.calls[loss.call.serial][0]} = one")
        loss.backward(watch=self._back)
        text = [self.heading, *(line for line, _ in self.lines), f"return {returned}"]
        program = "\n    ".join(text)
        exec(program, self.things)
        return Recording(
            loss=loss.data,
            program=program,
            run=self.things["step"],
            lines=self.lines,
            constants=self.constants,
            conditions=self.conditions,
            parts=self.parts,
        )

    # What the tape tells --------------------------------------------------------------------------

    def begin(self, layer: Any, of: Any) -> None:
        """A layer or an op is about to be called. An op has its settings so far, and no memory."""
        self.place = place()
        self.settings = vars(layer).copy() if of is None else {}

    def end(self, layer: Any, of: Any, inputs: Any, arrays: Any, options: Any, y: Tensor) -> None:
        """It was called with these inputs, and returned y."""
        self.uses(*inputs)
        if of is None and not self._varies([*arrays, *self.settings.values()]):
            return
        self.count += 1
        name = f"{type(layer).__name__.lower()}_{self.count}"
        self.things[name] = layer
        for setting, x in self.settings.items():
            if self._varies(x):
                self._write(f"{name}.{setting} = {self._text(x)}")
                self.has_loose_shapes |= _chooses_by_a_mask(x)
            else:
                self._remember(x)
        if y.call is not None:
            self.things[f"call{self.count}"] = y.call
            self.calls[y.call.serial] = self.count, name, self.place
        if of is not None:
            self._depends_on(of, name, y.call)
        given = [*map(self._text, arrays), *(f"{k}={self._text(x)}" for k, x in options.items())]
        if id(y.data) in self.names:
            y.data = y.data.view()  # it returned what it was given: that keeps its name
        self._write_value(f"{name}.forward({', '.join(given)})", y.data)
        y.__class__ = Watched

    def _depends_on(self, of: Layer, name: str, call: tape.Call | None) -> None:
        self.conditions.add_part(of)
        self.parts.append(of)
        if not type(of).__module__.startswith("common."):  # ours remember nothing from call to call
            self.things[f"of{self.count}"] = of
            made = f"call{self.count}" if call is not None else "None"
            self._write(f"{name} = fresh(of{self.count}, {made})")

    def compared(self, ufunc: Any, operands: Any, y: Array) -> "Mask":
        """Tensors were compared. On the tape that is a plain array, which one could look into."""
        self.place = place()
        self.uses(*operands)
        arrays = [x.data if isinstance(x, Tensor) else x for x in operands]
        if self._varies(arrays):
            self.count += 1
            name = ufunc.__name__.removeprefix("cupy_")
            self._write_value(f"np.{name}({', '.join(map(self._text, arrays))})", y)
        return Mask(y)

    def enters(self, model: Layer) -> None:
        """A model is called."""
        self.conditions.add_part(model)

    def uses(self, *inputs: Any) -> None:
        """Tensors are used. A leaf that may learn must be there, with its array."""
        for x in inputs:
            if not isinstance(x, Tensor):
                continue
            if x.call is not None and x.call.serial not in self.calls:
                self.refuse(f"it uses a tensor that {name_of(x.call.of)} made before the step")
            is_leaf = x.call is None and (x.requires_grad or isinstance(x, Part))
            if is_leaf and id(x.data) in self.inputs:
                self.refuse("an input of the step is no leaf that learns")
            if is_leaf and id(x) not in self.leaves:
                p, w = f"p{len(self.leaves) + 1}", f"w{len(self.leaves) + 1}"
                self.things |= {p: x, w: x.data}
                self.leaves[id(x)], self.names[id(x.data)] = p, w
                self.conditions.add_leaf(x)
                self.parts.append(x)

    def refuse(self, why: str) -> NoReturn:
        """What cannot be replayed."""
        raise GraphError(f"replay, {place()}: {why}")

    def _back(self, call: tape.Call, dxs: Any) -> None:
        """A call had its turn on the way back, and returned these."""
        number, name, self.place = self.calls[call.serial]
        tape.one_for_each_input(call, dxs)  # raises, where they are none
        targets, lines = [], []
        for i, dx in enumerate(dxs if type(dxs) is tuple else (dxs,)):
            target, line = "_", ""
            if call.needs[i]:
                target, line = self._bring(f"g{i}", dx, call.inputs[i], name)
            targets.append(target)
            lines.append(line)
        dout = f"d{number}"
        returned = f"back(call{number}, {dout})" if call.params else f"{name}.backward({dout})"
        left = ", ".join(targets) + "," * (type(dxs) is tuple and len(targets) == 1)
        self._write(returned if set(targets) == {"_"} else f"{left} = {returned}")
        for line in filter(None, lines):
            self._write(line)

    def _bring(self, g: str, dx: Any, x: Tensor, name: str) -> tuple[str, str]:
        """Where a gradient dx of x is to go, and the line that takes it on from there, if one must.

        What a backward returns may have another shape than x, and more than one may come back.
        """
        is_fit = type(dx) is np.ndarray and dx.dtype.kind == "f" and dx.shape == x.shape
        fitted = g
        if not is_fit or self.has_loose_shapes:
            shape = x.shape if x.call is None else f"v{self.calls[x.call.serial][0]}.shape"
            fitted = f"fit({name}, {g}, {shape})"
        if x.call is None:
            return g, f"{self.leaves[id(x)]}.add_grad({fitted})"
        d = f"d{self.calls[x.call.serial][0]}"
        if d in self.douts:
            return g, f"{d} = {d} + {fitted}" if x.ndim else f"{d} = np.asarray({d} + {fitted})"
        self.douts.add(d)
        return (d, "") if fitted == g else (g, f"{d} = {fitted}")

    # Writing --------------------------------------------------------------------------------------

    def _varies(self, x: Any) -> bool:
        """Whether it, or a part of it, is computed in every call."""
        if isinstance(x, tuple | list):
            return any(map(self._varies, x))
        return id(x) in self.names

    def _text(self, x: Any) -> str:
        """How the program writes it: with its name, as it is, or as a constant."""
        if id(x) in self.names:
            return self.names[id(x)]
        if type(x) in (tuple, list) and self._varies(x):
            return f"{type(x).__name__}([{', '.join(map(self._text, x))}])"
        if type(x) in PLAIN and not (type(x) is float and not math.isfinite(x)):
            return repr(x)
        self._remember(x)
        self.things[name := f"c{len(self.constants)}"] = x
        return name

    def _remember(self, x: Any) -> None:
        """A constant, as it is now."""
        self.constants.append((x.copy() if isinstance(x, np.ndarray) else x, self.place))

    def _write(self, line: str) -> None:
        self.lines.append((line, self.place))

    def _write_value(self, text: str, y: Array) -> None:
        """The line that computes y, by a new name."""
        name = f"v{self.count}"
        self._write(f"{name} = {text}" if y.ndim else f"{name} = np.asarray({text})")
        self.names[id(y)] = name
        self.kept.append(y)


def _chooses_by_a_mask(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray) and part.dtype.kind == "b" for part in parts)


def _names_of_inputs(function: Any, count: int) -> list[str]:
    """Those of the function, if they cannot be taken for names of the program's own."""
    names = [*inspect.signature(function).parameters][:count]
    own = {"np", "fit", "back", "fresh", "one", "tuple", "list"}
    are_free = all(name.isalpha() and name not in own for name in names)
    return names if are_free and len(names) == count else [f"x{i + 1}" for i in range(count)]
