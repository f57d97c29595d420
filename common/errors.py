"""What this package raises: one tree, and each error is also the built-in one you would expect.

>>> from common.errors import CommonError, ShapeError
>>> issubclass(ShapeError, CommonError) and issubclass(ShapeError, ValueError)
True
"""


class CommonError(Exception):
    """Every error of this package; `except CommonError` catches them all."""


class ArgumentError(CommonError, ValueError):
    """A setting is out of its range: a learning rate of -1."""


class ArgumentTypeError(CommonError, TypeError):
    """A setting is not the kind of thing it must be: a learning rate of "fast"."""


class ShapeError(CommonError, ValueError):
    """An array has a shape that does not fit."""


class DTypeError(CommonError, TypeError):
    """An array has a dtype that does not fit, or is no array at all."""


class OutOfRangeError(CommonError, IndexError):
    """An index points to where there is nothing: in a tensor, in a Sequential."""


class LabelError(CommonError, ValueError):
    """A label is out of range, or the labels have a form that no loss knows."""


class DataError(CommonError, ValueError):
    """Numbers cannot be what they are given as: a NaN in a data set, scores as probabilities."""


class DeviceError(CommonError, RuntimeError):
    """The GPU is missing, or an array is on the other device."""


class FileError(CommonError, OSError):
    """A file cannot be written or read, is damaged, or holds something else."""


class MissingFileError(FileError, FileNotFoundError):
    """There is no such file."""


class UnknownNameError(CommonError, AttributeError):
    """An object has nothing of that name; the message says what it is called here."""


class CallOrderError(CommonError, AttributeError):
    """A call came too early: a `backward` before its `forward`, a `fit` within a `fit`."""


class SharedLayerError(CommonError, RuntimeError):
    """One layer or weight stands in two places, and the second would overwrite the first."""


class GraphError(CommonError, RuntimeError):
    """A tensor was used in a way that its graph cannot follow."""


class NotFiniteError(CommonError, ArithmeticError):
    """A loss became NaN or infinite in training."""


class GradientError(CommonError, AssertionError):
    """A `backward` disagrees with the slope measured on its `forward`."""


class WorkersError(CommonError, RuntimeError):
    """Workers cannot train together: one has failed, or differs, or MPI is missing."""
