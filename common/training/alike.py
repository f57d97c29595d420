"""That all workers train the same: looked at where a fit and an epoch begin and end."""

import hashlib
from typing import Any

import numpy

from common import __version__
from common.checks import name_of
from common.errors import ArgumentError, WorkersError
from common.np import Array
from common.training.description import check_same, form
from common.training.named import TRAINER, arrays_of, generators_of
from common.util import as_bytes


def begin_alike(trainer: Any, x: Array, t: Array) -> None:
    """All workers are about to train the same, from the weights and the seeds of rank 0."""
    workers = trainer.workers
    if workers.size == 1:
        return
    if len(x) < workers.size:
        raise ArgumentError(
            f"Trainer: there are {len(x)} rows for {workers.size} workers, and each must have one"
        )
    said = workers.gather(_in_words(trainer, x, t))
    for rank, words in enumerate(said):
        check_same(
            f"Trainer: worker {rank} was to train something else than worker 0",
            [
                f"{name}: {words.get(name, 'nothing')}, and {said[0].get(name, 'nothing')} there"
                for name in {**said[0], **words}
                if words.get(name) != said[0].get(name)
            ],
        )
    workers.broadcast(list(arrays_of(trainer).values()))


def draw_apart(trainer: Any) -> None:
    """The layers of each worker draw numbers of their own: those of rank 0, far further on.

    Of one epoch: a worker that had fewer rows has drawn fewer numbers.
    """
    workers = trainer.workers
    if workers.size == 1:
        return
    generators = generators_of(trainer)
    del generators[TRAINER]  # rank 0 alone shuffles the rows
    states = {name: generator.bit_generator.state for name, generator in generators.items()}
    for name, state in workers.first(states).items():
        bits: Any = generators[name].bit_generator
        bits.state = state
        if not hasattr(bits, "jumped"):
            raise WorkersError(
                f"Trainer: {name} draws from {name_of(bits)}, which workers cannot share: make it "
                f"with numpy.random.default_rng(seed)"
            )
        bits.state = bits.jumped(workers.rank).state


def check_still_alike(trainer: Any) -> None:
    """The weights are the same in all workers, to the bit."""
    if trainer.workers.size == 1:
        return
    sha = hashlib.sha256()
    for array in trainer.network.lists()[0]:
        sha.update(as_bytes(array))
    said = trainer.workers.gather(sha.hexdigest())
    for rank, other in enumerate(said):
        if other != said[0]:
            raise WorkersError(
                f"Trainer: the weights of worker {rank} are others than those of worker 0. Does a "
                f"callback change them in one of the workers, and not in all?"
            )


def agree_on_end(trainer: Any) -> None:
    """A callback of one worker may end the training of all."""
    trainer.place.is_over = any(trainer.workers.gather(trainer.place.is_over))


def _in_words(trainer: Any, x: Array, t: Array) -> dict[str, str]:
    """What must be the same; the numbers in the arrays are not looked at."""
    held_out = trainer.held_out
    fit = "max_epoch", "batch_size", "max_grad", "eval_interval"
    return {
        "version": f"{__version__}, NumPy {numpy.__version__}",
        **trainer.made,
        **{name: form(array) for name, array in arrays_of(trainer).items()},
        "params": ", ".join(map(form, trainer.network.lists()[0])),  # but for frozen layers
        "steps done": str(trainer.step),
        "lr": repr(float(trainer.optimizer.lr)),
        "x and t": f"{form(x)} and {form(t)}",
        "held_out": "None" if held_out is None else " and ".join(map(form, held_out)),
        **{name: str(getattr(trainer, name)) for name in fit},
        "schedule": name_of(trainer.schedule),
        "callbacks": ", ".join(map(name_of, trainer.callbacks)),
    }
