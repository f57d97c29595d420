"""What the Trainer trains: a model and its loss as one object, by hand or on the tape.

Both have `params`, `grads`, `predict(x)`, `forward(x, t)` that returns the loss, `backward()`.
"""

from typing import Any

from common.autograd import Tensor, no_grad
from common.base import Layer, gradients_of, has_repeats, leaves_of
from common.errors import ArgumentTypeError, SharedLayerError
from common.np import Array


def by_hand(model: Any) -> Any:
    """The model, if no two of its layers would write their gradient into the same array."""
    if isinstance(model, Layer):
        raise ArgumentTypeError(
            f"Trainer: a {type(model).__name__} ends at its scores, so a loss must be given: "
            f"Trainer(model, optimizer, loss=SoftmaxWithLoss())"
        )
    missing = [name for name in ("params", "grads") if not hasattr(model, name)]
    missing += [n for n in ("forward", "backward") if not callable(getattr(model, n, None))]
    if missing:
        raise ArgumentTypeError(
            f"Trainer: without a loss, the model must have params, grads, forward(x, t) and "
            f"backward(); {type(model).__name__} has no {' and no '.join(missing)}"
        )
    values = getattr(model, "__dict__", {}).values()
    lists = [value for value in values if isinstance(value, list | tuple)]
    if any(has_repeats(item for item in value if isinstance(item, Layer)) for value in lists):
        raise SharedLayerError(
            "Trainer: a layer stands in two places. By hand its second call would overwrite what "
            "the backward of its first needs: make two, or train it on the tape, with loss=..."
        )
    if has_repeats(gradient for leaf in leaves_of(model) for gradient in gradients_of(leaf)):
        raise SharedLayerError(
            "Trainer: two layers of the model learn the same array. By hand, the backward of one "
            "overwrites the gradient of the other: train it on the tape, with loss=..."
        )
    return model


class OnTape:
    """A model that is called on tensors, and its loss, as one: what the Trainer trains."""

    def __init__(self, model: Any, loss: Layer) -> None:
        for name, value in (("model", model), ("loss", loss)):
            if isinstance(value, type) or not callable(value):
                raise ArgumentTypeError(
                    f"Trainer: with a loss, {name} must be a layer or a model that is called on "
                    f"tensors, got {value!r:.80}"
                )
        self.model, self.loss = model, loss
        self.output: Any = None

    @property
    def params(self) -> list[Array]:
        return self.model.params

    @property
    def grads(self) -> list[Array]:
        return self.model.grads

    def predict(self, x: Array) -> Array:
        with no_grad():
            return _tensor("the model", self.model(Tensor(x))).data

    def forward(self, x: Array, t: Array) -> Array:
        self.output = _tensor("the loss", self.loss(self.model(Tensor(x)), t))
        return self.output.data

    def backward(self) -> None:
        output, self.output = self.output, None  # the graph may go as soon as it was walked
        self.model.zero_grads()
        output.backward()


def _tensor(name: str, y: Any) -> Tensor:
    if not isinstance(y, Tensor):
        raise ArgumentTypeError(f"Trainer: {name} must return a Tensor, got {type(y).__name__}")
    return y
