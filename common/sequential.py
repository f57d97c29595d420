"""`Sequential`: layers in a row."""

from collections.abc import Iterable, Iterator
from typing import Any

from common.errors import ArgumentTypeError, SharedLayerError
from common.gradients import has_repeats
from common.layer import Layer, gradients_of
from common.np import Array


class Sequential(Layer):
    """Calls its layers one after another, and their backwards in the opposite order.

    `params` and `grads` are those of all its layers; `model[0]` is its first layer.

    A layer has one memory, so one that stands in two places would forget its first call at its
    second: by hand that is an error, as is an array that is a weight of two layers.
    """

    holds_layers = True

    def __init__(self, *layers: Layer) -> None:
        for layer in layers:
            is_layer = hasattr(layer, "forward") and hasattr(layer, "backward")
            if not is_layer or isinstance(layer, type):
                raise ArgumentTypeError(f"Sequential: expected layers, got {layer!r}")
        super().__init__()
        self.layers = list(layers)
        pairs = [p for layer in layers for p in zip(layer.params, layer.grads, strict=True)]
        once = {id(param): (param, grad) for param, grad in pairs}
        self.params = [param for param, _ in once.values()]
        self.grads = [grad for _, grad in once.values()]
        self.first_learning = next((layer for layer in layers if layer.params), None)
        self.has_shared = has_repeats(_flat(layers)) or len(once) < len(pairs)

    def forward(self, x: Array) -> Array:
        if self.has_shared:
            raise SharedLayerError(
                "Sequential: a layer, or an array that is a weight, stands in two places. By hand "
                "the second would overwrite what backward needs of the first: make two."
            )
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def __call__(self, x: Any) -> Any:
        """On a tensor: each layer's own call; a layer may then stand in two places."""
        if not hasattr(x, "record"):
            raise self._needs_tensor()
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, dout: Array) -> Array | None:
        if not self.params and not self.needs_dx:
            return None
        for layer in reversed(self.layers):
            # Where nobody needs dL/dx, the walk ends at the first layer that has weights.
            if layer is self.first_learning and not self.needs_dx:
                return self._back_without_dx(layer, dout)
            dout = layer.backward(dout)
        return dout

    @staticmethod
    def _back_without_dx(layer: Layer, dout: Array) -> None:
        before, layer.needs_dx = layer.needs_dx, False
        try:
            layer.backward(dout)
        finally:
            layer.needs_dx = before

    def zero_grads(self) -> None:
        """Clears the gradients."""
        for gradient in gradients_of(self):
            gradient.clear()

    def __getitem__(self, index: int | slice) -> Layer:
        """model[0] is the first layer; model[:2] a Sequential of the first two."""
        if isinstance(index, slice):
            return Sequential(*self.layers[index])
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"


def _flat(layers: Iterable[Layer]) -> Iterator[Layer]:
    for layer in layers:
        if isinstance(layer, Sequential):
            yield from _flat(layer.layers)
        else:
            yield layer
