"""What can be written with tensors: each operator and method names the op that it records."""

from collections.abc import Callable, Iterator
from typing import Any

from common import array_ops, ops
from common.errors import GraphError, ShapeError
from common.layer import Layer
from common.layers import ReLU, Sigmoid, Tanh
from common.np import np
from common.operands import array_of, check_devices, plain


class Operators:
    """The operators and methods of a Tensor. `record(call, inputs)` makes the result."""

    __slots__ = ()
    __hash__ = object.__hash__  # == compares elements; a tensor is still a key of its own

    data: Any
    record: Callable[..., Any]

    def __neg__(self) -> Any:
        return self.record(ops.Neg(), (self,))

    def __add__(self, other: Any) -> Any:
        return self.record(ops.Add(), (self, other))

    def __radd__(self, other: Any) -> Any:
        return self.record(ops.Add(), (other, self))

    def __sub__(self, other: Any) -> Any:
        return self.record(ops.Sub(), (self, other))

    def __rsub__(self, other: Any) -> Any:
        return self.record(ops.Sub(), (other, self))

    def __mul__(self, other: Any) -> Any:
        return self.record(ops.Mul(), (self, other))

    def __rmul__(self, other: Any) -> Any:
        return self.record(ops.Mul(), (other, self))

    def __truediv__(self, other: Any) -> Any:
        return self.record(ops.Div(), (self, other))

    def __rtruediv__(self, other: Any) -> Any:
        return self.record(ops.Div(), (other, self))

    def __pow__(self, other: Any) -> Any:
        return self.record(ops.Pow(), (self, other))

    def __rpow__(self, other: Any) -> Any:
        return self.record(ops.Pow(), (other, self))

    def __matmul__(self, other: Any) -> Any:
        return self.record(ops.MatMul(), (self, other))

    def __rmatmul__(self, other: Any) -> Any:
        return self.record(ops.MatMul(), (other, self))

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

    __abs__ = abs

    def clamp(self, min: float | None = None, max: float | None = None) -> Any:
        """At least `min`, at most `max`."""
        return self.record(ops.Clamp(plain(min), plain(max)), (self,))

    def tanh(self) -> Any:
        """The layer `Tanh`."""
        return _recorded(Tanh(), self)

    def sigmoid(self) -> Any:
        """The layer `Sigmoid`."""
        return _recorded(Sigmoid(), self)

    def relu(self) -> Any:
        """The layer `ReLU`."""
        return _recorded(ReLU(), self)

    # Comparisons give plain arrays of True and False: they have no gradient.

    def __eq__(self, other: object) -> Any:
        return _compared(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return _compared(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Any:
        return _compared(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return _compared(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compared(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return _compared(np.greater_equal, self, other)

    # Looking at it --------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def dtype(self) -> Any:
        """The type of the numbers."""
        return self.data.dtype

    def item(self) -> float:
        """The one number that it holds, as Python's."""
        if self.data.size != 1:
            raise ShapeError(f"Tensor: item() needs one number, this one has shape {self.shape}")
        return self.data.item()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    # What NumPy would do with a tensor behind the tape's back.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """`array + tensor` comes here, since the array's `+` is asked first."""
        return self._applied(ufunc, inputs, method == "__call__" and not options)

    def __cupy_override_elementwise_kernel__(
        self, kernel: Any, *inputs: Any, **options: Any
    ) -> Any:
        """What CuPy's functions look for in what is no array."""
        return self._applied(kernel, inputs, not options)

    def _applied(self, ufunc: Any, inputs: tuple[Any, ...], is_plain: bool) -> Any:
        name = _name_of(ufunc)
        if is_plain and len(inputs) == 2 and name in _OPS:
            return self.record(_OPS[name](), inputs)
        if is_plain and len(inputs) == 2 and name in _COMPARISONS:
            return _compared(ufunc, *inputs)
        raise _lost(f"np.{name}")

    def __array_function__(self, function: Any, *_: Any) -> Any:
        raise _lost(f"np.{function.__name__}")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise _lost("An array")

    def __setitem__(self, index: Any, value: Any) -> None:
        raise GraphError(
            "x[...] = value would change what the graph remembers. Write where(mask, value, x), "
            "or build the tensor from parts with concatenate."
        )


_OPS: dict[str, type[ops.Op]] = {
    "add": ops.Add,
    "subtract": ops.Sub,
    "multiply": ops.Mul,
    "divide": ops.Div,
    "power": ops.Pow,
    "matmul": ops.MatMul,
}


_COMPARISONS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}


def _compared(ufunc: Any, a: Any, b: Any) -> Any:
    a, b = array_of(a), array_of(b)
    try:
        return np.asarray(ufunc(a, b))
    except (ValueError, TypeError) as error:
        check_devices(_name_of(ufunc), (a, b))
        raise ShapeError(
            f"{_name_of(ufunc)}: cannot compare {np.shape(a)} and {np.shape(b)}"
        ) from error


def _name_of(ufunc: Any) -> str:
    return ufunc.__name__.removeprefix("cupy_")


def _lost(name: str) -> GraphError:
    return GraphError(
        f"{name} of a Tensor would lose the graph. Use the tensor's own operators and methods "
        f"(x.exp(), x @ w, x ** 2, ...) or common.autograd's where, maximum and concatenate; for "
        f"the plain numbers, give it x.data."
    )


def _recorded(layer: Layer, x: Any) -> Any:
    """The one call of a layer that was made for it; as arithmetic it takes empty tensors, too."""
    layer.takes_empty = True
    return x.record(layer, (x,), layer)


def _unpacked(numbers: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3) and from f((2, 3))."""
    if len(numbers) == 1 and isinstance(numbers[0], tuple | list):
        return tuple(numbers[0])
    return numbers


def _arrays_in(index: Any) -> Any:
    """An index with arrays in the place of tensors."""
    return tuple(map(array_of, index)) if isinstance(index, tuple) else array_of(index)
