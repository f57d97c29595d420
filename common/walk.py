"""One step of the walk back: what a call's backward brings to its inputs."""

from typing import Any

from common.checks import name_of
from common.errors import DTypeError, GradientError, ShapeError
from common.layer import Layer
from common.np import Array, np
from common.ops import Op


def input_gradients(call: Layer, dout: Array) -> list[tuple[Any, Array]]:
    """call.backward(dout), for each input that needs a gradient, in that input's shape."""
    dxs = _backward(call, dout) if len(call.params) else call.backward(dout)
    if type(dxs) is not tuple:
        dxs = (dxs,)
    if len(dxs) != len(call.inputs):
        dxs = _completed(call, dxs)
    pairs = []
    for x, dx, needed in zip(call.inputs, dxs, call.needs, strict=True):
        if needed:
            if type(dx) is not np.ndarray or dx.shape != x.data.shape or dx.dtype.kind != "f":
                dx = _fitted(call, x, dx)
            pairs.append((x, dx))
    return pairs


def _completed(call: Layer, dxs: tuple[Any, ...]) -> tuple[Any, ...]:
    """None for the last inputs, if they need no gradient: a loss returns one, for x, not t."""
    count = len(call.inputs)
    if len(dxs) > count or any(call.needs[len(dxs) :]):
        raise GradientError(
            f"{name_of(call)}.backward: expected a gradient for each of {count} inputs, "
            f"got {len(dxs)}"
        )
    return (*dxs, *[None] * (count - len(dxs)))


def _backward(layer: Layer, dout: Array) -> Any:
    """The backward of a layer with weights. By hand it sets its gradients; here they add up."""
    totals = layer.gradients
    if all(total.fresh for total in totals):
        layer.grads = [total.array for total in totals]
        for total in totals:
            total.fresh = False
        return layer.backward(dout)
    layer.grads = [np.empty_like(total.array) for total in totals]
    dx = layer.backward(dout)
    for total, grad in zip(totals, layer.grads, strict=True):
        total.add(grad)
    return dx


def _fitted(call: Layer, x: Any, dx: Any) -> Array:
    """dx in the shape of x: what was broadcast is added up; an error if that does not do it."""
    if dx is None:
        raise GradientError(f"{name_of(call)}.backward: expected a gradient, got None")
    dx = np.asarray(dx)
    got = dx.shape
    if dx.dtype.kind != "f":
        raise DTypeError(f"{name_of(call)}.backward: a gradient must hold floats, got {dx.dtype}")
    if isinstance(call, Op):
        dx = _unbroadcast(dx, x.data.shape)
    if dx.shape != x.data.shape:
        raise ShapeError(
            f"{name_of(call)}.backward: a gradient must have the shape of its input, "
            f"{x.data.shape}, got {got}"
        )
    return dx


def _unbroadcast(dx: Array, shape: tuple[int, ...]) -> Array:
    """The sum over everything that broadcasting repeated."""
    extra = dx.ndim - len(shape)
    if extra > 0:
        dx = dx.sum(axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape[: dx.ndim]) if n == 1 and dx.shape[i] != 1)
    return np.asarray(dx.sum(axis=axes, keepdims=True) if axes else dx)
