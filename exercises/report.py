"""What a class has handed in: who has what, and a page of feedback for each.

A hand-in is a folder, named for its author, with the files that were worked on: `ch01/loss.py`, or
`exercises/ch01/loss.py`. Each file is tried in a process of its own, for a limited time and with
limited memory, by the checks that lie beside this file, never by those of a hand-in. These are
limits for accidents: a hand-in is a program, and a program that wants to do harm can.
"""

import csv
import filecmp
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TextIO

from common.errors import ArgumentError
from exercises import CHECKS, HERE, SOLVED
from exercises.judging import Verdict
from exercises.sections import exercises_of, file_of, sections
from exercises.telling import told, wrapped


class Limits(NamedTuple):
    """Of one process: seconds, and memory in MiB."""

    seconds: float = 20
    memory: int = 2048


class Outcome(NamedTuple):
    """What the table says of one exercise, and what its author is told."""

    cell: str
    feedback: str


Results = dict[tuple[str, str], Outcome]  # by section and name


def report(folder: Path, limits: Limits, feedback: Path, as_csv: bool, out: TextIO) -> None:
    """Writes the table to `out`, and into `feedback` a page for each hand-in."""
    students = hand_ins(folder)
    chosen = [s for s in sections() if any(find(student, s) for student in students)]
    if not chosen:
        raise ArgumentError(f"report: in the folders of {folder} is no file like ch01/loss.py")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda student: results_of(student, chosen, limits), students))
    feedback.mkdir(parents=True, exist_ok=True)
    for student, result in zip(students, results, strict=True):
        (feedback / f"{student.name}.md").write_text(page(student, result), encoding="utf-8")
    rows = [["hand-in", *(f"{section}.{name}" for section, name in results[0]), "right"]]
    for student, result in zip(students, results, strict=True):
        rows.append([student.name, *(outcome.cell for outcome in result.values()), count(result)])
    write(rows, as_csv, out)


def hand_ins(folder: Path) -> list[Path]:
    """The folders in it."""
    if not folder.is_dir():
        raise ArgumentError(f"report: there is no folder {folder}")
    found = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")
    if not found:
        raise ArgumentError(f"report: {folder} holds no folders; each hand-in is one")
    return found


def find(student: Path, section: str) -> Path | None:
    """The file of a section in a hand-in, where it stands highest."""
    chapter, page = section.split(".")
    others = {CHECKS.name, SOLVED.name}
    found = [path.relative_to(student) for path in student.rglob(f"{chapter}/{page}.py")]
    theirs = [path for path in found if not others & {*path.parts}]
    return student / min(theirs, key=lambda path: (len(path.parts), path)) if theirs else None


def count(result: Results) -> str:
    """How many are right."""
    whole = [cell.split("/") for cell, _ in result.values() if "/" in cell]
    return str(sum(passed == of for passed, of in whole))


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


def results_of(student: Path, chosen: Sequence[str], limits: Limits) -> Results:
    """What is to be said of each exercise of the sections."""
    results: Results = {}
    for section in chosen:
        path, names = find(student, section), list(exercises_of(section))
        if path is None:
            outcomes = dict.fromkeys(names, Outcome("no file", "There is no file."))
        else:
            outcomes = dict(tried(section, path, names, limits))
        results |= {(section, name): outcomes[name] for name in names}
    return results


def tried(
    section: str, path: Path, names: Sequence[str], limits: Limits
) -> Iterator[tuple[str, Outcome]]:
    """Each exercise with its outcome. After one that ends the process comes another process."""
    left = list(names)
    while left:
        facts, cell, why = run(section, path, left, limits)
        for fact in facts:
            if "file" in fact:
                yield from ((name, Outcome(fact["file"], fact["reply"])) for name in left)
                return
            if "name" in fact:
                left.remove(fact["name"])
                yield fact["name"], outcome_of(section, fact)
        if not left:
            return
        begun = [fact["begins"] for fact in facts if "begins" in fact]
        ended = left[:1] if begun else list(left)  # or the file itself, before any exercise
        for name in ended:
            left.remove(name)
            yield name, Outcome(cell, why)


def run(
    section: str, path: Path, names: Sequence[str], limits: Limits
) -> tuple[list[dict[str, str]], str, str]:
    """What the worker wrote; and what to say of an answer in the middle of which it ended."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "facts")
        out.touch()
        task = {
            "section": section,
            "file": str(path.resolve()),
            "names": names,
            "out": str(out),
            "memory": limits.memory,
        }
        cell, why = "ended", "Your code ended the program. Leave exit() and the like out."
        try:
            subprocess.run(
                [sys.executable, "-m", "exercises.worker"],
                input=json.dumps(task),
                text=True,
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(HERE.parent), "OPENBLAS_NUM_THREADS": "1"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=limits.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            cell = "too long"
            why = f"It runs for more than {limits.seconds:g} seconds. Is there a loop without end?"
        lines = out.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines], cell, why


def outcome_of(section: str, fact: dict[str, str]) -> Outcome:
    """What the worker says of one exercise, in words."""
    if "cell" in fact:
        return Outcome(fact["cell"], "It asks for more memory than there is for it.")
    verdict = Verdict(*fact["verdict"])
    of = len(exercises_of(section)[fact["name"]].checks)
    cells = {"right": f"{of}/{of}", "wrong": f"{len(verdict.titles)}/{of}"}
    cell = cells.get(verdict.status, verdict.status)
    return Outcome(cell, told(section, fact["name"], verdict))


def page(student: Path, result: Results) -> str:
    """The feedback for one hand-in, in Markdown."""
    lines = [f"# {student.name}", "", f"{count(result)} of {len(result)} exercises are right."]
    if edited := edited_checks(student):
        lines += ["", f"Checks in this hand-in differ from ours and were not used: {edited}."]
    for section in dict.fromkeys(section for section, _ in result):
        lines += ["", f"## {section}", ""]
        for name in exercises_of(section):
            cell, feedback = result[section, name]
            own = feedback.splitlines()
            text = own if own[0].startswith(section) else [f"{section}.{name}", *wrapped(feedback)]
            lines += ["```", f"{text[0]}: {cell}", *text[1:], "```", ""]
    return "\n".join(lines)


def edited_checks(student: Path) -> str:
    """The names of the files of checks in a hand-in that are not as ours."""
    found = []
    for section in sections():
        ours = file_of(section, CHECKS)
        for theirs in student.rglob(f"{CHECKS.name}/{ours.parent.name}/{ours.name}"):
            if not filecmp.cmp(ours, theirs, shallow=False):
                found.append(section)
    return ", ".join(found)
