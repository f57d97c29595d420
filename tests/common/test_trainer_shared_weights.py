"""Weights and layers that stand in two places."""

from collections.abc import Callable

import numpy as np
import pytest

from common.errors import (
    ArgumentTypeError,
    SharedLayerError,
)
from common.gradient_check import numerical_gradient
from common.layers import (
    Layer,
    MatMul,
    MSELoss,
    Sequential,
)
from common.np import Array
from common.optimizer import SGD
from common.trainer import Trainer
from tests.common.training import RNG, BookNet, Net, Watch, network, norm

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
