"""The table that drives the tests of the layers and losses, and the one of the optimizers.

A row says how to make a layer, what goes in, and how PyTorch computes the same. A layer without
a row fails a test, so a new one is tested by writing its row.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import DTypeLike, NDArray

from common import config
from common.layers import (
    Affine,
    BatchNorm,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Linear,
    MatMul,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    SigmoidWithLoss,
    Softmax,
    SoftmaxWithLoss,
    Tanh,
)
from common.np import np
from common.optimizer import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop

Array = NDArray[Any]


def draw(*shape: int, seed: int = 0) -> Array:
    """Numbers from -2 to 2: the same on every version of NumPy, and exact in float32 too.

    On the device that is on: in a test on its own, in a table on the CPU.
    """
    raw = numpy.random.PCG64([seed, *shape]).random_raw(math.prod(shape))
    return np.asarray((numpy.asarray(raw >> 40, np.float64) / 2**22 - 2).reshape(shape))


def cast(array: Array, dtype: DTypeLike) -> Array:
    """A copy on the device; floats become `dtype`, indices and labels stay what they are."""
    return np.array(array, dtype if array.dtype.kind == "f" else array.dtype)


@dataclass(frozen=True)
class Result:
    """What one forward and one backward give."""

    y: Array
    dx: Array | None
    grads: list[Array]

    def arrays(self) -> dict[str, Array]:
        grads = {f"grads[{i}]": grad for i, grad in enumerate(self.grads)}
        dx = {} if self.dx is None else {"dx": self.dx}
        return {"y": np.asarray(self.y)} | dx | grads


def run(layer: Layer, inputs: tuple[Array, ...], dout: Any) -> Result:
    y = layer.forward(*inputs)
    dx = layer.backward(dout)
    return Result(y, dx, [grad.copy() for grad in layer.grads])


# Layers and losses ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One layer on one input.

    peer(F, *inputs, *weights) is the output in PyTorch; F is torch.nn.functional. Where PyTorch
    draws a mask of its own, `follow(layer, y)` makes our layer draw the one that gave y.
    """

    name: str
    make: Callable[..., Layer]
    arrays: tuple[Array, ...]
    weights: tuple[Array, ...] = ()
    peer: Callable[..., Any] | None = None
    follow: Callable[[Any, Array], None] = lambda layer, y: None

    def __str__(self) -> str:
        return self.name

    def layer(self, dtype: DTypeLike = np.float64) -> Layer:
        return self.make(*(cast(weight, dtype) for weight in self.weights))

    def inputs(self, dtype: DTypeLike = np.float64) -> tuple[Array, ...]:
        return tuple(cast(array, dtype) for array in self.arrays)

    def dout(self, dtype: DTypeLike = np.float64) -> Array:
        y = self.layer().forward(*self.inputs())
        return draw(*np.shape(y), seed=9).astype(dtype)

    def run(self, dtype: DTypeLike = np.float64) -> Result:
        return run(self.layer(dtype), self.inputs(dtype), self.dout(dtype))


def linear(W: Array, b: Array) -> Linear:
    """A Linear, with W and b written over the weights that it drew."""
    (D, H), before = W.shape, config.dtype
    config.dtype = W.dtype
    try:
        layer = Linear(D, H, seed=0)
    finally:
        config.dtype = before
    for param, array in zip(layer.params, (W, b), strict=True):
        param[...] = array
    return layer


def two_layers(W1: Array, b1: Array, W2: Array, b2: Array) -> Sequential:
    return Sequential(Affine(W1, b1), Sigmoid(), Affine(W2, b2))


def nested(W1: Array, b1: Array, W2: Array) -> Sequential:
    return Sequential(Flatten(), Sequential(Affine(W1, b1), ReLU()), MatMul(W2), Softmax())


def word_scores(W: Array, V: Array) -> Sequential:
    return Sequential(Embedding(W), Flatten(), MatMul(V))


