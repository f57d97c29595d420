"""Tries answers: a file of them is run, and each is put to the checks of its exercise."""

import linecache
import signal
import sys
import threading
import tokenize
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Literal, NamedTuple, NoReturn

from common.errors import GradientError
from exercises.exercise import AnswerError, Check, Exercise
from exercises.origin import TakenError, check_is_own, own_work
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


def judge(
    exercise: Exercise, name: str, answers: ModuleType, seconds: float | None = SECONDS
) -> Verdict:
    """Tries the answer of that name in a file of answers, up to the first check that fails."""
    if not hasattr(answers, name):
        return Verdict("missing", reply=f"The file has no {name}. It must keep the name it had.")
    passed: list[str] = []
    try:
        if exercise.asks_for:
            check_is_own(getattr(answers, name), exercise.asks_for)
        for title, check in exercise.checks:
            if mistake := try_answer(exercise, check, name, answers, seconds):
                unwritten = mistake.is_unwritten and not passed
                return Verdict("not begun" if unwritten else "wrong", passed, title, mistake.reply)
            passed.append(title)
    except TakenError as error:
        return Verdict("not its own", failed="it is your own", reply=str(error))
    return Verdict("right", passed)


class Mistake(NamedTuple):
    """What to tell of a check that did not pass."""

    reply: str
    is_unwritten: bool = False


def try_answer(
    exercise: Exercise, check: Check, name: str, answers: ModuleType, seconds: float | None
) -> Mistake | None:
    """One check of an answer; None if it passes. TakenError if it uses what was asked for."""
    file = str(answers.__file__)
    own = own_work(exercise.asks_for, file) if exercise.asks_for else nullcontext()
    try:
        with own, time_limit(seconds), warnings.catch_warnings(action="ignore"):
            check(getattr(answers, name))
    except NotImplementedError as error:
        return Mistake(f"{words_of(error)}.", is_unwritten=True)
    except AnswerError as error:
        return Mistake(words_of(error))
    except (MemoryError, TakenError):
        raise
    except (Exception, TimeIsUp) as error:  # whatever an answer raises is an answer
        return Mistake(raised(error, file))
    return None


def verdicts(
    section: str, path: Path, names: Sequence[str] = (), seconds: float | None = SECONDS
) -> Iterator[tuple[str, Verdict]]:
    """Each exercise of a section, or those of the names, with what is said of its answer."""
    answers = load(path, seconds)
    for name in names or exercises_of(section):
        yield name, verdict_on(section, name, answers, seconds)


def verdict_on(
    section: str, name: str, answers: ModuleType, seconds: float | None = SECONDS
) -> Verdict:
    """What is to be said of one answer in a file of them."""
    source = text_of(Path(str(answers.__file__)))
    if hasattr(answers, name) and is_as_given(section, name, source):
        return Verdict("not begun", reply=f"{name} is as it was given, to be mended.")
    return judge(exercises_of(section)[name], name, answers, seconds)


def load(path: Path, seconds: float | None = SECONDS) -> ModuleType:
    """Runs a file of answers, as a module that no other takes its names from."""
    module = ModuleType(f"answers_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where `inspect` looks for the text of a class
    linecache.checkcache(str(path))
    with time_limit(seconds):
        exec(compile(text_of(path), str(path), "exec"), vars(module))
    return module


def text_of(path: Path) -> str:
    """What a file says, in UTF-8 or the encoding that it names; SyntaxError if it is no text."""
    try:
        with tokenize.open(path) as file:
            text = file.read()
    except (SyntaxError, UnicodeDecodeError):
        text = "\0"
    if "\0" in text:
        raise SyntaxError("it is not in UTF-8. Save it in that encoding.", (str(path), 1, 1, ""))
    return text


# What an answer raises ----------------------------------------------------------------------------


def raised(error: BaseException, file: str) -> str:
    """An error, and the line of the file of answers that it comes from."""
    line = line_in(error, file) or (error.__cause__ and line_in(error.__cause__, file))
    words = words_of(error)
    if isinstance(error, GradientError):
        return f"{words} (Line {line} of your file.)" if error.__cause__ and line else words
    if isinstance(error, TimeIsUp):
        where = f", and was then in line {line} of your file" if line else ""
        return f"It has run for {words} seconds{where}. Is there a loop without end?"
    where = f"Line {line} of your file" if line else "What the check does with your answer"
    return f"{where} raises {type(error).__name__}: {words}"


def words_of(error: BaseException) -> str:
    """What an error says, cut where it is long."""
    try:
        words = str(error)
    except Exception as other:  # its own __str__ may be an answer's
        return f"(str() of it raises {type(other).__name__})"
    return words if len(words) <= 2000 else f"{words[:2000]} …"


def line_in(error: BaseException, file: str) -> int | None:
    """The line of a file in which an error was raised, or what raised it was called."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)


class TimeIsUp(BaseException):
    """It has run for so many seconds. An answer may catch every Exception; this is none."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raises TimeIsUp in what runs for longer, where the system can (not on Windows)."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeIsUp(f"{seconds:g}")

    in_main = threading.current_thread() is threading.main_thread()
    if seconds is None or not in_main or not hasattr(signal, "SIGALRM"):
        yield
        return
    before: Any = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # and again, where an answer has caught it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
