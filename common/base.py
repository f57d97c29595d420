"""What every layer is: a `forward`, a `backward`, and two lists.

Derive from `Layer` to write your own; `ch01/write_your_own_layer.py` shows how.
"""

import itertools
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from common.errors import CallOrderError, DTypeError, GraphError
from common.np import Array, np


class Gradient:
    """The gradient of one parameter.

    fresh: on the tape, nothing has come back yet, or since it was cleared. The next gradient is
    then written straight into the array; the ones after it are added.
    changed: when the parameter itself was last changed, in the numbering of `serials`.
    """

    __slots__ = ("array", "changed", "fresh")

    def __init__(self, array: Array) -> None:
        self.array = array
        self.fresh = True
        self.changed = 0

    def clear(self) -> None:
        """Zeros, ready to be written into."""
        self.array[...] = 0
        self.fresh = True

    def add(self, dparam: Array) -> None:
        """Adds what has come back."""
        if self.fresh:
            self.array[...] = dparam
            self.fresh = False
        else:
            self.array += dparam


serials = itertools.count(1)  # calls, and changes of parameters, are numbered as they happen
_gradients: dict[int, tuple[weakref.ref[Array], Gradient]] = {}


def gradient_of(param: Array, array: Array | None = None) -> Gradient:
    """The gradient of param. If it has none yet, one on `array`, or on new zeros.

    >>> W = np.ones(2)
    >>> gradient_of(W) is gradient_of(W), gradient_of(W) is gradient_of(W.copy())
    (True, False)
    """
    if id(param) not in _gradients:
        _register(param, Gradient(np.zeros_like(param) if array is None else array))
    return _gradients[id(param)][1]


def _register(param: Array, gradient: Gradient) -> None:
    key, forget = id(param), _gradients.pop
    # When the array is gone, so is its entry: another array may then get its id.
    _gradients[key] = weakref.ref(param, lambda _: forget(key, None)), gradient


def move_gradient(old: Array, new: Array, move: Callable[[Array], Array]) -> None:
    """The parameter `old` is `new` from now on; its gradient, if it has one, goes with it."""
    if id(old) in _gradients:
        _, gradient = _gradients.pop(id(old))
        gradient.array = move(gradient.array)
        gradient.changed = next(serials)  # a graph that was recorded before cannot be walked back
        _register(new, gradient)


def note_change(params: Iterable[Array]) -> None:
    """The parameters have been changed: a graph that was recorded before no longer fits them."""
    now = next(serials)
    for param in params:
        if entry := _gradients.get(id(param)):
            entry[1].changed = now


def has_repeats(items: Iterable[object]) -> bool:
    """Whether one object stands in two places.

    >>> a, b = [1], [1]
    >>> has_repeats([a, b]), has_repeats([a, b, a])
    (False, True)
    """
    ids = [id(item) for item in items]
    return len(set(ids)) < len(ids)


