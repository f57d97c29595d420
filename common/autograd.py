"""`Tensor`: an array that remembers how it was made, and the walk that brings gradients back.

    y = layer(x)          a call: the layer's forward, and y remembers it
    loss.backward()       the backward of each remembered call, the newest first

That is all there is to automatic differentiation: chapter 1's layers, called in the order in
which they were recorded, backwards.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush
from typing import Any

import numpy

from common import array_ops, config, ops
from common.checks import check_array, name_of
from common.errors import CommonError, DTypeError, GraphError, ShapeError
from common.gradients import Gradient, gradient_of
from common.layer import Layer
from common.np import Array, np
from common.operators import Operators, _array, _operand
from common.util import to_cpu
from common.walk import input_gradients

_serials = itertools.count()
_recording = True


@contextmanager
def no_grad() -> Iterator[None]:
    """In the block nothing is recorded, and parameters may be changed: `w -= lr * w.grad`."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


class Tensor(Operators):
    """An array and, if a gradient can come back through it, the call that made it.

    data: an array, or what can become one; Python's floats become `config.dtype`.
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

    __slots__ = ("call", "data", "gradient", "requires_grad")

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        self.data = _as_array(data)
        if requires_grad and self.data.dtype.kind != "f":
            raise DTypeError(f"Tensor: only floats have a gradient, got {self.data.dtype}")
        self.requires_grad = requires_grad
        self.call: Layer | None = None
        self.gradient: Gradient | None = None

    # Recording and the walk back ------------------------------------------------------------------

    @staticmethod
    def record(call: Layer, inputs: tuple[Any, ...]) -> "Tensor":
        """Runs call.forward on the arrays of the inputs. The result remembers the call."""
        needs = [isinstance(x, Tensor) and x.requires_grad for x in inputs]
        arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
        y = Tensor.__new__(Tensor)
        try:
            y.data = data = call.forward(*arrays)
        except (ValueError, IndexError) as error:
            raise _explained(error, call, arrays) from error
        if type(data) is not np.ndarray:
            y.data = np.asarray(data)  # NumPy makes 0-d results scalars
        y.call = y.gradient = None
        y.requires_grad = _recording and (any(needs) or len(call.params) > 0)
        if y.requires_grad:
            call.inputs, call.needs, call.needs_dx = inputs, needs, needs[0]
            call.serial = next(_serials)
            y.call = call
        return y

    def backward(self, grad: Any = None) -> None:
        """Brings d(self)/d(leaf) to each leaf. `grad` stands at the start; 1 for one number."""
        if self.call is None:
            raise GraphError("backward: this tensor was not made by anything that was recorded")
        douts = {self.call.serial: self._start(grad)}
        calls = [(-self.call.serial, self.call)]
        while calls:
            _, call = heappop(calls)
            for x, dx in input_gradients(call, douts.pop(call.serial)):
                if x.call is None:
                    x._receive(dx)
                elif x.call.serial in douts:
                    douts[x.call.serial] = douts[x.call.serial] + dx
                else:
                    douts[x.call.serial] = dx
                    heappush(calls, (-x.call.serial, x.call))

    def _start(self, grad: Any) -> Array:
        if grad is None:
            if self.data.size != 1:
                raise GraphError(
                    f"backward: only one number can be taken downhill, this tensor has shape "
                    f"{self.shape}. Reduce it (.sum(), .mean()), or give backward a gradient of "
                    f"this shape."
                )
            return np.ones_like(self.data)
        grad = grad.data if isinstance(grad, Tensor) else np.asarray(grad, self.dtype)
        if grad.shape != self.shape:
            raise ShapeError(f"backward: grad must have shape {self.shape}, got {grad.shape}")
        return grad

    def _receive(self, dx: Array) -> None:
        """A gradient has come back to this leaf."""
        if self.gradient is None:
            self.gradient = Gradient(np.zeros_like(self.data), fresh=True)
        self.gradient.add(dx)

    @property
    def grad(self) -> Any:
        """What has come back to this leaf since it was cleared; None if nothing has."""
        gradient = self.gradient
        return None if gradient is None or gradient.fresh else gradient.array

    @grad.setter
    def grad(self, grad: Any) -> None:
        if self.gradient is not None:
            self.gradient.clear()
        if grad is not None:
            self._receive(grad)

    def detach(self) -> "Tensor":
        """The same array, with no past: no gradient goes through it."""
        return Tensor(self.data)

    def __iadd__(self, other: Any) -> Any:
        return self._in_place(np.add, other) if self._is_learned() else self + other

    def __isub__(self, other: Any) -> Any:
        return self._in_place(np.subtract, other) if self._is_learned() else self - other

    def _is_learned(self) -> bool:
        return self.requires_grad and self.call is None

    def _in_place(self, ufunc: Any, other: Any) -> "Tensor":
        if _recording:
            raise GraphError(
                "a tensor that is learned changes in place only inside `with no_grad():`"
            )
        ufunc(self.data, other.data if isinstance(other, Tensor) else other, out=self.data)
        return self

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
        return self.data.item()

    def __float__(self) -> float:
        return float(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        origin = f", made by {name_of(self.call)}" if self.call else ""
        if self._is_learned():
            origin = ", requires_grad=True"
        text = numpy.array2string(to_cpu(self.data), precision=4, separator=", ", prefix="Tensor(")
        return f"{type(self).__name__}({text}{origin})"


class Parameter(Tensor):
    """A leaf that is learned: what a Module looks for among its attributes.

    It keeps the array that it is given, if that has floats, and so shares it with whoever else
    uses the array; there is one gradient for it, wherever it is used.
    """

    __slots__ = ()

    def __init__(self, data: Any) -> None:
        super().__init__(data, requires_grad=True)
        self.gradient: Gradient = gradient_of(self.data, fresh=True)


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """a where the condition holds, b elsewhere."""
    condition = np.asarray(_array(condition), dtype=bool)
    return Tensor.record(ops.Where(condition), (_operand(a), _operand(b)))


def maximum(a: Any, b: Any) -> Tensor:
    """The larger of two, element by element; where they are equal each gets half the gradient."""
    return Tensor.record(ops.Maximum(), (_operand(a), _operand(b)))


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors one after another along an axis."""
    return Tensor.record(array_ops.Concatenate(axis), tuple(map(_operand, tensors)))


def _as_array(data: Any) -> Array:
    if isinstance(data, np.ndarray):
        return data
    if isinstance(data, Tensor):
        return data.data
    if isinstance(data, numpy.ndarray):
        check_array("Tensor", "data", data)
    array = np.asarray(data)
    is_number = isinstance(data, numpy.generic)
    return array.astype(config.dtype) if array.dtype.kind == "f" and not is_number else array


def _explained(error: Exception, call: Layer, arrays: Sequence[Any]) -> Exception:
    """NumPy's error with the name of the op and the shapes that it was given."""
    if isinstance(error, CommonError):
        return error
    shapes = " and ".join(str(np.shape(array)) for array in arrays)
    return ShapeError(f"{name_of(call)}: does not go with shape {shapes}: {error}")
