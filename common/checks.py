"""The rules that inputs must keep, each in one place, and the messages that say so.

A check that a layer makes at every step is written to cost next to nothing when all is well.
"""

import inspect
import math
import numbers
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from common import config
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    DeviceError,
    DTypeError,
    LabelError,
    ShapeError,
)
from common.np import AbstractTensor, Array, Seed, np

NUMBERS = "fiub"  # the kinds of dtype that a layer computes with
STRETCH = 2**24  # bytes of a data set, that are looked at or put in order at once


def name_of(who: object) -> str:
    """How a message calls an object: a string as it is, anything else by its class."""
    return who if isinstance(who, str) else type(who).__name__


def class_advice(value: object) -> str:
    """What a message adds where a class was given in the place of an object."""
    return " Make one of the class first." if isinstance(value, type) else ""


# Settings -------------------------------------------------------------------------------------


def check_number(
    who: object,
    name: str,
    value: Any,
    *,
    at_least: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
) -> float:
    """`value`, a finite number with at_least <= value <= at_most and above < value < below."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        got = "a list" if isinstance(value, list | tuple) else f"{value!r:.80}"
        raise ArgumentTypeError(f"{name_of(who)}: {name} must be a number, got {got}")
    try:
        value = float(value)
    except OverflowError:  # a whole number beyond all floats
        value = math.inf if value > 0 else -math.inf
    if not (math.isfinite(value) and at_least <= value <= at_most and above < value < below):
        limits = {"at least": at_least, "above": above, "below": below, "at most": at_most}
        wanted = [f"{word} {limit:g}" for word, limit in limits.items() if math.isfinite(limit)]
        wanted += [] if math.isfinite(value) else ["finite"]
        raise ArgumentError(
            f"{name_of(who)}: {name} must be {' and '.join(wanted)}, got {value:.10g}"
        )
    return value


def check_whole(
    who: object, name: str, value: int, *, at_least: float = -math.inf, below: float = math.inf
) -> int:
    """`value`, a whole number with at_least <= value < below."""
    try:
        if isinstance(value, bool):
            raise TypeError
        value = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(
            f"{name_of(who)}: {name} must be a whole number, got {value!r:.80}"
        ) from None
    check_number(who, name, value, at_least=at_least, below=below)
    return value


def check_sizes(who: object, **sizes: int) -> None:
    """Whole numbers from 1, the lengths of the axes of an array for which there is room."""
    for name, size in sizes.items():
        check_whole(who, name, size, at_least=1)
    try:
        numpy.empty(tuple(sizes.values()))
    except (MemoryError, ValueError) as error:  # ValueError: no machine could have so many
        raise ArgumentError(
            f"{name_of(who)}: {' times '.join(sizes)} must fit into the memory, got "
            f"{' · '.join(map(str, sizes.values()))} numbers"
        ) from error


class Setting:
    """What a layer or an optimizer is set to, checked whenever it is set: a number, by default.

    check: one of the functions here that return the value; limits: what else it is given.

    It has no `__get__`, so that to look at it costs what any attribute costs.
    """

    def __init__(self, check: Callable[..., Any] = check_number, **limits: Any) -> None:
        self.check, self.limits = check, limits

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __set__(self, who: object, value: Any) -> None:
        vars(who)[self.name] = self.checked(who, value)

    def checked(self, who: object, value: Any) -> Any:
        """The value, if it may be one."""
        return self.check(who, self.name, value, **self.limits)


def check_function(who: object, name: str, value: Any, of: str) -> None:
    """A function of one argument, or what can be called like one."""
    if not callable(value):
        raise ArgumentTypeError(f"{name_of(who)}: {name} must be a function of {of}, got {value!r}")
    try:
        inspect.signature(value).bind(None)
    except TypeError:
        called = getattr(value, "__name__", name_of(value))
        raise ArgumentTypeError(
            f"{name_of(who)}: {name} must be a function of {of} and nothing else, which {called} "
            f"is not. If it makes such a function, call it: {called}(...)"
        ) from None
    except ValueError:  # it is written in C, and does not say what it takes
        pass


def check_sequence(who: object, name: str, value: Any, *, length: int | None = None) -> None:
    """A list or a tuple, of so many things."""
    if not isinstance(value, list | tuple) or length not in (None, len(value)):
        wanted = "a list" if length is None else f"a list or tuple of {length}"
        raise ArgumentTypeError(f"{name_of(who)}: {name} must be {wanted}, got {value!r:.80}")


def check_mapping(who: object, name: str, value: Any, *, to: str) -> None:
    """A dictionary, from names to something."""
    if not isinstance(value, Mapping):
        raise ArgumentTypeError(
            f"{name_of(who)}: {name} must be a dictionary, {{name: {to}}}, got {value!r:.80}"
        )


def check_flag(who: object, name: str, value: bool) -> bool:
    """`value`, True or False: a text, say, would count as True whatever it says."""
    if not isinstance(value, bool | numpy.bool):
        raise ArgumentTypeError(f"{name_of(who)}: {name} must be True or False, got {value!r:.80}")
    return bool(value)


def check_text(who: object, name: str, value: str) -> None:
    """A text."""
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{name_of(who)}: {name} must be a text, got {value!r:.80}")


def check_choice(who: object, name: str, value: str, choices: Sequence[str]) -> str:
    """`value`, one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        wanted = " or ".join(map(repr, choices))
        raise ArgumentError(f"{name_of(who)}: {name} must be {wanted}, got {value!r}")
    return value


