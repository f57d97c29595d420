"""The dynamic net of chapter 2: at each step it rolls dice for how many terms it has."""

import random
from typing import Any

import numpy

from benchmarks.jax_step import compiled
from benchmarks.polynomial_data import points, points_in_float32, torch_points
from benchmarks.workload import (
    BOTH,
    OURS,
    POWERS_ARE_CONSTANTS,
    REPLAYED,
    Contestant,
    Run,
    Workload,
)
from common.autograd import Parameter, Tensor, replay
from common.layers import MSELoss
from common.module import Module
from common.optimizer import Momentum
from common.parameters import leaves_of, lists_of
from dataset import sine

STEPS, LR, MOMENTUM = 3000, 1e-8, 0.9
START = tuple(map(float, numpy.random.default_rng(0).normal(size=5)))  # a, b, c, d, e


class DynamicNet(Module):
    """y = a + b x + c x² + d x³, and sometimes + e x⁴, or + e x⁴ + e x⁵."""

    def __init__(self) -> None:
        self.a, self.b, self.c, self.d, self.e = map(Parameter, START)
        self.dice = random.Random(0)

    def forward(self, x: Any, end: int | None = None) -> Any:
        y = self.a + self.b * x + self.c * x**2 + self.d * x**3
        for exponent in range(4, end or self.dice.randint(4, 6)):
            y += self.e * x**exponent
        return y


def with_replay(steps: int) -> Run:
    """The dice are rolled outside, and choose among three recordings."""
    x, y = sine.load_data()

    def run() -> float:
        model, criterion, batch = DynamicNet(), MSELoss(reduction="sum"), Tensor(x)
        optimizer = Momentum(lr=LR, momentum=MOMENTUM)
        step = replay(lambda end: criterion(model(batch, end), y))
        leaves = leaves_of(model)  # looked up once, as PyTorch's optimizer does
        for _ in range(steps):
            for leaf in leaves:
                leaf.clear()
            loss = step(end=model.dice.randint(4, 6))
            optimizer.update(*lists_of(leaves))
        return float(loss)

    return run


def with_a_module(steps: int) -> Run:
    """ch02/dynamic_net: a Module, and Momentum."""
    x, y = sine.load_data()

    def run() -> float:
        model, criterion = DynamicNet(), MSELoss(reduction="sum")
        optimizer = Momentum(lr=LR, momentum=MOMENTUM)
        leaves = leaves_of(model)  # looked up once, as PyTorch's optimizer does
        for _ in range(steps):
            loss = criterion(model(x), y)
            for leaf in leaves:
                leaf.clear()
            loss.backward()
            optimizer.update(*lists_of(leaves))
        return loss.item()

    return run


def fused(steps: int) -> Run:
    """The floor: one matrix product; what e multiplies is one column, or zeros where it is not."""
    x, y = points_in_float32()
    last = [numpy.zeros_like(x), x**4, x**4 + x**5]
    rows = [numpy.stack([numpy.ones_like(x), x, x * x, x * x * x, column]) for column in last]
    columns = [numpy.ascontiguousarray(matrix.T) for matrix in rows]
    diff, grad, velocity = numpy.empty_like(x), *numpy.empty((2, 5), numpy.float32)

    def run() -> float:
        w, velocity[...], dice = numpy.array(START, numpy.float32), 0, random.Random(0)
        for _ in range(steps):
            terms = dice.randint(4, 6) - 4
            numpy.matmul(columns[terms], w, out=diff)
            numpy.subtract(diff, y, out=diff)
            loss = numpy.dot(diff, diff)
            numpy.matmul(rows[terms], diff, out=grad)
            numpy.multiply(grad, 2 * LR, out=grad)
            numpy.add(numpy.multiply(velocity, MOMENTUM, out=velocity), grad, out=velocity)
            numpy.subtract(w, velocity, out=w)
        return float(loss)

    return run


