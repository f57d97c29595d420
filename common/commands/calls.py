"""What layers do while a script runs, seen from outside: their calls, step by step.

Python tells a profiler of each call and each return (`sys.setprofile`). Those of a function
`forward` or `backward` count, if its first argument is an object that has both: a layer of
`common`, one that somebody has derived from `Layer`, a plain class as in the book, an op of the
tape. The script is not changed, and need not know. Other threads are not seen.
"""

import sys
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from dis import opname
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS
from numbers import Real
from types import FrameType
from typing import Any

import numpy

from common.autograd.tape import no_grad_blocks
from common.base import Container, Layer
from common.checks import NUMBERS, is_array
from common.commands.table import shape_text
from common.gradient_check import check_gradients
from common.np import AbstractTensor, Array
from common.util import to_cpu

METHODS = ("forward", "backward")
WATCHED = {*METHODS, "add_grad", "check_gradients"}
MEASURES = check_gradients.__code__
RUNS_LATER = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR  # its call does not run it
WORDS = {"out": "output", "grad": "gradient", "dx": "dx"}
MOST_CALLS = 2000  # of a step that are kept: for a script that only predicts, all is one step


@dataclass(eq=False)
class Call:
    """A call of a layer's forward, and the backward that goes with it.

    who: the object that was called, by identity. of: the layer, by identity, also where what was
    called is a copy of it. A norm is None where nothing came back.
    """

    who: int
    of: int
    kind: type
    within: "Call | None" = None  # the call that made it
    in_no_grad: bool = False
    given: str = ""
    returned: str = ""
    dtype: str = ""
    device: str = ""
    params: int = 0
    grad_norm: float | None = None
    dx_norm: float | None = None
    has_backward: bool = False
    calls_forward: bool = False  # of other layers
    calls_backward: bool = False
    lost: list[str] = field(default_factory=list)  # what of it is not finite
    failed: bool = False  # with an error of its own, and not one that came from within
    holds_failed: bool = False

    @property
    def is_leaf(self) -> bool:
        """Whether it calls no other layers; or some in forward, as a help, and goes back alone."""
        goes_back_alone = self.has_backward and not self.calls_backward
        return not self.calls_forward or (goes_back_alone and not issubclass(self.kind, Container))


@dataclass(eq=False)
class Leaf:
    """A tensor that no call made, to which a gradient came back."""

    kind: type
    shape: str
    dtype: str
    device: str
    size: int
    norm: float


@dataclass(eq=False)
class Step:
    """What is called from a first forward to the last backward after it.

    leaves, and models, which have called other layers: by identity. lost: the call in which a
    number was first not finite; lost_what: of it; lost_how: where, and of what.
    """

    number: int
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=MOST_CALLS))
    leaves: dict[int, Leaf] = field(default_factory=dict)
    models: dict[int, Any] = field(default_factory=dict)
    has_backward: bool = False
    lost: Call | None = None
    lost_what: str = ""
    lost_how: str = ""


@dataclass
class _Open:
    """A call that has not returned."""

    frame: FrameType
    layer: Any
    given: list[Any]
    call: Call


