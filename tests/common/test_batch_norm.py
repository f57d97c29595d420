"""BatchNorm: its running state, beside PyTorch's, by hand and on the tape."""

from typing import Any

import numpy
import pytest

from common import config
from common.autograd import Tensor
from common.errors import ArgumentError, ShapeError
from common.layers import BatchNorm, Linear, MSELoss, ReLU, Sequential, SoftmaxWithLoss
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from common.util import to_cpu, to_gpu
from tests.common.table import draw
from tests.common.training import T, X
from tests.make_torch_reference import import_torch


@pytest.fixture(autouse=True)
def in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "dtype", "float64")


def by_hand(model: Any, x: Array, t: Array) -> tuple[float, list[Array]]:
    loss = MSELoss()
    error = loss.forward(model.forward(x), t)
    model.backward(loss.backward())
    return float(error), model.grads


def on_the_tape(model: Any, x: Array, t: Array) -> tuple[float, list[Array]]:
    model.zero_grads()
    loss = MSELoss()(model(Tensor(x)), t)
    loss.backward()
    return loss.item(), model.grads


@pytest.mark.torch
@pytest.mark.parametrize("step", [by_hand, on_the_tape])
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0])
def test_training_and_evaluation_agree_with_pytorch(step: Any, momentum: float) -> None:
    torch = import_torch()
    model = Sequential(Linear(4, 3, seed=0), BatchNorm(3, momentum), ReLU(), Linear(3, 2, seed=1))
    peer = torch.nn.Sequential(
        torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3, momentum=momentum),
        torch.nn.ReLU(), torch.nn.Linear(3, 2),
    ).double()  # fmt: skip
    theirs = list(peer.parameters())
    for param, their in zip(model.params, theirs, strict=True):
        their.data = torch.tensor(to_cpu(param).T.copy())
    ours, their_optimizer = SGD(0.1), torch.optim.SGD(theirs, 0.1)
    for i in range(5):
        x, t = draw(4 + i, 4, seed=i), draw(4 + i, 2, seed=i + 20)
        error, grads = step(model, x, t)
        ours.update(model.params, grads)
        their_optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(peer(torch.tensor(to_cpu(x))), torch.tensor(to_cpu(t)))
        loss.backward()
        their_optimizer.step()
        assert error == pytest.approx(loss.item(), rel=1e-10)
        for running, their in zip(
            model.state, (peer[1].running_mean, peer[1].running_var), strict=True
        ):
            np.testing.assert_allclose(running, their.numpy(), rtol=1e-10)
    for param, their in zip(model.params, theirs, strict=True):
        np.testing.assert_allclose(param, their.detach().numpy().T, rtol=1e-9, atol=1e-12)
    model.eval()
    peer.eval()
    x = draw(1, 4, seed=99)
    expected = peer(torch.tensor(to_cpu(x))).detach().numpy()
    for y in (model.forward(x), model(Tensor(x)).data):
        np.testing.assert_allclose(y, expected, rtol=1e-9)


def test_evaluation_changes_no_state_and_a_row_does_not_depend_on_the_others() -> None:
    layer = BatchNorm(3)
    layer.forward(draw(6, 3))
    before = [array.copy() for array in layer.state]
    layer.eval()
    x = draw(5, 3, seed=1)
    y = layer.forward(x)
    np.testing.assert_allclose(layer.forward(x[2:3]), y[2:3])
    for array, was in zip(layer.state, before, strict=True):
        np.testing.assert_array_equal(array, was)


def test_backward_goes_by_the_mode_of_its_forward() -> None:
    layer, twin, x, dout = BatchNorm(3), BatchNorm(3), draw(6, 3), draw(6, 3, seed=1)
    for one in (layer, twin):
        one.forward(x)
    np.testing.assert_array_equal(layer.eval().backward(dout), twin.backward(dout))


def test_each_call_on_the_tape_moves_the_same_state() -> None:
    layer, twin = BatchNorm(3), BatchNorm(3)
    x = Tensor(draw(6, 3), requires_grad=True)
    y = layer(x) + layer(x * 2)
    for batch in (x.data, x.data * 2):
        twin.forward(batch)
    for array, expected in zip(layer.state, twin.state, strict=True):
        np.testing.assert_array_equal(array, expected)
    y.sum().backward()
    assert x.grad is not None


def test_a_single_row_is_refused_in_training_alone() -> None:
    layer = BatchNorm(3)
    with pytest.raises(
        ShapeError, match=r"BatchNorm: x must have at least 2 rows in training.*batch_size"
    ):
        layer.forward(draw(1, 3))
    assert [array.tolist() for array in layer.state] == [[0, 0, 0], [1, 1, 1]]
    assert layer.eval().forward(draw(1, 3)).shape == (1, 3)


@pytest.mark.parametrize(("settings", "saying"), [
    ({"features": 0}, "features must be at least 1"),
    ({"features": 2, "momentum": 1.5}, "momentum must be at least 0 and at most 1"),
    ({"features": 2, "eps": 0}, "eps must be above 0"),
])  # fmt: skip
def test_settings_out_of_their_range(settings: Any, saying: str) -> None:
    with pytest.raises(ArgumentError, match=f"BatchNorm: {saying}"):
        BatchNorm(**settings)


class Net(Module):
    def __init__(self) -> None:
        self.layers = [Linear(2, 8, seed=0), BatchNorm(8), ReLU(), Linear(8, 3, seed=1)]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


@pytest.mark.parametrize("make", [Net, lambda: Sequential(*Net().layers)])
def test_the_trainer_trains_it_and_evaluates_with_its_state(make: Any) -> None:
    model = make()
    trainer = Trainer(model, SGD(0.5), SoftmaxWithLoss(), seed=0)
    history = trainer.fit(X, T, 40, 15, held_out=(X, T), verbose=False)
    assert history[-1].loss < 0.5 < history[0].loss
    assert history[-1].held_out_accuracy is not None
    assert history[-1].held_out_accuracy > 0.9
    whole = trainer.predict(X)
    np.testing.assert_allclose(trainer.predict(X, batch_size=1), whole, rtol=1e-6, atol=1e-9)


def test_its_state_moves_with_the_model(device: str) -> None:
    with config.use_gpu(False):
        model = Sequential(BatchNorm(3))
        model.forward(draw(6, 3))
    before = [to_cpu(array).copy() for array in model.state]
    (to_cpu if device == "cpu" else to_gpu)(model)
    assert all(isinstance(array, numpy.ndarray) == (device == "cpu") for array in model.state)
    for array, was in zip(model.state, before, strict=True):
        numpy.testing.assert_array_equal(to_cpu(array), was)
