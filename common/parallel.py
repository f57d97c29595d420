"""Workers that train one model together: processes under MPI, or threads of one process.

Each worker has the whole model. In every step each computes the gradient of its own rows; all of
them exchange these gradients for the mean; and each makes the same update with it. So the models
stay the same, and n workers with b rows each come to the numbers of one with n b rows.

    OPENBLAS_NUM_THREADS=1 mpiexec -n 4 python -m ch01.train_parallel

    trainer = Trainer(model, optimizer, loss, seed=0, workers=parallel.world())

On one machine it pays where a step takes far longer than an exchange does; see the page
`ch01/train_parallel`.

Source: Li et al. (2020), PyTorch Distributed; the MPI standard, "Allreduce".
"""

import atexit
import io
import os
import signal
import sys
import threading
import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

import numpy

from common import config
from common.checks import (
    check_array,
    check_flag,
    check_floats,
    check_function,
    check_number,
    check_sequence,
    check_whole,
)
from common.errors import ArgumentError, ArgumentTypeError, WorkersError
from common.np import Array, np
from common.util import to_cpu

Answer = TypeVar("Answer")
# What an mpiexec tells each process: how many there are, and which it is. MPICH and Intel, Open
# MPI, Slurm.
LAUNCHERS = (
    ("PMI_SIZE", "PMI_RANK"),
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
)

FAILED = 1  # the tag of a message: its sender has failed
GRACE = 0.3  # seconds, in which others may say that they have failed as well
LARGE = 2**20  # bytes
END = "the end of the program"


