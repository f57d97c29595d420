"""Moving arrays and models between the devices, in the middle of whatever is going on.

The tests start on the CPU, and move to the device under test and back. On the CPU, moving finds
everything in its place.
"""

import copy
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy
import pytest

from ch01.two_layer_net import TwoLayerNet
from common import config
from common.autograd import Parameter, Tensor, no_grad
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    DeviceError,
    GraphError,
    SharedLayerError,
)
from common.layers import (
    Affine,
    Dropout,
    Linear,
    MatMul,
    MSELoss,
    ReLU,
    Sequential,
    SoftmaxWithLoss,
)
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD, Adam, Optimizer
from common.trainer import Trainer
from common.util import to_cpu, to_device, to_gpu
from tests.common.table import OPTIMIZERS, OptimizerRow, draw
from tests.common.training import T, X


@pytest.fixture(autouse=True)
def on_cpu(device: str) -> Iterator[None]:
    """Off at first, whatever the device; a test switches it on where its reader would."""
    with config.use_gpu(False):
        yield


def is_on(device: str, *arrays: Array) -> bool:
    return all(isinstance(a, numpy.ndarray) == (device == "cpu") for a in arrays)


# Arrays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 3)])
def test_an_array_goes_there_and_back(device: str, dtype: str, shape: tuple[int, ...]) -> None:
    x = draw(*shape).astype(dtype)
    with config.use_gpu(device != "cpu"):
        there = to_device(x)
        assert is_on(device, there)
        assert (there.shape, there.dtype) == (x.shape, x.dtype)
    back = to_cpu(there)
    assert is_on("cpu", back)
    numpy.testing.assert_array_equal(back, x)


def test_an_array_that_is_in_place_is_not_copied(device: str) -> None:
    with config.use_gpu(device != "cpu"):
        x = np.ones(2)
        assert to_device(x) is x
    y = np.ones(2)
    assert to_cpu(y) is y


def test_lists_and_numbers_become_arrays(device: str) -> None:
    with config.use_gpu(device != "cpu"):
        for value in ([1, 2], 3.0):
            assert is_on(device, to_device(value))
            assert to_cpu(value).tolist() == value


@pytest.mark.cpu
@pytest.mark.usefixtures("no_cupy")
def test_without_a_gpu_to_gpu_says_what_is_missing_and_leaves_the_model_alone() -> None:
    model = Linear(2, 3, seed=0)
    before = list(model.params)
    for x in (model, draw(3)):
        with pytest.raises(DeviceError, match="CuPy, which is not installed"):
            to_gpu(x)
    assert all(a is b for a, b in zip(model.params, before, strict=True))


# Models: to the device under test and back, with the switch ------------------------------------


def moved(x: Any, device: str) -> Any:
    return to_cpu(x) if device == "cpu" else to_gpu(x)


def numbers(model: Any) -> list[Any]:
    return [to_cpu(array) for array in (*model.params, *model.grads)]


def step(model: Any, optimizer: Optimizer) -> float:
    """One step by hand, on the device that is on."""
    loss = model.forward(np.asarray(X), np.asarray(T))
    model.backward()
    optimizer.update(model.params, model.grads)
    return float(loss)


