"""Finding what a command line names: a file, and in it a layer, a model, or a function."""

import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from common.errors import CommonError

LIBRARY = Path(__file__).resolve().parents[1]  # the folder of `common`
MOST_LINES = 3  # of a traceback: those that are nearest to the error


class CommandError(CommonError):
    """The command line asks for what cannot be done; the message says why."""


# Files --------------------------------------------------------------------------------------------


def existing(file: str) -> Path:
    """The path of a file that is there. Raises CommandError where it is not."""
    path = Path(file)
    if path.is_dir():
        raise CommandError(f"{file} is a folder: name a file in it")
    if not path.is_file():
        beside = [other.name for other in path.parent.glob("*.py")]
        alike = get_close_matches(path.name, beside, n=1)
        advice = f". Is {path.with_name(alike[0])} meant?" if alike else ""
        raise CommandError(f"there is no file {file}{advice}")
    return path


def compiled(path: Path) -> CodeType:
    """The file as code that can run. Raises CommandError, with the line, where it is no Python."""
    try:
        return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise CommandError(_syntax_error(error)) from error
    except ValueError as error:  # a byte 0, say
        raise CommandError(f"{path} is no Python: {error}") from error


def _syntax_error(error: SyntaxError) -> str:
    line = (error.text or "").strip()
    return f"{error.filename}, line {error.lineno}: {error.msg}" + (f": {line}" if line else "")


def execute(path: Path, code: CodeType, name: str) -> ModuleType:
    """Runs a file under the name that it is to find in `__name__`; its folder can be imported from.

    What was on the path before stays there, behind it: so `common` is found in a clone that was
    not installed.
    """
    module = ModuleType(name)
    module.__file__ = str(path.resolve())
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    exec(code, vars(module))
    return module


def load(path: Path) -> ModuleType:
    """The file as a module. Raises CommandError where it fails as it is loaded."""
    code = compiled(path)
    try:
        return execute(path, code, f"_{path.stem}")  # it hides no module of the same name
    except SyntaxError as error:  # of a file that this one imports
        raise CommandError(_syntax_error(error)) from error
    except SystemExit as error:
        raise CommandError(f"{path} ended itself as it was loaded: sys.exit({error})") from error
    except Exception as error:
        raise CommandError(f"{path} fails as it is loaded:\n{explained(error, path)}") from error


def explained(error: BaseException, path: Path) -> str:
    """An error, and the last lines that led to it in the file at `path` and in those beside it."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = []
    for frame in [f for f in frames if _is_own(f.filename, path.resolve())][-MOST_LINES:]:
        lines.append(f"  {_short(frame.filename)}, line {frame.lineno}, in {frame.name}")
        lines += [f"    {frame.line}"] if frame.line else []
    return "\n".join([*lines, error_text(error)])


def error_text(error: BaseException) -> str:
    """Its type and its message."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _is_own(filename: str, path: Path) -> bool:
    """Whether it is the file at `path`, or stands beside it and is no library."""
    place = Path(filename).resolve()
    is_library = LIBRARY in place.parents or "site-packages" in place.parts
    return place == path or (path.parent in place.parents and not is_library)


def _short(filename: str) -> str:
    """A path as one types it who stands where we do."""
    place, here = Path(filename).resolve(), Path.cwd()
    return str(place.relative_to(here)) if here in place.parents else str(filename)


# What stands in them ------------------------------------------------------------------------------


def find(target: str) -> tuple[Path, Any]:
    """The file of FILE:NAME, and what is called so there. Raises CommandError where it is not."""
    file, _, name = target.rpartition(":")
    if name and not name.isidentifier():  # there is no NAME, and a colon is Windows' own
        file, name = target, ""
    path = existing(file or target)
    module = load(path)
    if not name:
        raise CommandError(f"{path}: a name is missing, {path}:NAME. {_layers_in(module)}")
    if not hasattr(module, name):
        names = [n for n in vars(module) if not n.startswith("_")]
        alike = get_close_matches(name, names, n=1)
        advice = f"Is {alike[0]} meant?" if alike else _layers_in(module)
        raise CommandError(f"{path} has no {name}. {advice}")
    return path, getattr(module, name)


def _layers_in(module: ModuleType) -> str:
    names = [name for name, value in vars(module).items() if _is_layer_of(module, value)]
    return f"It has the layers {', '.join(names)}" if names else "It has no layers"


def _is_layer_of(module: ModuleType, value: Any) -> bool:
    """Whether a file has written it itself, or has made it: an import is another's."""
    own = value.__module__ == module.__name__ if isinstance(value, type) else True
    return own and all(callable(getattr(value, name, None)) for name in ("forward", "backward"))


def made_of(target: str, path: Path, found: Any, example: str) -> Any:
    """What a class or a function makes; any other object as it is.

    example: how to write a function that needs no arguments, with {call} where it makes the object.
    """
    if not isinstance(found, type) and not inspect.isroutine(found):
        return found
    if needed := ", ".join(required(found)):
        call = f"{found.__name__}({needed})"
        raise CommandError(
            f"{target} needs {needed}. Write a function that needs nothing, and name that:\n"
            f"{example.format(call=call)}"
        )
    return tried(f"{target}()", path, found)


def tried(what: str, path: Path, function: Callable[[], Any]) -> Any:
    """What a function returns. Where it fails, CommandError shows the lines of the file."""
    try:
        return function()
    except Exception as error:
        raise CommandError(f"{what} fails:\n{explained(error, path)}") from error


def required(function: Any) -> Iterator[str]:
    """The names of the arguments that it cannot be called without."""
    several = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    with suppress(ValueError):  # what is built in may not say
        for parameter in inspect.signature(function).parameters.values():
            if parameter.default is parameter.empty and parameter.kind not in several:
                yield parameter.name


def check_is_layer(target: str, found: Any) -> None:
    """It has a forward and a backward."""
    missing = [name for name in ("forward", "backward") if not callable(getattr(found, name, None))]
    if missing:
        raise CommandError(f"{target} is no layer: {found!r:.60} has no {missing[0]}")
