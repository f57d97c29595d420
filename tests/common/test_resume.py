"""A training that was killed goes on, to the very numbers to which it would have come."""

import functools
import io
import itertools
import json
import math
import os
import random
import re
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, no_type_check

import numpy
import pytest

import common
from common import config
from common.autograd import Parameter
from common.checkpoint import Checkpoint, load, read, save, write
from common.checks import Setting
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CallOrderError,
    CommonError,
    FileError,
    NotFiniteError,
)
from common.layers import (
    Dropout,
    Layer,
    Linear,
    Sequential,
    Sigmoid,
    SoftmaxWithLoss,
)
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD, Adam, Momentum
from common.parameters import named_generators
from common.schedule import cosine, step_decay
from common.trainer import Trainer, early_stopping
from common.training.description import of_fit
from common.training.packing import Packing, Unpacking
from common.training.report import History
from common.util import to_cpu
from docs.pages import ROOT
from tests.common.resuming import (
    HELD_OUT,
    MAKES,
    Make,
    Watch,
    by_hand,
    fit,
    layers,
    on_tape,
    others,
    outcome,
)
from tests.common.table import OPTIMIZERS
from tests.common.training import AtStep, BookNet, T, X, nan


class Killed(Exception):  # noqa: N818  a state, and no error
    """In the place of a kill: nothing is done afterwards."""


class Mortal(Checkpoint):
    """Dies after it had its turn at a given step."""

    def __init__(self, path: Path, every: Any, at: int) -> None:
        super().__init__(path, every)
        self.at = at

    def after_step(self, trainer: Any) -> None:
        super().after_step(trainer)
        if trainer.step == self.at:
            raise Killed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


def killed(
    trainer: Trainer, path: Path, every: Any, at: int, *callbacks: Any, **options: Any
) -> None:
    with pytest.raises(Killed):
        fit(trainer, Mortal(path, every, at), *callbacks, **options)


def resumed(make: Make, path: Path) -> Trainer:
    trainer = make()
    trainer.resume(path)
    return trainer


@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_every_optimizer_goes_on_in_the_middle_of_an_epoch(row: Any, path: Path) -> None:
    def trainer() -> Trainer:
        return on_tape(row.make(0.05))

    killed(trainer(), path, 4, 14, *others())
    again = resumed(trainer, path)
    assert again.step == 12
    assert outcome(again, *others()) == outcome(trainer(), *others())


