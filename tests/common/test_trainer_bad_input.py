"""What a Trainer refuses before anything changes."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from common import config
from common.checkpoint import Checkpoint
from common.errors import (
    ArgumentTypeError,
    DataError,
    DeviceError,
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
from common.trainer import Trainer
from tests import simulated_cupy
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
    "t one row short": ({"t": T[:-1]}, DataError, "x has 45 rows, but t has 44"),
    "no rows": ({"x": X[:0], "t": T[:0]}, DataError, r"x has no rows: its shape is \(0, 2\)"),
    "label 3": ({"t": with_value(T, 3)}, LabelError, "t must lie in 0..2, got 3"),
    "no class": ({"t": with_value(ONE_HOT, 0)}, LabelError, "each row of t"),
    "held-out label 3": ({"held_out": (X, with_value(T, 3))}, LabelError, "0..2, got 3"),
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


@pytest.mark.off_cpu  # where the loss itself does not look
def test_a_wrong_label_is_found_without_training_too() -> None:
    with pytest.raises(LabelError, match="got 3"):
        trainer_of(network()).evaluate(X, with_value(T, 3))


@pytest.mark.parametrize("name", ["params", "grads"])
def test_an_array_of_a_model_by_hand_that_is_on_the_other_device_is_named(name: str) -> None:
    there, other = ("CPU", numpy) if config.GPU else ("GPU", simulated_cupy.cupy)
    model = BookNet(*network())
    getattr(model, name)[1] = other.ones(6, "float32")
    with pytest.raises(DeviceError, match=rf"Trainer: {name}\[1\] is on the {there}"):
        Trainer(model, SGD()).fit(X, T, 1, verbose=False)


@pytest.mark.parametrize("name", ["params", "grads"])
@pytest.mark.parametrize("wrong", [5, numpy.ones((2, 2))])
def test_the_lists_of_a_model_by_hand_are_lists(name: str, wrong: Any) -> None:
    model = BookNet(*network())
    setattr(model, name, wrong)
    with pytest.raises(ArgumentTypeError, match=f"BookNet: {name} must be a list, got"):
        Trainer(model, SGD())


@pytest.mark.parametrize("lr", [None, "x", 1j, [1.0]])
def test_a_schedule_that_says_no_number(lr: Any, tmp_path: Path) -> None:
    """Also where a Checkpoint asks it before the fit begins."""
    for callbacks in ([], [Checkpoint(tmp_path / "run.safetensors")]):
        trainer = Trainer(network(), SGD(), SoftmaxWithLoss())
        with pytest.raises(ArgumentTypeError, match="must be a number, got"):
            trainer.fit(X, T, 1, schedule=lambda _: lr, callbacks=callbacks, verbose=False)


class WithoutLr:
    def update(self, params: Any, grads: Any) -> None:
        raise AssertionError


@pytest.mark.parametrize("wrong", [{}, {1}, WithoutLr(), SimpleNamespace(lr=0.1, update=5)])
def test_an_optimizer_has_lr_and_update(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="an object with lr and update"):
        Trainer(network(), wrong, SoftmaxWithLoss())


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
