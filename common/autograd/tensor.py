"""`Tensor`: an array that remembers how it was made.

    y = layer(x)          a call: the layer's forward, and y remembers it
    loss.backward()       the backward of each remembered call, the newest first

That is all there is to automatic differentiation: chapter 1's layers, called in the order in
which they were recorded, backwards.
"""

import inspect
import numbers
import operator
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy

from common import config, names
from common.autograd import ops, tape
from common.autograd.tape import no_grad_blocks
from common.base import Layer
from common.checks import (
    NUMBERS,
    check_array,
    check_finite,
    check_flag,
    check_floats,
    check_plain,
    check_sequence,
    is_array,
    name_of,
)
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CommonError,
    DTypeError,
    GraphError,
    OutOfRangeError,
    ShapeError,
)
from common.layers import ReLU, Sigmoid, Tanh
from common.np import AbstractTensor, Array, np
from common.parameters import Part
from common.util import to_cpu


def _arithmetic(op: type[ops.Op]) -> Any:
    """The two methods of an operator: for `tensor + other`, and for `other + tensor`."""

    def method(self: Any, other: Any) -> Any:
        return self.record(op(), (self, other))

    def mirrored(self: Any, other: Any) -> Any:
        return self.record(op(), (other, self))

    return method, mirrored


def _comparison(name: str) -> Any:
    """A plain array of True and False: it has no gradient."""

    def method(self: Any, other: Any) -> Any:
        return compare(getattr(np, name), self, other)

    return method


def _in_place(change: Callable[[Any, Any], Any]) -> Any:
    """`w -= ...` changes what is learned. For any other tensor Python goes on to `w - ...`."""

    def method(self: Any, other: Any) -> Any:
        return self.change(change, other)

    return method


class Operators(AbstractTensor):
    """What can be written with tensors: each operator and method names the op that it records."""

    __slots__ = ()
    __hash__ = object.__hash__  # == compares elements; a tensor is still a key of its own

    __add__, __radd__ = _arithmetic(ops.Add)
    __sub__, __rsub__ = _arithmetic(ops.Sub)
    __mul__, __rmul__ = _arithmetic(ops.Mul)
    __truediv__, __rtruediv__ = _arithmetic(ops.Div)
    __pow__, __rpow__ = _arithmetic(ops.Pow)
    __matmul__, __rmatmul__ = _arithmetic(ops.MatMul)

    __iadd__, __isub__ = _in_place(operator.iadd), _in_place(operator.isub)
    __imul__, __itruediv__ = _in_place(operator.imul), _in_place(operator.itruediv)
    __ipow__ = _in_place(operator.ipow)

    __eq__, __ne__ = _comparison("equal"), _comparison("not_equal")
    __lt__, __le__ = _comparison("less"), _comparison("less_equal")
    __gt__, __ge__ = _comparison("greater"), _comparison("greater_equal")

    def __neg__(self) -> Any:
        return self.record(ops.Neg(), (self,))

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        arrays = tuple(i.data if isinstance(i, Tensor) else i for i in parts)
        return self.record(ops.GetItem(arrays if isinstance(index, tuple) else arrays[0]), (self,))

    def sum(self, axis: ops.Axis = None, keepdims: bool = False) -> Any:
        """The sum over `axis`, all of them by default."""
        return self.record(ops.Sum(axis, keepdims), (self,))

    def mean(self, axis: ops.Axis = None, keepdims: bool = False) -> Any:
        """The mean over `axis`, all of them by default."""
        return self.record(ops.Mean(axis, keepdims), (self,))

    def max(self, axis: ops.Axis = None, keepdims: bool = False) -> Any:
        """The largest over `axis`, all of them by default. Equal ones share the gradient."""
        return self.record(ops.Max(axis, keepdims), (self,))

    def min(self, axis: ops.Axis = None, keepdims: bool = False) -> Any:
        """The smallest over `axis`, all of them by default. Equal ones share the gradient."""
        return self.record(ops.Min(axis, keepdims), (self,))

    def var(self, axis: ops.Axis = None, keepdims: bool = False, ddof: int = 0) -> Any:
        """The variance over `axis`, divided by N - ddof; PyTorch's own default is N - 1."""
        return self.record(ops.Var(axis, keepdims, ddof), (self,))

    def reshape(self, *shape: Any) -> Any:
        """The same numbers in another shape: `x.reshape(2, -1)` or `x.reshape((2, -1))`."""
        return self.record(ops.Reshape(_unpack(shape)), (self,))

    def squeeze(self, axis: ops.Axis = None) -> Any:
        """Without the axes of length 1: those in `axis`, all of them by default."""
        return self.record(ops.Squeeze(axis), (self,))

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, reversed by default."""
        return self.record(ops.Transpose(_unpack(axes)), (self,))

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

    def log_softmax(self) -> Any:
        """The logarithm of the softmax along the last axis."""
        return self.record(ops.LogSoftmax(), (self,))

    def sin(self) -> Any:
        """The sine."""
        return self.record(ops.Sin(), (self,))

    def cos(self) -> Any:
        """The cosine."""
        return self.record(ops.Cos(), (self,))

    def sqrt(self) -> Any:
        """The square root."""
        return self.record(ops.Sqrt(), (self,))

    def abs(self) -> Any:
        """The absolute value."""
        return self.record(ops.Abs(), (self,))

    __abs__ = abs

    def clamp(self, min: float | None = None, max: float | None = None) -> Any:
        """At least `min`, at most `max`."""
        return self.record(ops.Clamp(_limit(min), _limit(max)), (self,))

    def tanh(self) -> Any:
        """The layer `Tanh`."""
        return Tanh()(self)

    def sigmoid(self) -> Any:
        """The layer `Sigmoid`."""
        return Sigmoid()(self)

    def relu(self) -> Any:
        """The layer `ReLU`."""
        return ReLU()(self)

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
        tape.refuse_in_recording("a number that is read would stay what it was in the recording")
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
        return self._apply(ufunc, inputs, method == "__call__" and not options)

    def __cupy_override_elementwise_kernel__(
        self, kernel: Any, *inputs: Any, **options: Any
    ) -> Any:
        """What CuPy's functions look for in what is no array."""
        return self._apply(kernel, inputs, len(inputs) == 2 and not options)

    def _apply(self, ufunc: Any, inputs: tuple[Any, ...], is_plain: bool) -> Any:
        name = _name_of(ufunc)
        if is_plain and name in _OPS:
            return self.record(_OPS[name](), inputs)
        if is_plain and name in _COMPARISONS:
            return compare(ufunc, *inputs)
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


