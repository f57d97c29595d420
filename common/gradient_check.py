"""Is a `backward` right? Measure the slope, and compare.

The slope of f at p is (f(p + h) - f(p - h)) / 2h, up to an error of the order h². In float64,
with h = 1e-5, that leaves about ten digits to compare with what backward says.

>>> from common.layers import Sigmoid
>>> check_gradients(Sigmoid(), np.array([[0.5, -1.0]])) < 1e-6
True
"""

import copy
import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy

from common.autograd import Tensor, no_grad
from common.autograd.tape import calls_behind
from common.base import Layer
from common.checks import check_array, check_function, check_number, is_array, name_of
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
from common.mistakes import likely, likely_mistake
from common.mistakes.evidence import Evidence
from common.mistakes.shapes import shape_of
from common.module import Module
from common.np import Array, np
from common.parameters import leaves_of, parts_of, replace_arrays
from common.util import to_cpu

STEP = 1e-5
NOISE = 10 * float(numpy.finfo(numpy.float64).eps) / STEP
EVERY_ELEMENT_UP_TO = 64  # of a larger array, the slope in one random direction
LOOKED_AT_UP_TO = 600  # elements: a mistake in the gradient of a larger array gets no name
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
    _check_rules(f, inputs)
    run = _Run(f, inputs, rng)
    errors = [
        _compare(run, i, gradient, rng, tolerance)
        for i, gradient in enumerate(run.gradients(run.dout))
        if gradient is not NOT_SAID and run.arrays[i].dtype.kind == "f" and run.arrays[i].size
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


class _Run:
    """A function at given inputs: y, a random dL/dy, and the arrays that have a gradient."""

    def __init__(self, f: Any, inputs: Inputs, rng: numpy.random.Generator) -> None:
        self.f, self.inputs = f, inputs
        self.run = _run_on_tape if _is_called_on_tensors(f) else _run_by_hand
        self.y, _ = self.run(f, inputs)
        self.dout = np.asarray(rng.normal(size=self.y.shape))
        params = [(f"params[{i}]", param) for i, param in enumerate(lists_in(f)[0])]
        self.names, self.arrays = zip(*named_inputs(inputs), *params, strict=True)

    def output(self) -> Array:
        """y, of what the arrays hold now; a copy, since forward may return a view of one."""
        with no_grad():
            return self.run(self.f, self.inputs)[0].copy()

    def loss(self) -> Array:
        return (self.output() * self.dout).sum()

    def gradients(self, dout: Array) -> list[Any]:
        """What backward says, for each of the arrays."""
        return self.run(self.f, self.inputs)[1](dout)

    @cached_property
    def noise(self) -> float:
        """A slope is the difference of two such sums: below this it is rounding.

        On the way to y there are numbers as large as the inputs.
        """
        largest = max((float(np.abs(x).max()) for x in self.inputs if x.size), default=0.0)
        return NOISE * float((np.abs(self.dout) * (np.abs(self.y) + largest)).sum())


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
    run: _Run, i: int, gradient: Array, rng: numpy.random.Generator, tolerance: float
) -> float:
    """The largest relative error of one array's gradient."""
    array, name = run.arrays[i], f"{title(run.f)}: the gradient of {run.names[i]}"
    if np.shape(gradient) != array.shape or gradient is None:
        got = "is missing" if gradient is None else f"has shape {np.shape(gradient)}"
        wrong = f"{name} {got}: it must have the shape {array.shape}"
        raise GradientError(wrong + _likely_cause(run, i, gradient))
    elements = [(f" at {i}", _unit(array, i)) for i in np.ndindex(array.shape)]
    is_small = array.size <= EVERY_ELEMENT_UP_TO
    at_random = (" in a random direction", np.asarray(rng.normal(size=array.shape)))
    worst = _worst(run, array, gradient, elements if is_small else [at_random], tolerance)
    if not worst.error <= tolerance:
        if not is_small and array.size <= LOOKED_AT_UP_TO:
            worst = _worst(run, array, gradient, elements, tolerance)
        raise GradientError(
            f"{name}{worst.where} should be {worst.measured:.6g}, but backward says "
            f"{worst.said:.6g} (relative error {float(f'{worst.error:.1g}'):g})"
            + _likely_cause(run, i, gradient)
        )
    return worst.error


class _Slope(NamedTuple):
    """A slope that was measured, beside the one that backward says."""

    error: float
    where: str
    measured: float
    said: float


def _worst(
    run: _Run,
    array: Array,
    gradient: Array,
    directions: list[tuple[str, Array]],
    tolerance: float,
) -> _Slope:
    """The one of the directions in which the relative error is largest."""
    smallest, slopes = 1e-3 * float(np.abs(gradient).max()), []
    for where, direction in directions:
        said = float((gradient * direction).sum())
        scale = max(abs(said), smallest, run.noise / tolerance) or 1
        measured = _slope(run.loss, array, direction)
        error = abs(measured - said) / scale
        if error > tolerance:  # what bends much here needs a smaller step
            finer = _slope(run.loss, array, direction, STEP / 2)
            doubt, measured = abs(finer - measured), (4 * finer - measured) / 3
            error = max(abs(measured - said) - doubt, 0) / scale
        slopes.append(_Slope(error, where, measured, said))
    return max(slopes, key=lambda slope: (slope.error != slope.error, slope.error))


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


