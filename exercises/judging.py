"""Tries answers: a file of them is run, and each is put to the checks of its exercise."""

import linecache
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Literal, NamedTuple, NoReturn

from common.errors import GradientError
from exercises.exercise import AnswerError, Exercise
from exercises.origin import taken_from_common
from exercises.sections import exercises_of, is_as_given

Status = Literal["right", "wrong", "not begun", "missing", "not its own"]
SECONDS = 20  # for one exercise, or for the file itself


class Verdict(NamedTuple):
    """What has been found out about an answer.

    titles: of the checks that it passed, in their order. reply: what to tell its author; empty
    where it passed all.
    """

    status: Status
    titles: Sequence[str] = ()
    failed: str = ""
    reply: str = ""


def judge(exercise: Exercise, name: str, answers: ModuleType) -> Verdict:
    """Tries the answer of that name in a file of answers, up to the first check that fails."""
    if not hasattr(answers, name):
        return Verdict("missing", reply=f"The file has no {name}. It must keep the name it had.")
    answer = getattr(answers, name)
    if exercise.asks_for and (reply := taken_from_common(answer, exercise.asks_for)):
        return Verdict("not its own", failed="it is your own", reply=reply)
    passed: list[str] = []
    for title, check in exercise.checks:
        try:
            with time_limit(SECONDS), warnings.catch_warnings(action="ignore"):
                check(answer)
        except NotImplementedError as error:
            return Verdict("wrong" if passed else "not begun", passed, title, f"{error}.")
        except AnswerError as error:
            return Verdict("wrong", passed, title, str(error))
        except MemoryError:
            raise
        except Exception as error:  # whatever an answer raises is an answer
            return Verdict("wrong", passed, title, raised(error, str(answers.__file__)))
        passed.append(title)
    return Verdict("right", passed)


def verdicts(section: str, path: Path, names: Sequence[str] = ()) -> Iterator[tuple[str, Verdict]]:
    """Each exercise of a section, or those of the names, with what is said of its answer."""
    answers = load(path)
    for name in names or exercises_of(section):
        yield name, verdict_on(section, name, answers)


def verdict_on(section: str, name: str, answers: ModuleType) -> Verdict:
    """What is to be said of one answer in a file of them."""
    source = Path(str(answers.__file__)).read_text(encoding="utf-8")
    if hasattr(answers, name) and is_as_given(section, name, source):
        return Verdict("not begun", reply=f"{name} is as it was given, to be mended.")
    return judge(exercises_of(section)[name], name, answers)


def load(path: Path) -> ModuleType:
    """Runs a file of answers, as a module that no other takes its names from."""
    module = ModuleType(f"answers_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where `inspect` looks for the text of a class
    linecache.checkcache(str(path))
    with time_limit(SECONDS):
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
    return module


# What an answer raises ----------------------------------------------------------------------------


def raised(error: BaseException, file: str) -> str:
    """An error, and the line of the file of answers that it comes from."""
    line = line_in(error, file) or (error.__cause__ and line_in(error.__cause__, file))
    if isinstance(error, GradientError):
        return f"{error} (Line {line} of your file.)" if error.__cause__ and line else str(error)
    where = f"Line {line} of your file" if line else "What the check does with your answer"
    return f"{where} raises {type(error).__name__}: {error}"


def line_in(error: BaseException, file: str) -> int | None:
    """The line of a file in which an error was raised, or what raised it was called."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises TimeoutError in what runs for longer, where the system can (not on Windows)."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"it has run for {seconds} seconds. Is there a loop without end?")

    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
