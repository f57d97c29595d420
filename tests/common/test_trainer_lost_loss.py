"""A loss that becomes NaN or infinite: on the CPU the error says at once when and where."""

from typing import Any

import pytest

from common.errors import (
    NotFiniteError,
)
from common.layers import (
    Dropout,
    Layer,
    Linear,
    MatMul,
    MSELoss,
    Sequential,
    Sigmoid,
    SoftmaxWithLoss,
)
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from tests.common.training import (
    AtStep,
    BookNet,
    N,
    Net,
    T,
    Watch,
    X,
    nan,
    network,
    numbers,
    trainer_of,
)

# On a GPU this would wait for the loss of each step: see test_trainer_lost_loss_gpu.py.
pytestmark = pytest.mark.cpu


def lost(model: Any, loss: Layer, t: Array = T, lr: float = 0.5) -> tuple[str, Watch]:
    """What the error says, once it is sure that nothing was changed."""
    optimizer = Watch(lr)
    trainer = Trainer(model, optimizer, loss, seed=0)
    before = numbers(model)
    with pytest.raises(NotFiniteError) as raised:
        trainer.fit(X, t, 3, 15, verbose=False)
    assert numbers(model) == [before, *optimizer.after][-1]
    assert trainer.step == optimizer.steps == len(optimizer.after)
    return str(raised.value), optimizer


@pytest.mark.parametrize("step", [1, 3, 5])
@pytest.mark.parametrize(
    ("spoil", "loss"), [(nan, "nan"), (lambda x: x * 0 - np.inf, "nan")], ids=["NaN", "-inf"]
)
def test_the_error_names_the_step_and_the_layer(step: int, spoil: Any, loss: str) -> None:
    said, optimizer = lost(network(0, AtStep(step, spoil)), SoftmaxWithLoss())
    assert f"the loss is {loss} at step {step}," in said
    assert "first arose in layer 2, AtStep()" in said
    assert optimizer.steps == step - 1


def test_of_two_layers_the_first_is_named() -> None:
    said, _ = lost(network(0, AtStep(1, nan), Dropout(0), AtStep(1, nan)), SoftmaxWithLoss())
    assert "layer 2, AtStep()" in said


def test_of_two_layers_side_by_side_the_first_that_is_called_is_named() -> None:
    class Sum(BookNet):
        def predict(self, x: Array) -> Array:
            return self.layers[2].forward(self.layers[1].forward(x) + self.layers[0].forward(x))

    model = Sum(AtStep(1, nan), AtStep(1, nan), Linear(2, 3, seed=0))
    with pytest.raises(NotFiniteError, match=r"first arose in layer 1, AtStep\(\)"):
        Trainer(model, SGD()).fit(X, T, verbose=False)


def test_a_loss_that_overflows_is_named() -> None:
    model = Sequential(MatMul(np.full((2, 1), 1e25, np.float32)))
    said, optimizer = lost(model, MSELoss(), t=np.ones((N, 1), np.float32))
    assert "the loss is inf at step 1" in said
    assert "layer 1, MSELoss()" in said
    assert optimizer.steps == 0


def test_a_weight_that_is_not_finite_is_named() -> None:
    model = network()
    model.params[2][0, 0] = np.inf
    said, _ = lost(model, SoftmaxWithLoss())
    assert "A weight of layer 2, Linear((6, 3), (3,)) is not finite" in said


def test_a_learning_rate_that_is_too_large_is_said() -> None:
    t = np.ones((N, 1), np.float32)
    said, optimizer = lost(Sequential(Linear(2, 1, seed=0)), MSELoss(), t=t, lr=1e12)
    assert "lr is too large (it is 1e+12)" in said
    assert f"at step {optimizer.steps + 1}," in said
    assert optimizer.steps >= 1


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