@pytest.mark.parametrize("every", [3, "epoch"])
@pytest.mark.parametrize("at", [2, 5, 6, 13, 20])
def test_it_may_be_killed_after_any_step(at: int, every: Any, path: Path) -> None:
    killed(by_hand(), path, every, at, *others())
    again = resumed(by_hand, path)
    assert again.step == (at // every * every if every != "epoch" else (at - 1) // 5 * 5)
    assert outcome(again, *others()) == outcome(by_hand(), *others())


def test_it_may_be_killed_again_and_again(path: Path) -> None:
    trainer = on_tape()
    for at in range(1, 21):
        killed(trainer, path, 1, at, *others())
        trainer = resumed(on_tape, path)
    assert outcome(trainer, *others()) == outcome(on_tape(), *others())


# What may change in a training --------------------------------------------------------------------


class Change:
    """Calls a function of the trainer at one step, or after one epoch."""

    kept = ()

    def __init__(self, change: Callable[[Any], Any], step: int = 0, epoch: int = 0) -> None:
        self.change, self.step, self.epoch = change, step, epoch

    def after_step(self, trainer: Any) -> None:
        if trainer.step == self.step:
            self.change(trainer)

    def after_epoch(self, trainer: Any) -> None:
        if trainer.epoch == self.epoch:
            self.change(trainer)


def freeze(trainer: Any) -> None:
    trainer.model[0].requires_grad = False


def thaw(trainer: Any) -> None:
    trainer.model[0].requires_grad = True


def evaluate(trainer: Any) -> None:
    trainer.model[3].eval()


def drop_more(trainer: Any) -> None:
    trainer.model[3].dropout_ratio = 0.6


def slow_down(trainer: Any) -> None:
    trainer.optimizer.lr /= 4


class Frozen:
    """Freezes a layer whenever a fit begins, and thaws it after the first epoch."""

    def begin(self, trainer: Any) -> None:
        freeze(trainer)

    def after_epoch(self, trainer: Any) -> None:
        thaw(trainer)


CHANGES: dict[str, Any] = {
    "frozen in an epoch": lambda: Change(freeze, step=7),
    "frozen after an epoch": lambda: Change(freeze, epoch=1),
    "thawed": Frozen,
    "a mode": lambda: Change(evaluate, step=3),
    "dropout": lambda: Change(drop_more, step=3),
    "lr": lambda: Change(slow_down, epoch=1),
    "early stop": lambda: lambda trainer: trainer.epoch == 3,
}


@pytest.mark.parametrize("at", [8, 11])
@pytest.mark.parametrize("make_change", CHANGES.values(), ids=CHANGES)
def test_what_a_callback_changed_stays_changed(make_change: Any, at: int, path: Path) -> None:
    killed(on_tape(), path, 1, at, make_change(), schedule=None)
    again = resumed(on_tape, path)
    expected = outcome(on_tape(), make_change(), schedule=None)
    assert outcome(again, make_change(), schedule=None) == expected


class Warming(Module):
    """Counts its calls, and has a number that a callback changes."""

    def __init__(self) -> None:
        self.linear, self.temperature, self.calls = Linear(2, 3, seed=0), 1.0, 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return self.linear(x) * (self.temperature / self.calls)


class WarmingByHand(BookNet):
    def __init__(self) -> None:
        super().__init__(Linear(2, 3, seed=0))
        self.temperature, self.calls = 1.0, numpy.int64(0)

    def predict(self, x: Array) -> Array:
        self.calls += 1
        return super().predict(x) * x.dtype.type(self.temperature / self.calls)

    def backward(self, dout: float = 1) -> Array:
        return super().backward(dout) * 2


def warm(trainer: Any) -> None:
    trainer.model.temperature *= 3


@pytest.mark.parametrize("model", [Warming, WarmingByHand])
def test_numbers_of_a_model_go_on(model: Any, path: Path) -> None:
    def make() -> Trainer:
        loss = SoftmaxWithLoss() if model is Warming else None
        return Trainer(model(), Adam(0.05), loss, seed=0)

    change = Change(warm, step=6)
    killed(make(), path, 1, 8, change)
    assert outcome(resumed(make, path), change) == outcome(make(), change)


class HandMade:
    """An optimizer without a base: only `update`."""

    kept = ("averages",)

    def __init__(self, lr: float = 0.1) -> None:
        self.lr, self.count = lr, 0
        self.averages: list[Array] = []

    def update(self, params: list[Array], grads: list[Array]) -> None:
        self.averages = self.averages or [np.zeros_like(param) for param in params]
        self.count += 1
        for param, grad, average in zip(params, grads, self.averages, strict=True):
            average += grad / self.count
            param -= self.lr * average


class Line(Module):
    """Parameters, some of them tied; and a loss with one of its own."""

    def __init__(self) -> None:
        self.W = Parameter(np.zeros((2, 3), "float32"))
        self.parts = {"b": Parameter(np.zeros(3, "float32")), "again": self.W}

    def forward(self, x: Any) -> Any:
        return x @ self.W + self.parts["b"]


class Weighted(Module):
    def __init__(self) -> None:
        self.loss, self.weight = SoftmaxWithLoss(), Parameter(np.ones((), "float32"))

    def forward(self, y: Any, t: Any) -> Any:
        return self.loss(y, t) * self.weight


def test_parameters_go_on(path: Path) -> None:
    def make() -> Trainer:
        return Trainer(Line(), Adam(0.05), Weighted(), seed=0)

    killed(make(), path, 1, 8)
    assert "loss.weight" in read(path)[0]
    assert outcome(resumed(make, path)) == outcome(make())


class KeepsATensor(Module):
    """As one does to look at it later."""

    def __init__(self) -> None:
        self.first, self.second = Linear(2, 4, seed=0), Linear(4, 3, seed=1)

    def forward(self, x: Any) -> Any:
        self.h = self.first(x)
        return self.second(self.h)


def test_what_forward_keeps_does_not_make_another_model(path: Path) -> None:
    def make() -> Trainer:
        return Trainer(KeepsATensor(), Adam(0.05), SoftmaxWithLoss(), seed=0)

    killed(make(), path, 1, 8)
    assert outcome(resumed(make, path)) == outcome(make())


def test_an_array_that_model_and_loss_share_is_kept_once(path: Path) -> None:
    def make() -> Trainer:
        model, loss = Line(), Weighted()
        loss.W = model.W
        return Trainer(model, Adam(0.05), loss, seed=0)

    killed(make(), path, 1, 8)
    assert "loss.W" not in read(path)[0]
    assert outcome(resumed(make, path)) == outcome(make())


def grow_batches(trainer: Any) -> None:
    trainer.batch_size, trainer.max_grad = 20, 0.1


class Numpys(HandMade):
    """Numbers of NumPy's as settings."""

    kept = ("averages",)

    def __init__(self) -> None:
        super().__init__()
        self.lr = numpy.float32(0.1)  # type: ignore[assignment]
        self.is_new = numpy.True_


class Owner:
    """Its method is the callback."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, trainer: Any) -> None:
        self.count += 1
        trainer.optimizer.lr /= self.count


@pytest.mark.parametrize("at", [4, 8])
def test_what_else_goes_on(at: int, path: Path) -> None:
    options: dict[str, Any] = {"schedule": None, "max_epoch": 5}
    change = Change(grow_batches, epoch=1)

    def make() -> Trainer:
        return on_tape(Numpys())

    killed(make(), path, 1, at, change, Owner().note, **options)
    again, owner, same = resumed(make, path), Owner(), Owner()
    result = outcome(again, change, owner.note, **options)
    assert result == outcome(make(), change, same.note, **options)
    assert owner.count == same.count == 5


def test_what_was_replaced_is_refused(path: Path) -> None:
    def replace_optimizer(trainer: Any) -> None:
        trainer.optimizer = Momentum(0.05)

    killed(on_tape(), path, 1, 7, Change(replace_optimizer, epoch=1))
    check_refused(on_tape, path, "optimizer: Adam, and it was Momentum")
    os.remove(path)
    os.remove(path.with_name("run.previous.safetensors"))
    killed(on_tape(), path, 1, 7)
    again = resumed(on_tape, path)
    again.optimizer = Momentum(0.05)
    again.model.append(Linear(3, 3, seed=0))
    with pytest.raises(ArgumentError, match="not the fit that was to go on") as caught:
        fit(again)
    assert str(caught.value).splitlines()[1:] == [
        "  model.layers.5.W: float32 (3, 3) in the model, nothing in the file",
        "  model.layers.5.b: float32 (3,) in the model, nothing in the file",
        "  optimizer: Momentum, and it was Adam",
        "  model.layers.5: Linear, and it was missing",
    ]


@pytest.mark.parametrize("source", [numpy.random.RandomState(0), random.Random(0)])
def test_a_source_of_numbers_that_cannot_go_on_is_refused(source: Any, path: Path) -> None:
    trainer = on_tape()
    trainer.model[3].source = source
    with pytest.raises(ArgumentTypeError, match=r"layers\.3\.source is a Random.*default_rng"):
        fit(trainer, Checkpoint(path))
    fit(trainer)


def test_two_generators_of_one_name_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"two of its generators have the name '1\.rng'"):
        named_generators({1: Dropout(seed=0), "1": Dropout(seed=1)})


def test_infinite_state_may_begin_a_training(path: Path) -> None:
    class Lowest(Layer):
        state_names = ("low",)

        def __init__(self) -> None:
            super().__init__(state=[np.full(2, np.inf, "float32")])

        def forward(self, x: Array) -> Array:
            self.state[0][...] = np.minimum(self.state[0], x.min(axis=0))
            return x - self.state[0]

        def backward(self, dout: Array) -> Array:
            return dout

    trainer = Trainer(Sequential(Lowest(), Linear(2, 3, seed=0)), SGD(0.1), SoftmaxWithLoss())
    fit(trainer, Checkpoint(path))


def test_a_history_goes_on_whatever_it_has(path: Path) -> None:
    """Epochs with and without what is held out, and with classes or none; a hundred thousand."""
    trainer = on_tape()
    fit(trainer, max_epoch=1, held_out=None)
    fit(trainer, max_epoch=1)
    trainer.history.append(replace(trainer.history[0], loss=math.inf, held_out_loss=-0.5))
    trainer.history *= 33_334
    fit(trainer, Checkpoint(path), max_epoch=0)
    again = resumed(on_tape, path)
    assert again.history == trainer.history
    assert isinstance(again.history, History)
    assert all(type(e.number) is type(e.step) is int for e in again.history[:3])


def test_a_training_that_was_over_stays_over(path: Path) -> None:
    def stop(trainer: Trainer) -> bool:
        return trainer.epoch == 2

    fit(on_tape(), stop, Checkpoint(path))
    again = fit(resumed(on_tape, path), stop)
    assert len(again.history) == 2


def test_max_epoch_may_grow(path: Path) -> None:
    fit(on_tape(), Checkpoint(path), max_epoch=2)
    again = outcome(resumed(on_tape, path), max_epoch=4)
    assert again == outcome(on_tape(), max_epoch=4)
    assert len(fit(resumed(on_tape, path), max_epoch=1).history) == 2


def test_a_second_fit_counts_from_its_own_start(path: Path) -> None:
    def first(trainer: Trainer) -> Trainer:
        return fit(trainer, max_epoch=1, schedule=None, batch_size=15)

    killed(first(on_tape()), path, 2, 12)
    trainer = resumed(on_tape, path)
    assert (trainer.step, len(trainer.history)) == (12, 2)
    assert outcome(trainer) == outcome(first(on_tape()))


def test_an_array_of_the_model_that_a_callback_holds_stays_the_models(path: Path) -> None:
    class Holds:
        kept = ("W", "copies", "sizes", "nested")

        def begin(self, trainer: Any) -> None:
            self.W = trainer.model[0].params[0]
            self.copies = (self.W.copy(), np.zeros(3))
            self.sizes = {"W": self.W.shape, 3: numpy.float32(0.1)}
            self.nested = [[1.5, float("inf")], [None, True, "text"]]

    killed(on_tape(), path, 1, 7, Holds())
    again, holds = resumed(on_tape, path), Holds()
    before = to_cpu(again.model[0].params[0]).copy()
    fit(again, holds)
    assert holds.W is again.model[0].params[0]
    assert not (to_cpu(holds.W) == before).all()
    assert to_cpu(holds.copies[0]).tobytes() == to_cpu(on_tape().model[0].params[0]).tobytes()
    assert type(holds.copies[1]) is np.ndarray
    assert holds.sizes == {"W": (2, 6), 3: numpy.float32(0.1)}
    assert type(holds.sizes[3]) is numpy.float32
    assert holds.nested == [[1.5, float("inf")], [None, True, "text"]]


class Heir(early_stopping):
    """Keeps more than the class from which it derives."""

    kept = ("losses",)

    def begin(self, trainer: Any) -> None:
        super().begin(trainer)
        self.losses: list[float] = []

    def after_epoch(self, trainer: Any) -> bool:
        self.losses.append(trainer.history[-1].loss)
        return super().after_epoch(trainer)


HALF = numpy.float32(0.5)


@dataclass(slots=True)
class InSlots:
    count: int = 0
    size: Any = HALF
    kind: Any = signal.SIGINT  # an IntEnum
    rngs: Any = None
    kept: ClassVar = ("rngs",)

    def begin(self, trainer: Any) -> None:
        self.rngs = [numpy.random.default_rng(3)]

    def after_step(self, trainer: Any) -> None:
        self.count += 1
        trainer.model[0].params[0][0, 0] += np.float32(self.rngs[0].normal() * self.count)


@pytest.mark.parametrize("kind", ["MT19937", "PCG64DXSM", "Philox", "SFC64"])
def test_generators_of_other_kinds_go_on(kind: str, path: Path) -> None:
    """The states of some are arrays, which stay on the CPU and are no weights."""

    def make() -> Trainer:
        one, other = (numpy.random.Generator(getattr(numpy.random, kind)(i)) for i in (1, 2))
        model = Sequential(Linear(2, 3, seed=0), Dropout(0.2, seed=one))
        return Trainer(model, SGD(0.05), SoftmaxWithLoss(), seed=other)

    killed(make(), path, 1, 7)
    assert outcome(resumed(make, path)) == outcome(make())
    assert load(make().model, path).params[0].shape == (2, 3)


class Named:
    def count(self) -> None:
        raise NotImplementedError


class OfItsClass(Named):
    """Counts from a number in its class, where its base has a method."""

    count = 0  # type: ignore[assignment]

    def after_step(self, trainer: Any) -> None:
        self.count += 1


class Names:
    kept = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def after_step(self, trainer: Any) -> None:
        self.count += 1


class OfBase(Names):
    """Names nothing itself."""


class Unset:
    """With a place that is empty, and one that is Python's; it counts in two."""

    __slots__ = ("N", "__weakref__", "count", "later")

    def __init__(self) -> None:
        self.N = self.count = 0

    def after_step(self, trainer: Any) -> None:
        self.N += 1
        self.count = self.N


class Private:
    """Its places have the names that Python gives to private ones."""

    __slots__ = "__steps", "count"

    def __init__(self) -> None:
        self.__steps = self.count = 0

    def after_step(self, trainer: Any) -> None:
        self.__steps += 1
        self.count = self.__steps


class _Private(Private):
    __slots__ = ("__count",)

    def __init__(self) -> None:
        super().__init__()
        self.__count = 0

    def after_step(self, trainer: Any) -> None:
        self.__count += 1
        self.count = self.__count


@pytest.mark.cpu
@pytest.mark.parametrize("make", [OfItsClass, OfBase, Unset, Private, _Private])
def test_a_count_goes_on_wherever_it_stands(make: Any, path: Path) -> None:
    killed(on_tape(), path, 1, 7, make())
    fit(resumed(on_tape, path), count := make())
    assert count.count == 20


class Careful(SGD):
    lr = Setting(at_least=0, at_most=0.1)


class Careless(SGD):
    lr = 0.05


@pytest.mark.cpu
def test_a_setting_is_as_its_own_class_has_it(path: Path) -> None:
    killed(on_tape(Careful(0.05)), path, 1, 7)
    rewritten(path, '"optimizer": {"lr": 0.05', '"optimizer": {"lr": 0.5')
    with pytest.raises(FileError, match=r"lr must be at least 0 and at most 0\.1, got 0\.5"):
        resumed(lambda: on_tape(Careful(0.05)), path)
    rewritten(path, "Careful", "Careless")
    assert resumed(lambda: on_tape(Careless(0.05)), path).optimizer.lr == 0.5


@pytest.mark.cpu
def test_a_number_for_the_weights_of_a_model_by_hand_is_refused(path: Path) -> None:
    killed(by_hand(), path, 1, 7)
    rewritten(path, '"attributes": {"model": {}', '"attributes": {"model": {"params": 1}')
    with pytest.raises(FileError, match="an attribute of BookNet is 'params'"):
        resumed(by_hand, path)


def test_callbacks_of_other_kinds_go_on(path: Path) -> None:
    def counts(trainer: Any) -> None:
        counts.epochs += 1  # type: ignore[attr-defined]

    counts.epochs = 0  # type: ignore[attr-defined]
    killed(on_tape(), path, 1, 12, Heir(1), InSlots(), counts)
    again = resumed(on_tape, path)
    counts.epochs = 0  # type: ignore[attr-defined]
    fit(again, heir := Heir(1), slots := InSlots(), counts)
    expected = fit(on_tape(), same := Heir(1), others := InSlots())
    assert (heir.losses, slots.count) == (same.losses, others.count)
    assert counts.epochs == len(again.history)  # type: ignore[attr-defined]
    for ours, theirs in zip(again.model.params, expected.model.params, strict=True):
        assert to_cpu(ours).tobytes() == to_cpu(theirs).tobytes()


class Losses(dict[int, float]):
    """A callback of whose class nobody knows what it takes."""

    kept = ()

    def after_epoch(self, trainer: Any) -> None:
        self[trainer.epoch] = trainer.history[-1].loss


def test_a_callback_that_is_a_dictionary_goes_on(path: Path) -> None:
    losses = Losses()
    vars(losses).update(unit="nats")
    killed(on_tape(), path, 1, 7, losses)
    fit(resumed(on_tape, path), losses)
    assert sorted(losses) == [1, 2, 3, 4]


class OneAndItsName:
    """A callback whose dictionary has two names that are written alike."""

    kept = ("arrays",)

    def begin(self, trainer: Any) -> None:
        self.arrays = {1: np.zeros(2), "1": np.ones(2)}


def test_names_that_are_written_alike_stay_apart(path: Path) -> None:
    killed(on_tape(), path, 1, 7, OneAndItsName())
    fit(resumed(on_tape, path), both := OneAndItsName())
    assert [to_cpu(both.arrays[name]).tolist() for name in (1, "1")] == [[0, 0], [1, 1]]


def test_a_step_between_resume_and_fit_is_undone(path: Path) -> None:
    """Of the model, and of the optimizer."""
    killed(on_tape(), path, 1, 7)
    again = resumed(on_tape, path)
    params = again.model.params
    again.optimizer.update(params, [np.ones_like(p) for p in params])
    assert outcome(again) == outcome(on_tape())


def test_steps_of_reports_stay_numbers_of_python(path: Path) -> None:
    """A NumPy number cannot be written as JSON, say."""
    killed(on_tape(), path, 1, 7)
    again = resumed(on_tape, path)
    assert json.loads(json.dumps([again.loss_steps, again.loss_list])) == [
        again.loss_steps, again.loss_list
    ]  # fmt: skip
    assert again.loss_steps == [3, 6]


class OwnGenerator:
    """A callback that draws."""

    def __init__(self) -> None:
        self.rng = numpy.random.default_rng(5)
        self.drawn = 0.0

    def after_step(self, trainer: Any) -> None:
        self.drawn += self.rng.random()


def test_a_generator_of_a_callback_goes_on(path: Path) -> None:
    killed(on_tape(), path, 1, 7, OwnGenerator())
    assert outcome(resumed(on_tape, path), OwnGenerator()) == outcome(on_tape(), OwnGenerator())


class Noise(Layer):
    """Draws from generators in a list, one of them of another kind."""

    def __init__(self) -> None:
        super().__init__()
        mersenne = numpy.random.Generator(numpy.random.MT19937(3))
        self.rngs = [numpy.random.default_rng(2), mersenne]

    def forward(self, x: Array) -> Array:
        noise = sum(rng.normal(size=x.shape) for rng in self.rngs) if self.training else 0
        return x + np.asarray(noise, x.dtype)

    def backward(self, dout: Array) -> Array:
        return dout


def test_every_generator_of_a_model_goes_on(path: Path) -> None:
    def make() -> Trainer:
        model = Sequential(Linear(2, 4, seed=0), Noise(), Linear(4, 3, seed=1))
        return Trainer(model, SGD(0.1), SoftmaxWithLoss(), seed=3)

    killed(make(), path, 1, 7)
    assert outcome(resumed(make, path)) == outcome(make())


def test_other_generators_or_parts_are_refused(path: Path) -> None:
    killed(on_tape(), path, 1, 7)

    def other() -> Trainer:
        trainer = on_tape()
        trainer.model[3].rng = numpy.random.Generator(numpy.random.MT19937(3))
        trainer.model[2] = Dropout(0.0)
        return trainer

    check_refused(
        other,
        path,
        "model.layers.2: Dropout, and it was Sigmoid",
        "model.layers.3.rng: MT19937, and it was PCG64",
        "model.layers.2.rng: PCG64, and it was missing",
    )


def test_a_part_that_came_in_the_midst_is_not_forgotten(path: Path) -> None:
    def grow(trainer: Any) -> None:
        trainer.model.append(Sigmoid())

    killed(on_tape(), path, 1, 12, Change(grow, epoch=1))
    check_refused(on_tape, path, "model.layers.5: missing, and it was Sigmoid")


class Counts(SGD):
    """One whose step depends on how many there were, and on a list of its own."""

    kept = ("seen",)

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__(lr)
        self.seen: list[int] = []

    def update_one(self, p: Array, g: Array, step: int) -> None:
        self.seen.append(step)
        p -= self.lr / step * g * (1 + len(self.seen) % 3)


class Draws(HandMade):
    """Has a generator only while it draws, and then another."""

    kept = ("averages",)

    def __init__(self) -> None:
        super().__init__()
        self.first: Any = numpy.random.default_rng(5)
        self.second: Any = None

    def update(self, params: list[Array], grads: list[Array]) -> None:
        if self.count == 3:
            self.first, self.second = None, numpy.random.default_rng(6)
        self.lr = 0.1 * (self.first or self.second).random()
        super().update(params, grads)


class WithoutAxes(HandMade):
    """Its lr is an array."""

    kept: Any = ("averages", "lr")

    def __init__(self) -> None:
        super().__init__()
        self.lr: Any = np.asarray(0.1, "float32")


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
@pytest.mark.parametrize("optimizer", [HandMade, Counts, Draws, WithoutAxes])
def test_an_optimizer_of_ones_own_goes_on(optimizer: Any, make: Any, path: Path) -> None:
    killed(make(optimizer()), path, 1, 7)
    assert outcome(resumed(lambda: make(optimizer()), path)) == outcome(make(optimizer()))


def test_the_seconds_go_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(on_tape(), path, 1, 12)
    again = resumed(on_tape, path)
    assert again.snapshot is not None
    again.snapshot.record["seconds"] = 1000.0
    fit(again)
    assert again.history[1].seconds < 10
    assert 1000 < again.history[2].seconds < 1010


def test_a_bar_goes_on_as_well(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(on_tape(), path, 1, 12)
    monkeypatch.setattr(sys, "stdout", terminal := io.StringIO())
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    fit(resumed(on_tape, path), verbose=True)
    assert "goes on after step 12" in terminal.getvalue()
    assert "20/20" in terminal.getvalue().rsplit("\r", 1)[-1]


@pytest.mark.cpu
@pytest.mark.parametrize("text", [Checkpoint.__doc__, (ROOT / "README.md").read_text()])
def test_the_script_in_the_text_goes_on(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins when it is started, and goes on when it is started again."""
    lines = re.search(r"^ *trainer = Trainer\(.*?every=500\)\]\)$", text, re.MULTILINE | re.DOTALL)
    assert lines is not None
    monkeypatch.chdir(tmp_path)
    names = {"os": os, "Trainer": Trainer, "Checkpoint": Checkpoint, "x": X, "t": T}
    names |= {"Adam": Adam, "SoftmaxWithLoss": SoftmaxWithLoss}
    names |= {"optimizer": Adam(lr=0.01), "loss": SoftmaxWithLoss()}
    ends = []
    for seed in (0, 1):
        found: dict[str, Any] = {}
        exec(textwrap.dedent(lines[0]), names | {"model": Sequential(Linear(2, 3, seed))}, found)
        trainer = found["trainer"]
        ends.append((trainer.step, [to_cpu(p).tobytes() for p in trainer.model.params]))
    assert ends[0] == ends[1]
    assert ends[0][0] == 200


# When it saves ------------------------------------------------------------------------------------


class Notes(Checkpoint):
    """Notes the steps at which it saves."""

    def __init__(self, path: Path, every: Any = "epoch") -> None:
        super().__init__(path, every)
        self.saved: list[int] = []

    def _save(self, trainer: Any) -> None:
        self.saved.append(trainer.step)
        super()._save(trainer)


@pytest.mark.parametrize(
    ("every", "steps"),
    [
        ("epoch", [0, 5, 10, 15, 20]),
        (8, [0, 8, 16, 20]),
        (10, [0, 10, 20, 20]),
        (timedelta(days=1), [0, 20]),
        (timedelta(microseconds=1), [*range(21), 20]),
    ],
    ids=str,
)
def test_it_saves_as_often_as_it_was_told(every: Any, steps: list[int], path: Path) -> None:
    fit(on_tape(), notes := Notes(path, every))
    assert notes.saved == steps


@pytest.mark.cpu
def test_a_fit_is_kept_from_its_beginning_unless_its_file_is_there(path: Path) -> None:
    fit(trainer := on_tape(), Checkpoint(path), max_epoch=1)
    fit(trainer, notes := Notes(path), max_epoch=1)
    assert notes.saved == [5, 10]
    assert trainer.place.steps == range(5, 10)
    again = resumed(on_tape, path)
    fit(again, notes := Notes(path), max_epoch=2)
    assert notes.saved == [15]
    path.unlink()
    again = resumed(on_tape, path.with_name("run.previous.safetensors"))
    fit(again, notes := Notes(path), max_epoch=2)
    assert notes.saved == [10, 15]


@pytest.mark.cpu
@pytest.mark.parametrize(
    "every", [0, -1, 2.5, "steps", None, True, timedelta(0), timedelta(seconds=-1)]
)
def test_a_wrong_interval(every: Any, path: Path) -> None:
    with pytest.raises(CommonError, match="every must be"):
        Checkpoint(path, every)


def test_it_runs_after_the_other_callbacks(path: Path) -> None:
    """Wherever it stands in the list."""
    fit(on_tape(), Checkpoint(path, 1), watch := Watch())
    again, other = resumed(on_tape, path), Watch()
    fit(again, other)
    assert other.norms == watch.norms
    assert len(other.norms) == 20


@pytest.mark.usefixtures("usual_ctrl_c")
def test_ctrl_c_loses_nothing(path: Path) -> None:
    trainer = fit(
        on_tape(), Change(lambda _: signal.raise_signal(signal.SIGINT), step=7), Checkpoint(path)
    )
    assert trainer.step == 7
    again = resumed(on_tape, path)
    assert again.step == 7
    never = Change(lambda _: None, step=7)
    assert outcome(again, never) == outcome(on_tape(), never)


def test_two_ctrl_c_in_a_save_leave_the_one_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, []

    def press(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 7:  # two a save
            raise KeyboardInterrupt
        real(descriptor)

    monkeypatch.setattr("common.checkpoint.os.fsync", press)
    fit(on_tape(), Checkpoint(path, 1))
    monkeypatch.undo()
    assert sorted(os.listdir(path.parent)) == ["run.previous.safetensors", "run.safetensors"]
    again = resumed(on_tape, path)
    assert again.step == 2
    assert outcome(again) == outcome(on_tape())


def test_weights_that_were_lost_are_not_saved_over_good_ones(path: Path) -> None:
    def lose(trainer: Any) -> None:
        trainer.model[0].params[0][0, 0] = np.inf

    with pytest.raises(NotFiniteError):
        fit(on_tape(), Change(lose, step=7), Checkpoint(path, 1))
    assert resumed(on_tape, path).step == 6


def flipped(data: bytes) -> bytes:
    return data[:-9] + bytes([data[-9] ^ 4]) + data[-8:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "half": lambda data: data[: len(data) // 2],
    "a bit": flipped,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_the_one_before_is_kept_and_loads(damage: Callable[[bytes], bytes], path: Path) -> None:
    killed(on_tape(), path, 3, 13)
    previous = path.with_name("run.previous.safetensors")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FileError, match=rf"damaged.*The one before it is {previous}\."):
        resumed(on_tape, path)
    again = resumed(on_tape, previous)
    assert again.step == 9
    assert outcome(again, Checkpoint(path, 3)) == outcome(on_tape())
    assert resumed(on_tape, path).step == 20


@pytest.mark.cpu
def test_a_disk_that_is_full_costs_nothing(path: Path, file_size_limit: Any) -> None:
    trainer, same = on_tape(), on_tape()
    with pytest.raises(FileError, match=r"could not be written: File too large\. Make room"):
        fit(trainer, Change(lambda trainer: file_size_limit(1000), step=7), Checkpoint(path, 1))
    file_size_limit(None)
    with pytest.raises(Killed):
        fit(same, Change(lambda trainer: None, step=7), Mortal(path.with_name("other"), 1, 7))
    assert trainer.step == 7
    assert [p.tobytes() for p in trainer.model.params] == [p.tobytes() for p in same.model.params]
    again, change = resumed(on_tape, path), Change(lambda trainer: None, step=7)
    assert again.step == 6
    assert outcome(again, change) == outcome(on_tape(), change)


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="a folder that nobody may write to")
def test_a_folder_that_cannot_be_written_to_is_known_before_the_training() -> None:
    trainer = on_tape()
    with pytest.raises(FileError, match=r"/sys/run could not be written: Permission denied\."):
        fit(trainer, Checkpoint("/sys/run"))
    assert trainer.step == 0


def test_a_damaged_file_does_not_take_the_place_of_the_one_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even if the next write fails, too."""
    killed(on_tape(), path, 3, 13)
    previous = path.with_name("run.previous.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    good = previous.read_bytes()

    def fail(*_: Any) -> None:
        raise PermissionError(13, "it is open elsewhere")

    again = resumed(on_tape, previous)
    with monkeypatch.context() as patch:
        patch.setattr("common.checkpoint.os.replace", fail)
        with pytest.raises(FileError, match="it is open elsewhere"):
            fit(again, Checkpoint(path, 1))
    assert previous.read_bytes() == good
    killed(resumed(on_tape, previous), path, 1, 10)
    assert previous.read_bytes() == good
    assert resumed(on_tape, path).step == 10


def test_it_is_on_the_disk_before_it_has_its_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut is a kill that also takes what was not synced."""
    steps: list[str] = []
    fit(on_tape(), Checkpoint(path), max_epoch=1)
    inode = path.stat().st_ino

    def watch(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: Any) -> Any:
            is_folder = name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode)
            steps.append(f"{name} folder" if is_folder else name)
            return real(*arguments)

        monkeypatch.setattr(f"common.checkpoint.os.{name}", call)

    for name in ("fsync", "link", "replace"):
        watch(name)
    trainer = resumed(on_tape, path)
    fit(trainer, Checkpoint(path), max_epoch=2)
    assert steps == ["fsync", "link", "replace", "replace", "fsync folder"]
    assert path.with_name("run.previous.safetensors").stat().st_ino == inode, "a link, no copy"


def test_the_time_is_counted_from_the_last_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = itertools.count()  # asked once in begin, once a step, and once more where it is saved
    monkeypatch.setattr("common.checkpoint.time.monotonic", lambda: next(now))
    fit(on_tape(), notes := Notes(path, timedelta(seconds=4)))
    assert notes.saved == [0, 4, 8, 12, 16, 20, 20]


def test_two_checkpoints_of_one_fit_may_both_go_on(path: Path) -> None:
    other = path.with_name("other")

    def both() -> list[Any]:
        return [Checkpoint(path, 2), Mortal(other, 5, 13)]

    with pytest.raises(Killed):
        fit(on_tape(), *both())
    assert resumed(on_tape, path).step == 12
    again = resumed(on_tape, other)
    assert again.step == 10
    assert outcome(again, Checkpoint(path, 2), Checkpoint(other, 5)) == outcome(on_tape())
    assert resumed(on_tape, path).step == resumed(on_tape, other).step == 20


def test_a_second_fit_whose_lr_was_changed_in_the_first_goes_on(path: Path) -> None:
    def first() -> Trainer:
        return fit(on_tape(), Change(slow_down, epoch=1), max_epoch=2, schedule=None)

    killed(first(), path, 1, 17, schedule=None)
    assert outcome(resumed(on_tape, path), schedule=None) == outcome(first(), schedule=None)


def test_what_is_refused_is_refused_before_a_callback_begins(path: Path) -> None:
    class Log:
        def begin(self, trainer: Any) -> None:
            raise AssertionError("it would have emptied its file")

    killed(on_tape(), path, 1, 7)
    with pytest.raises(ArgumentError, match=r"callbacks: .*Log"):
        fit(resumed(on_tape, path), Log())


def test_a_file_system_without_links(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: Any) -> None:
        raise OSError("no links")

    monkeypatch.setattr("common.checkpoint.os.link", link)
    killed(on_tape(), path, 3, 7)
    assert resumed(on_tape, path.with_name("run.previous.safetensors")).step == 3


def test_a_training_without_checkpoints_is_not_overwritten(path: Path) -> None:
    killed(on_tape(), path, 3, 13)
    data = path.read_bytes()
    with pytest.raises(FileError, match=r"is there already, of another training\. Go on with it"):
        fit(on_tape(), Checkpoint(path))
    path.unlink()
    with pytest.raises(FileError, match=r"run\.previous\.safetensors is there already"):
        fit(on_tape(), Checkpoint(path))
    path.write_bytes(data)
    trainer = resumed(on_tape, path)
    fit(trainer, Checkpoint(path))
    fit(trainer, Checkpoint(path))  # its own
    assert resumed(on_tape, path).step == 40


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder: name a file in it"):
        fit(on_tape(), Checkpoint(tmp_path))


def test_a_folder_that_is_missing_is_known_before_the_training(path: Path) -> None:
    trainer = on_tape()
    with pytest.raises(FileError, match=r"Make the folder .* first"):
        fit(trainer, Checkpoint(path / "run"))
    assert trainer.step == 0


# What is not the same training --------------------------------------------------------------------


def check_refused(make: Make, path: Path, *lines: str) -> None:
    trainer = make()
    before = [to_cpu(p).tobytes() for p in trainer.network.lists()[0]]
    with pytest.raises(ArgumentError) as caught:
        trainer.resume(path)
    assert "was kept of another training, so nothing was loaded" in str(caught.value)
    assert str(caught.value).splitlines()[1:] == [f"  {line}" for line in lines]
    assert [to_cpu(p).tobytes() for p in trainer.network.lists()[0]] == before


def test_another_model_or_optimizer_is_refused(path: Path) -> None:
    killed(on_tape(), path, 1, 7)
    check_refused(
        lambda: on_tape(SGD(0.05)),
        path,
        "optimizer: SGD(lr=0.05), and it was Adam(lr=0.05, beta1=0.9, beta2=0.999, eps=1e-08)",
    )
    check_refused(
        lambda: on_tape(Adam(0.01)),
        path,
        "optimizer: Adam(lr=0.01, beta1=0.9, beta2=0.999, eps=1e-08), "
        "and it was Adam(lr=0.05, beta1=0.9, beta2=0.999, eps=1e-08)",
    )

    def wider() -> Trainer:
        model = layers()
        model[4] = Linear(6, 4, seed=0)
        model[3] = Dropout(0.5)
        return Trainer(model, Adam(0.05), SoftmaxWithLoss())

    check_refused(
        wider,
        path,
        "model.layers.4.W: float32 (6, 4) in the model, float32 (6, 3) in the file",
        "model.layers.4.b: float32 (4,) in the model, float32 (3,) in the file",
        "model.layers.3: Dropout(dropout_ratio=0.5), and it was Dropout(dropout_ratio=0.2)",
    )


OTHER_FITS: dict[str, tuple[dict[str, Any], str]] = {
    "batch_size": ({"batch_size": 11}, "batch_size: 11, and it was 10"),
    "max_grad": ({"max_grad": None}, "max_grad: None, and it was 0.5"),
    "eval_interval": ({"eval_interval": 4}, "eval_interval: 4, and it was 3"),
    "held_out": ({"held_out": None}, r"held_out: None, and it was float32 \(15, 2\)"),
    "schedule": ({"schedule": cosine(0.05, 20)}, "schedule: "),
    "the first step": (
        {"schedule": lambda step: step_decay(0.05, 7)(step) if step else 0.5},
        "schedule: lr from 0.5 to 0.0",
    ),
    "the last step": (
        {"schedule": lambda step: step_decay(0.05, 7)(step) if step < 19 else 0.5},
        "schedule: lr from 0.05 to 0.5 in 20 steps, with SHA-256 [0-9a-f]{16}, and it was lr ",
    ),
    "no schedule": ({"schedule": None}, "schedule: None, and it was lr from 0.05 to "),
}


@pytest.mark.parametrize(("options", "line"), OTHER_FITS.values(), ids=OTHER_FITS)
def test_another_fit_is_refused(options: Any, line: str, path: Path) -> None:
    killed(on_tape(), path, 1, 7)
    again = resumed(on_tape, path)
    with pytest.raises(ArgumentError, match=rf"this is not the fit that was to go on:\n  {line}"):
        fit(again, **options)
    assert again.step == 7
    assert outcome(again) == outcome(on_tape()), "the right one may follow"


@pytest.mark.parametrize("rows", [slice(1, None), slice(None, None, -1)], ids=["fewer", "others"])
def test_other_data_are_refused(rows: slice, path: Path) -> None:
    killed(on_tape(), path, 1, 7)
    sha = r"with SHA-256 [0-9a-f]{16}"
    then = rf"and it was float32 \(45, 2\) {sha} and int64 \(45,\) {sha}$"
    with pytest.raises(ArgumentError, match=rf"\n  x and t: float32 .* {sha}, {then}"):
        resumed(on_tape, path).fit(
            X[rows], T[rows], 4, 10, 0.5, 3, held_out=HELD_OUT, schedule=step_decay(0.05, 7)
        )


@pytest.mark.cpu
def test_data_are_the_same_however_many_rows_of_them_are_looked_at_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(on_tape(), path, 1, 7)
    monkeypatch.setattr("common.checks.STRETCH", 1)
    assert outcome(resumed(on_tape, path)) == outcome(on_tape())


@pytest.mark.cpu
@pytest.mark.parametrize("max_epoch", [2**53 // 5, 2**53 - 1])
def test_steps_that_no_file_could_count_are_refused_before_the_first(max_epoch: int) -> None:
    with pytest.raises(ArgumentError, match="the step at which it ends must be below 9"):
        fit(trainer := on_tape(), max_epoch=max_epoch + 1 if max_epoch < 2**52 else max_epoch)
    assert trainer.step == 0


@pytest.mark.cpu
def test_a_training_without_end_goes_on(path: Path) -> None:
    options: dict[str, Any] = {"max_epoch": 2**53 // 5, "eval_interval": 2**53 - 1}
    options |= {"batch_size": 2**53 - 1} | {"max_epoch": 2**53 - 1}
    killed(on_tape(), path, 1, 7, **options)
    with pytest.raises(Killed):
        fit(again := resumed(on_tape, path), Mortal(path, 1, 9), **options)
    assert again.step == 9


@pytest.mark.cpu
@pytest.mark.parametrize(("steps", "asked"), [(0, 0), (999, 999), (1998, 1998), (2000, 1000)])
def test_schedules_are_compared_at_a_thousand_of_the_steps(steps: int, asked: int) -> None:
    seen: list[int] = []

    def schedule(step: int) -> float:
        seen.append(step)
        return 0.5

    words = of_fit(10, None, 20, (X, T), None, schedule, range(steps), [])
    assert len(seen) == asked
    assert f" in {steps} steps, with SHA-256 " in words["schedule"]


def test_other_callbacks_are_refused(path: Path) -> None:
    killed(on_tape(), path, 1, 7, early_stopping(3))
    with pytest.raises(ArgumentError, match=r"callbacks: early_stopping\(patience=4, .*patience=3"):
        fit(resumed(on_tape, path), early_stopping(4))
    with pytest.raises(ArgumentError, match=r"callbacks: none, and it was early_stopping"):
        fit(resumed(on_tape, path))


def rewritten(path: Path, old: str, new: str) -> None:
    """With another text, and a right SHA-256."""
    arrays, texts = read(path)
    assert old in texts["training"]
    write(path, arrays, {"training": texts["training"].replace(old, new)})


@pytest.mark.cpu
def test_a_newer_version_is_refused(path: Path) -> None:
    killed(on_tape(), path, 1, 7)
    rewritten(path, f'"framework": "{common.__version__}"', '"framework": "9.10.0"')
    with pytest.raises(FileError, match=r"was written by version 9\.10\.0, and this is 0\."):
        resumed(on_tape, path)
    rewritten(path, '"framework": "9.10.0"', '"framework": "0.0.9.dev1"')
    assert resumed(on_tape, path).step == 7
    *first, patch = map(int, re.findall(r"\d+", common.__version__)[:3])
    later = ".".join(map(str, [*first, patch + 1]))
    rewritten(path, '"framework": "0.0.9.dev1"', f'"framework": "{later}"')
    with pytest.raises(FileError, match=f"was written by version {later}, and this is"):
        resumed(on_tape, path)
    same = ".".join(map(str, [*first, patch, "dev1"]))
    rewritten(path, f'"framework": "{later}"', f'"framework": "{same}"')
    assert resumed(on_tape, path).step == 7


@pytest.mark.cpu
@pytest.mark.parametrize("version", ["1.0.0", "9.0.0"])
def test_another_numpy_is_told(version: str, path: Path) -> None:
    """At the line that resumes."""
    killed(on_tape(), path, 1, 7)
    rewritten(path, f'"numpy": "{numpy.__version__}"', f'"numpy": "{version}"')
    script = compile("trainer.resume(path)", "a script", "exec")
    with pytest.warns(
        UserWarning, match=rf"was written with NumPy {version}.*the last digits"
    ) as seen:
        exec(script, {"trainer": on_tape(), "path": path})
    assert seen[0].filename == "a script"


@pytest.mark.cpu
def test_hundreds_of_rows_go_on_in_the_middle_of_an_epoch(path: Path) -> None:
    x, t = numpy.resize(X, (300, 2)), numpy.resize(T, 300)
    with pytest.raises(Killed):
        on_tape().fit(x, t, 1, 100, callbacks=[Mortal(path, 1, 2)], verbose=False)
    again = resumed(on_tape, path)
    again.fit(x, t, 1, 100, verbose=False)
    assert again.step == 3


def test_a_model_is_no_training(path: Path) -> None:
    save(layers(), path)
    with pytest.raises(FileError, match=r"holds a model and no training: load\(model, "):
        resumed(on_tape, path)


def test_the_model_alone_is_taken_from_a_checkpoint(path: Path) -> None:
    killed(trainer := on_tape(), path, 1, 7)
    model = load(layers(5), path)
    for ours, theirs in zip(model.params, trainer.model.params, strict=True):
        assert to_cpu(ours).tobytes() == to_cpu(theirs).tobytes()


def test_resume_comes_before_fit(path: Path) -> None:
    fit(on_tape(), Checkpoint(path))
    with pytest.raises(CallOrderError, match="resume comes before fit"):
        fit(on_tape(), lambda trainer: trainer.resume(path))
    with pytest.raises(ArgumentTypeError, match=r"path must be a file's name"):
        on_tape().resume(3)  # type: ignore[arg-type]


# What cannot be kept ------------------------------------------------------------------------------


class Forgets:
    def __init__(self) -> None:
        self.norms: list[float] = []

    def after_step(self, trainer: Any) -> None:
        self.norms.append(0.0)


class KeepsTooMuch(Forgets):
    kept = ("norms", "model")

    def begin(self, trainer: Any) -> None:
        self.model = trainer.model


class Silent(HandMade):
    def __init__(self) -> None:
        super().__init__()
        self.more: list[Any] = []


class WithoutComma(Forgets):
    kept = "norms"


class Misspelled(Forgets):
    kept = ("norm",)


class InItsClass:
    @classmethod
    def after_step(cls, trainer: Any) -> None:
        """A method that Python gives no object."""


class Views(Forgets):
    kept = ("norms", "row")

    def begin(self, trainer: Any) -> None:
        self.row = trainer.model[0].params[0][0]


def test_a_callback_must_say_which_lists_are_kept(path: Path) -> None:
    trainer = on_tape()
    with pytest.raises(ArgumentTypeError, match=r"Forgets\.norms is a list.*kept = \('norms',\)"):
        fit(trainer, Forgets(), Checkpoint(path))
    with pytest.raises(ArgumentTypeError, match=r"callbacks\.0\.model is a Sequential\. Only numb"):
        fit(trainer, KeepsTooMuch(), Checkpoint(path))
    with pytest.raises(ArgumentTypeError, match=r"Silent\.more is a list.*kept = "):
        fit(on_tape(Silent()), Checkpoint(path))
    with pytest.raises(ArgumentTypeError, match=r"kept must be a tuple of names.*got 'norms'"):
        fit(trainer, WithoutComma(), Checkpoint(path))
    with pytest.raises(ArgumentTypeError, match=r"kept names 'norm', which it does not have yet"):
        fit(trainer, Misspelled(), Checkpoint(path))
    with pytest.raises(ArgumentTypeError, match=r"class InItsClass .* a method of an object"):
        fit(trainer, InItsClass.after_step, Checkpoint(path))
    assert trainer.step == 0
    assert os.listdir(path.parent) == []
    fit(trainer, Forgets())  # without a Checkpoint nobody asks


@pytest.mark.cpu
def test_a_view_of_a_weight_is_refused(path: Path) -> None:
    """It would come back as an array of its own."""
    with pytest.raises(ArgumentTypeError, match=r"row is a view of model\.layers\.0\.W"):
        fit(on_tape(), Views(), Checkpoint(path))


# Devices ------------------------------------------------------------------------------------------


@pytest.mark.off_cpu
@pytest.mark.parametrize("optimizer", [Momentum, Adam, HandMade])
def test_it_may_go_on_on_another_device(optimizer: Any, path: Path) -> None:
    """With numbers that agree, if not to the bit."""

    def make() -> Trainer:
        return on_tape(optimizer(0.05))

    expected = fit(make(), *others())
    with config.use_gpu(False):
        killed(make(), path, 1, 7, *others())
    trainer = resumed(make, path)
    killed(trainer, path, 1, 13, *others())
    with config.use_gpu(False):
        trainer = fit(resumed(make, path), *others())
    # But for the bias in front of the BatchNorm: its gradient is 0 up to rounding, and of the
    # rounding Adam makes whole steps.
    for i in (0, *range(2, len(expected.model.params))):
        ours, theirs = trainer.model.params[i], expected.model.params[i]
        numpy.testing.assert_allclose(to_cpu(ours), to_cpu(theirs), rtol=1e-3, atol=1e-5)
    assert trainer.loss_list == pytest.approx(expected.loss_list, rel=1e-3)
    assert len(trainer.history) == len(expected.history)


def test_a_spoiled_step_ends_a_resumed_training_as_well(path: Path) -> None:
    def make() -> Trainer:
        model = Sequential(Linear(2, 3, seed=0), AtStep(3, nan))
        return Trainer(model, SGD(0.1), SoftmaxWithLoss(), seed=0)

    killed(make(), path, 1, 2)
    with pytest.raises(NotFiniteError):
        fit(resumed(make, path))


def test_an_error_before_the_first_step_leaves_it_to_be_resumed(path: Path) -> None:
    killed(on_tape(), path, 1, 7)
    again = resumed(on_tape, path)
    with pytest.raises(CommonError):
        again.fit(X, T[:3])
    assert outcome(again) == outcome(on_tape())


class Changing:
    """Comes from one kind of value to another, and has values by names that layers have."""

    kept = ("state", "losses")

    def __eq__(self, other: object) -> bool:
        return True  # to whatever: it is itself all the same

    __hash__ = object.__hash__

    def begin(self, trainer: Trainer) -> None:
        self.best: Any = "none yet"
        self.note: Any = False
        self.state: list[float] = []
        self.grads = 0.0
        self.losses: Any = {}

    def after_step(self, trainer: Trainer) -> None:
        self.best, self.note = float(trainer.step), f"step {trainer.step}"
        self.state.append(self.best)
        self.grads = self.best
        self.losses = [*self.losses, self.best]


def test_what_a_callback_keeps_may_become_of_another_kind(path: Path) -> None:
    killed(on_tape(), path, 1, 7, Changing())
    again = resumed(on_tape, path)
    fit(again, changing := Changing())
    assert changing.state == changing.losses == [float(step) for step in range(1, 21)]
    assert (changing.best, changing.grads, changing.note) == (20.0, 20.0, "step 20")


@pytest.mark.cpu
@pytest.mark.parametrize(
    ("wrapped", "leaf", "most"),
    [
        (lambda value: [value], 0, 99),
        (lambda value: (value,), 0, 99),
        (lambda value: {0: value}, 0, 49),
        (lambda value: [value], numpy.random.default_rng(0), 94),
    ],
)
def test_what_is_too_deep_to_be_read_is_not_written(wrapped: Any, leaf: Any, most: int) -> None:
    value = leaf
    for _ in range(most):
        value = wrapped(value)
    packed = json.loads(json.dumps(Packing({}).pack("it", value)))
    unpacked = Unpacking({}, {}).unpack(packed)
    assert unpacked == value or leaf
    with pytest.raises(ArgumentTypeError, match=r"it.* is too deep: lists in lists, more than 100"):
        Packing({}).pack("it", wrapped(value))


@pytest.mark.cpu
def test_keys_that_are_too_deep_are_not_written() -> None:
    key: Any = 0
    for _ in range(97):
        key = (key,)
    packed = json.loads(json.dumps(Packing({}).pack("it", {key: 0})))
    assert Unpacking({}, {}).unpack(packed) == {key: 0}
    with pytest.raises(ArgumentTypeError, match="is too deep"):
        Packing({}).pack("it", {(key,): 0})


@no_type_check
@functools.wraps(thaw)
def decorated(trainer: Any) -> None:
    """Has what Python keeps of it under names of its own."""


def test_what_python_keeps_of_a_function_is_not_asked_for(path: Path) -> None:
    assert {"__wrapped__", "__no_type_check__"} <= vars(decorated).keys()
    killed(on_tape(), path, 1, 7, decorated)
    assert fit(resumed(on_tape, path), decorated).step == 20


@pytest.mark.parametrize("name", ["a b", "weight-decay", ""])
def test_a_name_that_could_not_be_set_again_is_not_written(name: str, path: Path) -> None:
    def count(trainer: Trainer) -> None:
        pass

    vars(count)[name] = 1
    with pytest.raises(ArgumentTypeError, match=rf"cannot be kept: {name!r} is no name that"):
        fit(on_tape(), Checkpoint(path), count)
    assert not path.exists()


@pytest.mark.cpu
def test_dictionaries_that_are_too_deep_in_a_list_are_not_written() -> None:
    """A dictionary takes two of the hundred, so that it may come from 1 to less than 0."""
    value: Any = 0
    for _ in range(50):
        value = {0: value}
    with pytest.raises(ArgumentTypeError, match="is too deep"):
        Packing({}).pack("it", [value])


def test_a_whole_number_without_end_is_not_written(path: Path) -> None:
    def count(trainer: Trainer) -> None:
        pass

    count.total = 10**5000  # type: ignore[attr-defined]
    with pytest.raises(FileError, match="could not be written: Exceeds the limit"):
        fit(on_tape(), Checkpoint(path), count)
    assert not path.exists()


class SelfWatching(Module):
    """Is its own callback, and puts one of its layers into evaluation mode."""

    kept = ()

    def __init__(self) -> None:
        self.layers = layers()

    def forward(self, x: Any) -> Any:
        return self.layers(x)

    def after_epoch(self, trainer: Trainer) -> None:
        self.layers[1].eval()


@pytest.mark.parametrize("is_method", [False, True])
def test_a_model_may_be_its_own_callback(is_method: bool, path: Path) -> None:
    def make() -> tuple[Trainer, Any]:
        model = SelfWatching()
        trainer = Trainer(model, SGD(0.1), SoftmaxWithLoss(), seed=0)
        return trainer, model.after_epoch if is_method else model

    trainer, callback = make()
    killed(trainer, path, 1, 7, callback)
    again, callback = make()
    again.resume(path)
    fit(again, callback)
    expected, callback = make()
    fit(expected, callback)
    for ours, theirs in zip(again.model.params, expected.model.params, strict=True):
        assert np.array_equal(ours, theirs)


# Killed in earnest --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.cpu
@pytest.mark.skipif(not hasattr(os, "fork"), reason="trainings are forked")
def test_trainings_that_are_killed_lose_nothing() -> None:
    """At each line of two writes, and then at random; python -m tests.kills does more."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.kills", "80"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = re.match(
        r"(\d+) at each line of two writes, (\d+) at a random moment, (\d+) at a random point of a "
        r"write: all ",
        done.stdout,
    )
    assert told, done.stdout
    at_lines, *at_random = map(int, told.groups())
    assert at_lines > 40
    assert sum(at_random) >= 80 - at_lines
