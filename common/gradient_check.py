"""Is a `backward` right? Measure the slope, and compare.

The slope of f at p is (f(p + h) - f(p - h)) / 2h, up to an error of the order h². In float64,
with h = 1e-5, that leaves about ten digits to compare with what backward says.

>>> from common.layers import Sigmoid
>>> check_gradients(Sigmoid(), np.array([[0.5, -1.0]])) < 1e-6
True
"""

import copy
import numbers
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy

from common.autograd import Tensor, no_grad
from common.autograd.ops import Op
from common.autograd.tape import check_result
from common.base import check_written_in_place
from common.checks import check_array, check_function, check_number, is_array, name_of
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CallOrderError,
    GradientError,
    ShapeError,
)
from common.module import Module
from common.np import AbstractTensor, Array, np
from common.parameters import (
    Part,
    added_up,
    each_once,
    leaves_of,
    lists_of,
    parts_of,
    replace_arrays,
)
from common.util import to_cpu

STEP = 1e-5
NOISE = 10 * float(numpy.finfo(numpy.float64).eps) / STEP
EVERY_ELEMENT_UP_TO = 64  # of a larger array, the slope in one random direction
NOT_SAID = object()  # stands for the gradient of an input that has none: labels, say

Inputs = tuple[Array, ...]
Named = list[tuple[str, Array]]
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

    Besides, a layer keeps to the rules of `Layer`: forward writes into no input, gives the same
    result for the same input, and keeps from call to call only what is in `state`; backward sets
    the arrays in `grads`, in place, whatever they hold before, and writes into nothing else.

    Returns the largest relative error, |measured - said| / |said|; where what is said is below a
    thousandth of the array's largest, it is divided by that thousandth instead, and what rounding
    alone can make is no error. Raises GradientError, which says where, if an error is above
    `tolerance`.

    >>> check_gradients(lambda x, y: (x * y.exp()).sum(), np.ones(2), np.zeros(2)) < 1e-6
    True
    """
    _check_is_function(f)
    check_number("check_gradients", "tolerance", tolerance, above=0)
    for name, x in _named(inputs):
        check_array(_name(f), name, x)
    rng = numpy.random.default_rng([seed, 1])  # a stream of its own: inputs are often drawn from 0
    f = _in_float64(f)
    inputs = tuple(x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs)
    run = _run_on_tape if _is_called_on_tensors(f) else _run_by_hand
    with _nothing_written(f"{_name(f)}.forward", _named(inputs)):
        y, backward = run(f, inputs)
    if not _agree(y, run(f, inputs)[0]):
        raise GradientError(
            f"{_name(f)}: forward gives another result each time, so there is no slope to measure. "
            f"Draw what is random from a generator that the layer keeps, as Dropout does: it is "
            f"copied with the layer."
        )
    if run is _run_by_hand:
        _check_hands_nothing_on(f, inputs)
    weights = np.asarray(rng.normal(size=y.shape))
    params = _lists_of(f)[0]
    named = [*_named(inputs), *((f"params[{i}]", param) for i, param in enumerate(params))]
    gradients = backward(weights)

    def loss() -> Array:
        with no_grad():
            return (run(f, inputs)[0] * weights).sum()

    # A slope is the difference of two such sums: below this it is rounding.
    noise = NOISE * float(np.abs(y * weights).sum())
    errors = [
        _compare(
            f"{_name(f)}: the gradient of {name}", loss, array, gradient, rng, tolerance, noise
        )
        for (name, array), gradient in zip(named, gradients, strict=True)
        if gradient is not NOT_SAID and array.dtype.kind == "f" and array.size
    ]
    if not errors:
        raise ArgumentError(
            f"check_gradients: {_name(f)} has no parameters, and no input holds floats that have a "
            f"gradient: there is nothing to check"
        )
    return max(errors)


def _check_is_function(f: Any) -> None:
    if isinstance(f, type) or not (callable(f) or hasattr(f, "forward")):
        advice = f". Make one of the class: {f.__name__}(...)" if isinstance(f, type) else ""
        raise ArgumentTypeError(
            f"check_gradients: expected a layer or a function of tensors, got {f!r:.80}{advice}"
        )


def _is_called_on_tensors(f: Any) -> bool:
    return not hasattr(f, "backward") or any(isinstance(part, Module) for part in parts_of(f))


def _name(f: Any) -> str:
    return str(f) if isinstance(f, Part) else getattr(f, "__name__", name_of(f))


def _named(inputs: Inputs) -> Named:
    return [(f"input {i}", x) for i, x in enumerate(inputs)]


def _lists_of(f: Any) -> tuple[Any, Any]:
    """The params of f and of all that it holds, and their grads."""
    has_lists = not isinstance(f, Part | Op) and hasattr(f, "params")
    return added_up(f, *lists_of([*leaves_of(f), *([f] if has_lists else [])]))


# Running it: each run is on a copy, so that a Dropout draws the same mask each time ---------------


def _run_on_tape(f: Any, inputs: Inputs) -> tuple[Array, Backward]:
    f = copy.deepcopy(f)
    tensors = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    output = f(*tensors)
    if not isinstance(output, Tensor):
        raise ArgumentTypeError(
            f"check_gradients: {_name(f)} must return a Tensor, got {name_of(output)}"
        )

    def backward(dout: Array) -> list[Any]:
        for leaf in leaves_of(f):
            leaf.clear()
        if output.call is not None:
            output.backward(dout)
        dxs = [np.zeros_like(x.data) if x.grad is None else x.grad for x in tensors]
        return [*dxs, *_lists_of(f)[1]]

    return output.data, backward


def _run_by_hand(f: Any, inputs: Inputs) -> tuple[Array, Backward]:
    f = copy.deepcopy(f)
    y = check_result(f"{_name(f)}.forward", "what it returns", f.forward(*inputs))

    def backward(dout: Array) -> list[Any]:
        params = [("self.params", param) for param in _lists_of(f)[0]]
        arrays = [("dout", dout), *_named(inputs), ("what forward returned", y), *params]
        with _nothing_written(f"{_name(f)}.backward", arrays):
            over_zeros = _backward_over(0, f, inputs, dout)
        _check_can_be_repeated(f, inputs, dout, over_zeros)
        return over_zeros

    return y, backward


def _check_can_be_repeated(f: Any, inputs: Inputs, dout: Array, over_zeros: list[Any]) -> None:
    """A second backward, over other numbers in grads, gives what the first has given."""
    try:
        over_ones = _backward_over(1, f, inputs, dout)
    except CallOrderError as error:
        raise GradientError(
            f"{_name(f)}: a second backward fails: the first must leave what forward kept. {error}"
        ) from error
    for i, (one, other) in enumerate(zip(over_zeros, over_ones, strict=True)):
        if not _agree(one, other):
            name = f"input {i}" if i < len(inputs) else f"params[{i - len(inputs)}]"
            raise GradientError(
                f"{_name(f)}: a second backward gives another gradient of {name}. backward must "
                f"not write into what forward kept; and it must set all of an array in grads, "
                f"self.grads[0][...] = dW, and not add to it (+=)."
            )


def _backward_over(before: float, f: Any, inputs: Inputs, dout: Array) -> list[Any]:
    """The gradients of all inputs and parameters, where `before` stood in all of grads."""
    lists = [(leaf, list(leaf.grads)) for leaf in leaves_of(f)]
    for _, grads in lists:
        for grad in grads:
            grad[...] = before
    dx = f.backward(dout)
    for leaf, grads in lists:
        for then, now in zip(grads, leaf.grads, strict=True):
            check_written_in_place(leaf, then, now)
    dxs = list(dx) if isinstance(dx, tuple) else [dx]
    dxs += [NOT_SAID] * (len(inputs) - len(dxs))  # a loss has two inputs, and returns one gradient
    return [x.copy() if is_array(x) else x for x in (*dxs[: len(inputs)], *_lists_of(f)[1])]


# What a layer must not do -------------------------------------------------------------------------


@contextmanager
def _nothing_written(who: str, named: Named) -> Iterator[None]:
    """In the block none of these arrays changes, bit for bit."""
    before = [array.copy() for _, array in named]
    yield
    for (name, array), then in zip(named, before, strict=True):
        if to_cpu(array).tobytes() != to_cpu(then).tobytes():
            raise GradientError(
                f"{who} writes into {name}, which others hold, too. Make a new array, as "
                f"dout * mask does, or write into a copy."
            )


def _attributes_of(f: Any) -> list[dict[str, Any]]:
    """The attributes of f, and of each layer that it holds."""
    holders = each_once([f, *leaves_of(f)])
    return [vars(holder) for holder in holders if not isinstance(holder, AbstractTensor)]


def _check_hands_nothing_on(f: Any, inputs: Inputs) -> None:
    """Nothing that forward assigns depends on what it assigned before: a call is a copy."""
    first, second = copy.deepcopy(f), copy.deepcopy(f)
    before = [dict(attributes) for attributes in _attributes_of(first)]
    first.forward(*inputs)
    assigned = [
        {name: value for name, value in now.items() if value is not then.get(name)}
        for now, then in zip(_attributes_of(first), before, strict=True)
    ]
    for attributes, new in zip(_attributes_of(second), assigned, strict=True):
        attributes.update(new)
    second.forward(*inputs)
    for attributes, new in zip(_attributes_of(second), assigned, strict=True):
        for name, value in new.items():
            if not _agree(value, attributes[name]):
                raise GradientError(
                    f"{_name(f)}: forward makes self.{name} from what an earlier forward left "
                    f"there. On the tape each call is a copy of the layer, so that would be lost: "
                    f"keep it in state, super().__init__(..., state=[...]), changed in place."
                )


def _agree(one: Any, other: Any) -> bool:
    """Whether numbers and arrays, also in lists and dictionaries, are the same up to rounding.

    What is none of these is not compared.
    """
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_agree, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_agree(one[key], other[key]) for key in one)
    comparable = [isinstance(x, numbers.Number) or is_array(x) for x in (one, other)]
    if not all(comparable):
        return not comparable[0]
    one, other = to_cpu(one), to_cpu(other)
    return one.shape == other.shape and numpy.allclose(one, other, rtol=1e-9, equal_nan=True)


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
        measured = _slope(loss, array, direction)
        said = float((gradient * direction).sum())
        error = abs(measured - said) / (max(abs(said), smallest, noise / tolerance) or 1)
        if not error <= tolerance:
            raise GradientError(
                f"{name}{where} should be {measured:.6g}, but backward says {said:.6g} "
                f"(relative error {error:.1g})"
            )
        worst = max(worst, error)
    return worst


def _slope(f: Callable[[], Any], x: Array, direction: Array) -> float:
    """How fast f() grows as x, which f looks at, moves in a direction. x ends as it began."""
    start = x.copy()
    x += STEP * direction
    above = float(f())
    x[...] = start - STEP * direction
    below = float(f())
    x[...] = start
    return (above - below) / (2 * STEP)


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
