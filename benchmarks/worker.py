"""Times one contestant in a process of its own; `benchmarks.race` starts it, under pyperf."""

import argparse
import os
import time
from typing import Any

import pyperf

from benchmarks.registry import WORKLOADS
from benchmarks.workload import Compiled, Contestant, Run


def main() -> None:
    """The command line is pyperf's, with the workload and the contestant in front."""
    runner = pyperf.Runner(program_args=("-m", "benchmarks.worker"), add_cmdline_args=_names)
    runner.argparser.add_argument("workload")
    runner.argparser.add_argument("contestant")
    arguments = runner.parse_args()
    workload = next(w for w in WORKLOADS if w.name == arguments.workload)
    contestant = workload.contestant(arguments.contestant)
    measured = _set_up(runner, contestant, workload.steps) if arguments.worker else _nothing
    runner.bench_time_func(arguments.contestant, _time, measured, inner_loops=workload.steps)


def _names(command: list[str], arguments: argparse.Namespace) -> None:
    """pyperf starts the process that measures with the same two names."""
    command += [arguments.workload, arguments.contestant]


def _set_up(runner: Any, contestant: Contestant, steps: int) -> Run:
    """What is to be timed. It has run once, and its loss is kept beside the times."""
    if contestant.needs == "torch":
        import torch

        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    run = contestant.set_up(steps)
    loss = run()
    if loss is not None:
        runner.metadata["loss"] = float(loss)
    if isinstance(run, Compiled):
        runner.metadata["compile_seconds"] = run.seconds
    return run


def _time(loops: int, run: Run) -> float:
    began = time.perf_counter()
    for _ in range(loops):
        run()
    return time.perf_counter() - began


def _nothing() -> None:
    """Stands for the run in the process that only waits for the one that measures."""


if __name__ == "__main__":
    main()
