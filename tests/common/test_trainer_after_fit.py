"""What stays of a fit, and what ends with it; and data that stay on a disk."""

import copy
import pickle
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy
import pytest

from common import config
from common.checks import check_rows
from common.errors import ArgumentTypeError, NotFiniteError
from common.layers import Linear, MSELoss, Sequential, SoftmaxWithLoss
from common.np import Array
from common.optimizer import SGD, Adam
from common.schedule import cosine
from common.trainer import Trainer, early_stopping
from tests.common.training import (
    AtStep,
    BookNet,
    T,
    X,
    nan,
    network,
    numbers,
    recorded,
    rows_of,
    trainer_of,
)


def loaded(trainer: Trainer) -> Any:
    return pickle.loads(pickle.dumps(trainer))


@pytest.mark.cpu
@pytest.mark.parametrize("duplicate", [loaded, copy.deepcopy])
def test_a_trainer_goes_on_from_a_copy_as_it_would_itself(duplicate: Any) -> None:
    trainer = Trainer(network(), Adam(0.01), loss=SoftmaxWithLoss(), seed=0)
    options: Any = {
        "held_out": (X, T),
        "schedule": lambda step: 0.01,
        "callbacks": [lambda trainer: None, early_stopping(3)],
        "verbose": False,
    }
    trainer.fit(X, T, 2, 20, **options)
    other = duplicate(trainer)
    for one in (trainer, other):
        one.fit(X, T, 2, 20, **options)
    assert numbers(other.model) == numbers(trainer.model)
    assert other.loss_list == trainer.loss_list
    assert [e.held_out_loss for e in other.history] == [e.held_out_loss for e in trainer.history]
    assert (other.step, other.optimizer.steps) == (12, 12)


def test_a_fit_that_ended_in_an_error_leaves_a_trainer_that_can_be_copied() -> None:
    trainer = trainer_of(network(0, AtStep(2, nan)))
    with pytest.raises(NotFiniteError):
        trainer.fit(X, T, 2, 20, schedule=lambda step: 0.1, verbose=False)
    assert trainer.network.output is None
    del trainer.model.layers[2].steps  # which cannot be copied
    assert copy.deepcopy(trainer).step == trainer.step


def test_a_trainer_can_be_copied_amid_its_fit() -> None:
    """As a callback does that writes checkpoints."""
    copies: list[Any] = []

    def keep(trainer: Trainer) -> None:
        copies.append(copy.deepcopy(trainer) if config.GPU else loaded(trainer))

    trainer = trainer_of(network())
    trainer.fit(X, T, 2, callbacks=[keep], schedule=lambda step: 0.1, verbose=False)
    copies[0].fit(X, T, 1, schedule=lambda step: 0.1, verbose=False)
    assert numbers(copies[0].model) == numbers(trainer.model)


def test_data_and_functions_of_a_fit_are_not_kept() -> None:
    trainer = trainer_of(network())
    before = set(vars(trainer))
    trainer.fit(X, T, 1, held_out=(X, T), callbacks=[lambda trainer: None], verbose=False)
    settings = {"max_epoch", "batch_size", "max_grad", "eval_interval", "epoch", "place"}
    assert set(vars(trainer)) - before == settings


# The learning rate ------------------------------------------------------------------------------


def test_a_schedule_lasts_as_long_as_its_fit() -> None:
    trainer = trainer_of(network(), lr=0.5)
    trainer.fit(X, T, 2, 45, schedule=cosine(0.2, steps=2), verbose=False)
    assert [epoch.lr for epoch in trainer.history] == [0.2, 0.1]
    assert trainer.optimizer.lr == 0.5
    trainer.fit(X, T, 1, 45, verbose=False)
    assert trainer.history[-1].lr == 0.5


def test_lr_is_put_back_after_an_error_too() -> None:
    trainer = trainer_of(network(0, AtStep(2, nan)), lr=0.5)
    with pytest.raises(NotFiniteError):
        trainer.fit(X, T, 2, 20, schedule=lambda step: 0.2, verbose=False)
    assert trainer.optimizer.lr == 0.5


def test_an_lr_that_a_callback_set_stays() -> None:
    def halve(trainer: Trainer) -> None:
        trainer.optimizer.lr /= 2

    trainer = trainer_of(network(), lr=0.5)
    trainer.fit(X, T, 2, callbacks=[halve], verbose=False)
    assert trainer.optimizer.lr == 0.125


# What a fit needs -------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", [cosine, lambda: 0.1, lambda step, lr: lr, 0.1])
def test_a_schedule_is_a_function_of_the_step(schedule: Any) -> None:
    model = network()
    before = numbers(model)
    with pytest.raises(ArgumentTypeError, match="schedule must be a function of the step"):
        trainer_of(model).fit(X, T, 1, schedule=schedule, verbose=False)
    assert numbers(model) == before


def test_a_schedule_that_was_not_called_is_told_so() -> None:
    with pytest.raises(ArgumentTypeError, match=r"call it: cosine\(\.\.\.\)"):
        trainer_of(network()).fit(X, T, 1, schedule=cosine, verbose=False)  # type: ignore[arg-type]


class Late:
    def after_epoch(self) -> None:
        raise AssertionError


@pytest.mark.parametrize("callback", [lambda: None, lambda trainer, epoch: None, Late()])
def test_a_callback_that_cannot_be_called_is_refused_before_the_training(callback: Any) -> None:
    model = network()
    before = numbers(model)
    with pytest.raises(ArgumentTypeError, match="a callback must be a function of the trainer"):
        trainer_of(model).fit(X, T, 1, callbacks=[callback], verbose=False)
    assert numbers(model) == before


