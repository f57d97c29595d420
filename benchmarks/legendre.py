"""Legendre's polynomial of chapter 2: a + b P₃(c + d x), with P₃ an operation of one's own."""

from typing import Any

import numpy

from benchmarks import hips_step, replay_step
from benchmarks.jax_step import descent, whole_descent
from benchmarks.polynomial_data import points, points_in_float32, torch_points
from benchmarks.workload import OURS, REPLAYED, SCAN, Contestant, Run, Workload
from common.autograd import Tensor, no_grad
from common.layers import Layer
from common.np import Array
from dataset import sine

STEPS, LR = 2000, 5e-6
START = (0.0, -1.0, 0.0, 0.3)  # a, b, c, d


class LegendreP3(Layer):
    """y = (5 x³ - 3 x) / 2."""

    def forward(self, x: Array) -> Array:
        self.x = x
        return 0.5 * (5 * x * x * x - 3 * x)

    def backward(self, dout: Array) -> Array:
        return dout * 1.5 * (5 * self.x * self.x - 1)


def with_a_layer(steps: int) -> Run:
    """ch02/polynomial_custom_function: the operation is a layer, called on tensors."""
    x, y = map(Tensor, sine.load_data())
    P3 = LegendreP3()

    def run() -> float:
        a, b, c, d = (Tensor(start, requires_grad=True) for start in START)
        for _ in range(steps):
            y_pred = a + b * P3(c + d * x)
            loss = ((y_pred - y) ** 2).sum()
            loss.backward()
            with no_grad():
                a -= LR * a.grad
                b -= LR * b.grad
                c -= LR * c.grad
                d -= LR * d.grad
            a.grad = b.grad = c.grad = d.grad = None
        return loss.item()

    return run


def with_replay(steps: int) -> Run:
    """The same loss, recorded once and then replayed."""
    x, y = map(Tensor, sine.load_data())
    P3 = LegendreP3()

    def squared_error(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        return ((a + b * P3(c + d * x) - y) ** 2).sum()

    return replay_step.descent(squared_error, START, LR, steps)


def fused(steps: int) -> Run:
    """The floor: the gradients by hand, and every result in an array that is there.

    P₃ stays an operation. Expanded into powers of x, this would be the polynomial's floor.
    """
    x, y = points_in_float32()
    ones, (z, z2, p3, diff) = numpy.ones_like(x), numpy.empty((4, len(x)), numpy.float32)

    def run() -> float:
        a, b, c, d = map(numpy.float32, START)
        for _ in range(steps):
            numpy.add(numpy.multiply(x, d, out=z), c, out=z)
            numpy.multiply(z, z, out=z2)
            numpy.subtract(numpy.multiply(z2, 2.5, out=p3), 1.5, out=p3)
            numpy.multiply(p3, z, out=p3)
            numpy.add(numpy.multiply(p3, b, out=diff), a, out=diff)
            numpy.subtract(diff, y, out=diff)
            loss = numpy.dot(diff, diff)
            dz = numpy.subtract(numpy.multiply(z2, 7.5, out=z2), 1.5, out=z2)
            numpy.multiply(dz, diff, out=dz)
            da, db = numpy.dot(diff, ones), numpy.dot(diff, p3)
            dc, dd = b * numpy.dot(dz, ones), b * numpy.dot(dz, x)
            a, b = a - 2 * LR * da, b - 2 * LR * db
            c, d = c - 2 * LR * dc, d - 2 * LR * dd
        return float(loss)

    return run


def torch_p3() -> Any:
    """P₃ as an autograd.Function, which is PyTorch's way to write one."""
    import torch

    class TorchP3(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return 0.5 * (5 * x**3 - 3 * x)

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            (x,) = ctx.saved_tensors
            return dout * 1.5 * (5 * x**2 - 1)

    return TorchP3.apply


def torch_function(steps: int) -> Run:
    """As in the documents: the operation is a Function."""
    import torch

    x, y = torch_points()
    P3 = torch_p3()

    def run() -> float:
        a, b, c, d = (torch.tensor(start, requires_grad=True) for start in START)
        for _ in range(steps):
            y_pred = a + b * P3(c + d * x)
            loss = (y_pred - y).pow(2).sum()
            loss.backward()
            with torch.no_grad():
                a -= LR * a.grad
                b -= LR * b.grad
                c -= LR * c.grad
                d -= LR * d.grad
            a.grad = b.grad = c.grad = d.grad = None
        return loss.item()

    return run


def squared_error(params: Any, x: Any, y: Any) -> Any:
    """The loss, with P₃ as a formula, for a peer that differentiates functions."""
    a, b, c, d = params
    z = c + d * x
    diff = a + b * 0.5 * (5 * z * z * z - 3 * z) - y  # products: NumPy's z**3 takes long
    return (diff * diff).sum()


def jax_jit(steps: int, descent: Any = descent) -> Run:
    """The whole step as one program."""
    import jax

    x, y = (jax.numpy.asarray(array, "float32") for array in points())
    start = [jax.numpy.float32(p) for p in START]
    return descent(lambda params: squared_error(params, x, y), start, LR, steps)


def jax_whole(steps: int) -> Run:
    """All steps as one program."""
    return jax_jit(steps, descent=whole_descent)


def hips_autograd(steps: int) -> Run:
    """The loss is a function of plain NumPy, which autograd differentiates."""
    x, y = points_in_float32()
    start = [numpy.float32(p) for p in START]
    return hips_step.descent(lambda params: squared_error(params, x, y), start, LR, steps)


WORKLOADS = [
    Workload(
        "legendre",
        STEPS,
        8.94364,
        [
            Contestant(OURS, with_a_layer),
            Contestant(REPLAYED, with_replay),
            Contestant("PyTorch, a Function", torch_function, needs="torch"),
            Contestant("JAX, jit", jax_jit, needs="jax"),
            Contestant(SCAN, jax_whole, needs="jax"),
            Contestant("HIPS autograd", hips_autograd, needs="autograd"),
            Contestant("floor: fused by hand", fused),
        ],
    ),
]
