"""Is an answer one's own, or is it what `common` has?"""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any


def taken_from_common(answer: Any, asked_for: str) -> str | None:
    """What to say to an answer that is, uses or copies what was asked for; None to one's own.

    asked_for: as "layers.ReLU".
    """
    module, _, name = asked_for.rpartition(".")
    original = getattr(importlib.import_module(f"common.{module}"), name)
    if answer is original or (isinstance(answer, type) and issubclass(answer, original)):
        return f"This is {name} of common.{module}, the one that was asked for. Write your own."
    parts = list(_parts(answer, seen=set()))
    if any(thing is original for part in parts for thing in _named_in(*part)):
        return f"Your answer uses {name} of common.{module}, the one that was asked for."
    own, ours = set(), _telling(_definition(original))
    for definition, _ in parts:
        own |= _telling(definition)
    if own & ours:
        return f"This is a copy of {name} in common/{module}.py. Close that file, and write it."
    return None


Part = tuple[ast.AST, dict[str, Any]]  # a definition, and what its names stand for


def _parts(thing: Any, seen: set[int]) -> Iterator[Part]:
    """How an answer is written, and how all is that it calls in its own file."""
    module, definition = inspect.getmodule(thing), _definition(thing)
    if id(thing) in seen or module is None or definition is None:
        return
    seen.add(id(thing))
    names = vars(module) | dict(_imported(definition))
    yield definition, names
    for other in _named_in(definition, names):
        if getattr(other, "__module__", None) == module.__name__:
            yield from _parts(other, seen)


def _definition(thing: Any) -> ast.AST | None:
    """How a function or class is written; None where its source cannot be had."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None


def _imported(definition: ast.AST) -> Iterator[tuple[str, Any]]:
    """What a definition imports inside itself, from `common`."""
    for node in ast.walk(definition):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("common"):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                yield alias.asname or alias.name, getattr(module, alias.name, None)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("common"):
                    module = importlib.import_module(alias.name)
                    top = importlib.import_module("common")
                    yield alias.asname or "common", module if alias.asname else top


def _named_in(definition: ast.AST, names: dict[str, Any]) -> Iterator[Any]:
    """The things that expressions like `softmax` and `functions.softmax` stand for."""
    for node in ast.walk(definition):
        thing = _value(node, names)
        if thing is not None:
            yield thing


def _value(node: ast.AST, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        holder = _value(node.value, names)
        return getattr(holder, node.attr, None) if isinstance(holder, ModuleType) else None
    return None


def _telling(definition: ast.AST | None) -> set[str]:
    """The functions in a definition that nobody else writes like this: they call our checks."""
    nodes = ast.walk(definition) if definition is not None else ()
    texts = {_bare(node) for node in nodes if isinstance(node, ast.FunctionDef)}
    return {text for text in texts if "check_" in text}


def _bare(function: ast.FunctionDef) -> str:
    """The text of a function without docstring and annotations."""
    (bare,) = ast.parse(ast.unparse(function)).body
    assert isinstance(bare, ast.FunctionDef)
    if ast.get_docstring(bare) is not None:
        bare.body = bare.body[1:] or [ast.Pass()]
    bare.returns, bare.decorator_list = None, []
    for node in ast.walk(bare):
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(bare)
