"""One file of answers, tried in a process of its own, which may end in any way.

`exercises.worker` runs there. It writes what it finds, a fact in a line, so that it is there even
if the process is ended in the middle of an answer.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from exercises import HERE
from exercises.telling import wrapped

WORKER = [sys.executable, "-m", "exercises.worker"]


class Limits(NamedTuple):
    """Of one process: seconds, and memory in MiB."""

    seconds: float = 20
    memory: int = 2048


class Task(NamedTuple):
    """What the worker is to do. out: where to write the facts. memory: in MiB."""

    section: str
    file: str
    names: Sequence[str]
    out: str
    memory: int


class Outcome(NamedTuple):
    """What the table says of one exercise, and what its author is told."""

    cell: str
    lines: list[str]
    is_right: bool = False


class Fact(NamedTuple):
    """An exercise and its outcome; None: it begins. An empty name stands for the whole file."""

    name: str
    outcome: Outcome | None = None


def outcome(cell: str, words: str) -> Outcome:
    """Of what has no verdict."""
    return Outcome(cell, wrapped(words))


ENDED = outcome("ended", "Your code ended the program. Leave exit() and the like out.")


def tried(section: str, path: Path, names: Sequence[str], limits: Limits) -> dict[str, Outcome]:
    """Each exercise with its outcome. After one that ends the process comes another process."""
    found: dict[str, Outcome] = {}
    while left := [name for name in names if name not in found]:
        facts, end = run(section, path, left, limits)
        for name, one in facts:
            if one is not None:  # after a fork there are two who tell it; the first counts
                found = dict.fromkeys([name] if name else left, one) | found
        left = [name for name in left if name not in found]
        has_begun = len(facts) > 0  # if not, it is the file itself that ends it
        found |= dict.fromkeys(left[:1] if has_begun else left, end)
    return {name: found[name] for name in names}


def run(
    section: str, path: Path, names: Sequence[str], limits: Limits
) -> tuple[list[Fact], Outcome]:
    """What the worker wrote; and what to say of an answer in the middle of which it ended."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out, errors = Path(folder, "facts"), Path(folder, "errors")
        out.touch()
        task = Task(section, str(path.resolve()), names, str(out), limits.memory)
        with errors.open("wb") as stderr:
            code = return_code(task, folder, stderr, limits.seconds)
        return list(facts_in(out)), end_of(code, errors, limits.seconds)


def facts_in(out: Path) -> Iterator[Fact]:
    """What the worker has written to its end."""
    for line in out.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError):  # the last line may be cut off
            name, one = json.loads(line)
            yield Fact(name, one and Outcome(*one))


def return_code(task: Task, folder: str, stderr: IO[bytes], seconds: float) -> int | None:
    """How the worker ended; None if it took too long."""
    worker = subprocess.Popen(
        WORKER,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HERE.parent), "OPENBLAS_NUM_THREADS": "1"},
        text=True,
        start_new_session=True,
    )
    try:
        worker.communicate(json.dumps(task._asdict()), timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end_all(worker)
    return worker.returncode


def end_all(worker: subprocess.Popen[str]) -> None:
    """Ends it and what it has started, where the system can (on Windows itself alone)."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(worker.pid, signal.SIGKILL)
        else:
            worker.kill()
    worker.wait()


def end_of(code: int | None, errors: Path, seconds: float) -> Outcome:
    """What to say of an answer in the middle of which the worker has ended."""
    if code is None:
        too_long = f"It runs for more than {seconds:g} seconds. Is there a loop without end?"
        return outcome("too long", too_long)
    if code < 0:
        return outcome("crashed", f"Your code has crashed Python: {_signal(-code)}.")
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if code and lines:  # answers have no stderr: the worker has failed
        return outcome("not tried", f"It could not be tried: {lines[-1][:2000]}")
    return ENDED


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
