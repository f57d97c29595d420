"""Tries one file of answers in this process, and writes what it finds, line by line.

`exercises.report` starts it and hands it its task on standard input, as JSON. What it has written
is there even if the process is ended in the middle of an answer.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exercises import judging
from exercises.judging import load, verdict_on
from exercises.telling import cannot_run


def work(task: Mapping[str, Any]) -> None:
    """The task: section, file, names of exercises, out (where to write), memory (in MiB)."""
    limit_memory(task["memory"])
    judging.SECONDS = 0  # who has started this process ends what takes too long
    with Path(task["out"]).open("a", encoding="utf-8") as out:

        def tell(**facts: Any) -> None:
            print(json.dumps(facts), file=out, flush=True)

        path = Path(task["file"])
        try:
            answers = load(path)
        except MemoryError:
            return tell(file="memory", reply="Running the file takes too much memory.")
        except SyntaxError as error:
            return tell(file="no Python", reply=cannot_run(error, path))
        except Exception as error:  # whatever stands at the top of a hand-in
            return tell(file="error", reply=cannot_run(error, path))
        for name in task["names"]:
            tell(begins=name)
            try:
                tell(name=name, verdict=verdict_on(task["section"], name, answers))
            except MemoryError:
                tell(name=name, cell="memory")
    return None


def limit_memory(mebibytes: int) -> None:
    """From here on this process gets no more, and what asks for more is a MemoryError.

    Where the system has no such limit, on Windows, there is none.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))


if __name__ == "__main__":
    work(json.load(sys.stdin))
