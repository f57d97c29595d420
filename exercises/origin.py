"""Is an answer one's own, or is it what `common` has?

Before the checks one can see whether it is the original, or a copy. Whether it uses the original,
whatever that is called there, shows while they run.
"""

import ast
import functools
import importlib
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, FunctionType
from typing import Any

from exercises import CHECKS

LONG = 4  # statements: of fewer, two people may well write the same


class TakenError(Exception):
    """An answer is, uses or copies what was asked for; the message is for its author."""


def check_is_own(answer: Any, asked_for: str) -> None:
    """Raises TakenError for what was asked for, and for a copy of it. asked_for: "layers.ReLU"."""
    module, _, name = asked_for.rpartition(".")
    original = _original(asked_for)
    thing = answer.func if isinstance(answer, functools.partial) else answer
    kind = thing if isinstance(thing, type) else type(thing)
    is_one = isinstance(original, type) and issubclass(kind, original)
    if is_one or _codes([thing, *_members(kind.__mro__)]) & _codes_of(original):
        raise TakenError(
            f"This is {name} of common.{module}, the one that was asked for. Write your own."
        )
    if _long_functions(answer) & _long_functions(original):
        raise TakenError(
            f"This is a copy of {name} in common/{module}.py. Close that file, and write it."
        )


@contextmanager
def own_work(asked_for: str, file: str) -> Iterator[None]:
    """Raises TakenError at its end if the file of answers has called what was asked for."""
    codes, before, used = _codes_of(_original(asked_for)), sys.getprofile(), []

    def notice(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and id(frame.f_code) in codes and _is_for(file, frame):
            used.append(frame.f_code)

    sys.setprofile(notice)
    try:
        yield
    finally:
        sys.setprofile(before)
        if used:
            module, _, name = asked_for.rpartition(".")
            raise TakenError(
                f"Your answer uses {name} of common.{module}, the one that was asked for."
            )


def _is_for(file: str, frame: FrameType) -> bool:
    """Whether a call comes from that file, be it through `common`, and not from a check."""
    caller = frame.f_back
    while caller is not None:
        name = caller.f_code.co_filename
        if name == file or name.startswith(str(CHECKS)):
            return name == file
        caller = caller.f_back
    return False


def _original(asked_for: str) -> Any:
    module, _, name = asked_for.rpartition(".")
    return inspect.unwrap(getattr(importlib.import_module(f"common.{module}"), name))


def _codes_of(original: Any) -> set[int]:
    """What runs when it is called: itself, or the methods that it shares with no other class."""
    if not isinstance(original, type):
        return _codes([original])
    return _codes(vars(original).values()) - _codes(_members(original.__mro__[1:]))


def _codes(things: Iterable[Any]) -> set[int]:
    """The identities of the codes of those that are functions."""
    functions = [thing for thing in things if isinstance(thing, FunctionType)]
    return {id(function.__code__) for function in functions}


def _members(kinds: Sequence[type]) -> list[Any]:
    return [member for kind in kinds for member in vars(kind).values()]


# Copies -------------------------------------------------------------------------------------------


def _long_functions(thing: Any) -> set[str]:
    """The long functions in a definition, as they stand and without their checks."""
    definition = _definition(thing)
    nodes = list(ast.walk(definition)) if definition is not None else []
    functions = [_bare(node) for node in nodes if isinstance(node, ast.FunctionDef)]
    functions += [_WithoutChecks().visit(_bare(function)) for function in functions]
    return {ast.unparse(function) for function in functions if _is_long(function)}


def _definition(thing: Any) -> ast.AST | None:
    """How a function or class is written; None where its source cannot be had."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing))))
    except Exception:  # an answer may be anything
        return None


def _is_long(function: ast.FunctionDef) -> bool:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) > LONG  # itself is one


def _bare(function: ast.FunctionDef) -> ast.FunctionDef:
    """A function without docstring, annotations, and the names that its author chose."""
    (bare,) = ast.parse(ast.unparse(function)).body
    assert isinstance(bare, ast.FunctionDef)
    if ast.get_docstring(bare) is not None:
        bare.body = bare.body[1:] or [ast.Pass()]
    bare.name, bare.returns, bare.decorator_list = "f", None, []
    chosen: dict[str, str] = {}
    for node in ast.walk(bare):
        if isinstance(node, ast.arg):
            node.annotation = None
            node.arg = chosen.setdefault(node.arg, f"name{len(chosen)}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            chosen.setdefault(node.id, f"name{len(chosen)}")
    for node in ast.walk(bare):
        if isinstance(node, ast.Name):
            node.id = chosen.get(node.id, node.id)
    return bare


class _WithoutChecks(ast.NodeTransformer):
    """Takes out the calls of check_array and its like."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        call = node.value
        name = call.func if isinstance(call, ast.Call) else None
        return None if isinstance(name, ast.Name) and name.id.startswith("check_") else node
