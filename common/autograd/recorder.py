"""Takes down a step that runs on the tape, as a program for `replay`."""

from typing import Any, NoReturn

from common.autograd import tape
from common.autograd.conditions import Conditions
from common.autograd.program import Program, names_of_inputs
from common.autograd.recording import Recording
from common.autograd.tensor import Tensor
from common.autograd.watched import Mask, Watched, place
from common.base import Layer
from common.checks import name_of
from common.errors import GraphError
from common.np import Array, np
from common.parameters import Part


def record(function: Any, arrays: tuple[Array, ...], static: dict[str, Any]) -> Recording:
    """Runs a step on the tape, forward and backward, and takes it down.

    function: of a tensor for each array, and of what is `static`; it returns the loss.
    """
    names = names_of_inputs(function, len(arrays))
    # Each is an object of its own, also where one array was given twice.
    inputs = dict(zip(names, (array.view() for array in arrays), strict=True))
    before = {name: array.tobytes() for name, array in inputs.items()}
    recorder = Recorder(inputs)
    token = tape.recorder.set(recorder)
    try:
        loss = function(*map(Watched, inputs.values()), **static)
    finally:
        tape.recorder.reset(token)
    if not isinstance(loss, Tensor) or loss.data.size != 1:
        got = f"shape {loss.shape}" if isinstance(loss, Tensor) else name_of(loss)
        raise GraphError(f"replay: the function must return a loss, one number, got {got}")
    for name, array in inputs.items():
        if array.tobytes() != before[name]:
            raise GraphError(f"replay: the function writes into its input {name}")
    return recorder.finish(loss)


