"""Weights and layers that stand in two places."""

from collections.abc import Callable
from typing import Any

import pytest

from common.errors import (
    ArgumentTypeError,
    ShapeError,
    SharedLayerError,
)
from common.gradient_check import numerical_gradient
from common.layers import (
    Layer,
    MatMul,
    MSELoss,
    Sequential,
)
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from tests.common.training import RNG, BookNet, Net, T, Watch, X, network, norm

# Weights in two places


SQUARE_X, SQUARE_T = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))


def square_start() -> Array:
    return np.eye(3)


def loss_of(A: Array, B: Array) -> Array:
    """L = mean((x A B - t)²)."""
    return ((np.asarray(SQUARE_X) @ A @ B - np.asarray(SQUARE_T)) ** 2).mean()


def slope_at_start() -> Array:
    """dL/dW of loss_of(W, W), both factors counted."""
    return numerical_gradient(lambda W: loss_of(W, W), square_start())


def two_layers_on_one_array() -> Sequential:
    W = square_start()
    return Sequential(MatMul(W), MatMul(W))


def one_layer_twice() -> Sequential:
    layer = MatMul(square_start())
    return Sequential(layer, layer)


@pytest.mark.parametrize("shared", [two_layers_on_one_array, one_layer_twice])
def test_a_shared_weight_takes_one_step_along_the_sum_of_its_gradients(
    shared: Callable[[], Sequential],
) -> None:
    model, optimizer = shared(), Watch(lr=0.1)
    Trainer(model, optimizer, MSELoss()).fit(SQUARE_X, SQUARE_T, 1, verbose=False)
    expected = square_start() - 0.1 * slope_at_start()
    np.testing.assert_allclose(model.params[0], expected, rtol=1e-7)
    assert len(optimizer.grads[0]) == 1


def test_the_gradient_of_a_shared_weight_is_clipped_as_one() -> None:
    model, slope = two_layers_on_one_array(), slope_at_start()
    trainer = Trainer(model, SGD(1.0), MSELoss())
    trainer.fit(SQUARE_X, SQUARE_T, 1, max_grad=1e-3, verbose=False)
    np.testing.assert_allclose(
        square_start() - model.params[0], 1e-3 * slope / norm([slope]), rtol=1e-3, atol=1e-8
    )


@pytest.mark.parametrize("by_hand", [True, False])
def test_equal_numbers_in_two_arrays_are_two_weights(by_hand: bool) -> None:
    A, B = square_start(), square_start()
    layers = MatMul(A), MatMul(B)
    if by_hand:
        trainer = Trainer(BookNet(*layers, loss=MSELoss()), SGD(0.1))
    else:
        trainer = Trainer(Sequential(*layers), SGD(0.1), MSELoss())
    trainer.fit(SQUARE_X, SQUARE_T, 1, verbose=False)
    for W, loss in (
        (A, lambda W: loss_of(W, square_start())),
        (B, lambda W: loss_of(square_start(), W)),
    ):
        slope = numerical_gradient(loss, square_start())
        np.testing.assert_allclose(W, square_start() - 0.1 * slope, rtol=1e-7)


def test_by_hand_a_shared_array_takes_one_step_along_the_sum_of_its_gradients() -> None:
    """In a model of the book, whose lists have it twice; and in a Sequential, without a Trainer."""
    expected = square_start() - 0.1 * slope_at_start()
    book, loss = BookNet(*two_layers_on_one_array(), loss=MSELoss()), MSELoss()
    Trainer(book, SGD(0.1)).fit(SQUARE_X, SQUARE_T, 1, verbose=False)
    np.testing.assert_allclose(book.params[0], expected, rtol=1e-7)

    model = two_layers_on_one_array()
    loss.forward(model.forward(np.asarray(SQUARE_X)), np.asarray(SQUARE_T))
    model.backward(loss.backward())
    SGD(0.1).update(model.params, model.grads)
    np.testing.assert_allclose(model.params[0], expected, rtol=1e-7)


def test_by_hand_the_sum_is_clipped_as_one() -> None:
    book, slope = BookNet(*two_layers_on_one_array(), loss=MSELoss()), slope_at_start()
    Trainer(book, SGD(1.0)).fit(SQUARE_X, SQUARE_T, 1, max_grad=1e-3, verbose=False)
    step = square_start() - book.params[0]
    np.testing.assert_allclose(step, 1e-3 * slope / norm([slope]), rtol=1e-3, atol=1e-8)


def test_by_hand_one_layer_twice_is_an_error() -> None:
    layers = one_layer_twice()
    with pytest.raises(SharedLayerError, match="on the tape"):
        Trainer(BookNet(*layers, loss=MSELoss()), SGD())


def test_by_hand_a_gradient_that_is_not_listed_is_an_error() -> None:
    model = BookNet(*two_layers_on_one_array(), loss=MSELoss())
    model.params, model.grads = model.params[:1], model.grads[:1]
    with pytest.raises(SharedLayerError, match=r"BookNet.grads lacks the gradient that MatMul"):
        Trainer(model, SGD()).fit(SQUARE_X, SQUARE_T, verbose=False)


@pytest.mark.cpu
def test_by_hand_a_weight_beside_one_that_is_listed_is_missed_as_well() -> None:
    model = BookNet(*network())
    model.params, model.grads = model.params[:-1], model.grads[:-1]
    with pytest.raises(SharedLayerError, match=r"params lacks the weights of Linear\(\(6, 3\)"):
        Trainer(model, SGD()).fit(X, T, verbose=False)


@pytest.mark.cpu
@pytest.mark.parametrize("of", ["the model", "a layer"])
def test_by_hand_there_are_as_many_gradients_as_weights(of: str) -> None:
    model = BookNet(*network())
    who: Any = model if of == "the model" else model.layers[2]
    who.grads = who.grads[:-1]
    found = r"BookNet: got 4 params, but 3" if who is model else r"Linear: got 2 params, but 1"
    with pytest.raises(ShapeError, match=f"{found} grads"):
        Trainer(model, SGD()).fit(X, T, verbose=False)


def test_weights_that_are_views_of_one_memory_are_refused_with_the_way_to_tie_them() -> None:
    W = square_start()
    for model in (Sequential(MatMul(W), MatMul(W.T)), Net(MatMul(W), MatMul(W.T))):
        with pytest.raises(SharedLayerError, match=r"views of the same memory.*as it is and as .T"):
            Trainer(model, SGD(), MSELoss()).fit(SQUARE_X, SQUARE_T, verbose=False)
    np.testing.assert_array_equal(W, square_start())


def test_columns_of_one_array_that_do_not_overlap_are_two_weights() -> None:
    W = np.zeros((3, 6))
    model = Net(MatMul(W[:, ::2]), MatMul(W[:, 1::2]))
    Trainer(model, SGD(), MSELoss()).fit(SQUARE_X, SQUARE_T, 1, verbose=False)


@pytest.mark.parametrize("make", [network, lambda: Net(*network())], ids=["Sequential", "Module"])
def test_a_model_that_ends_at_its_scores_needs_a_loss(make: Callable[[], Layer]) -> None:
    with pytest.raises(ArgumentTypeError, match="a loss must be given"):
        Trainer(make(), SGD())
