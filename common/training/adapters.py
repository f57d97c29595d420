"""What the Trainer trains: a model and its loss as one object, by hand or on the tape.

Both have `predict(x)`, `forward(x, t)` that returns the loss, `backward()`, and `lists()`: the
parameters, and their gradients. `has_classes(y, t)` says whether the scores y of some rows and
their targets t name classes, so that a share of them is right.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from common import config
from common.autograd import Tensor, no_grad, replay
from common.autograd.tape import calls_behind, no_grad_blocks
from common.base import Layer, check_no_layer_twice, mode
from common.checks import check_sequence, has_classes, has_one_score, name_of
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    ShapeError,
)
from common.layers import Sequential, Sigmoid, Softmax, flat
from common.losses import LOSSES, SigmoidWithLoss, SoftmaxWithLoss
from common.np import Array
from common.parameters import Part, each_once, learners_among, lists_of, parts_of
from common.training.lists_by_hand import backward_over_nan, check_lists, check_not_frozen
from common.util import batches, to_cpu

Lists = tuple[Sequence[Array], Sequence[Array]]


class _Adapter:
    """What both have: the parts of some models, and nothing to do where one of them needs none."""

    output: Any = None  # the loss as a tensor, from forward until backward; of a replay, none
    unreached: Sequence[Part] = ()  # to which no gradient has come yet
    forward: Callable[..., Any]
    adds_up = False  # the gradient over the rows of a batch; or it is a mean. Of several workers

    def __init__(self, *models: Any) -> None:
        self.models = models
        self.look()

    def look(self) -> None:
        """Finds the parts; one that was replaced or added counts from then on."""
        self.parts = each_once(part for model in self.models for part in parts_of(model))
        self.leaves = [part for part in self.parts if not part.is_container]
        self.learners = learners_among(self.leaves)

    def begin_epoch(self) -> None:
        pass

    def repeat(self, x: Array, t: Array) -> Any:
        """The loss once more, with calls that one can look at."""
        return self.forward(x, t)

    @property
    def reduction(self) -> str | None:
        """What the loss is over the rows, if that is known: "mean" or "sum"."""
        loss = self.models[-1]
        said = getattr(loss, "reduction", "mean" if type(loss) in LOSSES else None)
        return said if said in ("mean", "sum") else None

    def of_all_rows(self, loss: Any, share: float) -> Any:
        """What the loss of some rows of a batch says of the whole; they are such a share of it."""
        return loss / share if self.adds_up else loss

    def check_lists(self) -> None:
        pass

    def check_reached(self) -> None:
        pass

    def check_labels(self, x: Array, t: Array) -> None:
        pass


class ByHand(_Adapter):
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
        check_sequence(model, "params", model.params)
        check_sequence(model, "grads", model.grads)
        self.model, self.is_first = model, True
        for row in vars(model).values() if hasattr(model, "__dict__") else ():
            if isinstance(row, list | tuple):
                check_no_layer_twice("Trainer", row)
        super().__init__(model)

    def check_lists(self) -> None:
        check_not_frozen(self.model, self.leaves)
        check_lists(self.model, self.leaves)

    def begin_epoch(self) -> None:
        check_not_frozen(self.model, self.leaves)

    def lists(self) -> Lists:
        return self.model.params, self.model.grads

    def predict(self, x: Array) -> Array:
        if not hasattr(self.model, "predict"):
            raise ArgumentTypeError(
                f"Trainer: to predict, and to evaluate, {name_of(self.model)} must have "
                f"predict(x), which returns its scores"
            )
        return self.model.predict(x)

    def has_classes(self, y: Array, t: Array) -> bool:
        return has_classes(y, t)

    def forward(self, x: Array, t: Array) -> Any:
        return _one_number(self.model.forward(x, t))

    def backward(self) -> None:
        if self.is_first and not config.GPU:  # where to look would be to wait
            backward_over_nan(self.model, self.leaves)
        else:
            self.model.backward()
        self.is_first = False


class OnTape(_Adapter):
    """A model that is called on tensors, and its loss."""

    def __init__(self, model: Any, loss: Layer) -> None:
        for name, value in (("model", model), ("loss", loss)):
            if isinstance(value, type) or not callable(value):
                raise ArgumentTypeError(
                    f"Trainer: with a loss, {name} must be a layer or a model that is called on "
                    f"tensors, got {value!r:.80}"
                )
        self.model, self.loss, self.is_first = model, loss, True
        self._check_ends_at_scores(model, loss)
        super().__init__(model, loss)
        self.unreached = [leaf for leaf in self.leaves if leaf.params]
        self.loss_is_sum = self.reduction == "sum"  # asked once, and not in each step

    @staticmethod
    def _check_ends_at_scores(model: Any, loss: Any) -> None:
        """What a loss does itself, the model must not do before."""
        layers = [*flat(model)] if isinstance(model, Sequential) else []
        last = layers[-1] if layers else model
        for of, activation in ((SoftmaxWithLoss, Softmax), (SigmoidWithLoss, Sigmoid)):
            if isinstance(loss, of) and isinstance(last, activation):
                raise ArgumentError(
                    f"Trainer: {name_of(loss)} applies {name_of(last)} itself, so the model must "
                    f"end before it, at its scores. Leave the {name_of(last)} out."
                )

    def begin_epoch(self) -> None:
        self.look()  # a hand-written model keeps its lists itself; this one is asked for them

    def lists(self) -> Lists:
        return lists_of(self.learners)

    def has_classes(self, y: Array, t: Array) -> bool:
        is_one_of_two = isinstance(self.loss, SigmoidWithLoss) and has_one_score(y)
        return is_one_of_two or has_classes(y, t)

    def predict(self, x: Array) -> Array:
        with no_grad():
            return _tensor("the model", self.model(Tensor(x))).data

    def forward(self, x: Array, t: Array) -> Array:
        """The loss; of one that is a sum, the mean over the rows, whatever their number."""
        self.output = self._loss_of(Tensor(x), t)
        return self._per_row(_one_number(self.output.data), x)

    def backward(self) -> None:
        output, self.output = self.output, None  # the graph may go as soon as it was walked
        self._clear()
        if self.is_first:
            self._check_all_known(output)
        output.backward()
        self._clear_unreached()

    def _per_row(self, loss: Array, x: Array) -> Array:
        return loss / len(x) if self.loss_is_sum else loss

    def of_all_rows(self, loss: Any, share: float) -> Any:
        return loss if self.reduction else super().of_all_rows(loss, share)  # it is per row

    def _loss_of(self, x: Tensor, t: Any) -> Tensor:
        return _tensor("the loss", self.loss(self.model(x), t))

    def _clear(self) -> None:
        """No gradients. In a layer they are about to be written over, and need no zeros before."""
        for leaf in self.leaves:
            if isinstance(leaf, Layer):
                leaf.has_grads = False
            else:
                leaf.clear()

    def _clear_unreached(self) -> None:
        """Zeros where no gradient came back; a gradient that came is remembered."""
        for leaf in self.leaves:
            if not leaf.has_grads:
                leaf.clear()
        if self.unreached:
            self.unreached = [leaf for leaf in self.unreached if not leaf.has_grads]

    def _check_all_known(self, output: Tensor) -> None:
        """All that learns and was called is a part of the model or the loss."""
        self.is_first = False
        known = {id(leaf) for leaf in self.leaves}
        for call, _ in calls_behind(output):
            for part in (call.of, *call.inputs):
                is_learning = isinstance(part, Part) and part.params and part.requires_grad
                if is_learning and id(part) not in known:
                    raise ArgumentError(
                        f"Trainer: {part!r:.80} is called, but is found nowhere in the model, so "
                        f"it would not learn. Put it into an attribute, a list or a dictionary of "
                        f"a Module: what a function holds is not seen."
                    )

    def check_reached(self) -> None:
        """A gradient has come back to each part, at some step."""
        for leaf in self.unreached:
            if leaf.requires_grad:
                raise GradientError(
                    f"Trainer: in a whole epoch no gradient came back to {leaf}. Is it called, and "
                    f"what comes after it, on tensors? Arrays (x.data) cut the graph. What is not "
                    f"to learn is frozen: requires_grad = False."
                )

    def check_labels(self, x: Array, t: Array) -> None:
        """Looks at all targets, if the loss is one of ours: x is a first batch, t are all.

        On the CPU, where a wrong label raises; with the scores of the first row for every row.
        """
        if type(self.loss) not in LOSSES:
            return
        with mode(self.parts, training=False):
            y = to_cpu(self.predict(x))
        if y.shape[:1] != x.shape[:1]:  # the loss will say so
            return
        with config.use_gpu(False):
            for (labels,) in batches(1000, to_cpu(t)):
                scores = numpy.broadcast_to(y[:1], (len(labels), *y.shape[1:]))
                self.loss.check_targets(scores, labels)


class Replayed(OnTape):
    """The same, replayed. The first step is not: its graph is looked at."""

    def __init__(self, model: Any, loss: Layer) -> None:
        super().__init__(model, loss)
        self.step = replay(self._loss_of)

    def forward(self, x: Array, t: Array) -> Array:
        """The loss; the gradients come back with it, unless nothing is recorded."""
        if self.is_first or no_grad_blocks.get():
            return super().forward(x, t)
        self._clear()
        self.output = None
        return self._per_row(self.step(x, t), x)

    def backward(self) -> None:
        if self.output is not None:
            super().backward()
        else:
            self._clear_unreached()

    def repeat(self, x: Array, t: Array) -> Array:
        """The loss once more, on the tape."""
        return super().forward(x, t)


def _tensor(name: str, y: Any) -> Tensor:
    if not isinstance(y, Tensor):
        raise ArgumentTypeError(f"Trainer: {name} must return a Tensor, got {type(y).__name__}")
    return y


def _one_number(loss: Any) -> Any:
    if getattr(loss, "shape", ()) != ():
        raise ShapeError(f"Trainer: the loss must be one number, got shape {loss.shape}")
    if not isinstance(loss, float | int) and not hasattr(loss, "shape"):
        raise ArgumentTypeError(
            f"Trainer: forward(x, t) of the model must return the loss, got {type(loss).__name__}"
        )
    return loss
