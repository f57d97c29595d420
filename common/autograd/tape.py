"""The tape: calls that are remembered, and the walk back over the calls behind a tensor."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ContextDecorator
from contextvars import ContextVar
from heapq import heappop, heappush
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from itertools import count
from typing import Any

import numpy

from common.autograd.ops import Op
from common.base import Layer, check_written_in_place
from common.checks import NUMBERS, check_array, name_of
from common.errors import ArgumentTypeError, CommonError, GradientError, GraphError, ShapeError
from common.np import AbstractTensor, Array, np
from common.parameters import Part, are_same_arrays, each_once

Callee = Layer | Op  # what the tape records a call of
serials = count(1)  # calls, and changes of leaves, are numbered as they happen

no_grad_blocks = ContextVar("no_grad_blocks", default=0)  # that the running thread is in
recorder: ContextVar[Any] = ContextVar("recorder", default=None)  # of `replay`, while it records


def refuse_in_recording(why: str) -> None:
    """Raises while `replay` records a step: it would go on with what this has been once."""
    if (running := recorder.get()) is not None:
        running.refuse(why)


class no_grad(ContextDecorator):  # noqa: N801  used like a function: with no_grad(): ...
    """In the block nothing is recorded, and parameters may be changed: `w -= lr * w.grad`.

    It holds for the thread that is in the block. As `@no_grad()` it holds while a function runs.
    """

    def __init__(self, *wrong: Any) -> None:
        if wrong:
            raise ArgumentTypeError(
                f"no_grad: takes nothing, got {wrong[0]!r:.80}. Over a function write @no_grad()"
            )

    def __enter__(self) -> None:
        no_grad_blocks.set(no_grad_blocks.get() + 1)

    def __exit__(self, *_: object) -> None:
        no_grad_blocks.set(no_grad_blocks.get() - 1)

    def __call__(self, function: Any) -> Any:
        kinds = isgeneratorfunction, iscoroutinefunction, isasyncgenfunction
        if any(is_one(function) for is_one in kinds):
            raise ArgumentTypeError(
                f"no_grad: {function.__name__} is a generator or a coroutine, which runs after its "
                f"call has ended. Write `with no_grad():` inside it."
            )
        return super().__call__(function)


class Call:
    """One use of a layer or an op, remembered.

    layer: a copy of the layer, whose memory is this call's own, or the op, made for this use
    alone. of: what was called, the layer itself or the op. inputs: what it was given. needs: for
    each input, whether its gradient is wanted.
    """

    __slots__ = ("inputs", "layer", "needs", "of", "params", "serial")

    def __init__(
        self, layer: Any, of: Layer | None, inputs: tuple[Any, ...], needs: list[bool]
    ) -> None:
        if of is None:
            layer.needs = needs
        else:
            layer.needs_dx = needs[0]
        self.layer, self.of, self.inputs, self.needs = layer, of or layer, inputs, needs
        self.params, self.serial = tuple(layer.params), next(serials)


def walk_back(
    call: Call, dout: Array, watch: Callable[[Call, Any], None] | None = None
) -> Iterator[tuple[Any, Array]]:
    """From a call back to the leaves, the newest call first: yields each leaf with its gradient.

    What comes back to a tensor that a call made is added up until that call has its turn, and
    then forgotten. watch: is called with each call and what its backward returned.
    """
    ndarray, pending = np.ndarray, {call.serial: (call, dout)}
    newest = [-call.serial]  # a heap of the serials that are pending
    while newest:
        call, dout = pending.pop(-heappop(newest))
        dxs = back_through_weights(call, dout) if call.params else call.layer.backward(dout)
        if watch is not None:
            watch(call, dxs)
        if type(dxs) is not tuple or len(dxs) != len(call.inputs):
            dxs = one_for_each_input(call, dxs)
        for x, dx, needed in zip(call.inputs, dxs, call.needs):  # noqa: B905  of one length by now
            if not needed:
                continue
            if type(dx) is not ndarray or dx.dtype.kind != "f" or dx.shape != x.data.shape:
                dx = fit(call.of, dx, x.data.shape)
            if (made_by := x.call) is None:
                if x.changed > call.serial:
                    raise _changed(call)
                yield x, dx
            elif (serial := made_by.serial) in pending:
                pending[serial] = made_by, np.asarray(pending[serial][1] + dx)
            else:
                pending[serial] = made_by, dx
                heappush(newest, -serial)


def backward(tensor: Any, dout: Array, watch: Callable[[Call, Any], None] | None = None) -> None:
    """Adds to the gradient of each leaf what comes back to it. If that fails halfway, the gradients
    of all that is behind the tensor are cleared: what has come so far is the gradient of nothing.
    """
    try:
        for leaf, dx in walk_back(tensor.call, dout, watch):
            leaf.add_grad(dx)
    except BaseException:
        calls = [call for call, _ in calls_behind(tensor)]
        clear(each_once(part for call in calls for part in (call.of, *call.inputs)))
        raise


def fresh_copy(of: Layer, call: Call | None) -> Layer:
    """A copy of a layer for another run of a call, with no memory of the last."""
    layer = of.copy_for_a_call()
    if call is not None:
        layer.needs_dx, call.layer = call.needs[0], layer
    return layer


def clear(parts: Iterable[Any]) -> None:
    """Clears the gradients of layers and tensors; all else has none."""
    for part in parts:
        if isinstance(part, Part):
            part.clear()
        elif isinstance(part, AbstractTensor):
            part.grad = None


def calls_behind(tensor: Any) -> Iterator[tuple[Call, Array]]:
    """Each call that led to a tensor, with what it returned."""
    seen: set[int] = set()
    stack = [tensor]
    while stack:
        tensor = stack.pop()
        call: Call | None = getattr(tensor, "call", None)
        if call is not None and call.serial not in seen:
            seen.add(call.serial)
            yield call, tensor.data
            stack.extend(call.inputs)


def _changed(call: Call) -> GraphError:
    """A leaf that changed since the call used it would falsify the gradients, in silence."""
    return GraphError(
        f"backward: a parameter that {name_of(call.of)} used has been changed since. "
        f"Call backward before the update."
    )


def one_for_each_input(call: Call, dxs: Any) -> tuple[Any, ...]:
    """A tuple, with None for the last inputs if they need nothing: a loss returns dx, and no dt."""
    dxs, count = dxs if type(dxs) is tuple else (dxs,), len(call.inputs)
    if len(dxs) == count:
        return dxs
    if len(dxs) > count or any(call.needs[len(dxs) :]):
        raise GradientError(
            f"{name_of(call.of)}.backward: expected a gradient for each of {count} inputs, "
            f"got {len(dxs)}"
        )
    return (*dxs, *[None] * (count - len(dxs)))


def back_through_weights(call: Call, dout: Array) -> Any:
    """The backward of a layer with weights. By hand it sets its gradients; here they add up.

    Those of a frozen layer are written, and do not count.
    """
    layer, of = call.layer, call.of
    assert isinstance(of, Layer)  # an op has no weights
    totals, adds = of.grads, of.has_grads and of.requires_grad
    if not are_same_arrays(of.params, call.params):
        raise _changed(call)
    arrays = [np.zeros_like(total) for total in totals] if adds else list(totals)
    layer.grads = list(arrays)
    try:
        dx = layer.backward(dout)
    except ValueError as error:
        if isinstance(error, CommonError):
            raise
        raise ShapeError(f"{name_of(of)}.backward: {error}") from error
    check_written_in_place(of, arrays, layer.grads)
    if adds:
        for total, array in zip(totals, arrays, strict=True):
            total += array
    layer.grads, of.has_grads = totals, of.requires_grad
    return dx


def fit(callee: Callee, dx: Any, shape: tuple[int, ...]) -> Array:
    """dx as an array of floats in the shape of its input; what an op has broadcast is added up."""
    if dx is None:
        raise GradientError(f"{name_of(callee)}.backward: expected a gradient, got None")
    dx = check_result(f"{name_of(callee)}.backward", "a gradient", dx, kinds="f")
    fitted = _unbroadcast(dx, shape) if isinstance(callee, Op) else dx
    if fitted.shape != shape:
        raise ShapeError(
            f"{name_of(callee)}.backward: a gradient must have the shape of its input, "
            f"{shape}, got {dx.shape}"
        )
    return fitted


def check_result(who: str, name: str, x: Any, kinds: str = NUMBERS) -> Array:
    """What a forward or a backward returned: an array. NumPy's 0-d arithmetic gives scalars."""
    if isinstance(x, numpy.generic):
        x = np.asarray(x)
    check_array(who, name, x, kinds=kinds)
    return x


def _unbroadcast(dx: Array, shape: tuple[int, ...]) -> Array:
    """The sum over everything that broadcasting repeated."""
    if not shape:
        return np.asarray(dx.sum())
    extra = dx.ndim - len(shape)
    if extra > 0:
        dx = dx.sum(axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape[: dx.ndim]) if n == 1 and dx.shape[i] != 1)
    return np.asarray(dx.sum(axis=axes, keepdims=True) if axes else dx)