class Layer:
    """A function with a derivative, and the weights it learns.

    A layer has

    - `params`, the arrays that it learns, and `grads`, one array for each of them;
    - `forward(x)`, which returns the output and keeps what backward will need;
    - `backward(dout)`, which takes dL/d(output), writes dL/dparams into `grads`, in place, and
      returns dL/dx.

    The arrays in the two lists stay the same objects for good: optimizers and models hold on to
    them. `forward` writes into none of its inputs and `backward` not into `dout`, nor into what
    forward kept, so a second backward gives the same answer.

    >>> from common.np import np
    >>> class Double(Layer):
    ...     def forward(self, x):
    ...         return 2 * x
    ...
    ...     def backward(self, dout):
    ...         return 2 * dout
    >>> Double().backward(np.array([1.0, 10.0]))
    array([ 2., 20.])
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    training = True  # Dropout behaves differently when this is False
    needs_dx = True  # False where nobody will look at dL/dx: x is data, say
    takes_empty = False  # an empty batch is a mistake; an empty tensor in arithmetic is none
    holds_layers = False  # True for what only calls other layers: Sequential, Module

    def __init__(self, *params: Array) -> None:
        self.params = list(params)
        self.grads = [gradient_of(param).array for param in params]

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """On tensors: the output as a tensor that remembers this call.

        Each call is a copy of the layer, with a memory of its own and the same weights, so a
        layer may be called many times before a backward. What forward assigns to `self` stays
        with the call; what is to outlive it must be changed in place, as an array is.
        """
        if "_is_one_call" not in self.__dict__:
            self._check_is_one_call()
        for x in inputs:
            if hasattr(x, "record"):  # a Tensor, which is defined on top of layers
                copy = object.__new__(type(self))
                copy.__dict__.update(self.__dict__)
                return x.record(copy, inputs, self, options)
        raise self._needs_tensor()

    def _check_is_one_call(self) -> None:
        """The memory of a layer within this one would be shared by all calls of this one."""
        if len(list(layers_of(self))) > 1:
            raise GraphError(
                f"{type(self).__name__} holds layers, so it cannot be called on tensors as one. "
                f"Derive it from Module, and call its layers in forward."
            )
        self._is_one_call = True

    def _needs_tensor(self) -> DTypeError:
        return DTypeError(
            f"{type(self).__name__}: a call needs a Tensor. Write layer(Tensor(x)), "
            f"or layer.forward(x) to work on arrays by hand."
        )

    def zero_grads(self) -> None:
        """Clears the gradients, those of layers that this one holds included.

        By hand that is not needed, since backward sets them. On the tape the first gradient to
        come back after this is written, and each one after it is added.
        """
        for gradient in {id(g): g for leaf in leaves_of(self) for g in gradients_of(leaf)}.values():
            gradient.clear()

    def train(self) -> Self:
        """Training mode."""
        return self._set_mode(True)

    def eval(self) -> Self:
        """Evaluation mode: nothing is random."""
        return self._set_mode(False)

    def _set_mode(self, training: bool) -> Self:
        for layer in layers_of(self):
            layer.training = training
        return self

    def __getattr__(self, name: str) -> Any:
        """Python asks here only for what is missing, as `self.x` is before the first forward."""
        if isinstance(getattr(type(self), name, None), property):
            return getattr(type(self), name).fget(self)  # it failed: let it say so itself
        cause = "If forward sets it, call forward before backward"
        if name in ("params", "grads"):
            cause = "Its __init__ must call super().__init__(*weights)"
        if name in ("forward", "backward"):
            cause = "A layer must define it"
        raise CallOrderError(f"{type(self).__name__} has no {name!r}. {cause}.")

    def __repr__(self) -> str:
        shapes = ", ".join(str(param.shape) for param in self.params)
        return f"{type(self).__name__}({shapes})"


def gradients_of(layer: Layer) -> list[Gradient]:
    """The gradients of a layer's weights, with the arrays that stand in its `grads`."""
    if not layer.params:
        return []
    gradients = list(map(gradient_of, layer.params, layer.grads))
    # Lists that an __init__ made itself, on an array that another layer uses too, learn of it.
    layer.grads[:] = [gradient.array for gradient in gradients]
    return gradients


def leaves_of(model: object) -> list[Layer]:
    """The layers of a model that do something themselves, in their order."""
    return [layer for layer in layers_of(model) if not layer.holds_layers]


def layers_of(model: object) -> Iterator[Layer]:
    """The layers that a model holds, itself included if it is one, each once, in their order.

    A model is any object: its attributes are searched, and the lists, tuples and dictionaries
    among them, and the layers and models that these hold. (A model is told by its forward.)
    """
    seen: set[int] = set()
    stack = [model]
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Layer):
            yield item
        if isinstance(item, Layer) or item is model or hasattr(item, "forward"):
            stack.extend(reversed(list(getattr(item, "__dict__", {}).values())))
        elif isinstance(item, list | tuple):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            stack.extend(reversed(list(item.values())))


@contextmanager
def mode(model: object, training: bool) -> Iterator[None]:
    """Training or evaluation mode for the block; after it, each layer's own mode again."""
    before = [(layer, layer.training) for layer in layers_of(model)]
    for layer, _ in before:
        layer.training = training
    try:
        yield
    finally:
        for layer, was_training in before:
            layer.training = was_training
