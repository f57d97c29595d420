"""Is a `backward` right? Measure the slope, and compare.

The slope of f at p is (f(p + h) - f(p - h)) / 2h, up to an error of the order h². In float64,
with h = 1e-5, that leaves about ten digits to compare with what backward says.

>>> from common.layers import Sigmoid
>>> check_gradients(Sigmoid(), np.array([[0.5, -1.0]])) < 1e-6
True
"""

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy

from common.autograd import Tensor
from common.autograd.tape import Call, calls_behind
from common.base import Layer
from common.checks import check_array, check_function, check_number, check_whole
from common.errors import ArgumentError, ArgumentTypeError, CommonError, GradientError, ShapeError
from common.gradient_run import STEP, Run, call_on_tensors, is_called_on_tensors, tensors_of
from common.layer_rules import (
    NOT_SAID,
    Inputs,
    check_repeats,
    check_rules,
    named_inputs,
    nothing_written,
    title,
)
from common.mistakes.gather import is_small_enough, likely_cause, measure_jacobian
from common.np import Array, np
from common.parameters import parts_of, replace_arrays
from common.util import to_cpu

EVERY_ELEMENT_UP_TO = 64  # of a larger array, the slope in one random direction


def numerical_gradient(f: Callable[[Array], Any], x: Array) -> Array:
    """df/dx by central differences, one element after another; f returns one number.

    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([3.0, -1.0])).round(6)
    array([ 6., -2.])
    """
    check_function("numerical_gradient", "f", f, of="x")
    check_array("numerical_gradient", "x", x)
    x = x.astype(np.float64)
    if np.shape(f(x)) != ():
        raise ShapeError(
            f"numerical_gradient: f must return one number, got shape {np.shape(f(x))}"
        )
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        gradient[i] = _slope(lambda: f(x), x, _unit(x, i))
    return gradient


def check_gradients(f: Any, *inputs: Array, tolerance: float = 1e-6, seed: int = 0) -> float:
    """Compares the gradients that come back through f with measured slopes.

    f: a layer, whose forward and backward are called by hand; or a Module, or any function of
    tensors, whose gradients the tape brings. A copy of it in float64 is measured; f itself is left
    alone. A function has no copy: its inputs are checked, and the layers that it calls are used as
    they are. To check them too, write a Module.

    For every input of floats that backward returns a gradient for, and for every parameter. What
    f returns is made one number by a random weighting of its elements. At a kink, as ReLU has one
    at 0, there is no slope to compare with: choose other inputs.

    Before that, the layer must keep the rules of `common.layer_rules`; of a Module or a function,
    each layer that is called.

    Returns the largest relative error, |measured - said| / |said|; where what is said is below a
    thousandth of the array's largest, it is divided by that thousandth instead, and what rounding
    alone can make is no error.

    Raises GradientError if an error is above `tolerance`. It names the worst element and, of small
    arrays, the mistake that the gradient looks like (`common.mistakes`); of what calls layers, the
    layer that is wrong.

    >>> check_gradients(lambda x, y: (x * y.exp()).sum(), np.ones(2), np.zeros(2)) < 1e-6
    True
    """
    _check_is_function(f)
    check_number("check_gradients", "tolerance", tolerance, above=0)
    check_whole("check_gradients", "seed", seed, at_least=0)
    for name, x in named_inputs(inputs):
        check_array(title(f), name, x)
    _check_as_many(f, inputs)
    rng = numpy.random.default_rng([seed, 1])  # a stream of its own: inputs are often drawn from 0
    f = _in_float64(f)
    inputs = tuple(x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs)
    _check_rules(f, inputs)
    run = Run(f, inputs, rng)
    errors = [
        _check_gradient(run, i, rng, tolerance)
        for i, said in enumerate(run.said)
        if said is not NOT_SAID and run.arrays[i].dtype.kind == "f" and run.arrays[i].size
    ]
    if not errors:
        raise ArgumentError(
            f"check_gradients: {title(f)} has no parameters, and no input holds floats that have a "
            f"gradient: there is nothing to check"
        )
    return max(errors)


def _check_is_function(f: Any) -> None:
    if isinstance(f, type) or not (callable(f) or hasattr(f, "forward")):
        advice = f". Make one of the class: {f.__name__}(...)" if isinstance(f, type) else ""
        raise ArgumentTypeError(
            f"check_gradients: expected a layer or a function of tensors, got {f!r:.80}{advice}"
        )


def _check_as_many(f: Any, inputs: Inputs) -> None:
    takes = inspect.signature(getattr(f, "forward", f))
    try:
        takes.bind(*inputs)
    except TypeError:
        raise ArgumentTypeError(
            f"check_gradients: {title(f)} takes {takes}, got {len(inputs)} inputs"
        ) from None


def _check_rules(f: Any, inputs: Inputs) -> None:
    """Of a layer; or, on tensors, of each layer that is called, with the inputs that it gets."""
    if not is_called_on_tensors(f):
        check_rules(f, inputs)
        return
    with nothing_written(f"{title(f)}.forward", named_inputs(inputs)):
        output = call_on_tensors(copy.deepcopy(f), tensors_of(inputs))
    again = call_on_tensors(copy.deepcopy(f), tensors_of(inputs))
    check_repeats(title(f), output.data, again.data)
    for layer, given in _layers_behind(output):
        check_rules(layer, given)


