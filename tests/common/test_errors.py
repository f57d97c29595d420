import inspect

import pytest

from common import errors
from common.errors import CommonError

pytestmark = pytest.mark.cpu  # about the classes alone

EVERY_ERROR = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if error.__module__ == errors.__name__ and error is not CommonError
]


def test_the_module_has_errors() -> None:
    assert len(EVERY_ERROR) >= 11


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_an_error_is_one_of_the_package_and_one_of_pythons(error: type[Exception]) -> None:
    assert issubclass(error, CommonError)
    pythons = [base for base in error.__mro__ if base.__module__ == "builtins"]
    assert set(pythons) - {Exception, BaseException, object}


@pytest.mark.parametrize(
    ("error", "pythons"),
    [
        (errors.ArgumentError, ValueError),
        (errors.ArgumentTypeError, TypeError),
        (errors.ShapeError, ValueError),
        (errors.DTypeError, TypeError),
        (errors.LabelError, ValueError),
        (errors.DataError, ValueError),
        (errors.DeviceError, RuntimeError),
        (errors.CallOrderError, AttributeError),
        (errors.UnknownNameError, AttributeError),
        (errors.OutOfRangeError, IndexError),
        (errors.SharedLayerError, RuntimeError),
        (errors.GraphError, RuntimeError),
        (errors.NotFiniteError, ArithmeticError),
        (errors.GradientError, AssertionError),
    ],
)
def test_an_error_is_caught_as_the_built_in_one(
    error: type[Exception], pythons: type[Exception]
) -> None:
    with pytest.raises(pythons, match="what came"):
        raise error("what came")


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_an_error_says_what_it_is_for(error: type[Exception]) -> None:
    assert error.__doc__
    assert error.__doc__ != CommonError.__doc__
