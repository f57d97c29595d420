"""Several workers as one: threads here, processes in test_mpi.py."""

import copy
import itertools
import math
import pickle
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy
import pytest

from common import config, parallel
from common.autograd import Parameter
from common.base import Layer
from common.checkpoint import Checkpoint
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    NotFiniteError,
    WorkersError,
)
from common.layers import BatchNorm, Dropout, Linear, Sequential, Sigmoid, SoftmaxWithLoss
from common.losses import MSELoss
from common.module import Module
from common.np import np
from common.optimizer import SGD, Adam, Momentum
from common.parallel import Workers, in_threads
from common.trainer import Trainer, early_stopping
from common.training import alike, shares
from common.training.shares import adds_up, batches_of_rows
from common.util import batches, to_cpu
from tests.common.resuming import on_tape
from tests.common.training import BookNet, Recorder, T, X

N = 23
RNG = numpy.random.default_rng(5)
DATA = RNG.normal(size=(N, 3)), RNG.normal(size=(N, 2))
KINDS = "by hand", "on the tape", "replayed"


# What they give each other --------------------------------------------------------------------


def test_all_are_asked_in_the_order_of_their_ranks() -> None:
    answers = in_threads(3, lambda workers: (workers.gather(10 * workers.rank), workers.size))
    assert answers == [([0, 10, 20], 3)] * 3


def test_a_thread_keeps_no_program_from_its_end() -> None:
    assert in_threads(2, lambda workers: threading.current_thread().daemon) == [True, True]


def test_ctrl_c_wakes_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    is_woken = threading.Event()

    def work(workers: Workers) -> None:
        if workers.rank == 0:
            try:
                workers.gather(None)
            except WorkersError:
                is_woken.set()
        else:
            is_woken.wait(10)

    def join(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        in_threads(2, work)
    assert is_woken.wait(5)


def test_threads_take_turns() -> None:
    """Once all have come, whoever was the first."""
    inside: list[int] = []
    come: list[int] = []

    def work(workers: Workers) -> list[int]:
        seen = []
        for turn in range(1, 4):
            time.sleep(0.005 * workers.rank)
            come.append(workers.rank)
            with workers.one_at_a_time():
                assert len(come) == 3 * turn
                inside.append(workers.rank)
                time.sleep(0.001 * (3 - workers.rank))
                seen.append(inside[-1])
        return seen

    assert in_threads(3, work) == [[0] * 3, [1] * 3, [2] * 3]
    assert inside == [0, 1, 2] * 3


@pytest.mark.off_cpu
def test_who_looks_at_labels_on_the_cpu_turns_nobody_elses_gpu_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Looks(Linear):
        def forward(self, x: Any) -> Any:
            for _ in range(5):
                time.sleep(0.001)
                assert config.GPU
            return super().forward(x)

    def slowly(*given: Any) -> Any:
        time.sleep(0.005)
        return check_targets(*given)

    check_targets = SoftmaxWithLoss.check_targets
    monkeypatch.setattr(SoftmaxWithLoss, "check_targets", slowly)

    def work(workers: Workers) -> None:
        trainer = Trainer(Looks(2, 3, seed=0), SGD(), SoftmaxWithLoss(), seed=0, workers=workers)
        fit(trainer, max_epoch=1)

    in_threads(4, work)


def test_rank_0_tells_the_others() -> None:
    def work(workers: Workers) -> Any:
        arrays = [np.full(2, workers.rank + 1.0), np.full((1, 2), workers.rank, np.float32)]
        workers.broadcast(arrays)
        arrays[0] += workers.rank  # each has its own
        return workers.first(workers.rank), [to_cpu(array).tolist() for array in arrays]

    assert in_threads(3, work) == [(0, [[1 + rank] * 2, [[0, 0]]]) for rank in range(3)]


def test_shares_weigh_and_what_counts_nothing_is_not_looked_at() -> None:
    def work(workers: Workers) -> Any:
        x = np.full(2, [1.0, 2.0, numpy.nan][workers.rank])
        for _ in range(2):  # the second time in the buffer of the first
            y = x.copy()
            workers.mean([y], [0.25, 0.75, 0.0][workers.rank])
        return y.tolist()

    assert in_threads(3, work) == [[1.75, 1.75]] * 3


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32")])
def test_arrays_keep_their_dtypes_and_lose_no_digits(dtypes: tuple[str, str]) -> None:
    def work(workers: Workers) -> Any:
        arrays = [np.full(3, workers.rank + 1 / 3, dtype) for dtype in dtypes]
        workers.mean(arrays)
        return [array.dtype.name for array in arrays], [array[0].item() for array in arrays]

    for names, means in in_threads(2, work):
        assert names == list(dtypes)
        assert means == pytest.approx([0.5 + 1 / 3] * 2, rel=1e-7)
        assert means[dtypes.index("float64")] == pytest.approx(0.5 + 1 / 3, rel=1e-15)


def test_a_buffer_is_made_anew_for_arrays_of_another_shape_or_dtype() -> None:
    def work(workers: Workers) -> Any:
        means = []
        for shape, dtype in [((2, 3), "f4"), ((3, 2), "f4"), ((3, 2), "f8"), ((), "f8")]:
            x = np.full(shape, workers.rank + 1 / 3, dtype)
            workers.mean([x])
            means.append(float(x.sum()) / max(x.size, 1))
        return means

    for means in in_threads(2, work):
        assert means == pytest.approx([0.5 + 1 / 3] * 4, rel=1e-6)
        assert means[2:] == pytest.approx([0.5 + 1 / 3] * 2, rel=1e-15)


def test_one_alone_waits_for_nobody() -> None:
    workers, x = Workers(), np.array([1.0, 2.0])
    workers.mean([x])
    workers.broadcast([x])
    assert x.tolist() == [1, 2]
    assert workers.gather("x") == ["x"]
    assert (workers.rank, workers.size) == (0, 1)


@pytest.mark.parametrize("size", [1, 2])
def test_shares_that_do_not_add_up_are_told_of(size: int) -> None:
    with pytest.raises(WorkersError, match=f"the shares of all workers are {size * 2}, not 1"):
        in_threads(size, lambda workers: workers.mean([np.ones(2)], 2.0))


@pytest.mark.parametrize(("rows", "is_large"), [(2**17 - 1, False), (2**17, True)])  # of 1 MB
def test_a_large_array_is_added_up_as_it_is(
    rows: int, is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []
    add_up = parallel._Thread._add_up

    def spy(worker: Any, array: Any) -> None:
        given.append(array)
        add_up(worker, array)

    monkeypatch.setattr(parallel._Thread, "_add_up", spy)

    def work(workers: Workers) -> Any:
        x = np.full((rows, 1), [1.0, 2.0, numpy.nan][workers.rank])
        other = np.full((2, rows), 1.0 * workers.rank).T  # not in one stretch of memory
        workers.mean([x, x[:3] + 1, other], [0.25, 0.75, 0.0][workers.rank])
        assert any(array is x for array in given) == is_large
        return [float(f(array)) for f in (np.min, np.max) for array in (x, other)]

    assert in_threads(3, work) == [[1.75, 0.75] * 2] * 3


def test_a_copy_of_a_trainer_has_the_same_workers() -> None:
    trainer = on_tape()
    assert copy.deepcopy(trainer).workers is trainer.workers


@pytest.mark.parametrize("large", [0, parallel.LARGE])
def test_the_order_of_an_array_in_memory_changes_nothing(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(workers: Workers) -> Any:
        a, b = np.full((2, 3), 1.0), np.full((2, 3), 100.0)
        pair = [np.asfortranarray(a), b] if workers.rank else [a, np.asfortranarray(b)]
        workers.mean(pair)
        return [float(array.min()) for array in pair]

    monkeypatch.setattr(parallel, "LARGE", large)
    assert in_threads(2, work) == [[1, 100]] * 2


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda w: w.mean([np.ones(2, int)]), DTypeError, r"mean: arrays\[0\] must hold floats"),
        (lambda w: w.mean(np.ones(2)), ArgumentTypeError, "mean: arrays must be a list"),
        (lambda w: w.mean([np.ones(2)] if w.rank else []), WorkersError, "to mean of "),
        (lambda w: w.mean([np.ones(2 + w.rank)]), WorkersError, r"mean of float64 \([23],\)"),
        (lambda w: w.gather(1) if w.rank else w.mean([np.ones(2)]), WorkersError, "to gather"),
        (lambda w: w.rank or w.mean([np.ones(2)]), WorkersError, "to the end of the program"),
        (lambda w: w.broadcast([np.ones(2)]) if w.rank else w.first(1), WorkersError, "broadcast"),
        (lambda w: w.broadcast([np.ones(2 + w.rank)]), WorkersError, r"of float64 \([23],\)"),
        (lambda w: w.broadcast([np.ones(2)] * (1 + w.rank)), WorkersError, "to broadcast of"),
        (lambda w: w.broadcast([np.ones(2, int if w.rank else float)]), WorkersError, "int64"),
        (lambda w: w.broadcast(np.ones(2)), ArgumentTypeError, "broadcast: arrays must be a list"),
        (lambda w: w.broadcast([1.0]), DTypeError, r"broadcast: arrays\[0\] must be an arr"),
        (lambda w: w.mean([1.0]), DTypeError, r"mean: arrays\[0\] must be an array"),
        (lambda w: w.mean(3), ArgumentTypeError, "mean: arrays must be a list"),
        (lambda w: w.mean([np.ones(2)], "1"), ArgumentTypeError, "mean: share must be a number"),
        (
            lambda w: w.mean([np.ones(2)], math.nan),
            ArgumentError,
            "at least 0 and finite",
        ),
        (lambda w: w.mean([np.ones(2)], -1), ArgumentError, "mean: share must be at least 0"),
        (
            lambda w: w.mean([np.ones((10, 10))] * 30 + [np.ones(2 + w.rank)]),
            WorkersError,
            r"come to \.\.\..*, float64 \([23],\), and worker . to \.\.\..*, float64 \([23],\)\n",
        ),
    ],
)
def test_a_call_that_not_all_make_is_told_of(
    call: Callable[[Workers], Any], error: type[BaseException], words: str
) -> None:
    with pytest.raises(error, match=words):
        in_threads(2, call)


