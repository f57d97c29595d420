"""The two-layer net of chapter 2: 1,000 inputs, 100 hidden neurons, 10 outputs, 64 examples."""

from typing import Any

import numpy

from benchmarks import hips_step, replay_step
from benchmarks.jax_step import descent, whole_descent
from benchmarks.workload import IN_FLOAT64, OURS, REPLAYED, SCAN, Contestant, Run, Workload
from common.autograd import Tensor, no_grad
from common.np import Array, np

STEPS, LR = 200, 1e-6
N, D_IN, H, D_OUT = 64, 1000, 100, 10


def data_and_start() -> tuple[Array, Array, Array, Array]:
    """x, y, w1, w2 in float64, in which they are drawn."""
    rng = numpy.random.default_rng(0)
    shapes = (N, D_IN), (N, D_OUT), (D_IN, H), (H, D_OUT)
    x, y, w1, w2 = (rng.normal(size=shape) for shape in shapes)
    return x, y, w1, w2


def in_float32() -> tuple[Array, Array, Array, Array]:
    """The same numbers in the dtype that all but the documents' NumPy script use."""
    x, y, w1, w2 = (np.asarray(array, dtype="float32") for array in data_and_start())
    return x, y, w1, w2


# This project -------------------------------------------------------------------------------------


def by_hand(steps: int) -> Run:
    """ch02/two_layer_net_numpy: arrays, every gradient derived by hand."""
    x, y, *start = in_float32()

    def run() -> float:
        w1, w2 = (w.copy() for w in start)
        for _ in range(steps):
            h = np.matmul(x, w1)
            h_relu = np.maximum(h, 0)
            y_pred = np.matmul(h_relu, w2)
            loss = np.square(y_pred - y).sum()

            grad_y_pred = 2.0 * (y_pred - y)
            grad_w2 = np.matmul(h_relu.T, grad_y_pred)
            grad_h_relu = np.matmul(grad_y_pred, w2.T)
            grad_h = grad_h_relu * (h > 0)
            grad_w1 = np.matmul(x.T, grad_h)
            w1 -= LR * grad_w1
            w2 -= LR * grad_w2
        return float(loss)

    return run


def with_autograd(steps: int) -> Run:
    """ch02/two_layer_net_autograd: the tape finds the gradients."""
    x_data, y_data, *start = in_float32()
    x, y = Tensor(x_data), Tensor(y_data)

    def run() -> float:
        w1, w2 = (Tensor(w.copy(), requires_grad=True) for w in start)
        for _ in range(steps):
            y_pred = (x @ w1).clamp(min=0) @ w2
            loss = ((y_pred - y) ** 2).sum()
            loss.backward()
            with no_grad():
                w1 -= LR * w1.grad
                w2 -= LR * w2.grad
            w1.grad = w2.grad = None
        return loss.item()

    return run