def batch_norm(gamma: Array, beta: Array) -> BatchNorm:
    """A BatchNorm with its weights, and running statistics that are no beginner's."""
    layer = BatchNorm(len(gamma))
    layer.params = [gamma, beta]
    layer.grads = [np.zeros_like(gamma), np.zeros_like(beta)]
    layer.state = [np.full_like(gamma, 0.25), np.full_like(gamma, 1.5)]
    return layer


def torch_batch_norm(training: bool) -> Callable[..., Any]:
    def peer(F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        mean, var = x.new_full((len(gamma),), 0.25), x.new_full((len(gamma),), 1.5)
        return F.batch_norm(x, mean, var, gamma, beta, training)

    return peer


class OwnLists(Layer):
    """y = w x, written as in the book: its lists are its own."""

    def __init__(self, w: Array) -> None:
        self.params, self.grads = [w], [np.zeros_like(w)]

    def forward(self, x: Array) -> Array:
        self.x = x
        return self.params[0] * x

    def backward(self, dout: Array) -> Array:
        self.grads[0][...] = (dout * self.x).sum(axis=0)
        return dout * self.params[0]


class SameMask:
    """Stands in for a Dropout's generator: drops what is 0 in y."""

    def __init__(self, y: Array) -> None:
        self.y = y

    def random(self, shape: tuple[int, ...]) -> Array:
        return numpy.broadcast_to(self.y != 0, shape).astype(np.float64)


def drop_the_same(layer: Dropout, y: Array) -> None:
    layer.rng = SameMask(y)  # type: ignore[assignment]


INDICES = np.array([2, 0, 1, 1, 2])
ONE_HOT = np.eye(3, dtype=int)[INDICES]
SOFT = np.array(
    [[0.5, 0.25, 0.25], [0, 0, 1], [0.125, 0.875, 0], [0.75, 0, 0.25], [0.25, 0.5, 0.25]]
)
BINARY = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 1]])
BETWEEN = np.array([[0.5, 0.25], [0.0, 1.0], [0.75, 0.125]])
WORDS = np.array([[1, 3, 1], [0, 1, 3]])  # 2 is never used, 1 and 3 more than once

