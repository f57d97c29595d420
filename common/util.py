"""What a training script needs besides: clipped gradients, batches, and a way to the GPU."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy

from common import config
from common.base import check_list
from common.checks import (
    check_array,
    check_floats,
    check_number,
    check_sequence,
    check_whole,
    is_array,
)
from common.errors import ArgumentTypeError, DataError, GraphError, ShapeError
from common.np import AbstractTensor, Array, np
from common.parameters import Part, each_once, replace_arrays


def batches(size: int, *arrays: Array) -> Iterator[tuple[Array, ...]]:
    """So many rows of each at a time; the last batch has what is left.

    >>> [x.tolist() for (x,) in batches(2, np.array([1, 2, 3]))]
    [[1, 2], [3]]
    """
    check_whole("batches", "size", size, at_least=1)
    for i, array in enumerate(arrays):
        check_array("batches", f"array {i}", array)
        if array.ndim == 0:
            raise ShapeError(f"batches: array {i} must have rows, got shape {array.shape}")
        if len(array) != len(arrays[0]):
            raise DataError(
                f"batches: there are {len(arrays[0])} rows and {len(array)}, not as many"
            )
    return _slices(size, arrays)


def _slices(size: int, arrays: tuple[Array, ...]) -> Iterator[tuple[Array, ...]]:
    for start in range(0, len(arrays[0]), size):
        rows = slice(start, start + size)
        yield tuple([array[rows] for array in arrays])  # a list is faster than a generator


moves = 0  # of arrays, so far: an optimizer then follows those that it knew


def grad_norm(grads: Sequence[Array]) -> Array:
    """√(Σ g²) over all elements of all arrays, in float64: the square of 1e20 is no float32."""
    check_sequence("grad_norm", "grads", grads)
    for i, g in enumerate(grads):
        check_array("grad_norm", f"grads[{i}]", g)
    return _norm(grads)


def _norm(grads: Sequence[Array]) -> Array:
    return np.sqrt(sum(np.square(g, dtype=np.float64).sum() for g in grads))


def clip_grads(grads: Sequence[Array], max_norm: float) -> Array:
    """Scales all gradients, in place, so that their common norm is at most max_norm.

    The norm is that of `grad_norm`, of each array once. All are scaled by the same number, so the
    direction of the step stays. Returns the norm as it was before.

    Give it and the optimizer the same list: `grads = model.grads`. Where layers share an array,
    each look at `model.grads` adds their gradients up anew.

    Source: Pascanu et al. (2013); PyTorch's clip_grad_norm_, the 1e-6 included.

    >>> g = np.array([3.0, 4.0])
    >>> float(clip_grads([g], max_norm=1.0))
    5.0
    >>> g.round(4)
    array([0.6, 0.8])
    """
    check_number("clip_grads", "max_norm", max_norm, above=0)
    check_list("clip_grads", "grads", grads)
    for i, g in enumerate(grads):
        check_floats("clip_grads", f"grads[{i}]", g)
    grads = each_once(grads)
    norm = _norm(grads)
    rate = np.minimum(max_norm / (norm + 1e-6), 1)  # no `if`: it would wait for the GPU
    for g in grads:
        g *= rate.astype(g.dtype)
    return norm


def to_cpu(x: Any) -> Any:
    """x as a NumPy array; one that is on the GPU is copied, and waited for.

    A model is moved as a whole, as `to_gpu` does.
    """
    return _move_model(x, _array_to_cpu) if _holds_arrays(x) else _array_to_cpu(x)


def as_bytes(array: Array) -> memoryview:
    """The numbers of an array of either device, row by row, as they are in memory."""
    return numpy.asarray(to_cpu(array), order="C").reshape(-1).view(numpy.uint8).data


def to_gpu(x: Any) -> Any:
    """x as a CuPy array, whether `config.GPU` is on or not; it needs a GPU.

    A model is moved as a whole, and returned: a layer, a Module, or any object with `params`. The
    objects stay, and each array that they hold, parameters and gradients above all, is replaced
    by its copy on the GPU: once, in every list where it stands. The state of an optimizer follows
    at its next update. A graph that was recorded before cannot be walked back any more.
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
    """Whether x is a tensor or a model."""
    if isinstance(x, AbstractTensor | Part):
        return True
    return hasattr(x, "params") and hasattr(x, "__dict__") and not isinstance(x, type)


def _move_model(model: Any, move: Callable[[Any], Any]) -> Any:
    if getattr(model, "call", None) is not None:
        raise GraphError("A tensor that a call made cannot be moved. Move x.detach().")

    def move_and_count(array: Array) -> Array:
        global moves
        new = move(array)
        moves += new is not array
        return new

    replace_arrays(model, move_and_count)
    return model
