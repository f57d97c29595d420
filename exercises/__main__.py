"""The command line of the exercises."""

import argparse
import difflib
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

from common.checks import check_number, check_whole
from common.errors import ArgumentError, CommonError
from exercises import HERE, SOLVED, edition
from exercises.report import report
from exercises.sections import exercises_of, sections
from exercises.telling import check_section, tell_hint
from exercises.trial import Limits

DESCRIPTION = """Exercises on each page of the chapters. Open a file of exercises/ch01 or
exercises/ch02, write what it asks for, and check it: python -m exercises check ch01.loss"""


def main(arguments: list[str] | None = None) -> int:
    """0: all that was asked about is right. 1: not all. 2: it cannot be done."""
    whole = parser()
    given = whole.parse_args(arguments)
    if "run" not in given:
        whole.print_help()
        return 0
    try:
        return given.run(given)
    except CommonError as error:
        print(error, file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """All the commands, each with what it runs."""
    whole = argparse.ArgumentParser(prog="python -m exercises", description=DESCRIPTION)
    commands = whole.add_subparsers(title="commands", metavar="COMMAND")
    add_check(commands)
    add_hint(commands)
    if SOLVED.is_dir():  # in a student's edition nothing is made, and nobody hands in
        add_make(commands)
        add_report(commands)
    return whole


def add_check(commands: Any) -> None:
    """The command `check`."""
    command = commands.add_parser("check", help="try what you have written")
    command.add_argument(
        "where",
        nargs="*",
        help="ch01, ch01.loss, or one exercise: ch01.loss.NAME; all, if none is named",
    )
    command.set_defaults(run=lambda given: run_check(given.where))


def add_hint(commands: Any) -> None:
    """The command `hint`."""
    command = commands.add_parser("hint", help="a hint, of three: each says more")
    command.add_argument("where", help="an exercise: ch01.loss.NAME")
    command.add_argument("number", nargs="?", type=int, choices=(1, 2, 3), default=1)
    command.set_defaults(run=lambda given: run_hint(given.where, given.number))


def add_make(commands: Any) -> None:
    """The command `make`."""
    command = commands.add_parser("make", help="write the student's edition, without solutions")
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("folder", nargs="?", type=Path, help="new or empty")
    where.add_argument("--here", action="store_true", help="these files anew, over all answers")
    command.set_defaults(run=lambda given: run_make(given.folder))


def add_report(commands: Any) -> None:
    """The command `report`."""
    limits = Limits()
    command = commands.add_parser("report", help="what a class has handed in")
    command.add_argument("folder", type=Path, help="holds a folder for each hand-in")
    command.add_argument("--csv", action="store_true", help="a table for programs")
    command.add_argument(
        "--feedback",
        type=Path,
        default=Path("feedback"),
        metavar="FOLDER",
        help="where to write a page for each; default: %(default)s",
    )
    command.add_argument(
        "--seconds", type=float, default=limits.seconds, help="for one file; default: %(default)g"
    )
    command.add_argument(
        "--memory",
        type=int,
        default=limits.memory,
        metavar="MIB",
        help="for one file; default: %(default)s",
    )
    command.set_defaults(run=run_report)


def run_report(given: argparse.Namespace) -> int:
    """Prints the table."""
    check_number("report", "--seconds", given.seconds, above=0)
    check_whole("report", "--memory", given.memory, at_least=1)
    limits = Limits(given.seconds, given.memory)
    report(given.folder, limits, given.feedback, given.csv, sys.stdout)
    print(f"a page of feedback for each: {given.feedback}", file=sys.stderr)
    return 0


def run_check(where: list[str]) -> int:
    """Tries all answers, or those that are named."""
    chosen = [pair for name in where for pair in find(name)] or [(s, []) for s in sections()]
    return max([check_section(section, names) for section, names in chosen])


def run_hint(where: str, number: int) -> int:
    """Prints a hint for one exercise."""
    (section, names), *more = find(where)
    if len(names) != 1 or more:
        raise ArgumentError(f"hint: of which? {', '.join(exercises_of(section))} are in {section}")
    tell_hint(section, names[0], number)
    return 0


def run_make(folder: Path | None) -> int:
    """Writes the student's edition; without a folder, this one's files to work in."""
    if folder is None:
        edition.write_stubs(HERE)
    else:
        edition.make(folder)
        print(f"made: {folder}, with a README.md that says how to begin")
    return 0


def find(where: str) -> list[tuple[str, list[str]]]:
    """The sections that are meant, and for each the exercises; none stands for all.

    ch01 is a chapter, ch01.loss a section, also as the path of its file; ch01.loss.NAME an
    exercise; and exercises is all.
    """
    parts = parts_of(where)
    if len(parts) < 2:
        inside = [name for name in sections() if not parts or is_in(parts[0], name)]
        if inside:
            return [(name, []) for name in inside]
    section, names = ".".join(parts[:2]).lower(), parts[2:]
    if section not in sections() or len(names) > 1:
        near = [name for name in sections() if is_in(parts[0], name)]
        raise unknown("section", ".".join(parts).lower() if near else where, near or sections())
    if names and names[0] not in exercises_of(section):
        raise unknown(f"exercise in {section}", names[0], list(exercises_of(section)))
    return [(section, names)]


def is_in(chapter: str, section: str) -> bool:
    """Whether a section is one of that chapter."""
    return section.startswith(f"{chapter.lower()}.")


def parts_of(where: str) -> list[str]:
    """The parts of a name or of a path, behind this folder's own."""
    here = HERE.resolve()
    if Path(where).is_absolute() and Path(where).resolve().is_relative_to(here):
        where = str(Path(where).resolve().relative_to(here))
    parts = [part for part in re.split(r"[./\\]", where.removesuffix(".py")) if part]
    return parts[1:] if parts[:1] == [HERE.name] else parts


def unknown(what: str, name: str, names: list[str]) -> ArgumentError:
    """An error that says which name may be meant."""
    close = [other for other in names if other.startswith(name)]
    close += difflib.get_close_matches(name, names, n=1)
    advice = f"Do you mean {close[0]}?" if close else f"There are: {', '.join(names)}."
    return ArgumentError(
        "\n".join(textwrap.wrap(f"there is no {what} called {name}. {advice}", 80))
    )


if __name__ == "__main__":
    sys.exit(main())
