"""What a learner is told of an answer."""

import sys
import textwrap
from pathlib import Path

from exercises.exercise import (
    Verdict,
    exercises_of,
    file_of,
    line_in,
    raised,
    verdicts,
)

INDENT = " " * 8


def check_section(section: str, names: list[str]) -> int:
    """Says what is right and what is not. 0 if all is right, 1 if not, 2 if nothing could run."""
    path, verdict_of = file_of(section), {}
    try:
        for name, verdict in verdicts(section, path, names):
            print(told(section, name, verdict), end="\n\n", flush=True)
            verdict_of[name] = verdict
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # answers may do anything
        print(f"{section}: {cannot_run(error, path)}", file=sys.stderr)
        return 2
    right = sum(verdict.status == "right" for verdict in verdict_of.values())
    print(f"{section}: {right} of {len(verdict_of)} exercises")
    return 0 if right == len(verdict_of) else 1


def told(section: str, name: str, verdict: Verdict) -> str:
    """The checks that passed, the first one that did not, and what to do about it."""
    lines = [f"{section}.{name}"]
    if verdict.status == "not begun":
        return "\n".join([*lines, "    not begun"])
    lines += [f"    ok      {title}" for title in verdict.titles]
    if verdict.failed:
        lines += [f"    not yet {verdict.failed}"]
    lines += wrapped(verdict.reply)
    count = len(exercises_of(section)[name].checks)
    lines += [f"    {len(verdict.titles)} of {count} public checks"]
    if verdict.status != "right":
        lines[-1] += f"; for a hint: python -m exercises hint {section}.{name}"
    return "\n".join(lines)


def wrapped(text: str) -> list[str]:
    """The lines of a text below a title; lines that are indented stay as they are."""
    lines: list[str] = []
    for line in text.splitlines():
        wide = line.startswith(" ") or not line
        lines += (
            [INDENT + line]
            if wide
            else textwrap.wrap(line, 88, initial_indent=INDENT, subsequent_indent=INDENT)
        )
    return lines


def cannot_run(error: BaseException, path: Path) -> str:
    """Why a file of answers could not be run to its end."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno} of {path.name} is no Python: {error.msg}"
    if isinstance(error, FileNotFoundError) and error.filename == str(path):
        return f"there is no {path}"
    if isinstance(error, KeyboardInterrupt):
        return f"stopped, in line {line_in(error, str(path))} of your file"
    return raised(error, str(path))


def tell_hint(section: str, name: str, number: int) -> None:
    """Prints one hint, and how to get the next."""
    hints = exercises_of(section)[name].hints
    print(f"{section}.{name}, hint {number} of {len(hints)}")
    print("\n".join(wrapped(hints[number - 1])))
    if number < len(hints):
        print(f"    the next: python -m exercises hint {section}.{name} {number + 1}")
