"""Rows, runs, reports, held-out rows and modes of a Trainer."""

import io
import math
import sys
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from matplotlib.figure import Figure

from common.layers import (
    Dropout,
    Flatten,
    Layer,
    MatMul,
    MSELoss,
    Sequential,
    SigmoidWithLoss,
    SoftmaxWithLoss,
)
from common.np import Array, np
from common.optimizer import SGD, Adam, Momentum
from common.trainer import Trainer
from common.training.report import History, Mean, Progress
from common.util import to_cpu
from tests.common.table import draw
from tests.common.training import (
    ONE_HOT,
    AtStep,
    BookNet,
    Net,
    Recorder,
    T,
    X,
    ctrl_c,
    network,
    numbers,
    recorded,
    rows_of,
    trainer_of,
)

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


@pytest.mark.cpu
def test_without_settings_it_takes_ten_epochs_32_rows_at_a_time_and_20_steps_a_report() -> None:
    model = Recorder()
    trainer = Trainer(model, SGD(), seed=0)
    trainer.fit(np.arange(65), 10 * np.arange(65), verbose=False)
    assert [len(batch) for batch in model.batches] == [32, 32, 1] * 10
    assert trainer.loss_steps == [20, 30]


@pytest.mark.cpu
def test_without_training_it_takes_a_thousand_rows_at_a_time() -> None:
    rows: list[int] = []

    class Count(Layer):
        def forward(self, x: Array) -> Array:
            if not self.training:
                rows.append(len(x))
            return x

        def backward(self, dout: Array) -> Array:
            return dout

    trainer = Trainer(Sequential(MatMul(np.eye(3)), Count()), SGD(0), MSELoss(), seed=0)
    trainer.predict(SCORES)
    trainer.evaluate(SCORES, SCORES)
    trainer.fit(SCORES, SCORES, 1, held_out=(SCORES, SCORES), verbose=False)
    assert rows[:2] == [1000, 1]
    assert rows[2:6] == rows[-4:] == [1000, 1000, 1, 1]  # the loss, and whether it is right


def test_a_mean_of_many_numbers_of_float32_is_as_exact_as_one_of_float64() -> None:
    mean = Mean()
    for _ in range(1000):
        mean.add(np.asarray(0.1, "float32"), 1)
    assert mean.take() == pytest.approx(float(numpy.float32(0.1)), rel=1e-12)
    assert mean.take() == 0


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
    assert run(seed=1) == run(seed=numpy.random.default_rng(1))  # type: ignore[arg-type]


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
    assert numbers(twice.model) == numbers(once.model)
    assert twice.loss_list == once.loss_list
    assert twice.loss_steps == once.loss_steps == [5, 10, 15, 20, 25]
    assert history is twice.history
    assert [(e.number, e.step) for e in history] == [(1, 5), (2, 10), (3, 15), (4, 20), (5, 25)]


@pytest.mark.parametrize("t", [T, ONE_HOT, ONE_HOT.astype(numpy.float32)])
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
        assert numbers(trainer.model) == numbers(by_hand.model)
        assert trainer.loss_list == by_hand.loss_list
        for ours, theirs in zip(trainer.history, by_hand.history, strict=True):
            assert replace(ours, seconds=0) == replace(theirs, seconds=0)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_replay_says_the_loss_that_the_tape_says(reduction: str) -> None:
    """Of a sum, the mean over the rows."""
    trainers = [
        Trainer(network(), SGD(0.01), MSELoss(reduction), seed=3, replay=replay)
        for replay in (False, True)
    ]
    for trainer in trainers:
        trainer.fit(X, ONE_HOT.astype(numpy.float32), 3, 8, eval_interval=2, verbose=False)
    on_the_tape, replayed = trainers
    assert replayed.loss_list == on_the_tape.loss_list
    losses = [[epoch.loss for epoch in trainer.history] for trainer in trainers]
    assert losses[0] == losses[1]


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


def test_a_history_is_short_as_text() -> None:
    trainer = trainer_of(network(), lr=0.25)
    history = trainer.fit(X, T, max_epoch=3, batch_size=9, verbose=False)
    assert repr(history) == f"History of 3 epochs, the last {history[-1]!r}"
    assert repr(History(history[:2])) == f"History of 2 epochs, the last {history[1]!r}"
    assert repr(History(history[:1])) == f"[{history[0]!r}]"
    assert history == list(history)


