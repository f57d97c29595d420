"""What a learner is told of an answer, in lines of 80 columns."""

import sys
import textwrap
from pathlib import Path

from common.errors import CommonError
from exercises.judging import SECONDS, TimeIsUp, Verdict, line_in, raised, verdicts
from exercises.sections import exercises_of, file_of

WIDTH, OK, NOT_YET, INDENT = 80, "    ok      ", "    not yet ", " " * 8


class StoppedError(CommonError):
    """Ctrl-C, which ends the whole command."""


def check_section(section: str, names: list[str], seconds: float = SECONDS) -> int:
    """Says what is right and what is not. 0 if all is right, 1 if not, 2 if nothing could run."""
    path, verdict_of = file_of(section), {}
    try:
        for name, verdict in verdicts(section, path, names, seconds):
            print(told(section, name, verdict), end="\n\n", flush=True)
            verdict_of[name] = verdict
    except KeyboardInterrupt as error:
        raise StoppedError(f"{section}: {cannot_run(error, path)}") from error
    except (Exception, SystemExit, TimeIsUp) as error:  # answers may do anything
        print(f"{section}: {cannot_run(error, path)}", file=sys.stderr)
        return 2
    right, count = sum(v.status == "right" for v in verdict_of.values()), len(verdict_of)
    print(f"{section}: {right} of {count} exercise{'s' if count > 1 else ''}")
    return 0 if right == count else 1


def told(section: str, name: str, verdict: Verdict) -> str:
    """The name of an exercise, and what is to be said of its answer."""
    return "\n".join([f"{section}.{name}", *findings(section, name, verdict)])


def findings(section: str, name: str, verdict: Verdict) -> list[str]:
    """The checks that passed, the first one that did not, and what to do about it, in lines."""
    if verdict.status == "not begun":
        return ["    not begun"]
    lines: list[str] = []
    for title in verdict.titles:
        lines += wrapped(title, OK, " " * len(OK))
    if verdict.failed:
        lines += wrapped(verdict.failed, NOT_YET, " " * len(NOT_YET))
    lines += wrapped(verdict.reply)
    checks = exercises_of(section)[name].checks
    lines += [f"    {len(verdict.titles)} of {len(checks)} public checks"]
    if verdict.status != "right":
        lines += [f"    a hint: python -m exercises hint {section}.{name}"]
    return lines


def wrapped(text: str, first: str = INDENT, later: str = INDENT) -> list[str]:
    """The lines of a text, below a title or behind a word; an indented line stays as it is."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            lines.append(later + line)
        else:
            lines += textwrap.wrap(
                line, WIDTH, initial_indent=later if lines else first, subsequent_indent=later
            )
    return lines


def cannot_run(error: BaseException, path: Path) -> str:
    """Why a file of answers could not be run to its end."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno} of {path.name} is no Python: {error.msg}"
    if isinstance(error, FileNotFoundError) and error.filename == str(path):
        return f"there is no {path}"
    if isinstance(error, KeyboardInterrupt):
        line = line_in(error, str(path))
        return f"stopped, in line {line} of your file" if line else "stopped"
    return raised(error, str(path))


def tell_hint(section: str, name: str, number: int) -> None:
    """Prints one hint, and how to get the next."""
    hints = exercises_of(section)[name].hints
    print(f"{section}.{name}, hint {number} of {len(hints)}")
    print("\n".join(wrapped(hints[number - 1])))
    if number < len(hints):
        print(f"    the next: python -m exercises hint {section}.{name} {number + 1}")
