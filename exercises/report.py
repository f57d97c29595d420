"""What a class has handed in: who has what, and a page of feedback for each.

A hand-in is a folder, named for its author, with the files that were worked on: `ch01/loss.py`, or
`exercises/ch01/loss.py`. Each file is tried in a process of its own, for a limited time and with
limited memory, by the checks that lie beside this file, never by those of a hand-in. These are
limits for accidents: a hand-in is a program, and a program that wants to do harm can.
"""

import csv
import hashlib
import itertools
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

from common.errors import ArgumentError
from exercises.hand_in import HandIn
from exercises.sections import exercises_of, sections
from exercises.trial import Limits, Outcome, outcome, tried

Results = dict[tuple[str, str], Outcome]  # by section and name


def report(folder: Path, limits: Limits, feedback: Path, as_csv: bool, out: TextIO) -> None:
    """Writes the table to `out`, and into `feedback` a page for each hand-in."""
    hand_ins = [HandIn(path) for path in folders_in(folder) if path.resolve() != feedback.resolve()]
    chosen = worked_on(hand_ins)
    if not chosen:
        raise ArgumentError(f"report: in the folders of {folder} is no file like ch01/loss.py")
    feedback.mkdir(parents=True, exist_ok=True)
    names = [f"{section}.{name}" for section in chosen for name in exercises_of(section)]
    rows = [["hand-in", *names, "right"]]
    for hand_in, results in results_of(hand_ins, chosen, limits):
        write_page(hand_in, results, feedback)
        cells = [one.cell for one in results.values()]
        rows.append([hand_in.name, *cells, str(count(results))])
    write(rows, as_csv, out)


def folders_in(folder: Path) -> list[Path]:
    """One for each hand-in."""
    if not folder.is_dir():
        raise ArgumentError(f"report: there is no folder {folder}")
    found = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")
    if not found:
        raise ArgumentError(f"report: {folder} holds no folders; each hand-in is one")
    return found


def worked_on(hand_ins: Sequence[HandIn]) -> list[str]:
    """The sections that somebody has begun; if nobody has begun any, those that are there."""
    there = [one for one in sections() if any(one in hand_in.files for hand_in in hand_ins)]
    begun = [one for one in there if any(hand_in.has_begun(one) for hand_in in hand_ins)]
    return begun or there


def results_of(
    hand_ins: Sequence[HandIn], chosen: Sequence[str], limits: Limits
) -> Iterator[tuple[HandIn, Results]]:
    """What is to be said of each exercise of the sections, one hand-in after another."""

    def outcomes_in(pair: tuple[HandIn, str]) -> dict[str, Outcome]:
        return outcomes_of(*pair, limits)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = iter(pool.map(outcomes_in, itertools.product(hand_ins, chosen)))
        for hand_in in hand_ins:
            pairs = [(section, next(outcomes).items()) for section in chosen]
            yield hand_in, {(section, name): one for section, items in pairs for name, one in items}


def count(results: Results) -> int:
    """How many are right."""
    return sum(one.is_right for one in results.values())


def write(rows: Sequence[Sequence[str]], as_csv: bool, out: TextIO) -> None:
    """A table of who has what: for a program, or for the eye, an exercise in a line."""
    if as_csv:
        csv.writer(out, lineterminator="\n").writerows(rows)
        return
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, row)) for row in rows]
    for column in columns:
        cells = [cell.ljust(width) for cell, width in zip(column, widths, strict=True)]
        print("  ".join(cells).rstrip(), file=out)


# One hand-in --------------------------------------------------------------------------------------


def outcomes_of(hand_in: HandIn, section: str, limits: Limits) -> dict[str, Outcome]:
    """What is to be said of each exercise of one section."""
    names = list(exercises_of(section))
    if section not in hand_in.files:
        return dict.fromkeys(names, outcome("no file", "There is no file."))
    try:
        return tried(section, hand_in.files[section], names, limits)
    except Exception as error:  # one hand-in is not to end the report on all
        words = f"It could not be tried: {type(error).__name__}: {error}"
        return dict.fromkeys(names, outcome("not tried", words))


def write_page(hand_in: HandIn, results: Results, feedback: Path) -> None:
    """The feedback for one hand-in, in a file that has its name."""
    name = hand_in.name
    if len(name.encode()) > 200:  # the longest that most systems take is 255, with the ending
        name = f"{name[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    path = feedback / f"{name}.md"
    path.write_text(page(hand_in, results), encoding="utf-8", errors="backslashreplace")


def page(hand_in: HandIn, results: Results) -> str:
    """The feedback for one hand-in, in Markdown."""
    lines = [f"# {hand_in.name}", "", f"{count(results)} of {len(results)} exercises are right."]
    if edited := hand_in.edited_checks():
        named = ", ".join(edited)
        lines += ["", f"Checks in this hand-in differ from ours and were not used: {named}."]
    section = ""
    for (own_section, name), one in results.items():
        if own_section != section:
            section = own_section
            lines += ["", f"## {section}", ""]
        lines += [*fenced([f"{section}.{name}: {one.cell}", *one.lines]), ""]
    return "\n".join(lines)


def fenced(lines: Sequence[str]) -> list[str]:
    """Lines as they stand. The fence is longer than any in them."""
    longest = max(map(len, re.findall("`+", "\n".join(lines))), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *lines, fence]
