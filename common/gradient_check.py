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
from typing import Any

import numpy

from common.autograd import Tensor, no_grad
from common.autograd.tape import calls_behind
from common.base import Layer
from common.checks import check_array, check_function, check_number, name_of
from common.errors import ArgumentError, ArgumentTypeError, GradientError, ShapeError
from common.layer_rules import (
    NOT_SAID,
    Inputs,
    check_repeats,
    check_rules,
    gradients_by_hand,
    lists_in,
    named_inputs,
    nothing_written,
    run_forward,
    title,
)
from common.module import Module
from common.np import Array, np
from common.parameters import leaves_of, parts_of, replace_arrays

STEP = 1e-5
NOISE = 10 * float(numpy.finfo(numpy.float64).eps) / STEP
EVERY_ELEMENT_UP_TO = 64  # of a larger array, the slope in one random direction
Backward = Callable[[Array], list[Any]]  # from dout to the gradients of all inputs and parameters


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
    alone can make is no error. Raises GradientError, which says where, if an error is above
    `tolerance`.

    >>> check_gradients(lambda x, y: (x * y.exp()).sum(), np.ones(2), np.zeros(2)) < 1e-6
    True
    """
    _check_is_function(f)
    check_number("check_gradients", "tolerance", tolerance, above=0)
    for name, x in named_inputs(inputs):
        check_array(title(f), name, x)
    _check_as_many(f, inputs)
    rng = numpy.random.default_rng([seed, 1])  # a stream of its own: inputs are often drawn from 0
    f = _in_float64(f)
    inputs = tuple(x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs)
    run = _run_on_tape if _is_called_on_tensors(f) else _run_by_hand
    _check_rules(f, inputs)
    y, backward = run(f, inputs)
    weights = np.asarray(rng.normal(size=y.shape))
    params = lists_in(f)[0]
    named = [*named_inputs(inputs), *((f"params[{i}]", param) for i, param in enumerate(params))]
    gradients = backward(weights)

    def loss() -> Array:
        with no_grad():
            return (run(f, inputs)[0] * weights).sum()

    # A slope is the difference of two such sums: below this it is rounding. On the way to y there
    # are numbers as large as the inputs.
    largest = max((float(np.abs(x).max()) for x in inputs if x.size), default=0.0)
    noise = NOISE * float((np.abs(weights) * (np.abs(y) + largest)).sum())
    errors = [
        _compare(
            f"{title(f)}: the gradient of {name}", loss, array, gradient, rng, tolerance, noise
        )
        for (name, array), gradient in zip(named, gradients, strict=True)
        if gradient is not NOT_SAID and array.dtype.kind == "f" and array.size
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


def _is_called_on_tensors(f: Any) -> bool:
    return not hasattr(f, "backward") or any(isinstance(part, Module) for part in parts_of(f))


def _check_rules(f: Any, inputs: Inputs) -> None:
    """Of a layer; or, on tensors, of each layer that is called, with the inputs that it gets."""
    if not _is_called_on_tensors(f):
        check_rules(f, inputs)
        return
    with nothing_written(f"{title(f)}.forward", named_inputs(inputs)):
        output = _call(copy.deepcopy(f), _tensors(inputs))
    check_repeats(title(f), output.data, _call(copy.deepcopy(f), _tensors(inputs)).data)
    calls = [call for call, _ in calls_behind(output)]
    for call in {id(call.of): call for call in calls if isinstance(call.of, Layer)}.values():
        check_rules(call.of, tuple(x.data if isinstance(x, Tensor) else x for x in call.inputs))


# Running it: each run is on a copy, so that a Dropout draws the same mask each time ---------------


def _tensors(inputs: Inputs) -> list[Tensor]:
    return [Tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]


def _call(f: Any, tensors: list[Tensor]) -> Tensor:
    output = f(*tensors)
    if not isinstance(output, Tensor):
        raise ArgumentTypeError(
            f"check_gradients: {title(f)} must return a Tensor, got {name_of(output)}"
        )
    return output


def _run_on_tape(f: Any, inputs: Inputs) -> tuple[Array, Backward]:
    f, tensors = copy.deepcopy(f), _tensors(inputs)
    output = _call(f, tensors)

    def backward(dout: Array) -> list[Any]:
        for leaf in leaves_of(f):
            leaf.clear()
        if output.call is not None:
            output.backward(dout)
        dxs = [np.zeros_like(x.data) if x.grad is None else x.grad for x in tensors]
        return [*dxs, *lists_in(f)[1]]

    return output.data, backward


def _run_by_hand(f: Any, inputs: Inputs) -> tuple[Array, Backward]:
    f = copy.deepcopy(f)
    return run_forward(f, inputs), lambda dout: gradients_by_hand(f, inputs, dout)


# Measuring ----------------------------------------------------------------------------------------


def _compare(
    name: str,
    loss: Callable[[], Any],
    array: Array,
    gradient: Array,
    rng: numpy.random.Generator,
    tolerance: float,
    noise: float,
) -> float:
    """The largest relative error of one array's gradient."""
    if np.shape(gradient) != array.shape or gradient is None:
        got = "is missing" if gradient is None else f"has shape {np.shape(gradient)}"
        raise GradientError(f"{name} {got}: it must have the shape {array.shape}")
    smallest, worst = 1e-3 * float(np.abs(gradient).max()), 0.0
    for where, direction in _directions(array, rng):
        said = float((gradient * direction).sum())
        scale = max(abs(said), smallest, noise / tolerance) or 1
        measured = _slope(loss, array, direction)
        error = abs(measured - said) / scale
        if error > tolerance:  # what bends much here needs a smaller step
            finer = _slope(loss, array, direction, STEP / 2)
            doubt, measured = abs(finer - measured), (4 * finer - measured) / 3
            error = max(abs(measured - said) - doubt, 0) / scale
        if not error <= tolerance:
            raise GradientError(
                f"{name}{where} should be {measured:.6g}, but backward says {said:.6g} "
                f"(relative error {error:.1g})"
            )
        worst = max(worst, error)
    return worst


def _slope(f: Callable[[], Any], x: Array, direction: Array, step: float = STEP) -> float:
    """How fast f() grows as x, which f looks at, moves in a direction. x ends as it began."""
    start = x.copy()
    x += step * direction
    above = float(f())
    x[...] = start - step * direction
    below = float(f())
    x[...] = start
    return (above - below) / (2 * step)


def _directions(x: Array, rng: numpy.random.Generator) -> Iterator[tuple[str, Array]]:
    """Each element's own direction for a small array; one random direction for a large one."""
    if x.size > EVERY_ELEMENT_UP_TO:
        yield " in a random direction", np.asarray(rng.normal(size=x.shape))
        return
    for i in np.ndindex(x.shape):
        yield f" at {i}", _unit(x, i)


def _unit(x: Array, i: tuple[int, ...]) -> Array:
    direction = np.zeros_like(x)
    direction[i] = 1
    return direction


def _in_float64(f: Any) -> Any:
    """A copy with float64 in the place of all floats that it holds."""
    f = copy.deepcopy(f)
    replace_arrays(f, lambda x: x.astype(np.float64) if x.dtype.kind == "f" else x)
    return f
