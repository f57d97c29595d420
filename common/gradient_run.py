"""A function at given inputs, run once more for each number that is measured of it.

Each run is on a copy, so that a Dropout draws the same mask each time.
"""

import copy
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy

from common.autograd import Tensor, no_grad
from common.checks import name_of
from common.errors import ArgumentTypeError
from common.layer_rules import (
    Inputs,
    gradients_by_hand,
    lists_in,
    named_inputs,
    run_forward,
    title,
)
from common.module import Module
from common.np import Array, np
from common.parameters import leaves_of, parts_of

STEP = 1e-5
NOISE = 10 * float(numpy.finfo(numpy.float64).eps) / STEP
Backward = Callable[[Array], list[Any]]  # from dout to the gradients of all inputs and parameters


class Run:
    """A function, its inputs, its output y, a random dL/dy, and the arrays with a gradient.

    names, arrays: of the inputs and the parameters. said: their gradients, as backward says them.
    L is y, made one number by the weights in dout.
    """

    def __init__(self, f: Any, inputs: Inputs, rng: numpy.random.Generator) -> None:
        self.f, self.inputs = f, inputs
        self.is_by_hand = not is_called_on_tensors(f)
        self._run = _run_by_hand if self.is_by_hand else _run_on_tape
        self.y, _ = self._run(f, inputs)
        self.dout = np.asarray(rng.normal(size=self.y.shape))
        params = [(f"params[{i}]", param) for i, param in enumerate(lists_in(f)[0])]
        named = [*named_inputs(inputs), *params]
        self.names: Sequence[str] = [name for name, _ in named]
        self.arrays: Sequence[Array] = [array for _, array in named]
        self.said = self.gradients(self.dout)

    def output(self) -> Array:
        """y, of what the arrays hold now; a copy, since forward may return a view of one."""
        with no_grad():
            return self._run(self.f, self.inputs)[0].copy()

    def loss(self) -> Array:
        """L, of what the arrays hold now."""
        return (self.output() * self.dout).sum()

    def gradients(self, dout: Array) -> list[Any]:
        """What backward says, for each of the arrays; NOT_SAID for an input that has none."""
        return self._run(self.f, self.inputs)[1](dout)

    @cached_property
    def noise(self) -> float:
        """A slope is the difference of two such sums: below this it is rounding.

        On the way to y there are numbers as large as the inputs.
        """
        largest = max((float(np.abs(x).max()) for x in self.inputs if x.size), default=0.0)
        return NOISE * float((np.abs(self.dout) * (np.abs(self.y) + largest)).sum())


def is_called_on_tensors(f: Any) -> bool:
    """Whether the tape brings its gradients: it has no backward, or holds what has none."""
    return not hasattr(f, "backward") or any(isinstance(part, Module) for part in parts_of(f))


def tensors_of(inputs: Inputs) -> list[Tensor]:
    """The inputs on the tape; those of floats require a gradient."""
    return [Tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]


def call_on_tensors(f: Any, tensors: Sequence[Tensor]) -> Tensor:
    """What f returns, once it is known to be a tensor."""
    output = f(*tensors)
    if not isinstance(output, Tensor):
        raise ArgumentTypeError(
            f"check_gradients: {title(f)} must return a Tensor, got {name_of(output)}"
        )
    return output


def _run_on_tape(f: Any, inputs: Inputs) -> tuple[Array, Backward]:
    f, tensors = copy.deepcopy(f), tensors_of(inputs)
    output = call_on_tensors(f, tensors)

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