def torch_net() -> Any:
    """The same model as an nn.Module."""
    import torch

    class TorchDynamicNet(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            parameters = (torch.nn.Parameter(torch.tensor(start)) for start in START)
            self.a, self.b, self.c, self.d, self.e = parameters
            self.dice = random.Random(0)

        def forward(self, x: Any) -> Any:
            y = self.a + self.b * x + self.c * x**2 + self.d * x**3
            for exponent in range(4, self.dice.randint(4, 6)):
                y = y + self.e * x**exponent
            return y

    return TorchDynamicNet()


def torch_module(steps: int) -> Run:
    """As in the documents: an nn.Module, and SGD with momentum."""
    import torch

    x, y = torch_points()

    def run() -> float:
        model, criterion = torch_net(), torch.nn.MSELoss(reduction="sum")
        optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
        for _ in range(steps):
            loss = criterion(model(x), y)
            # A parameter that a step did not use keeps its momentum; None would leave it out.
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def squared_error(params: Any, x: Any, y: Any, terms: int) -> Any:
    """The loss of the model that has 0, 1 or 2 further terms."""
    a, b, c, d, e = params
    power = x * x * x  # products: NumPy's x**3 takes long
    y_pred = a + b * x + c * (x * x) + d * power
    for _ in range(terms):
        power = power * x
        y_pred = y_pred + e * power
    return ((y_pred - y) ** 2).sum()


def jax_step(terms: int) -> Any:
    """The step for a fixed number of terms: under jit, each number is a program of its own."""
    import jax

    x, y = (jax.numpy.asarray(array, "float32") for array in points())

    def step(params: Any, velocity: Any) -> Any:
        loss, grads = jax.value_and_grad(squared_error)(params, x, y, terms)
        velocity = [MOMENTUM * v + g for v, g in zip(velocity, grads, strict=True)]
        return [p - LR * v for p, v in zip(params, velocity, strict=True)], velocity, loss

    return step


def jax_jit(steps: int) -> Run:
    """Three programs, one for each number of terms; the dice choose."""
    import jax

    start, zeros = [jax.numpy.float32(p) for p in START], [jax.numpy.float32(0)] * 5
    programs = [compiled(jax_step(terms), start, zeros) for terms in range(3)]

    def run() -> float:
        params, velocity, dice = start, zeros, random.Random(0)
        for _ in range(steps):
            step = programs[dice.randint(4, 6) - 4]
            params, velocity, loss = step(params, velocity)
        return float(loss)

    return run


def hips_autograd(steps: int) -> Run:
    """The loss is a function of plain NumPy, which autograd differentiates."""
    from autograd import value_and_grad

    x, y = points_in_float32()
    start, zeros = [numpy.float32(p) for p in START], [numpy.float32(0)] * 5
    loss_and_grads = value_and_grad(squared_error)

    def run() -> float:
        params, velocity, dice = start, zeros, random.Random(0)
        for _ in range(steps):
            loss, grads = loss_and_grads(params, x, y, dice.randint(4, 6) - 4)
            velocity = [MOMENTUM * v + g for v, g in zip(velocity, grads, strict=True)]
            params = [p - LR * v for p, v in zip(params, velocity, strict=True)]
        return float(loss)

    return run


WORKLOADS = [
    Workload(
        "dynamic-net",
        STEPS,
        307.799,
        [
            Contestant(OURS, with_a_module),
            Contestant(REPLAYED, with_replay, note=POWERS_ARE_CONSTANTS),
            Contestant(BOTH, with_replay, needs="numba", note=POWERS_ARE_CONSTANTS),
            Contestant("PyTorch, nn.Module", torch_module, needs="torch"),
            Contestant("JAX, jit", jax_jit, needs="jax"),
            Contestant("HIPS autograd", hips_autograd, needs="autograd"),
            Contestant("floor: fused by hand", fused),
        ],
    ),
]