# Saying why ---------------------------------------------------------------------------------------


def _likely_cause(run: _Run, i: int, gradient: Any) -> str:
    """A line that says which mistake the gradient of array number i looks like, or nothing."""
    p = run.arrays[i]
    if gradient is None or p.size > LOOKED_AT_UP_TO or run.y.size > LOOKED_AT_UP_TO:
        return ""
    with numpy.errstate(all="ignore"):  # at other inputs forward may overflow
        evidence = _evidence(run, i, to_cpu(gradient))
        is_of_shape = evidence.said.shape == p.shape
        words = likely_mistake(evidence) if is_of_shape else shape_of(evidence)
    return likely(words)


def _evidence(run: _Run, i: int, said: numpy.ndarray) -> Evidence:
    """What is known of the gradient of array number i."""
    p = run.arrays[i]
    jacobian, curved = _jacobian(run, p)
    return Evidence(
        name=run.names[i],
        p=to_cpu(p),
        inputs=[to_cpu(x) for x in run.inputs],
        y=to_cpu(run.y),
        dout=to_cpu(run.dout),
        said=said,
        says=lambda dout: to_cpu(run.gradients(np.asarray(dout))[i]),
        jacobian=jacobian,
        curved=curved,
        others=lambda: _other_gradients(run, i),
        held=_arrays_held(run),
        with_transposed=lambda: _with_transposed(run, i),
        slopes_at=lambda x: _slopes_at(run, p, np.asarray(x)),
    )


def _jacobian(run: _Run, p: Array) -> tuple[numpy.ndarray, numpy.ndarray]:
    """dy/dp, p's elements in rows; and at which of them the slopes on both sides differ."""
    rows, bends, start, y = [], [], p.copy(), run.output()
    for i in np.ndindex(p.shape):
        p[i] = start[i] + STEP
        above = run.output()
        p[i] = start[i] - STEP
        below = run.output()
        p[i] = start[i]
        rows.append(to_cpu((above - below) / (2 * STEP)).ravel())
        bends.append(float(np.abs(above - 2 * y + below).max()) / STEP)
    J = numpy.stack(rows)
    return J, (numpy.array(bends) > 0.01 * numpy.abs(J).max()).reshape(p.shape)


def _other_gradients(run: _Run, i: int) -> dict[str, numpy.ndarray]:
    """The measured gradients of all other arrays of the shape of array number i."""
    dout = to_cpu(run.dout).ravel()
    return {
        name: (_jacobian(run, p)[0] @ dout).reshape(p.shape)
        for name, p in zip(run.names, run.arrays, strict=True)
        if p is not run.arrays[i] and p.shape == run.arrays[i].shape and p.dtype.kind == "f"
    }


def _arrays_held(run: _Run) -> dict[str, numpy.ndarray]:
    """What a layer has kept after a forward and a backward, by the names of its attributes."""
    if run.run is _run_on_tape:
        return {}
    f = copy.deepcopy(run.f)
    run_forward(f, run.inputs)
    gradients_by_hand(f, run.inputs, run.dout)
    return {name: to_cpu(x) for name, x in vars(f).items() if is_array(x)}


def _with_transposed(run: _Run, i: int) -> dict[str, numpy.ndarray]:
    """The gradient of array number i, if between forward and backward a parameter is transposed."""
    said = {}
    for k, param in enumerate(lists_in(run.f)[0]):
        if run.run is _run_by_hand and param.ndim == 2 and param.shape[0] == param.shape[1]:
            f = copy.deepcopy(run.f)
            run_forward(f, run.inputs)
            W = lists_in(f)[0][k]
            W[...] = W.T.copy()
            said[f"params[{k}]"] = to_cpu(gradients_by_hand(f, run.inputs, run.dout)[i])
    return said


def _slopes_at(run: _Run, p: Array, x: Array) -> numpy.ndarray:
    """With x in the place of p, the slope of each element of y by its own element of p."""
    start = p.copy()
    try:
        p[...] = x + STEP
        above = run.output()
        p[...] = x - STEP
        return to_cpu((above - run.output()) / (2 * STEP))
    except Exception:  # forward need not take these numbers
        return numpy.full(p.shape, numpy.nan)
    finally:
        p[...] = start


def _in_float64(f: Any) -> Any:
    """A copy with float64 in the place of all floats that it holds."""
    f = copy.deepcopy(f)
    replace_arrays(f, lambda x: x.astype(np.float64) if x.dtype.kind == "f" else x)
    return f
