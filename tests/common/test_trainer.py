import contextlib
import io
import itertools
import math
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from common import config
from common.callbacks import early_stopping
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CommonError,
    DataError,
    DTypeError,
    LabelError,
    NotFiniteError,
    ShapeError,
    SharedLayerError,
)
from common.gradient_check import numerical_gradient
from common.layers import (
    Affine,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MatMul,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    SoftmaxWithLoss,
)
from common.module import Module
from common.np import Array
from common.optimizer import SGD, Adam, Momentum
from common.schedule import step_decay
from common.trainer import Epoch, Trainer

N = 45
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2)).astype(np.float32)
T = ((np.arctan2(X[:, 1], X[:, 0]) + np.pi) // 2.1).astype(np.int64)  # three sectors: 0, 1, 2
ONE_HOT = np.eye(3, dtype=np.int32)[T]


def network(seed: int = 0, *more: Layer) -> Sequential:
    rng = np.random.default_rng(seed)
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


# Rows


@pytest.mark.parametrize("batch_size", range(1, 34))
def test_every_row_is_seen_once_an_epoch(batch_size: int) -> None:
    for n in range(1, 71):
        model, trainer = recorded(n, max_epoch=2, batch_size=batch_size)
        steps = math.ceil(n / batch_size)
        assert trainer.step == len(model.batches) == 2 * steps
        for epoch in (model.batches[:steps], model.batches[steps:]):
            assert sorted(rows_of(epoch)) == list(range(n))
            assert {len(batch) for batch in epoch[:-1]} <= {batch_size}


def test_the_order_of_rows_is_another_each_epoch() -> None:
    model, _ = recorded(70, max_epoch=3, batch_size=70)
    first, second, third = model.batches
    assert list(range(70)) != first != second != third != first


def test_ten_rows_at_batch_32_train() -> None:
    model = network()
    before = numbers(model)
    trainer_of(model).fit(X[:10], T[:10], max_epoch=1, batch_size=32, verbose=False)
    assert all(now != then for now, then in zip(numbers(model), before, strict=True))


@pytest.mark.parametrize(("n", "batch_size"), [(10, 4), (7, 7), (5, 1), (33, 32)])
def test_the_loss_of_an_epoch_is_the_mean_over_its_rows(n: int, batch_size: int) -> None:
    _, trainer = recorded(n, max_epoch=2, batch_size=batch_size)
    expected = 10 * (n - 1) / 2
    assert [epoch.loss for epoch in trainer.history] == pytest.approx([expected] * 2, rel=1e-14)


# Runs


def run(model_seed: int = 0, seed: int = 0) -> tuple[list[bytes], list[float]]:
    model = network(model_seed, Dropout(0.3, seed=model_seed))
    trainer = trainer_of(model, seed)
    trainer.fit(X, T, max_epoch=3, batch_size=10, verbose=False)
    return numbers(model), trainer.loss_list


def test_one_seed_gives_one_run_and_another_seed_another() -> None:
    assert run(seed=1) == run(seed=1)
    assert run(seed=1)[0] != run(seed=2)[0]


def test_a_generator_is_a_seed_too() -> None:
    assert run(seed=1) == run(seed=np.random.default_rng(1))  # type: ignore[arg-type]


def test_without_a_seed_two_runs_differ() -> None:
    first, second = Recorder(), Recorder()
    for model in (first, second):
        Trainer(model, SGD()).fit(np.arange(70), 10 * np.arange(70), max_epoch=1, verbose=False)
    assert first.batches != second.batches


@pytest.mark.parametrize("optimizer", [SGD, Momentum, Adam])
def test_a_second_fit_goes_on_where_the_first_ended(optimizer: Any) -> None:
    twice, once = (Trainer(network(), optimizer(0.1), SoftmaxWithLoss(), seed=0) for _ in range(2))
    for epochs in (2, 3):
        history = twice.fit(X, T, max_epoch=epochs, batch_size=9, eval_interval=5, verbose=False)
    once.fit(X, T, max_epoch=5, batch_size=9, eval_interval=5, verbose=False)
    assert numbers(twice.network) == numbers(once.network)
    assert twice.loss_list == once.loss_list
    assert twice.loss_steps == once.loss_steps == [5, 10, 15, 20, 25]
    assert history is twice.history
    assert [(e.number, e.step) for e in history] == [(1, 5), (2, 10), (3, 15), (4, 20), (5, 25)]


@pytest.mark.parametrize("t", [T, ONE_HOT, ONE_HOT.astype(np.float32)])
def test_a_model_of_the_book_and_one_with_a_loss_train_alike(t: Array) -> None:
    trainers = (
        Trainer(BookNet(*network()), SGD(0.5), seed=3),
        trainer_of(network(), seed=3),
        trainer_of(Net(*network()), seed=3),
    )
    for trainer in trainers:
        trainer.fit(X, t, 4, 8, 0.7, 5, held_out=(X, t), verbose=False)
    by_hand, *on_the_tape = trainers
    for trainer in on_the_tape:
        assert numbers(trainer.network) == numbers(by_hand.network)
        assert trainer.loss_list == by_hand.loss_list
        for ours, theirs in zip(trainer.history, by_hand.history, strict=True):
            assert replace(ours, seconds=0) == replace(theirs, seconds=0)


def test_a_fit_lowers_the_loss() -> None:
    trainer = trainer_of(network())
    trainer.fit(X, T, max_epoch=150, batch_size=15, verbose=False)
    assert trainer.history[-1].loss < 0.3 < 0.9 < trainer.history[0].loss
    _, accuracy = trainer.evaluate(X, T)
    assert accuracy is not None
    assert accuracy > 0.9


def test_no_epochs_train_nothing() -> None:
    model, trainer = recorded(10, max_epoch=0)
    assert (model.batches, trainer.loss_list, trainer.history) == ([], [], [])


# Reports


@pytest.mark.parametrize(
    ("eval_interval", "steps"),
    [
        (1, [1, 2, 3, 4, 5, 6, 7, 8]),
        (3, [3, 6, 8]),
        (4, [4, 8]),
        (8, [8]),
        (20, [8]),
        (None, [8]),
    ],
)
def test_a_report_is_the_mean_loss_since_the_one_before(
    eval_interval: int | None, steps: list[int]
) -> None:
    model, trainer = recorded(10, max_epoch=2, batch_size=3, eval_interval=eval_interval)
    assert trainer.loss_steps == steps
    for loss, begin, end in zip(trainer.loss_list, [0, *steps], steps, strict=False):
        rows = rows_of(model.batches[begin:end])
        assert loss == pytest.approx(10 * sum(rows) / len(rows), rel=1e-14)


def test_a_new_fit_begins_a_new_report() -> None:
    model, trainer = recorded(10, max_epoch=1, batch_size=5, eval_interval=3)
    trainer.fit(np.arange(10), 10 * np.arange(10), 1, 5, eval_interval=3, verbose=False)
    assert trainer.loss_steps == [2, 3, 4]
    losses = model.losses()
    assert trainer.loss_list == [sum(losses[:2]) / 2, losses[2], losses[3]]


def test_the_history_says_how_an_epoch_ended() -> None:
    trainer = trainer_of(network(), lr=0.25)
    (epoch,) = trainer.fit(X, T, max_epoch=1, batch_size=10, verbose=False)
    assert (epoch.number, epoch.step, epoch.lr) == (1, 5, 0.25)
    assert epoch.seconds >= 0
    assert epoch.held_out_loss is None
    assert epoch.held_out_accuracy is None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def fit_and_report(**options: Any) -> Trainer:
    trainer = trainer_of(network())
    trainer.fit(X, T, 2, 15, eval_interval=4, **options)
    return trainer


def test_a_file_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    fit_and_report(held_out=(X, T))
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.rsplit(" ", 1)[0] for line in lines if "held" not in line] == [
        "epoch 2, step 4: loss",
        "epoch 2, step 6: loss",
    ]
    assert sum("held out: loss" in line and "accuracy" in line for line in lines) == 2
    assert len(lines) == 4
    assert "\r" not in out
    assert err == ""


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    trainer = fit_and_report()
    said = terminal.getvalue()
    assert trainer.step == 6
    assert "100%" in said
    assert "6/6" in said
    assert "step 4: loss" in said
    assert "\r" in said
    assert said.endswith("\n"), "the bar was left open"


