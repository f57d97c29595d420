"""What a Trainer does with gradients, learning rates, callbacks and Ctrl-C."""

import math
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from common.autograd import Tensor
from common.errors import (
    ArgumentError,
    CommonError,
)
from common.layers import (
    Affine,
    Flatten,
    Layer,
    Linear,
    MatMul,
    MSELoss,
    ReLU,
    Sequential,
    SoftmaxWithLoss,
)
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD
from common.schedule import step_decay
from common.trainer import Trainer, early_stopping
from common.training.report import Epoch
from tests.common.table import draw
from tests.common.training import AtStep, N, T, Watch, X, ctrl_c, network, norm, numbers, trainer_of

# Gradients and learning rates


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
    assert optimizer.steps == trainer.step == len(optimizer.after) == 2


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
    x = np.abs(np.asarray(X, float))
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
        (2, [math.nan, math.inf, 1], 2),
        (300, [1] * 400, 301),
    ],
)
def test_early_stopping_waits_for_a_new_low(
    patience: int, losses: list[float], epochs: int
) -> None:
    stop, trainer = early_stopping(patience, restore_best=False), SimpleNamespace(history=[])
    trainer.held_out = (X, T)
    stop.begin(trainer)  # type: ignore[arg-type]
    for number, loss in enumerate(losses, 1):
        trainer.history.append(Epoch(number, number, 0.0, 0.1, 0.0, held_out_loss=loss))
        if stop.after_epoch(trainer):  # type: ignore[arg-type]
            break
    assert number == epochs


def test_early_stopping_ends_a_fit() -> None:
    trainer = trainer_of(network(), lr=0)  # its held-out loss has no new low after the first
    trainer.fit(X, T, 50, callbacks=[early_stopping(3)], held_out=(X, T), verbose=False)
    assert len(trainer.history) == 1 + 3


def test_early_stopping_needs_held_out_rows() -> None:
    with pytest.raises(ArgumentError, match="early_stopping watches the held-out loss"):
        trainer_of(network()).fit(X, T, callbacks=[early_stopping(3)], verbose=False)


def test_settings_are_looked_at_whenever_they_are_set() -> None:
    flatten, loss, stop = Flatten(), MSELoss(), early_stopping(3)
    wrong: list[tuple[Any, str, Any]] = [
        (flatten, "start_dim", "x"),
        (flatten, "end_dim", 0.5),
        (loss, "reduction", "max"),
        (stop, "patience", 0),
        (stop, "restore_best", 1),
    ]
    for who, name, value in wrong:
        before = getattr(who, name)
        with pytest.raises(CommonError, match=f"{type(who).__name__}: {name} must be"):
            setattr(who, name, value)
        assert getattr(who, name) == before


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


@pytest.mark.usefixtures("usual_ctrl_c")
def test_the_signal_itself_ends_a_fit() -> None:
    trainer = trainer_of(network())
    callbacks = [lambda _: signal.raise_signal(signal.SIGINT)]
    assert len(trainer.fit(X, T, 9, 15, callbacks=callbacks, verbose=False)) == 1


@pytest.mark.usefixtures("usual_ctrl_c")
@pytest.mark.parametrize(("times", "steps"), [(1, 5), (2, 4)])
def test_ctrl_c_waits_for_the_end_of_a_step_and_a_second_one_does_not(
    times: int, steps: int
) -> None:
    def press(x: Array) -> Array:
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        return x

    trainer = trainer_of(network(0, AtStep(5, press)))
    assert len(trainer.fit(X, T, 9, 15, verbose=False)) == 1
    assert trainer.step == steps


def test_a_fit_after_an_interruption_numbers_its_epochs_and_steps_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An epoch that was cut short is none, but its steps are some."""

    def at_4_and_6(trainer: Trainer) -> None:
        if trainer.step in (4, 6):
            raise KeyboardInterrupt

    trainer, numbered = trainer_of(network()), list[int]()
    begins = SimpleNamespace(begin=lambda trainer: numbered.append(trainer.epoch))
    for _ in range(3):
        trainer.fit(X, T, 2, 15, callbacks=[begins, SimpleNamespace(after_step=at_4_and_6)])
    assert [(epoch.number, epoch.step) for epoch in trainer.history] == [(1, 3), (2, 9), (3, 12)]
    assert (trainer.loss_steps, numbered) == ([4, 6, 12], [0, 1, 1])
    said = [line.partition(": loss")[0] for line in capsys.readouterr().out.splitlines()]
    assert said == [
        "interrupted after step 4: what was learned stays",
        "epoch 2, step 4",
        "interrupted after step 6: what was learned stays",
        "epoch 2, step 6",
        "epoch 3, step 12",
    ]


class Takes(Module):
    """One of two layers, by turns."""

    def __init__(self) -> None:
        self.layers = [Linear(2, 3, seed=0), Linear(2, 3, seed=1)]
        self.turn = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.turn += 1
        return self.layers[self.turn % 2](x)


def test_a_layer_that_a_step_did_not_reach_does_not_move_in_it() -> None:
    """Its gradient of the step before counts no more."""
    model, moved = Takes(), []

    class Moves:
        def begin(self, trainer: Trainer) -> None:
            self.before = [param.copy() for param in model.params]

        def after_step(self, trainer: Trainer) -> None:
            pairs = list(zip(self.before, model.params, strict=True))
            moved.append([bool((before != param).any()) for before, param in pairs[::2]])
            self.begin(trainer)

    x, t = draw(8, 2).astype("float32"), np.array([0, 1, 2, 0, 1, 2, 0, 1])
    trainer = Trainer(model, SGD(0.1), SoftmaxWithLoss(), seed=0)
    trainer.fit(x, t, 1, 2, callbacks=[Moves()], verbose=False)
    assert moved == [[False, True], [True, False]] * 2