def generator(who: object, seed: Seed) -> numpy.random.Generator:
    """A random generator of its own for a number or None; a generator is used as it is."""
    try:
        if isinstance(seed, bool):  # of Linear(3, 2, False), where False is to mean: no bias
            raise TypeError
        return numpy.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"{name_of(who)}: seed must be a whole number from 0, a NumPy Generator or None, "
            f"got {seed!r}"
        ) from error


# Arrays ---------------------------------------------------------------------------------------


def is_array(x: Any) -> bool:
    """An array of either device."""
    return isinstance(x, numpy.ndarray) or hasattr(x, "__cuda_array_interface__")


def check_array(
    who: object, name: str, array: Any, shape: tuple[int, ...] | None = None, kinds: str = NUMBERS
) -> None:
    """An array of numbers, on the device that is on, and of exactly this shape if one is given.

    So nothing is broadcast in silence. kinds: of dtype, as in `array.dtype.kind`.
    """
    if type(array) is not np.ndarray:
        _check_device(who, name, array)
    if array.dtype.kind not in kinds:
        wanted = "numbers" if kinds is NUMBERS else "whole numbers" if kinds == "iu" else "floats"
        raise DTypeError(f"{name_of(who)}: {name} must hold {wanted}, got {array.dtype}")
    if shape is not None and array.shape != shape:
        as_many = array.size == math.prod(shape)
        advice = f". It has as many numbers: {name}.reshape{shape}" if as_many else ""
        raise ShapeError(
            f"{name_of(who)}: {name} must have shape {shape}, got {array.shape}{advice}"
        )


def check_plain(who: object, name: str, array: Array) -> None:
    """No array of another kind than it seems: `*` of a matrix is no product of elements."""
    if type(array) is numpy.ndarray:
        return
    if isinstance(array, numpy.ma.MaskedArray):
        raise DTypeError(
            f"{name_of(who)}: {name} is a masked array, and its mask would be lost on the way. "
            f"Say what is to stand there: x.filled(0)."
        )
    if isinstance(array, numpy.matrix):
        raise DTypeError(f"{name_of(who)}: {name} is a matrix. Make it an array: np.asarray(x).")


def _check_device(who: object, name: str, array: Any) -> None:
    if isinstance(array, np.ndarray):
        check_plain(who, name, array)
        return
    if is_array(array):
        there, move = ("CPU", "to_gpu") if isinstance(array, numpy.ndarray) else ("GPU", "to_cpu")
        raise DeviceError(
            f"{name_of(who)}: {name} is on the {there}, but config.GPU is {config.GPU}. Move it "
            f"with {move}({name}); if it is part of a model, move the model whole, {move}(model). "
            f"Both are in common.util."
        )
    advice = "Make one with np.array(...)."
    if array is None:
        advice = "Does the function that it comes from return it?"
    elif isinstance(array, AbstractTensor):
        advice = "On tensors, call the layer itself, layer(x), or a method of the tensor."
    raise DTypeError(
        f"{name_of(who)}: {name} must be an array, got {type(array).__name__}. {advice}"
    )


def check_not_empty(who: object, name: str, array: Any) -> None:
    """An array of numbers with at least one element."""
    check_array(who, name, array)
    if array.size == 0:
        raise ShapeError(f"{name_of(who)}: {name} is empty: its shape is {array.shape}")


