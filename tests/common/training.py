"""Models, data and optimizers that look on while a Trainer works.

The data stay on the CPU: a Trainer moves what it is given to the device that is on.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy

from common.layers import (
    Layer,
    Linear,
    Sequential,
    Sigmoid,
    SoftmaxWithLoss,
)
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer

N = 45
RNG = numpy.random.default_rng(0)
X = RNG.normal(size=(N, 2)).astype(numpy.float32)
ANGLE = numpy.arctan2(X[:, 1], X[:, 0]) + numpy.pi
T = (ANGLE // 2.1).astype(numpy.int64)  # three sectors: 0, 1, 2
ONE_HOT = numpy.eye(3, dtype=numpy.int32)[T]


def network(seed: int = 0, *more: Layer) -> Sequential:
    rng = numpy.random.default_rng(seed)
    return Sequential(Linear(2, 6, rng), Sigmoid(), *more, Linear(6, 3, rng))


def trainer_of(model: Any, seed: int = 0, lr: float = 0.5) -> Trainer:
    return Trainer(model, SGD(lr), loss=SoftmaxWithLoss(), seed=seed)


def numbers(model: Any) -> list[bytes]:
    return [param.tobytes() for param in model.params]


class BookNet:
    """A model in the book's sense."""

    def __init__(self, *layers: Layer, loss: Layer | None = None) -> None:
        self.layers, self.loss = layers, loss or SoftmaxWithLoss()
        self.params = [param for layer in layers for param in layer.params]
        self.grads = [grad for layer in layers for grad in layer.grads]

    def predict(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x: Array, t: Array) -> Array:
        return self.loss.forward(self.predict(x), t)

    def backward(self, dout: float = 1) -> Array:
        dx = self.loss.backward(dout)
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        return dx


class Recorder:
    """Learns nothing. Its loss is the mean of t, and it keeps the batches that it sees."""

    def __init__(self) -> None:
        self.params, self.grads = [np.zeros(1)], [np.zeros(1)]
        self.batches: list[list[int]] = []

    def forward(self, x: Array, t: Array) -> Array:
        assert (10 * x == t).all(), "a row of x has lost its t"
        self.batches.append(x.tolist())
        return t.mean()

    def backward(self) -> None:
        pass

    def losses(self) -> list[float]:
        return [10 * sum(batch) / len(batch) for batch in self.batches]


def rows_of(batches: list[list[int]]) -> list[int]:
    return [row for batch in batches for row in batch]


def recorded(n: int, **options: Any) -> tuple[Recorder, Trainer]:
    """A fit on the rows 0..n-1 with t ten times the row's number, and what the model saw."""
    model = Recorder()
    trainer = Trainer(model, SGD(), seed=0)
    trainer.fit(np.arange(n), 10 * np.arange(n), **{"verbose": False, **options})
    return model, trainer


class Watch(SGD):
    """Keeps, of each step, the learning rate, the gradients and the parameters after it."""

    def __init__(self, lr: float = 0.5) -> None:
        super().__init__(lr)
        self.lrs: list[float] = []
        self.grads: list[list[Array]] = []
        self.after: list[list[bytes]] = []

    def update(self, params: Any, grads: Any) -> None:
        super().update(params, grads)
        self.lrs.append(self.lr)
        self.grads.append([grad.copy() for grad in grads])
        self.after.append([param.tobytes() for param in params])


class AtStep(Layer):
    """Passes its input on; from a given step of the training on, spoils it."""

    def __init__(self, step: int, spoil: Callable[[Array], Array]) -> None:
        super().__init__()
        self.step, self.spoil, self.steps = step, spoil, itertools.count(1)

    def forward(self, x: Array) -> Array:
        return self.spoil(x) if self.training and next(self.steps) >= self.step else x

    def backward(self, dout: Array) -> Array:
        return dout


def nan(x: Array) -> Array:
    return x * np.float32(np.nan)


def ctrl_c(*_: Any) -> Any:
    raise KeyboardInterrupt


class Net(Module):
    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


def norm(grads: list[Array]) -> float:
    return math.sqrt(sum(float((grad.astype(float) ** 2).sum()) for grad in grads))
