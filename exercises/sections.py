"""Where the exercises are: a section for each page of the chapters, a file for each section."""

import ast
import hashlib
import importlib
import io
import json
import token
import tokenize
from pathlib import Path

from exercises import CHECKS, HERE
from exercises.exercise import Exercise

GIVEN = HERE / "given.json"  # of each section, in reading order, digests of what is to be mended
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LAYOUT = (token.NEWLINE, token.INDENT, token.DEDENT, token.ENDMARKER)


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
    for node in ast.parse(source).body:
        if isinstance(node, DEFINITIONS) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join(lines_of(source)[first - 1 : node.end_lineno])
    raise KeyError(name)


def lines_of(source: str) -> list[str]:
    """Its lines as Python counts them; splitlines() ends a line at a form feed, too."""
    return source.replace("\r\n", "\n").split("\n")


def given() -> dict[str, dict[str, str]]:
    """Digests of the broken code that is given to be mended, by section and name."""
    return json.loads(GIVEN.read_text(encoding="utf-8")) if GIVEN.exists() else {}


def digest(code: str) -> str:
    """A short name for a piece of code, whatever its comments, spaces and line ends."""
    tokens = tokenize.generate_tokens(io.StringIO(code, newline=None).readline)
    words = [
        token.tok_name[each.type] if each.type in LAYOUT else each.string
        for each in tokens
        if each.type not in (token.COMMENT, token.NL)
    ]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def is_as_given(section: str, name: str, source: str) -> bool:
    """Whether what is to be mended has not been touched yet."""
    digests = given().get(section, {})
    try:
        return name in digests and digests[name] == digest(definition(source, name))
    except KeyError:  # it is imported, or made otherwise
        return False