class Recorder:
    """What the tape tells of a step while it runs, and what becomes of it in the program."""

    def __init__(self, inputs: dict[str, Array]) -> None:
        self.program, self.conditions = Program(inputs), Conditions()
        self.inputs = {*map(id, inputs.values())}
        self.calls: dict[int, tuple[int, str, str]] = {}  # by serial: number, name, place
        self.leaves: dict[int, str] = {}  # the name of a leaf, by its id
        self.parts: list[Part | Tensor] = []  # what gradients come back to
        self.douts: set[str] = set()  # the names of gradients that came back so far
        self.count, self.settings = 0, dict[str, Any]()
        self.has_loose_shapes = False  # since something was chosen by a mask

    def finish(self, loss: Tensor) -> Recording:
        """The recording, once the way back from the loss has been walked, too."""
        if loss.call is None:
            loss.backward()  # says why there is no way back
        elif loss.call.serial not in self.calls:
            raise GraphError("replay: the function must compute its loss anew")
        turn, one = len(self.program.lines), np.ones_like(loss.data)
        self.program.things["one"], self.program.place = one, "at the end"
        self.program.write(f"{self._dout_of(loss)} = one")
        tape.backward(loss, one, watch=self._back)
        text, run = self.program.compiled(loss.data)
        return Recording(
            loss=loss.data,
            program=text,
            run=run,
            lines=self.program.lines,
            turn=turn,
            constants=self.program.constants,
            conditions=self.conditions,
            parts=self.parts,
        )

    def refuse(self, why: str) -> NoReturn:
        """What cannot be replayed."""
        raise GraphError(f"replay, {place()}: {why}")

    # Forward --------------------------------------------------------------------------------------

    def begin(self, layer: Any, of: Any, options: Any) -> Any:
        """A layer or an op is about to be called. of: what the layer is a copy of; None for an op.

        So far an op has nothing but its settings. Returns what is given by name: a comparison is a
        plain array there.
        """
        self.program.place = place()
        self.settings = vars(layer).copy() if of is None else {}
        if of is not None:
            self.conditions.add_part(of)
        return {name: x.data if isinstance(x, Mask) else x for name, x in options.items()}

    def end(self, layer: Any, of: Any, inputs: Any, arrays: Any, options: Any, y: Tensor) -> None:
        """It was called with these inputs, and returned y."""
        program = self.program
        self.uses(*inputs)
        if of is None and not program.varies([*arrays, *self.settings.values()]):
            return
        self.count += 1
        name = f"{type(layer).__name__.lower()}_{self.count}"
        program.things[name] = layer
        for setting, x in self.settings.items():
            if program.varies(x):
                program.write(f"{name}.{setting} = {program.text(x)}")
                self.has_loose_shapes |= _chooses_by_a_mask(x)
            else:
                program.note(x)
        if y.call is not None:
            program.things[f"call{self.count}"] = y.call
            self.calls[y.call.serial] = self.count, name, program.place
        if of is not None:
            self._depends_on(layer, of, name, y.call)
        given = [
            *map(program.text, arrays),
            *(f"{k}={program.text(x)}" for k, x in options.items()),
        ]
        if program.varies(y.data):
            y.data = y.data.view()  # it returned its own input: this gets another name than that
        program.write_value(f"v{self.count}", f"{name}.forward({', '.join(given)})", y.data)
        y.__class__ = Watched

    def _depends_on(self, layer: Layer, of: Layer, name: str, call: tape.Call | None) -> None:
        """What is called, `of`, and its copy for this call, in which forward keeps its memory."""
        was = vars(of)
        self.conditions.forget(of, (k for k, x in vars(layer).items() if was.get(k, was) is not x))
        self.parts.append(of)
        if not type(of).__module__.startswith("common."):  # ours remember nothing from call to call
            self.program.things[f"of{self.count}"] = of
            made = f"call{self.count}" if call is not None else "None"
            self.program.write(f"{name} = fresh(of{self.count}, {made})")

    def compared(self, ufunc: Any, operands: Any, y: Array) -> Mask:
        """Tensors were compared. On the tape that is a plain array, which one could look into."""
        self.program.place = place()
        self.uses(*operands)
        arrays = [x.data if isinstance(x, Tensor) else x for x in operands]
        if self.program.varies(arrays):
            self.count += 1
            given = ", ".join(map(self.program.text, arrays))
            name = ufunc.__name__.removeprefix("cupy_")
            self.program.write_value(f"v{self.count}", f"np.{name}({given})", y)
        return Mask(y)

    def enters(self, model: Layer) -> None:
        """A model is called."""
        self.conditions.add_part(model)

    def made(self, tensor: Tensor) -> None:
        """A tensor was made of an array: it is watched, if that is an array of the step."""
        if type(tensor) is Tensor and self.program.varies(tensor.data):
            tensor.__class__ = Watched

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
                self.program.things |= {p: x, w: x.data}
                self.leaves[id(x)], self.program.names[id(x.data)] = p, w
                self.conditions.add_leaf(x)
                self.parts.append(x)

    # And back -------------------------------------------------------------------------------------

    def _back(self, call: tape.Call, dxs: Any) -> None:
        """A call had its turn on the way back, and returned these."""
        number, name, self.program.place = self.calls[call.serial]
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
        self.program.write(returned if set(targets) <= {"_"} else f"{left} = {returned}")
        for line in filter(None, lines):
            self.program.write(line)

    def _bring(self, g: str, dx: Any, x: Tensor, name: str) -> tuple[str, str]:
        """Where a gradient dx of x is to go, and the line that takes it on from there, if one must.

        What a backward returns may have another shape than x, and more than one may come back.
        """
        is_fit = type(dx) is np.ndarray and dx.shape == x.shape
        fitted = g
        if not is_fit or self.has_loose_shapes:
            shape = x.shape if x.call is None else f"v{self.calls[x.call.serial][0]}.shape"
            fitted = f"fit({name}, {g}, {shape})"
        if x.call is None:
            return g, f"{self.leaves[id(x)]}.add_grad({fitted})"
        d = self._dout_of(x)
        if d in self.douts:
            return g, f"{d} = {d} + {fitted}" if x.ndim else f"{d} = np.asarray({d} + {fitted})"
        self.douts.add(d)
        return (d, "") if fitted == g else (g, f"{d} = {fitted}")

    def _dout_of(self, x: Tensor) -> str:
        """The name of what comes back to a tensor that a call made."""
        assert x.call is not None
        return f"d{self.calls[x.call.serial][0]}"


def _chooses_by_a_mask(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray) and part.dtype.kind == "b" for part in parts)
