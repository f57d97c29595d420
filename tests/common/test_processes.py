"""What processes do, with an MPI that is made of threads; test_mpi.py has a real one."""

import atexit
import io
import os
import pickle
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from common import config, parallel
from common.errors import ArgumentError, WorkersError
from common.np import np
from common.parallel import Workers, in_threads, world
from common.util import to_cpu
from tests.changed import ROOT
from tests.common.test_parallel import Callback, divide, fit, quiet, trained


class AbortedError(BaseException):
    """The end of a process."""


class Comm:
    """A COMM_WORLD. mail: the ranks to which somebody has written."""

    def __init__(self, thread: Any, mail: list[int]) -> None:
        self.thread, self.mail = thread, mail
        self.rank, self.size = thread.rank, thread.size

    def Dup(self) -> "Comm":
        return self

    def Bcast(self, array: Any) -> None:
        array[...] = self.thread._exchange(array.copy())[0]

    def allgather(self, value: Any) -> list[Any]:
        return self.thread._exchange(value)

    def Allreduce(self, how: str, array: Any, op: Any = sum) -> None:
        assert how == "in place"
        array[...] = op(self.thread._exchange(array.copy()))

    def isend(self, _: None, rank: int, tag: int) -> None:
        assert tag == parallel.FAILED
        self.mail.append(rank)

    def iprobe(self, tag: int) -> bool:
        assert tag == parallel.FAILED
        return self.rank in self.mail

    def Abort(self, code: int) -> None:
        raise AbortedError(code)


def mpi(comm: Any) -> Any:
    """The module."""
    largest: Callable[[Any], Any] = lambda arrays: numpy.max(arrays, axis=0)  # noqa: E731
    return types.SimpleNamespace(
        COMM_WORLD=comm,
        IN_PLACE="in place",
        MAX=largest,
        Get_library_version=lambda: "Threads 1\nof Python\n",
    )


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[Workers], Any]], Any]:
    """Calls a function in so many of them."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(atexit, "register", lambda _: None)
    monkeypatch.setattr(parallel, "GRACE", 0.05)

    def call(size: int, work: Callable[[Workers], Any]) -> Any:
        mail: list[int] = []

        def process(thread: Workers) -> Any:
            worker = parallel._Processes(mpi(Comm(thread, mail)), cuda=False)
            answer = work(worker)
            worker.leave()
            return answer

        return in_threads(size, process)

    return call


@pytest.mark.cpu
def test_they_come_to_what_threads_come_to(processes: Any) -> None:
    outcomes = [run(3, lambda w: trained(w, 4)) for run in (processes, in_threads)]
    for one, other in zip(*outcomes, strict=True):
        for ours, theirs in zip(one[0], other[0], strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert one[1] == other[1]


def test_threads_alone_see_the_same_objects(processes: Any) -> None:
    assert not Workers.is_thread
    assert processes(2, lambda workers: workers.is_thread) == [False, False]
    assert in_threads(2, lambda workers: workers.is_thread) == [True, True]


def test_a_mean_by_hand(processes: Any) -> None:
    def work(workers: Workers) -> Any:
        x = np.full(3, 1.0 * workers.rank)
        workers.mean([x])
        return to_cpu(x).tolist(), workers.gather(workers.rank)

    assert processes(3, work) == [([1, 1, 1], [0, 1, 2])] * 3


def test_what_rank_0_has_reaches_all(processes: Any) -> None:
    def work(workers: Workers) -> Any:
        x = np.full((2, 3), workers.rank + 1).T
        workers.broadcast([x])
        return to_cpu(x).ravel().tolist()

    assert processes(3, work) == [[1] * 6] * 3


def test_who_catches_the_error_of_all_does_not_wait_for_one_that_has_left(
    processes: Any,
) -> None:
    def work(workers: Workers) -> int:
        if workers.rank != 1:
            with pytest.raises(WorkersError, match="and worker 1 to the end of the program"):
                workers.gather(None)
        return workers.rank

    assert processes(3, work) == [0, 1, 2]


def test_a_process_that_comes_out_of_a_file_is_what_it_is_then(
    processes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(workers: Workers) -> Any:
        other = pickle.loads(pickle.dumps(workers))  # outside mpiexec
        return type(other), workers.__reduce__()

    assert processes(2, work) == [(Workers, (world, (False,)))] * 2


def test_each_line_that_a_process_prints_comes_through(
    processes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    processes(1, lambda workers: None)
    assert out.line_buffering
    monkeypatch.setattr(sys, "stdout", None)
    processes(1, lambda workers: None)


@pytest.mark.cpu
@pytest.mark.parametrize("size", [1, 2])
def test_an_error_before_the_world_ends_all(size: int) -> None:
    """By a signal, which mpiexec hears; who has not come to MPI yet is not missed otherwise."""
    code = "from common import parallel; print('here'); 1 / 0"
    environment = {**os.environ, "PMI_SIZE": str(size), "PMI_RANK": str(size - 1)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout == "here\n"
    assert done.stderr.count("ZeroDivisionError: division by zero") == 1
    if size == 1:
        assert done.returncode == 1
    else:
        assert done.returncode == -signal.SIGTERM
        assert done.stderr.endswith("worker 1 of 2 has failed: all end\n")


@pytest.mark.cpu
def test_who_is_behind_waits_with_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where all fail alike, the first one has ended them by then."""
    seen: list[Any] = []

    def sleep(seconds: float) -> None:
        assert seconds >= 0
        seen.append(seconds)

    monkeypatch.setattr(os, "kill", lambda *given: seen.append(given))
    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    parallel._watch_from_the_beginning()
    assert sys.excepthook is sys.__excepthook__
    monkeypatch.setenv("PMI_SIZE", "2")
    parallel._watch_from_the_beginning()
    assert sys.excepthook is parallel._end_before_world
    monkeypatch.setenv("PMI_SIZE", "20")
    for rank, seconds in ((0, 0), (1, 2), (10, 20), (19, 20)):
        monkeypatch.setenv("PMI_RANK", str(rank))
        parallel._watch_from_the_beginning()
        sys.excepthook(ValueError, ValueError("early"), None)
        assert seen == [
            pytest.approx(seconds * parallel.GRACE), parallel.GRACE, (os.getpid(), signal.SIGTERM)
        ]  # fmt: skip
        said = capsys.readouterr().err
        assert said.endswith(f"ValueError: early\nworker {rank} of 20 has failed: all end\n")
        seen.clear()


