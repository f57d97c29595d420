"""`Sequential`: layers in a row."""

from collections.abc import Iterable, Iterator

from common.errors import ArgumentTypeError, SharedLayerError
from common.layer import Layer
from common.np import Array
from common.sharing import has_repeats


class Sequential(Layer):
    """Calls its layers one after another, and their backwards in the opposite order.

    `params` and `grads` are those of all its layers; `model[0]` is its first layer.

    A layer has one memory, so one that stands in two places would forget its first call at its
    second: by hand that is an error, as is an array that is a weight of two layers.
    """

    def __init__(self, *layers: Layer) -> None:
        for layer in layers:
            if not (hasattr(layer, "forward") and hasattr(layer, "backward")):
                raise ArgumentTypeError(f"Sequential: expected layers, got {layer!r}")
        super().__init__()
        self.layers = list(layers)
        self.params = [param for layer in layers for param in layer.params]
        self.grads = [grad for layer in layers for grad in layer.grads]
        self.has_shared = has_repeats(_flat(layers)) or has_repeats(self.params)

    def forward(self, x: Array) -> Array:
        if self.has_shared:
            raise SharedLayerError(
                "Sequential: a layer, or an array that is a weight, stands in two places. By hand "
                "the second would overwrite what backward needs of the first: make two."
            )
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout: Array) -> Array | None:
        # Where nobody needs dL/dx, the walk ends at the first layer that has weights.
        first = 0 if self.needs_dx else self._first_with_weights()
        for layer in self.layers[first : first + 1]:
            layer.needs_dx = self.needs_dx
        for layer in reversed(self.layers[first:]):
            dout = layer.backward(dout)
        return dout if self.needs_dx else None

    def _first_with_weights(self) -> int:
        return next((i for i, layer in enumerate(self.layers) if layer.params), len(self.layers))

    def __getitem__(self, index: int) -> Layer:
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
