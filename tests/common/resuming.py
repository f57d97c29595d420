"""Trainings with all that a training may have; what they come to, to be compared."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy

from common.checkpoint import Checkpoint
from common.layers import BatchNorm, Dropout, Linear, Sequential, Sigmoid, SoftmaxWithLoss
from common.optimizer import Adam
from common.schedule import step_decay
from common.trainer import Trainer, early_stopping
from common.training.packing import attributes_of
from common.training.snapshot import Snapshot
from common.util import grad_norm, to_cpu
from tests.common.training import BookNet, T, X

NOT_COMPARED = {"seconds", "steps", "fit", "checkpoints", "history"}
HELD_OUT = (X[::3], T[::3])
Make = Callable[..., Trainer]


class Watch:
    """Keeps, of each step, its rows and the norm of the gradients."""

    kept = ("rows", "norms")

    def begin(self, trainer: Trainer) -> None:
        self.rows: list[Any] = []
        self.norms: list[float] = []
        self.largest = 0.0

    def after_step(self, trainer: Trainer) -> None:
        assert trainer.place.order is not None
        start = (trainer.place.batches - 1) * trainer.batch_size
        self.rows.append(trainer.place.order[start : start + trainer.batch_size].tolist())
        self.norms.append(float(grad_norm(trainer.network.lists()[1])))
        self.largest = max(self.largest, self.norms[-1])


def layers(seed: int = 0) -> Sequential:
    """With a generator that all share, the Trainer included."""
    rng = numpy.random.default_rng(seed)
    drop = Dropout(0.2, seed=rng)
    return Sequential(Linear(2, 6, rng), BatchNorm(6), Sigmoid(), drop, Linear(6, 3, rng))


def on_tape(optimizer: Any = None) -> Trainer:
    model = layers()
    return Trainer(model, optimizer or Adam(0.05), SoftmaxWithLoss(), seed=model[3].rng)


def by_hand(optimizer: Any = None) -> Trainer:
    model = BookNet(*layers())
    return Trainer(model, optimizer or Adam(0.05), seed=1)


def fit(trainer: Trainer, *callbacks: Any, **options: Any) -> Trainer:
    """Four epochs of 5 steps, the last of 5 rows."""
    given: dict[str, Any] = {
        "max_epoch": 4,
        "batch_size": 10,
        "max_grad": 0.5,
        "eval_interval": 3,
        "held_out": HELD_OUT,
        "schedule": step_decay(0.05, every=7),
        "verbose": False,
    }
    trainer.fit(X, T, callbacks=callbacks, **(given | options))
    return trainer


def numbers_of(callback: Any) -> str:
    attributes = attributes_of(callback).items()
    return repr({n: v for n, v in attributes if not isinstance(v, numpy.random.Generator)})


def outcome(trainer: Trainer, *callbacks: Any, **options: Any) -> Any:
    """All that a training comes to and went through, but for its seconds."""
    fit(trainer, *callbacks, **options)
    trainer.callbacks = [c for c in callbacks if not isinstance(c, Checkpoint)]
    snapshot = Snapshot.of(trainer)
    rest = {key: snapshot.record[key] for key in snapshot.record.keys() - NOT_COMPARED}
    rest["history"] = [replace(epoch, seconds=0) for epoch in trainer.history]
    # Once more, by other ways than those of a snapshot.
    rest["numbers"] = [to_cpu(p).tobytes() for p in trainer.network.lists()[0]]
    rest["losses"] = trainer.loss_list, trainer.loss_steps, trainer.evaluate(X, T)
    rest["callbacks"] = [numbers_of(callback) for callback in trainer.callbacks]
    arrays = {n: array for n, array in snapshot.arrays.items() if n not in NOT_COMPARED}
    return rest, {name: to_cpu(array).tobytes() for name, array in arrays.items()}


MAKES = {"tape": on_tape, "by hand": by_hand}


def others() -> list[Any]:
    return [early_stopping(3), Watch()]
