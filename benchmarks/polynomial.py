"""The polynomial of chapter 2: a + b x + c x² + d x³, fitted to one wave of the sine.

All begin at the same four numbers. The first group of functions is ours, as the pages of the
chapter have it; plain NumPy stands below, and the other peers in `polynomial_peers`.
"""

import numpy

from benchmarks import polynomial_peers as peers
from benchmarks import replay_step
from benchmarks.polynomial_data import LR, LR_RMSPROP, START, STEPS, points, points_in_float32
from benchmarks.workload import (
    BOTH,
    FAST,
    IN_FLOAT64,
    OURS,
    POWERS_ARE_CONSTANTS,
    REPLAYED,
    SCAN,
    TORCH_COMPILE,
    Contestant,
    Run,
    Workload,
)
from common import config
from common.autograd import Tensor, no_grad, replay
from common.layers import Affine, Flatten, Linear, MSELoss, Sequential
from common.np import Array, np
from common.optimizer import SGD, RMSprop
from common.parameters import leaves_of
from dataset import sine


def powers() -> tuple[Array, Array]:
    """x, x² and x³ side by side, one example a row, and the targets."""
    x, y = sine.load_data()
    return np.stack([x, x**2, x**3], axis=1), y


def start_of_layer() -> tuple[Array, Array]:
    """The weights b, c, d as a column, and the bias a."""
    a, *bcd = START
    return np.asarray(bcd, dtype=config.dtype)[:, None], np.asarray([a], dtype=config.dtype)


# This project -------------------------------------------------------------------------------------


def by_hand(steps: int) -> Run:
    """ch02/polynomial_tensor: arrays, every gradient derived by hand."""
    x, y = sine.load_data()
    x2 = x * x
    x3 = x2 * x

    def run() -> float:
        a, b, c, d = (np.asarray(start, dtype=config.dtype) for start in START)
        for _ in range(steps):
            y_pred = a + b * x + c * x2 + d * x3
            loss = np.square(y_pred - y).sum()

            grad_y_pred = 2.0 * (y_pred - y)
            a -= LR * grad_y_pred.sum()
            b -= LR * (grad_y_pred * x).sum()
            c -= LR * (grad_y_pred * x2).sum()
            d -= LR * (grad_y_pred * x3).sum()
        return float(loss)

    return run


def with_layers(steps: int) -> Run:
    """An Affine on powers that were computed once; the update is written out."""
    xx, y = powers()
    y = y[:, None]

    def run() -> float:
        affine, mse = Affine(*start_of_layer()), MSELoss(reduction="sum")
        affine.needs_dx = False  # x is data; no peer computes dL/dx either
        for _ in range(steps):
            loss = mse.forward(affine.forward(xx), y)
            affine.backward(mse.backward())
            for param, grad in zip(affine.params, affine.grads, strict=True):
                param -= LR * grad
        return float(loss)

    return run


def with_sequential(steps: int, rmsprop: bool = False) -> Run:
    """Linear, Flatten, MSELoss and an optimizer, called by hand."""
    xx, y = powers()

    def run() -> float:
        model, mse = Sequential(Linear(3, 1), Flatten(0, 1)), MSELoss(reduction="sum")
        optimizer, model.needs_dx = RMSprop(LR_RMSPROP) if rmsprop else SGD(LR), False
        params, grads = model.params, model.grads  # looked up once, as PyTorch's optimizer does
        for param, start in zip(params, start_of_layer(), strict=True):
            param[...] = start
        for _ in range(steps):
            loss = mse.forward(model.forward(xx), y)
            model.backward(mse.backward())
            optimizer.update(params, grads)
        return float(loss)

    return run


def with_rmsprop(steps: int) -> Run:
    """The same with RMSprop in place of SGD."""
    return with_sequential(steps, rmsprop=True)


