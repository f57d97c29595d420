"""Times one contestant in a process of its own; `benchmarks.race` starts it, under pyperf."""

import argparse
import math
import os
import time
from typing import Any

import pyperf

from benchmarks.registry import workload_of
from benchmarks.workload import Contestant, Run

# Stands for the run in the process that only waits for the one that measures.
_NOTHING: tuple[Run, float | None] = (lambda: None), None


def keep_to(threads: int) -> None:
    """Keeps this process to as many processors as it has threads, where that can be done.

    Work that JAX hands from one processor to another takes three times as long, and from process
    to process it does so or does not.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def main() -> None:
    """The command line is pyperf's, with the workload and the contestant in front."""
    keep_to(int(os.environ["OMP_NUM_THREADS"]))
    runner = pyperf.Runner(program_args=("-m", "benchmarks.worker"), add_cmdline_args=_names)
    runner.argparser.add_argument("workload")
    runner.argparser.add_argument("contestant")
    arguments = runner.parse_args()
    workload = workload_of(arguments.workload)
    contestant = workload.contestant(arguments.contestant)
    run, loss = _set_up(runner, contestant, workload.steps) if arguments.worker else _NOTHING
    runner.bench_time_func(arguments.contestant, _time, run, loss, inner_loops=workload.steps)


def _names(command: list[str], arguments: argparse.Namespace) -> None:
    """pyperf starts the process that measures with the same two names."""
    command += [arguments.workload, arguments.contestant]


def _set_up(runner: Any, contestant: Contestant, steps: int) -> tuple[Run, float | None]:
    """What is to be timed. It has run once, and its loss is kept beside the times."""
    run = contestant.ready(steps)
    loss = run()
    if loss is not None:
        runner.metadata["loss"] = float(loss)
    return run, loss


def _time(loops: int, run: Run, expected: float | None) -> float:
    """The seconds of some runs, each of which must end where the first one ended."""
    began = time.perf_counter()
    losses = [run() for _ in range(loops)]
    seconds = time.perf_counter() - began
    for loss in losses:
        if loss != expected and not (loss and expected and math.isclose(loss, expected)):
            raise ValueError(f"a run ended at {loss}, the first one at {expected}")
    return seconds


if __name__ == "__main__":
    main()
