"""Tries one file of answers in this process, and writes what it finds, line by line.

`exercises.trial` starts it and hands it its task on standard input, as JSON.
"""

import json
import os
import sys
from contextlib import redirect_stderr
from pathlib import Path
from types import ModuleType

from exercises.judging import Verdict, load, verdict_on
from exercises.sections import exercises_of
from exercises.telling import cannot_run, findings
from exercises.trial import ENDED, Fact, Outcome, Task, outcome

MEMORY = outcome("memory", "It asks for more memory than it may have.")


def work(task: Task) -> None:
    """Tries the exercises one by one; before each it writes that it begins."""
    with Path(task.out).open("a", encoding="utf-8") as out:

        def tell(name: str, found: Outcome | None = None) -> None:
            print(json.dumps(Fact(name, found)), file=out, flush=True)

        answers = answers_or_why_not(Path(task.file))
        if isinstance(answers, Outcome):
            return tell("", answers)
        for name in task.names:
            tell(name)
            tell(name, outcome_of(task.section, name, answers))
    return None


def answers_or_why_not(path: Path) -> ModuleType | Outcome:
    """The file, after it has run. Who has started this process ends what takes too long."""
    try:
        return load(path, seconds=None)
    except MemoryError:
        return outcome("memory", "Running the file takes more memory than it may have.")
    except SyntaxError as error:
        return outcome("no Python", cannot_run(error, path))
    except (SystemExit, KeyboardInterrupt):
        return ENDED
    except Exception as error:  # whatever stands at the top of a hand-in
        return outcome("error", cannot_run(error, path))


def outcome_of(section: str, name: str, answers: ModuleType) -> Outcome:
    """Tries one answer."""
    try:
        verdict = verdict_on(section, name, answers, seconds=None)
    except MemoryError:
        return MEMORY
    except (SystemExit, KeyboardInterrupt):
        return ENDED
    is_right = verdict.status == "right"
    return Outcome(cell_of(section, name, verdict), findings(section, name, verdict), is_right)


def cell_of(section: str, name: str, verdict: Verdict) -> str:
    """How many checks it passes, or in two words why none could be tried."""
    checks = exercises_of(section)[name].checks
    is_counted = verdict.status in ("right", "wrong")
    return f"{len(verdict.titles)}/{len(checks)}" if is_counted else verdict.status


def limit_memory(mebibytes: int) -> None:
    """From here on this process gets no more, and what asks for more is a MemoryError.

    Where the system has no such limit, on Windows, or refuses it, on macOS, there is none.
    """
    try:
        import resource

        most, (_, hard) = mebibytes << 20, resource.getrlimit(resource.RLIMIT_AS)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):
        return


if __name__ == "__main__":
    task = Task(**json.load(sys.stdin))
    limit_memory(task.memory)
    with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
        work(task)
