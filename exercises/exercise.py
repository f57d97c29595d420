"""What an exercise is: its hints, and the checks that an answer must pass.

A check is a function of the answer, under a title that says what must hold. It returns if that
holds, and raises `AnswerError` where not, with the kind of mistake that it looks like. It looks at
properties (a shape, a sum, a gradient beside a measured one), so that it gives no answer away.
"""

import importlib
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from common.errors import GradientError
from common.np import np
from exercises import CHECKS, HERE
from exercises.origin import taken_from_common

Check = Callable[[Any], None]
Kind = Literal["predict", "write", "mend"]
Status = Literal["right", "wrong", "not begun", "missing", "not its own"]


class AnswerError(Exception):
    """An answer is wrong; the message says what kind of mistake it looks like."""


def expect(holds: Any, otherwise: str) -> None:
    """Raises AnswerError with these words unless it holds."""
    if not holds:
        raise AnswerError(otherwise)


def same(one: Any, other: Any) -> bool:
    """Whether numbers or arrays are equal but for rounding, and of one shape."""
    try:
        one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    except (TypeError, ValueError):  # None, text, a ragged list
        return False
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-6, atol=1e-9))


def check_number(said: Any) -> None:
    """Raises AnswerError unless it is one number."""
    is_number = isinstance(said, int | float | np.number) and not isinstance(said, bool)
    is_number = is_number or (isinstance(said, np.ndarray) and said.shape == ())
    expect(is_number, f"One number is wanted, not {said!r:.60}.")


def check_tuple(said: Any) -> None:
    """Raises AnswerError unless it is a shape, a tuple of whole numbers."""
    is_shape = isinstance(said, tuple) and all(isinstance(n, int) for n in said)
    expect(is_shape, f"A shape is a tuple of whole numbers, as (3,) or (2, 5), not {said!r:.60}.")


def check_shape(y: Any, shape: tuple[int, ...]) -> None:
    """Raises AnswerError unless y is an array of that shape."""
    expect(hasattr(y, "shape"), f"An array of shape {shape} is wanted, not {y!r:.50}.")
    expect(y.shape == shape, f"The shape should be {shape}, and is {y.shape}.")


@dataclass
class Exercise:
    """Something to predict, to write or to mend; in a file of answers it has this one's name.

    hints: three, each says more than the one before; none is the answer.
    asks_for: what of `common` is asked for, if anything, as "layers.ReLU": an answer may not be
    taken from there.
    """

    kind: Kind
    hints: tuple[str, str, str]
    asks_for: str | None = None
    checks: list[tuple[str, Check]] = field(default_factory=list)

    def check(self, title: str) -> Callable[[Check], Check]:
        """Adds a check; `title` says what must hold, as "each row adds up to 1"."""

        def add(check: Check) -> Check:
            self.checks.append((title, check))
            return check

        return add


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
        return Verdict("not its own", reply=reply)
    passed: list[str] = []
    for title, check in exercise.checks:
        try:
            check(answer)
        except NotImplementedError as error:
            return Verdict("not begun", passed, title, str(error))
        except (AnswerError, GradientError) as error:
            return Verdict("wrong", passed, title, str(error))
        except MemoryError:
            raise
        except Exception as error:  # whatever an answer raises is an answer
            return Verdict("wrong", passed, title, raised(error, str(answers.__file__)))
        passed.append(title)
    return Verdict("right", passed)


def raised(error: BaseException, file: str) -> str:
    """An error, and the line of the file of answers that it comes from."""
    line = line_in(error, file)
    where = f"Line {line} of your file" if line else "What the check does with your answer"
    return f"{where} raises {type(error).__name__}: {error}"


def line_in(error: BaseException, file: str) -> int | None:
    """The line of a file in which an error was raised, or what raised it was called."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)


# Where they are -----------------------------------------------------------------------------------


def sections() -> list[str]:
    """The sections that have exercises, as "ch01.loss"."""
    return sorted(f"{path.parent.name}.{path.stem}" for path in CHECKS.glob("ch0?/*.py"))


def exercises_of(section: str) -> dict[str, Exercise]:
    """The exercises of a section, by name, in their order."""
    module = importlib.import_module(f"exercises.checks.{section}")
    return {name: item for name, item in vars(module).items() if isinstance(item, Exercise)}


def file_of(section: str, folder: Path = HERE) -> Path:
    """The file of a section's answers."""
    return folder.joinpath(*section.split(".")).with_suffix(".py")


def load(path: Path) -> ModuleType:
    """Runs a file of answers, as a module that no other takes its names from."""
    module = ModuleType(f"answers_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where `inspect` looks for the text of a class
    linecache.checkcache(str(path))
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
    return module


def verdicts(section: str, path: Path, names: Sequence[str] = ()) -> Iterator[tuple[str, Verdict]]:
    """Each exercise of a section, or those of the names, with what is said of its answer."""
    answers = load(path)
    for name, exercise in exercises_of(section).items():
        if not names or name in names:
            yield name, judge(exercise, name, answers)
