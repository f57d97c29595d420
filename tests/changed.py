"""The tests, run on a copy of the project in which one file is changed.

A run is a fork of a process in which NumPy and the other large packages are loaded already, so it
costs tenths of a second more than its tests. Each process has a copy of its own.
"""

import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("benchmarks", "ch01", "ch02", "common", "dataset", "docs", "exercises", "tests")
LEFT_OUT = "__pycache__", "node_modules", "_build", "*.nbc", "*.nbi"
LOADED = (
    "hypothesis",
    "matplotlib.pyplot",
    "numpy.testing",
    "pytest",
    "safetensors.numpy",
    "torch",
)

QUICK = "not slow and not gpu and not site"  # the tests that are run: pytest's -m
PASSED, FAILED, UNCOLLECTED, NOTHING = 0, 1, 2, 5  # pytest's exit statuses
TIMEOUT = -1
MEMORY = 8 * 2**30  # bytes, that a run may take: a change may make a list that grows for ever


class NotTried(Exception):  # noqa: N818  the tests could not be asked
    """Why a change cannot be made, or why its tests would tell nothing."""


class Copy:
    """A copy of the project in a folder, with its tests."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in FOLDERS:
            ignored = shutil.ignore_patterns(*LEFT_OUT, *(["ch0?"] if name == "docs" else []))
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for name in ("setup.cfg", "README.md"):
            shutil.copy(ROOT / name, folder)

    @contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """In the block, the file has this text. What was compiled of it is forgotten."""
        path = self.folder / file
        before = path.read_text(encoding="utf-8")
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
            compiled.unlink()
        path.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    def finds(self, file: str, text: str, arguments: Sequence[str], **options: Any) -> bool:
        """Whether a test fails once the file has this text, or does not end.

        pytest may end otherwise, where a conftest cannot be imported, say. Then the text has done
        it if the same tests run without it.
        """
        with self.changed(file, text):
            status = self.run(arguments, **options)
        if status in (PASSED, NOTHING):
            return False
        is_plain = status in (FAILED, UNCOLLECTED, TIMEOUT)
        if not is_plain and self.run(arguments, **options) not in (PASSED, NOTHING):
            raise NotTried(f"pytest does not run {arguments}:\n{self.output()}")
        return True

    def run(
        self,
        arguments: Sequence[str],
        *,
        plugins: Sequence[object] = (),
        keeps_bytecode: bool = False,
        timeout: float = 600,
    ) -> int:
        """pytest's exit status here, or TIMEOUT."""

        def pytest_in_this_copy() -> int:
            import pytest

            sys.dont_write_bytecode = not keeps_bytecode  # a file that changes twice a second
            sys.path.insert(0, str(self.folder))
            os.chdir(self.folder)
            plain = ["-p", "no:cacheprovider", "--disable-plugin-autoload"]
            return int(pytest.main([*arguments, *plain], list(plugins)))

        return _forked(pytest_in_this_copy, self.folder / "output.txt", timeout)

    def output(self) -> str:
        """What pytest wrote in the last run."""
        return (self.folder / "output.txt").read_text(encoding="utf-8", errors="replace")


def _forked(work: Callable[[], int], output: Path, timeout: float) -> int:
    """The number that `work` gives in a fork of this process."""
    child = os.fork()
    if not child:
        status = 70
        try:
            os.setsid()  # with all that it starts, it can be ended as one
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(written, 1)
            os.dup2(written, 2)
            for name in [name for name in sys.modules if name.split(".")[0] in FOLDERS]:
                del sys.modules[name]
            status = work()
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    end = time.monotonic() + timeout
    wait = 0.002
    while (done := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < end:
        time.sleep(wait := min(1.2 * wait, 0.1))
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if done[0]:
        return os.waitstatus_to_exitcode(done[1])
    os.waitpid(child, 0)
    return TIMEOUT


# Many changes, on all processors --------------------------------------------------------------

_copy: Copy  # of this process


def each(work: Callable[[Copy, T], R], things: Iterable[T]) -> Iterator[tuple[T, R]]:
    """work(copy, thing) of each, as they are done, in their order."""
    things = list(things)
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(os.cpu_count(), get_context("fork"), _begin, (folder,)) as pool,
    ):
        yield from zip(things, pool.map(_call, [work] * len(things), things), strict=True)


def _begin(folder: str) -> None:
    global _copy
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONUTF8": "1"}
    for name in LOADED:
        with suppress(ImportError):
            __import__(name)
    _copy = Copy(Path(folder, str(os.getpid())))
    os.environ["PYTHONPATH"] = str(_copy.folder)


def _call(work: Callable[[Copy, Any], Any], thing: Any) -> Any:
    return work(_copy, thing)
