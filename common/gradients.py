"""The gradient arrays: one for each parameter array, whoever uses it.

Two layers made on the same `W`, or a layer and a `Parameter`, find the same array here, so that
their gradients can be added up. Arrays are told apart by identity: two with equal numbers are
two parameters.
"""

import itertools
import weakref
from collections.abc import Callable, Iterable

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
