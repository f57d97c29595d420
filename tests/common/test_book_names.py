"""One script as a reader of the book would type it, with every name that the book taught.

The weights are float64, drawn from NumPy's global state as there, and moved to the device that is
on; the data set is float32.
"""

# ruff: noqa: F403, F405, NPY002  the star import and the global state of the book are meant

import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest
from matplotlib.figure import Figure

from common import config
from common.errors import DeviceError
from common.functions import cross_entropy_error, relu, sigmoid, softmax
from common.gradient_check import check_gradients
from common.layers import (
    Affine,
    BatchNorm,
    Dropout,
    Embedding,
    Flatten,
    Linear,
    MatMul,
    MSELoss,
    Sigmoid,
    SigmoidWithLoss,
    Softmax,
    SoftmaxWithLoss,
)
from common.np import *
from common.np import Array
from common.optimizer import SGD, AdaGrad, Adam, Momentum, Nesterov, Optimizer, RMSprop
from common.trainer import Trainer, early_stopping
from common.util import clip_grads, to_cpu, to_gpu
from dataset import spiral


@pytest.fixture(autouse=True)
def _seed() -> Iterator[None]:
    before = numpy.random.get_state()
    numpy.random.seed(7)
    yield
    numpy.random.set_state(before)


def randn(*shape: int) -> Array:
    return np.asarray(numpy.random.randn(*shape))


class TwoLayerNet:
    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        W1 = 0.1 * randn(input_size, hidden_size)
        b1 = np.zeros(hidden_size)
        W2 = 0.1 * randn(hidden_size, output_size)
        b2 = np.zeros(output_size)
        self.layers = [Affine(W1, b1), Sigmoid(), Affine(W2, b2)]
        self.loss_layer = SoftmaxWithLoss()
        self.params: list[Array] = []
        self.grads: list[Array] = []
        for layer in self.layers:
            self.params += layer.params
            self.grads += layer.grads

    def predict(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x: Array, t: Array) -> Array:
        return self.loss_layer.forward(self.predict(x), t)

    def backward(self, dout: Any = 1) -> Any:
        dout = self.loss_layer.backward(dout)
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


def share_right(model: TwoLayerNet, x: Array, t: Array) -> float:
    return float((model.predict(x).argmax(axis=1) == t.argmax(axis=1)).mean())


def test_the_switch(device: str) -> None:
    assert config.GPU is (device != "cpu")
    for on in (False, config.GPU, False, config.GPU):  # there and back
        config.GPU = on
        assert isinstance(np.zeros(1), numpy.ndarray) is not on
    with config.use_gpu(False):
        assert type(sigmoid(np.zeros(1))) is numpy.ndarray
    assert type(sigmoid(np.zeros(1))) is np.ndarray


@pytest.mark.cpu
def test_random_numbers_come_from_numpy() -> None:
    expected = numpy.random.RandomState(7)
    assert np.random.randn(2, 3).tolist() == expected.randn(2, 3).tolist()
    assert np.random.permutation(5).tolist() == expected.permutation(5).tolist()


def test_the_data_set() -> None:
    x, t = spiral.load_data(seed=1984)
    assert (x.shape, t.shape) == ((300, 2), (300, 3))
    assert (t.sum(axis=1) == 1).all()
    assert x.dtype == np.float32


def test_the_functions() -> None:
    x = np.array([[1.0, -1.0], [0.0, 0.0]])
    assert sigmoid(np.array(0.0)) == 0.5
    assert relu(x).tolist() == [[1, 0], [0, 0]]
    y = softmax(x)
    np.testing.assert_allclose(y.sum(axis=1), 1)
    assert float(y[0, 0]) == pytest.approx(1 / (1 + math.exp(-2)))
    loss = float(cross_entropy_error(y, np.array([1, 1])))
    assert loss == pytest.approx((math.log(1 + math.e**2) + math.log(2)) / 2)
    one_hot = np.array([[0, 1], [0, 1]])
    assert cross_entropy_error(y, one_hot) == loss
    assert cross_entropy_error(np.array([1.0, 0.0]), np.array([0, 1])) == np.inf


