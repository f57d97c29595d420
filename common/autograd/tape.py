"""A call that is remembered, and the walk back over the calls behind a tensor."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Any

import numpy

from common.autograd.ops import Op
from common.base import Gradient, Layer, gradients_of, serials
from common.checks import check_array, name_of
from common.errors import DTypeError, GradientError, GraphError, ShapeError
from common.np import Array, np

Callee = Layer | Op  # what the tape records a call of


def as_device_array(who: str, name: str, x: Any) -> Array:
    """An array of the device that is on; a scalar of NumPy's, from 0-d arithmetic, becomes one."""
    if isinstance(x, numpy.generic):
        return np.asarray(x)
    check_array(who, name, x)
    return x


class Call:
    """One use of a layer, remembered. (An op is made anew at each use, and is its own call.)

    layer: a copy of it, whose memory is this call's own. of: the layer itself. inputs: what it was
    given. needs: for each input, whether its gradient is wanted.
    """

    __slots__ = ("inputs", "layer", "needs", "of", "serial")

    def __init__(self, layer: Layer, of: Layer, inputs: tuple[Any, ...], needs: list[bool]) -> None:
        self.layer, self.of, self.inputs, self.needs = layer, of, inputs, needs
        self.serial = next(serials)

    def backward(self, dout: Array) -> Any:
        """The layer's backward. What it says of its weights is added to what is there."""
        return _add_up(self, dout) if self.layer.params else self.layer.backward(dout)


def layer_of(call: Any) -> Callee:
    """The layer, or the op, that was called."""
    return call.of if isinstance(call, Call) else call


def walk_back(
    call: Any, dout: Array, watch: Callable[[Any, Array], None] | None = None
) -> Iterator[tuple[Any, Array]]:
    """From a call back to the leaves, the newest call first: yields each leaf with its gradient.

    What comes back to a tensor that a call made is added up until that call has its turn, and
    then forgotten. watch: is called with the call and the gradient of each of its inputs.
    """
    ndarray, pending = np.ndarray, {call.serial: (call, dout)}
    newest = [-call.serial]  # a heap of the serials that are pending
    while newest:
        call, dout = pending.pop(-heappop(newest))
        dxs = call.backward(dout)
        if type(dxs) is not tuple or len(dxs) != len(call.inputs):
            dxs = _completed(call, dxs)
        for x, dx, needed in zip(call.inputs, dxs, call.needs):  # noqa: B905  of one length by now
            if not needed:
                continue
            if type(dx) is not ndarray or dx.dtype.kind != "f" or dx.shape != x.data.shape:
                dx = _fitted(layer_of(call), dx, x.data.shape)
            if watch is not None:
                watch(call, dx)
            if (made_by := x.call) is None:
                _check_unchanged(x.gradient, call)
                yield x, dx
            elif (serial := made_by.serial) in pending:
                pending[serial] = made_by, np.asarray(pending[serial][1] + dx)
            else:
                pending[serial] = made_by, dx
                heappush(newest, -serial)


def calls_behind(tensor: Any) -> Iterator[tuple[Any, Array]]:
    """Each call that led to a tensor, with what it returned."""
    seen: set[int] = set()
    stack = [tensor]
    while stack:
        tensor = stack.pop()
        call = getattr(tensor, "call", None)
        if call is not None and id(call) not in seen:
            seen.add(id(call))
            yield call, tensor.data
            stack.extend(call.inputs)


def _check_unchanged(gradient: Gradient | None, call: Any) -> None:
    """A leaf that was changed since the call used it would falsify the gradients, in silence."""
    if gradient is not None and gradient.changed > call.serial:
        raise GraphError(
            f"backward: a parameter that {name_of(layer_of(call))} used has been changed since. "
            f"Call backward before the update."
        )


def _completed(call: Any, dxs: Any) -> tuple[Any, ...]:
    """A tuple, with None for the last inputs if they need nothing: a loss returns dx, and no dt."""
    dxs, count = dxs if type(dxs) is tuple else (dxs,), len(call.inputs)
    if len(dxs) == count:
        return dxs
    if len(dxs) > count or any(call.needs[len(dxs) :]):
        raise GradientError(
            f"{name_of(layer_of(call))}.backward: expected a gradient for each of {count} inputs, "
            f"got {len(dxs)}"
        )
    return (*dxs, *[None] * (count - len(dxs)))


def _add_up(call: Call, dout: Array) -> Any:
    """The backward of a layer with weights. By hand it sets its gradients; here they add up."""
    layer, totals = call.layer, gradients_of(call.layer)
    for total in totals:
        _check_unchanged(total, call)
    is_first = all(total.fresh for total in totals)
    arrays = [total.array if is_first else np.zeros_like(total.array) for total in totals]
    layer.grads = list(arrays)
    dx = layer.backward(dout)
    for total, array, grad in zip(totals, arrays, layer.grads, strict=True):
        check_written_in_place(layer, array, grad)
        if is_first:
            total.fresh = False
        else:
            total.add(array)
    layer.grads = [total.array for total in totals]
    return dx


def check_written_in_place(layer: Callee, array: Array, grad: Array) -> None:
    """A backward writes into the arrays in `grads`: others hold on to them."""
    if grad is not array:
        raise GradientError(
            f"{name_of(layer)}.backward: an array in grads was replaced, so nobody sees the new "
            f"one. Write into it: self.grads[0][...] = ..."
        )


def _fitted(layer: Callee, dx: Any, shape: tuple[int, ...]) -> Array:
    """dx as an array of floats in the shape of its input; what an op has broadcast is added up."""
    if dx is None:
        raise GradientError(f"{name_of(layer)}.backward: expected a gradient, got None")
    dx = as_device_array(f"{name_of(layer)}.backward", "a gradient", dx)
    if dx.dtype.kind != "f":
        raise DTypeError(f"{name_of(layer)}.backward: a gradient must hold floats, got {dx.dtype}")
    fitted = _unbroadcast(dx, shape) if isinstance(layer, Op) else dx
    if fitted.shape != shape:
        raise ShapeError(
            f"{name_of(layer)}.backward: a gradient must have the shape of its input, "
            f"{shape}, got {dx.shape}"
        )
    return fitted


def _unbroadcast(dx: Array, shape: tuple[int, ...]) -> Array:
    """The sum over everything that broadcasting repeated."""
    if not shape:
        return np.asarray(dx.sum())
    extra = dx.ndim - len(shape)
    if extra > 0:
        dx = dx.sum(axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape[: dx.ndim]) if n == 1 and dx.shape[i] != 1)
    return np.asarray(dx.sum(axis=axes, keepdims=True) if axes else dx)
