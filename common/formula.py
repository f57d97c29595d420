"""What `@fused` reads: a formula on arrays, element by element; and what it writes for compilers.

A formula is a function. Its parameters are arrays of one shape, and then numbers, annotated
`float`. Its lines give names to what is in between, change arrays in place (`p -= lr * g`), or
return an expression. Arrays stand in + - * /, in the functions of `np` that go element by element,
and in comparisons that an array is multiplied by: `dout * (y > 0)`. Anything else could mean one
thing to NumPy and another in a loop, and is an error that names the line.

Its arrays are plain ones that do not overlap; its numbers count as Python's. A loop gives no
warning where NumPy may give one, as when something is divided by zero.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import numpy

from common.errors import ArgumentError

ARITHMETIC = ast.Add | ast.Sub | ast.Mult | ast.Div
COMPARISONS = ast.Gt | ast.GtE | ast.Lt | ast.LtE


class Formula:
    """A formula that was read.

    arrays, numbers: its parameters. constants: the expressions without an array, each with its
    name in `body`, the lines. changed: the arrays that these change; returned: or else what they
    return. functions: those of np that they call.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.code, self.name = function, function.__code__, function.__name__
        definition = self._definition()
        given = definition.args
        kinds = {a.arg: a.annotation and ast.unparse(a.annotation).strip("'") for a in given.args}
        self.numbers = [name for name, kind in kinds.items() if kind == "float"]
        self.arrays = [name for name in kinds if name not in self.numbers]
        others = given.posonlyargs, given.vararg, given.kwonlyargs, given.kwarg, given.defaults
        if any(others):
            raise self._mistake(definition, "its parameters are plain names, without defaults")
        if not self.arrays or [*kinds] != self.arrays + self.numbers:
            raise self._mistake(definition, "its arrays come first, then numbers, lr: float")
        self.varying = {*self.arrays}  # the names of arrays, and of what is made of them
        self.constants: dict[str, str] = {}
        self.body: list[str] = []
        self.changed: list[str] = []
        self.returned = ""
        self.functions: set[str] = set()
        for line in definition.body:
            self._read(line)
        used = {"i", "real", "out", "range", "np", "run", "float", "type", "ndarray"}
        used |= {*self.constants.values()}
        names = self.varying | {*self.numbers, self.name}
        if taken := {n for n in names if n in used or n.startswith("all_") or n.endswith("_array")}:
            raise self._mistake(definition, f"the loop has a use of its own for {min(taken)}")
        if bool(self.changed) == bool(self.returned):
            raise self._mistake(definition, "it changes arrays, p -= ..., or returns a value")

    def _definition(self) -> ast.FunctionDef:
        try:
            (definition,) = ast.parse(textwrap.dedent(inspect.getsource(self.function))).body
        except OSError as error:
            raise ArgumentError(f"fused: {self.name}: it must stand in a file") from error
        if hasattr(self.function, "__wrapped__"):
            raise ArgumentError(f"fused: {self.name}: fused must be its innermost decorator")
        if not isinstance(definition, ast.FunctionDef):
            raise self._mistake(definition, "a formula is made with def")
        return definition

    def _mistake(self, node: Any, why: str) -> ArgumentError:
        line, text = self.code.co_firstlineno + node.lineno - 1, ast.unparse(node).split("\n")[0]
        return ArgumentError(f"fused: {self.name}, line {line}, {text}: {why}")

    # Reading --------------------------------------------------------------------------------------

    def _read(self, line: Any) -> None:
        match line:
            case ast.Expr(ast.Constant(str())):  # the docstring
                return
            case _ if self.returned:
                raise self._mistake(line, "it comes after the return")
            case ast.Assign([ast.Name(name)], value) if name not in self.arrays + self.numbers:
                if isinstance(value, ast.Name):
                    raise self._mistake(line, f"a second name for {value.id}, which may change")
                if not self._varies(value):
                    raise self._mistake(
                        line, "without an array in it, it is a number to call it with"
                    )
                line.value = self._expression(value)
                self.varying.add(name)
            case ast.AugAssign(ast.Name(name), op) if isinstance(op, ARITHMETIC):
                if name not in self.arrays:
                    raise self._mistake(line, "it changes arrays that it was given")
                line.value = self._expression(line.value)
                self.changed += [name] * (name not in self.changed)
            case ast.Return(ast.expr() as value) if self._varies(value):
                self.returned = ast.unparse(self._expression(value))
                return
            case _:
                raise self._mistake(
                    line, "a line makes a name, changes an array in place, or returns"
                )
        self.body.append(ast.unparse(line))

    def _varies(self, node: ast.AST) -> bool:
        """Whether it has an array in it."""
        return not self.varying.isdisjoint(_names_in(node))

    def _expression(self, node: Any) -> Any:
        """The expression, with names for its parts without an array."""
        match node:
            case ast.expr() if not self._varies(node):
                if unknown := _names_in(node) - {*self.numbers}:
                    raise self._mistake(node, f"it has no number of the name {min(unknown)}")
                name = self.constants.setdefault(ast.unparse(node), f"c{len(self.constants)}")
                return ast.Name(name)
            case ast.Name():
                return node
            case ast.UnaryOp(ast.USub(), x):
                return ast.UnaryOp(node.op, self._expression(x))
            case ast.BinOp(x, ast.Mult(), ast.Compare(a, [is_so], [b])) if self._varies(
                x
            ) and isinstance(is_so, COMPARISONS):
                factor = ast.Compare(self._expression(a), [is_so], [self._expression(b)])
                return ast.BinOp(self._expression(x), node.op, factor)
            case ast.BinOp(x, op, y) if isinstance(op, ARITHMETIC):
                return ast.BinOp(self._expression(x), op, self._expression(y))
            case ast.Call(ast.Attribute(ast.Name("np"), name), xs, []) if _takes(name, len(xs)):
                self.functions.add(name)
                return ast.Call(node.func, [self._expression(x) for x in xs], [])
            case _:
                why = "arrays stand in + - * /, in np's functions by elements, in * (x > y)"
                raise self._mistake(node, why)

    # Writing --------------------------------------------------------------------------------------

    def call_text(self, usual: str, numbers: Iterable[str]) -> str:
        """A function as the formula, which hands its arrays and these numbers to `run`.

        usual: what must hold of the arrays, besides that they are some. Where it does not,
        NotImplemented comes back: to find out by being refused takes longer.
        """
        in_floats = (re.sub(r"\b[^\W\d]\w*", r"float(\g<0>)", text) for text in numbers)
        given, wanted = [*self.arrays, *self.numbers], [*self.arrays, *in_floats]
        types = " is ".join(f"type({name})" for name in self.arrays)
        lines = [f"def {self.name}({', '.join(given)}):", f"if {types} is ndarray and {usual}:"]
        lines += [f"    return run({', '.join(wanted)})", "return NotImplemented"]
        return "\n    ".join(lines)

    def kernel_text(self) -> str:
        """A function of the arrays and the constants: the formula, for CuPy."""
        lines = self.body + ([f"return {self.returned}"] if self.returned else [])
        given = [*self.arrays, *self.constants.values()]
        return "\n    ".join([f"def {self.name}({', '.join(given)}):", *lines])

    def loop_text(self) -> str:
        """The same as a loop over the elements, for numba."""
        given = [*(f"{name}_array" for name in self.arrays), *self.constants.values()]
        lines = [f"def {self.name}({', '.join(given)}):", f"    real = {given[0]}.dtype.type"]
        lines += [f"    {c} = real({c})  # {text}" for text, c in self.constants.items()]
        lines += [f"    all_{name} = {name}_array.ravel()" for name in self.arrays]
        if others := [f"{name}_array.shape" for name in self.arrays[1:]]:
            lines += [f"    if not {given[0]}.shape == {' == '.join(others)}:"]
            lines += ["        raise ValueError"]
        if self.returned:
            lines += [f"    out = np.empty_like({given[0]})", "    all_out = out.ravel()"]
        lines += [f"    for i in range(all_{self.arrays[0]}.size):"]
        lines += [f"        {name} = all_{name}[i]" for name in self.arrays]
        lines += [f"        {line}" for line in self.body]
        lines += [f"        all_{name}[i] = {name}" for name in self.changed]
        if self.returned:
            lines += [f"        all_out[i] = {self.returned}", "    return out"]
        return "\n".join(lines)

    def define(self, text: str, **names: Any) -> Any:
        """The function of such a text, as if it stood where the formula stands."""
        lines = "\n" * (self.code.co_firstlineno - 1)  # numba finds what it kept by file and line
        names["__name__"] = self.function.__module__
        exec(compile(lines + text, self.code.co_filename, "exec"), names)
        return names[self.name]


def _takes(name: str, count: int) -> bool:
    """Whether it is a function of NumPy's, element by element, of so many arrays, to one."""
    ufunc: Any = getattr(numpy, name, None)
    is_one = isinstance(ufunc, numpy.ufunc) and ufunc.signature is None
    return is_one and (ufunc.nin, ufunc.nout) == (count, 1)


def _names_in(node: ast.AST) -> set[str]:
    return {x.id for x in ast.walk(node) if isinstance(x, ast.Name)}