def test_a_model_of_the_book_moves_as_one(device: str) -> None:
    net = TwoLayerNet(2, 5, 3, seed=0)
    step(net, SGD())
    before, lists = numbers(net), (net.params, net.grads)
    assert moved(net, device) is net
    assert net.params is lists[0]
    assert net.grads is lists[1]
    assert is_on(device, *net.params, *net.grads)
    in_layers = [array for layer in net.layers for array in (*layer.params, *layer.grads)]
    assert {id(a) for a in in_layers} == {id(a) for a in (*net.params, *net.grads)}
    for array, expected in zip(numbers(net), before, strict=True):
        numpy.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_a_training_goes_on_across_the_switch_as_if_nothing_had_happened(
    device: str, row: OptimizerRow
) -> None:
    """There, back, and there again: model, gradients and the optimizer's state."""
    net, stays = TwoLayerNet(2, 5, 3, seed=0), TwoLayerNet(2, 5, 3, seed=0)
    optimizer, stays_optimizer = row.make(0.01), row.make(0.01)
    for on in ("cpu", device, "cpu", device):
        with config.use_gpu(on != "cpu"):
            moved(net, on)
            losses = [step(net, optimizer) for _ in range(3)]
        with config.use_gpu(False):
            expected = [step(stays, stays_optimizer) for _ in range(3)]
        numpy.testing.assert_allclose(losses, expected, rtol=1e-5)
    for array, other in zip(numbers(net), numbers(stays), strict=True):
        numpy.testing.assert_allclose(array, other, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_an_optimizer_follows_a_model_that_went_there_and_back_between_two_updates(
    device: str, row: OptimizerRow
) -> None:
    model, stays = (Sequential(Linear(2, 3, seed=0)) for _ in range(2))
    optimizer, stays_optimizer = row.make(0.01), row.make(0.01)
    grads = [draw(*p.shape).astype(np.float32) for p in model.params]
    for _ in range(2):
        optimizer.update(model.params, grads)
        stays_optimizer.update(stays.params, grads)
        moved(moved(model, device), "cpu")
    for array, other in zip(model.params, stays.params, strict=True):
        numpy.testing.assert_allclose(array, other, rtol=1e-6)


def test_a_move_that_moves_nothing_lets_no_other_model_in(device: str) -> None:
    optimizer = Adam()
    optimizer.update([p := draw(3)], [draw(3)])
    to_cpu(ReLU())
    to_cpu(Sequential(Linear(2, 3, seed=0)))
    with pytest.raises(ArgumentError, match="knows none of these parameters"):
        optimizer.update([p.copy()], [draw(3)])


@pytest.mark.parametrize("sizes", [(3, 2), (1, 3), (2, 2)])
def test_after_a_move_too_an_optimizer_refuses_a_model_of_other_shapes(
    device: str, sizes: tuple[int, int]
) -> None:
    model, optimizer = Sequential(Linear(2, 3, seed=0)), Adam()
    optimizer.update(model.params, model.grads)
    moved(model, device)
    other = Sequential(Linear(*sizes, seed=0))
    with pytest.raises(ArgumentError, match="knows none of these parameters"):
        optimizer.update(other.params, other.grads)


class Curve(Module):
    """Weights in every place where a Module finds them."""

    def __init__(self) -> None:
        self.a = Parameter(draw())
        self.layers = [Linear(1, 4, seed=0), ReLU(), Linear(4, 1, seed=1)]
        self.more = {"b": (Parameter(draw(1)), self.a)}
        self.tied = Affine(self.layers[0].params[0], draw(4).astype(np.float32))

    def forward(self, x: Tensor) -> Tensor:
        y: Any = x
        for layer in self.layers:
            y = layer(y)
        return self.a * y + self.more["b"][0] + self.tied(x).sum(axis=1, keepdims=True)


def tape_step(model: Any, optimizer: Optimizer) -> float:
    x = np.asarray(numpy.linspace(-1, 1, 8)[:, None])
    loss = MSELoss()(model(Tensor(x)), np.sin(x))
    model.zero_grads()
    loss.backward()
    optimizer.update(model.params, model.grads)
    return float(loss.item())


def test_a_module_moves_with_all_that_it_holds_and_trains_on(device: str) -> None:
    model, stays = Curve(), Curve()
    optimizer, stays_optimizer = Adam(0.01), Adam(0.01)
    for on in ("cpu", device, "cpu"):
        with config.use_gpu(on != "cpu"):
            moved(model, on)
            assert is_on(on, *model.params, *model.grads)
            assert len(model.params) == 7  # a and b once each, and the tied W once
            assert model.more["b"][1] is model.a
            assert model.tied.params[0] is model.layers[0].params[0]
            losses = [tape_step(model, optimizer) for _ in range(3)]
        expected = [tape_step(stays, stays_optimizer) for _ in range(3)]
        numpy.testing.assert_allclose(losses, expected, rtol=1e-6)


def test_a_trainer_goes_on_across_the_switch(device: str) -> None:
    def trainer() -> Trainer:
        model = Sequential(Linear(2, 6, seed=0), Dropout(0.2, seed=1), Linear(6, 3, seed=2))
        return Trainer(model, Adam(0.01), loss=SoftmaxWithLoss(), seed=3)

    goes, stays = trainer(), trainer()
    for on in ("cpu", device, "cpu", device):
        stays.fit(X, T, max_epoch=2, verbose=False)
        with config.use_gpu(on != "cpu"):
            moved(goes.network.model, on)
            goes.fit(X, T, max_epoch=2, verbose=False)
    numpy.testing.assert_allclose(goes.loss_list, stays.loss_list, rtol=1e-5)
    assert [e.number for e in goes.history] == list(range(1, 9))


def test_what_forward_kept_moves_too_so_that_its_backward_works(device: str) -> None:
    model, dout = Sequential(Linear(4, 5, seed=0), ReLU(), Linear(5, 3, seed=1)), draw(2, 3)
    model.forward(draw(2, 4))
    expected: Any = copy.deepcopy(model).backward(dout)
    moved(model, device)
    with config.use_gpu(device != "cpu"):
        numpy.testing.assert_allclose(to_cpu(model.backward(np.asarray(dout))), expected, 1e-6)


def test_a_parameter_keeps_its_gradient_and_its_place(device: str) -> None:
    w = Parameter(draw(3))
    (w * draw(3, seed=1)).sum().backward()
    grad = to_cpu(w.grad).copy()
    assert moved(w, device) is w
    assert is_on(device, w.data, w.grad)
    numpy.testing.assert_array_equal(to_cpu(w.grad), grad)
    assert w.grad is not None
    with config.use_gpu(device != "cpu"):
        (w * np.asarray(draw(3, seed=1))).sum().backward()
        numpy.testing.assert_array_equal(to_cpu(w.grad), 2 * grad)
        w.grad = None
        with no_grad():
            w -= 1.0
    assert is_on(device, w.data)


# What cannot go on ------------------------------------------------------------------------------


def test_a_tensor_that_was_made_by_a_call_does_not_move(device: str) -> None:
    y = Tensor(draw(3), requires_grad=True) * 2.0
    with pytest.raises(GraphError, match=r"Move x.detach\(\)"):
        moved(y, device)


@pytest.mark.off_cpu
def test_a_graph_recorded_before_the_move_is_refused_after_it(device: str) -> None:
    model, leaf = Linear(4, 3, seed=0), Tensor(draw(3), requires_grad=True)
    y, z = model(Tensor(draw(2, 4))).sum(), (leaf * leaf).sum()
    to_gpu(model)
    to_gpu(leaf)
    for result in (y, z):
        with pytest.raises(GraphError, match="has been changed since"):
            result.backward()
    with config.use_gpu(), pytest.raises(DeviceError, match="this tensor is on the CPU"):
        y.backward()


@pytest.mark.off_cpu
@pytest.mark.parametrize("what", ["Trainer", "by hand", "on the tape", "the optimizer"])
def test_a_model_that_was_left_behind_is_an_error_that_names_the_cure(
    device: str, what: str
) -> None:
    model = Sequential(Linear(2, 3, seed=0))
    trainer = Trainer(model, SGD(), loss=SoftmaxWithLoss())
    go_on: dict[str, Callable[[], Any]] = {
        "Trainer": lambda: trainer.fit(X, T, verbose=False),
        "by hand": lambda: model.forward(np.asarray(X)),
        "on the tape": lambda: model(Tensor(np.asarray(X))),
        "the optimizer": lambda: SGD().update(model.params, model.grads),
    }
    cure = r"is on the CPU, but config.GPU is True.*to_gpu\(model\)"
    with config.use_gpu(), pytest.raises(DeviceError, match=cure):
        go_on[what]()


def test_models_that_share_go_one_after_another_and_still_share(device: str) -> None:
    shared = Linear(2, 2, seed=0)
    one, other = Sequential(shared, ReLU()), Sequential(shared, Linear(2, 3, seed=1))
    for model in (one, other):
        moved(model, device)
    assert one.params[0] is other.params[0] is shared.params[0]
    assert one.grads[0] is other.grads[0] is shared.grads[0]


@pytest.mark.off_cpu
@pytest.mark.parametrize("there", [["gpu"], ["gpu", "cpu"]])
def test_a_part_that_was_moved_on_its_own_is_an_error_that_names_the_cure(
    device: str, there: list[str]
) -> None:
    """The lists of the whole still hold the arrays of before, and would learn for nobody."""
    net = TwoLayerNet(2, 5, 3, seed=0)
    trainer = Trainer(net, SGD())
    for where in there:
        moved(net.layers[0], where)
    moved(net, "cpu")
    with pytest.raises(SharedLayerError, match=r"moved or replaced.*Move the model as a whole"):
        trainer.fit(X, T, verbose=False)


def test_a_model_of_looked_up_lists_takes_parts_that_were_moved_on_their_own(device: str) -> None:
    model, whole = (Sequential(Linear(2, 5, 0), ReLU(), Linear(5, 3, 1)) for _ in range(2))
    for layer in model:
        moved(layer, device)
    trainers = [Trainer(m, SGD(0.5), SoftmaxWithLoss(), seed=0) for m in (model, whole)]
    with config.use_gpu(device != "cpu"):
        trainers[0].fit(X, T, 2, verbose=False)
    trainers[1].fit(X, T, 2, verbose=False)
    numpy.testing.assert_allclose(trainers[0].loss_list, trainers[1].loss_list, rtol=1e-5)


def test_what_was_moved_is_not_kept_alive(device: str) -> None:
    W = draw(4, 4)
    model = moved(MatMul(W), device)
    there = weakref.ref(model.params[0])
    del model
    gc.collect()
    assert there() is (W if device == "cpu" else None)
    again = moved(MatMul(W), device)
    numpy.testing.assert_array_equal(to_cpu(again.params[0]), W)


def test_a_switch_in_the_middle_of_a_fit(device: str) -> None:
    def trainer() -> Trainer:
        return Trainer(Sequential(Linear(2, 3, seed=0)), SGD(0.1), SoftmaxWithLoss(), seed=1)

    def switch(trainer: Trainer) -> None:
        on = device != "cpu" and not config.GPU
        config.GPU = on
        moved(trainer.network.model, "gpu" if on else "cpu")

    goes, stays, held_out = trainer(), trainer(), (X[:9], T[:9])
    stays.fit(X, T, 5, eval_interval=3, held_out=held_out, verbose=False)
    with config.use_gpu(False):
        goes.fit(
            X, T, 5, eval_interval=3, held_out=held_out, callbacks=[switch], verbose=False
        )  # fmt: skip
    numpy.testing.assert_allclose(goes.loss_list, stays.loss_list, rtol=1e-5)


def test_what_are_no_numbers_stays_behind(device: str) -> None:
    layer = Linear(2, 3, seed=0)
    layer.names = names = numpy.array(["a", "b"])  # type: ignore[attr-defined]
    assert is_on(device, *moved(layer, device).params)
    assert vars(layer)["names"] is names


@pytest.mark.off_cpu
@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_an_optimizer_that_was_used_sees_that_the_switch_changed(row: OptimizerRow) -> None:
    params, grads, optimizer = [draw(3)], [draw(3)], row.make(0.1)
    optimizer.update(params, grads)
    before = params[0].copy()
    with config.use_gpu(), pytest.raises(DeviceError, match=r"params\[0\] is on the CPU"):
        optimizer.update(params, grads)
    numpy.testing.assert_array_equal(params[0], before)
    assert optimizer.steps == 1


@pytest.mark.parametrize("what", ["a Trainer", "an optimizer", "a list of layers", "no table"])
def test_what_is_neither_an_array_nor_a_model_is_refused(device: str, what: str) -> None:
    layer = Linear(2, 3, seed=0)
    things = {
        "a Trainer": Trainer(layer, SGD(), loss=MSELoss()),
        "an optimizer": SGD(),
        "a list of layers": [layer],
        "no table": [[1], [1, 2]],
    }
    with pytest.raises(ArgumentTypeError, match="expected an array or a model to move"):
        moved(things[what], device)


class Pair(NamedTuple):
    first: Any
    second: Any


def test_tuples_stay_what_they_are(device: str) -> None:
    layer = ReLU()
    layer.kept = Pair(draw(2), (draw(3), "text"))  # type: ignore[attr-defined]
    kept: Any = vars(moved(layer, device))["kept"]
    assert type(kept) is Pair
    assert is_on(device, kept.first, kept.second[0])
    assert kept.second[1] == "text"


@pytest.mark.off_cpu
@pytest.mark.parametrize("swapped", [False, True])
def test_a_parameter_that_was_left_behind_is_a_device_error(device: str, swapped: bool) -> None:
    w = Parameter(draw(3))
    with config.use_gpu():
        x = Tensor(draw(3))
        with pytest.raises(DeviceError, match="on the CPU"):
            x * w if swapped else w * x