ROWS = [
    Row("MatMul", MatMul, (draw(5, 4),), (draw(4, 3),), lambda F, x, W: x @ W),
    Row(
        "Affine", Affine, (draw(5, 4),), (draw(4, 3), draw(3)),
        lambda F, x, W, b: F.linear(x, W.T, b),
    ),
    Row(
        "Affine, one example", Affine, (draw(1, 4),), (draw(4, 3), draw(3)),
        lambda F, x, W, b: F.linear(x, W.T, b),
    ),
    Row(
        "Affine, W a transpose", Affine, (draw(5, 4),), (draw(3, 4).T, draw(3)),
        lambda F, x, W, b: F.linear(x, W.T, b),
    ),
    Row(
        "Affine, large", Affine, (draw(12, 10),), (draw(10, 8), draw(8)),
        lambda F, x, W, b: F.linear(x, W.T, b),
    ),
    Row(
        "Linear", linear, (draw(5, 4),), (draw(4, 3), draw(3)),
        lambda F, x, W, b: F.linear(x, W.T, b),
    ),
    Row("Sigmoid", Sigmoid, (draw(4, 3),), peer=lambda F, x: x.sigmoid()),
    Row("Sigmoid, large", Sigmoid, (draw(10, 2, 4),), peer=lambda F, x: x.sigmoid()),
    Row("Tanh", Tanh, (draw(4, 3),), peer=lambda F, x: x.tanh()),
    Row("ReLU", ReLU, (draw(4, 3),), peer=lambda F, x: x.relu()),
    Row("Softmax", Softmax, (draw(4, 3),), peer=lambda F, x: x.softmax(-1)),
    Row("Softmax, three axes", Softmax, (draw(2, 3, 4),), peer=lambda F, x: x.softmax(-1)),
    Row("Flatten", Flatten, (draw(2, 3, 4),), peer=lambda F, x: x.flatten(1)),
    Row(
        "Flatten(0, 1)", lambda: Flatten(0, 1), (draw(2, 3, 4),),
        peer=lambda F, x: x.flatten(0, 1),
    ),
    Row(
        "Flatten(-3, -2)", lambda: Flatten(-3, -2), (draw(2, 3, 2, 2),),
        peer=lambda F, x: x.flatten(-3, -2),
    ),
    Row(
        "Dropout, training", lambda: Dropout(0.25, seed=0), (draw(6, 5),),
        peer=lambda F, x: (1 - 0.25) * F.dropout(x, 0.25), follow=drop_the_same,
    ),
    Row(
        "Dropout, evaluation", lambda: Dropout(0.25).eval(), (draw(6, 5),),
        peer=lambda F, x: (1 - 0.25) * F.dropout(x, 0.25, training=False),
    ),
    Row(
        "BatchNorm, training", batch_norm, (draw(5, 3),), (draw(3), draw(3, seed=1)),
        torch_batch_norm(training=True),
    ),
    Row(
        "BatchNorm, evaluation", lambda *weights: batch_norm(*weights).eval(), (draw(5, 3),),
        (draw(3), draw(3, seed=1)), torch_batch_norm(training=False),
    ),
    Row("Embedding", Embedding, (WORDS,), (draw(4, 3),), lambda F, idx, W: F.embedding(idx, W)),
    Row("Embedding, large", Embedding, (WORDS,), (draw(7, 10),),
        lambda F, idx, W: F.embedding(idx, W)),
    Row(
        "SoftmaxWithLoss, indices", SoftmaxWithLoss, (draw(5, 3), INDICES),
        peer=lambda F, x, t: F.cross_entropy(x, t),
    ),
    Row(
        "SoftmaxWithLoss, uint8 indices", SoftmaxWithLoss, (draw(5, 3), INDICES.astype(np.uint8)),
        peer=lambda F, x, t: F.cross_entropy(x, t.long()),
    ),
    Row(
        "SoftmaxWithLoss, one-hot", SoftmaxWithLoss, (draw(5, 3), ONE_HOT),
        peer=lambda F, x, t: F.cross_entropy(x, t.to(x.dtype)),
    ),
    Row(
        "SoftmaxWithLoss, distributions", SoftmaxWithLoss, (draw(5, 3), SOFT),
        peer=lambda F, x, t: F.cross_entropy(x, t),
    ),
    Row(
        "SoftmaxWithLoss, large", SoftmaxWithLoss, (draw(25, 3), np.tile(INDICES, 5)),
        peer=lambda F, x, t: F.cross_entropy(x, t),
    ),
    Row(
        "SigmoidWithLoss, 0 or 1", SigmoidWithLoss, (draw(4, 3), BINARY),
        peer=lambda F, x, t: F.binary_cross_entropy_with_logits(x, t.to(x.dtype)),
    ),
    Row(
        "SigmoidWithLoss, between", SigmoidWithLoss, (draw(3, 2), BETWEEN),
        peer=lambda F, x, t: F.binary_cross_entropy_with_logits(x, t),
    ),
    Row(
        "MSELoss, mean", MSELoss, (draw(4, 3), draw(4, 3, seed=1)),
        peer=lambda F, y, t: F.mse_loss(y, t),
    ),
    Row(
        "MSELoss, sum", lambda: MSELoss(reduction="sum"), (draw(4, 3), draw(4, 3, seed=1)),
        peer=lambda F, y, t: F.mse_loss(y, t, reduction="sum"),
    ),
    Row(
        "Sequential", two_layers, (draw(5, 4),), (draw(4, 6), draw(6), draw(6, 3), draw(3)),
        lambda F, x, W1, b1, W2, b2: F.linear(F.linear(x, W1.T, b1).sigmoid(), W2.T, b2),
    ),
    Row(
        "Sequential, nested", nested, (draw(3, 2, 4),), (draw(8, 5) / 4, draw(5), draw(5, 3) / 4),
        lambda F, x, W1, b1, W2: (F.linear(x.flatten(1), W1.T, b1).relu() @ W2).softmax(-1),
    ),
    Row(
        "Sequential, from indices", word_scores, (WORDS,), (draw(4, 3), draw(9, 2)),
        lambda F, idx, W, V: F.embedding(idx, W).flatten(1) @ V,
    ),
]  # fmt: skip