@names.translated(names.TENSOR)
class Tensor(Operators):
    """An array and, if a gradient can come back through it, the call that made it.

    data: an array, or what can become one; Python's floats become `config.dtype`. A tensor that
    requires a gradient is refused, since the new one would have no past: write `x.detach()`.
    requires_grad: whether a gradient is wanted. A tensor made from such a one requires it too.

    A tensor that no call made is a *leaf*. After `backward`, a leaf that requires a gradient has
    it in `grad`: an array, or None while nothing has come back. A second backward adds to it;
    assigning None clears it.

    >>> x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    >>> loss = (x * w).sum()
    >>> loss.backward()
    >>> w.grad
    array([1., 2.], dtype=float32)
    >>> loss
    Tensor(11., made by Sum)
    """

    __slots__ = ("_grad", "call", "changed", "data", "requires_grad")
    requires_grad: bool

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        if isinstance(data, Tensor) and data.requires_grad:
            raise GraphError(
                f"{type(self).__name__}(x): no gradient would come back to the tensor x. Use x as "
                f"it is, or x.detach() if that is meant."
            )
        self.data = as_array(data, type(self).__name__)
        if check_flag(self, "requires_grad", requires_grad):
            check_floats(self, "data", self.data)
        self.requires_grad = bool(requires_grad)
        self.call: tape.Call | None = None
        self.changed = 0  # when it last changed in place, in the numbering of the tape
        self._grad: Any = None
        if (recorder := tape.recorder.get()) is not None:
            recorder.made(self)

    @staticmethod
    def record(
        layer: tape.Callee,
        inputs: tuple[Any, ...],
        of: Layer | None = None,
        options: Mapping[str, Any] = {},
    ) -> "Tensor":
        """Runs layer.forward on the arrays of the inputs. The result remembers the call.

        layer: an op that was made for this one use; or a copy of the layer `of`, whose memory
        becomes the call's.
        """
        recorder = tape.recorder.get()
        if recorder is not None:
            options = recorder.begin(layer, of, options)
        arrays, needs = [], []
        for x in inputs:
            is_tensor = isinstance(x, Tensor)
            arrays.append(x.data if is_tensor else operand(x, layer) if of is None else x)
            needs.append(is_tensor and x.requires_grad)
        try:
            data = layer.forward(*arrays, **options)
        except (ValueError, IndexError, TypeError, OverflowError) as error:
            if of is not None or isinstance(error, CommonError):
                raise
            raise _explain(error, layer, arrays) from error
        y = object.__new__(Tensor)
        if type(data) is not np.ndarray:
            data = tape.check_result(name_of(layer), "what forward returns", data)
        y.data, y.call, y._grad, y.changed, y.requires_grad = data, None, None, 0, False
        learns = True in needs or (of is not None and of.requires_grad and of.params)
        if learns and not no_grad_blocks.get():
            y.call, y.requires_grad = tape.Call(layer, of, inputs, needs), True
        if recorder is not None:
            recorder.end(layer, of, inputs, arrays, options, y)
        return y

    @staticmethod
    def enters(model: Layer) -> None:
        """A model is called on a tensor: a recording depends on what it is made of."""
        if (recorder := tape.recorder.get()) is not None:
            recorder.enters(model)

    def backward(self, grad: Any = None) -> None:
        """Adds d(self)/d(leaf) to the `grad` of each leaf on the way.

        For a tensor that is not one number, `grad` says how much each of its elements counts. If
        an error ends it halfway, the gradients of all that is behind this tensor are cleared.
        """
        if self.call is None:
            raise GraphError(
                "backward: this tensor was not made by anything that was recorded. Nothing is in "
                "no_grad(), or where no gradient is required."
            )
        tape.refuse_in_recording("backward: return the loss, its gradients come back by themselves")
        tape.backward(self, self._start(grad))

    def add_grad(self, dx: Array) -> None:
        """Adds what came back to what is in `grad`."""
        if self._grad is None:
            self._grad = dx.astype(self.data.dtype)  # a copy: dx may stand elsewhere, too
        else:
            self._grad += dx

    def _start(self, grad: Any) -> Array:
        if grad is None:
            if self.data.size != 1:
                raise GraphError(
                    f"backward: it starts from one number, but this tensor has shape "
                    f"{self.shape}. Reduce it (.sum(), .mean()), or give backward a gradient of "
                    f"this shape."
                )
            check_array("backward", "this tensor", self.data)
            one = np.empty_like(self.data)  # np.ones_like takes as long as a small op
            one[...] = 1
            return one
        return self._fit(grad, "backward")

    def _fit(self, grad: Any, who: str) -> Array:
        """A gradient from outside, in the shape of this tensor."""
        is_number = isinstance(grad, numbers.Real)
        try:
            grad = np.asarray(grad, self.dtype) if is_number else as_array(grad, who, "grad")
        except OverflowError as error:
            raise ArgumentError(f"{who}: grad is too large: {error}") from error
        check_array(who, "grad", grad, self.shape)
        return grad if grad.dtype.kind == "f" else grad.astype(self.dtype)

    @property
    def grad(self) -> Any:
        """What has come back to this leaf since it was cleared; None if nothing has."""
        if self.call is not None:
            raise GraphError(
                f"grad: this tensor was made by {name_of(self.call.of)}, and only leaves keep a "
                f"gradient. Was a leaf meant that lost its place by w = w - lr * w.grad? Change it "
                f"in place: with no_grad(): w -= lr * w.grad"
            )
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = None if grad is None else self._fit(grad, "Tensor").astype(self.dtype)

    def detach(self) -> "Tensor":
        """The same array, with no past: no gradient goes through it."""
        if (recorder := tape.recorder.get()) is not None:
            recorder.uses(self)
        return Tensor(self.data)

    def replace_arrays(self, new: Callable[[Any], Any]) -> None:
        """Puts new(array) in the place of data and grad; a result of a call stays what it was."""
        if self.call is None and (data := new(self.data)) is not self.data:
            self.data, self.changed = data, next(tape.serials)
            self._grad = None if self._grad is None else new(self._grad)

    def change(self, change: Callable[[Any, Any], Any], other: Any) -> Any:
        """Changes a leaf in place, as `w -= other` does."""
        if self.call is not None or not (self.requires_grad or isinstance(self, Part)):
            return NotImplemented
        if not self.requires_grad:
            raise GraphError("a Parameter that is frozen does not change: set requires_grad first")
        if not no_grad_blocks.get():
            raise GraphError(
                "a tensor that is learned changes in place only inside `with no_grad():`"
            )
        tape.refuse_in_recording("a parameter that changes: update it after the step")
        # lr * w.grad is a NumPy scalar of w's own dtype, if w is 0-d: the usual case.
        other = other if type(other) is self.data.dtype.type else operand(other)
        try:
            change(self.data, other)
        except (ValueError, TypeError, OverflowError) as error:
            raise _explain(error, self, (self.data, other)) from error
        self.changed = next(tape.serials)
        return self

    def __getstate__(self) -> Any:
        """What a copy, or a file, has of a leaf."""
        if self.call is not None:
            raise GraphError(
                "A tensor that a call made cannot be copied or pickled: the copy's backward would "
                "bring its gradients to nobody. Copy x.detach(), and keep that where a model is to "
                "be copied that keeps one."
            )
        return self.data, self.requires_grad, self._grad

    def __setstate__(self, state: Any) -> None:
        self.data, self.requires_grad, self._grad = state
        self.call, self.changed = None, 0

    def __repr__(self) -> str:
        origin = ", requires_grad=True" if self.requires_grad else ""
        if self.call is not None:
            origin = f", made by {name_of(self.call.of)}"
        text = numpy.array2string(to_cpu(self.data), precision=4, separator=", ", prefix="Tensor(")
        return f"{type(self).__name__}({text}{origin})"