class Workers:
    """One worker among `size`, by its number `rank`. This one is alone, and waits for nobody.

    All workers make the same calls in the same order, and each call ends when all have made it. A
    call that others do not make is a WorkersError in all of them.
    """

    rank, size = 0, 1
    is_thread = False  # among others that see the same objects

    def __init__(self) -> None:
        self._key: list[Any] | None = None  # of the arrays that `mean` had last
        self._call = ""  # what it says of them
        self._buffer: Any = None  # one row of numbers with room for all small ones
        self._parts: list[Array] = []  # of the buffer, in the shapes of the arrays

    def __deepcopy__(self, memo: Any) -> "Workers":
        return self  # a copied trainer is trained by the same

    def __reduce__(self) -> Any:
        return Workers, ()  # a thread that comes out of a file is alone

    def gather(self, value: Any, call: str = "gather") -> list[Any]:
        """What each worker has given, by rank: MPI's allgather.

        Threads get the thing itself, and no copy of it. call: how an error names it.
        """
        self._check_call(call)
        return self._exchange(value)

    def first(self, value: Any, call: str = "first") -> Any:
        """What rank 0 has given: MPI's bcast of an object."""
        return self.gather(value if self.rank == 0 else None, call)[0]

    def broadcast(self, arrays: Sequence[Array]) -> None:
        """The arrays become those of rank 0, in place: MPI's Bcast."""
        check_sequence("broadcast", "arrays", arrays)
        for i, array in enumerate(arrays):
            check_array("broadcast", f"arrays[{i}]", array)
        self._check_call(f"broadcast of {_forms(arrays)}")
        for array in arrays:
            with _row_by_row(array) as row_by_row:
                self._copy_first(row_by_row)

    def mean(self, arrays: Sequence[Array], share: float | None = None) -> None:
        """The arrays become their mean over all workers, in place: MPI's Allreduce.

        share: how much those of this worker count; of all workers the shares add up to 1. What
        counts nothing is not looked at. Small arrays are exchanged as one, with one latency, in the
        widest of their dtypes; a large one as it is, since to copy it would take half as long as to
        exchange it. Before them goes an Allreduce of 16 bytes, which says whether all make the same
        call.

        >>> def work(workers):
        ...     x = np.array([workers.rank, 1.0])
        ...     workers.mean([x])
        ...     return x.tolist()
        >>> in_threads(3, work)
        [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
        """
        self._prepare(arrays)
        share = 1 / self.size if share is None else check_number("mean", "share", share, at_least=0)
        self._check_call(self._call)
        shares = np.ones(1, np.float32)
        small = [array for array in arrays if array.nbytes < LARGE] + [shares]
        for array in arrays:
            if array.nbytes >= LARGE:
                with _row_by_row(array) as row_by_row:
                    _scale(array, share, row_by_row)
                    self._add_up(row_by_row)
        for array, part in zip(small, self._parts, strict=True):
            _scale(array, share, part)
        self._add_up(self._buffer)
        for array, part in zip(small, self._parts, strict=True):
            array[...] = part
        if abs(float(shares[0]) - 1) > 1e-3:
            raise WorkersError(f"mean: the shares of all workers are {float(shares[0]):g}, not 1")

    def _prepare(self, arrays: Sequence[Array]) -> None:
        """For these arrays; what was made for the last ones stays, if they are such as these."""
        check_sequence("mean", "arrays", arrays)
        key = [(type(a), getattr(a, "dtype", None), getattr(a, "shape", None)) for a in arrays]
        if key == self._key:
            return
        for i, array in enumerate(arrays):
            check_floats("mean", f"arrays[{i}]", array)
        small = [array for array in arrays if array.nbytes < LARGE] + [np.ones(1, np.float32)]
        ends = numpy.cumsum([array.size for array in small]).tolist()
        self._buffer = np.empty(ends[-1], np.result_type(*(array.dtype for array in small)))
        parts = np.split(self._buffer, ends[:-1])
        self._parts = [part.reshape(a.shape) for part, a in zip(parts, small, strict=True)]
        self._key = key
        self._call = f"mean of {_forms(arrays)}"

    def _check_call(self, call: str) -> None:
        """All are about to make the same call."""
        if self._is_made_by_all(call):
            return
        calls = self._exchange(call)
        rank, other = next((rank, other) for rank, other in enumerate(calls) if other != call)
        same = os.path.commonprefix([call, other])  # noqa: RUF071  letter by letter
        start = max(len(same) - 100, 0)
        mine, theirs = (f"{'...' if start else ''}{text[start:]:.300}" for text in (call, other))
        raise WorkersError(f"worker {self.rank} has come to {mine}, and worker {rank} to {theirs}")

    def leave(self) -> None:
        """At the end of the program: whoever still makes calls hears of it, until all have left."""
        while not self._is_made_by_all(END):
            self._exchange(END)

    def _is_made_by_all(self, call: str) -> bool:
        return len(set(self._exchange(call))) == 1

    def _exchange(self, value: Any) -> list[Any]:
        """What each has given: what all else is made of but the sum, which is to be fast."""
        return [value]

    def _add_up(self, array: Array) -> None:
        """It becomes the sum of those of all workers. It is contiguous."""

    def _copy_first(self, array: Array) -> None:
        """It becomes that of rank 0. It is contiguous."""

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Once all have come, one thread after another is in the block, and the others wait.

        They share the switch `config.GPU`.
        """
        yield

    @contextmanager
    def ending_all_on_error(self) -> Iterator[None]:
        """An error that leaves the block ends all workers: the others would wait for this one."""
        yield


@contextmanager
def _row_by_row(array: Array) -> Iterator[Array]:
    """The array itself if its numbers lie so in memory; or a copy, which is then written back."""
    row_by_row = np.asarray(array, order="C")
    yield row_by_row
    if row_by_row is not array:
        array[...] = row_by_row


def _forms(arrays: Sequence[Array]) -> str:
    return ", ".join(f"{array.dtype} {array.shape}" for array in arrays)


def _scale(array: Array, share: float, out: Array) -> None:
    """out becomes array times share; where it counts nothing, 0 of whatever the array has."""
    if share:
        np.multiply(array, share, out=out)
    else:
        out[...] = 0


def checked_workers(workers: Workers | None) -> Workers:
    """Those that a Trainer was given; or one that is alone, which is to be meant so."""
    if workers is None:
        rank, size = launched()
        if size > 1 and rank == 0:
            warnings.warn(
                f"mpiexec has started {size} processes, and each trains a model of its own: give "
                f"Trainer(..., workers=parallel.world()); or parallel.Workers(), if it is meant so",
                stacklevel=3,
            )
        return Workers()
    if not isinstance(workers, Workers):
        raise ArgumentTypeError(
            f"Trainer: workers must be those of common.parallel, world() say, got {workers!r:.80}"
        )
    return workers


# Threads --------------------------------------------------------------------------------------


def in_threads(size: int, work: Callable[[Workers], Answer]) -> list[Answer]:
    """Calls work(workers) in as many threads; what each returned, by rank.

    To see what workers do, and to test it: it is no faster than one. Each makes a model of its own,
    within work. An error in one of them ends all, and is raised.
    """
    check_whole("in_threads", "size", size, at_least=1)
    check_function("in_threads", "work", work, of="the workers")
    meeting = _Meeting(size)
    answers: list[Any] = [None] * size

    def run(rank: int) -> None:
        worker = _Thread(rank, meeting)
        with suppress(BaseException), worker.ending_all_on_error():
            answers[rank] = work(worker)
            worker.leave()

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(size)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:  # Ctrl-C
        meeting.barrier.abort()
        raise
    if meeting.errors:
        rank, error = meeting.errors[0]  # the others fail because they are left alone
        error.add_note(f"It is worker {rank} of {size} that has failed.")
        raise error
    return answers


class _Meeting:
    """Where threads meet: each puts something down, and sees what all have."""

    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size)
        self.table: list[Any] = [None] * size
        self.errors: list[tuple[int, BaseException]] = []


class _Thread(Workers):
    is_thread = True

    def __init__(self, rank: int, meeting: _Meeting) -> None:
        super().__init__()
        self.rank, self.size, self.meeting = rank, meeting.barrier.parties, meeting

    def _exchange(self, value: Any) -> list[Any]:
        self.meeting.table[self.rank] = value
        self._wait()
        everything = list(self.meeting.table)
        self._wait()  # before the next thing is put down
        return everything

    def _add_up(self, array: Array) -> None:
        array[...] = sum(self._exchange(array.copy()))  # in the same order by each of them

    def _copy_first(self, array: Array) -> None:
        array[...] = self._exchange(array.copy() if self.rank == 0 else None)[0]

    def _wait(self) -> None:
        try:
            self.meeting.barrier.wait()
        except threading.BrokenBarrierError:
            raise WorkersError("another worker has failed") from None

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        self._wait()
        for rank in range(self.size):
            if rank == self.rank:
                yield
            self._wait()

    @contextmanager
    def ending_all_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.meeting.errors.append((self.rank, error))
            self.meeting.barrier.abort()
            raise


# Processes ------------------------------------------------------------------------------------


def launched() -> tuple[int, int]:
    """The number of this process and how many there are, as an mpiexec has told it; or (0, 1)."""
    for size, rank in LAUNCHERS:
        if size in os.environ:
            return int(os.environ.get(rank, 0)), int(os.environ[size])
    return 0, 1


def world(cuda: bool = False) -> Workers:
    """The processes that `mpiexec` has started together; one that it has not started is alone.

    An error that nobody catches, on one of them, ends all; and so does one that leaves a fit. It
    needs mpi4py: pip install "layer-by-layer[mpi]"

    cuda: the MPI is CUDA-aware, so arrays on the GPU go to it as they are, and not by way of the
    CPU. This has not been tried.
    """
    check_flag("world", "cuda", cuda)
    size = launched()[1]
    if size == 1:
        return Workers()
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # or it finds no MPI
        raise WorkersError(
            f"mpiexec has started {size} processes, and without mpi4py each would train alone: "
            f'pip install "layer-by-layer[mpi]" ({error})'
        ) from None
    if size != MPI.COMM_WORLD.size:
        raise WorkersError(
            f"mpiexec has started {size} processes, and mpi4py knows of {MPI.COMM_WORLD.size}: "
            f"they are of two different MPIs. This is the library of mpi4py: "
            f"{MPI.Get_library_version().splitlines()[0]}"
        )
    global _processes
    if _processes is None:
        _processes = _Processes(MPI, cuda)
    if cuda != _processes.cuda:
        raise ArgumentError(f"world: cuda was {_processes.cuda} before, and is {cuda} now")
    return _processes


_processes: "_Processes | None" = None


class _Processes(Workers):
    def __init__(self, mpi: Any, cuda: bool) -> None:
        super().__init__()
        self.mpi, self.cuda = mpi, cuda
        self.world = mpi.COMM_WORLD.Dup()  # the messages of a script are others
        self.rank, self.size = self.world.rank, self.world.size
        sys.excepthook = lambda _, error, __: self._end(error)
        if isinstance(sys.stdout, io.TextIOWrapper):  # or what it holds is lost if another fails
            sys.stdout.reconfigure(line_buffering=True)
        atexit.register(self.leave)

    def __reduce__(self) -> Any:
        return world, (self.cuda,)

    def _is_made_by_all(self, call: str) -> bool:
        """By a number for it: the largest of all is the least."""
        code = zlib.crc32(call.encode())
        both = numpy.array([code, -code])
        self.world.Allreduce(self.mpi.IN_PLACE, both, self.mpi.MAX)
        return both[0] == -both[1]

    def _exchange(self, value: Any) -> list[Any]:
        return self.world.allgather(value)

    def _add_up(self, array: Array) -> None:
        with self._given_to_mpi(array) as given:
            self.world.Allreduce(self.mpi.IN_PLACE, given)

    def _copy_first(self, array: Array) -> None:
        with self._given_to_mpi(array) as given:
            self.world.Bcast(given)

    @contextmanager
    def _given_to_mpi(self, array: Array) -> Iterator[Array]:
        """Of an array on the GPU a copy, unless MPI is CUDA-aware; it is written back."""
        on_gpu = not isinstance(array, numpy.ndarray)
        if self.cuda and on_gpu:
            config.find_cupy().cuda.get_current_stream().synchronize()
        given = array if self.cuda else to_cpu(array)
        yield given
        if given is not array:
            array[...] = np.asarray(given)

    @contextmanager
    def ending_all_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._end(error)

    def _end(self, error: BaseException) -> NoReturn:
        """Ends all of them, and says why; where they fail alike, the first one speaks for all."""
        later = range(self.rank + 1, self.size)
        self.told = [self.world.isend(None, rank, FAILED) for rank in later]  # kept while under way
        if self._is_told(GRACE):
            time.sleep(10 * GRACE)
        else:
            _tell(error, self.rank, self.size)
        self.mpi.COMM_WORLD.Abort(1)
        os._exit(1)

    def _is_told(self, seconds: float) -> bool:
        """Whether a worker before this one says within some seconds that it has failed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.world.iprobe(tag=FAILED):
                return True
            time.sleep(0.01)
        return False


def _tell(error: BaseException, rank: int, size: int) -> None:
    """Why all of them end."""
    sys.stdout.flush()  # what was printed before
    traceback.print_exception(error)
    print(f"worker {rank} of {size} has failed: all end", file=sys.stderr, flush=True)
    time.sleep(GRACE)  # what was said has to come through to mpiexec


def _end_before_world(_: Any, error: BaseException, __: Any) -> None:
    """Of an error before `world()`: the others would wait there for this one.

    It ends by a signal, since mpiexec ends all where one of them does, and MPI need not be there.
    """
    rank, size = launched()
    time.sleep(2 * GRACE * min(rank, 10))  # where all fail alike, the first one speaks for all
    _tell(error, rank, size)
    os.kill(os.getpid(), signal.SIGTERM)


def _watch_from_the_beginning() -> None:
    if launched()[1] > 1:
        sys.excepthook = _end_before_world


_watch_from_the_beginning()