def with_replay(steps: int) -> Run:
    """The same loss, recorded once and then replayed."""
    x_data, y_data, *start = in_float32()
    x, y = Tensor(x_data), Tensor(y_data)

    def squared_error(w1: Tensor, w2: Tensor) -> Tensor:
        return (((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum()

    return replay_step.descent(squared_error, start, LR, steps)


# Plain NumPy --------------------------------------------------------------------------------------


def numpy_script(steps: int) -> Run:
    """As in the documents: float64."""
    x, y, *start = data_and_start()

    def run() -> float:
        w1, w2 = (w.copy() for w in start)
        for _ in range(steps):
            h = x.dot(w1)
            h_relu = numpy.maximum(h, 0)
            y_pred = h_relu.dot(w2)
            loss = numpy.square(y_pred - y).sum()
            grad_y_pred = 2.0 * (y_pred - y)
            grad_w2 = h_relu.T.dot(grad_y_pred)
            grad_h = grad_y_pred.dot(w2.T)
            grad_h[h < 0] = 0
            grad_w1 = x.T.dot(grad_h)
            w1 -= LR * grad_w1
            w2 -= LR * grad_w2
        return float(loss)

    return run


def fused(steps: int) -> Run:
    """The floor: every result goes into an array that is there."""
    x, y, *start = in_float32()
    mask = numpy.empty((N, H), bool)
    h, dh = numpy.empty((N, H), x.dtype), numpy.empty((N, H), x.dtype)
    dy, dw1, dw2 = numpy.empty_like(y), numpy.empty_like(start[0]), numpy.empty_like(start[1])

    def run() -> float:
        w1, w2 = (w.copy() for w in start)
        for _ in range(steps):
            numpy.maximum(numpy.matmul(x, w1, out=h), 0, out=h)
            numpy.subtract(numpy.matmul(h, w2, out=dy), y, out=dy)
            loss = numpy.vdot(dy, dy)
            numpy.multiply(dy, 2 * LR, out=dy)  # lr goes in where the arrays are smallest
            numpy.matmul(h.T, dy, out=dw2)
            numpy.multiply(numpy.matmul(dy, w2.T, out=dh), numpy.greater(h, 0, out=mask), out=dh)
            numpy.matmul(x.T, dh, out=dw1)
            numpy.subtract(w1, dw1, out=w1)
            numpy.subtract(w2, dw2, out=w2)
        return float(loss)

    return run


# PyTorch ------------------------------------------------------------------------------------------


def torch_tensors(steps: int) -> Run:
    """As in the documents: tensors, every gradient by hand. (A mask is faster than their index.)"""
    import torch

    x, y, *start = map(torch.from_numpy, in_float32())

    def run() -> float:
        w1, w2 = (w.clone() for w in start)
        for _ in range(steps):
            h = x.mm(w1)
            h_relu = h.clamp(min=0)
            y_pred = h_relu.mm(w2)
            loss = (y_pred - y).pow(2).sum()
            grad_y_pred = 2.0 * (y_pred - y)
            grad_w2 = h_relu.t().mm(grad_y_pred)
            grad_h = grad_y_pred.mm(w2.t()) * (h > 0)
            grad_w1 = x.t().mm(grad_h)
            w1 -= LR * grad_w1
            w2 -= LR * grad_w2
        return loss.item()

    return run


def torch_autograd(steps: int) -> Run:
    """As in the documents: two tensors that require a gradient."""
    import torch

    x, y, *start = map(torch.from_numpy, in_float32())

    def run() -> float:
        w1, w2 = (w.clone().requires_grad_() for w in start)
        for _ in range(steps):
            loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
            loss.backward()
            with torch.no_grad():
                w1 -= LR * w1.grad
                w2 -= LR * w2.grad
            w1.grad = w2.grad = None
        return loss.item()

    return run


# JAX and HIPS autograd ----------------------------------------------------------------------------


def jax_jit(steps: int, descent: Any = descent) -> Run:
    """The whole step as one program."""
    import jax

    x, y, *start = map(jax.numpy.asarray, in_float32())

    def squared_error(params: Any) -> Any:
        w1, w2 = params
        return ((jax.nn.relu(x @ w1) @ w2 - y) ** 2).sum()

    return descent(squared_error, start, LR, steps)


def jax_whole(steps: int) -> Run:
    """All steps as one program."""
    return jax_jit(steps, descent=whole_descent)


def hips_autograd(steps: int) -> Run:
    """The loss is a function of its NumPy, which it differentiates."""
    import autograd.numpy as anp

    x, y, *start = in_float32()

    def squared_error(params: Any) -> Any:
        w1, w2 = params
        return anp.sum((anp.maximum(x @ w1, 0) @ w2 - y) ** 2)

    return hips_step.descent(squared_error, start, LR, steps)


WORKLOADS = [
    Workload(
        "two-layer-net-by-hand",
        STEPS,
        1.03623,
        [
            Contestant(OURS, by_hand),
            Contestant("the documents' NumPy script", numpy_script, note=IN_FLOAT64),
            Contestant("PyTorch, tensors", torch_tensors, needs="torch"),
            Contestant("JAX, jit", jax_jit, needs="jax"),
            Contestant(SCAN, jax_whole, needs="jax"),
            Contestant("floor: fused by hand", fused),
        ],
    ),
    Workload(
        "two-layer-net-with-autograd",
        STEPS,
        1.03623,
        [
            Contestant(OURS, with_autograd),
            Contestant(REPLAYED, with_replay),
            Contestant("PyTorch, autograd", torch_autograd, needs="torch"),
            Contestant("JAX, jit", jax_jit, needs="jax"),
            Contestant(SCAN, jax_whole, needs="jax"),
            Contestant("HIPS autograd", hips_autograd, needs="autograd"),
            Contestant("floor: fused by hand", fused),
        ],
    ),
]