# Optimizers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class OptimizerRow:
    """An optimizer of ours, made from lr, and PyTorch's: peer(torch.optim, params, lr)."""

    name: str
    make: Callable[[float], Optimizer]
    peer: Callable[[Any, Any, float], Any]

    def __str__(self) -> str:
        return self.name


OPTIMIZERS = [
    OptimizerRow("SGD", SGD, lambda o, p, lr: o.SGD(p, lr)),
    OptimizerRow("Momentum", Momentum, lambda o, p, lr: o.SGD(p, lr, momentum=0.9)),
    OptimizerRow(
        "Momentum(0.5)", lambda lr: Momentum(lr, 0.5), lambda o, p, lr: o.SGD(p, lr, momentum=0.5)
    ),
    OptimizerRow("Nesterov", Nesterov, lambda o, p, lr: o.SGD(p, lr, momentum=0.9, nesterov=True)),
    OptimizerRow(
        "Nesterov(0.5)",
        lambda lr: Nesterov(lr, 0.5),
        lambda o, p, lr: o.SGD(p, lr, momentum=0.5, nesterov=True),
    ),
    OptimizerRow("AdaGrad", AdaGrad, lambda o, p, lr: o.Adagrad(p, lr)),
    OptimizerRow(
        "AdaGrad(eps=0.1)",
        lambda lr: AdaGrad(lr, eps=0.1),
        lambda o, p, lr: o.Adagrad(p, lr, eps=0.1),
    ),
    OptimizerRow("RMSprop", RMSprop, lambda o, p, lr: o.RMSprop(p, lr)),
    OptimizerRow(
        "RMSprop(0.5, eps=0.1)",
        lambda lr: RMSprop(lr, 0.5, eps=0.1),
        lambda o, p, lr: o.RMSprop(p, lr, alpha=0.5, eps=0.1),
    ),
    OptimizerRow("Adam", Adam, lambda o, p, lr: o.Adam(p, lr)),
    OptimizerRow(
        "Adam(0.5, 0.75, eps=0.1)",
        lambda lr: Adam(lr, 0.5, 0.75, eps=0.1),
        lambda o, p, lr: o.Adam(p, lr, betas=(0.5, 0.75), eps=0.1),
    ),
    OptimizerRow("AdamW", AdamW, lambda o, p, lr: o.AdamW(p, lr)),
    OptimizerRow(
        "AdamW(0.5, 0.75, eps=0.1, weight_decay=0.5)",
        lambda lr: AdamW(lr, 0.5, 0.75, eps=0.1, weight_decay=0.5),
        lambda o, p, lr: o.AdamW(p, lr, betas=(0.5, 0.75), eps=0.1, weight_decay=0.5),
    ),
]

STEPS = 100
LEARNING_RATES: dict[str, Callable[[int], float]] = {
    "constant": lambda step: 0.05,
    "changing": lambda step: 0.01 * (1 + step % 7),
}


def start(dtype: DTypeLike = np.float64) -> list[Array]:
    """The parameters that an optimizer starts from; one of them is 0-d."""
    return [draw(1, 2).astype(dtype), draw().astype(dtype)]


def gradients(step: int, dtype: DTypeLike = np.float64) -> list[Array]:
    return [draw(1, 2, seed=step + 1).astype(dtype), draw(seed=step + 1).astype(dtype)]


def flat(arrays: list[Array]) -> Array:
    return np.concatenate([array.ravel() for array in arrays])


def trajectory(row: OptimizerRow, lr: Callable[[int], float]) -> Array:
    """All parameters after each of 100 steps."""
    params, optimizer, places = start(), row.make(lr(0)), []
    for step in range(STEPS):
        optimizer.update(params, gradients(step))
        optimizer.lr = lr(step + 1)
        places.append(flat(params))
    return np.array(places)
