"""`python -m benchmarks`: every workload, for this project and each peer that is installed."""

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import draw, facts, race
from benchmarks.registry import WORKLOADS
from benchmarks.table import table
from benchmarks.workload import Workload
from common.commands.options import whole

PICTURES = (".png", ".svg", ".pdf")
APART = ("growth", "tape")  # ours alone: modules that print a table of their own
TITLE = "# One run, workload by workload"
NAMES = [*(workload.name for workload in WORKLOADS), *APART]


def main() -> int:
    """Prints the table; 1 if a row was refused or a part failed."""
    arguments = parse()
    workloads = [w for w in WORKLOADS if chosen(w.name, arguments.only)]
    races = [run(workload, arguments) for workload in workloads]
    apart = [of_module(name, arguments.threads) for name in APART if chosen(name, arguments.only)]
    reports = [report for report, _ in apart]
    above = facts.facts(arguments.threads, facts.PEERS)
    report = "\n\n".join([TITLE, above, *([table(races)] if races else []), *reports])
    print(report)
    if arguments.save:
        arguments.save.write_text(report + "\n", encoding="utf-8")
    if arguments.json:
        figures = [as_json(result, results) for results in races for result in results]
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if arguments.draw:
        draw.save(races, arguments.draw)
    failed = any(code for _, code in apart)
    return int(failed or any(race.is_refused(results) for results in races))


def options() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Runs every workload for this project and for each peer that is installed, "
        "each in a process of its own, and prints one table.",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help=f"what begins like this; of {', '.join(NAMES)}"
    )
    parser.add_argument("--rounds", type=whole(1), default=3, help="default: 3")
    parser.add_argument(
        "--values", type=whole(1), default=5, help="runs timed in a round; default: 5"
    )
    parser.add_argument(
        "--threads", type=whole(1), default=1, help="of each contestant; default: 1"
    )
    parser.add_argument("--save", type=Path, metavar="FILE.md", help="writes the table, too")
    parser.add_argument("--draw", type=Path, metavar="FILE.png", help="draws the times")
    parser.add_argument(
        "--json", type=Path, metavar="FILE.json", help="writes the times of the races"
    )
    return parser


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; what could not be done is refused before the first race."""
    parser = options()
    parsed = parser.parse_args(arguments)
    if importlib.util.find_spec("pyperf") is None:
        parser.error('the runner, pyperf, is not installed: pip install -e ".[bench]"')
    for name in parsed.only or ():
        if not any(chosen(known, [name]) for known in NAMES):
            parser.error(f"--only: {name!r} begins none of {', '.join(NAMES)}")
    for path in filter(None, (parsed.save, parsed.draw, parsed.json)):
        if not path.resolve().parent.is_dir():
            parser.error(f"{path}: there is no such folder")
    if parsed.draw and parsed.draw.suffix not in PICTURES:
        parser.error(f"--draw: {parsed.draw} must end in {' or '.join(PICTURES)}")
    if parsed.draw and not any(chosen(workload.name, parsed.only) for workload in WORKLOADS):
        parser.error("--draw draws the times of workloads, but --only leaves none")
    return parsed


def chosen(name: str, only: Sequence[str] | None) -> bool:
    """Whether --only asks for it; without --only all are asked for."""
    return only is None or any(name.startswith(beginning) for beginning in only)


def run(workload: Workload, arguments: argparse.Namespace) -> list[race.Result]:
    """One race, with a line on stderr for each process that starts."""
    return race.race(workload, arguments.rounds, arguments.values, arguments.threads, say)


def say(text: str) -> None:
    """Progress goes to stderr, so that stdout holds the table alone."""
    print(text, file=sys.stderr, flush=True)


def of_module(name: str, threads: int) -> tuple[str, int]:
    """What `python -m benchmarks.NAME` prints, and its exit status."""
    say(name)
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    environment = race.environment(threads)
    process = subprocess.run(
        command, cwd=facts.ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if process.returncode:
        last = process.stderr.strip().splitlines()[-1]
        return f"{name} failed: {last}", process.returncode
    return process.stdout.strip(), 0


def as_json(result: race.Result, results: Sequence[race.Result]) -> dict[str, Any]:
    """All that was measured of one contestant."""
    return {
        "workload": result.workload.name,
        "contestant": result.contestant.name,
        "seconds_per_step": result.rounds,
        "over_ours_plain": result.ratio_to(results[0]),
        "over_our_fastest": result.ratio_to(race.fastest_of_ours(results)),
        "loss": result.loss,
        "first_step_after": result.first,
        "again_after": result.again,
        "refused": result.refused,
    }


if __name__ == "__main__":
    sys.exit(main())