def test_nothing_is_said_when_nothing_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit_and_report(verbose=False, held_out=(X, T))
    assert capsys.readouterr() == ("", "")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    fit_and_report(verbose=False, held_out=(X, T))
    assert terminal.getvalue() == ""


def test_a_plot_has_the_reports_and_what_was_held_out() -> None:
    trainer = trainer_of(network())
    trainer.fit(X, T, 3, 15, eval_interval=2, held_out=(X, T), verbose=False)
    figure = trainer.plot(ylim=(0, 2))
    training, held_out = figure.axes[0].lines
    assert np.asarray(training.get_xdata()).tolist() == trainer.loss_steps == [2, 4, 6, 8, 9]
    assert np.asarray(training.get_ydata()).tolist() == trainer.loss_list
    assert np.asarray(held_out.get_xdata()).tolist() == [3, 6, 9]
    expected = [epoch.held_out_loss for epoch in trainer.history]
    assert np.asarray(held_out.get_ydata()).tolist() == expected
    assert figure.axes[0].get_ylim() == (0, 2)


@pytest.mark.parametrize("show", [True, False])
def test_a_plot_is_shown_if_wanted(show: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Figure] = []
    monkeypatch.setattr("common.plot.show", shown.append)
    figure = trainer_of(network()).plot(show=show)
    assert shown == [figure] * show


def test_a_plot_before_any_fit_is_a_figure_too() -> None:
    figure = trainer_of(network()).plot()
    assert isinstance(figure, Figure)
    assert len(figure.axes[0].lines) == 0


# Held-out rows


def scores_are_x() -> Trainer:
    """A model that scores each class by a number of x, and never learns."""
    return trainer_of(Sequential(MatMul(np.eye(3))), lr=0)


SCORES = np.tile(np.eye(3), (334, 1))[:1001]  # more rows than are looked at at once
LABELS = np.where(np.arange(1001) < 250, 2, SCORES.argmax(axis=1))  # a third of 250 are right
RIGHT = (SCORES.argmax(axis=1) == LABELS).mean()