def test_no_arrays_have_a_mean_of_nothing() -> None:
    in_threads(2, lambda workers: workers.mean([]))


def test_who_catches_the_error_of_all_does_not_wait_for_one_that_has_left() -> None:
    def work(workers: Workers) -> int:
        if workers.rank != 1:
            for _ in range(2):
                with pytest.raises(WorkersError, match="and worker 1 to the end of the program"):
                    workers.gather(None)
        return workers.rank

    assert in_threads(3, work) == [0, 1, 2]


@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_a_broadcast_reaches_any_array(shape: tuple[int, ...]) -> None:
    def work(workers: Workers) -> Any:
        x = np.full(shape, workers.rank + 1).T
        workers.broadcast([x])
        return int(x.min()), int(x.max())

    assert in_threads(2, work) == [(1, 1)] * 2


def test_threads_that_come_out_of_a_file_are_alone() -> None:
    def work(workers: Workers) -> tuple[int, int]:
        other = pickle.loads(pickle.dumps(workers))
        return other.rank, other.size

    assert in_threads(2, work) == [(0, 1)] * 2


# They come to the same as one -----------------------------------------------------------------


def trained(
    workers: Workers,
    batch_size: int,
    kind: str = "on the tape",
    optimizer: Callable[..., Any] = Adam,
    reduction: str = "mean",
    dtype: str = "float64",
) -> Any:
    """Parameters, and the history's numbers, after 200 steps or a few more."""
    rng = numpy.random.default_rng(1)
    layers = Linear(3, 5, rng), Sigmoid(), Linear(5, 2, rng)
    x, t = (array.astype(dtype) for array in DATA)
    loss = MSELoss(reduction)
    if kind == "by hand":
        trainer = Trainer(BookNet(*layers, loss=loss), optimizer(0.01), seed=3, workers=workers)
    else:
        model, replay = Sequential(*layers), kind == "replayed"
        trainer = Trainer(model, optimizer(0.01), loss, seed=3, replay=replay, workers=workers)
    epochs = math.ceil(200 / math.ceil(N / (batch_size * workers.size)))
    held_out = x[:7], t[:7]
    trainer.fit(x, t, epochs, batch_size, max_grad=1.0, held_out=held_out, verbose=False)
    losses = [loss for e in trainer.history for loss in (e.loss, e.held_out_loss)]
    return [to_cpu(param) for param in trainer.model.params], losses + trainer.loss_list