def check_batch(who: object, name: str, array: Any, W: Array) -> None:
    """A batch for W (D, H): shape (N, D) with N at least 1, on the same device."""
    is_usual = type(array) is np.ndarray and type(W) is np.ndarray
    if not is_usual or array.dtype.kind not in NUMBERS:
        check_array(who, name, array)
        check_array(who, "W", W)
    width = len(W)
    if array.shape[1:] != (width,) or array.size == 0:
        alone = array.shape == (width,)
        hint = ". One example alone is a batch of one: x[None, :]" if alone else ""
        raise ShapeError(
            f"{name_of(who)}: {name} must have shape (N, {width}) with N at least 1, "
            f"got {array.shape}{hint}"
        )


def check_floats(who: object, name: str, array: Any) -> None:
    """An array of floats that can be written into."""
    _check_device(who, name, array)
    if array.dtype.kind != "f":
        raise DTypeError(
            f"{name_of(who)}: {name} must hold floats, got {array.dtype}: training moves it by "
            f"small fractions. Make it floats: np.asarray({name}, np.float32)."
        )
    if not getattr(array.flags, "writeable", True):  # CuPy's arrays always are
        raise DTypeError(f"{name_of(who)}: {name} is read-only. Pass a copy of it.")


def check_weight(who: object, name: str, array: Any, ndim: int) -> None:
    """An array of floats to learn: of `ndim` axes, not empty, and finite."""
    check_floats(who, name, array)
    if array.ndim != ndim or array.size == 0:
        raise ShapeError(
            f"{name_of(who)}: {name} must have {ndim} {'axis' if ndim == 1 else 'axes'}, "
            f"not empty, got shape {array.shape}"
        )
    check_finite(who, name, array)


def check_finite(who: object, name: str, array: Array) -> None:
    """No NaN and no infinity. On a GPU it waits for the answer: not for inside a step."""
    if not bool(np.isfinite(array).all()):
        raise DataError(f"{name_of(who)}: {name} holds NaN or infinity")


def check_loss_gradient(who: object, dout: Any) -> Any:
    """What reaches the backward of a loss: one number, 1 unless the loss is scaled further.

    NumPy's scalars become Python's, so that their dtype does not count.
    """
    if isinstance(dout, numpy.generic):
        dout = dout.item()
    if isinstance(dout, (int, float)):
        return dout
    if not is_array(dout) or dout.shape != ():
        raise ShapeError(f"{name_of(who)}: dout must be one number, got {dout!r:.80}")
    check_array(who, "dout", dout)
    return dout


def check_data(who: object, x: Any, t: Any) -> None:
    """A data set: as many rows in t as in x, at least one, and every number finite."""
    check_rows(who, "x", x)
    check_rows(who, "t", t)
    if len(x) != len(t):
        raise DataError(f"{name_of(who)}: x has {len(x)} rows, but t has {len(t)}")


def check_rows(who: object, name: str, array: Any) -> None:
    """At least one row, and every number finite."""
    check_array(who, name, array)
    if array.ndim == 0 or array.size == 0:
        raise DataError(f"{name_of(who)}: {name} has no rows: its shape is {array.shape}")
    if array.dtype.kind != "f":
        return
    is_finite = _finite_rows(array)
    if not bool(is_finite.all()):
        rows = np.flatnonzero(~is_finite)
        raise DataError(
            f"{name_of(who)}: {name} holds NaN or infinity in {len(rows)} of its "
            f"{len(array)} rows, the first of them row {int(rows[0])}"
        )