class Parameter(Tensor, Part):
    """A leaf that is learned: what a Module looks for among its attributes.

    It keeps the array that it is given, if that has floats, and so shares it with whoever else
    uses the array. A model that holds them all adds their gradients up. `requires_grad = False`
    freezes it: the params of a model leave it out.
    """

    __slots__ = ()

    def __init__(self, data: Any) -> None:
        super().__init__(data, requires_grad=True)
        check_finite(self, "data", self.data)

    @property
    def params(self) -> list[Array]:  # type: ignore[override]
        """Its array, alone in a list, as a layer has its own."""
        return [self.data]

    @property
    def grads(self) -> list[Array]:  # type: ignore[override]
        """Its gradient, or zeros where nothing has come back."""
        return [np.zeros_like(self.data) if self._grad is None else self._grad]

    @property
    def has_grads(self) -> bool:
        """Whether a gradient has come back."""
        return self._grad is not None

    def clear(self) -> None:
        """No gradient: the array that was it stays with whoever kept it."""
        self._grad = None


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """a where the condition holds, b elsewhere."""
    condition = as_array(condition, "where", "the condition")
    return Tensor.record(ops.Where(), (condition, a, b))


def maximum(a: Any, b: Any) -> Tensor:
    """The larger of two, element by element; where they are equal each gets half the gradient."""
    return Tensor.record(ops.Maximum(), (a, b))


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors one after another along an axis."""
    return Tensor.record(ops.Concatenate(axis), _arrays("concatenate", tensors))


def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors of one shape side by side, along a new axis."""
    return Tensor.record(ops.Stack(axis), _arrays("stack", tensors))


