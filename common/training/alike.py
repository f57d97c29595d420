"""That all workers train the same: looked at where a fit and an epoch begin and end."""

import json
from collections.abc import Mapping
from typing import Any

import numpy

from common import __version__
from common.checks import name_of
from common.errors import ArgumentError, WorkersError
from common.np import Array
from common.training.description import check_same, form, in_words, of_schedule, sha_of
from common.training.named import (
    OPTIMIZER,
    TRAINER,
    arrays_of,
    generators_of,
    made_of,
    objects_of,
)
from common.training.shares import adds_up


def begin_alike(trainer: Any, x: Array, t: Array) -> None:
    """All workers are about to train the same, from the weights and the seeds of rank 0."""
    workers = trainer.workers
    if workers.size == 1:
        return
    if len(x) < workers.size:
        raise ArgumentError(
            f"Trainer: there are {len(x)} rows for {workers.size} workers, and each must have one"
        )
    said = workers.gather(_in_words(trainer, x, t), "the beginning of a fit")
    for rank, words in enumerate(said):
        check_same(
            f"Trainer: worker {rank} was to train something else than worker 0",
            _differences(rank, words, said[0]),
        )
    if workers.is_thread:
        _check_own(trainer)
    workers.broadcast(list(arrays_of(trainer).values()))
    first = slice(trainer.batch_size)
    trainer.network.adds_up = adds_up(trainer.network, x[first], t[first])


def draw_apart(trainer: Any) -> None:
    """The layers of each worker draw numbers of their own: those of rank 0, far further on.

    Of one epoch: a worker that had fewer rows has drawn fewer numbers.
    """
    workers = trainer.workers
    if workers.size == 1:
        return
    generators = generators_of(trainer)
    del generators[TRAINER]  # the order of the rows is that of rank 0
    states = {name: generator.bit_generator.state for name, generator in generators.items()}
    for name, state in workers.first(states, "the states of generators").items():
        bits: Any = generators[name].bit_generator
        bits.state = state
        if not hasattr(bits, "jumped"):
            raise WorkersError(
                f"Trainer: {name} draws from {name_of(bits)}, which workers cannot share: make it "
                f"with numpy.random.default_rng(seed)"
            )
        bits.state = bits.jumped(workers.rank).state


def check_still_alike(trainer: Any) -> None:
    """What is learned and kept is the same in all workers, to the bit; and what a step is."""
    workers = trainer.workers
    if workers.size == 1:
        return
    floats = [array for array in trainer._learned_and_kept() if array.dtype.kind == "f"]
    words = {
        "weights and state": sha_of(floats),
        "lr": repr(float(trainer.optimizer.lr)),
        "batch_size": str(trainer.batch_size),
    }
    said = workers.gather(words, "the end of an epoch")
    for rank, others in enumerate(said):
        if others != said[0]:
            lines = "\n  ".join(_differences(rank, others, said[0]))
            raise WorkersError(
                f"Trainer: worker {rank} has become another than worker 0. Does a callback change "
                f"it in one of the workers, and not in all? Or are their processors of different "
                f"kinds, which round differently?\n  {lines}"
            )


def agree_on_end(trainer: Any) -> None:
    """A callback of one worker may end the training of all."""
    trainer.place.is_over = any(
        trainer.workers.gather(trainer.place.is_over, "the end of an epoch")
    )


def agree_on_reached(trainer: Any) -> None:
    """What a gradient has come back to in one of the workers is reached."""
    network, workers = trainer.network, trainer.workers
    unreached = set(map(id, network.unreached))
    mine = [id(leaf) in unreached for leaf in network.leaves]
    columns = zip(*workers.gather(mine, "the end of the first epoch"), strict=True)
    network.unreached = [leaf for leaf, of in zip(network.leaves, columns, strict=True) if all(of)]


def _check_own(trainer: Any) -> None:
    """Each thread has parts, generators and an optimizer of its own."""
    workers = trainer.workers
    parts = {**objects_of(trainer), **generators_of(trainer), OPTIMIZER: trainer.optimizer}
    mine = {id(part): name for name, part in parts.items()}
    for rank, others in enumerate(workers.gather(mine, "the beginning of a fit")):
        shared = [name for key, name in mine.items() if key in others]
        if rank != workers.rank and shared:
            raise WorkersError(
                f"Trainer: {shared[0]} is the same object in workers {workers.rank} and {rank}: "
                f"each thread must make its own"
            )


def _differences(rank: int, words: Mapping[str, str], first: Mapping[str, str]) -> list[str]:
    """A line for each word that is another in this worker than in the first."""
    return [
        f"{name}: {words.get(name) or 'nothing'} in worker {rank}, and "
        f"{first.get(name) or 'nothing'} in worker 0"
        for name in {**first, **words}
        if words.get(name) != first.get(name)
    ]


def _of_rows(array: Array) -> str:
    """Its form, and a SHA-256 of a thousand of its rows: another order is another."""
    return f"{form(array)} with SHA-256 {sha_of([array[:: max(len(array) // 1000, 1)]])}"


def _in_words(trainer: Any, x: Array, t: Array) -> dict[str, str]:
    """What must be the same."""
    held_out, optimizer, snapshot = trainer.held_out, trainer.optimizer, trainer.snapshot
    schedule, steps = trainer.schedule, trainer.place.steps
    slots = [array for slot in getattr(optimizer, "slots", ()) for array in slot.state]
    fit = "max_epoch", "batch_size", "max_grad", "eval_interval"
    return {
        "version": f"{__version__}, NumPy {numpy.__version__}",
        **made_of(trainer),
        **{name: form(array) for name, array in arrays_of(trainer).items()},
        "params": ", ".join(map(form, trainer.network.lists()[0])),  # but for frozen layers
        "steps done": str(trainer.step),
        "goes on from": "" if snapshot is None else _of_snapshot(snapshot),
        "lr": repr(float(optimizer.lr)),
        "state of the optimizer": sha_of(slots),
        "x and t": f"{_of_rows(x)} and {_of_rows(t)}",
        "held_out": "" if held_out is None else " and ".join(map(_of_rows, held_out)),
        **{name: str(getattr(trainer, name)) for name in fit},
        "schedule": "" if schedule is None else of_schedule(schedule, steps),
        "callbacks": ", ".join(map(in_words, trainer.callbacks)),
    }


def _of_snapshot(snapshot: Any) -> str:
    text = numpy.frombuffer(json.dumps(snapshot.record).encode(), numpy.uint8)
    return f"a file with SHA-256 {sha_of([text, *snapshot.arrays.values()])}"
