"""Is an answer one's own, or is it what `common` has?"""

import ast
import importlib
import inspect
import textwrap
from typing import Any


def taken_from_common(answer: Any, asked_for: str) -> str | None:
    """What to say to an answer that is, uses or copies what was asked for; None to one's own.

    asked_for: as "layers.ReLU".
    """
    module, _, name = asked_for.rpartition(".")
    original = getattr(importlib.import_module(f"common.{module}"), name)
    if answer is original or (isinstance(answer, type) and _derives(answer, original)):
        return f"This is {name} of common.{module}, the one that was asked for. Write your own."
    definition = _definition(answer)
    if definition is None:
        return None
    if any(_means(node, original, _names_around(answer)) for node in ast.walk(definition)):
        return f"Your answer uses {name} of common.{module}, the one that was asked for."
    if _telling(definition) & _telling(_definition(original)):
        return f"This is a copy of {name} in common/{module}.py. Close that file, and write it."
    return None


def _derives(answer: type, original: Any) -> bool:
    return isinstance(original, type) and issubclass(answer, original)


def _definition(thing: Any) -> ast.AST | None:
    """How a function or class is written; None where its source cannot be had."""
    try:
        source = inspect.getsource(inspect.unwrap(thing))
        return ast.parse(textwrap.dedent(source)).body[0]
    except (OSError, TypeError, SyntaxError):
        return None


def _names_around(thing: Any) -> dict[str, Any]:
    """The global names of the file in which it stands."""
    return getattr(inspect.getmodule(thing), "__dict__", {})


def _means(node: ast.AST, original: Any, names: dict[str, Any]) -> bool:
    """Whether an expression like `layers.ReLU`, or an import in a function, brings the original."""
    if isinstance(node, ast.Name):
        return names.get(node.id) is original
    if isinstance(node, ast.Attribute):
        holder = _value(node.value, names)
        return holder is not None and getattr(holder, node.attr, None) is original
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("common"):
        module = importlib.import_module(node.module)
        return any(getattr(module, alias.name, None) is original for alias in node.names)
    return False


def _value(node: ast.AST, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, names), node.attr, None)
    return None


def _telling(definition: ast.AST | None) -> set[str]:
    """The functions in a definition that nobody else writes like this: they call our checks."""
    functions = [
        node for node in ast.walk(definition or ast.Pass()) if isinstance(node, ast.FunctionDef)
    ]
    return {text for text in map(_bare, functions) if "check_" in text}


def _bare(function: ast.FunctionDef) -> str:
    """The text of a function without docstring and annotations."""
    function = ast.parse(ast.unparse(function)).body[0]  # type: ignore[assignment]
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    function.returns, function.decorator_list = None, []
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(function)