def test_the_history_says_how_an_epoch_ended() -> None:
    trainer = trainer_of(network(), lr=0.25)
    (epoch,) = trainer.fit(X, T, max_epoch=1, batch_size=10, verbose=False)
    assert (epoch.number, epoch.step, epoch.lr) == (1, 5, 0.25)
    with pytest.raises(AttributeError):
        epoch.loss = 0.0  # type: ignore[misc]
    assert epoch.held_out_loss is None
    assert epoch.held_out_accuracy is None


def test_the_seconds_are_those_since_the_fit_began(monkeypatch: pytest.MonkeyPatch) -> None:
    now = -100

    def wait(seconds: int) -> Any:
        nonlocal now
        now += seconds

    step = SimpleNamespace(begin=lambda _: wait(1), after_step=lambda _: wait(2))
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    trainer = trainer_of(network())
    for _ in range(2):
        wait(100)
        trainer.fit(X, T, 2, 15, callbacks=[step], verbose=False)
    assert [epoch.seconds for epoch in trainer.history] == [7, 13, 7, 13]


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


def test_a_line_is_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe would keep it for itself."""
    pipe = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", pipe)
    Progress(1, verbose=True).say("epoch 1")
    assert pipe.buffer.getvalue().split() == [b"epoch", b"1"]


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


def test_a_bar_stands_where_the_training_stood_when_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    trainer_of(network(0, AtStep(5, ctrl_c))).fit(X, T, 9, 14)  # and 3 rows
    assert "4/36" in terminal.getvalue().rsplit("\r", 1)[-1]


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
    assert numpy.asarray(training.get_xdata()).tolist() == trainer.loss_steps == [2, 4, 6, 8, 9]
    assert numpy.asarray(training.get_ydata()).tolist() == trainer.loss_list
    assert numpy.asarray(held_out.get_xdata()).tolist() == [3, 6, 9]
    expected = [epoch.held_out_loss for epoch in trainer.history]
    assert numpy.asarray(held_out.get_ydata()).tolist() == expected
    assert figure.axes[0].get_ylim() == (0, 2)


@pytest.mark.parametrize(("show", "times"), [({}, 1), ({"show": True}, 1), ({"show": False}, 0)])
def test_a_plot_is_shown_unless_that_is_not_wanted(
    show: Any, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Figure] = []
    monkeypatch.setattr("common.plot.show", shown.append)
    figure = trainer_of(network()).plot(**show)
    assert shown == [figure] * times


def test_a_plot_before_any_fit_is_a_figure_too() -> None:
    figure = trainer_of(network()).plot()
    assert isinstance(figure, Figure)
    assert len(figure.axes[0].lines) == 0


# Held-out rows


def scores_are_x() -> Trainer:
    """A model that scores each class by a number of x, and never learns."""
    return trainer_of(Sequential(MatMul(np.eye(3))), lr=0)


SCORES = numpy.tile(numpy.eye(3), (334, 1))[:1001]  # more rows than are looked at at once
LABELS = numpy.where(numpy.arange(1001) < 250, 2, SCORES.argmax(axis=1))  # a third of 250 are right
RIGHT = (SCORES.argmax(axis=1) == LABELS).mean()


@pytest.mark.parametrize(
    "t",
    [LABELS, LABELS.astype("uint8"), numpy.eye(3, dtype=int)[LABELS], numpy.eye(3)[LABELS]],
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


def test_targets_that_name_no_class_have_no_accuracy() -> None:
    t = SCORES / 2
    trainer = Trainer(Sequential(MatMul(np.eye(3))), SGD(0), loss=MSELoss())
    loss, accuracy = trainer.evaluate(SCORES, t)
    assert loss == pytest.approx(((SCORES - t) ** 2).mean(), rel=1e-12)
    assert accuracy is None


@pytest.mark.cpu
@pytest.mark.parametrize("first", [1, 10])
def test_classes_that_the_loss_does_not_number_from_0_have_no_accuracy(first: int) -> None:
    class FromFirst(SoftmaxWithLoss):
        def forward(self, x: Array, t: Array) -> Array:
            return super().forward(x, t - first)

    trainer = Trainer(Sequential(MatMul(np.eye(3))), SGD(0), FromFirst())
    loss, accuracy = trainer.evaluate(SCORES, LABELS + first)
    assert loss == pytest.approx(scores_are_x().evaluate(SCORES, LABELS)[0], rel=1e-12)
    assert accuracy is None


@pytest.mark.cpu
@pytest.mark.parametrize("count", [2, 4])
def test_distributions_over_other_classes_have_no_accuracy(count: int) -> None:
    class OfSome(MSELoss):
        def forward(self, y: Array, t: Array) -> Array:
            return super().forward(y[:, :count], t[:, :3])

    trainer = Trainer(Sequential(MatMul(np.eye(3))), SGD(0), OfSome())
    assert trainer.evaluate(SCORES, numpy.eye(count)[LABELS % count])[1] is None


def test_a_distribution_names_the_class_that_is_likeliest() -> None:
    t = 0.1 + 0.7 * numpy.eye(3)[LABELS]
    _, accuracy = scores_are_x().evaluate(SCORES, t)
    assert accuracy == pytest.approx(RIGHT, rel=1e-12)
    equal = numpy.full((1001, 3), 1 / 3)  # the first of equal ones counts
    _, accuracy = scores_are_x().evaluate(SCORES, equal)
    assert accuracy == pytest.approx((SCORES.argmax(axis=1) == 0).mean(), rel=1e-12)


@pytest.mark.parametrize("shape", [(100,), (100, 1)])
@pytest.mark.parametrize("soft", [False, True])
def test_one_score_a_row_has_an_accuracy(shape: tuple[int, ...], soft: bool) -> None:
    """The sign of the score says which of two classes it is."""
    x = draw(100, 1)
    is_right = numpy.arange(100) < 75
    positive = to_cpu(x[:, 0] > 0) == is_right
    t = numpy.where(positive, 0.75, 0.25) if soft else positive.astype(int)
    flatten = [Flatten(0, 1)] if len(shape) == 1 else []
    model = Sequential(MatMul(np.eye(1)), *flatten)
    trainer = Trainer(model, SGD(0), loss=SigmoidWithLoss(), seed=0)
    held_out = x, t.reshape(shape)
    assert trainer.evaluate(*held_out)[1] == 0.75
    trainer.fit(x, t.reshape(shape), 1, held_out=held_out, verbose=False)
    assert trainer.history[0].held_out_accuracy == 0.75


def test_one_score_a_row_has_no_accuracy_where_it_may_be_a_number() -> None:
    trainer = Trainer(Sequential(MatMul(np.eye(1))), SGD(0), loss=MSELoss())
    assert trainer.evaluate(draw(4, 1), np.ones((4, 1)))[1] is None


@pytest.mark.parametrize("batch_size", [1, 7, 30])
def test_a_sum_is_reported_per_row_whatever_the_batches(batch_size: int) -> None:
    x, t = draw(30, 3), draw(30, 2)
    model = Sequential(MatMul(draw(3, 2)))
    trainer = Trainer(model, SGD(0), loss=MSELoss("sum"), seed=0)
    per_row = float(((x @ model.params[0] - t) ** 2).sum()) / 30
    trainer.fit(x, t, 1, batch_size, held_out=(x, t), eval_interval=None, verbose=False)
    epoch = trainer.history[0]
    assert epoch.loss == pytest.approx(per_row, rel=1e-12)
    assert epoch.held_out_loss == pytest.approx(per_row, rel=1e-12)
    assert trainer.loss_list == pytest.approx([per_row], rel=1e-12)
    assert trainer.evaluate(x, t, batch_size)[0] == pytest.approx(per_row, rel=1e-12)


@pytest.mark.cpu
def test_a_loss_of_ones_own_that_is_neither_mean_nor_sum_is_reported_as_it_is() -> None:
    def worst(y: Any, t: Any) -> Any:
        return ((y - t) ** 2).max()

    worst.reduction = "the worst"  # type: ignore[attr-defined]
    x, t, model = draw(30, 3), draw(30, 2), Sequential(MatMul(draw(3, 2)))
    loss, _ = Trainer(model, SGD(0), worst).evaluate(x, t)
    assert loss == pytest.approx(float(((x @ model.params[0] - t) ** 2).max()), rel=1e-12)


def test_a_sum_is_trained_on_as_a_sum() -> None:
    """Only what is reported is per row."""
    x, t = draw(5, 3), draw(5, 2)
    with_sum, with_mean = Sequential(MatMul(draw(3, 2))), Sequential(MatMul(draw(3, 2)))
    Trainer(with_sum, SGD(0.01), MSELoss("sum"), seed=0).fit(x, t, 1, 5, verbose=False)
    Trainer(with_mean, SGD(0.1), MSELoss(), seed=0).fit(x, t, 1, 5, verbose=False)  # of 10 numbers
    np.testing.assert_allclose(with_sum.params[0], with_mean.params[0], rtol=1e-12)


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
