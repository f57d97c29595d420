"""What a GPU must do as the CPU does, and what it must not wait for.

The numbers are compared on the GPU and on the stand-in; what is waited for is counted on the
stand-in, which counts; the memory is the GPU's own.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy
import pytest
from numpy.typing import DTypeLike

from ch01.two_layer_net import TwoLayerNet
from common import config
from common.autograd import Tensor
from common.errors import LabelError, NotFiniteError
from common.layers import (
    Dropout,
    Embedding,
    Flatten,
    Linear,
    MatMul,
    ReLU,
    Sequential,
    SoftmaxWithLoss,
)
from common.np import Array, np
from common.optimizer import Adam
from common.trainer import Trainer
from common.util import clip_grads, to_cpu, to_gpu
from dataset import spiral
from tests.common.autograd import op_table
from tests.common.table import OPTIMIZERS, ROWS, OptimizerRow, Row, draw, trajectory
from tests.common.training import T, X
from tests.simulated_cupy import counts

pytestmark = pytest.mark.off_cpu

each_dtype = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float32, 1e-4), (np.float64, 1e-10)]
)


def assert_close(ours: dict[str, Array], expected: dict[str, Array], tolerance: float) -> None:
    """Equal, relative to the largest number of each array; one of them is on the GPU."""
    assert ours.keys() == expected.keys()
    for name, array in ours.items():
        on_cpu = expected[name]
        assert isinstance(array, np.ndarray)
        assert (array.shape, array.dtype) == (on_cpu.shape, on_cpu.dtype), name
        atol = tolerance * float(abs(on_cpu).max()) if on_cpu.size else 0
        np.testing.assert_allclose(array, on_cpu, rtol=0, atol=atol, err_msg=name)


# The same numbers -----------------------------------------------------------------------------


@each_dtype
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_layer_computes_what_it_computes_on_the_cpu(
    row: Row, dtype: DTypeLike, tolerance: float
) -> None:
    with config.use_gpu(False):
        expected = row.run(dtype).arrays()
    assert_close(row.run(dtype).arrays(), expected, tolerance)


def values(row: op_table.OpRow, dtype: DTypeLike) -> dict[str, Array]:
    leaves = [Tensor(array, requires_grad=True) for array in row.inputs(dtype)]
    y = row.compute(*leaves, dtype=dtype)
    y.backward(row.dout(dtype))
    return {"y": y.data} | {f"input {i}": leaf.grad for i, leaf in enumerate(leaves)}


@each_dtype
@pytest.mark.parametrize("row", op_table.ROWS, ids=str)
def test_each_op_computes_what_it_computes_on_the_cpu(
    row: op_table.OpRow, dtype: DTypeLike, tolerance: float
) -> None:
    with config.use_gpu(False):
        expected = values(row, dtype)
    assert_close(values(row, dtype), expected, tolerance)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_each_optimizer_goes_where_it_goes_on_the_cpu(row: OptimizerRow) -> None:
    with config.use_gpu(False):
        expected = trajectory(row, lambda step: 0.05)
    numpy.testing.assert_allclose(
        to_cpu(trajectory(row, lambda step: 0.05)), expected, rtol=1e-10, atol=1e-12
    )


def test_the_same_seed_is_the_same_training() -> None:
    def losses() -> list[float]:
        model = Sequential(Linear(2, 6, seed=0), Dropout(0.2, seed=1), Linear(6, 3, seed=2))
        trainer = Trainer(model, Adam(0.01), loss=SoftmaxWithLoss(), seed=3)
        trainer.fit(X, T, max_epoch=5, max_grad=1.0, verbose=False)
        return trainer.loss_list

    with config.use_gpu(False):
        expected = losses()
    numpy.testing.assert_allclose(losses(), expected, rtol=1e-4)


def test_an_embedding_adds_up_a_million_repeated_indices() -> None:
    W, count = np.zeros((10, 4)), 1_000_000
    layer, idx = Embedding(W), np.asarray(numpy.arange(count) % 3)
    layer.forward(idx)
    layer.backward(np.ones((count, 4)))
    times = [len(range(i, count, 3)) for i in range(3)]
    np.testing.assert_array_equal(layer.grads[0][:, 0], numpy.array([*times, *[0] * 7], float))


@pytest.mark.parametrize("wrong", [-1, 3, 2**40])
def test_labels_that_cupy_would_wrap_make_the_loss_nan(wrong: int) -> None:
    """Nobody waits to look; with `loss=` the Trainer looks once, before it begins."""
    t, loss = np.asarray(numpy.array([0, wrong, 2])), SoftmaxWithLoss()
    assert np.isnan(loss.forward(draw(3, 3), t))
    assert np.isnan(loss.backward()).all(axis=1).tolist() == [False, True, False]
    rows = Embedding(draw(3, 2)).forward(t)
    assert np.isnan(rows).all(axis=1).tolist() == [False, True, False]
    trainer = Trainer(Sequential(Linear(2, 3)), Adam(), loss=SoftmaxWithLoss())
    with pytest.raises(LabelError, match=rf"0\.\.2, got {wrong}"):
        trainer.fit(draw(3, 2), t, verbose=False)
    assert trainer.step == 0
    with pytest.raises(NotFiniteError, match=r"in steps 1\.\.10\..*a label or an index"):
        Trainer(TwoLayerNet(2, 4, 3), Adam()).fit(draw(3, 2), t, verbose=False)


# What is waited for ---------------------------------------------------------------------------


@contextmanager
def waits_for(transfers: int) -> Iterator[None]:
    """In the block, so many copies to the host, and nothing else is waited for."""
    before = copy.copy(counts)
    yield
    assert (counts.transfers - before.transfers, counts.waits - before.waits) == (transfers, 0)


@pytest.mark.simulated
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_no_layer_waits(row: Row) -> None:
    layer, inputs, dout = row.layer(), row.inputs(), row.dout()
    with waits_for(0):
        layer.forward(*inputs)
        layer.backward(dout)


# How many elements a mask takes is known only when it has been looked at.
MASKS = {"[boolean]", "[boolean rows]", "[nothing true]", "[a > 0]"}


@pytest.mark.simulated
@pytest.mark.parametrize("row", [r for r in op_table.ROWS if r.name not in MASKS], ids=str)
def test_no_op_waits(row: op_table.OpRow) -> None:
    leaves, dout = [Tensor(array, requires_grad=True) for array in row.inputs()], row.dout()
    with waits_for(0):
        row.compute(*leaves).backward(dout)


@pytest.mark.simulated
@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_no_optimizer_waits(row: OptimizerRow) -> None:
    params, grads, optimizer = [draw(3), draw()], [draw(3), draw()], row.make(0.1)
    with waits_for(0):
        for _ in range(2):
            optimizer.update(params, grads)
            clip_grads(grads, 0.5)


def by_hand() -> Trainer:
    return Trainer(TwoLayerNet(2, 5, 3, seed=0), Adam(), seed=0)


def on_the_tape() -> Trainer:
    model = Sequential(Linear(2, 5, seed=0), ReLU(), Dropout(0.1, seed=1), Linear(5, 3, seed=2))
    return Trainer(model, Adam(), loss=SoftmaxWithLoss(), seed=0)


@pytest.mark.simulated
@pytest.mark.parametrize("make", [by_hand, on_the_tape])
@pytest.mark.parametrize(("interval", "reports"), [(None, 1), (5, 8), (1, 40)])
def test_a_training_waits_once_a_report_and_twice_an_epoch(
    make: Callable[[], Trainer], interval: int | None, reports: int
) -> None:
    """At the end of an epoch for its loss, and to know whether all weights are finite.

    40 steps in 4 epochs. What comes before them, the check of the data, is measured apart.
    """
    x, t, trainer = np.asarray(X[:40]), np.asarray(T[:40]), make()
    before = copy.copy(counts)
    trainer.fit(x, t, max_epoch=0, verbose=False)
    check = counts.transfers - before.transfers
    with waits_for(check + reports + 2 * 4):
        trainer.fit(x, t, max_epoch=4, batch_size=4, eval_interval=interval, verbose=False)
    assert len(trainer.loss_list) == reports


@pytest.mark.simulated
@pytest.mark.parametrize("make", [by_hand, on_the_tape])
def test_the_check_before_a_training_does_not_grow_with_the_data(
    make: Callable[[], Trainer],
) -> None:
    costs = []
    for rows in (5, 45):
        trainer = make()
        before = copy.copy(counts)
        trainer.fit(np.asarray(X[:rows]), np.asarray(T[:rows]), max_epoch=0, verbose=False)
        costs.append(counts.transfers + counts.waits - before.transfers - before.waits)
    assert costs[0] == costs[1] <= 3  # x, t and the labels


# Memory ---------------------------------------------------------------------------------------


@pytest.mark.gpu
@pytest.mark.parametrize("make", [by_hand, on_the_tape])
def test_ten_thousand_steps_leave_the_pool_as_it_is(make: Callable[[], Trainer]) -> None:
    import cupy

    x, t = spiral.load_data()
    pool, trainer = cupy.get_default_memory_pool(), make()
    trainer.fit(x, t, max_epoch=10, batch_size=30, verbose=False)
    before = pool.used_bytes(), pool.total_bytes()
    trainer.fit(x, t, max_epoch=1000, batch_size=30, verbose=False)
    assert trainer.step >= 10_000
    assert (pool.used_bytes(), pool.total_bytes()) == before


@pytest.mark.gpu
def test_a_model_that_is_gone_gives_its_memory_back() -> None:
    import cupy

    pool = cupy.get_default_memory_pool()
    before = pool.used_bytes()
    model = to_gpu(Sequential(MatMul(draw(500, 500)), Flatten()))
    assert pool.used_bytes() >= before + 2 * 500 * 500 * 8
    del model
    assert pool.used_bytes() == before
