"""Callbacks, the one extension point of the Trainer; early stopping; predict."""

from typing import Any

import numpy
import pytest

from common.errors import CommonError, NotFiniteError
from common.layers import BatchNorm, Dropout, Linear, Sequential, SoftmaxWithLoss
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer, early_stopping
from common.training.arguments import MOMENTS
from common.util import to_cpu
from tests.common.training import AtStep, BookNet, T, X, ctrl_c, nan, network, numbers, trainer_of


class Diary:
    """Notes each moment, with the trainer's step."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, int]] = []

    def begin(self, trainer: Trainer) -> None:
        self.notes.append(("begin", trainer.step))

    def after_step(self, trainer: Trainer) -> None:
        self.notes.append(("after_step", trainer.step))

    def after_epoch(self, trainer: Trainer) -> None:
        self.notes.append((f"after_epoch {len(trainer.history)}", trainer.step))

    def end(self, trainer: Trainer) -> None:
        self.notes.append((f"end, {len(trainer.loss_list)} reports", trainer.step))


def test_each_moment_comes_in_its_turn() -> None:
    diary = Diary()
    trainer_of(network()).fit(X, T, 2, 30, callbacks=[diary], verbose=False)
    assert diary.notes == [
        ("begin", 0),
        ("after_step", 1),
        ("after_step", 2),
        ("after_epoch 1", 2),
        ("after_step", 3),
        ("after_step", 4),
        ("after_epoch 2", 4),
        ("end, 1 reports", 4),
    ]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_object_needs_only_one_of_them(moment: str) -> None:
    class Callback:
        pass

    calls: list[Any] = []
    setattr(Callback, moment, lambda self, trainer: calls.append(trainer))
    trainer = trainer_of(network())
    trainer.fit(X, T, 1, 45, callbacks=[Callback()], verbose=False)
    assert calls == [trainer]


def test_a_function_is_called_after_each_epoch_and_all_callbacks_are() -> None:
    epochs: list[int] = []

    def stop(trainer: Trainer) -> bool:
        return len(trainer.history) == 2

    def note(trainer: Trainer) -> None:
        epochs.append(len(trainer.history))

    trainer_of(network()).fit(X, T, 5, callbacks=[stop, note], verbose=False)
    assert epochs == [1, 2]


def test_after_a_step_the_gradients_are_those_of_the_step() -> None:
    seen: list[list[Array]] = []

    class Look:
        def after_step(self, trainer: Trainer) -> None:
            seen.append([grad.copy() for grad in trainer.model.grads])

    model, start = network(), network()
    Trainer(model, SGD(0.5), SoftmaxWithLoss()).fit(X, T, 1, 45, callbacks=[Look()], verbose=False)
    for param, began, grad in zip(model.params, start.params, seen[0], strict=True):
        np.testing.assert_allclose(param, began - 0.5 * grad, rtol=1e-6)


def test_ctrl_c_leaves_the_end_to_the_callbacks_and_an_error_does_not() -> None:
    diary = Diary()
    trainer_of(network()).fit(X, T, 9, 15, callbacks=[ctrl_c, diary], verbose=False)
    assert diary.notes[-1][0].startswith("end")
    diary = Diary()
    with pytest.raises(NotFiniteError):
        trainer_of(network(0, AtStep(1, nan))).fit(X, T, callbacks=[diary], verbose=False)
    assert not any(note.startswith("end") for note, _ in diary.notes)


# Early stopping -------------------------------------------------------------------------------


def held_out_losses(model: Any, restore_best: bool) -> tuple[Trainer, list[float]]:
    """A training whose lr is so large that its held-out loss rises soon."""
    trainer = Trainer(model, SGD(8.0), SoftmaxWithLoss(), seed=0)
    stop = early_stopping(1, restore_best)
    trainer.fit(X, T, 60, 15, held_out=(X, T), callbacks=[stop], verbose=False)
    return trainer, [epoch.held_out_loss or 0 for epoch in trainer.history]


def normed() -> Sequential:
    return Sequential(Linear(2, 6, seed=0), BatchNorm(6), Linear(6, 3, seed=1))


@pytest.mark.parametrize("make", [network, normed])
def test_the_best_parameters_and_state_come_back(make: Any) -> None:
    trainer, losses = held_out_losses(make(), restore_best=True)
    assert len(losses) < 60
    assert losses[-1] > min(losses)
    assert trainer.evaluate(X, T)[0] == pytest.approx(min(losses), rel=1e-6)
    trainer, losses = held_out_losses(make(), restore_best=False)
    assert trainer.evaluate(X, T)[0] == pytest.approx(losses[-1], rel=1e-6)


def test_each_fit_counts_anew() -> None:
    trainer, stop = trainer_of(network(), lr=0), early_stopping(3)
    for fits in (1, 2):
        trainer.fit(X, T, 50, callbacks=[stop], held_out=(X, T), verbose=False)
        assert len(trainer.history) == fits * (1 + 3)


def test_a_model_with_new_parts_stays_as_it_is() -> None:
    model = network()

    def grow(trainer: Trainer) -> None:
        if len(trainer.history) == 3:
            model[-1] = Linear(6, 4, seed=5)

    trainer = trainer_of(model, lr=0)
    stop = early_stopping(5)
    trainer.fit(X, T, 20, held_out=(X, T), callbacks=[grow, stop], verbose=False)
    assert model.params[-1].shape == (4,)


def test_it_restores_a_model_by_hand() -> None:
    model = BookNet(*network())
    trainer = Trainer(model, SGD(8.0), seed=0)
    trainer.fit(X, T, 60, 15, held_out=(X, T), callbacks=[early_stopping(1)], verbose=False)
    losses = [epoch.held_out_loss or 0 for epoch in trainer.history]
    assert trainer.evaluate(X, T)[0] == pytest.approx(min(losses), rel=1e-6)


# Predict --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 45, 1000])
def test_predict_goes_through_all_rows_in_evaluation_mode(size: int) -> None:
    model = network(0, Dropout(0.5, seed=0))
    trainer, x = trainer_of(model), np.asarray(X)
    expected = model.eval().forward(x)
    model.train()
    np.testing.assert_allclose(trainer.predict(X, size), expected, rtol=1e-5)
    assert all(layer.training for layer in model)
    by_hand = Trainer(BookNet(*model), SGD())
    np.testing.assert_allclose(by_hand.predict(X, size), expected, rtol=1e-5)


def test_predict_records_nothing_and_changes_nothing() -> None:
    model = network()
    before = numbers(model)
    y = trainer_of(model).predict(X)
    assert isinstance(y, np.ndarray)
    assert to_cpu(y).shape == (45, 3)
    assert numbers(model) == before


@pytest.mark.parametrize("wrong", [[[1.0, 2.0]], None, numpy.zeros((0, 2)), X[:, :1]])
def test_what_cannot_be_predicted(wrong: Any) -> None:
    with pytest.raises(CommonError):
        trainer_of(network()).predict(wrong)