@pytest.mark.cpu
def test_a_callback_that_does_not_say_what_it_takes_is_called() -> None:
    """As much of what is written in C."""
    trainer_of(network()).fit(X, T, 1, callbacks=[vars], verbose=False)


@pytest.mark.cpu
@pytest.mark.parametrize("callback", [early_stopping, 3])
def test_what_is_no_callback_is_told_what_one_is(callback: Any) -> None:
    saying = r"with any of begin, after_step, after_epoch, end; got (3|<class.*Make one of the)"
    with pytest.raises(ArgumentTypeError, match=saying):
        trainer_of(network()).fit(X, T, 1, held_out=(X, T), callbacks=[callback], verbose=False)


def test_a_callback_knows_the_epoch_from_the_beginning_on() -> None:
    class Epochs:
        def __init__(self) -> None:
            self.seen: list[int] = []

        def begin(self, trainer: Trainer) -> None:
            self.seen.append(trainer.epoch)

        after_step = begin

    epochs, trainer = Epochs(), trainer_of(network())
    for _ in range(2):
        trainer.fit(X, T, 1, 45, callbacks=[epochs], verbose=False)
    assert epochs.seen == [0, 1, 1, 2]


class WithoutPredict(BookNet):
    """As the models of the book's third chapter."""

    def __getattribute__(self, name: str) -> Any:
        if name == "predict":
            raise AttributeError(name)
        return super().__getattribute__(name)

    def forward(self, x: Array, t: Array) -> Array:
        return self.loss.forward(BookNet.predict(self, x), t)


def test_a_model_by_hand_without_predict_trains_and_is_refused_where_it_must_predict() -> None:
    layers = network().layers
    trainer = Trainer(WithoutPredict(*layers), SGD(0.5), seed=0)
    trainer.fit(X, T, 1, verbose=False)
    before = [p.tobytes() for p in trainer.model.params]
    asks = (
        lambda: trainer.predict(X),
        lambda: trainer.evaluate(X, T),
        lambda: trainer.fit(X, T, 1, held_out=(X, T), verbose=False),
    )
    for ask in asks:
        with pytest.raises(ArgumentTypeError, match=r"WithoutPredict must have predict\(x\)"):
            ask()
    assert [p.tobytes() for p in trainer.model.params] == before


# Data on a disk ---------------------------------------------------------------------------------


def on_disk(path: Path, rows: int, columns: int = 256) -> Any:
    """float32 rows, each of 4 bytes a column; nothing but zeros, so the file takes no space."""
    return numpy.memmap(path, numpy.float32, "w+", shape=(rows, columns))


@pytest.mark.cpu
def test_data_on_a_disk_stay_there(tmp_path: Path) -> None:
    """128 MB of them; what is in memory at once is some stretches of 16 MB."""
    wide = on_disk(tmp_path / "x", rows=2**17)
    narrow = numpy.zeros((len(wide), 1), numpy.float32)
    for x, t in ((wide, narrow), (narrow, wide)):
        model = Sequential(Linear(x.shape[1], t.shape[1], seed=0))
        trainer = Trainer(model, SGD(1e-3), loss=MSELoss(), seed=0)
        tracemalloc.start()
        try:
            trainer.fit(x, t, 1, 1000, held_out=(x, t), verbose=False)
            trainer.evaluate(x, t)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 80e6


GIGABYTE = """
import sys
import numpy
from common.layers import Linear, MSELoss, Sequential
from common.optimizer import SGD
from common.trainer import Trainer

def anonymous():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("RssAnon")).split()[1]) / 1024

x = numpy.memmap(sys.argv[1], numpy.float32, "r", shape=(2**20, 256))
t = numpy.zeros((len(x), 1), numpy.float32)
trainer = Trainer(Sequential(Linear(256, 1, seed=0)), SGD(1e-3), loss=MSELoss(), seed=0)
before, most = anonymous(), []
look = type("Look", (), {"after_step": lambda self, trainer: most.append(anonymous())})()
trainer.fit(x, t, 1, 1000, held_out=(x, t), callbacks=[look], verbose=False)
most.append(anonymous())
trainer.evaluate(x, t)
print(max(*most, anonymous()) - before)
"""


@pytest.mark.slow
@pytest.mark.cpu
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_gigabyte_is_trained_on_in_less_than_200_megabytes(tmp_path: Path) -> None:
    on_disk(tmp_path / "x", rows=2**20).flush()
    done = subprocess.run(
        [sys.executable, "-c", GIGABYTE, tmp_path / "x"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) < 200


@pytest.mark.cpu
def test_a_stretch_at_a_time_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.checks.STRETCH", 2**14)
    x = numpy.zeros((64, 2**14), numpy.float32)
    tracemalloc.start()
    check_rows("test", "x", x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.size / 8  # a truth value takes a byte


@pytest.mark.parametrize("stretch", [1, X[:10].nbytes])
def test_rows_that_are_not_finite_are_counted_over_all_stretches(
    stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.checks.STRETCH", stretch)
    x = X.copy()
    x[[7, 23, 44]] = numpy.nan
    with pytest.raises(Exception, match="in 3 of its 45 rows, the first of them row 7"):
        trainer_of(network()).fit(x, T, 1, verbose=False)


@pytest.mark.parametrize("stretch", [1, 100, 2**24])
def test_every_row_is_seen_once_however_many_are_put_in_order_at_once(
    stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.training.shares.STRETCH", stretch)
    model, _ = recorded(45, max_epoch=1, batch_size=7)
    assert [len(batch) for batch in model.batches] == [7] * 6 + [3]
    seen = rows_of(model.batches)
    assert sorted(seen) == list(range(45))
    assert seen != sorted(seen)
