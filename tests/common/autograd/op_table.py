"""The table that drives the tests of what a tensor records: operators, methods, functions.

A row says what is computed, with ours and with PyTorch's tensors, and from which numbers. An op
or a method of Tensor without a row fails a test, so a new one is tested by writing its row.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import DTypeLike

from common.autograd import Tensor, concatenate, maximum, ops, stack, where
from common.autograd.tape import Callee
from common.layers import ReLU, Sigmoid, Tanh
from common.np import np
from common.util import to_cpu
from tests.common.table import Array, cast, draw


@dataclass(frozen=True)
class OpRow:
    """One computation.

    ops: the calls that it records. ours(*tensors, *arrays) computes it with our tensors, made
    from `arrays`, and with `constants`, which stay arrays. theirs(torch, *tensors) computes it
    with PyTorch's; None where the same Python does for both. smooth: whether it has a slope at
    these numbers; where two are equal, a maximum has none.
    """

    name: str
    ops: tuple[type[Callee], ...]
    ours: Callable[..., Any]
    arrays: tuple[Array, ...]
    constants: tuple[Array, ...] = ()
    theirs: Callable[..., Any] | None = None
    smooth: bool = True

    def __str__(self) -> str:
        return self.name

    def inputs(self, dtype: DTypeLike = np.float64) -> list[Array]:
        return [cast(array, dtype) for array in self.arrays]

    def compute(self, *tensors: Tensor, dtype: DTypeLike = np.float64) -> Tensor:
        y = self.ours(*tensors, *(cast(constant, dtype) for constant in self.constants))
        assert isinstance(y, Tensor)
        return y

    def compute_with_torch(self, torch: Any, *tensors: Any, dtype: DTypeLike = np.float64) -> Any:
        constants = [torch.tensor(to_cpu(cast(constant, dtype))) for constant in self.constants]
        if self.theirs is None:
            return self.ours(*tensors, *constants)
        return self.theirs(torch, *tensors, *constants)

    def dout(self, dtype: DTypeLike = np.float64) -> Array:
        y = self.compute(*map(Tensor, self.inputs()))
        return draw(*y.shape, seed=9).astype(dtype)


def positive(*shape: int, seed: int = 0) -> Array:
    """Numbers from 0.5 to 2.5."""
    return np.asarray(draw(*shape, seed=seed) / 2 + 1.5)


# Arithmetic -----------------------------------------------------------------------------------

Binary = Callable[[Any, Any], Any]
ARITHMETIC: dict[str, tuple[type[ops.Op], Binary]] = {
    "+": (ops.Add, operator.add),
    "-": (ops.Sub, operator.sub),
    "*": (ops.Mul, operator.mul),
    "/": (ops.Div, operator.truediv),
    "**": (ops.Pow, operator.pow),
    "maximum": (ops.Maximum, maximum),
}
SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((4, 1, 3), (2, 1)),
    ((2, 1, 1), (3, 2, 1, 2, 3)),  # two leading and two inner axes at once
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((1,), ()),
    ((0, 3), (3,)),
    ((1, 3), (0, 3)),
]
MATMUL_SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((2, 3), (5, 4, 3, 2)),
    ((1, 1, 2, 3), (5, 4, 3, 2)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
]
CONSTANTS = {"array": positive(2, 3, seed=1), "0-d array": positive(seed=1)}
NUMBERS = {"2.5": 2.5, "3": 3, "np.float64": np.float64(2.5)}


def swapped(f: Binary) -> Binary:
    return lambda a, b: f(b, a)


def in_torch(f: Binary) -> Callable[..., Any]:
    if f is maximum:
        return lambda torch, a, b: torch.maximum(a, b)
    return lambda torch, a, b: f(a, b)


def reflected_in_torch(f: Binary) -> Callable[..., Any]:
    return lambda torch, a, b: in_torch(f)(torch, b, a)


def with_number(f: Binary, number: Any) -> Callable[[Any], Any]:
    return lambda a: f(a, number)


def with_number_in_torch(f: Callable[..., Any], number: Any) -> Callable[..., Any]:
    return lambda torch, a: f(torch, a, torch.tensor(float(number), dtype=a.dtype))


def arithmetic() -> Iterator[OpRow]:
    for symbol, (op, f) in ARITHMETIC.items():
        for one, other in SHAPES:
            yield OpRow(
                f"{symbol}, {one} and {other}", (op,), f,
                (positive(*one), positive(*other, seed=1)), theirs=in_torch(f),
            )  # fmt: skip
        for side, ours, theirs in (
            (f"tensor {symbol} %s", f, in_torch(f)),
            (f"%s {symbol} tensor", swapped(f), reflected_in_torch(f)),
        ):
            for what, constant in CONSTANTS.items():
                yield OpRow(side % what, (op,), ours, (positive(3),), (constant,), theirs)
            for what, number in NUMBERS.items():
                yield OpRow(
                    side % what, (op,), with_number(ours, number), (positive(2, 3),),
                    theirs=with_number_in_torch(theirs, number),
                )  # fmt: skip
                yield OpRow(
                    f"{side % what}, both numbers", (op,), with_number(ours, number), (positive(),),
                    theirs=with_number_in_torch(theirs, number),
                )  # fmt: skip
    for one, other in MATMUL_SHAPES:
        arrays = (draw(*one), draw(*other, seed=1))
        yield OpRow(f"@, {one} and {other}", (ops.MatMul,), operator.matmul, arrays)


# Functions of one tensor ----------------------------------------------------------------------

ELEMENTWISE: dict[str, type[Callee]] = {
    "exp": ops.Exp, "log": ops.Log, "sqrt": ops.Sqrt, "abs": ops.Abs, "sin": ops.Sin,
    "cos": ops.Cos,
    "tanh": Tanh, "sigmoid": Sigmoid, "relu": ReLU,
}  # fmt: skip
REDUCTIONS: dict[str, type[ops.Op]] = {
    "sum": ops.Sum, "mean": ops.Mean, "max": ops.Max, "min": ops.Min, "var": ops.Var,
}  # fmt: skip


def elementwise() -> Iterator[OpRow]:
    for name, op in ELEMENTWISE.items():
        numbers = positive if name in ("log", "sqrt") else draw
        for shape in ((2, 3), (), (0, 3)):
            call = operator.methodcaller(name)
            yield OpRow(f"{name}, {shape}", (op,), call, (numbers(*shape),))


def reduced_in_torch(name: str, axis: ops.Axis, keepdims: bool) -> Callable[..., Any]:
    def theirs(torch: Any, a: Any) -> Any:
        axes = tuple(range(a.ndim)) if axis is None else axis
        method = {"max": a.amax, "min": a.amin, "var": lambda **o: a.var(correction=0, **o)}
        return method.get(name, getattr(a, name))(dim=axes, keepdim=keepdims)

    return theirs


def reductions() -> Iterator[OpRow]:
    cases: list[tuple[tuple[int, ...], ops.Axis]] = [
        ((2, 3, 4), None), ((2, 3, 4), 1), ((2, 3, 4), -1), ((2, 3, 4), (0, 2)),
        ((2, 3, 4), (-1, 0)), ((), None), ((0, 3), 1),
    ]  # fmt: skip
    for name, op in REDUCTIONS.items():
        for shape, axis in cases if name != "var" else cases[:-1]:  # PyTorch warns of no numbers
            for keepdims in (False, True):
                yield OpRow(
                    f"{name}, {shape}, axis={axis}, keepdims={keepdims}", (op,),
                    operator.methodcaller(name, axis=axis, keepdims=keepdims), (draw(*shape),),
                    theirs=reduced_in_torch(name, axis, keepdims),
                )  # fmt: skip


def on_device(index: Any) -> Any:
    """The index with its arrays on the device that is on."""
    if isinstance(index, tuple):
        return tuple(map(on_device, index))
    return np.asarray(index) if isinstance(index, numpy.ndarray) else index


def take(index: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return lambda a: a[on_device(index)], lambda torch, a: a[index]


def indexing() -> Iterator[OpRow]:
    indices: dict[str, Any] = {
        "one": 1, "the last": -1, "one element": (1, 2), "slice": slice(1, None),
        "slices": (slice(None, None, 2), slice(0, 2)), "none": slice(0, 0),
        "new axis": (slice(None), None, 1), "ellipsis": (..., 0),
        "array": np.array([2, 0]), "repeated": np.array([1, 1, 0, 1]),
        "repeated pairs": (np.array([0, 2, 0]), np.array([1, 1, 1])), "list": [0, 0, 2],
        "slice and repeated": (slice(1, 3), np.array([[0, 0], [2, 0]])),
        "boolean": draw(4, 3) > 0, "boolean rows": np.array([True, False, True, True]),
        "nothing true": np.zeros((4, 3), dtype=bool),
    }  # fmt: skip
    for name, index in indices.items():
        ours, theirs = take(index)
        yield OpRow(f"[{name}]", (ops.GetItem,), ours, (draw(4, 3),), theirs=theirs)


def cat(axis: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def theirs(torch: Any, *tensors: Any) -> Any:
        return torch.cat(tensors, dim=axis)

    return lambda *tensors: concatenate(tensors, axis=axis), theirs


def stacked(axis: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def theirs(torch: Any, *tensors: Any) -> Any:
        return torch.stack(tensors, dim=axis)

    return lambda *tensors: stack(tensors, axis=axis), theirs


TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
OTHER_TIES = np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 2.0]])
AT_ZERO = np.array([-1.0, 0.0, 2.0])
MASK = np.array([[True, False, True], [False, False, True]])

ROWS = [
    *arithmetic(), *elementwise(), *reductions(), *indexing(),
    OpRow("+ and -, below 0", (ops.Add, ops.Sub, ops.Mul), lambda a, b: (a + b) * (a - b),
          (draw(2, 3), draw(2, 3, seed=1))),
    OpRow("** 3, below 0", (ops.Pow,), lambda a: a**3, (draw(2, 3),)),
    OpRow("** 8", (ops.Pow,), lambda a: a**8, (draw(2, 3),)),
    OpRow("** 9", (ops.Pow,), lambda a: a**9, (draw(2, 3),)),
    OpRow("** -2", (ops.Pow,), lambda a: a**-2, (positive(2, 3),)),
    OpRow("** 0.5", (ops.Pow,), lambda a: a**0.5, (positive(2, 3),)),
    OpRow("** 0, 1 and 2 at 0", (ops.Pow, ops.Add), lambda a: a**0 + a**1 + a**2, (AT_ZERO,)),
    OpRow("0 ** tensor", (ops.Pow,), lambda a: 0**a, (positive(3),)),
    OpRow("tensors ** 0, 1 and 2 at 0", (ops.Pow,), operator.pow,
          (np.zeros(3), np.array([0.0, 1.0, 2.0])), smooth=False),
    OpRow("tensor @ array", (ops.MatMul,), operator.matmul, (draw(2, 3),), (draw(3, 4),)),
    OpRow("array @ tensor", (ops.MatMul,), swapped(operator.matmul), (draw(3, 4),), (draw(2, 3),)),
    OpRow("-", (ops.Neg,), operator.neg, (draw(2, 3),)),
    OpRow("-, ()", (ops.Neg,), operator.neg, (draw(),)),
    OpRow("abs at 0", (ops.Abs,), lambda a: a.abs(), (AT_ZERO,), smooth=False),
    OpRow("relu at 0", (ReLU,), lambda a: a.relu(), (AT_ZERO,), smooth=False),
    OpRow("clamp", (ops.Clamp,), lambda a: a.clamp(-1, 0.5), (draw(4, 3),)),
    OpRow("clamp at its ends", (ops.Clamp,), lambda a: a.clamp(-1, 2), (AT_ZERO,), smooth=False),
    OpRow("clamp, at least", (ops.Clamp,), lambda a: a.clamp(min=0.5), (draw(),)),
    OpRow("clamp, at most", (ops.Clamp,), lambda a: a.clamp(max=0.5), (draw(4, 3),)),
    OpRow("clamp by np.float64", (ops.Clamp,), lambda a: a.clamp(np.float64(-1), np.float64(0.5)),
          (draw(4, 3),), theirs=lambda torch, a: a.clamp(-1, 0.5)),
    OpRow("maximum of equals", (ops.Maximum,), maximum, (TIES, OTHER_TIES),
          theirs=in_torch(maximum), smooth=False),
    OpRow("max of equals", (ops.Max,), lambda a: a.max(), (TIES,),
          theirs=lambda torch, a: a.amax(), smooth=False),
    OpRow("max of equals, axis=0", (ops.Max,), lambda a: a.max(axis=0), (TIES.T.copy(),),
          theirs=lambda torch, a: a.amax(dim=0), smooth=False),
    OpRow("max of equals, axis=1", (ops.Max,), lambda a: a.max(axis=1), (TIES,),
          theirs=lambda torch, a: a.amax(dim=1), smooth=False),
    OpRow("min of equals, axis=1", (ops.Min,), lambda a: a.min(axis=1), (TIES,),
          theirs=lambda torch, a: a.amin(dim=1), smooth=False),
    OpRow("var, ddof=1", (ops.Var,), lambda a: a.var(axis=0, ddof=1), (draw(2, 3),),
          theirs=lambda torch, a: a.var(dim=0)),
    OpRow("log_softmax", (ops.LogSoftmax,), lambda a: a.log_softmax(), (3 * draw(4, 3),),
          theirs=lambda torch, a: a.log_softmax(dim=-1)),
    OpRow("log_softmax, far apart", (ops.LogSoftmax,), lambda a: a.log_softmax(),
          (1000 * draw(4, 3),), theirs=lambda torch, a: a.log_softmax(dim=-1)),
    OpRow("log_softmax, 1-d", (ops.LogSoftmax,), lambda a: a.log_softmax(), (draw(5),),
          theirs=lambda torch, a: a.log_softmax(dim=-1)),
    OpRow("sum, mean", (ops.Sum, ops.Mean, ops.Add), lambda a: a.sum() + a.mean(),
          (draw(2, 3),)),
    OpRow("reshape(3, -1)", (ops.Reshape,), lambda a: a.reshape(3, -1), (draw(2, 3),)),
    OpRow("reshape((6,))", (ops.Reshape,), lambda a: a.reshape((6,)), (draw(2, 3),)),
    OpRow("reshape to 0-d", (ops.Reshape,), lambda a: a.reshape(()), (draw(1, 1),)),
    OpRow("reshape, empty", (ops.Reshape,), lambda a: a.reshape(3, 0), (draw(0, 3),)),
    OpRow("squeeze()", (ops.Squeeze,), lambda a: a.squeeze(), (draw(1, 3, 1),)),
    OpRow("squeeze(-1)", (ops.Squeeze,), lambda a: a.squeeze(-1), (draw(1, 3, 1),)),
    OpRow("squeeze((0, 2))", (ops.Squeeze,), lambda a: a.squeeze((0, 2)), (draw(1, 3, 1),)),
    OpRow("squeeze to 0-d", (ops.Squeeze,), lambda a: a.squeeze(), (draw(1, 1),)),
    OpRow("T", (ops.Transpose,), lambda a: a.T, (draw(2, 3),)),
    OpRow("T, three axes", (ops.Transpose,), lambda a: a.T, (draw(2, 3, 4),),
          theirs=lambda torch, a: a.permute(2, 1, 0)),
    OpRow("transpose()", (ops.Transpose,), lambda a: a.transpose(), (draw(2, 3),),
          theirs=lambda torch, a: a.T),
    OpRow("transpose(2, 0, 1)", (ops.Transpose,), lambda a: a.transpose(2, 0, 1),
          (draw(2, 3, 4),), theirs=lambda torch, a: a.permute(2, 0, 1)),
    OpRow("transpose((1, -1, 0))", (ops.Transpose,), lambda a: a.transpose((1, -1, 0)),
          (draw(2, 3, 4),), theirs=lambda torch, a: a.permute(1, -1, 0)),
    OpRow("T, 0-d", (ops.Transpose,), lambda a: a.T, (draw(),),
          theirs=lambda torch, a: a.clone()),
    OpRow("[::-1]", (ops.GetItem,), lambda a: a[::-1], (draw(4, 3),),
          theirs=lambda torch, a: a.flip(0)),
    OpRow("[a > 0]", (ops.GetItem,), lambda a: a[a > 0], (draw(4, 3),)),
    OpRow("[indices that are a tensor]", (ops.GetItem,),
          lambda a: a[Tensor(np.array([1, 1, 3]))], (draw(4, 3),),
          theirs=lambda torch, a: a[torch.tensor([1, 1, 3])]),
    OpRow("[one element], 1-d", (ops.GetItem,), lambda a: a[1], (draw(3),)),
    OpRow("where", (ops.Where,), lambda a, b, mask: where(mask, a, b),
          (draw(2, 3), draw(2, 3, seed=1)), (MASK,), lambda torch, a, b, m: torch.where(m, a, b)),
    OpRow("where, broadcast", (ops.Where,), lambda a, b, mask: where(mask, a, b),
          (draw(3), draw()), (MASK[:, 1:2],), lambda torch, a, b, m: torch.where(m, a, b)),
    OpRow("where, a mask of more axes", (ops.Where,), lambda a, b, mask: where(mask, a, b),
          (draw(), draw(1)), (MASK,), lambda torch, a, b, m: torch.where(m, a, b)),
    OpRow("where, broadcast over four axes", (ops.Where,), lambda a, b, mask: where(mask, a, b),
          (draw(2, 1, 1), draw(4, 1, 1, 3)), (MASK[:, :1],),
          lambda torch, a, b, m: torch.where(m, a, b)),
    OpRow("where, 0-d", (ops.Where,), lambda a, b: where(a > b, a, b), (draw(), draw(seed=1)),
          theirs=lambda torch, a, b: torch.where(a > b, a, b)),
    OpRow("where, a number", (ops.Where,), lambda a: where(a > 0, a, 0.5), (draw(2, 3),),
          theirs=lambda torch, a: torch.where(a > 0, a, 0.5)),
    OpRow("where, np.float64", (ops.Where,), lambda a: where(a > 0, np.float64(0.5), a),
          (draw(2, 3),), theirs=lambda torch, a: torch.where(a > 0, 0.5, a)),
    OpRow("concatenate", (ops.Concatenate,), cat(0)[0],
          (draw(2, 3), draw(1, 3), draw(4, 3)), theirs=cat(0)[1]),
    OpRow("concatenate, axis=-1", (ops.Concatenate,), cat(-1)[0],
          (draw(2, 3), draw(2, 0), draw(2, 1)), theirs=cat(-1)[1]),
    OpRow("stack", (ops.Stack,), stacked(0)[0], (draw(2, 3), draw(2, 3, seed=1)),
          theirs=stacked(0)[1]),
    OpRow("stack, axis=-1", (ops.Stack,), stacked(-1)[0], (draw(2, 3), draw(2, 3, seed=1)),
          theirs=stacked(-1)[1]),
    OpRow("stack, axis=1, an array among them", (ops.Stack,), stacked(1)[0], (draw(2, 3),),
          (draw(2, 3, seed=1),), stacked(1)[1]),
    OpRow("stack, 0-d", (ops.Stack,), stacked(0)[0], (draw(), draw(seed=1)), theirs=stacked(0)[1]),
    OpRow("concatenate, one of them an array", (ops.Concatenate,), cat(0)[0],
          (draw(2),), (draw(3),), cat(0)[1]),
]  # fmt: skip