def with_autograd(steps: int) -> Run:
    """ch02/polynomial_autograd: the tape finds the gradients."""
    x, y = map(Tensor, sine.load_data())

    def run() -> float:
        a, b, c, d = (Tensor(start, requires_grad=True) for start in START)
        for _ in range(steps):
            y_pred = a + b * x + c * x**2 + d * x**3
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
    """The same loss, recorded once and then replayed; what x alone decides is computed once."""
    x, y = map(Tensor, sine.load_data())

    def squared_error(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        return ((a + b * x + c * x**2 + d * x**3 - y) ** 2).sum()

    return replay_step.descent(squared_error, START, LR, steps)


def sequential_replayed(steps: int, rmsprop: bool = False) -> Run:
    """Linear, Flatten, MSELoss and an optimizer; the layers are called on tensors, and replayed."""
    xx, y = powers()

    def run() -> float:
        model, mse = Sequential(Linear(3, 1), Flatten(0, 1)), MSELoss(reduction="sum")
        optimizer = RMSprop(LR_RMSPROP) if rmsprop else SGD(LR)
        params, grads, x = model.params, model.grads, Tensor(xx)
        for param, start in zip(params, start_of_layer(), strict=True):
            param[...] = start
        step = replay(lambda: mse(model(x), y))
        leaves = leaves_of(model)  # looked up once, as PyTorch's optimizer does
        for _ in range(steps):
            for leaf in leaves:
                leaf.clear()
            loss = step()
            optimizer.update(params, grads)
        return float(loss)

    return run


def rmsprop_replayed(steps: int) -> Run:
    """The same with RMSprop in place of SGD."""
    return sequential_replayed(steps, rmsprop=True)


# Plain NumPy --------------------------------------------------------------------------------------


def numpy_script(steps: int) -> Run:
    """As in the documents: float64, and the powers of x anew in each step."""
    x, y = points()

    def run() -> float:
        a, b, c, d = START
        for _ in range(steps):
            y_pred = a + b * x + c * x**2 + d * x**3
            loss = numpy.square(y_pred - y).sum()
            grad_y_pred = 2.0 * (y_pred - y)
            grad_a = grad_y_pred.sum()
            grad_b = (grad_y_pred * x).sum()
            grad_c = (grad_y_pred * x**2).sum()
            grad_d = (grad_y_pred * x**3).sum()
            a -= LR * grad_a
            b -= LR * grad_b
            c -= LR * grad_c
            d -= LR * grad_d
        return float(loss)

    return run


def powers_once(steps: int) -> Run:
    """The documents' script, but for the powers, which never change."""
    x, y = points()
    x2, x3 = x * x, x * x * x

    def run() -> float:
        a, b, c, d = START
        for _ in range(steps):
            y_pred = a + b * x + c * x2 + d * x3
            loss = numpy.square(y_pred - y).sum()
            grad_y_pred = 2.0 * (y_pred - y)
            grad_a = grad_y_pred.sum()
            grad_b = (grad_y_pred * x).sum()
            grad_c = (grad_y_pred * x2).sum()
            grad_d = (grad_y_pred * x3).sum()
            a -= LR * grad_a
            b -= LR * grad_b
            c -= LR * grad_c
            d -= LR * grad_d
        return float(loss)

    return run


def fused(steps: int, rmsprop: bool = False) -> Run:
    """The floor: the bias is a fourth weight, and every result goes into an array that is there."""
    x, y = points_in_float32()
    rows = numpy.stack([numpy.ones_like(x), x, x * x, x * x * x])
    columns = numpy.ascontiguousarray(rows.T)
    diff, grad, h, spare = numpy.empty_like(x), *numpy.empty((3, 4), numpy.float32)

    def run() -> float:
        w, h[...] = numpy.array(START, numpy.float32), 0
        for _ in range(steps):
            numpy.matmul(columns, w, out=diff)
            numpy.subtract(diff, y, out=diff)
            loss = numpy.dot(diff, diff)
            numpy.matmul(rows, diff, out=grad)
            if rmsprop:
                numpy.multiply(grad, 2, out=grad)
                numpy.multiply(numpy.multiply(grad, grad, out=spare), 0.01, out=spare)
                numpy.add(numpy.multiply(h, 0.99, out=h), spare, out=h)
                numpy.add(numpy.sqrt(h, out=spare), 1e-8, out=spare)
                numpy.multiply(numpy.divide(grad, spare, out=grad), LR_RMSPROP, out=grad)
            else:
                numpy.multiply(grad, 2 * LR, out=grad)
            numpy.subtract(w, grad, out=w)
        return float(loss)

    return run


def fused_rmsprop(steps: int) -> Run:
    """The same with RMSprop in place of SGD."""
    return fused(steps, rmsprop=True)


# The table --------------------------------------------------------------------------------------

POWERS_ANEW = "computes the powers in each step, as the documents do"
DOCUMENTS_SCRIPT = Contestant(
    "the documents' NumPy script", numpy_script, note=f"{IN_FLOAT64}, and the powers in each step"
)
POWERS_ONCE = Contestant("the same, powers computed once", powers_once, note=IN_FLOAT64)
TORCH_TENSORS = Contestant("PyTorch, tensors", peers.torch_tensors, needs="torch", note=POWERS_ANEW)
JAX_LAYER = Contestant("JAX, jit", peers.jax_layer, needs="jax")
JAX_SGD = Contestant("JAX, jit", peers.jax_sgd, needs="jax")
JAX_WHOLE = Contestant(SCAN, peers.jax_whole, needs="jax")
JAX_LAYER_WHOLE = Contestant(SCAN, peers.jax_layer_whole, needs="jax")
FUSED = Contestant("floor: fused by hand", fused)

WORKLOADS = [
    Workload(
        "polynomial-by-hand",
        STEPS,
        9.08601,
        [
            Contestant(OURS, by_hand),
            DOCUMENTS_SCRIPT,
            POWERS_ONCE,
            TORCH_TENSORS,
            JAX_SGD,
            JAX_WHOLE,
            FUSED,
        ],
    ),
    Workload(
        "polynomial-with-layers",
        STEPS,
        9.08601,
        [
            Contestant(OURS, with_layers),
            DOCUMENTS_SCRIPT,
            POWERS_ONCE,
            TORCH_TENSORS,
            Contestant("PyTorch, one matrix product", peers.torch_product, needs="torch"),
            JAX_LAYER,
            JAX_LAYER_WHOLE,
            FUSED,
        ],
    ),
    Workload(
        "polynomial-with-autograd",
        STEPS,
        9.08601,
        [
            Contestant(OURS, with_autograd),
            Contestant(REPLAYED, with_replay, note=POWERS_ARE_CONSTANTS),
            Contestant("PyTorch, autograd", peers.torch_autograd, needs="torch"),
            JAX_SGD,
            JAX_WHOLE,
            Contestant("HIPS autograd", peers.hips_autograd, needs="autograd"),
            FUSED,
        ],
    ),
    Workload(
        "polynomial-with-sequential",
        STEPS,
        9.08601,
        [
            Contestant(OURS, with_sequential),
            Contestant(REPLAYED, sequential_replayed),
            Contestant("PyTorch, nn", peers.torch_nn, needs="torch"),
            Contestant(TORCH_COMPILE, peers.torch_compiled, needs="torch", calls="g++"),
            JAX_LAYER,
            JAX_LAYER_WHOLE,
            FUSED,
        ],
    ),
    Workload(
        "polynomial-with-rmsprop",
        1000,  # later it stands still, and the loss would not tell how far a contestant went
        31.98531,
        [
            Contestant(OURS, with_rmsprop),
            Contestant(FAST, with_rmsprop, needs="numba"),
            Contestant(BOTH, rmsprop_replayed, needs="numba"),
            Contestant("PyTorch, nn and optim", peers.torch_optim, needs="torch"),
            Contestant("JAX, jit", peers.jax_rmsprop, needs="jax"),
            Contestant("floor: fused by hand", fused_rmsprop),
        ],
        tolerance=1e-2,  # at a loss that falls by 9% in ten steps, float32 is that far off
    ),
]