@pytest.mark.parametrize(
    "t",
    [LABELS, LABELS.astype(np.uint8), np.eye(3, dtype=int)[LABELS], np.eye(3)[LABELS]],
    ids=["int64", "uint8", "one-hot int", "one-hot float"],
)
def test_the_loss_and_the_accuracy_of_held_out_rows(t: Array) -> None:
    trainer = scores_are_x()
    trainer.fit(SCORES, t, 1, 500, held_out=(SCORES, t), verbose=False)
    loss_if_right = math.log(1 + 2 / math.e)
    expected = loss_if_right + (1 - RIGHT)  # a wrong class has a score lower by 1
    assert trainer.history[0].held_out_loss == pytest.approx(expected, rel=1e-12)
    assert trainer.history[0].held_out_accuracy == pytest.approx(RIGHT, rel=1e-12)
    assert trainer.evaluate(SCORES, t) == pytest.approx((expected, RIGHT), rel=1e-12)
    assert trainer.evaluate(SCORES, t, batch_size=7) == pytest.approx((expected, RIGHT), rel=1e-12)


@pytest.mark.parametrize("t", [SCORES / 2, np.full((1001, 3), 1 / 3)], ids=["halves", "thirds"])
def test_targets_that_name_no_class_have_no_accuracy(t: Array) -> None:
    trainer = Trainer(Sequential(MatMul(np.eye(3))), SGD(0), loss=MSELoss())
    loss, accuracy = trainer.evaluate(SCORES, t)
    assert loss == pytest.approx(((SCORES - t) ** 2).mean(), rel=1e-12)
    assert accuracy is None


def test_a_single_output_names_no_class() -> None:
    trainer = Trainer(Sequential(MatMul(np.ones((3, 1)))), SGD(0), loss=MSELoss())
    assert trainer.evaluate(SCORES, np.ones((1001, 1)))[1] is None


def test_held_out_rows_are_not_trained_on() -> None:
    models = network(), network()
    for model, held_out in zip(models, (None, (X[:5], T[:5])), strict=True):
        trainer_of(model).fit(X, T, 3, 10, held_out=held_out, verbose=False)
    assert numbers(models[0]) == numbers(models[1])


# Modes


