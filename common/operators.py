"""What can be written with tensors: each operator and method names the op that it records."""

from collections.abc import Callable
from typing import Any

import numpy

from common import array_ops, ops
from common.checks import check_array
from common.errors import GraphError
from common.layers import ReLU, Sigmoid, Tanh
from common.np import np


class Operators:
    """The operators and methods of a Tensor. `record(call, inputs)` makes the result."""

    __slots__ = ()
    __hash__ = object.__hash__  # == compares elements; a tensor is still a key of its own

    data: Any
    record: Callable[..., Any]

    def __neg__(self) -> Any:
        return self.record(ops.Neg(), (self,))

    def __add__(self, other: Any) -> Any:
        return self.record(ops.Add(), (self, _operand(other)))

    def __radd__(self, other: Any) -> Any:
        return self.record(ops.Add(), (_operand(other), self))

    def __sub__(self, other: Any) -> Any:
        return self.record(ops.Sub(), (self, _operand(other)))

    def __rsub__(self, other: Any) -> Any:
        return self.record(ops.Sub(), (_operand(other), self))

    def __mul__(self, other: Any) -> Any:
        return self.record(ops.Mul(), (self, _operand(other)))

    def __rmul__(self, other: Any) -> Any:
        return self.record(ops.Mul(), (_operand(other), self))

    def __truediv__(self, other: Any) -> Any:
        return self.record(ops.Div(), (self, _operand(other)))

    def __rtruediv__(self, other: Any) -> Any:
        return self.record(ops.Div(), (_operand(other), self))

    def __pow__(self, other: Any) -> Any:
        return self.record(ops.Pow(), (self, _operand(other)))

    def __rpow__(self, other: Any) -> Any:
        return self.record(ops.Pow(), (_operand(other), self))

    def __matmul__(self, other: Any) -> Any:
        return self.record(ops.MatMul(), (self, _operand(other)))

    def __rmatmul__(self, other: Any) -> Any:
        return self.record(ops.MatMul(), (_operand(other), self))

    def __getitem__(self, index: Any) -> Any:
        return self.record(array_ops.GetItem(_arrays_in(index)), (self,))

    def sum(self, axis: array_ops.Axis = None, keepdims: bool = False) -> Any:
        """The sum over `axis`, all of them by default."""
        return self.record(array_ops.Sum(axis, keepdims), (self,))

    def mean(self, axis: array_ops.Axis = None, keepdims: bool = False) -> Any:
        """The mean over `axis`, all of them by default."""
        return self.record(array_ops.Mean(axis, keepdims), (self,))

    def max(self, axis: array_ops.Axis = None, keepdims: bool = False) -> Any:
        """The largest over `axis`, all of them by default. Equal ones share the gradient."""
        return self.record(array_ops.Max(axis, keepdims), (self,))

    def reshape(self, *shape: Any) -> Any:
        """The same numbers in another shape: `x.reshape(2, -1)` or `x.reshape((2, -1))`."""
        return self.record(array_ops.Reshape(_unpacked(shape)), (self,))

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, reversed by default."""
        return self.record(array_ops.Transpose(_unpacked(axes)), (self,))

    @property
    def T(self) -> Any:  # noqa: N802
        """The axes reversed."""
        return self.transpose()

    def exp(self) -> Any:
        """e to the power of each element."""
        return self.record(ops.Exp(), (self,))

    def log(self) -> Any:
        """The natural logarithm."""
        return self.record(ops.Log(), (self,))

    def sqrt(self) -> Any:
        """The square root."""
        return self.record(ops.Sqrt(), (self,))

    def abs(self) -> Any:
        """The absolute value."""
        return self.record(ops.Abs(), (self,))

    def clamp(self, min: float | None = None, max: float | None = None) -> Any:
        """At least `min`, at most `max`."""
        return self.record(ops.Clamp(min, max), (self,))

    def tanh(self) -> Any:
        """The layer `Tanh`."""
        return self.record(Tanh(), (self,))

    def sigmoid(self) -> Any:
        """The layer `Sigmoid`."""
        return self.record(Sigmoid(), (self,))

    def relu(self) -> Any:
        """The layer `ReLU`."""
        return self.record(ReLU(), (self,))

    # Comparisons give plain arrays of True and False: they have no gradient.

    def __eq__(self, other: object) -> Any:
        return self.data == _array(other)

    def __ne__(self, other: object) -> Any:
        return self.data != _array(other)

    def __lt__(self, other: Any) -> Any:
        return self.data < _array(other)

    def __le__(self, other: Any) -> Any:
        return self.data <= _array(other)

    def __gt__(self, other: Any) -> Any:
        return self.data > _array(other)

    def __ge__(self, other: Any) -> Any:
        return self.data >= _array(other)

    # What NumPy would do with a tensor behind the tape's back.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """`array + tensor` comes here, since the array's `+` is asked first."""
        op = _REFLECTED.get(ufunc.__name__)
        if op is None or method != "__call__" or options:
            raise _lost(ufunc.__name__)
        return self.record(op(), tuple(map(_operand, inputs)))

    def __array_function__(self, function: Any, *_: Any) -> Any:
        raise _lost(function.__name__)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise _lost("asarray")

    def __setitem__(self, index: Any, value: Any) -> None:
        raise GraphError(
            "x[...] = value would change what the graph remembers. Write where(mask, value, x), "
            "or build the tensor from parts with concatenate."
        )


_REFLECTED = {
    "add": ops.Add,
    "subtract": ops.Sub,
    "multiply": ops.Mul,
    "divide": ops.Div,
    "power": ops.Pow,
    "matmul": ops.MatMul,
}


def _lost(name: str) -> GraphError:
    return GraphError(
        f"np.{name} of a Tensor would lose the graph. Write x.{name}() or the function of "
        f"common.autograd if there is one; for the plain numbers, np.{name}(x.data)."
    )


def _operand(x: Any) -> Any:
    """A tensor, an array or a number as it is; NumPy's scalars take the tensor's dtype."""
    kind = type(x)
    if kind is float or kind is int or kind is np.ndarray or isinstance(x, Operators):
        return x
    if isinstance(x, numpy.generic):
        return x.item()
    if not isinstance(x, float | int):
        check_array("Tensor", "the other operand", x)
    return x


def _array(x: Any) -> Any:
    return x.data if isinstance(x, Operators) else x


def _unpacked(numbers: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3) and from f((2, 3))."""
    if len(numbers) == 1 and isinstance(numbers[0], tuple | list):
        return tuple(numbers[0])
    return numbers


def _arrays_in(index: Any) -> Any:
    """An index with arrays in the place of tensors."""
    return tuple(map(_array, index)) if isinstance(index, tuple) else _array(index)
