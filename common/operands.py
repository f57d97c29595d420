"""What may stand beside a tensor in an operation, or become one."""

from collections.abc import Sequence
from typing import Any

import numpy

from common import config
from common.checks import NUMBERS, check_array, is_array, name_of
from common.errors import (
    ArgumentTypeError,
    CommonError,
    DTypeError,
    OutOfRangeError,
    ShapeError,
)
from common.np import Array, np


def array_of(x: Any) -> Any:
    """The array of a tensor; anything else as it is."""
    return x.data if hasattr(x, "record") else x


def operand(x: Any) -> Any:
    """A tensor, an array or a number as it is; NumPy's scalars take the tensor's dtype."""
    if type(x) is int or type(x) is float:  # the usual case: the 2 of x ** 2
        return x
    x = plain(x)
    if not (isinstance(x, (float, int, np.ndarray)) or hasattr(x, "record")):
        check_array("Tensor", "the other operand", x)
    return x


def as_device_array(who: str, name: str, x: Any) -> Array:
    """An array of the device that is on; a scalar of NumPy's, from 0-d arithmetic, becomes one."""
    if isinstance(x, numpy.generic):
        return np.asarray(x)
    check_array(who, name, x)
    return x


def plain(x: Any) -> Any:
    """NumPy's scalars as Python's, so that they do not decide a dtype."""
    return x.item() if isinstance(x, numpy.generic) else x


def as_data(data: Any, who: str = "Tensor", name: str = "data") -> Array:
    """What a tensor holds: an array as it is, and all else as one of the device that is on.

    Python's floats become `config.dtype`; NumPy's scalars keep their own.
    """
    if isinstance(array_of(data), np.ndarray):
        array = array_of(data)
    elif hasattr(data, "shape") and not isinstance(data, numpy.generic):
        check_array(who, name, data)  # on the other device: this says so
    else:
        try:
            array = np.asarray(data)
        except ValueError as error:
            raise DTypeError(f"{who}: {name} must be a table of numbers: {error}") from error
        if array.dtype.kind == "f" and not isinstance(data, numpy.generic):
            array = array.astype(config.dtype)
    if array.dtype.kind not in NUMBERS:
        raise DTypeError(f"{who}: {name} must hold real numbers, got {data!r:.80}")
    return array


def check_devices(who: object, arrays: Sequence[Any]) -> None:
    """All arrays among them are on the device that is on."""
    for i, array in enumerate(arrays):
        if is_array(array):
            check_array(who, f"operand {i}", array)


def explained(error: Exception, who: object, arrays: Sequence[Any]) -> CommonError:
    """NumPy's error, with the name of the op and the shapes that it was given.

    CuPy's error about an array that was left on the CPU becomes a DeviceError.
    """
    check_devices(who, arrays)
    shapes = " and ".join(str(np.shape(array)) for array in arrays)
    message = f"{name_of(who)}: cannot be done with shape {shapes}: {error}"
    if isinstance(error, ValueError):
        return ShapeError(message)
    return OutOfRangeError(message) if isinstance(error, IndexError) else ArgumentTypeError(message)
