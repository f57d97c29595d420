"""Runs the contestants in turns, each in a process of its own, and keeps what was measured."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.facts import ROOT
from benchmarks.workload import Contestant, Workload

TIMEOUT = 120  # seconds for each run; a contestant that takes longer on average is given up
TIMED_OUT = 124  # what pyperf then exits with


@dataclass
class Result:
    """What one contestant did in all rounds.

    rounds: the seconds per step, a list for each round.
    first, again: the seconds from nothing to the end of a first step, Python's start and all
    imports included; and of a second process, which finds what the first has compiled and kept.
    refused: why its times do not count; empty if they do.
    """

    workload: Workload
    contestant: Contestant
    rounds: list[list[float]] = field(default_factory=list)
    loss: float | None = None
    first: float | None = None
    again: float | None = None
    refused: str = ""

    @property
    def seconds(self) -> float | None:
        """The median seconds per step, over all rounds; None if there is none that counts."""
        if self.refused or not self.rounds:
            return None
        return statistics.median(value for values in self.rounds for value in values)

    def ratio_to(self, ours: "Result") -> float | None:
        """Its time over ours: the median of what the rounds say, which are minutes apart."""
        ratios = self.ratios_to(ours)
        return statistics.median(ratios) if ratios else None

    def pays_after(self, plain: "Result") -> float | None:
        """The steps after which it has made up for a later first step; None if it never does."""
        mine, theirs = self.seconds, plain.seconds
        if mine is None or theirs is None or self.first is None or plain.first is None:
            return None
        return max(0.0, (self.first - plain.first) / (theirs - mine)) if mine < theirs else None

    def ratios_to(self, ours: "Result") -> list[float]:
        """Its time over ours in each round; none if there is no time that counts."""
        if self.seconds is None or ours.seconds is None:
            return []
        theirs, mine = (map(statistics.median, rounds) for rounds in (self.rounds, ours.rounds))
        return [their / my for their, my in zip(theirs, mine, strict=True)]


Say = Callable[[str], None]


def race(workload: Workload, rounds: int, values: int, threads: int, say: Say) -> list[Result]:
    """The results of one workload, ours first.

    In each round all contestants run, one after another, so that a minute in which the machine
    has other work slows all of them alike. A peer that is not installed has no rounds.
    """
    results = [Result(workload, contestant) for contestant in workload.contestants]
    for number in range(1, rounds + 1):
        for result in results:
            if result.contestant.is_installed() and not result.refused:
                say(f"{workload.name}, round {number} of {rounds}: {result.contestant.name}")
                _run_once(result, values, threads)
    for result in results:
        if result.contestant.is_installed() and not result.refused:
            say(f"{workload.name}, the first step: {result.contestant.name}")
            try:
                result.first, result.again = _first_step(result, threads)
            except subprocess.SubprocessError as error:
                say(f"no first step: {error}")
    return results


def fastest_of_ours(results: Sequence[Result]) -> Result:
    """The fastest of this project's ways; the first, if none has a time."""
    ours = [result for result in results if result.contestant.is_ours]
    timed = [result for result in ours if result.seconds is not None]
    return min(timed, key=lambda result: result.seconds or 0) if timed else ours[0]


def _first_step(result: Result, threads: int) -> tuple[float, float]:
    """The seconds of a process that makes one step; with nothing kept, and then once more."""
    names = [result.workload.name, result.contestant.name]
    command = [sys.executable, "-m", "benchmarks.first_step", *names]
    with tempfile.TemporaryDirectory() as folder:
        kept = {"NUMBA_CACHE_DIR": folder, "TORCHINDUCTOR_CACHE_DIR": folder}
        times = []
        for _ in range(2):
            began = time.perf_counter()
            environ = {**environment(threads), **kept}
            subprocess.run(
                command, cwd=ROOT, env=environ, capture_output=True, timeout=TIMEOUT, check=True
            )
            times.append(time.perf_counter() - began)
    return times[0], times[1]


def _run_once(result: Result, values: int, threads: int) -> None:
    import pyperf

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "times.json"
        process = subprocess.run(
            _command(result, values, output),
            cwd=ROOT,
            env=environment(threads),
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode == TIMED_OUT:
            result.refused = f"failed: no end within {_limit(values)} seconds"
            return
        if process.returncode:
            last = (process.stderr.strip().splitlines() or ["no message"])[-1]
            result.refused = f"failed: {_cause(process.stderr) or last}"
            return
        note(result, pyperf.Benchmark.load(str(output)))


def _command(result: Result, values: int, output: Path) -> list[str]:
    """One process that is timed; a run of our own length is one loop of it."""
    options = ["--processes=1", f"--values={values}", "--warmups=1", "--loops=1", "--copy-env"]
    options.append(f"--timeout={_limit(values)}")
    names = [result.workload.name, result.contestant.name]
    return [sys.executable, "-m", "benchmarks.worker", *options, f"--output={output}", *names]


def _limit(values: int) -> int:
    """Seconds for one process, which runs twice more than it is timed: to set up, to warm up."""
    return TIMEOUT * (values + 2)


def _cause(stderr: str) -> str:
    """The error that Python ended with, in what pyperf and the process it started have said."""
    lines = stderr.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback")]
    after = lines[starts[0] + 1 :] if starts else []
    return next((line for line in after if line and not line[0].isspace()), "")


def note(result: Result, benchmark: Any) -> None:
    """Takes over the times of one round, if the loss is the one that it must be."""
    metadata = benchmark.get_metadata()
    result.loss = metadata.get("loss")
    if not result.workload.is_reached(result.loss, result.contestant):
        got = "none" if result.loss is None else f"{result.loss:.4g}"
        result.refused = f"refused: loss {got} instead of {result.workload.loss:.4g}"
    result.rounds.append(list(benchmark.get_values()))


def environment(threads: int) -> dict[str, str]:
    """The number of threads, in every way in which a library asks for it. JAX stays on the CPU."""
    names = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR")
    counts = {f"{name}_NUM_THREADS": str(threads) for name in names}
    xla = [f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"]
    jax = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": " ".join(xla), "NPROC": str(threads)}
    return {**os.environ, **counts, **jax, "PYTHONHASHSEED": "0"}


def is_refused(results: Sequence[Result]) -> bool:
    """Whether a row of the table does not count."""
    return any(result.refused for result in results)
