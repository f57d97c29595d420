"""What a Trainer refuses before anything changes."""

import math
from typing import Any

import numpy
import pytest

from common import config
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CommonError,
    DataError,
    DTypeError,
    LabelError,
    ShapeError,
)
from common.layers import (
    Linear,
    MSELoss,
    Sequential,
    SoftmaxWithLoss,
)
from common.np import Array
from common.optimizer import SGD, Momentum
from common.trainer import Trainer, early_stopping
from tests.common.training import (
    ONE_HOT,
    BookNet,
    T,
    X,
    network,
    numbers,
    trainer_of,
)

# Bad input


def with_value(array: Array, value: Any, row: int = -1) -> Array:
    array = array.astype(numpy.result_type(array, type(value)))
    array[row] = value
    return array


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "NaN in x": ({"x": with_value(X, math.nan)}, DataError, "x holds NaN.* row 44"),
    "inf in x": ({"x": with_value(X, -math.inf, 3)}, DataError, "x holds NaN.* row 3"),
    "NaN in t": ({"t": with_value(ONE_HOT, math.nan)}, DataError, "t holds NaN"),
    "t one row short": ({"t": T[:-1]}, DataError, "x has 45 rows, but t has 44"),
    "no rows": ({"x": X[:0], "t": T[:0]}, DataError, r"x has no rows: its shape is \(0, 2\)"),
    "x a number": ({"x": numpy.float32(1)}, DTypeError, "x must be an array, got float32"),
    "x a list": ({"x": X.tolist()}, DTypeError, "x must be an array, got list"),
    "t a list": ({"t": T.tolist()}, DTypeError, "t must be an array, got list"),
    "x a string": ({"x": "spiral"}, DTypeError, "x must be an array, got str"),
    "x None": ({"x": None}, DTypeError, "x must be an array, got NoneType"),
    "strings in x": ({"x": X.astype(str)}, DTypeError, "x must hold numbers, got <U"),
    "objects in x": ({"x": X.astype(object)}, DTypeError, "x must hold numbers, got object"),
    "complex x": ({"x": X.astype(complex)}, DTypeError, "x must hold numbers, got complex128"),
    "x too wide": ({"x": X[:, [0, 1, 1]]}, ShapeError, r"Linear: x must have shape \(N, 2\)"),
    "x flat": ({"x": X[:, 0]}, ShapeError, r"Linear: x must have shape \(N, 2\)"),
    "label 3": ({"t": with_value(T, 3)}, LabelError, "t must lie in 0..2, got 3"),
    "label -1": ({"t": with_value(T, -1, 0)}, LabelError, "t must lie in 0..2, got -1"),
    "float labels": ({"t": T.astype(float)}, LabelError, "class numbers .* got float64"),
    "labels in a column": ({"t": T[:, None]}, LabelError, r"got int64 of shape \(45, 1\)"),
    "two classes": ({"t": ONE_HOT[:, :2]}, LabelError, r"got int32 of shape \(45, 2\)"),
    "no class": ({"t": with_value(ONE_HOT, 0)}, LabelError, "each row of t"),
    "two hot": ({"t": with_value(ONE_HOT, 1)}, LabelError, "each row of t"),
    "strings in t": ({"t": T.astype(str)}, DTypeError, "t must hold numbers, got <U"),
    "bool labels": ({"t": T > 0}, LabelError, r"got bool of shape \(45,\)"),
    "batch_size 0": ({"batch_size": 0}, ArgumentError, "batch_size must be at least 1, got 0"),
    "batch_size 2.5": ({"batch_size": 2.5}, ArgumentTypeError, "batch_size must be a whole"),
    "batch_size None": ({"batch_size": None}, ArgumentTypeError, "batch_size must be a whole"),
    "max_epoch -1": ({"max_epoch": -1}, ArgumentError, "max_epoch must be at least 0, got -1"),
    "max_epoch 1.0": ({"max_epoch": 1.0}, ArgumentTypeError, "max_epoch must be a whole"),
    "max_grad 0": ({"max_grad": 0}, ArgumentError, "max_grad must be above 0"),
    "max_grad -1": ({"max_grad": -1}, ArgumentError, "max_grad must be above 0"),
    "max_grad NaN": ({"max_grad": math.nan}, ArgumentError, "max_grad must be above 0"),
    "max_grad text": ({"max_grad": "5"}, ArgumentTypeError, "max_grad must be a number"),
    "eval_interval 0": ({"eval_interval": 0}, ArgumentError, "eval_interval must be at least 1"),
    "eval_interval 2.5": ({"eval_interval": 2.5}, ArgumentTypeError, "eval_interval must be a"),
    "held-out NaN": ({"held_out": (with_value(X, math.nan), T)}, DataError, "x holds NaN"),
    "held-out label 3": ({"held_out": (X, with_value(T, 3))}, LabelError, "0..2, got 3"),
    "held-out rows": ({"held_out": (X[:3], T)}, DataError, "x has 3 rows, but t has 45"),
    "no held-out rows": ({"held_out": (X[:0], T[:0])}, DataError, "x has no rows"),
    "held-out lists": ({"held_out": (X.tolist(), T.tolist())}, DTypeError, "must be an array"),
    "held-out too wide": ({"held_out": (X[:, [0, 1, 1]], T)}, ShapeError, r"shape \(N, 2\)"),
    "held_out x alone": ({"held_out": X}, CommonError, "held_out"),
    "held_out of one": ({"held_out": (X,)}, CommonError, "held_out"),
    "held_out of three": ({"held_out": (X, T, T)}, CommonError, "held_out"),
    "held_out nothing": ({"held_out": ()}, CommonError, "held_out"),
    "callback no function": ({"callbacks": [3]}, CommonError, "callback"),
    "callbacks one function": ({"callbacks": early_stopping(3)}, CommonError, "callbacks"),
    "schedule a number": ({"schedule": 0.1}, CommonError, "schedule"),
}