def test_inference_written_out() -> None:
    W1, b1 = randn(2, 4), randn(4)
    W2, b2 = randn(4, 3), randn(3)
    x = randn(10, 2)
    h = sigmoid(np.dot(x, W1) + b1)
    expected = np.dot(h, W2) + b2
    layers = [Affine(W1, b1), Sigmoid(), Affine(W2, b2)]
    for layer in layers:
        x = layer.forward(x)
    np.testing.assert_allclose(x, expected)
    np.testing.assert_allclose(Softmax().forward(x), softmax(expected))


def test_a_matmul_by_hand() -> None:
    W = randn(7, 3)
    layer, word = MatMul(W), np.eye(7)[2:3]
    assert np.allclose(layer.forward(word), W[2:3])
    dx: Any = layer.backward(np.ones((1, 3)))
    assert np.allclose(dx, W.sum(axis=1))
    assert layer.grads[0].sum(axis=1).tolist() == [0, 0, 3, 0, 0, 0, 0]


def test_the_losses_by_hand() -> None:
    scores, t = randn(4, 3), np.array([0, 2, 1, 1])
    layer = SoftmaxWithLoss()
    expected = cross_entropy_error(softmax(scores), t)
    np.testing.assert_allclose(layer.forward(scores, t), expected)
    np.testing.assert_allclose(layer.backward(), (softmax(scores) - np.eye(3)[t]) / 4)
    np.testing.assert_allclose(layer.backward(dout=2), 2 * layer.backward(1))

    binary, t = SigmoidWithLoss(), np.array([1, 0, 1])
    score = np.array([2.0, -1.0, 0.0])
    y = sigmoid(score)
    expected = -(t * np.log(y) + (1 - t) * np.log(1 - y)).mean()
    np.testing.assert_allclose(binary.forward(score, t), expected)
    np.testing.assert_allclose(binary.backward(), (y - t) / 3)


def test_dropout_by_hand() -> None:
    dropout, x = Dropout(0.5), np.ones((10, 10))
    y = dropout.forward(x, train_flg=True)
    assert set(y.ravel().tolist()) == {0, 1}
    np.testing.assert_array_equal(dropout.backward(x), y)
    np.testing.assert_array_equal(dropout.forward(x, train_flg=False), 0.5 * x)
    assert Dropout(dropout_ratio=0.25).forward(x, False)[0, 0] == 0.75
    assert (dropout.params, dropout.grads) == ([], [])


def test_embedding_by_hand() -> None:
    W = np.arange(21.0).reshape(7, 3)
    embedding = Embedding(W)
    (dW,) = embedding.grads
    assert embedding.forward(np.array([1, 0, 3, 0])).tolist() == W[[1, 0, 3, 0]].tolist()
    embedding.backward(np.ones((4, 3)))
    assert dW.sum(axis=1).tolist() == [6, 3, 0, 3, 0, 0, 0]
    embedding.forward(np.array([6]))
    embedding.backward(np.ones((1, 3)))
    assert dW.sum(axis=1).tolist() == [0, 0, 0, 0, 0, 0, 3], "a backward sets the gradients"