def rows_at_once(array: Array) -> int:
    """How many of its rows are 16 MiB: it may be on a disk, and larger than the memory.

    >>> rows_at_once(np.zeros((10000, 1024))), rows_at_once(np.zeros((2, 2**22)))
    (2048, 1)
    """
    return max(STRETCH // array[:1].nbytes, 1)


def _finite_rows(array: Array) -> Array:
    """Whether each row is finite. Looks at a stretch at a time."""
    count = rows_at_once(array)
    parts = (array[start : start + count] for start in range(0, len(array), count))
    return np.concatenate([np.isfinite(part).reshape(len(part), -1).all(axis=1) for part in parts])


# Labels ---------------------------------------------------------------------------------------
#
# NumPy wraps an index of -1, and CuPy every one, in silence. On a GPU nobody waits to see whether
# one is wrong: what it would have chosen becomes NaN, and so does the loss.


def are_indices(y: Array, t: Array) -> bool:
    """Whether t gives each row of y a class number; if not, it must give a distribution."""
    return t.ndim == y.ndim - 1 and t.dtype.kind in "iu"


def has_one_score(y: Array) -> bool:
    """Whether y has one number for each row: (N,) or (N, 1)."""
    return y.size == len(y)


def has_classes(y: Array, t: Array) -> bool:
    """Whether t names a class for each row of y (N, C): by its number, or by a distribution."""
    if y.ndim != 2 or has_one_score(y):
        return False
    if are_indices(y, t):  # a model may number its classes in another way, from 1 say
        return config.GPU or (t.min() >= 0 and t.max() < y.shape[1])
    return t.shape == y.shape and bool(_add_up_to_1(t).all())


def take_rows(who: object, name: str, table: Array, indices: Array) -> Array:
    """table[indices]. An index outside raises; on a GPU its row is NaN."""
    check_array(who, name, indices, kinds="iu")
    if indices.size == 0:
        raise ShapeError(f"{name_of(who)}: {name} is empty: its shape is {indices.shape}")
    inside = _are_inside(who, name, indices, len(table))
    rows = table[indices]
    return rows if inside is None else np.where(inside[..., None], rows, np.nan)


def check_labels(who: object, y: Array, t: Array) -> Array:
    """y (N, C), scores or (log-)probabilities, once its labels t are known to be some.

    Labels have one of two forms. Class numbers: whole numbers of shape (N,) in 0..C-1.
    Distributions (one-hot rows are some): shape (N, C), nothing below 0, each row adding up to 1.
    A wrong label raises; on a GPU its row of y becomes NaN.
    """
    check_label_form(who, y, t)
    is_table = t.ndim == y.ndim
    valid = _are_distributions(who, t) if is_table else _are_inside(who, "t", t, y.shape[-1])
    return y if valid is None else np.where(valid[..., None], y, np.nan)


def _are_inside(who: object, name: str, indices: Array, count: int) -> Array | None:
    if config.GPU:
        return (indices >= 0) & (indices < count)
    if indices.min() < 0 or indices.max() >= count:
        wrong = int(indices[(indices < 0) | (indices >= count)][0])
        raise LabelError(f"{name_of(who)}: {name} must lie in 0..{count - 1}, got {wrong}")
    return None


def _are_distributions(who: object, t: Array) -> Array | None:
    if config.GPU:
        return _add_up_to_1(t)
    sums = t.sum(axis=-1)
    if np.count_nonzero(t) == np.count_nonzero(sums == 1) == sums.size:
        return None  # the usual case, in few calls: one nonzero a row, and it is 1
    valid = _add_up_to_1(t)
    if not valid.all():
        wrong = t[~valid][0]
        raise LabelError(
            f"{name_of(who)}: each row of t must be a distribution: nothing below 0, adding up to "
            f"1 (a one-hot row is one); got the row {wrong}, which adds up to {wrong.sum():g}"
        )
    return None


def check_probabilities(who: object, y: Array) -> Array:
    """y (..., C), once each row is known to be a distribution; on a GPU, NaN where one is none."""
    valid = _add_up_to_1(y)
    if config.GPU:
        return np.where(valid[..., None], y, np.nan)
    if not valid.all():
        wrong = y[~valid][0]
        raise DataError(
            f"{name_of(who)}: each row of y must hold probabilities: nothing below 0, adding up to "
            f"1; got the row {wrong}. For scores, pass softmax(y), or take SoftmaxWithLoss."
        )
    return y


def check_binary_labels(who: object, x: Array, t: Array) -> Array:
    """x, once each of its labels t is known to lie between 0 and 1; on a GPU, NaN where not."""
    valid = (t >= 0) & (t <= 1)
    if config.GPU:
        return np.where(valid, x, np.nan)
    if not valid.all():
        raise LabelError(f"{name_of(who)}: t must lie between 0 and 1, got {t[~valid].flat[0]}")
    return x


def _add_up_to_1(t: Array) -> Array:
    """Whether each row is a distribution: nothing below 0, adding up to 1."""
    return (t >= 0).all(axis=-1) & (np.abs(t.sum(axis=-1) - 1.0) < 1e-3)


def check_label_form(who: object, y: Array, t: Any) -> None:
    """The shapes and dtypes that labels for y may have."""
    if type(t) is not np.ndarray:
        _check_device(who, "t", t)
    if t.shape == y.shape and t.dtype.kind in NUMBERS:
        return
    if t.shape == y.shape[:-1] and t.dtype.kind in "iu":
        return
    raise LabelError(
        f"{name_of(who)}: t must hold class numbers (whole numbers of shape {y.shape[:-1]}) "
        f"or distributions (shape {y.shape}), got {t.dtype} of shape {t.shape}"
        + (". As many numbers: t.reshape(-1)" if t.shape == (*y.shape[:-1], 1) else "")
    )