@contextmanager
def computing_in(dtype: Any) -> Iterator[None]:
    before, config.dtype = config.dtype, dtype
    try:
        yield
    finally:
        config.dtype = before


def check_same(
    workers: int, batch_size: int, tolerance: float = 1e-12, dtype: Any = "float64", **given: Any
) -> None:
    with computing_in(dtype):
        params, losses = trained(Workers(), workers * batch_size, dtype=dtype, **given)
        others = in_threads(workers, lambda w: trained(w, batch_size, dtype=dtype, **given))
    for other, other_losses in others:
        for one, same in zip(params, other, strict=True):
            numpy.testing.assert_allclose(same, one, rtol=0, atol=tolerance)
        numpy.testing.assert_allclose(other_losses, losses, rtol=100 * tolerance)


@pytest.mark.parametrize(
    ("workers", "kind", "optimizer", "reduction"),
    [
        (2, "by hand", SGD, "sum"),
        (3, "on the tape", Momentum, "sum"),
        (4, "replayed", Adam, "mean"),
        (4, "by hand", Adam, "mean"),
    ],
)
@pytest.mark.real
def test_n_workers_are_one_with_n_batches(
    workers: int, kind: str, optimizer: Any, reduction: str
) -> None:
    check_same(workers, 12 // workers, kind=kind, optimizer=optimizer, reduction=reduction)


@pytest.mark.slow
@pytest.mark.cpu
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_whatever_they_train(workers: int, kind: str, dtype: str) -> None:
    tolerance = {"float64": 1e-12, "float32": 1e-5}[dtype]
    for optimizer, reduction in itertools.product((SGD, Momentum, Adam), ("mean", "sum")):
        given = {"kind": kind, "optimizer": optimizer, "reduction": reduction}
        check_same(workers, 12 // workers, tolerance, dtype, **given)


@pytest.mark.cpu
@pytest.mark.parametrize("size", range(1, 6))
def test_each_row_is_seen_once_an_epoch_by_one(size: int) -> None:
    all_workers = [Workers() for _ in range(size)]
    for rank, workers in enumerate(all_workers):
        workers.rank, workers.size = rank, size
    for count, batch_size in itertools.product(range(size, 71), range(1, 10)):
        x = numpy.arange(count)
        order = numpy.random.default_rng(count).permutation(count)
        seen = [list(batches_of_rows(x, x, order, batch_size, one)) for one in all_workers]
        for step, parts in enumerate(zip(*seen, strict=True)):
            rows = order[step * size * batch_size :][: size * batch_size]
            together = [row for x, t, _ in parts for row in x.tolist()]
            assert sorted(together) == sorted(rows)
            assert all(total == len(rows) for _, _, total in parts)
            assert max(len(x) for x, _, _ in parts) <= batch_size
        assert sorted(row for part in seen for x, _, _ in part for row in x) == list(range(count))


@pytest.mark.cpu
@pytest.mark.parametrize("large", [0, parallel.LARGE])
def test_who_has_no_rows_in_a_batch_counts_nothing(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "LARGE", large)
    check_same(4, 5)  # 23 rows, 20 of them in the first step: the last worker has none of three


class WithLoss:
    """By hand, and its loss is any function of y - t, with its derivative."""

    def __init__(self, loss: Callable[[Any], Any], slope: Callable[[Any], Any]) -> None:
        self.loss, self.slope = loss, slope
        self.params, self.grads = [np.ones((3, 2))], [np.zeros((3, 2))]

    def predict(self, x: Any) -> Any:
        return x @ self.params[0]

    def forward(self, x: Any, t: Any) -> float:
        self.x, self.off = x, self.predict(x) - t
        return float(self.loss(self.off))

    def backward(self) -> None:
        self.grads[0][...] = self.x.T @ self.slope(self.off)


class Inside(Module):
    """A loss within another."""

    def __init__(self) -> None:
        self.loss = MSELoss("sum")

    def forward(self, y: Any, t: Any) -> Any:
        return self.loss(y, t)


def squares(off: Any) -> Any:
    return (off**2).sum()


LOSSES: dict[str, Callable[[Workers], Trainer]] = {
    "a sum by hand": lambda w: by_hand(w, squares, lambda off: 2 * off),
    "a mean by hand": lambda w: by_hand(
        w, lambda off: squares(off) / len(off), lambda off: 2 * off / len(off)
    ),
    "a sum and the least of floats": lambda w: by_hand(w, lambda off: 0.0, lambda off: 0 * off),
    "a function": lambda w: on_a_line(w, lambda y, t: ((y - t) ** 2).sum()),
    "a function, replayed": lambda w: on_a_line(w, lambda y, t: ((y - t) ** 2).sum(), True),
    "the mean of a function": lambda w: on_a_line(w, lambda y, t: ((y - t) ** 2).mean()),
    "a loss within another": lambda w: on_a_line(w, Inside()),
    "a loss that says so": lambda w: on_a_line(w, MSELoss("sum")),
}


def by_hand(workers: Workers, *loss: Any) -> Trainer:
    return Trainer(WithLoss(*loss), SGD(0.001), seed=0, workers=workers)


def on_a_line(workers: Workers, loss: Any, replay: bool = False) -> Trainer:
    return Trainer(Linear(3, 2, seed=0), SGD(0.001), loss, 0, replay, workers=workers)


@pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES)
def test_whether_a_loss_is_a_sum_is_measured(make: Callable[[Workers], Trainer]) -> None:
    """Also of held-out rows, of which some workers have none."""
    x, t = map(np.asarray, DATA)

    def work(workers: Workers) -> list[float]:
        trainer = make(workers)
        few = x[:2], t[:2]
        trainer.fit(x, t, 3, 12 // workers.size, held_out=few, verbose=False)
        losses = [loss for e in trainer.history for loss in (e.loss, e.held_out_loss)]
        return [*to_cpu(trainer.model.params[0]).ravel().tolist(), *losses]

    with computing_in("float64"):
        alone = work(Workers())
        for others in in_threads(3, work):
            assert others == pytest.approx(alone, rel=1e-12, abs=1e-15)


def test_to_measure_it_changes_nothing() -> None:
    rng = numpy.random.default_rng(0)
    model = Sequential(Linear(3, 2, rng), BatchNorm(2), Dropout(0.5, seed=rng))
    trainer = Trainer(model, SGD(0.001), lambda y, t: ((y - t) ** 2).sum(), seed=0)
    drawn, kept = rng.bit_generator.state, everything(trainer)
    x, t = map(np.asarray, DATA)
    assert adds_up(trainer.network, x[:5], t[:5])
    assert rng.bit_generator.state == drawn
    assert everything(trainer) == kept
    assert all(layer.training for layer in model.layers)


def test_a_loss_that_is_neither_is_refused() -> None:
    """A sum and a penalty, which every worker would add."""

    def work(workers: Workers, **says: str) -> None:
        trainer = by_hand(workers, lambda off: squares(off) + 50.0, lambda off: 2 * off)
        vars(trainer.model).update(says)
        fit_data(trainer)

    with pytest.raises(ArgumentError, match=r"of 5 rows is .*, and of the same rows twice .*"):
        in_threads(2, work)
    in_threads(2, lambda workers: work(workers, reduction="mean"))


def fit_data(trainer: Trainer) -> None:
    x, t = map(np.asarray, DATA)
    trainer.fit(x, t, 1, 5, verbose=False)


@pytest.mark.real
@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_lost_is_told_of_by_its_step(loss: float) -> None:
    with pytest.raises(NotFiniteError, match=r"the loss is (nan|inf) at step 1"):
        in_threads(2, lambda w: fit_data(by_hand(w, lambda off: loss, lambda off: off)))


def test_a_gradient_that_stands_twice_is_a_sum_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a loss that is a sum."""

    def work(workers: Workers) -> float:
        model = Recorder()
        model.reduction = "sum"  # type: ignore[attr-defined]
        model.params, grad = [np.zeros(1), np.zeros(1)], np.zeros(1)
        model.grads = [grad, grad]
        model.backward = lambda: grad.fill(len(model.batches[-1]))  # type: ignore[method-assign]
        trainer = Trainer(model, SGD(1.0), seed=0, workers=workers)
        rows = np.arange(6)
        trainer.fit(rows, 10 * rows, 1, 6 // workers.size, eval_interval=None, verbose=False)
        return float(model.params[0][0])

    monkeypatch.setattr(parallel, "LARGE", 0)
    assert work(Workers()) == -6
    assert in_threads(3, work) == [-6] * 3


def test_gradients_that_layers_share_are_averaged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(workers: Workers) -> list[Any]:
        first = Linear(2, 2, seed=0)
        second = copy.copy(first)
        second.grads = [np.zeros_like(g) for g in first.grads]
        trainer = Trainer(BookNet(first, Sigmoid(), second), SGD(0.5), seed=0, workers=workers)
        trainer.fit(X, T % 2, 2, 12 // workers.size, max_grad=1.0, verbose=False)
        return [to_cpu(param) for param in first.params]

    monkeypatch.setattr(parallel, "LARGE", 0)
    with computing_in("float64"):
        alone, together = work(Workers()), in_threads(3, work)
    for params in together:
        for param, one in zip(params, alone, strict=True):
            numpy.testing.assert_allclose(param, one, rtol=0, atol=1e-6)


def test_rows_are_put_in_order_some_whole_batches_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows_at_once = []

    def noted(count: int, order: Any) -> Any:
        rows_at_once.append(count)
        return batches(count, order)

    x = np.arange(23.0)
    monkeypatch.setattr(shares, "batches", noted)
    monkeypatch.setattr(shares, "STRETCH", 3 * (4 * 8 + 4 * 8) + 1)
    seen = list(batches_of_rows(x, x, x.astype(int), 4, Workers()))
    assert rows_at_once == [12]
    assert [len(x) for x, _, _ in seen] == [4, 4, 4, 4, 4, 3]
    monkeypatch.setattr(shares, "STRETCH", 1)
    assert len(list(batches_of_rows(x, x, x.astype(int), 4, Workers()))) == 6
    assert rows_at_once == [12, 4]


# What they keep -------------------------------------------------------------------------------


def with_noise(workers: Workers, seed: int = 0) -> Trainer:
    """Each draws from one generator, as a script that has a seed makes it."""
    rng = numpy.random.default_rng(seed)
    drop = Dropout(0.5, seed=rng)
    model = Sequential(Linear(2, 8, rng), BatchNorm(8), Sigmoid(), drop, Linear(8, 3, rng))
    return Trainer(model, Adam(0.05), SoftmaxWithLoss(), seed=rng, workers=workers)


def fit(trainer: Trainer, *callbacks: Any, **given: Any) -> Trainer:
    options: dict[str, Any] = {"max_epoch": 4, "batch_size": 5, "held_out": (X, T)}
    trainer.fit(X, T, callbacks=callbacks, **({"verbose": False} | options | given))
    return trainer


def everything(trainer: Trainer) -> list[bytes]:
    return [to_cpu(array).tobytes() for array in trainer._learned_and_kept()]


def test_what_is_learned_and_kept_stays_the_same_in_all() -> None:
    class Look:
        def after_step(self, trainer: Trainer) -> None:
            said = trainer.workers.gather(everything(trainer))
            assert all(other == said[0] for other in said)

    in_threads(3, lambda workers: fit(with_noise(workers), Look(), max_epoch=2))


class Counter(Layer):
    """Follows the mean of x and counts its rows; a table and a flag stay as they are."""

    state_names = "mean", "rows", "table", "flag"

    def __init__(self) -> None:
        super().__init__()
        table = np.full(3, 0.1, np.float32)
        self.state = [np.zeros(3, np.float32), np.zeros(1, int), table, np.ones(1, bool)]

    def forward(self, x: Any) -> Any:
        mean, rows, *_ = self.state
        rows += len(x)
        if self.training:
            mean[...] = x.mean(axis=0)
        return x

    def backward(self, dout: Any) -> Any:
        return dout


def test_each_has_counts_of_its_own_and_what_does_not_train_stays() -> None:
    def work(workers: Workers) -> list[Any]:
        model = Sequential(Linear(2, 3, seed=0), layer := Counter(), still := Counter())
        trainer = Trainer(model, SGD(0.1), SoftmaxWithLoss(), seed=0, workers=workers)

        class Still:
            def begin(self, trainer: Trainer) -> None:
                still.training = False
                still.state[0][...] = 0.3

            def after_step(self, trainer: Trainer) -> None:
                if trainer.step == 1:
                    layer.state[3][...] = workers.rank == 0

        fit(trainer, Still(), max_epoch=2, batch_size=5, held_out=None)
        assert still.state[0].tolist() == [float(numpy.float32(0.3))] * 3
        mean, rows, table, flag = map(to_cpu, layer.state)
        return [mean.tolist(), int(rows[0]), table.tolist(), flag.tolist()]

    means, rows, tables, flags = zip(*in_threads(2, work), strict=True)
    assert means[0] == means[1]
    assert abs(means[0][0]) > 0
    assert rows == (5 + 46, 5 + 44)  # and those with which the fit began
    assert tables == ([float(numpy.float32(0.1))] * 3,) * 2
    assert flags == ([True], [False])


class Followed(Parameter):
    """Keeps a number, and has no mode."""

    state_names = ("number",)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.state = (np.zeros(1),)


class Scaled(Module):
    def __init__(self) -> None:
        self.linear, self.scale = Linear(2, 3, seed=0), Followed(np.ones(3))

    def forward(self, x: Any) -> Any:
        return self.linear(x) * self.scale


def test_what_a_part_without_a_mode_keeps_becomes_the_mean() -> None:
    class Apart:
        def after_step(self, trainer: Trainer) -> None:
            if trainer.step == 1:
                trainer.model.scale.state[0][...] = 4 * trainer.workers.rank

    def work(workers: Workers) -> float:
        trainer = Trainer(Scaled(), SGD(0.1), SoftmaxWithLoss(), seed=0, workers=workers)
        trainer.fit(X[:16], T[:16], 1, 4, callbacks=[Apart()], verbose=False)
        return float(trainer.model.scale.state[0][0])

    assert in_threads(2, work) == [2.0, 2.0]


def test_seeds_of_rank_0_count() -> None:
    def work(*seeds: int) -> list[list[bytes]]:
        return in_threads(2, lambda w: everything(fit(with_noise(w, seeds[w.rank]))))

    assert work(0, 1) == work(0, 2)
    assert work(0, 1) != work(1, 1)


def test_dropout_is_another_in_each() -> None:
    class States:
        def begin(self, trainer: Trainer) -> None:
            self.states: list[int] = []

        def after_step(self, trainer: Trainer) -> None:
            self.states.append(trainer.model[3].rng.bit_generator.state["state"]["state"])

    def work(workers: Workers) -> list[int]:
        fit(with_noise(workers), watch := States())
        return watch.states

    states = [state for part in in_threads(3, work) for state in part]
    assert len(states) == 3 * 4 * 3
    assert len(set(states)) == len(states)


def test_layers_that_cannot_draw_apart_are_told_of() -> None:
    def work(workers: Workers) -> None:
        bits = numpy.random.SFC64(0)
        drop = Dropout(0.5, seed=numpy.random.Generator(bits))
        fit(Trainer(Sequential(Linear(2, 3, 0), drop), SGD(), SoftmaxWithLoss(), workers=workers))

    with pytest.raises(WorkersError, match=r"model\.layers\.1\.rng draws from SFC64.*default_rng"):
        in_threads(2, work)


# One of them fails, or differs ----------------------------------------------------------------


class Callback:
    """Does something after a step, in one of the workers."""

    kept = ()

    def __init__(self, step: int, rank: int, do: Callable[[Trainer], Any]) -> None:
        self.step, self.rank, self.do = step, rank, do

    def after_step(self, trainer: Trainer) -> None:
        if (trainer.step, trainer.workers.rank) == (self.step, self.rank):
            self.do(trainer)


def spoil(trainer: Trainer) -> None:
    trainer.model.params[0][...] = numpy.nan


def nudge(trainer: Trainer) -> None:
    trainer.model.params[0][0, 0] += 1e-6


def divide(trainer: Trainer) -> None:
    raise ZeroDivisionError("by hand")


def nothing(trainer: Trainer) -> None:
    pass


def interrupt(trainer: Trainer) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("rank", [0, 2])
@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (divide, ZeroDivisionError, "by hand"),
        (interrupt, KeyboardInterrupt, "^"),
        (nudge, WorkersError, r"worker . has become another.*\n  weights and state: [0-9a-f]+ in"),
    ],
)
def test_an_error_in_one_ends_all(
    do: Callable[[Trainer], None], error: type[BaseException], words: str, rank: int
) -> None:
    with pytest.raises(error, match=words) as caught:
        in_threads(3, lambda workers: fit(with_noise(workers), Callback(2, rank, do)))
    if error is not WorkersError:  # which all of them find
        assert caught.value.__notes__ == [f"It is worker {rank} of 3 that has failed."]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda trainer: setattr(trainer.optimizer, "lr", 0.5),
            r"lr: 0\.5 in worker 1, and 0\.05",
        ),
        (lambda trainer: setattr(trainer, "batch_size", 6), "batch_size: 6 in worker 1, and 8 in "),
        (lambda trainer: trainer.model[1].state[0].fill(7), "weights and state: [0-9a-f]+ in work"),
    ],
)
@pytest.mark.parametrize("moment", ["after_step", "end"])
def test_what_becomes_another_in_one_is_found(
    moment: str, change: Callable[[Trainer], Any], words: str
) -> None:
    """Before the end of the epoch, or of the fit."""

    def do(trainer: Trainer) -> None:
        if trainer.workers.rank == 1 and trainer.step == 3:
            change(trainer)

    def work(workers: Workers) -> None:
        callback = type("Callback", (), {moment: staticmethod(do)})()
        fit(with_noise(workers), callback, batch_size=8, max_epoch=1)

    with pytest.raises(WorkersError, match=f"worker 1 has become another than .*\n.*{words}"):
        in_threads(2, work)


def test_ctrl_c_before_the_first_exchange_ends_all() -> None:
    """The others do not know of it."""

    class Pressed(Linear):
        in_rank = 0

        def forward(self, x: Any) -> Any:
            if self.training and self.in_rank == 1:
                raise KeyboardInterrupt
            return super().forward(x)

    def work(workers: Workers) -> None:
        layer = Pressed(2, 3, seed=0)
        layer.in_rank = workers.rank
        fit(Trainer(Sequential(layer), SGD(), SoftmaxWithLoss(), seed=0, workers=workers))

    with pytest.raises(KeyboardInterrupt):
        in_threads(2, work)


@pytest.mark.real
def test_a_loss_that_is_lost_in_one_ends_all() -> None:
    with pytest.raises(NotFiniteError, match=r"the loss (is|became) nan") as caught:
        in_threads(3, lambda workers: fit(with_noise(workers), Callback(2, 1, spoil)))
    assert "worker 1 of 3" in caught.value.__notes__[-1] or config.GPU


def test_who_comes_to_an_end_before_the_others_is_missed() -> None:
    def work(workers: Workers) -> None:
        if workers.rank != 1:
            workers.gather(None)

    with pytest.raises(
        WorkersError, match=r"worker \d has come to gather, and worker 1 to the end of the program"
    ):
        in_threads(3, work)


def otherwise(workers: Workers, name: str) -> Any:
    """A training in which rank 1 has something else."""
    is_other = workers.rank == 1
    count = 4 if is_other and name == "shape" else 3
    model: Any = Sequential(Linear(2, 2, seed=0), Linear(2, count, seed=0))
    if is_other and name == "layer":
        model.append(Sigmoid())
    lr = 0.2 if is_other and name == "lr" else 0.1
    optimizer: Any = Adam(lr) if is_other and name == "optimizer" else SGD(lr)
    if name in ("momentum", "state"):
        optimizer = Momentum(0.1)
    if is_other and name == "state":
        optimizer.update(model.params, [np.ones_like(p) for p in model.params])
    trainer = Trainer(model, optimizer, SoftmaxWithLoss(), workers=workers)
    if is_other and name == "frozen":
        model[0].requires_grad = False
    if is_other and name == "momentum":
        optimizer.momentum = 0.5
    if is_other and name == "step":
        trainer.step = 3
    others_rows: dict[str, Any] = {"rows": slice(1, None), "order": [0, 3, 2, 1, *range(4, len(X))]}
    rows = others_rows.get(name, slice(None)) if is_other else slice(None)
    x, t = X[rows], T[rows]
    given: dict[str, Any] = {"max_epoch": 1, "batch_size": 5, "verbose": False}
    others = {
        "max_epoch": 2, "batch_size": 6, "max_grad": 1.0, "eval_interval": 7,
        "held_out": (X, T), "schedule": lambda step: 0.1, "callbacks": [early_stopping(3)],
    }  # fmt: skip
    return trainer.fit(
        x, t, **(given | {k: v for k, v in others.items() if is_other and k == name})
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "shape",
            r"layers\.1\.W: float32 \(2, 4\) in worker 1, and float32 \(2, 3\) in worker 0",
        ),
        ("layer", r"model\.layers\.2: Sigmoid\(\) in worker 1, and nothing in worker 0"),
        ("frozen", r"params: float32 \(2, 3\), float32 \(3,\) in worker 1, and float32 \(2, 2\)"),
        ("lr", r"optimizer: SGD\(lr=0\.2\) in worker 1, and SGD\(lr=0\.1\) in worker 0"),
        ("optimizer", r"optimizer: Adam\(lr=0\.1.* in worker 1, and SGD"),
        (
            "momentum",
            r"optimizer: Momentum\(.* momentum=0\.5\) in worker 1, and Mom.*=0\.9\)",
        ),
        ("state", "state of the optimizer: [0-9a-f]+ in worker 1, and"),
        ("step", "steps done: 3 in worker 1, and 0 in worker 0"),
        ("rows", r"x and t: float32 \(44, 2\) with SHA-256 .* in worker 1, and float32 \(45, 2\)"),
        ("order", r"x and t: float32 \(45, 2\) with SHA-256 .* in worker 1, and float32 \(45, 2\)"),
        ("max_epoch", "max_epoch: 2 in worker 1, and 1 in worker 0"),
        ("batch_size", "batch_size: 6 in worker 1, and 5 in worker 0"),
        ("max_grad", "max_grad: 1.0 in worker 1, and None in worker 0"),
        ("eval_interval", "eval_interval: 7 in worker 1, and 20 in worker 0"),
        ("held_out", r"held_out: float32 \(45, 2\) .* in worker 1, and nothing in worker 0"),
        (
            "schedule",
            r"schedule: lr from 0\.1 to 0\.1 in 3 steps.* in worker 1, and nothing in",
        ),
        ("callbacks", r"callbacks: early_stopping\(patience=3.*\) in worker 1, and nothing in"),
    ],
)
def test_who_is_to_train_something_else_is_refused(name: str, words: str) -> None:
    with pytest.raises(ArgumentError, match="worker 1 was to train something else") as caught:
        in_threads(3, lambda workers: otherwise(workers, name))
    assert re.search(words, str(caught.value))
    in_threads(3, lambda workers: otherwise(workers, "nothing"))


class Each:
    """Another version each time that it is written."""

    def __init__(self) -> None:
        self.count = itertools.count(1)

    def __format__(self, _: str) -> str:
        return f"0.{next(self.count)}"


def test_rows_beyond_the_first_thousand_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand of them, from the first to the last; here each second one."""

    def work(workers: Workers) -> None:
        x = np.ones((2001, 2), np.float32)
        x[2000] += workers.rank
        trainer = Trainer(Linear(2, 3, 0), SGD(), SoftmaxWithLoss(), workers=workers)
        trainer.fit(x, np.zeros(2001, int), 1, 1001, verbose=False)

    with pytest.raises(ArgumentError, match="x and t: "):
        in_threads(2, work)


def test_rank_0_alone_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("common.plot.show", shown.append)

    def work(workers: Workers) -> None:
        trainer = fit(quiet(workers), max_epoch=1)
        workers.gather(None)
        if workers.rank == 1:
            trainer.plot()
        assert shown == []
        workers.gather(None)
        if workers.rank == 0:
            trainer.plot()

    in_threads(2, work)
    assert len(shown) == 1


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "__version__", Each())
    with pytest.raises(ArgumentError, match=r"version: 0\.\d, NumPy [\d.]+ in worker 1, and 0\.\d"):
        in_threads(2, lambda workers: fit(quiet(workers)))


def test_each_must_have_a_row() -> None:
    def work(workers: Workers) -> None:
        trainer = Trainer(Linear(2, 3), SGD(), SoftmaxWithLoss(), workers=workers)
        trainer.fit(X[:2], T[:2], 1, 1, verbose=False)

    in_threads(2, work)
    with pytest.raises(ArgumentError, match="there are 2 rows for 3 workers"):
        in_threads(3, work)


@pytest.mark.parametrize("workers", [2, Workers, "world", parallel])
def test_workers_are_some(workers: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"workers must be those of common\.parallel"):
        Trainer(Linear(2, 3), SGD(), SoftmaxWithLoss(), workers=workers)


@pytest.mark.parametrize(
    ("argument", "name", "make"),
    [
        ("model", "model", lambda: Sequential(Linear(2, 3, seed=0))),
        ("loss", "loss", SoftmaxWithLoss),
        ("optimizer", "optimizer", SGD),
        ("seed", "trainer", lambda: numpy.random.default_rng(0)),
    ],
)
def test_nothing_is_shared_by_threads(argument: str, name: str, make: Callable[[], Any]) -> None:
    shared = make()

    def work(workers: Workers) -> None:
        own: dict[str, Any] = {"model": Linear(2, 3, 0), "optimizer": SGD(), "seed": 0}
        own["loss"] = SoftmaxWithLoss()
        fit(Trainer(**(own | {argument: shared}), workers=workers))

    with pytest.raises(WorkersError, match=f"{name} is the same object in workers . and ."):
        in_threads(2, work)


def test_an_error_that_is_caught_in_one_ends_all_the_same() -> None:
    def work(workers: Workers) -> None:
        with suppress(ZeroDivisionError):
            fit(quiet(workers), Callback(2, 1, divide))
        fit(quiet(workers))

    with pytest.raises(ZeroDivisionError, match="by hand"):
        in_threads(2, work)


def test_a_callback_does_not_talk_with_the_trainers_of_others() -> None:
    def talk(trainer: Trainer) -> None:
        if trainer.workers.rank == 0:
            trainer.workers.gather("hi")

    with pytest.raises(WorkersError, match="to gather"):
        in_threads(2, lambda workers: fit(quiet(workers), talk))


class OneOfTwo(Module):
    """Rows with a positive first number go one way, others another; a batch by its first row."""

    def __init__(self) -> None:
        self.ways = [Linear(2, 3, seed=0), Linear(2, 3, seed=1)]

    def forward(self, x: Any) -> Any:
        return self.ways[int(x.data[0, 0] > 0)](x)


def test_a_part_is_reached_if_it_is_in_one_of_them() -> None:
    def work(workers: Workers) -> int:
        trainer = Trainer(OneOfTwo(), SGD(), SoftmaxWithLoss(), workers=workers)
        x = np.asarray([[1.0, 0], [-1.0, 0]] * 2, np.float32)
        trainer.rng = InOrder()  # type: ignore[assignment]
        trainer.fit(x, np.asarray([0, 1] * 2), 1, 2, verbose=False)
        return trainer.step

    assert in_threads(2, work) == [1, 1]


class InOrder:
    """A generator that leaves rows where they are."""

    def permutation(self, count: int) -> Any:
        return numpy.arange(count)


@pytest.mark.off_cpu
def test_arrays_may_be_on_the_other_device_the_next_time() -> None:
    def work(workers: Workers) -> list[Any]:
        first = np.full(2, 1.0 * workers.rank)
        workers.mean([first])
        if workers.rank == 0:
            config.GPU = True
        workers.gather(None)
        second = np.full(2, 1.0 * workers.rank)
        workers.mean([second])
        return [type(first) is type(second), to_cpu(second).tolist()]

    with config.use_gpu(False):
        assert in_threads(2, work) == [[False, [0.5, 0.5]]] * 2


# They end together, and one of them speaks ----------------------------------------------------


def test_a_callback_of_one_ends_the_training_of_all() -> None:
    def end(trainer: Trainer) -> bool:
        return trainer.workers.rank == 1 and len(trainer.history) == 2

    assert in_threads(3, lambda w: len(fit(with_noise(w), end).history)) == [2, 2, 2]


def test_ctrl_c_in_one_ends_all_after_the_same_step() -> None:
    def press(trainer: Trainer) -> None:
        trainer.is_pressed = lambda: True

    def work(workers: Workers) -> tuple[int, list[bytes]]:
        trainer = fit(with_noise(workers), Callback(4, 2, press))
        return trainer.step, everything(trainer)

    outcomes = in_threads(3, work)
    assert [step for step, _ in outcomes] == [5, 5, 5]  # they hear of it in the next exchange
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_rank_0_alone_prints(capsys: pytest.CaptureFixture[str]) -> None:
    in_threads(
        3, lambda workers: fit(with_noise(workers), max_epoch=1, eval_interval=1, verbose=True)
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line[:15] for line in lines] == [
        "epoch 1, step 1", "epoch 1, step 2", "epoch 1, step 3", "epoch 1, held o",
    ]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


@pytest.mark.cpu
@pytest.mark.parametrize("at", range(1, 12))
def test_a_training_that_was_killed_goes_on(at: int, path: Path) -> None:
    def work(workers: Workers) -> None:
        fit(with_noise(workers), Callback(at + 1, 1, divide), Checkpoint(path, every=at))

    def go_on(workers: Workers) -> Any:
        (trainer := with_noise(workers, seed=7)).resume(path)
        fit(trainer, Callback(at + 1, 1, nothing), Checkpoint(path, every=at))
        return everything(trainer), trainer.history[-1].loss

    in_full = in_threads(3, lambda w: everything(fit(with_noise(w))))
    with pytest.raises(ZeroDivisionError):
        in_threads(3, work)
    for arrays, _ in in_threads(3, go_on):
        assert arrays == in_full[0]


def quiet(workers: Workers) -> Trainer:
    """Draws nothing, so that it comes to the same on any number of workers."""
    rng = numpy.random.default_rng(1)
    model = Sequential(Linear(2, 6, rng), Sigmoid(), Linear(6, 3, rng))
    return Trainer(model, Adam(0.05), SoftmaxWithLoss(), seed=rng, workers=workers)


def test_a_file_that_one_of_them_has_not_is_missed(path: Path) -> None:
    def work(workers: Workers) -> None:
        trainer = quiet(workers)
        if path.exists() and workers.rank == 0:
            trainer.resume(path)
        fit(trainer, Callback(1, 1, divide), Checkpoint(path))

    with pytest.raises(ZeroDivisionError):
        in_threads(2, work)
    with pytest.raises(ArgumentError, match="goes on from: nothing in worker 1, and a file with"):
        in_threads(2, work)


def test_batches_that_cannot_be_shared_are_told_of(path: Path) -> None:
    def change(trainer: Trainer) -> None:
        trainer.batch_size += 1

    def callbacks(*dos: Callable[[Trainer], Any]) -> list[Any]:
        return [*(Callback(i + 1, 0, do) for i, do in enumerate(dos)), Checkpoint(path, every=1)]

    with pytest.raises(ZeroDivisionError):
        fit(quiet(Workers()), *callbacks(change, divide), batch_size=6)

    def go_on(workers: Workers) -> None:
        (trainer := quiet(workers)).resume(path)
        fit(trainer, *callbacks(nothing, nothing), batch_size=3)

    with pytest.raises(ArgumentError, match="2 workers cannot share its batches"):
        in_threads(2, go_on)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_it_goes_on_with_another_number_of_workers(size: int, path: Path) -> None:
    def work(workers: Workers) -> None:
        fit(quiet(workers), Callback(6, 1, divide), Checkpoint(path, every=4), batch_size=5)

    def go_on(workers: Workers, batch_size: int) -> list[Any]:
        (trainer := quiet(workers)).resume(path)
        fit(trainer, Callback(6, 1, nothing), Checkpoint(path, every=4), batch_size=batch_size)
        return [to_cpu(param) for param in trainer.model.params]

    in_full = fit(quiet(Workers()), batch_size=10)
    with pytest.raises(ZeroDivisionError):
        in_threads(2, work)
    with pytest.raises(ArgumentError, match=f"batch_size: {3 * size}, and it was 10"):
        in_threads(size, lambda workers: go_on(workers, 3))
    for params in in_threads(size, lambda workers: go_on(workers, 10 // size)):
        for param, same in zip(params, in_full.model.params, strict=True):
            numpy.testing.assert_allclose(param, to_cpu(same), rtol=0, atol=1e-5)


# Who they are ---------------------------------------------------------------------------------


@pytest.mark.cpu
@pytest.mark.parametrize(("size", "rank"), parallel.LAUNCHERS)
def test_what_mpiexec_has_said_is_heard(
    size: str, rank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parallel.launched() == (0, 1)
    assert type(parallel.world()) is Workers
    monkeypatch.setenv(size, "3")
    assert parallel.launched() == (0, 3)
    monkeypatch.setenv(rank, "2")
    assert parallel.launched() == (2, 3)


@pytest.mark.cpu
def test_without_mpi4py_n_processes_do_not_train_each_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PMI_SIZE", "3")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(WorkersError, match=r"has started 3 processes.*pip install .*\[mpi\]"):
        parallel.world()


@pytest.mark.cpu
def test_n_copies_that_train_alike_are_warned_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "0")
    with pytest.warns(UserWarning, match="started 2 processes, and each trains") as caught:
        on_tape()
    assert Path(caught[0].filename).name == "resuming.py"
    Trainer(Linear(2, 3), SGD(), SoftmaxWithLoss(), workers=Workers())
    monkeypatch.setenv("PMI_RANK", "1")
    on_tape()


def test_in_threads_is_given_a_number_and_a_function() -> None:
    with pytest.raises(ArgumentError, match="size must be at least 1"):
        in_threads(0, lambda workers: None)
    with pytest.raises(ArgumentTypeError, match="work must be a function of the workers"):
        in_threads(2, 3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="cuda must be True or False"):
        parallel.world(cuda=1)  # type: ignore[arg-type]
