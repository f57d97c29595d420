"""Files of a stranger, handed to all that reads one: python -m tests.attack --files 20000

Each file is loaded into a model, into a model as one from elsewhere, and into a Trainer. It must be
loaded as what it says or refused with an error of `common.errors`; what refuses it stays byte for
byte as it was. A file whose digest was not made anew is loaded as what it was before the attack,
or refused. Meanwhile nothing is run, started, sent or written: an audit hook looks. No file takes
longer than 2 seconds, nor more memory than three times its size and 64 MiB.

The files are read in a child, so that a crash or a loop without end is a finding as well. A finding
names the number of its file: --only NUMBER makes it again.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported: with threads one cannot fork

import argparse
import ctypes
import json
import mmap
import pickle
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy

from common.checkpoint import load
from common.commands.options import whole
from common.errors import CommonError
from common.optimizer import Optimizer
from common.parameters import named_arrays
from common.trainer import Trainer
from common.training.named import MODEL, arrays_of
from tests.attacked_files import (
    DTYPES,
    KINDS,
    MODELS,
    TRAINERS,
    Attack,
    arrays_in,
    attack,
    five_more_steps,
    good,
    split,
    training_in,
)
from tests.kills import fork

MIB = 2**20
SECONDS, TIMES, MORE = 2.0, 3, 64 * MIB
HANGS = 20.0  # seconds after which a child is ended
WAYS = ("load", "foreign", "resume", "fit")

SETTINGS = "steps", "lr", "momentum", "beta1", "beta2", "eps"  # of the optimizers

HARMLESS = {"builtins.id", "object.__getattr__", "sys._getframe"}  # events of looks, not of deeds


# What a file must not do ----------------------------------------------------------------------


class Forbidden(BaseException):
    """What an audit hook raises: no `except Exception` catches it."""


class Guard:
    """Lets nothing happen but to read one file. An audit hook cannot be taken away: it is put off.

    All that Python's audit events tell is forbidden, but for `open` of that file for reading and
    what is HARMLESS: to run, compile or import code, to start a process, to send, and to write,
    move or list files.
    """

    def __init__(self) -> None:
        self.path: str | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._look)

    @contextmanager
    def on(self, path: Path) -> Iterator[None]:
        """In the block; path: of the file that may be read."""
        self.path, self.seen = str(path), []
        try:
            yield
        finally:
            self.path = None

    def _look(self, event: str, args: tuple[Any, ...]) -> None:
        if self.path is None:
            return
        is_its_file = event == "open" and str(args[0]) == self.path and args[1] in ("r", "rb")
        if is_its_file or event in HARMLESS:
            return
        path, self.path = self.path, None  # to describe it may make events of its own
        self.seen.append(f"{event} {args!r:.200}")
        self.path = path
        raise Forbidden(event)


class Memory:
    """How far the process grew: the peak that Linux keeps, set back before each look.

    It is memory that was really used. A limit to the address space alone would count what is only
    mapped, and not tell how much it was.
    """

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Anew. What is free already is given back first, or its use would not be seen."""
        getattr(ctypes.CDLL(None), "malloc_trim", int)(0)  # glibc has it
        Path("/proc/self/clear_refs").write_text("5")
        self.before = self._peak()

    @staticmethod
    def _peak() -> int:
        with open("/proc/self/status", "rb") as status:
            for line in status:
                if line.startswith(b"VmHWM"):
                    return int(line.split()[1]) * 1024
        raise OSError("there is no VmHWM")

    def grown(self) -> int:
        """Bytes, since the start; a start anew where it was much."""
        grown = self._peak() - self.before
        if grown > 8 * MIB:
            self.start()
        return grown


# Whether a file is read rightly ---------------------------------------------------------------


class Finding(AssertionError):  # noqa: N818  of what is looked for
    """What is wrong."""


