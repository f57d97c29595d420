"""Where a NaN or an infinity came from."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from common.autograd import Tensor
from common.autograd.tape import calls_behind
from common.base import Layer
from common.checks import name_of
from common.np import Array, np


def where_not_finite(network: Any, x: Array, t: Array) -> str:
    """A sentence that names the first thing in network.forward(x, t) that is not finite.

    Layers are counted from 0, those within others and the loss included.
    """
    layers = [leaf for leaf in network.leaves if isinstance(leaf, Layer)]
    names = {id(layer): f"layer {i}, {layer}" for i, layer in enumerate(layers)}
    for layer in layers:
        if not all(map(_is_finite, layer.params)):
            return f"A weight of {names[id(layer)]} is not finite: an earlier step lost it."
    loss: Any = None
    found = _on_tape(network.output, names)
    if found is None:
        found, loss = _watch(network, x, t, layers, names)
    if found is not None:
        return f"It first arose in {found}."
    if _is_finite(loss):
        return "When the step was repeated it did not come back: is there a Dropout?"
    return "No layer of the model returned it: it arose in the model's own code."


def _on_tape(output: Any, names: dict[int, str]) -> str | None:
    """The first of the recorded calls that made something infinite of finite inputs."""
    for call, data in sorted(calls_behind(output), key=lambda pair: pair[0].serial):
        inputs = [x.data if isinstance(x, Tensor) else x for x in call.inputs]
        if not _is_finite(data) and all(map(_is_finite, inputs)):
            return names.get(id(call.of), name_of(call.of))
    return None


def _watch(
    network: Any, x: Array, t: Array, layers: list[Layer], names: dict[int, str]
) -> tuple[str | None, Any]:
    """The first layer, or else call, that makes something infinite when all is run once more; and
    the loss that comes of it.
    """
    seen: list[str] = []
    own = [vars(layer).get("forward") for layer in layers]
    for layer in layers:
        layer.forward = _watched(layer.forward, names[id(layer)], seen)
    try:
        loss = network.repeat(x, t)
    finally:
        for layer, forward in zip(layers, own, strict=True):
            del layer.forward  # the class has the real one
            if forward is not None:
                layer.forward = forward
    return seen[0] if seen else _on_tape(network.output, names), loss


def _watched(forward: Callable[..., Array], name: str, seen: list[str]) -> Callable[..., Array]:
    """`forward`, which now notes the layer's name if it makes its output infinite."""

    def watched(*inputs: Any, **options: Any) -> Array:
        output = forward(*inputs, **options)
        if all(map(_is_finite, inputs)) and not _is_finite(output):
            seen.append(name)
        return output

    return watched


def all_finite(arrays: Sequence[Array]) -> bool:
    """Whether all numbers are finite. A GPU is asked once, not once an array."""
    # If their squares add up to a number, they are. If not, it may have overflowed: look at each.
    total = float(sum(np.vdot(array, array) for array in arrays))
    return math.isfinite(total) or all(map(_is_finite, arrays))


def _is_finite(array: Array) -> bool:
    return bool(np.isfinite(array).all())
