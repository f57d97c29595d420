"""The comparisons on the pages are real: when something is broken, they come out otherwise."""

from collections.abc import Callable
from typing import Any

import numpy
import pytest

from common import checkpoint, gradient_check, layers, optimizer
from common.checkpoint import Checkpoint
from common.np import Array
from common.trainer import Trainer
from tests.chapters import Runner

pytestmark = pytest.mark.cpu


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("gradient", ["gradient"]),
        ("chain_rule", ["measured", "measured_dx"]),
        ("computation_graph", ["measured_dW", "measured_dx"]),
        ("backpropagation", ["measured_dy_dx", "measured_ds"]),
    ],
)
def test_what_is_called_measured_is_measured(
    run: Runner, monkeypatch: pytest.MonkeyPatch, page: str, names: list[str]
) -> None:
    def nonsense(f: Callable[[Array], Any], x: Array) -> Array:
        return numpy.full_like(x, 7.0)

    monkeypatch.setattr(gradient_check, "numerical_gradient", nonsense)
    ran = run(page, broken="numerical_gradient")
    for name in names:
        assert (ran[name] == 7).all(), name


def forgetful(self: Any, x: Array) -> Array:
    """A forward that does nothing."""
    self.y = self.x = x
    return x


def zero_dW(self: Any, dout: Array) -> Array:
    self.grads[0][...], self.grads[1][...] = 0, dout.sum(axis=0)
    return dout.dot(self.params[0].T)


def only_dx(self: Any, dout: Array) -> Array:
    return dout.dot(self.params[0].T)


def too_far(self: Any, p: Array, g: Array, step: int) -> None:
    p -= 2 * self.lr * g


def no_load(model: Any, path: Any) -> None:
    """Loads nothing."""


BREAKS: dict[str, tuple[list[str], Any, str, Any]] = {  # what a page says then: where, and what
    "those of common.layers give the same: False": (
        ["layers_as_classes"], layers.Sigmoid, "forward", forgetful,
    ),
    "of W1, b1, W2, b2: [False, True, False, True]": (
        ["backpropagation", "--steps", "1"], layers.Affine, "backward", zero_dW,
    ),
    "SGD does the same: [False": (
        ["backpropagation", "--steps", "1"], optimizer.SGD, "update_one", too_far,
    ),
    "as measured: False True": (["computation_graph"], layers.MatMul, "backward", only_dx),
    "the same scores: False": (
        ["keep_what_was_learned", "--steps", "20"], checkpoint, "load", no_load,
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", [pytest.param(said, id=BREAKS[said][0][0]) for said in BREAKS])
def test_a_comparison_says_so_when_something_is_broken(
    run: Runner, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    page, owner, name, broken = BREAKS[said]
    assert said not in run(*page).printed
    monkeypatch.setattr(owner, name, broken)
    assert said in run(*page, broken=f"{owner.__name__}.{name}").printed


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (lambda trainer: trainer.model.params[0].fill(1), "the same weights: False"),
        (lambda trainer: trainer.loss_list.insert(0, 1.0), "the same losses: False"),
    ],
    ids=["one array", "the first loss"],
)
def test_keep_what_was_learned_compares_all_of_it(
    run: Runner, monkeypatch: pytest.MonkeyPatch, what: Callable[[Trainer], Any], said: str
) -> None:
    whole_resume, whole_fit, resumed = Trainer.resume, Trainer.fit, list[Trainer]()

    def resume(self: Trainer, path: Any) -> None:
        resumed.append(self)
        whole_resume(self, path)

    def fit(self: Trainer, *arguments: Any, **options: Any) -> Any:
        history = whole_fit(self, *arguments, **options)
        if self in resumed:
            what(self)
        return history

    monkeypatch.setattr(Trainer, "resume", resume)
    monkeypatch.setattr(Trainer, "fit", fit)
    assert said in run("keep_what_was_learned", "--steps", "20", broken=said).printed


def test_write_your_own_layer_checks_each_layer_that_it_writes(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    def remember(layer: Any, x: Array) -> float:
        checked.append((type(layer).__name__, layer.training))
        return 0.0

    monkeypatch.setattr(gradient_check, "check_gradients", remember)
    run("write_your_own_layer", "--steps", "1", broken="check_gradients")
    assert checked == [
        ("HastySwish", True), ("Swish", True), ("Scale", True), ("Center", True), ("Center", False),
    ]  # fmt: skip


def test_keep_what_was_learned_keeps_every_100_steps(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    whole = Checkpoint.__init__

    def remember(self: Checkpoint, path: Any, every: Any) -> None:
        kept.append(every)
        whole(self, path, every)

    monkeypatch.setattr(Checkpoint, "__init__", remember)
    run("keep_what_was_learned", "--steps", "20", broken="Checkpoint")
    assert kept == [100, 100]
