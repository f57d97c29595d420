"""Trainings that are killed and go on: python -m tests.kills 600

A training is killed with kill -9: one at each line of the code that writes its first two
checkpoints; and then each up to three times, at random moments, at random lines, or with part of a
file written. Then it is left alone, and must come to what a training came to that was never killed.
No kill may cost more than one interval.

The trainings are children of one process that has everything imported, so that a life takes some
hundredths of a second.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported: with threads one cannot fork

import argparse
import hashlib
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from common import checkpoint
from common.checkpoint import Checkpoint, previous_of, read_training
from common.commands.options import whole
from common.trainer import Trainer
from tests.common.resuming import MAKES, fit, on_tape, others, outcome
from tests.common.table import OPTIMIZERS

CASES = [(make, row) for make in MAKES.values() for row in OPTIMIZERS]
WRITERS = {f.__code__ for f in (checkpoint.write, checkpoint._keep, checkpoint._sync_folder)}
STEPS, INTERVALS = 60, (1, 4, 7)
KINDS = "each line of two writes", "a random moment", "a random point of a write"
Kill = Callable[[], None]  # is called in the child, and makes it die at some time


def fork(call: Callable[[], Any]) -> int:
    """Calls it in a child, whose number this is."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            call()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return pid


def status_of(pid: int) -> int:
    """With what the child ended; it is waited for."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_child(call: Callable[[], Any]) -> None:
    """Calls it in a child: what starts threads in this process makes forks of it wait for ever."""
    assert status_of(fork(call)) == 0, "see above"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def never() -> None:
    pass


def at_each_line(call: Callable[[], None]) -> None:
    """From now on, at each line of the code that writes."""

    def at(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            call()
        return at

    sys.settrace(lambda frame, *_: at if frame.f_code in WRITERS else None)


def count_lines_of_two_writes(folder: Path) -> None:
    """The first write of a training, and one that has another before it."""
    lines: list[None] = []
    at_each_line(lambda: lines.append(None))
    fit(on_tape(), Checkpoint(folder / "run.safetensors"), max_epoch=1)
    (folder / "lines").write_text(str(len(lines)))


def at_line(count: int) -> Kill:
    """At that line of the code that writes, counted over all writes."""

    def count_down() -> None:
        nonlocal count
        count -= 1
        if count < 0:
            die()

    return lambda: at_each_line(count_down)


def in_file(write: int, share: float) -> Kill:
    """With a share of the bytes of that write in the file."""

    class File:
        def __init__(self, path: Path, mode: str) -> None:
            nonlocal write
            self.file, write = open(path, mode), write - 1  # noqa: SIM115  as the real one is

        def __enter__(self) -> "File":
            return self

        def __exit__(self, *_: Any) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            if write < 0:
                self.file.write(data[: int(share * len(data))])
                self.file.flush()
                die()
            self.file.write(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    def arrange() -> None:
        checkpoint.open = File  # type: ignore[attr-defined]

    return arrange


class Training:
    """One of the cases in a folder of its own, with as many lives as it needs."""

    def __init__(self, folder: Path, case: Any, every: int) -> None:
        (self.make, self.row), self.every = case, every
        self.path, self.log = folder / "run.safetensors", folder / "log"
        self.result = folder / "result"
        self.log.write_bytes(b"")

    def live(self, kill: Kill = never, moment: float | None = None) -> bool:
        """One life; whether it came to its end. moment: after which it is killed, in seconds."""
        pid = fork(lambda: self._train(kill))
        if moment is not None:
            time.sleep(moment)
            os.kill(pid, signal.SIGKILL)
        status = status_of(pid)
        assert status in (0, -signal.SIGKILL), f"a training ended with {status}"
        in_child(self._check_files)
        return status == 0

    def _train(self, kill: Kill) -> None:
        """In the child."""
        kill()
        trainer = self.make(self.row.make(0.05))
        if self.path.exists():
            trainer.resume(self.path)
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND)
        found = outcome(
            trainer,
            *others(),
            _Log(log),
            Checkpoint(self.path, self.every),
            max_epoch=STEPS // 5,
        )
        self.result.write_text(digest(found))

    def _check_files(self) -> None:
        """What is there is whole, and at most one interval behind."""
        steps = self.log.read_bytes()
        if self.path.exists():
            lost = steps[-1] - read_training(self.path)[1].record["step"] if steps else 0
            assert lost <= self.every, f"{lost} steps were lost, of an interval of {self.every}"
        else:
            assert not steps, "a training that has begun has no file"
        if previous_of(self.path).exists():
            read_training(previous_of(self.path))


class _Log:
    """Writes each step down at once, so that it is known after a kill."""

    kept = ()

    def __init__(self, file: int) -> None:
        self.file = file

    def after_step(self, trainer: Trainer) -> None:
        os.write(self.file, bytes([trainer.step]))


def digest(found: Any) -> str:
    """The SHA-256 of all that a training came to."""
    said, arrays = found
    sha = hashlib.sha256(repr(sorted(said.items())).encode())
    for name in sorted(arrays):
        sha.update(name.encode() + arrays[name])
    return sha.hexdigest()


def at_random(dice: random.Random, lines: int, seconds: float) -> Iterator[dict[str, Any]]:
    """How a life is to end, without end."""
    while True:
        yield {"moment": dice.uniform(0, seconds)}
        yield {"kill": at_line(dice.randrange(8 * lines))}
        yield {"moment": dice.uniform(0, seconds)}
        yield {"kill": in_file(dice.randrange(9), dice.random())}


def main(count: int, seed: int) -> None:
    """So many kills."""
    dice, trainings = random.Random(seed), 0
    kinds = Counter(dict.fromkeys(KINDS, 0))
    with tempfile.TemporaryDirectory() as name:
        in_child(lambda: count_lines_of_two_writes(Path(name)))
        lines = int(Path(name, "lines").read_text())
        expected, seconds = {}, 0.0
        for i, case in enumerate(CASES):
            (folder := Path(name, f"never{i}")).mkdir()
            training, start = Training(folder, case, STEPS), time.perf_counter()
            assert training.live()
            seconds = max(seconds, time.perf_counter() - start)
            expected[i] = training.result.read_text()
        how = at_random(dice, lines, seconds)
        while kinds.total() < count:
            (folder := Path(name, str(trainings))).mkdir()
            i, is_done = trainings % len(CASES), False
            training = Training(folder, CASES[i], dice.choice(INTERVALS))
            if trainings < lines:
                assert not training.live(at_line(trainings)), f"line {trainings} killed nothing"
                kinds[KINDS[0]] += 1
            else:
                for end in islice(how, dice.randint(1, 3)):
                    if is_done := training.live(**end):
                        break
                    kinds[KINDS[1 if "moment" in end else 2]] += 1
            assert is_done or training.live()
            trainings += 1
            assert training.result.read_text() == expected[i], f"{CASES[i]} came to something else"
            left = {path.name for path in folder.iterdir()} - {"log", "result"}
            assert left <= {"run.safetensors", "run.previous.safetensors"}, f"left behind: {left}"
    told = ", ".join(f"{n} at {kind}" for kind, n in kinds.items())
    print(f"{told}: all {trainings} trainings came to what they would have come to")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.kills")
    parser.add_argument(
        "count", type=whole(1), nargs="?", default=600, help="of kills (default: 600)"
    )
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
