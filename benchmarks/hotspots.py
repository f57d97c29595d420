"""Where the time of our own contestant goes: `python -m benchmarks.hotspots spiral`.

The profiler slows Python's calls more than NumPy's, so the shares are rough; the order is right.
"""

import argparse
import cProfile
import pstats
from collections.abc import Callable
from typing import Any

from benchmarks.options import whole
from benchmarks.registry import WORKLOADS
from benchmarks.table import markdown

HEAD = ("function", "where", "calls a step", "own share")


def rows(run: Callable[[], Any], steps: int, count: int) -> list[list[str]]:
    """The functions that take most of a run themselves, without those that they call."""
    profiler = cProfile.Profile()
    profiler.runcall(run)
    stats = pstats.Stats(profiler)
    total: float = stats.total_tt  # type: ignore[attr-defined]
    functions: dict[Any, Any] = stats.stats  # type: ignore[attr-defined]
    largest = sorted(functions.items(), key=lambda item: -item[1][2])[:count]
    return [
        [name, _place(file), f"{calls / steps:.3g}", f"{own / total:.0%}"]
        for (file, _, name), (_, calls, own, *_) in largest
    ]


def _place(file: str) -> str:
    """The last two parts of a path; what is compiled has none."""
    return "compiled" if file == "~" else "/".join(file.split("/")[-2:])


def main() -> None:
    """Prints the table of one workload."""
    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hotspots", description="Where the time of our contestant goes."
    )
    parser.add_argument("workload", choices=names)
    parser.add_argument("--rows", type=whole, default=10, help="default: 10")
    arguments = parser.parse_args()
    workload = WORKLOADS[names.index(arguments.workload)]
    run = workload.contestants[0].set_up(workload.steps)
    run()
    print(markdown(HEAD, rows(run, workload.steps, arguments.rows)))


if __name__ == "__main__":
    main()