class Modes(Layer):
    """Notes the mode in which each forward ran."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[bool] = []

    def forward(self, x: Array) -> Array:
        self.seen.append(self.training)
        return x

    def backward(self, dout: Array) -> Array:
        assert self.training, "a backward in evaluation mode"
        return dout


class Net(Module):
    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


@pytest.mark.parametrize("kind", ["Sequential", "nested", "book", "Module"])
def test_a_fit_trains_in_training_mode_and_judges_in_evaluation_mode(kind: str) -> None:
    modes, layers = Modes(), network()
    inner = Sequential(*layers, modes)
    trainer = {
        "Sequential": lambda: trainer_of(inner),
        "nested": lambda: trainer_of(Sequential(Sequential(inner))),
        "book": lambda: Trainer(BookNet(*inner), SGD()),
        "Module": lambda: trainer_of(Net(*inner)),
    }[kind]()
    modes.eval()
    trainer.fit(X, T, 1, batch_size=23, verbose=False)
    assert modes.seen[-2:] == [True, True]
    modes.seen.clear()
    trainer.evaluate(X, T)
    assert set(modes.seen) == {False}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("ending", ["fit", "evaluate", "error", "Ctrl-C"])
def test_a_layer_ends_in_the_mode_it_was_in(training: bool, ending: str) -> None:
    dropout, other = Dropout(0.5, seed=0), Dropout(0.5, seed=1)
    trainer = trainer_of(network(0, dropout, other))
    dropout.training = training
    if ending == "evaluate":
        trainer.evaluate(X, T)
    elif ending == "error":
        with pytest.raises(ZeroDivisionError):
            trainer.fit(X, T, callbacks=[lambda _: 1 // 0 > 0], verbose=False)
    else:
        callbacks = [ctrl_c] if ending == "Ctrl-C" else []
        trainer.fit(X, T, 2, held_out=(X, T), callbacks=callbacks, verbose=False)
    assert dropout.training == training
    assert other.training


def test_evaluation_is_not_random() -> None:
    trainer = trainer_of(network(0, Dropout(0.5, seed=0)))
    assert trainer.evaluate(X, T) == trainer.evaluate(X, T)


# Gradients and learning rates


def norm(grads: list[Array]) -> float:
    return math.sqrt(sum(float((grad.astype(float) ** 2).sum()) for grad in grads))


def test_max_grad_clips_what_is_longer() -> None:
    free, clipped = Watch(), Watch()
    for optimizer, max_grad in ((free, None), (clipped, 0.1)):
        Trainer(network(), optimizer, SoftmaxWithLoss(), 0).fit(
            X, T, 1, 45, max_grad, verbose=False
        )
    assert norm(free.grads[0]) > 0.1
    assert norm(clipped.grads[0]) == pytest.approx(0.1, rel=1e-4)
    for ours, theirs in zip(clipped.grads[0], free.grads[0], strict=True):
        np.testing.assert_allclose(ours, theirs * (0.1 / norm(free.grads[0])), rtol=1e-4)


def test_max_grad_leaves_what_is_shorter() -> None:
    models = network(), network()
    for model, max_grad in zip(models, (None, 1e3), strict=True):
        trainer_of(model).fit(X, T, 3, 10, max_grad, verbose=False)
    assert numbers(models[0]) == numbers(models[1])


def test_a_schedule_sets_the_learning_rate_of_each_step() -> None:
    optimizer = Watch()
    trainer = Trainer(network(), optimizer, SoftmaxWithLoss(), seed=0)
    schedule = step_decay(1.0, every=2, factor=0.5)
    for _ in range(2):  # the second fit goes on in the schedule too
        trainer.fit(X, T, 1, batch_size=15, schedule=schedule, verbose=False)
    assert optimizer.lrs == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert [epoch.lr for epoch in trainer.history] == [0.5, 0.25]


def test_a_step_is_made_with_the_learning_rate_of_its_schedule() -> None:
    model = network()
    before = numbers(model)
    trainer_of(model).fit(X, T, 2, schedule=lambda step: 0, verbose=False)
    assert numbers(model) == before


def test_a_schedule_that_goes_wrong_changes_nothing_more() -> None:
    optimizer = Watch()
    model = network()
    trainer = Trainer(model, optimizer, SoftmaxWithLoss(), seed=0)
    with pytest.raises(ArgumentError, match="lr must be at least 0"):
        trainer.fit(X, T, 1, 15, schedule=lambda step: 0.1 - 0.1 * step, verbose=False)
    assert numbers(model) == optimizer.after[-1]
    assert optimizer.step == trainer.step == len(optimizer.after) == 2


class Spy(Affine):
    """Keeps what its backward returns."""

    def __init__(self, W: Array, b: Array) -> None:
        super().__init__(W, b)
        self.returned: list[Array | None] = []

    def backward(self, dout: Array) -> Array | None:
        self.returned.append(super().backward(dout))
        return self.returned[-1]


class Unreached(Layer):
    def forward(self, x: Array) -> Array:
        return x

    def backward(self, dout: Array) -> Array:
        return pytest.fail("nobody needs this gradient")


@pytest.mark.parametrize("before", [(), (Unreached(),), (Unreached(), Unreached())])
def test_the_dx_that_nobody_needs_is_not_computed_in_training(before: tuple[Layer, ...]) -> None:
    linear, sigmoid, last = network()
    first, second = Spy(*linear.params), Spy(*last.params)
    trainer_of(Sequential(*before, first, sigmoid, second)).fit(X, T, 1, 15, verbose=False)
    assert [dx is None for dx in first.returned] == [True] * 3
    assert [dx is None for dx in second.returned] == [False] * 3


@pytest.mark.parametrize(
    "before", [(), (Flatten(),), (ReLU(), Flatten())], ids=["weights first", "Flatten first", "two"]
)
@pytest.mark.parametrize("nested", [False, True])
def test_by_hand_a_trained_model_gives_its_dx(before: tuple[Layer, ...], nested: bool) -> None:
    W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    matmul = MatMul(W)
    layers = Sequential(*before, matmul)
    model = Sequential(layers) if nested else layers
    x = np.abs(X).astype(float)
    trainer_of(model).fit(x, T, 1, verbose=False)
    dout = np.ones((N, 3))
    for layer in (matmul, model, matmul):
        layer.forward(x)
        np.testing.assert_array_equal(layer.backward(dout), dout @ W.T)


# Callbacks


def test_a_callback_is_called_after_each_epoch() -> None:
    calls: list[tuple[int, int]] = []
    trainer = trainer_of(network())
    trainer.fit(
        X, T, 3, 15, verbose=False, callbacks=[lambda t: calls.append((t.step, len(t.history)))]
    )
    assert calls == [(3, 1), (6, 2), (9, 3)]


def test_a_callback_that_returns_true_ends_the_training_once_all_were_called() -> None:
    called: list[str] = []

    def stop(trainer: Trainer) -> bool:
        called.append("stop")
        return len(trainer.history) == 2

    def other(trainer: Trainer) -> None:
        called.append("other")

    trainer = trainer_of(network())
    history = trainer.fit(X, T, 9, 15, callbacks=[stop, other], verbose=False)
    assert len(history) == 2
    assert called == ["stop", "other"] * 2
    assert trainer.loss_steps == [6]


@pytest.mark.parametrize(
    ("patience", "losses", "epochs"),
    [
        (1, [3, 2, 2.5, 1], 3),
        (2, [3, 2, 2.5, 1, 1.5, 1.2, 0.5], 6),
        (2, [1, 1, 1, 1], 3),
        (3, [5, 4, 3, 2, 1], 5),
        (1, [1, math.nan, 0.5], 2),
    ],
)
def test_early_stopping_waits_for_a_new_low(
    patience: int, losses: list[float], epochs: int
) -> None:
    stop, trainer = early_stopping(patience), SimpleNamespace(history=[])
    for number, loss in enumerate(losses, 1):
        trainer.history.append(Epoch(number, number, 0.0, 0.1, 0.0, held_out_loss=loss))
        if stop(trainer):  # type: ignore[arg-type]
            break
    assert number == epochs


def test_early_stopping_ends_a_fit() -> None:
    trainer = trainer_of(network(), lr=0)  # its held-out loss has no new low after the first
    trainer.fit(X, T, 50, callbacks=[early_stopping(3)], held_out=(X, T), verbose=False)
    assert len(trainer.history) == 1 + 3


def test_early_stopping_needs_held_out_rows() -> None:
    with pytest.raises(ArgumentError, match="early_stopping needs a held-out loss"):
        trainer_of(network()).fit(X, T, callbacks=[early_stopping(3)], verbose=False)


@pytest.mark.parametrize(("patience", "error"), [(0, ArgumentError), (1.5, ArgumentTypeError)])
def test_patience_is_a_whole_number_from_1(patience: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="early_stopping: patience must be"):
        early_stopping(patience)


# Ctrl-C


def test_ctrl_c_between_epochs_returns_what_there_is() -> None:
    trainer = trainer_of(network())
    history = trainer.fit(X, T, 9, 15, callbacks=[ctrl_c], verbose=False)
    assert [epoch.number for epoch in history] == [1]
    assert trainer.loss_steps == [3]


def test_ctrl_c_within_an_epoch_keeps_what_was_learned(capsys: pytest.CaptureFixture[str]) -> None:
    optimizer, model = Watch(), network(0, AtStep(5, ctrl_c))
    trainer = Trainer(model, optimizer, SoftmaxWithLoss(), seed=0)
    history = trainer.fit(X, T, 9, 15)
    assert [epoch.number for epoch in history] == [1]
    assert trainer.step == len(optimizer.after) == 4
    assert numbers(model) == optimizer.after[-1]
    assert trainer.loss_steps == [4]
    assert "interrupted after step 4" in capsys.readouterr().out


def test_ctrl_c_before_the_first_step_returns_nothing() -> None:
    trainer = trainer_of(network(0, AtStep(1, ctrl_c)))
    assert trainer.fit(X, T, verbose=False) == []
    assert trainer.loss_list == []


def test_the_signal_itself_ends_a_fit() -> None:
    trainer = trainer_of(network())
    callbacks = [lambda _: signal.raise_signal(signal.SIGINT)]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    try:
        assert len(trainer.fit(X, T, 9, 15, callbacks=callbacks, verbose=False)) == 1
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_fit_goes_on_after_an_interruption() -> None:
    trainer = trainer_of(network())
    trainer.fit(X, T, 9, 15, callbacks=[ctrl_c], verbose=False)
    assert len(trainer.fit(X, T, 2, 15, verbose=False)) == 3


# A loss that is lost


def lost(model: Any, loss: Layer, t: Array = T, lr: float = 0.5) -> tuple[str, Watch]:
    """What the error says, once it is sure that nothing was changed."""
    optimizer = Watch(lr)
    trainer = Trainer(model, optimizer, loss, seed=0)
    before = numbers(model)
    with pytest.raises(NotFiniteError) as raised:
        trainer.fit(X, t, 3, 15, verbose=False)
    assert numbers(model) == [before, *optimizer.after][-1]
    assert trainer.step == optimizer.step == len(optimizer.after)
    return str(raised.value), optimizer


@pytest.mark.parametrize("step", [1, 3, 5])
@pytest.mark.parametrize(
    ("spoil", "loss"), [(nan, "nan"), (lambda x: x * 0 - np.inf, "nan")], ids=["NaN", "-inf"]
)
def test_the_error_names_the_step_and_the_layer(step: int, spoil: Any, loss: str) -> None:
    said, optimizer = lost(network(0, AtStep(step, spoil)), SoftmaxWithLoss())
    assert f"the loss is {loss} at step {step}," in said
    assert "first arose in layer 2, AtStep()" in said
    assert optimizer.step == step - 1


def test_of_two_layers_the_first_is_named() -> None:
    said, _ = lost(network(0, AtStep(1, nan), Dropout(0), AtStep(1, nan)), SoftmaxWithLoss())
    assert "layer 2, AtStep()" in said


def test_a_loss_that_overflows_is_named() -> None:
    model = Sequential(MatMul(np.full((2, 1), 1e25, np.float32)))
    said, optimizer = lost(model, MSELoss(), t=np.ones((N, 1), np.float32))
    assert "the loss is inf at step 1" in said
    assert "layer 1, MSELoss()" in said
    assert optimizer.step == 0


def test_a_weight_that_is_not_finite_is_named() -> None:
    model = network()
    model.params[2][0, 0] = np.inf
    said, _ = lost(model, SoftmaxWithLoss())
    assert "A weight of layer 2, Linear((6, 3), (3,)) is not finite" in said


def test_a_learning_rate_that_is_too_large_is_said() -> None:
    t = np.ones((N, 1), np.float32)
    said, optimizer = lost(Sequential(Linear(2, 1, seed=0)), MSELoss(), t=t, lr=1e12)
    assert "lr is too large (it is 1e+12)" in said
    assert f"at step {optimizer.step + 1}," in said
    assert optimizer.step >= 1


def test_what_the_models_own_code_lost_is_said() -> None:
    class OwnCode(BookNet):
        def forward(self, x: Array, t: Array) -> Array:
            return super().forward(x, t) * np.nan

    with pytest.raises(NotFiniteError, match="arose in the model's own code"):
        Trainer(OwnCode(*network()), SGD()).fit(X, T, verbose=False)


def test_a_layer_within_layers_and_in_a_model_of_the_book_is_named() -> None:
    inner = network(0, AtStep(1, nan))
    with pytest.raises(NotFiniteError, match=r"layer 2, AtStep\(\)"):
        trainer_of(Sequential(Sequential(inner))).fit(X, T, verbose=False)
    with pytest.raises(NotFiniteError, match=r"layer 2, AtStep\(\)"):
        Trainer(BookNet(*inner), SGD()).fit(X, T, verbose=False)


def test_a_layer_in_a_module_is_named() -> None:
    with pytest.raises(NotFiniteError, match=r"layer 2, AtStep\(\)"):
        trainer_of(Net(*network(0, AtStep(1, nan)))).fit(X, T, verbose=False)


def test_the_diagnosis_leaves_the_layers_as_they_were() -> None:
    spoiled = AtStep(2, nan)
    trainer = trainer_of(network(0, spoiled))
    with pytest.raises(NotFiniteError):
        trainer.fit(X, T, verbose=False)
    assert all("forward" not in vars(layer) for layer in trainer.network.model)
    assert spoiled.training
    spoiled.step = 10**6
    assert len(trainer.fit(X, T, 2, verbose=False)) == len(trainer.history) > 0


def test_a_forward_of_a_layers_own_survives_the_diagnosis() -> None:
    layer: Any = Sigmoid()
    layer.forward = nan
    with pytest.raises(NotFiniteError):
        trainer_of(Sequential(layer, Linear(2, 3, seed=0))).fit(X, T, verbose=False)
    assert layer.forward is nan


@pytest.mark.parametrize("seed", range(10))
def test_a_loss_that_one_mask_of_a_dropout_loses_is_not_laid_to_the_wrong_place(seed: int) -> None:
    class Fragile(Layer):
        """Gives NaN if the Dropout before it drops nothing."""

        def forward(self, x: Array) -> Array:
            return nan(x) if x.all() else x

        def backward(self, dout: Array) -> Array:
            return dout

    model = Sequential(Dropout(0.5, seed=seed), Fragile(), Linear(4, 3, seed=0))
    with pytest.raises(NotFiniteError, match=r"layer 1, Fragile\(\)|is there a Dropout\?"):
        trainer_of(model).fit(np.ones((1, 4)), np.zeros(1, int), 1000, verbose=False)


@pytest.mark.usefixtures("pretend_cupy")
@pytest.mark.parametrize(("step", "span"), [(1, "1..4"), (4, "1..4"), (6, "5..8"), (9, "9..9")])
def test_on_a_gpu_the_next_report_finds_a_nan(step: int, span: str) -> None:
    trainer = trainer_of(network(0, AtStep(step, nan)))
    with config.use_gpu(), pytest.raises(NotFiniteError, match=rf"became nan in steps {span}\."):
        trainer.fit(X, T, 3, 15, eval_interval=4, verbose=False)
    assert len(trainer.loss_list) == (step - 1) // 4


# Weights in two places


SQUARE_X, SQUARE_T, SQUARE_W = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3)), np.eye(3)


def slope_of(W: Array) -> Array:
    """dL/dW of L = mean((x W W - t)²), both factors counted."""
    return numerical_gradient(lambda W: ((SQUARE_X @ W @ W - SQUARE_T) ** 2).mean(), W)


def two_layers_on_one_array() -> Sequential:
    W = SQUARE_W.copy()
    return Sequential(MatMul(W), MatMul(W))


def one_layer_twice() -> Sequential:
    layer = MatMul(SQUARE_W.copy())
    return Sequential(layer, layer)


@pytest.mark.parametrize("shared", [two_layers_on_one_array, one_layer_twice])
def test_a_shared_weight_takes_one_step_along_the_sum_of_its_gradients(
    shared: Callable[[], Sequential],
) -> None:
    model, optimizer = shared(), Watch(lr=0.1)
    Trainer(model, optimizer, MSELoss()).fit(SQUARE_X, SQUARE_T, 1, verbose=False)
    np.testing.assert_allclose(model.params[0], SQUARE_W - 0.1 * slope_of(SQUARE_W), rtol=1e-7)
    assert len(optimizer.grads[0]) == 1


def test_the_gradient_of_a_shared_weight_is_clipped_as_one() -> None:
    model, slope = two_layers_on_one_array(), slope_of(SQUARE_W)
    trainer = Trainer(model, SGD(1.0), MSELoss())
    trainer.fit(SQUARE_X, SQUARE_T, 1, max_grad=1e-3, verbose=False)
    np.testing.assert_allclose(
        SQUARE_W - model.params[0], 1e-3 * slope / norm([slope]), rtol=1e-3, atol=1e-8
    )


@pytest.mark.parametrize("by_hand", [True, False])
def test_equal_numbers_in_two_arrays_are_two_weights(by_hand: bool) -> None:
    A, B = SQUARE_W.copy(), SQUARE_W.copy()
    layers = MatMul(A), MatMul(B)
    if by_hand:
        trainer = Trainer(BookNet(*layers, loss=MSELoss()), SGD(0.1))
    else:
        trainer = Trainer(Sequential(*layers), SGD(0.1), MSELoss())
    trainer.fit(SQUARE_X, SQUARE_T, 1, verbose=False)
    for W, loss in (
        (A, lambda W: ((SQUARE_X @ W @ SQUARE_W - SQUARE_T) ** 2).mean()),
        (B, lambda W: ((SQUARE_X @ SQUARE_W @ W - SQUARE_T) ** 2).mean()),
    ):
        slope = numerical_gradient(loss, SQUARE_W)
        np.testing.assert_allclose(W, SQUARE_W - 0.1 * slope, rtol=1e-7)


@pytest.mark.parametrize("shared", [two_layers_on_one_array, one_layer_twice])
def test_by_hand_a_shared_weight_is_an_error(shared: Callable[[], Sequential]) -> None:
    layers = shared()
    with pytest.raises(SharedLayerError, match="on the tape"):
        Trainer(BookNet(*layers, loss=MSELoss()), SGD()).fit(SQUARE_X, SQUARE_T, verbose=False)
    np.testing.assert_array_equal(layers.params[0], SQUARE_W)


def test_by_hand_a_shared_weight_is_an_error_even_if_it_is_listed_once() -> None:
    model = BookNet(*two_layers_on_one_array(), loss=MSELoss())
    model.params, model.grads = model.params[:1], model.grads[:1]
    with pytest.raises(SharedLayerError, match="on the tape"):
        Trainer(model, SGD()).fit(SQUARE_X, SQUARE_T, verbose=False)


@pytest.mark.parametrize("model", [network(), Net(*network())], ids=["Sequential", "Module"])
def test_a_model_that_ends_at_its_scores_needs_a_loss(model: Layer) -> None:
    with pytest.raises(ArgumentTypeError, match="a loss must be given"):
        Trainer(model, SGD())


# Bad input


def with_value(array: Array, value: Any, row: int = -1) -> Array:
    array = array.astype(np.result_type(array, type(value)))
    array[row] = value
    return array


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "NaN in x": ({"x": with_value(X, np.nan)}, DataError, "x holds NaN.* row 44"),
    "inf in x": ({"x": with_value(X, -np.inf, 3)}, DataError, "x holds NaN.* row 3"),
    "NaN in t": ({"t": with_value(ONE_HOT, np.nan)}, DataError, "t holds NaN"),
    "t one row short": ({"t": T[:-1]}, DataError, "x has 45 rows, but t has 44"),
    "no rows": ({"x": X[:0], "t": T[:0]}, DataError, r"x has no rows: its shape is \(0, 2\)"),
    "x a number": ({"x": np.float32(1)}, DataError, r"x has no rows: its shape is \(\)"),
    "x a list": ({"x": X.tolist()}, DTypeError, "x must be an array, got list"),
    "t a list": ({"t": T.tolist()}, DTypeError, "t must be an array, got list"),
    "x a string": ({"x": "spiral"}, DTypeError, "x must be an array, got str"),
    "x None": ({"x": None}, DTypeError, "x must be an array, got NoneType"),
    "strings in x": ({"x": X.astype(str)}, DTypeError, "x must hold numbers, got <U"),
    "objects in x": ({"x": X.astype(object)}, DTypeError, "x must hold numbers, got object"),
    "complex x": ({"x": X.astype(complex)}, DTypeError, "x must hold numbers, got complex128"),
    "x too wide": ({"x": X[:, [0, 1, 1]]}, ShapeError, r"Linear: x must have shape \(N, 2\)"),
    "x flat": ({"x": X[:, 0]}, ShapeError, r"Linear: x must have shape \(N, 2\)"),
    "label 3": ({"t": with_value(T, 3)}, LabelError, "t must lie in 0..2, got 3"),
    "label -1": ({"t": with_value(T, -1, 0)}, LabelError, "t must lie in 0..2, got -1"),
    "float labels": ({"t": T.astype(float)}, LabelError, "class numbers .* got float64"),
    "labels in a column": ({"t": T[:, None]}, LabelError, r"got int64 of shape \(45, 1\)"),
    "two classes": ({"t": ONE_HOT[:, :2]}, LabelError, r"got int32 of shape \(45, 2\)"),
    "no class": ({"t": with_value(ONE_HOT, 0)}, LabelError, "each row of t"),
    "two hot": ({"t": with_value(ONE_HOT, 1)}, LabelError, "each row of t"),
    "strings in t": ({"t": T.astype(str)}, DTypeError, "t must hold numbers, got <U"),
    "bool labels": ({"t": T > 0}, LabelError, r"got bool of shape \(45,\)"),
    "batch_size 0": ({"batch_size": 0}, ArgumentError, "batch_size must be at least 1, got 0"),
    "batch_size 2.5": ({"batch_size": 2.5}, ArgumentTypeError, "batch_size must be a whole"),
    "batch_size None": ({"batch_size": None}, ArgumentTypeError, "batch_size must be a whole"),
    "max_epoch -1": ({"max_epoch": -1}, ArgumentError, "max_epoch must be at least 0, got -1"),
    "max_epoch 1.0": ({"max_epoch": 1.0}, ArgumentTypeError, "max_epoch must be a whole"),
    "max_grad 0": ({"max_grad": 0}, ArgumentError, "max_grad must be above 0"),
    "max_grad -1": ({"max_grad": -1}, ArgumentError, "max_grad must be above 0"),
    "max_grad NaN": ({"max_grad": math.nan}, ArgumentError, "max_grad must be above 0"),
    "max_grad text": ({"max_grad": "5"}, ArgumentTypeError, "max_grad must be a number"),
    "eval_interval 0": ({"eval_interval": 0}, ArgumentError, "eval_interval must be at least 1"),
    "eval_interval 2.5": ({"eval_interval": 2.5}, ArgumentTypeError, "eval_interval must be a"),
    "held-out NaN": ({"held_out": (with_value(X, np.nan), T)}, DataError, "x holds NaN"),
    "held-out label 3": ({"held_out": (X, with_value(T, 3))}, LabelError, "0..2, got 3"),
    "held-out rows": ({"held_out": (X[:3], T)}, DataError, "x has 3 rows, but t has 45"),
    "no held-out rows": ({"held_out": (X[:0], T[:0])}, DataError, "x has no rows"),
    "held-out lists": ({"held_out": (X.tolist(), T.tolist())}, DTypeError, "must be an array"),
    "held-out too wide": ({"held_out": (X[:, [0, 1, 1]], T)}, ShapeError, r"shape \(N, 2\)"),
    "held_out x alone": ({"held_out": X}, CommonError, "held_out"),
    "held_out of one": ({"held_out": (X,)}, CommonError, "held_out"),
    "held_out of three": ({"held_out": (X, T, T)}, CommonError, "held_out"),
    "held_out nothing": ({"held_out": ()}, CommonError, "held_out"),
    "callback no function": ({"callbacks": [3]}, CommonError, "callback"),
    "callbacks one function": ({"callbacks": early_stopping(3)}, CommonError, "callbacks"),
    "schedule a number": ({"schedule": 0.1}, CommonError, "schedule"),
}


@pytest.mark.parametrize(("options", "error", "saying"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_before_anything_changes(
    options: dict[str, Any], error: type[Exception], saying: str
) -> None:
    model, optimizer = network(), Momentum(0.1)
    trainer = Trainer(model, optimizer, loss=SoftmaxWithLoss(), seed=0)
    trainer.fit(X, T, 1, verbose=False)

    def everything() -> list[Any]:
        arrays = [*model.params, *model.grads, *(v for (v,) in optimizer.state)]
        counts = [optimizer.step, optimizer.lr, trainer.step, list(trainer.history)]
        return [array.tobytes() for array in arrays] + counts

    before = everything()
    with pytest.raises(error, match=saying):
        trainer.fit(**{"x": X, "t": T, "verbose": False, **options})
    assert everything() == before
    trainer.fit(X, T, 1, verbose=False)
    assert len(trainer.history) == 2


@pytest.mark.parametrize(
    ("held_out", "saying"),
    [
        ((X[:, [0, 1, 1]], X[:, :1]), r"x must have shape \(N, 2\)"),
        ((X, X), r"t must have shape \(\d+, 1\)"),
    ],
    ids=["x", "t"],
)
def test_a_regression_too_refuses_wrong_held_out_shapes_before_it_starts(
    held_out: tuple[Array, Array], saying: str
) -> None:
    model = Sequential(Linear(2, 1, seed=0))
    before = numbers(model)
    with pytest.raises(ShapeError, match=saying):
        Trainer(model, SGD(), loss=MSELoss()).fit(X, X[:, :1], held_out=held_out, verbose=False)
    assert numbers(model) == before


@pytest.mark.parametrize("saying", ["x", "t"])
def test_evaluate_refuses_bad_data_too(saying: str) -> None:
    trainer = trainer_of(network())
    bad = with_value(X, np.nan) if saying == "x" else X
    with pytest.raises(CommonError, match=f"{saying} "):
        trainer.evaluate(bad, with_value(T, 3))
    with pytest.raises(ArgumentError, match="batch_size must be at least 1"):
        trainer.evaluate(X, T, batch_size=0)


def test_a_seed_that_cannot_be() -> None:
    seed: Any = "one"
    with pytest.raises(ArgumentError, match="Trainer: seed must be"):
        Trainer(network(), SGD(), SoftmaxWithLoss(), seed)


@pytest.mark.parametrize("ending", ["well", "error", "Ctrl-C", "bad label"])
def test_labels_are_checked_before_the_training_and_not_in_it(ending: str) -> None:
    loss = SoftmaxWithLoss()
    trainer = Trainer(network(), SGD(), loss=loss, seed=0)
    checked_while_training: list[bool] = []

    def look(_: Trainer) -> None:
        checked_while_training.append(loss.checks_values)
        if ending == "error":
            raise ZeroDivisionError
        if ending == "Ctrl-C":
            raise KeyboardInterrupt

    t = with_value(T, 3) if ending == "bad label" else T
    with contextlib.suppress(ZeroDivisionError, LabelError):
        trainer.fit(X, t, 1, callbacks=[look], verbose=False)
    assert checked_while_training == [False] * (ending != "bad label")
    assert loss.checks_values
    with pytest.raises(LabelError):
        loss.forward(np.zeros((1, 3)), np.array([3]))


def test_a_model_with_two_losses_lets_each_check_its_labels() -> None:
    model: Any = BookNet(*network())
    model.another_loss = SoftmaxWithLoss()
    with pytest.raises(LabelError, match=r"0\.\.2, got 3"):
        Trainer(model, SGD()).fit(X, with_value(T, 3), verbose=False)
