"""Where a NaN or an infinity came from."""

from collections.abc import Callable
from typing import Any

from common.layer import layers_of
from common.module import Module
from common.np import Array, np
from common.sequential import Sequential


def where_not_finite(model: Any, x: Array, t: Array) -> str:
    """A sentence that names the first thing in model.forward(x, t) that is not finite.

    Looks at the weights, then runs forward once more and watches what each layer returns. Layers
    are counted from 0, as in `sequential[0]`.
    """
    layers = [layer for layer in layers_of(model) if not isinstance(layer, Sequential | Module)]
    for i, layer in enumerate(layers):
        if not all(_is_finite(param) for param in layer.params):
            return f"Layer {i}, {layer}, has a weight that is not finite: an earlier step lost it."
    seen: list[str] = []
    own = [vars(layer).get("forward") for layer in layers]
    for i, layer in enumerate(layers):
        layer.forward = _watched(layer.forward, f"layer {i}, {layer}", seen)
    try:
        loss = model.forward(x, t)
    finally:
        for layer, forward in zip(layers, own, strict=True):
            del layer.forward  # the class has the real one
            if forward is not None:
                layer.forward = forward
    if seen:
        return f"It first arose in {seen[0]}."
    if _is_finite(loss):
        return "When the step was repeated it did not come back: is there a Dropout?"
    return "No layer of the model returned it: it arose in the model's own code."


def _watched(forward: Callable[..., Array], name: str, seen: list[str]) -> Callable[..., Array]:
    """`forward`, which now notes the layer's name if its output is not finite."""

    def watched(*inputs: Any, **options: Any) -> Array:
        output = forward(*inputs, **options)
        if all(map(_is_finite, inputs)) and not _is_finite(output):
            seen.append(name)
        return output

    return watched


def _is_finite(array: Array) -> bool:
    return bool(np.isfinite(array).all())