class Watch:
    """Watches what the thread calls in a `with` block.

    step: the step that is going on. first: the first that had a backward. lost: the first in which
    a number was not finite. count: of the steps that had a backward.
    """

    def __init__(self) -> None:
        self.step = Step(1)
        self.first: Step | None = None
        self.lost: Step | None = None
        self.count = 0
        self.open: list[_Open] = []
        self.is_measuring = False  # slopes, which is no training

    def __enter__(self) -> "Watch":
        self.before = sys.getprofile()
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self.before)

    def _look(self, frame: FrameType, event: str, result: Any) -> None:
        """Is called for all that the script calls, so what does not count leaves at once."""
        name = frame.f_code.co_name
        if name not in WATCHED or event not in ("call", "return"):
            return
        if name == "check_gradients":
            self.is_measuring = event == "call" and frame.f_code is MEASURES
        elif event == "call" and name in METHODS and not self.is_measuring:
            self._begin(frame, name)
        elif event == "return" and self.open and self.open[-1].frame is frame:
            self._end(self.open.pop(), name, result)
        elif event == "return" and name == "add_grad" and not self.is_measuring:
            self._reach(*_arguments(frame)[:1])

    # A call begins --------------------------------------------------------------------------------

    def _begin(self, frame: FrameType, name: str) -> None:
        layer, *given = _arguments(frame)
        if not _is_layer(layer) or self._is_of_same_call(layer, name):
            return
        call = self._forward(layer) if name == "forward" else self._backward(layer)
        for outer in self.open:
            outer.call.calls_forward |= name == "forward"
            outer.call.calls_backward |= name == "backward"
        self.open.append(_Open(frame, layer, given, call))

    def _is_of_same_call(self, layer: Any, name: str) -> bool:
        """Whether it is super().forward(x), within the forward of the same layer."""
        if not self.open:
            return False
        outer = self.open[-1]
        return outer.layer is layer and outer.frame.f_code.co_name == name

    def _forward(self, layer: Any) -> Call:
        if self.step.has_backward and not self.open:
            self.step = Step(self.count + 1)
        call = _call_of(layer)
        call.within = self.open[-1].call if self.open else None
        self.step.calls.append(call)
        return call

    def _backward(self, layer: Any) -> Call:
        """The newest call of the layer that had no backward yet; if all had one, the newest."""
        if not self.step.has_backward:
            self.step.has_backward, self.count = True, self.count + 1
            self.first = self.first or self.step
        own = [call for call in reversed(self.step.calls) if call.who == id(layer)]
        if not own:  # its forward was in an earlier step
            own = [_call_of(layer)]
            self.step.calls.append(own[0])
        call = next((call for call in own if not call.has_backward), own[0])
        call.has_backward = True
        return call

    # And returns ----------------------------------------------------------------------------------

    def _end(self, ended: _Open, name: str, result: Any) -> None:
        call = ended.call
        if name == "forward":
            call.given = ", ".join(map(shape_text, filter(_has_numbers, ended.given)))
        if result is None and _has_raised(ended.frame):
            call.failed = not call.holds_failed
            for outer in self.open:
                outer.call.holds_failed = True
        elif name == "forward":
            self._after_forward(ended, result)
        else:
            self._after_backward(ended, result)

    def _after_forward(self, ended: _Open, result: Any) -> None:
        call, layer = ended.call, ended.layer
        several = result if isinstance(result, tuple) else (result,)
        call.returned = ", ".join("()" if isinstance(y, Real) else shape_text(y) for y in several)
        if call.calls_forward:
            self.step.models[id(layer)] = layer
        arrays = arrays_in(result)
        if arrays:
            call.dtype, call.device = str(arrays[0].dtype), device_of(arrays[0])
        params = [] if call.calls_forward else _list_of(layer, "params")
        call.params = sum(param.size for param in params)
        self._look_for_lost(ended, "forward", out=arrays)

    def _after_backward(self, ended: _Open, result: Any) -> None:
        call, dx = ended.call, arrays_in(result)
        grads = [] if call.calls_backward else _list_of(ended.layer, "grads")
        call.dx_norm = norm(dx) if dx else None
        call.grad_norm = norm(grads) if grads else None
        self._look_for_lost(ended, "backward", grad=grads, dx=dx)

    def _look_for_lost(self, ended: _Open, name: str, **found: list[Array]) -> None:
        lost = [what for what, arrays in found.items() if not are_finite(arrays)]
        ended.call.lost += lost
        if lost and self.step.lost is None:
            self.step.lost = ended.call
            self.step.lost_what = " and ".join(WORDS[what] for what in lost)
            self.step.lost_how = f"in {name}; {_cause(ended)}"
            self.lost = self.lost or self.step

    def _reach(self, tensor: Any) -> None:
        """A gradient came back to a leaf."""
        if isinstance(tensor, AbstractTensor):
            data, grad = tensor.data, tensor.grad
            self.step.leaves[id(tensor)] = Leaf(
                type(tensor), shape_text(data), str(data.dtype), device_of(data), data.size,
                norm([grad]),
            )  # fmt: skip


def _arguments(frame: FrameType) -> list[Any]:
    """What a function was called with, by place; [None] if it is none that runs when called."""
    code, values = frame.f_code, frame.f_locals
    if not code.co_argcount or code.co_flags & RUNS_LATER:
        return [None]
    given = [values.get(name) for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & CO_VARARGS:
        given += values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount], ())
    return given


def _has_raised(frame: FrameType) -> bool:
    """Whether an error ended it. The profiler is told of a None then, as of a function's own."""
    return not opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN")


def _is_layer(layer: Any) -> bool:
    kind = type(layer)
    has_both = all(callable(getattr(kind, name, None)) for name in METHODS)
    return has_both and not kind.__module__.startswith("common.training")  # the Trainer's own


def _call_of(layer: Any) -> Call:
    # A call on the tape is a copy of the layer; the list of params is the layer's own.
    same = vars(layer).get("params", layer) if isinstance(layer, Layer) else layer
    return Call(id(layer), id(same), type(layer), in_no_grad=bool(no_grad_blocks.get()))


def _cause(ended: _Open) -> str:
    if not are_finite(arrays_in(ended.given)):
        return "what it was given is not finite, either"
    if not are_finite(_list_of(ended.layer, "params")):
        return "its parameters are not finite: an earlier update has lost them"
    return "what it was given is finite"


# Numbers ------------------------------------------------------------------------------------------


def arrays_in(x: Any) -> list[Array]:
    """The arrays of numbers in x, which may be one, a tensor, a number, or a list or dictionary."""
    if isinstance(x, AbstractTensor):
        x = x.data
    if isinstance(x, Real):  # NumPy's scalars are some
        return [numpy.asarray(x)]
    if is_array(x):
        return [x] if x.dtype.kind in NUMBERS else []
    if isinstance(x, dict):
        x = list(x.values())
    return [array for item in x for array in arrays_in(item)] if isinstance(x, list | tuple) else []


def _list_of(layer: Any, name: str) -> list[Array]:
    """The arrays in its params or grads; none where it has no such list, or fails to look it up."""
    with suppress(Exception):
        return arrays_in(getattr(layer, name, ()))
    return []


def _has_numbers(x: Any) -> bool:
    return hasattr(x, "shape") or (isinstance(x, Real) and not isinstance(x, bool))


def norm(arrays: Iterable[Array]) -> float:
    """√(Σ x²) over all elements of all arrays, in float64."""
    with numpy.errstate(all="ignore"):
        squares = (numpy.square(to_cpu(x), dtype=numpy.float64).sum() for x in arrays)
        return float(numpy.sqrt(sum(squares)))


def are_finite(arrays: Iterable[Array]) -> bool:
    """Whether no number in them is NaN or infinite."""
    return all(bool(numpy.isfinite(to_cpu(x)).all()) for x in arrays)


def device_of(array: Array) -> str:
    """CPU or GPU."""
    return "CPU" if isinstance(array, numpy.ndarray) else "GPU"