@pytest.mark.parametrize(("options", "error", "saying"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_before_anything_changes(
    options: dict[str, Any], error: type[Exception], saying: str
) -> None:
    model, optimizer = network(), Momentum(0.1)
    trainer = Trainer(model, optimizer, loss=SoftmaxWithLoss(), seed=0)
    trainer.fit(X, T, 1, verbose=False)

    def everything() -> list[Any]:
        arrays = [*model.params, *model.grads, *(v for slot in optimizer.slots for v in slot.state)]
        counts = [optimizer.steps, optimizer.lr, trainer.step, list(trainer.history)]
        return [array.tobytes() for array in arrays] + counts

    before = everything()
    with pytest.raises(error, match=saying):
        trainer.fit(**{"x": X, "t": T, "verbose": False, **options})
    assert everything() == before
    trainer.fit(X, T, 1, verbose=False)
    assert len(trainer.history) == 2


@pytest.mark.parametrize(
    ("held_out", "saying"),
    [
        ((X[:, [0, 1, 1]], X[:, :1]), r"x must have shape \(N, 2\)"),
        ((X, X), r"t must have shape \(\d+, 1\)"),
    ],
    ids=["x", "t"],
)
def test_a_regression_too_refuses_wrong_held_out_shapes_before_it_starts(
    held_out: tuple[Array, Array], saying: str
) -> None:
    model = Sequential(Linear(2, 1, seed=0))
    before = numbers(model)
    with pytest.raises(ShapeError, match=saying):
        Trainer(model, SGD(), loss=MSELoss()).fit(X, X[:, :1], held_out=held_out, verbose=False)
    assert numbers(model) == before


@pytest.mark.parametrize("saying", ["x", "t"])
def test_evaluate_refuses_bad_data_too(saying: str) -> None:
    trainer = trainer_of(network())
    bad = with_value(X, math.nan) if saying == "x" else X
    with pytest.raises(CommonError, match=f"{saying} "):
        trainer.evaluate(bad, with_value(T, 3))
    with pytest.raises(ArgumentError, match="batch_size must be at least 1"):
        trainer.evaluate(X, T, batch_size=0)


def test_a_seed_that_cannot_be() -> None:
    seed: Any = "one"
    with pytest.raises(ArgumentError, match="Trainer: seed must be"):
        Trainer(network(), SGD(), SoftmaxWithLoss(), seed)


def test_labels_are_looked_at_in_a_callback_as_everywhere() -> None:
    def look(trainer: Trainer) -> None:
        with pytest.raises(LabelError, match="got 3"):
            trainer.network.loss.forward(numpy.zeros((1, 3)), numpy.array([3]))
        ran.append(True)

    ran: list[bool] = []
    with config.use_gpu(False):
        trainer_of(network()).fit(X, T, 1, callbacks=[look], verbose=False)
    assert ran == [True]


@pytest.mark.cpu  # on a GPU they make the loss NaN
def test_the_labels_that_a_model_by_hand_makes_itself_are_the_ones_that_count() -> None:
    """Here they count from 1 in the data, and from 0 in the model."""

    class FromOne(BookNet):
        def forward(self, x: Array, t: Array) -> Array:
            return super().forward(x, t - 1)

    Trainer(FromOne(*network()), SGD()).fit(X, T + 1, 1, verbose=False)
    with pytest.raises(LabelError, match="got -1"):
        Trainer(FromOne(*network()), SGD()).fit(X, T, 1, verbose=False)


@pytest.mark.cpu  # on a GPU they make the loss NaN
def test_a_model_with_two_losses_lets_each_check_its_labels() -> None:
    model: Any = BookNet(*network())
    model.another_loss = SoftmaxWithLoss()
    with pytest.raises(LabelError, match=r"0\.\.2, got 3"):
        Trainer(model, SGD()).fit(X, with_value(T, 3), verbose=False)
