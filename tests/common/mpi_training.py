"""What the processes under mpiexec do: python -m tests.common.mpi_training WHAT ARGUMENTS."""

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy

from common import config, parallel
from common.checkpoint import Checkpoint
from common.errors import WorkersError
from common.layers import Linear, Sequential, Sigmoid, SoftmaxWithLoss
from common.optimizer import SGD, Adam, Momentum
from common.parallel import Workers
from common.trainer import Trainer
from tests.common.test_parallel import Callback, divide, nudge, quiet, spoil, trained
from tests.common.training import T, X

FAILURES: dict[str, Callable[[Trainer], Any]] = {
    "error": divide,
    "nan": spoil,
    "another weight": nudge,
    "exit": lambda _: sys.exit(3),
    "exit at once": lambda _: os._exit(3),
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
}


def compare(workers: Workers) -> None:
    """With one process, and with threads: prints the largest differences of all numbers."""
    kinds = ("by hand", "sum"), ("on the tape", "mean")
    for dtype, optimizer in product(("float64", "float32"), (SGD, Momentum, Adam)):
        config.dtype = numpy.dtype(dtype)
        for kind, reduction in kinds:
            given: Any = {"kind": kind, "optimizer": optimizer, "reduction": reduction}
            work: Any = partial(trained, batch_size=12 // workers.size, dtype=dtype, **given)
            found = work(workers)
            if workers.rank == 0:
                alone = work(Workers(), batch_size=12)
                threads = parallel.in_threads(workers.size, work)[0]
                print(json.dumps([dtype, difference(found, alone), difference(found, threads)]))


def difference(one: Any, other: Any) -> float:
    pairs = zip([*one[0], numpy.array(one[1])], [*other[0], numpy.array(other[1])], strict=True)
    return max(float(abs(a - b).max()) for a, b in pairs)


def fail(workers: Workers, what: str, rank: str) -> None:
    """In the fit of one worker."""
    model = Sequential(Linear(2, 3, seed=0), Sigmoid(), Linear(3, 3, seed=1))
    trainer = Trainer(model, SGD(), SoftmaxWithLoss(), seed=0, workers=workers)
    trainer.fit(X, T, 50, 5, callbacks=[Callback(20, int(rank), FAILURES[what])], verbose=False)


def fail_before(workers: Workers, ranks: str) -> None:
    """Before any fit, in some."""
    if str(workers.rank) in ranks:
        raise ZeroDivisionError("before")
    workers.gather(None)


def send_and_fail(workers: Workers) -> None:
    """A script that writes to others itself."""
    from mpi4py import MPI

    if workers.rank == 0:
        workers.sent = MPI.COMM_WORLD.isend("hello", 1, tag=parallel.FAILED)  # type: ignore
    workers.gather(None)
    if workers.rank == 1:
        raise ZeroDivisionError("by hand")
    workers.gather(None)


def fail_before_world(workers: Workers, _: str) -> None:
    """What those do that have come so far; the other has not."""
    workers.gather(None)


def leave_and_catch(workers: Workers) -> None:
    """One has nothing to do, and the others do not mind."""
    if workers.rank != 1:
        with suppress(WorkersError):
            workers.gather(None)
    print("left")


def leave(workers: Workers) -> None:
    """One has nothing to do."""
    if workers.rank != 1:
        workers.gather(None)


EVERY = 7  # steps, from one checkpoint to the next


class Slowly:
    """A step takes two milliseconds more and is written down; processes say who they are."""

    kept = ()

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def begin(self, trainer: Trainer) -> None:
        self.steps = os.open(self.folder / "steps", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        (self.folder / f"pid{trainer.workers.rank}").write_text(str(os.getpid()))

    def after_step(self, trainer: Trainer) -> None:
        if trainer.workers.rank == 0:
            os.write(self.steps, trainer.step.to_bytes(4))
        time.sleep(0.002)


def train(workers: Workers, folder: str, epochs: str) -> None:
    """With a file of its weights' SHA-256 at the end, and one that it goes on from."""
    path, trainer = Path(folder, "run.safetensors"), quiet(workers)
    if path.exists():
        trainer.resume(path)
    callbacks = [Slowly(folder), Checkpoint(path, every=EVERY)]
    batch_size = 12 // workers.size
    trainer.fit(X, T, int(epochs), batch_size, callbacks=callbacks, verbose=False)
    if workers.rank == 0:
        sha = hashlib.sha256(b"".join(param.tobytes() for param in trainer.model.params))
        Path(folder, "result").write_text(f"{trainer.step} {sha.hexdigest()}")


def unlike(_: Workers) -> None:
    """Trainings that know nothing of each other."""
    Trainer(Linear(2, 3), SGD(), SoftmaxWithLoss())


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    if name == "fail_before_world" and parallel.launched()[0] in map(int, arguments):
        raise ZeroDivisionError("before the world")
    if name == "without":
        sys.modules["mpi4py"] = None  # type: ignore[assignment]
    world = Workers() if name == "unlike" else parallel.world()
    globals()[name](world, *arguments)
