"""To look at something changes nothing of it: no array, no mode, no flag, no generator.

(That a wrong layer is left as it was when its mistake is looked for, `test_mistakes` sees.)
"""

from collections.abc import Callable
from typing import Any

import pytest

from common import plot
from common.autograd import Parameter, Tensor
from common.commands.summary import rows_of
from common.errors import CommonError, GradientError
from common.gradient_check import check_gradients
from common.graph import dot, draw, graph_of
from common.layers import BatchNorm, Dropout, Flatten, Layer, Linear, MatMul, Sequential, Tanh
from common.losses import MSELoss, SoftmaxWithLoss
from common.module import Module
from common.np import Array, np
from common.optimizer import Adam
from common.trainer import Trainer
from tests.common.found import left_as_found
from tests.common.training import T, X


class Net(Module):
    """In every way something else than what a layer is at first."""

    def __init__(self) -> None:
        self.frozen, self.dropout, self.norm = Linear(2, 2, seed=0), Dropout(seed=0), BatchNorm(2)
        self.rest, self.scale = Sequential(Tanh(), Linear(2, 3, seed=1)), Parameter(np.ones(3))
        self.frozen.requires_grad = False
        self.norm.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.rest(self.norm(self.dropout(self.frozen(x)))) * self.scale


class Wrong(Layer):
    def forward(self, x: Array) -> Array:
        self.x = x
        return x * x

    def backward(self, dout: Array) -> Array:
        return dout * self.x


class Holder(Net):
    def __init__(self) -> None:
        super().__init__()
        self.wrong = Wrong()

    def forward(self, x: Tensor) -> Tensor:
        return self.wrong(super().forward(x))


def used(model: Any, x: Array, t: Array) -> Any:
    """The model after a step on the tape; and the graph of another."""
    loss = SoftmaxWithLoss()
    loss(model(Tensor(x)), t).backward()
    return loss(model(Tensor(x)), t)


def refused(model: Any, x: Array) -> None:
    with pytest.raises(GradientError, match="Wrong"):
        check_gradients(model, x)


Look = Callable[[Any, Any, Array, Array], Any]
LOOKS: dict[str, Look] = {
    "repr": lambda model, y, x, t: (repr(model), repr(y), str(model.rest), model.params),
    "graph_of": lambda model, y, x, t: draw(graph_of(y, {"x": x})),
    "dot": lambda model, y, x, t: dot(graph_of(y)),
    "summary": lambda model, y, x, t: rows_of(model),
    "points": lambda model, y, x, t: plot.points(x, t),
    "decision_boundary": lambda model, y, x, t: plot.decision_boundary(lambda x: x, x, t),
    "curves": lambda model, y, x, t: plot.curves(x[:, 0], {"x": x[:, 1]}),
    "images": lambda model, y, x, t: plot.images(x[None], ["x"]),
}


CHECKS: dict[str, tuple[type[Net], Look]] = {
    "right": (Net, lambda model, y, x, t: check_gradients(model, x)),
    "wrong": (Holder, lambda model, y, x, t: refused(model, x)),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_changes_nothing(look: Look) -> None:
    assert_changes_nothing(Net(), look)


@pytest.mark.cpu
@pytest.mark.parametrize(("make", "look"), CHECKS.values(), ids=CHECKS)
def test_a_check_changes_nothing(make: type[Net], look: Look) -> None:
    assert_changes_nothing(make(), look)


def assert_changes_nothing(model: Net, look: Look) -> None:
    x, t = np.asarray(X[:3].copy()), np.asarray(T[:3].copy())
    y = used(model, x, t)
    with left_as_found(model, y, x, t):
        look(model, y, x, t)


TRAINERS: dict[str, Callable[[Trainer], Any]] = {
    "evaluate": lambda trainer: trainer.evaluate(X, T),
    "predict": lambda trainer: trainer.predict(X),
    "plot": lambda trainer: trainer.plot(show=False),
    "repr": lambda trainer: (repr(trainer), repr(trainer.history), repr(trainer.optimizer)),
}


@pytest.mark.parametrize("look", TRAINERS.values(), ids=TRAINERS)
def test_a_look_at_what_was_trained_changes_nothing(look: Callable[[Trainer], Any]) -> None:
    trainer = Trainer(Net(), Adam(), SoftmaxWithLoss(), seed=0)
    trainer.fit(X, T, 2, held_out=(X, T), verbose=False)
    things = trainer.model, trainer.optimizer, trainer.rng, trainer.history, trainer.loss_list
    with left_as_found(*things, trainer.loss_steps, trainer.place, X, T):
        look(trainer)


# Attributes ---------------------------------------------------------------------------------------

SETTINGS: dict[str, tuple[Callable[[], Layer], str, Any, Any]] = {  # one that is right, one wrong
    "ratio": (lambda: Dropout(0.5, seed=0), "dropout_ratio", 0.25, 2),
    "momentum": (lambda: BatchNorm(3), "momentum", 0.5, -1),
    "eps": (lambda: BatchNorm(3), "eps", 0.5, "small"),
    "training": (lambda: Dropout(0.5, seed=0), "training", False, None),
    "requires_grad": (lambda: Linear(2, 3, seed=0), "requires_grad", False, None),
    "needs_dx": (lambda: MatMul(np.ones((2, 3))), "needs_dx", False, None),
    "start_dim": (Flatten, "start_dim", 0, None),
    "reduction": (MSELoss, "reduction", "sum", None),
}


@pytest.mark.parametrize(("make", "name", "right", "wrong"), SETTINGS.values(), ids=SETTINGS)
def test_an_attribute_is_that_of_one_layer_and_a_wrong_one_changes_none(
    make: Callable[[], Layer], name: str, right: Any, wrong: Any
) -> None:
    layer, other = make(), make()
    default = getattr(other, name)
    if wrong is not None:
        with left_as_found(layer, other), pytest.raises(CommonError, match=name):
            setattr(layer, name, wrong)
    with left_as_found(other, layer.params, layer.grads, layer.state):
        setattr(layer, name, right)
    assert (getattr(layer, name), getattr(other, name), getattr(make(), name)) == (
        right, default, default,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["training", "requires_grad"])
def test_a_part_of_a_model_has_a_flag_of_its_own(name: str) -> None:
    model = Sequential(Linear(2, 3, seed=0), Sequential(Linear(3, 3, seed=1)), Linear(3, 2, seed=2))
    others = model[0], model[2]
    with left_as_found(*others, model[1].params):
        setattr(model[1], name, False)
    assert not getattr(model[1][0], name)  # type: ignore[index]
    assert getattr(model, name)
