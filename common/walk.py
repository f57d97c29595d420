"""A call that is remembered, and the walk back over the calls behind a tensor."""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Any

from common.checks import name_of
from common.errors import DTypeError, GradientError, GraphError, ShapeError
from common.gradients import serials
from common.layer import Layer, gradients_of
from common.np import Array, np
from common.operands import as_device_array
from common.ops import Op


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


def walk_back(
    call: Any,
    dout: Array,
    step: Callable[[Any, Array], Iterable[tuple[Any, Array]]],
    receive: Callable[[Any, Array], None],
) -> None:
    """From a call back to the leaves, the newest call first.

    step(call, dout) says what a call brings to its inputs, as pairs (input, gradient). What a leaf
    gets goes to receive(leaf, gradient); what another tensor gets is added up until its own call
    has its turn, and then forgotten.
    """
    douts = {call.serial: dout}
    calls = [(-call.serial, call)]
    while calls:
        _, call = heappop(calls)
        for x, dx in step(call, douts.pop(call.serial)):
            if (made_by := x.call) is None:
                receive(x, dx)
            elif (serial := made_by.serial) in douts:
                douts[serial] = np.asarray(douts[serial] + dx)
            else:
                douts[serial] = dx
                heappush(calls, (-serial, made_by))


def input_gradients(call: Any, dout: Array) -> list[tuple[Any, Array]]:
    """What a call brings back to its inputs: (input, gradient) for each that needs one."""
    dxs = call.backward(dout)
    if type(dxs) is not tuple:
        dxs = (dxs,)
    if len(dxs) != len(call.inputs):
        dxs = _completed(call, dxs)
    pairs = []
    for x, dx, needed in zip(call.inputs, dxs, call.needs):  # noqa: B905  they are of one length
        if needed:
            if x.gradient is not None and x.gradient.changed > call.serial:
                raise _changed(call)
            if type(dx) is not np.ndarray or dx.dtype.kind != "f":
                dx = _as_gradient(call.layer, dx)
            if dx.shape != x.data.shape:
                dx = _fitted(call.layer, dx, x.data.shape)
            pairs.append((x, dx))
    return pairs


def _changed(call: Any) -> GraphError:
    return GraphError(
        f"backward: a parameter that {name_of(call.layer)} used has been changed since. "
        f"Call backward before the update."
    )


def _completed(call: Any, dxs: tuple[Any, ...]) -> tuple[Any, ...]:
    """None for the last inputs, if they need no gradient: a loss returns one, for x, not t."""
    count = len(call.inputs)
    if len(dxs) > count or any(call.needs[len(dxs) :]):
        raise GradientError(
            f"{name_of(call.layer)}.backward: expected a gradient for each of {count} inputs, "
            f"got {len(dxs)}"
        )
    return (*dxs, *[None] * (count - len(dxs)))


def _add_up(call: Call, dout: Array) -> Any:
    """The backward of a layer with weights. By hand it sets its gradients; here they add up."""
    layer, totals = call.layer, gradients_of(call.layer)
    if any(total.changed > call.serial for total in totals):
        raise _changed(call)
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


def check_written_in_place(layer: Layer, array: Array, grad: Array) -> None:
    """A backward writes into the arrays in `grads`: others hold on to them."""
    if grad is not array:
        raise GradientError(
            f"{name_of(layer)}.backward: an array in grads was replaced, so nobody sees the new "
            f"one. Write into it: self.grads[0][...] = ..."
        )


def _as_gradient(layer: Layer, dx: Any) -> Array:
    """dx as an array of floats, if it is one or, from 0-d arithmetic, a scalar."""
    if dx is None:
        raise GradientError(f"{name_of(layer)}.backward: expected a gradient, got None")
    dx = as_device_array(f"{name_of(layer)}.backward", "a gradient", dx)
    if dx.dtype.kind != "f":
        raise DTypeError(f"{name_of(layer)}.backward: a gradient must hold floats, got {dx.dtype}")
    return dx


def _fitted(layer: Layer, dx: Array, shape: tuple[int, ...]) -> Array:
    """dx in the shape of its input: what an op has broadcast is added up; else an error."""
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