def _layers_behind(output: Tensor) -> Iterator[tuple[Layer, Inputs]]:
    """The layers that were called on the way to it, each once, with arrays that it was given."""
    calls: list[Call] = [call for call, _ in calls_behind(output)]
    for call in {id(call.of): call for call in calls if isinstance(call.of, Layer)}.values():
        yield call.of, tuple(x.data if isinstance(x, Tensor) else x for x in call.inputs)


# Measuring ----------------------------------------------------------------------------------------


class _Slope(NamedTuple):
    """A slope that was measured, beside the one that backward says."""

    error: float
    where: str
    measured: float
    said: float


def _check_gradient(run: Run, i: int, rng: numpy.random.Generator, tolerance: float) -> float:
    """The largest relative error of the gradient of array number i."""
    array, said = run.arrays[i], run.said[i]
    if np.shape(said) != array.shape or said is None:
        got = "is missing" if said is None else f"has shape {np.shape(said)}"
        wrong = f"{_gradient_of(run, i)} {got}: it must have the shape {array.shape}"
        raise GradientError(wrong + likely_cause(run, i))
    if array.size <= EVERY_ELEMENT_UP_TO:
        directions = ((f" at {k}", _unit(array, k)) for k in np.ndindex(array.shape))
        worst = max((_compare(run, i, *d, tolerance) for d in directions), key=_how_wrong)
    else:
        at_random = np.asarray(rng.normal(size=array.shape))
        worst = _compare(run, i, " in a random direction", at_random, tolerance)
    if not worst.error <= tolerance:
        raise _wrong(run, i, worst)
    return worst.error


def _gradient_of(run: Run, i: int) -> str:
    return f"{title(run.f)}: the gradient of {run.names[i]}"


def _wrong(run: Run, i: int, worst: _Slope) -> GradientError:
    """The layer within that is to blame, if there is one; else the worst element, and why."""
    if layer := _layer_to_blame(run):
        return layer
    if run.arrays[i].size > EVERY_ELEMENT_UP_TO and is_small_enough(run, i):
        worst = _worst_element(run, i)
    return GradientError(
        f"{_gradient_of(run, i)}{worst.where} should be {worst.measured:.6g}, but backward says "
        f"{worst.said:.6g} (relative error {float(f'{worst.error:.1g}'):g})" + likely_cause(run, i)
    )


def _compare(run: Run, i: int, where: str, direction: Array, tolerance: float) -> _Slope:
    """The slope in one direction, beside what backward says of it."""
    gradient = run.said[i]
    said = float((gradient * direction).sum())
    scale = max(abs(said), _smallest(gradient), run.noise / tolerance) or 1
    measured = _slope(run.loss, run.arrays[i], direction)
    error = abs(measured - said) / scale
    if error > tolerance:  # what bends much here needs a smaller step
        finer = _slope(run.loss, run.arrays[i], direction, STEP / 2)
        doubt, measured = abs(finer - measured), (4 * finer - measured) / 3
        error = max(abs(measured - said) - doubt, 0) / scale
    return _Slope(error, where, measured, said)


def _smallest(gradient: Array) -> float:
    """What a smaller gradient than this is wrong by is divided by this."""
    return 1e-3 * float(np.abs(gradient).max())


def _how_wrong(slope: _Slope) -> tuple[bool, float]:
    is_nan = slope.error != slope.error  # which is larger than nothing, and worse than all
    return is_nan, slope.error


def _worst_element(run: Run, i: int) -> _Slope:
    """The element with the largest relative error, measured with one step for all."""
    jacobian, _ = measure_jacobian(run, run.arrays[i])
    gradient = to_cpu(run.said[i])
    measured = (jacobian @ to_cpu(run.dout).ravel()).reshape(gradient.shape)
    scale = numpy.maximum(numpy.abs(gradient), _smallest(run.said[i]))
    errors = numpy.abs(measured - gradient) / numpy.where(scale == 0, 1, scale)
    at = tuple(int(k) for k in numpy.unravel_index(numpy.argmax(errors), errors.shape))
    return _Slope(float(errors[at]), f" at {at}", float(measured[at]), float(gradient[at]))


def _layer_to_blame(run: Run) -> GradientError | None:
    """Of what calls layers, on the tape: the error of the first one whose own backward is wrong."""
    if all(part is run.f or not isinstance(part, Layer) for part in parts_of(run.f)):
        return None
    try:
        output = call_on_tensors(copy.deepcopy(run.f), tensors_of(run.inputs))
    except (TypeError, CommonError):  # it may know arrays alone
        return None
    for layer, given in _layers_behind(output):
        try:
            check_gradients(layer, *given)
        except GradientError as error:
            return GradientError(f"{title(run.f)} calls a layer that is wrong. {error}")
        except ArgumentError:  # there is nothing to check
            continue
    return None


def _slope(f: Callable[[], Any], x: Array, direction: Array, step: float = STEP) -> float:
    """How fast f() grows as x, which f looks at, moves in a direction. x ends as it began."""
    start = x.copy()
    x += step * direction
    above = float(f())
    x[...] = start - step * direction
    below = float(f())
    x[...] = start
    return (above - below) / (2 * step)


def _unit(x: Array, i: tuple[int, ...]) -> Array:
    direction = np.zeros_like(x)
    direction[i] = 1
    return direction


def _in_float64(f: Any) -> Any:
    """A copy with float64 in the place of all floats that it holds."""
    f = copy.deepcopy(f)
    replace_arrays(f, lambda x: x.astype(np.float64) if x.dtype.kind == "f" else x)
    return f
