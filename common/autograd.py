"""`Tensor`: an array that remembers how it was made, and the walk that brings gradients back.

    y = layer(x)          a call: the layer's forward, and y remembers it
    loss.backward()       the backward of each remembered call, the newest first

That is all there is to automatic differentiation: chapter 1's layers, called in the order in
which they were recorded, backwards.
"""

import numbers
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from common import array_ops, ops
from common.checks import check_array, check_floats, check_shape, name_of
from common.device import to_cpu
from common.errors import CommonError, GraphError
from common.gradients import Gradient, gradient_of, serials
from common.layer import Layer
from common.np import Array, np
from common.operands import as_data, as_device_array, explained, operand
from common.operators import Operators
from common.walk import Call, layer_of, walk_back

_recording = True


class no_grad:  # noqa: N801  used like a function: with no_grad(): ...
    """In the block nothing is recorded, and parameters may be changed: `w -= lr * w.grad`."""

    def __enter__(self) -> None:
        global _recording
        self.before, _recording = _recording, False

    def __exit__(self, *_: object) -> None:
        global _recording
        _recording = self.before


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
        self.data = as_data(data)
        if requires_grad:
            check_floats(self, "data", self.data)
        self.requires_grad = requires_grad
        self.call: Call | ops.Op | None = None
        self.gradient: Gradient | None = None  # what `grad` reads

    # Recording and the walk back ------------------------------------------------------------------

    @staticmethod
    def record(
        layer: Any,
        inputs: tuple[Any, ...],
        of: Layer | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> "Tensor":
        """Runs layer.forward on the arrays of the inputs. The result remembers the call.

        layer: without `of`, an op that was made for this one use. With it, a copy of the layer
        `of`, whose memory becomes the call's.
        """
        arrays, needs = [], []
        for x in inputs:
            if isinstance(x, Tensor):
                arrays.append(x.data)
                needs.append(x.requires_grad)
            else:
                arrays.append(operand(x) if of is None else x)
                needs.append(False)
        try:
            data = layer.forward(*arrays, **options) if options else layer.forward(*arrays)
        except (ValueError, IndexError, TypeError) as error:
            if isinstance(error, CommonError) or of is not None:
                raise
            raise explained(error, layer, arrays) from error
        y = object.__new__(Tensor)
        if type(data) is not np.ndarray:  # NumPy makes 0-d results scalars
            data = as_device_array(name_of(layer), "what forward returns", data)
        y.data, y.call, y.gradient, y.requires_grad = data, None, None, False
        if _recording and (True in needs or layer.params):
            y.requires_grad = True
            if of is None:
                layer.inputs, layer.needs, layer.serial = inputs, needs, next(serials)
                y.call = layer
            else:
                layer.needs_dx = needs[0]
                y.call = Call(layer, of, inputs, needs)
        return y

    def backward(self, grad: Any = None) -> None:
        """Adds d(self)/d(leaf) to the `grad` of each leaf on the way.

        For a tensor that is not one number, `grad` says how much each of its elements counts.
        """
        if self.call is None:
            raise GraphError("backward: this tensor was not made by anything that was recorded")
        for leaf, dx in walk_back(self.call, self._start(grad)):
            leaf.own_gradient().add(dx)

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
        return self._fitting(grad, "backward")

    def _fitting(self, grad: Any, who: str) -> Array:
        """A gradient from outside, in the shape of this tensor."""
        is_number = isinstance(grad, numbers.Real)
        grad = np.asarray(grad, self.dtype) if is_number else as_data(grad, who, "grad")
        check_shape(who, "grad", grad, self.shape)
        return grad if grad.dtype.kind == "f" else grad.astype(self.dtype)

    def own_gradient(self) -> Gradient:
        """What `grad` reads; zeros where there was none."""
        if self.gradient is None:
            self.gradient = Gradient(np.zeros_like(self.data))
        return self.gradient

    @property
    def grad(self) -> Any:
        """What has come back to this leaf since it was cleared; None if nothing has."""
        gradient = self.gradient
        return None if gradient is None or gradient.fresh else gradient.array

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is not None:
            grad = self._fitting(grad, "Tensor")
            own = self.own_gradient()
            own.array[...], own.fresh = grad, False
        elif self.gradient is not None:
            self._clear()

    def _clear(self) -> None:
        own = self.own_gradient()
        own.array, own.fresh = np.empty_like(own.array), True  # the old one may have been kept

    def detach(self) -> "Tensor":
        """The same array, with no past: no gradient goes through it."""
        return Tensor(self.data)

    # `w -= ...` changes what is learned in place. For any other tensor Python goes on to `w - ...`.

    def __iadd__(self, other: Any) -> Any:
        return self._in_place(operator.iadd, other)

    def __isub__(self, other: Any) -> Any:
        return self._in_place(operator.isub, other)

    def __imul__(self, other: Any) -> Any:
        return self._in_place(operator.imul, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._in_place(operator.itruediv, other)

    def __ipow__(self, other: Any) -> Any:
        return self._in_place(operator.ipow, other)

    def _in_place(self, change: Callable[[Any, Any], Any], other: Any) -> Any:
        if self.call is not None or not self.requires_grad:
            return NotImplemented
        if _recording:
            raise GraphError(
                "a tensor that is learned changes in place only inside `with no_grad():`"
            )
        if isinstance(other, Tensor):
            other = other.data
        elif type(other) is not self.data.dtype.type:  # lr * w.grad is such a scalar, if w is 0-d
            other = operand(other)
        try:
            change(self.data, other)
        except (ValueError, TypeError) as error:
            raise explained(error, self, (self.data, other)) from error
        self.own_gradient().changed = next(serials)
        return self

    def __repr__(self) -> str:
        origin = ", requires_grad=True" if self.requires_grad else ""
        if self.call is not None:
            origin = f", made by {name_of(layer_of(self.call))}"
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
        self.gradient: Gradient = gradient_of(self.data)

    def _clear(self) -> None:
        self.gradient.clear()  # in place: optimizers and models hold on to the array

    def __reduce__(self) -> Any:
        """A copy finds the gradient of its own array, as every Parameter does."""
        return type(self), (self.data,)


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """a where the condition holds, b elsewhere."""
    condition = as_data(condition, "where", "the condition").astype(bool)
    return Tensor.record(ops.Where(condition), (a, b))


def maximum(a: Any, b: Any) -> Tensor:
    """The larger of two, element by element; where they are equal each gets half the gradient."""
    return Tensor.record(ops.Maximum(), (a, b))


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors one after another along an axis."""
    # A number has no axis to be joined along: as an array, each device says so alike.
    parts = tuple(np.asarray(x) if isinstance(x, numbers.Real) else x for x in tensors)
    return Tensor.record(array_ops.Concatenate(axis), parts)
