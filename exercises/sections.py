"""Where the exercises are: a section for each page of the chapters, a file for each section."""

import ast
import hashlib
import importlib
import json
from pathlib import Path

from exercises import CHECKS, HERE
from exercises.exercise import Exercise

GIVEN = HERE / "given.json"  # of each section, in reading order, digests of what is to be mended


def sections() -> list[str]:
    """The sections that have exercises, as "ch01.loss", in reading order; new ones at the end."""
    there = sorted(f"{path.parent.name}.{path.stem}" for path in CHECKS.glob("ch0?/*.py"))
    order = list(given())
    return sorted(there, key=lambda name: order.index(name) if name in order else len(order))


def exercises_of(section: str) -> dict[str, Exercise]:
    """The exercises of a section, by name, in their order."""
    module = importlib.import_module(f"exercises.checks.{section}")
    return {name: item for name, item in vars(module).items() if isinstance(item, Exercise)}


def file_of(section: str, folder: Path = HERE) -> Path:
    """The file of a section's answers."""
    return folder.joinpath(*section.split(".")).with_suffix(".py")


def definition(source: str, name: str) -> str:
    """The text of the function or class of that name; KeyError if there is none."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    raise KeyError(name)


def given() -> dict[str, dict[str, str]]:
    """Digests of the broken code that is given to be mended, by section and name."""
    return json.loads(GIVEN.read_text(encoding="utf-8")) if GIVEN.exists() else {}


def digest(code: str) -> str:
    """A short name for a piece of code, whatever its spaces and line ends."""
    return hashlib.sha256("".join(code.split()).encode()).hexdigest()[:16]


def is_as_given(section: str, name: str, source: str) -> bool:
    """Whether what is to be mended has not been touched yet."""
    digests = given().get(section, {})
    try:
        return name in digests and digests[name] == digest(definition(source, name))
    except KeyError:  # it is imported, or made otherwise
        return False
