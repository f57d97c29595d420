"""One that is wrong among many that are right: it is found wherever it stands.

The message has its place, and the right ones are as they were.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from common import plot
from common.autograd import concatenate, stack
from common.errors import (
    ArgumentTypeError,
    CommonError,
    DataError,
    DTypeError,
    LabelError,
    ShapeError,
)
from common.gradient_check import check_gradients
from common.layers import (
    Embedding,
    Layer,
    Linear,
    ReLU,
    Sequential,
    SigmoidWithLoss,
    SoftmaxWithLoss,
)
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from common.util import batches, clip_grads
from dataset.hold_out import hold_out
from tests.common.table import draw
from tests.common.test_layers_bad_input import refused
from tests.common.training import numbers

# The third of five ------------------------------------------------------------------------------


class ByHand:
    """A model with the lists that it is given."""

    def __init__(self, params: list[Any], grads: list[Any]) -> None:
        self.params, self.grads = params, grads

    def forward(self, x: Array, t: Array) -> Array:
        return np.asarray(t.mean())

    def backward(self) -> None:
        pass


def fit(params: list[Any], grads: list[Any]) -> None:
    x = np.ones((2, 1))
    Trainer(ByHand(params, grads), SGD()).fit(x, x, 1, verbose=False)


def five_tensors(*tensors: Any) -> Any:
    return sum((x * x).sum() for x in tensors)


WRONG: dict[str, Callable[[Any], Any]] = {
    "whole numbers": lambda array: array.astype(int),
    "a row": lambda array: array[:1],
    "a list": lambda array: array.tolist(),
    "None": lambda array: None,
    "NaN": lambda array: array * math.nan,
}
Case = tuple[Callable[[Any, Any], Any], str, type[CommonError], str]
FIVE: dict[str, Case] = {  # each of two lists, of which the first has the wrong one
    "params, whole numbers": (SGD().update, "whole numbers", DTypeError, "params[2]"),
    "params, a row": (SGD().update, "a row", ShapeError, "grads[2]"),
    "params, None": (SGD().update, "None", DTypeError, "params[2]"),
    "grads, whole numbers": (
        lambda a, b: SGD().update(b, a), "whole numbers", DTypeError, "grads[2]",
    ),
    "grads, a row": (lambda a, b: SGD().update(b, a), "a row", ShapeError, "grads[2]"),
    "grads, a list": (lambda a, b: SGD().update(b, a), "a list", DTypeError, "grads[2]"),
    "a model's params": (fit, "a list", DTypeError, "params[2]"),
    "a model's grads": (lambda a, b: fit(b, a), "None", DTypeError, "grads[2]"),
    "clip_grads": (lambda a, b: clip_grads(a, 0.1), "whole numbers", DTypeError, "grads[2]"),
    "batches, a row": (lambda a, b: batches(1, *a), "a row", DataError, "2 rows and 1"),
    "batches, a list": (lambda a, b: batches(1, *a), "a list", DTypeError, "array 2"),
    "Layer": (lambda a, b: Layer(*a), "None", DTypeError, "params[2]"),
    "check_gradients": (
        lambda a, b: check_gradients(five_tensors, *a), "a list", DTypeError, "input 2",
    ),
    "concatenate": (lambda a, b: concatenate(a, axis=1), "a row", ShapeError, "(1, 3)"),
    "stack": (lambda a, b: stack(a), "a row", ShapeError, "(1, 3)"),
    "Sequential": (
        lambda a, b: Sequential(ReLU(), ReLU(), a[2], ReLU()), "None", ArgumentTypeError, "None",
    ),
    "curves": (
        lambda a, b: plot.curves(a[0].ravel(), {str(i): y.ravel() for i, y in enumerate(a)}),
        "a row", ShapeError, "'2'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "wrong", "error", "saying"), FIVE.values(), ids=FIVE)
def test_the_third_of_five_is_refused(
    call: Callable[[Any, Any], Any], wrong: str, error: type[CommonError], saying: str
) -> None:
    one, other = ([draw(2, 3, seed=i) for i in range(5)] for _ in range(2))
    one[2] = WRONG[wrong](one[2])
    arrays = [array for array in (*one, *other) if isinstance(array, np.ndarray)]
    before = [array.tobytes() for array in arrays]
    with refused(error, saying):
        call(one, other)
    assert [array.tobytes() for array in arrays] == before


# A row behind the first thousand ------------------------------------------------------------------

ROWS, PLACE = 2100, 1999  # where the labels are looked at, it is a thousand rows at a time


def rows_of(array: Array, value: Any) -> Array:
    """So many rows, with one that is another."""
    table = numpy.resize(array, (ROWS, *array.shape[1:]))
    table[PLACE] = value
    return table


X = numpy.resize(numpy.array([[0.5, -1.0], [1.0, 0.25], [-0.5, 0.75]]), (ROWS, 2))
LABELS = numpy.resize(numpy.array([0, 1, 2]), ROWS)
ONE_HOT = numpy.eye(3)
TOO_LARGE, NO_CLASS = rows_of(LABELS[:3], 3), rows_of(ONE_HOT, 0)
BINARY = rows_of(numpy.array([[0.0], [1.0]]), 1.5)
NAN = rows_of(X[:3], math.nan)
FAR: dict[str, tuple[Any, dict[str, Any], type[CommonError], str]] = {
    "x": (SoftmaxWithLoss, {"x": NAN}, DataError, f"x holds NaN or infinity in 1 of its {ROWS}"),
    "label": (SoftmaxWithLoss, {"t": TOO_LARGE}, LabelError, "t must lie in 0..2, got 3"),
    "distribution": (SoftmaxWithLoss, {"t": NO_CLASS}, LabelError, "adds up to 0"),
    "binary label": (SigmoidWithLoss, {"t": BINARY}, LabelError, "between 0 and 1, got 1.5"),
    "held-out x": (SoftmaxWithLoss, {"held_out": (NAN, LABELS)}, DataError, f"row {PLACE}"),
    "held-out label": (SoftmaxWithLoss, {"held_out": (X, TOO_LARGE)}, LabelError, "got 3"),
}


@pytest.mark.parametrize(("loss", "data", "error", "saying"), FAR.values(), ids=FAR)
def test_a_row_far_behind_is_refused_before_the_training(
    loss: Any, data: dict[str, Any], error: type[CommonError], saying: str
) -> None:
    model = Sequential(Linear(2, 1 if loss is SigmoidWithLoss else 3, seed=0))
    before, trainer = numbers(model), Trainer(model, SGD(), loss())
    with refused(error, saying):
        trainer.fit(**{"x": X, "t": LABELS, "verbose": False, **data})
    assert (numbers(model), trainer.step) == (before, 0)


@pytest.mark.parametrize("t", [TOO_LARGE, NO_CLASS], ids=["label", "distribution"])
def test_a_row_far_behind_is_refused_without_training_as_well(t: Array) -> None:
    with refused(LabelError, "t"):
        Trainer(Sequential(Linear(2, 3, seed=0)), SGD(), SoftmaxWithLoss()).evaluate(X, t)
    with refused(DataError, f"row {PLACE}"):
        hold_out(np.asarray(NAN), np.asarray(t))


@pytest.mark.cpu  # on a GPU nobody waits to look
def test_an_index_far_behind_is_refused() -> None:
    with refused(LabelError, "0..2, got 3"):
        Embedding(draw(3, 2)).forward(TOO_LARGE)
    with refused(LabelError, "0..2, got 3"):
        SoftmaxWithLoss().forward(numpy.resize(X, (ROWS, 3)), TOO_LARGE)
