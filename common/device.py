"""Moving between CPU and GPU: arrays, and whole models."""

import operator
from collections.abc import Callable
from typing import Any

import numpy

from common import config
from common.checks import is_array
from common.errors import GraphError
from common.gradients import move_gradient
from common.layer import Layer
from common.np import Array


def to_cpu(x: Any) -> Any:
    """x as a NumPy array; one that is on the GPU is copied, and waited for.

    A model is moved as a whole, as `to_gpu` does.
    """
    return _move_model(x, _array_to_cpu) if _holds_arrays(x) else _array_to_cpu(x)


def to_gpu(x: Any) -> Any:
    """x as a CuPy array, whether `config.GPU` is on or not; it needs a GPU.

    A model is moved as a whole, and returned: a layer, a Module, or any object with `params`. The
    objects stay, and each array that they hold, parameters and gradients above all, is replaced
    by its copy on the GPU: once, in every list where it stands. The state of an optimizer
    follows at its next update. What was recorded before cannot be walked back any more.
    """
    return _move_model(x, _array_to_gpu) if _holds_arrays(x) else _array_to_gpu(x)


def to_device(x: Any) -> Any:
    """x on the device that `config.GPU` says."""
    return to_gpu(x) if config.GPU else to_cpu(x)


def _array_to_cpu(x: Any) -> Any:
    return x.get() if hasattr(x, "__cuda_array_interface__") else numpy.asarray(x)


def _array_to_gpu(x: Any) -> Any:
    return config.find_cupy().asarray(x)


def _holds_arrays(x: Any) -> bool:
    """Whether x is a tensor or a model, and not itself something like an array."""
    return hasattr(x, "record") or hasattr(x, "params")


def _move_model(model: Any, move: Callable[[Any], Any]) -> Any:
    if getattr(model, "call", None) is not None:
        raise GraphError("A tensor that a call made cannot be moved. Move x.detach().")
    mover = _Mover(move)
    mover.moved_in(model if hasattr(model, "record") else vars(model))
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
            return self.array(item)
        if isinstance(item, tuple):
            parts = tuple(map(self.moved_in, item))
            return item if all(map(operator.is_, parts, item)) else parts
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
        if tensor.call is None:
            tensor.data = self.array(tensor.data)
            if tensor.gradient is not None:
                tensor.gradient.array = self.array(tensor.gradient.array)

    def array(self, old: Array) -> Array:
        """The moved array. If it is a parameter, its gradient goes with it."""
        if id(old) not in self.moved:
            self.moved[id(old)] = old, self.move(old)
            move_gradient(*self.moved[id(old)], self.array)
        return self.moved[id(old)][1]
