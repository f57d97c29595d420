"""The spiral of chapter 1: 300 epochs of batches of 30, ten hidden neurons.

All begin with the same weights and see the rows in the same order (but for scikit-learn, which
shuffles for itself). The loss that is compared is the one of all rows after the training.
"""

from collections.abc import Iterator
from typing import Any

import numpy

from benchmarks import sklearn_net
from benchmarks.jax_step import compiled
from benchmarks.workload import FAST, OURS, TORCH_COMPILE, Contestant, Run, Workload
from ch01.two_layer_net import TwoLayerNet
from common.np import Array
from common.optimizer import SGD
from common.trainer import Trainer
from dataset import spiral

STEPS, BATCH, LR, SEED = 3000, 30, 1.0, 0
STEPS_PER_EPOCH = 10


def model() -> TwoLayerNet:
    """Chapter 1's network."""
    return TwoLayerNet(input_size=2, hidden_size=10, output_size=3, seed=SEED)


def start() -> list[Array]:
    """W1, b1, W2, b2, as our own model draws them."""
    return [param.copy() for param in model().params]


def batches(x: Any, t: Any, steps: int) -> Iterator[tuple[Any, Any]]:
    """The rows of each step; in a new order from epoch to epoch, as the Trainer has them."""
    rng = numpy.random.default_rng(SEED)
    for _ in range(steps // STEPS_PER_EPOCH):
        order = rng.permutation(len(x))
        shuffled_x, shuffled_t = x[order], t[order]
        for begin in range(0, len(x), BATCH):
            yield shuffled_x[begin : begin + BATCH], shuffled_t[begin : begin + BATCH]


def with_trainer(steps: int) -> Run:
    """ch01/train: the Trainer has the loop."""
    x, t = spiral.load_data()

    def run() -> float:
        trainer = Trainer(model(), SGD(LR), seed=SEED)
        trainer.fit(x, t, steps // STEPS_PER_EPOCH, BATCH, verbose=False)
        return trainer.evaluate(x, t)[0]

    return run


# The plainest layers in NumPy ---------------------------------------------------------------------


class Affine:
    """y = x W + b."""

    def __init__(self, W: Array, b: Array) -> None:
        self.params = [W, b]
        self.grads = [numpy.zeros_like(W), numpy.zeros_like(b)]

    def forward(self, x: Array) -> Array:
        W, b = self.params
        self.x = x
        return numpy.dot(x, W) + b

    def backward(self, dout: Array) -> Array:
        W, _ = self.params
        self.grads[0][...] = numpy.dot(self.x.T, dout)
        self.grads[1][...] = numpy.sum(dout, axis=0)
        return numpy.dot(dout, W.T)


class Sigmoid:
    """y = 1 / (1 + exp(-x))."""

    def forward(self, x: Array) -> Array:
        self.y = 1 / (1 + numpy.exp(-x))
        return self.y

    def backward(self, dout: Array) -> Array:
        return dout * (1.0 - self.y) * self.y


class SoftmaxWithLoss:
    """The logarithm of a probability that was computed first, with 1e-7 for safety."""

    def forward(self, x: Array, t: Array) -> float:
        e = numpy.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t.argmax(axis=1)
        right = self.y[numpy.arange(len(x)), self.t]
        return float(-numpy.sum(numpy.log(right + 1e-7)) / len(x))

    def backward(self) -> Array:
        dx = self.y.copy()
        dx[numpy.arange(len(dx)), self.t] -= 1
        return dx / len(dx)


def plain_layers(steps: int) -> Run:
    """The same loop with the fewest lines that do it: no checks, nothing kept safe."""
    x, t = spiral.load_data()

    def run() -> float:
        W1, b1, W2, b2 = start()
        first, sigmoid, second = Affine(W1, b1), Sigmoid(), Affine(W2, b2)
        criterion, losses = SoftmaxWithLoss(), []
        for batch_x, batch_t in batches(x, t, steps):
            scores = second.forward(sigmoid.forward(first.forward(batch_x)))
            losses.append(criterion.forward(scores, batch_t))
            first.backward(sigmoid.backward(second.backward(criterion.backward())))
            for layer in (first, second):
                for param, grad in zip(layer.params, layer.grads, strict=True):
                    param -= LR * grad
        return criterion.forward(second.forward(sigmoid.forward(first.forward(x))), t)

    return run


def fused(steps: int) -> Run:
    """The floor: no layers, no loss until the end, and every result in an array that is there."""
    x, t = spiral.load_data()
    t = t.astype(x.dtype)
    W1, b1, W2, b2 = start()
    h, dh = numpy.empty((BATCH, 10), x.dtype), numpy.empty((BATCH, 10), x.dtype)
    s = numpy.empty((BATCH, 3), x.dtype)
    dW1, db1, dW2, db2 = map(numpy.empty_like, (W1, b1, W2, b2))

    def run() -> float:
        W1, b1, W2, b2 = start()
        for batch_x, batch_t in batches(x, t, steps):
            numpy.add(numpy.matmul(batch_x, W1, out=h), b1, out=h)
            numpy.exp(numpy.negative(h, out=h), out=h)
            numpy.reciprocal(numpy.add(h, 1, out=h), out=h)
            numpy.exp(numpy.add(numpy.matmul(h, W2, out=s), b2, out=s), out=s)
            numpy.divide(s, numpy.add.reduce(s, axis=1, keepdims=True), out=s)
            numpy.multiply(numpy.subtract(s, batch_t, out=s), LR / BATCH, out=s)
            numpy.matmul(h.T, s, out=dW2)
            numpy.add.reduce(s, axis=0, out=db2)
            numpy.multiply(numpy.matmul(s, W2.T, out=dh), h, out=dh)
            numpy.multiply(dh, numpy.subtract(1, h, out=h), out=dh)
            numpy.matmul(batch_x.T, dh, out=dW1)
            numpy.add.reduce(dh, axis=0, out=db1)
            for param, grad in ((W1, dW1), (b1, db1), (W2, dW2), (b2, db2)):
                numpy.subtract(param, grad, out=param)
        return loss_of(x, t, W1, b1, W2, b2)

    return run


def loss_of(x: Array, t: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> float:
    """The loss of all rows."""
    scores = numpy.matmul(1 / (1 + numpy.exp(-numpy.matmul(x, W1) - b1)), W2) + b2
    return float(numpy.mean(numpy.log(numpy.exp(scores).sum(axis=1)) - (scores * t).sum(axis=1)))


# The peers ----------------------------------------------------------------------------------------


def torch_model() -> Any:
    """Our network as an nn.Sequential, at the common start."""
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(2, 10), torch.nn.Sigmoid(), torch.nn.Linear(10, 3))
    with torch.no_grad():
        for param, array in zip(model.parameters(), start(), strict=True):
            param.copy_(torch.from_numpy(array.T))  # PyTorch keeps the transpose of W
    return model


def torch_compiled(steps: int) -> Run:
    """The same with a model that torch.compile has compiled."""
    return torch_loop(steps, is_compiled=True)


def torch_loop(steps: int, is_compiled: bool = False) -> Run:
    """The loop as PyTorch's tutorials have it."""
    import torch

    x_data, t_data = spiral.load_data()
    x, t = torch.from_numpy(x_data), torch.from_numpy(t_data.argmax(axis=1))

    def run() -> float:
        model, criterion = torch_model(), torch.nn.CrossEntropyLoss()
        if is_compiled:
            model.compile()
        optimizer = torch.optim.SGD(model.parameters(), lr=LR)
        for batch_x, batch_t in batches(x, t, steps):
            loss = criterion(model(batch_x), batch_t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            return criterion(model(x), t).item()

    return run


def jax_jit(steps: int) -> Run:
    """The whole step as one program; the batches are cut outside."""
    import jax

    x, t = spiral.load_data()  # NumPy's arrays are cut faster; jit takes them as they are

    def mean_loss(params: Any, x: Any, t: Any) -> Any:
        W1, b1, W2, b2 = params
        scores = jax.nn.sigmoid(x @ W1 + b1) @ W2 + b2
        return -(jax.nn.log_softmax(scores) * t).sum() / len(x)

    def step(params: Any, x: Any, t: Any) -> Any:
        loss, grads = jax.value_and_grad(mean_loss)(params, x, t)
        return [p - LR * g for p, g in zip(params, grads, strict=True)], loss

    first = [jax.numpy.asarray(array) for array in start()]
    step = compiled(step, first, x[:BATCH], t[:BATCH])

    def run() -> float:
        params = first
        for batch_x, batch_t in batches(x, t, steps):
            params, _loss = step(params, batch_x, batch_t)
        return float(mean_loss(params, x, t))

    return run


def sklearn_classifier(steps: int) -> Run:
    """Its own loop, in its own order; there is no way to give it another."""
    x, t_data = spiral.load_data()
    t, weights = t_data.argmax(axis=1), start()
    network = {"hidden_layer_sizes": (10,), "activation": "logistic", "batch_size": BATCH}
    options = {**network, "solver": "sgd", "learning_rate_init": LR, "momentum": 0}
    epochs = steps // STEPS_PER_EPOCH

    def run() -> float:
        classifier = sklearn_net.trained(weights, x, t, max_iter=epochs, **options)
        return sklearn_net.loss_of(classifier, x, t)

    return run


WORKLOADS = [
    Workload(
        "spiral",
        STEPS,
        0.117383,
        [
            Contestant(OURS, with_trainer),
            Contestant(FAST, with_trainer, needs="numba"),
            Contestant("the plainest NumPy layers", plain_layers),
            Contestant("PyTorch, a loop", torch_loop, needs="torch"),
            Contestant(TORCH_COMPILE, torch_compiled, needs="torch", calls="g++"),
            Contestant("JAX, jit", jax_jit, needs="jax"),
            Contestant(
                "scikit-learn's MLPClassifier",
                sklearn_classifier,
                needs="sklearn",
                tolerance=0.1,
                note="shuffles in an order of its own",
            ),
            Contestant("floor: fused by hand", fused),
        ],
        fewest=STEPS_PER_EPOCH,
    ),
]
