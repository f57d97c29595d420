"""Is a `backward` right? Measure the slope, and compare.

The slope of f at p is (f(p + h) - f(p - h)) / 2h, up to an error of the order h². In float64,
with h = 1e-5, that leaves about ten digits to compare with what backward says.

>>> from common.layers import Sigmoid
>>> check_gradients(Sigmoid(), np.array([[0.5, -1.0]])) < 1e-6
True
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from common.autograd.tape import Callee
from common.base import check_written_in_place
from common.checks import check_array
from common.errors import GradientError
from common.np import Array, np
from common.parameters import learned, leaves_of, replace_arrays

STEP = 1e-5
NOISE = 10 * float(numpy.finfo(numpy.float64).eps) / STEP
EVERY_ELEMENT_UP_TO = 64  # of a larger array, the slope in one random direction


def numerical_gradient(f: Callable[[Array], Any], x: Array) -> Array:
    """df/dx by central differences, one element after another; f returns one number.

    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([3.0, -1.0])).round(6)
    array([ 6., -2.])
    """
    check_array("numerical_gradient", "x", x)
    x = x.astype(np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        gradient[i] = _slope(lambda: f(x), x, _unit(x, i))
    return gradient


def check_gradients(layer: Callee, *inputs: Array, tolerance: float = 1e-6, seed: int = 0) -> float:
    """Compares what layer.backward says with measured slopes.

    For every input of floats that backward returns a gradient for, and for every parameter. What
    the layer returns is made one number by a random weighting of its elements. backward must set
    the arrays in `grads`, in place, whatever they hold before. The layer itself is left alone: a
    copy of it in float64 is measured.

    Returns the largest relative error, |measured - said| / |said|; where what is said is below a
    thousandth of the array's largest, it is divided by that thousandth instead, and what rounding
    alone can make is no error. Raises GradientError, which says where, if an error is above
    `tolerance`.
    """
    for i, x in enumerate(inputs):
        check_array(layer, f"input {i}", x)
    rng = numpy.random.default_rng([seed, 1])  # a stream of its own: inputs are often drawn from 0
    layer = _in_float64(layer)
    inputs = tuple(x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs)
    ran, y = _run(layer, inputs)
    weights = np.asarray(rng.normal(size=np.shape(y)))
    before = [(leaf, list(leaf.grads)) for leaf in leaves_of(ran)]
    for _, grads in before:
        for grad in grads:
            grad[...] = np.nan  # a backward sets its gradients, whatever stood there before
    dx = ran.backward(weights)
    for leaf, grads in before:
        for then, now in zip(grads, leaf.grads, strict=True):
            check_written_in_place(leaf, then, now)
    dxs = dx if isinstance(dx, tuple) else (dx,)  # a loss has two inputs and returns one gradient
    said = [(f"input {i}", x, dx) for i, (x, dx) in enumerate(zip(inputs, dxs, strict=False))]
    said += [
        (f"params[{i}]", param, grad)
        for i, (param, grad) in enumerate(zip(learned(layer)[0], learned(ran)[1], strict=True))
    ]

    def loss() -> Array:
        return (_run(layer, inputs)[1] * weights).sum()

    # A slope is the difference of two such sums: below this it is rounding.
    noise = NOISE * float(np.abs(y * weights).sum())
    errors = [
        _compare(f"{layer}: the gradient of {name}", loss, array, gradient, rng, tolerance, noise)
        for name, array, gradient in said
        if array.dtype.kind == "f"
    ]
    return max(errors, default=0.0)


def _run(layer: Callee, inputs: tuple[Array, ...]) -> tuple[Callee, Array]:
    """One forward, on a copy, so that a Dropout draws the same mask each time."""
    fresh = copy.deepcopy(layer)
    return fresh, fresh.forward(*inputs)


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


def _in_float64(layer: Callee) -> Callee:
    """A copy with float64 in the place of all floats that it holds."""
    layer = copy.deepcopy(layer)
    replace_arrays(layer, lambda x: x.astype(np.float64) if x.dtype.kind == "f" else x)
    return layer