def _arrays(who: str, tensors: Sequence[Any]) -> tuple[Any, ...]:
    """Several tensors. A number has no axis to be joined along; an array says so."""
    check_sequence(who, "tensors", tensors)
    return tuple(np.asarray(x) if isinstance(x, numbers.Real) else x for x in tensors)


# What may become a tensor, or stand beside one --------------------------------------------------


def as_array(data: Any, who: str = "Tensor", name: str = "data") -> Array:
    """What a tensor holds: an array as it is, and all else as one of the device that is on.

    Python's floats become `config.dtype`; NumPy's scalars keep their own.
    """
    data = data.data if isinstance(data, Tensor) else data
    if isinstance(data, np.ndarray):
        check_plain(who, name, data)
        array = data
    elif hasattr(data, "shape") and not isinstance(data, numpy.generic):
        check_array(who, name, data)  # on the other device: this says so
    else:
        try:
            array = np.asarray(data)
        except ValueError as error:
            raise DTypeError(
                f"{who}: {name} must be a table of numbers, got {reprlib.repr(data)}: {error}"
            ) from error
        if array.dtype.kind == "f" and not isinstance(data, numpy.generic):
            array = array.astype(config.dtype)
    if array.dtype.kind not in NUMBERS:
        raise DTypeError(f"{who}: {name} must hold real numbers, got {data!r:.80}")
    return array