def test_a_training_loop_by_hand() -> None:
    max_epoch, batch_size, learning_rate = 100, 30, 1.0
    x, t = spiral.load_data()
    model = TwoLayerNet(input_size=2, hidden_size=10, output_size=3)
    optimizer = SGD(lr=learning_rate)
    grads, loss_list = list(model.grads), []
    for _ in range(max_epoch):
        idx = np.asarray(numpy.random.permutation(len(x)))
        x, t = x[idx], t[idx]
        for i in range(len(x) // batch_size):
            batch = slice(i * batch_size, (i + 1) * batch_size)
            loss_list.append(float(model.forward(x[batch], t[batch])))
            model.backward()
            clip_grads(model.grads, 5.0)
            optimizer.update(model.params, model.grads)
    assert loss_list[0] == pytest.approx(math.log(3), abs=0.1)
    assert numpy.mean(loss_list[-10:]) < 0.8
    assert all(now is then for now, then in zip(model.grads, grads, strict=True))
    assert {param.dtype.name for param in model.params} == {"float64"}


def test_clipping() -> None:
    grads = [np.array([6.0, 0.0]), np.array([[8.0]])]
    clip_grads(grads, max_norm=5.0)
    np.testing.assert_allclose(grads[0], [3, 0], rtol=1e-6)
    np.testing.assert_allclose(grads[1], [[4]], rtol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: SGD(lr=1.0),
        lambda: Momentum(lr=0.1, momentum=0.9),
        lambda: Nesterov(lr=0.1, momentum=0.9),
        lambda: AdaGrad(lr=0.1),
        lambda: RMSprop(lr=0.01, decay_rate=0.99),
        lambda: Adam(lr=0.01, beta1=0.9, beta2=0.999),
    ],
    ids=lambda optimizer: type(optimizer()).__name__,
)
def test_the_trainer_with_every_optimizer(optimizer: Callable[[], Optimizer]) -> None:
    x, t = spiral.load_data()
    trainer = Trainer(TwoLayerNet(2, 10, 3), optimizer())
    trainer.fit(x, t, 60, 30, None, 10)
    assert trainer.loss_list[-1] < 0.85 < trainer.loss_list[0]
    assert len(trainer.loss_list) == 60


def test_the_trainer_with_the_names_of_its_arguments() -> None:
    x, t = spiral.load_data()
    model = TwoLayerNet(2, 10, 3)
    trainer = Trainer(model, SGD(lr=1.0))
    trainer.fit(x, t, max_epoch=300, batch_size=30, max_grad=5.0, eval_interval=10)
    assert trainer.loss_list[-1] < 0.2
    assert share_right(model, x, t) > 0.9
    figure = trainer.plot(ylim=(0, 1.5))
    assert isinstance(figure, Figure)
    trainer.plot()


NONE = inspect.Parameter.empty
DEFAULTS: dict[Callable[..., Any], dict[str, Any]] = {
    Trainer: {
        "model": NONE, "optimizer": NONE, "loss": None, "seed": None, "replay": False,
        "workers": None,
    },
    Trainer.fit: {
        "x": NONE, "t": NONE, "max_epoch": 10, "batch_size": 32, "max_grad": None,
        "eval_interval": 20, "held_out": None, "schedule": None, "callbacks": (), "verbose": True,
    },
    Trainer.evaluate: {"x": NONE, "t": NONE, "batch_size": 1000},
    Trainer.predict: {"x": NONE, "batch_size": 1000},
    Trainer.plot: {"ylim": None, "show": True},
    early_stopping: {"patience": NONE, "restore_best": True},
    Dropout: {"dropout_ratio": 0.5, "seed": None},
    Dropout.forward: {"x": NONE, "train_flg": True},
    SoftmaxWithLoss.backward: {"dout": 1},
    SigmoidWithLoss.backward: {"dout": 1},
    MSELoss.backward: {"dout": 1},
    MSELoss: {"reduction": "mean"},
    Flatten: {"start_dim": 1, "end_dim": -1},
    Linear: {"in_features": NONE, "out_features": NONE, "seed": None},
    BatchNorm: {"features": NONE, "momentum": 0.1, "eps": 1e-5},
    clip_grads: {"grads": NONE, "max_norm": NONE},
    check_gradients: {"f": NONE, "inputs": NONE, "tolerance": 1e-6, "seed": 0},
    spiral.load_data: {"seed": 1984},
}  # fmt: skip


@pytest.mark.cpu
@pytest.mark.parametrize("f", DEFAULTS, ids=lambda f: f.__qualname__)
def test_arguments_have_these_names_in_this_order_and_these_defaults(f: Callable[..., Any]) -> None:
    parameters = inspect.signature(f).parameters.items()
    assert [(n, p.default) for n, p in parameters if n != "self"] == [*DEFAULTS[f].items()]


@pytest.mark.cpu
@pytest.mark.usefixtures("no_cupy")
def test_moving_between_devices() -> None:
    x = np.arange(3.0)
    assert to_cpu(x) is x
    with pytest.raises(DeviceError, match="needs CuPy"):
        to_gpu(x)
    assert to_cpu([1, 2]).tolist() == [1, 2]