def content(model: Any) -> dict[str, tuple[str, list[int], bytes]]:
    """The arrays of a model as `arrays_in` has those of a file."""
    codes = {numpy.dtype(dtype): name for name, dtype in DTYPES.items()}
    return {
        name: (codes[array.dtype], list(array.shape), array.tobytes())
        for name, array in named_arrays(model).items()
    }


def said_by(data: bytes) -> dict[str, tuple[str, list[int], bytes]]:
    """What a file says of a model, read a second way."""
    header, body = split(data)
    arrays, prefix = arrays_in(header, body), f"{MODEL}."
    if "training" in (header.get("__metadata__") or {}):
        return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
    return arrays


Training = dict[str, Any]


def training(trainer: Trainer, said: Training) -> Training:
    """What a Trainer is, of what a file says of one."""
    names = {id(array): name for name, array in arrays_of(trainer).items()}
    optimizer = trainer.optimizer
    slots = {
        names[id(slot.param)]: (
            slot.step,
            dict(zip(optimizer.state_names, slot.state, strict=True)),
        )
        for slot in optimizer.known.values()
    }
    return {
        "step": trainer.step,
        "epoch": trainer.epoch,
        "history": trainer.history.as_table(),
        "loss_list": numpy.array(trainer.loss_list, float),
        "loss_steps": numpy.array(trainer.loss_steps, int),
        "optimizer": {name: float(getattr(optimizer, name)) for name in said["optimizer"]},
        "slots": slots,
        "generator": trainer.rng.bit_generator.state,
    }


def settings_of(optimizer: Optimizer) -> list[str]:
    """Those that it has: a file may give it more, of any name and kind, which nobody reads."""
    return [name for name in SETTINGS if hasattr(optimizer, name)]


def training_said_by(data: bytes, settings: Collection[str]) -> Training:
    """What a file says of a training, read a second way, and of its optimizer what has numbers."""
    arrays, record = training_in(data)

    def unpacked(item: Any) -> Any:
        match item:
            case {"array": name, "on_gpu": bool()}:
                return arrays[name]
            case {"scalar": [_, number]}:
                return number
            case {"dict": pairs}:
                return {key: unpacked(value) for key, value in pairs}
        return item

    kept = {n: float(unpacked(v)) for n, v in record["optimizer"].items() if n in settings}
    return {
        **{name: record[name] for name in ("step", "epoch")},
        **{name: unpacked(record[name]) for name in ("history", "loss_list", "loss_steps")},
        "optimizer": kept,
        "slots": {name: (step, unpacked(state)) for name, step, state in record["slots"]},
        "generator": unpacked(record["generators"]["trainer"]),
    }