def operand(x: Any, who: object = "Tensor", name: str = "the other operand") -> Any:
    """The array of a tensor, an array or a number; NumPy's scalars take the tensor's dtype."""
    if type(x) is int or type(x) is float:  # the usual case: the 2 of x ** 2
        return x
    if isinstance(x, Tensor):
        return x.data
    x = x.item() if isinstance(x, numpy.generic) else x
    if not isinstance(x, (float, int)):
        check_array(who, name, x)
    return x


def _limit(limit: Any) -> Any:
    """A limit of clamp: no input of the op, so no gradient would come back to it."""
    if isinstance(limit, Tensor) and limit.requires_grad:
        raise GraphError(
            f"Clamp: no gradient comes back to a limit, got {limit!r:.80}. Use maximum, or "
            f"x.detach() if that is meant."
        )
    return None if limit is None else operand(limit, "Clamp", "a limit")


_OPS: dict[str, type[ops.Op]] = {
    "add": ops.Add,
    "subtract": ops.Sub,
    "multiply": ops.Mul,
    "divide": ops.Div,
    "power": ops.Pow,
    "matmul": ops.MatMul,
}

_COMPARISONS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}


def compare(ufunc: Any, a: Any, b: Any) -> Any:
    """A plain array of True and False."""
    operands, who = (a, b), _name_of(ufunc)
    # What NumPy makes of its number in `number < tensor` has no axes, and is on the CPU.
    a, b = (operand(x[()] if type(x) is numpy.ndarray else x, who) for x in operands)
    try:
        y = np.asarray(ufunc(a, b))
        if (recorder := tape.recorder.get()) is not None:
            return recorder.compared(ufunc, operands, y)
        return y
    except ValueError as error:
        raise ShapeError(
            f"{who}: operands of other shapes: cannot compare {np.shape(a)} and {np.shape(b)}"
        ) from error
    except OverflowError as error:
        raise ArgumentError(f"{who}: an operand is too large: {error}") from error


def _name_of(ufunc: Any) -> str:
    return ufunc.__name__.removeprefix("cupy_")


def _unpack(numbers: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3) and from f((2, 3))."""
    if len(numbers) == 1 and isinstance(numbers[0], tuple | list):
        return tuple(numbers[0])
    return numbers


# Errors -----------------------------------------------------------------------------------------


def _lost(name: str) -> GraphError:
    return GraphError(
        f"{name} of a Tensor would lose the graph. Use the tensor's own operators and methods "
        f"(x.exp(), x @ w, x ** 2, ...) or common.autograd's where, maximum, concatenate and "
        f"stack; for the plain numbers, give it x.data."
    )


def _check_devices(who: object, arrays: Sequence[Any]) -> None:
    """All arrays among them are on the device that is on."""
    for i, array in enumerate(arrays):
        if is_array(array):
            check_array(who, f"operand {i}", array)


def _explain(error: Exception, who: object, arrays: Sequence[Any]) -> CommonError:
    """NumPy's error, with the name of the op and the shapes that it was given.

    CuPy's error about an array that was left on the CPU becomes a DeviceError.
    """
    _check_devices(who, arrays)
    shapes = " and ".join(str(np.shape(array)) for array in arrays)
    message = f"{name_of(who)}: cannot be done with shape {shapes}{_settings_of(who)}: {error}"
    if isinstance(who, ops.Pow) and _are_whole(arrays):
        return DTypeError(f"{message} Make one of them floats: x / 1")
    if isinstance(error, OverflowError):
        return ArgumentError(message)
    needs_axes = isinstance(who, ops.MatMul | ops.Concatenate)
    if isinstance(error, ValueError) or (needs_axes and any(np.ndim(a) == 0 for a in arrays)):
        return ShapeError(message)  # of what has no axes CuPy says that it has the wrong type
    return OutOfRangeError(message) if isinstance(error, IndexError) else ArgumentTypeError(message)


def _settings_of(who: object) -> str:
    """What an op was made with besides its inputs."""
    known = vars(who) if isinstance(who, ops.Op) else {}
    names = inspect.signature(type(who)).parameters
    return "".join(f", {name}={known[name]!r:.80}" for name in names if name in known)


def _are_whole(arrays: Sequence[Any]) -> bool:
    return all(getattr(array, "dtype", np.dtype(type(array))).kind in "iub" for array in arrays)