def test_an_error_in_a_fit_ends_all_and_is_told_once(
    processes: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AbortedError):
        processes(3, lambda workers: fit(quiet(workers), Callback(2, 1, divide)))
    said = capsys.readouterr().err
    assert said.count("ZeroDivisionError: by hand") == 1
    assert "worker 1 of 3 has failed: all end\n" in said


def test_where_all_fail_the_first_one_speaks(
    processes: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(workers: Any) -> None:
        workers.gather(None)
        workers._end(ValueError("alike"))

    with pytest.raises(AbortedError):
        processes(3, work)
    said = capsys.readouterr().err
    assert said.count("ValueError: alike") == 1
    assert "worker 0 of 3 has failed: all end\n" in said


def test_what_nobody_catches_ends_all(processes: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def work(workers: Workers) -> None:
        sys.excepthook(ValueError, ValueError("uncaught"), None)

    with pytest.raises(AbortedError, match=r"^1\b"):
        processes(1, work)
    assert "ValueError: uncaught\nworker 0 of 1 has failed: all end\n" in capsys.readouterr().err


def test_a_process_that_mpi_does_not_end_ends_itself(
    processes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(code: int) -> None:
        raise AbortedError(f"by itself, with {code}")

    monkeypatch.setattr(Comm, "Abort", lambda *_: None)
    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(AbortedError, match="by itself, with 1"):
        processes(1, lambda workers: workers._end(ValueError("alone")))


@pytest.mark.parametrize("cuda", [True, False])
def test_an_mpi_that_knows_of_cuda_is_given_arrays_on_the_gpu_as_they_are(
    cuda: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When all that was to be done on the GPU is done."""
    waited: list[None] = []
    stream = types.SimpleNamespace(synchronize=lambda: waited.append(None))
    cupy = types.SimpleNamespace(cuda=types.SimpleNamespace(get_current_stream=lambda: stream))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(atexit, "register", lambda _: None)
    comm = Comm(Workers(), [])
    given: list[Any] = []
    monkeypatch.setattr(comm, "Bcast", given.append)
    workers = parallel._Processes(mpi(comm), cuda)
    x = np.ones(3)
    monkeypatch.setattr(config, "find_cupy", lambda: cupy)
    workers.broadcast([x])
    assert given[0] is x if cuda else isinstance(given[0], numpy.ndarray)
    assert len(waited) == (cuda and config.GPU)


@pytest.mark.cpu
def test_the_world_is_there_once(processes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    comm = types.SimpleNamespace(rank=1, size=2)
    comm.Dup = lambda: comm
    monkeypatch.setattr(parallel, "_processes", None)
    monkeypatch.setitem(sys.modules, "mpi4py", types.SimpleNamespace(MPI=mpi(comm)))
    monkeypatch.setenv("PMI_SIZE", "2")
    workers = world()
    assert (workers.rank, workers.size) == (1, 2)
    assert world() is workers
    with pytest.raises(ArgumentError, match="cuda was False before, and is True now"):
        world(cuda=True)
    comm.size = 1
    with pytest.raises(WorkersError, match=r"2 processes, and mpi4py knows of 1: .*Threads 1$"):
        world()