def are_same(one: Any, other: Any) -> bool:
    """Two of these, bit by bit; of two dtypes number by number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_same(one[k], other[k]) for k in one)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return all(map(are_same, one, other))
    if isinstance(one, numpy.ndarray) and isinstance(other, numpy.ndarray):
        if one.dtype == other.dtype:
            return bool((one.shape, one.tobytes()) == (other.shape, other.tobytes()))
        return numpy.array_equal(one, other)
    return bool(one == other)


def check_good_files(path: Path) -> None:
    """All that a stranger changes is loaded before, or to refuse it would be no merit."""
    for source in MODELS:
        path.write_bytes(good(source))
        load(MODELS[source](), path, foreign=source == "from elsewhere")
        if source in TRAINERS:
            (trainer := TRAINERS[source]()).resume(path)
            five_more_steps(trainer)


class Reader:
    """Reads files into models and Trainers, and looks at what they are afterwards."""

    def __init__(self, path: Path, guard: Guard, memory: Memory) -> None:
        self.path, self.guard, self.memory = path, guard, memory
        # Bytes that a call took; what is done here to look at a file is not among them.
        self.most = 0
        self.models = {source: make() for source, make in MODELS.items()}
        self.trainers = {source: make() for source, make in TRAINERS.items()}
        self.as_made = {source: deepcopy(named_arrays(m)) for source, m in self.models.items()}
        self.settings = {s: settings_of(trainer.optimizer) for s, trainer in self.trainers.items()}
        self.trainers_as_made = {s: self._state(trainer) for s, trainer in self.trainers.items()}

    @staticmethod
    def _state(item: Any) -> bytes:
        """All that it has."""
        return pickle.dumps(item)

    def read(self, file: Attack) -> Iterator[tuple[str, bool]]:
        """Each way to read it, and whether it was loaded."""
        yield "load", self._into_model(file, foreign=False)
        yield "foreign", self._into_model(file, foreign=True)
        trainer = self._into_trainer(file)
        yield "resume", trainer is not None
        if trainer is not None and file.dice.random() < 0.2:
            yield "fit", self._is_accepted(lambda: five_more_steps(trainer))

    def _is_accepted(self, call: Callable[[], Any]) -> bool:
        if self.path.stat().st_size > MIB:
            self.memory.start()
        try:
            with self.guard.on(self.path):
                call()
        except CommonError:
            is_accepted = False
        else:
            is_accepted = True
        self.most = max(self.most, self.memory.grown())
        if self.guard.seen:
            raise Finding(f"it did {self.guard.seen[0]}")
        return is_accepted

    def _into_model(self, file: Attack, foreign: bool) -> bool:
        model = self.models[file.source]
        before = self._state(model)
        if not self._is_accepted(lambda: load(model, self.path, foreign=foreign)):
            if self._state(model) != before:
                raise Finding("the model that refused it has changed")
            return False
        is_as_it_was = not (file.is_signed or foreign)
        if content(model) != said_by(good(file.source) if is_as_it_was else file.data):
            raise Finding("the model is not what the file says")
        for name, array in named_arrays(model).items():
            array[...] = self.as_made[file.source][name]
        return True

    def _into_trainer(self, file: Attack) -> Trainer | None:
        source = file.source if file.source in TRAINERS else next(iter(TRAINERS))
        trainer = self.trainers[source]
        if not self._is_accepted(lambda: trainer.resume(self.path)):
            if self._state(trainer) != self.trainers_as_made[source]:
                raise Finding("the Trainer that refused it has changed")
            return None
        data = file.data if file.is_signed else good(source)
        if content(trainer.model) != said_by(data):
            raise Finding("the Trainer's model is not what the file says")
        said = training_said_by(data, self.settings[source])
        if not are_same(training(trainer, said), said):
            raise Finding("the Trainer is not what the file says")
        self.trainers[source] = TRAINERS[source]()
        self.trainers_as_made[source] = self._state(self.trainers[source])
        return trainer


# In children ----------------------------------------------------------------------------------


class Board:
    """What a child writes down, kept when it dies."""

    def __init__(self) -> None:
        shape = len(KINDS), len(WAYS), 2
        self.counts = self._shared(2 * len(KINDS) * len(WAYS)).reshape(shape)
        self.files, self.at = self._shared(len(KINDS)), self._shared(2)
        self.slowest, self.most = self._shared(2), self._shared(2)  # how much, and which file

    @staticmethod
    def _shared(count: int) -> Any:
        return numpy.frombuffer(mmap.mmap(-1, 8 * count), numpy.int64)


def work(
    board: Board, path: Path, seed: int, indices: range, say: Callable[[int, str], None]
) -> None:
    """Reads these files, one after another."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_AS, (size + 2048 * MIB,) * 2)  # the machine's own safety
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # that it is of another NumPy, or that a number is too large
    guard, memory = Guard(), Memory()
    reader = Reader(path, guard, memory)
    for index in indices:
        board.at[:] = index, time.monotonic_ns()
        file = attack(seed, index)
        path.write_bytes(file.data)
        try:
            _read(reader, board, index, file)
        except Finding as finding:
            say(index, f"{file.kind} of {file.source}: {finding}")
            reader = Reader(path, guard, memory)
        except (Forbidden, Exception):
            say(index, f"{file.kind} of {file.source}: {traceback.format_exc(limit=-4)}")
            reader = Reader(path, guard, memory)


