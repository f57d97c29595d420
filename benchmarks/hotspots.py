"""Where the time of a contestant goes: `python -m benchmarks.hotspots spiral`.

The profiler slows Python's calls more than NumPy's, so the shares are rough; the order is right.
"""

import argparse
import cProfile
import pstats
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.registry import WORKLOADS, workload_of
from benchmarks.table import markdown
from benchmarks.workload import OURS
from common.commands.options import whole

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


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table of one contestant."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hotspots", description="Where the time of a contestant goes."
    )
    parser.add_argument("workload", choices=[workload.name for workload in WORKLOADS])
    parser.add_argument("--of", metavar="NAME", default=OURS, help=f"default: {OURS!r}")
    parser.add_argument("--rows", type=whole(1), default=10, help="default: 10")
    chosen = parser.parse_args(arguments)
    workload = workload_of(chosen.workload)
    names = [contestant.name for contestant in workload.contestants]
    if chosen.of not in names:
        parser.error(f"--of: {chosen.of!r} is none of {', '.join(map(repr, names))}")
    run = workload.contestant(chosen.of).ready(workload.steps)
    run()
    print(markdown(HEAD, rows(run, workload.steps, chosen.rows)))


if __name__ == "__main__":
    main()
