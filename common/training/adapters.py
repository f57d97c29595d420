"""What the Trainer trains: a model and its loss as one object, by hand or on the tape.

Both have `predict(x)`, `forward(x, t)` that returns the loss, `backward()`, and `lists()`: the
parameters, and their gradients. `check(x, t)` is called before a fit; `look()` before
each epoch, so that a part that was replaced or added counts.
"""

from collections.abc import Sequence
from typing import Any

import numpy

from common import config
from common.autograd import Tensor, no_grad
from common.base import Layer, mode
from common.checks import name_of
from common.errors import ArgumentTypeError, ShapeError, SharedLayerError
from common.np import Array, np
from common.parameters import Part, learned, leaves_of, lists_of
from common.util import to_cpu

Lists = tuple[Sequence[Array], Sequence[Array]]


class ByHand:
    """A model with params, grads, predict(x), forward(x, t) that returns the loss, backward()."""

    def __init__(self, model: Any) -> None:
        if isinstance(model, Layer):
            raise ArgumentTypeError(
                f"Trainer: a {name_of(model)} ends at its scores, so a loss must be given: "
                f"Trainer(model, optimizer, loss=SoftmaxWithLoss())"
            )
        missing = [name for name in ("params", "grads") if not hasattr(model, name)]
        missing += [n for n in ("forward", "backward") if not callable(getattr(model, n, None))]
        if missing:
            raise ArgumentTypeError(
                f"Trainer: without a loss, the model must have params, grads, forward(x, t) and "
                f"backward(); {name_of(model)} has no {' and no '.join(missing)}"
            )
        self.model = model
        self._check_memories()

    def _check_memories(self) -> None:
        values = getattr(self.model, "__dict__", {}).values()
        for row in (value for value in values if isinstance(value, list | tuple)):
            layers = [id(item) for item in row if isinstance(item, Layer)]
            if len(set(layers)) < len(layers):
                raise SharedLayerError(
                    "Trainer: a layer stands in two places. By hand its second call would "
                    "overwrite what the backward of its first needs: make two, or train it on "
                    "the tape, with loss=..."
                )

    def check(self, x: Array, t: Array) -> None:
        """Whether the lists of the model hold the very arrays of its layers."""
        model = self.model
        listed = {id(p): p for p in model.params}
        pairs = {(id(p), id(g)) for p, g in zip(model.params, model.grads, strict=False)}
        own = [
            (layer, p, g)
            for layer in leaves_of(model)
            if isinstance(layer, Layer)
            for p, g in zip(layer.params, layer.grads, strict=True)
        ]
        foreign = listed.keys() - {id(p) for _, p, _ in own}
        for layer, p, g in own:
            if id(p) in listed and (id(p), id(g)) not in pairs:
                raise SharedLayerError(
                    f"Trainer: {name_of(model)}.grads lacks the gradient that {layer} writes. "
                    f"List each layer's grads beside its params, also where two layers have one "
                    f"array: their gradients are added up."
                )
            if id(p) not in listed and p.shape in [np.shape(listed[key]) for key in foreign]:
                raise SharedLayerError(
                    f"Trainer: {name_of(model)}.params has an array of shape {p.shape} that no "
                    f"layer has, and not the one of {layer}. Was the layer moved or replaced on "
                    f"its own? Move the model as a whole, or make its lists anew."
                )

    def lists(self) -> Lists:
        return self.model.params, self.model.grads

    def predict(self, x: Array) -> Array:
        return self.model.predict(x)

    def forward(self, x: Array, t: Array) -> Any:
        return _one_number(self.model.forward(x, t))

    def backward(self) -> None:
        self.model.backward()

    def look(self) -> None:
        """Nothing to do: the model keeps its lists itself."""


class OnTape:
    """A model that is called on tensors, and its loss."""

    def __init__(self, model: Any, loss: Layer) -> None:
        for name, value in (("model", model), ("loss", loss)):
            if isinstance(value, type) or not callable(value):
                raise ArgumentTypeError(
                    f"Trainer: with a loss, {name} must be a layer or a model that is called on "
                    f"tensors, got {value!r:.80}"
                )
        self.model, self.loss = model, loss
        self.output: Any = None
        self.look()

    def look(self) -> None:
        both = [*leaves_of(self.model), *leaves_of(self.loss)]
        self.leaves: list[Part] = list({id(leaf): leaf for leaf in both}.values())

    def lists(self) -> Lists:
        return lists_of(self.leaves)

    def predict(self, x: Array) -> Array:
        with no_grad():
            return _tensor("the model", self.model(Tensor(x))).data

    def forward(self, x: Array, t: Array) -> Array:
        self.output = _tensor("the loss", self.loss(self.model(Tensor(x)), t))
        return _one_number(self.output.data)

    def backward(self) -> None:
        output, self.output = self.output, None  # the graph may go as soon as it was walked
        for leaf in self.leaves:
            leaf.clear()
        output.backward()

    def check(self, x: Array, t: Array) -> None:
        """The loss of all rows, were their scores those of the first: it refuses what is no label.

        On the CPU, where a wrong label raises.
        """
        with mode(self.model, training=False):
            y = to_cpu(self.predict(x[:1]))
        if len(y) == 1 and not learned(self.loss)[0]:
            scores = numpy.broadcast_to(y, (len(t), *y.shape[1:]))
            with config.use_gpu(False), no_grad():
                self.loss(Tensor(scores), to_cpu(t))


def _tensor(name: str, y: Any) -> Tensor:
    if not isinstance(y, Tensor):
        raise ArgumentTypeError(f"Trainer: {name} must return a Tensor, got {type(y).__name__}")
    return y


def _one_number(loss: Any) -> Any:
    if loss is None:
        raise ArgumentTypeError("Trainer: forward(x, t) of the model must return the loss")
    if getattr(loss, "shape", ()) != ():
        raise ShapeError(f"Trainer: the loss must be one number, got shape {loss.shape}")
    return loss