def _read(reader: Reader, board: Board, index: int, file: Attack) -> None:
    kind, start, reader.most = KINDS.index(file.kind), time.perf_counter(), 0
    board.files[kind] += 1
    for way, is_loaded in reader.read(file):
        seconds = time.perf_counter() - start
        board.counts[kind, WAYS.index(way), int(is_loaded)] += 1
        if seconds * 1e9 > board.slowest[0]:
            board.slowest[:] = seconds * 1e9, index
        if seconds > SECONDS:
            raise Finding(f"{way} took {seconds:.1f} seconds")
        start = time.perf_counter()
    grown = reader.most
    if grown > board.most[0]:
        board.most[:] = grown, index
    if grown > TIMES * len(file.data) + MORE:
        raise Finding(f"it took {grown / MIB:.0f} MiB, and is of {len(file.data) / MIB:.1f}")


def in_children(board: Board, path: Path, seed: int, indices: range) -> list[tuple[int, str]]:
    """What was found. A child that dies has found something, and another goes on."""
    findings: list[tuple[int, str]] = []
    log = path.with_name("log")

    def say(index: int, text: str) -> None:
        with open(log, "a") as file:
            file.write(json.dumps([index, text]) + "\n")

    while indices:
        board.at[:] = indices[0], time.monotonic_ns()
        status = _wait(fork(partial(work, board, path, seed, indices, say)), board)
        if log.exists():
            findings += map(json.loads, log.read_text().splitlines())
            log.unlink()
        if status == 0:
            break
        at = int(board.at[0])
        findings.append((at, f"{attack(seed, at).kind}: the child ended with {status}"))
        indices = indices[indices.index(at) + 1 :]
    return findings


def _wait(pid: int, board: Board) -> int:
    """With what it ended. One that does not come on is ended."""
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic_ns() - board.at[1] > HANGS * 1e9:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


# The command ----------------------------------------------------------------------------------


def report(board: Board, seconds: float) -> None:
    """What was done, and what it cost."""
    print(f"{'files':>8} {'loaded':>8} {'foreign':>8} {'resumed':>8}  kind")
    for kind, files, counts in zip(KINDS, board.files, board.counts, strict=True):
        load, foreign, resume = counts[:3, 1]
        if files:
            print(f"{files:8} {load:8} {foreign:8} {resume:8}  {kind}")
    files, (refused, loaded) = board.files.sum(), board.counts.sum(axis=(0, 1))
    print(
        f"{files} files in {seconds:.0f} seconds: {loaded} times loaded, {refused} times refused; "
        f"{board.counts[:, WAYS.index('fit')].sum()} steps made after it.\n"
        f"The slowest: {board.slowest[0] / 1e9:.2f} seconds, file {board.slowest[1]}. "
        f"The most memory: {board.most[0] / MIB:.0f} MiB, file {board.most[1]}."
    )


def main(files: int, seed: int, only: int | None) -> int:
    """The status to end with."""
    board, start = Board(), time.perf_counter()
    with TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as name:
        path = Path(os.path.realpath(name), "run.safetensors")
        check_good_files(path)  # which are made here, once for all children
        indices = range(files) if only is None else range(only, only + 1)
        findings = in_children(board, path, seed, indices)
    report(board, time.perf_counter() - start)
    for index, text in findings[:50]:
        print(f"\nFOUND --seed {seed} --only {index}  {text}")
    print(f"{len(findings)} findings")
    return int(bool(findings))


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.attack")
    parser.add_argument("--seed", type=int, default=0)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--files", type=whole(1), default=20_000, help="how many (default: 20000)")
    which.add_argument("--only", type=whole(0), help="the file of this number alone")
    sys.exit(main(**vars(parser.parse_args())))
