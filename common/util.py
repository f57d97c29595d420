"""What a training script needs besides: clipping gradients, and moving to the GPU and back."""

import operator
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from common import config
from common.base import Layer, move_gradient, serials
from common.checks import NUMBERS, check_floats, check_number, is_array
from common.errors import ArgumentTypeError, GraphError
from common.np import Array, np


def clip_grads(grads: Sequence[Array], max_norm: float) -> Array:
    """Scales all gradients, in place, so that their common norm is at most max_norm.

    The norm is √(Σ g²) over all elements of all arrays. All are scaled by the same number, so
    the direction of the step stays. Returns the norm as it was before.

    Source: Pascanu et al. (2013); PyTorch's clip_grad_norm_, the 1e-6 included.

    >>> g = np.array([3.0, 4.0])
    >>> float(clip_grads([g], max_norm=1.0))
    5.0
    >>> g.round(4)
    array([0.6, 0.8])
    """
    check_number("clip_grads", "max_norm", max_norm, above=0)
    for i, g in enumerate(grads):
        check_floats("clip_grads", f"grads[{i}]", g)
    norm = np.sqrt(sum((g * g).sum() for g in grads))
    rate = np.minimum(max_norm / (norm + 1e-6), 1)  # no `if`: it would wait for the GPU
    for g in grads:
        g *= rate
    return norm


def to_cpu(x: Any) -> Any:
    """x as a NumPy array; one that is on the GPU is copied, and waited for.

    A model is moved as a whole, as `to_gpu` does.
    """
    return _move_model(x, _array_to_cpu) if _holds_arrays(x) else _array_to_cpu(x)


def to_gpu(x: Any) -> Any:
    """x as a CuPy array, whether `config.GPU` is on or not; it needs a GPU.

    A model is moved as a whole, and returned: a layer, a Module, or any object with `params`. The
    objects stay, and each array that they hold, parameters and gradients above all, is replaced
    by its copy on the GPU: once, in every list where it stands. They are looked for as
    `layers_of` does, in attributes, lists, tuples and dictionaries. The state of an optimizer
    follows at its next update. A graph that was recorded before cannot be walked back any more.
    """
    asarray = config.find_cupy().asarray
    if _holds_arrays(x):
        return _move_model(x, asarray)
    return asarray(x if is_array(x) else _array_to_cpu(x))


def to_device(x: Any) -> Any:
    """x on the device that `config.GPU` says."""
    return to_gpu(x) if config.GPU else to_cpu(x)


def _array_to_cpu(x: Any) -> Any:
    if hasattr(x, "__cuda_array_interface__"):
        return x.get()
    try:
        array = numpy.asarray(x)
        if array.dtype != object:
            return array
    except ValueError:  # lists of different lengths
        pass
    raise ArgumentTypeError(f"expected an array or a model to move, got {x!r:.80}")


def _holds_arrays(x: Any) -> bool:
    """Whether x is a tensor or a model, and not itself something like an array."""
    is_model = hasattr(x, "record") or (hasattr(x, "params") and hasattr(x, "__dict__"))
    return is_model and not isinstance(x, type)


def _move_model(model: Any, move: Callable[[Any], Any]) -> Any:
    if getattr(model, "call", None) is not None:
        raise GraphError("A tensor that a call made cannot be moved. Move x.detach().")
    _Mover(move).moved_in(model if hasattr(model, "record") else vars(model))
    return model


class _Mover:
    """Goes through all that a model holds, as `layers_of` does, and moves each array once."""

    def __init__(self, move: Callable[[Any], Any]) -> None:
        self.move = move
        # By id; the old array is kept beside the new one, so that no other gets its id meanwhile.
        self.moved: dict[int, tuple[Array, Array]] = {}
        self.seen: set[int] = set()

    def moved_in(self, item: Any) -> Any:
        """What is to stand where `item` stood: arrays and tuples are new, all else is changed."""
        if is_array(item):
            return self.array(item) if item.dtype.kind in NUMBERS else item
        if isinstance(item, tuple):
            parts = list(map(self.moved_in, item))
            make = getattr(item, "_make", tuple)  # a named tuple stays one
            return item if all(map(operator.is_, parts, item)) else make(parts)
        if id(item) not in self.seen:
            self.seen.add(id(item))
            self._change(item)
        return item

    def _change(self, item: Any) -> None:
        if isinstance(item, list):
            item[:] = map(self.moved_in, item)
        elif isinstance(item, dict):
            item.update({key: self.moved_in(value) for key, value in item.items()})
        elif hasattr(item, "record"):
            self._change_tensor(item)
        elif isinstance(item, Layer) or hasattr(item, "forward"):
            self._change(vars(item))

    def _change_tensor(self, tensor: Any) -> None:
        if tensor.call is not None:
            return  # a result that was kept: it stays what it was
        old, tensor.data = tensor.data, self.array(tensor.data)
        if tensor.requires_grad and tensor.data is not old:
            gradient = tensor.own_gradient()
            gradient.array, gradient.changed = self.array(gradient.array), next(serials)

    def array(self, array: Array) -> Array:
        """The moved array. If it is a parameter, its gradient goes with it."""
        array = latest(array)
        if id(array) not in self.moved:
            new = self.move(array)
            self.moved[id(array)] = array, new
            if new is not array:
                _remember(array, new)
                move_gradient(array, new, self.array)
        return self.moved[id(array)][1]


# An array that was moved may still stand in the list of another model, which is moved later: by
# the id of each, itself and what it has become. Neither is kept alive by this.
_moved_to: dict[int, tuple[weakref.ref[Array], weakref.ref[Array]]] = {}


def latest(array: Array) -> Array:
    """What an array has become by all moves so far; itself if that is gone, or it never moved."""
    _, new = _moved_to.get(id(array), (None, None))
    became = new() if new else None
    return array if became is None else became


def _remember(old: Array, new: Array) -> None:
    for key, (first, became) in list(_moved_to.items()):
        if became() is old:  # moved on
            _moved_to[key] = first, weakref.ref(new)
    key, forget = id(old), _moved_to.pop
    _moved_to[key] = weakref.ref(old, lambda _: forget(key, None)), weakref.ref(new)
