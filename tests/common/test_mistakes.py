"""The kind of mistake that the gradient check names: one row at least for each rule it knows."""

import importlib
from collections.abc import Callable
from inspect import isfunction, signature
from typing import Any

import numpy
import pytest

from common import mistakes
from common.errors import GradientError
from common.functions import sigmoid
from common.gradient_check import check_gradients
from common.layers import Layer
from common.np import Array, np

pytestmark = pytest.mark.cpu


def normal(*shape: int, seed: int = 0) -> Array:
    return np.asarray(numpy.random.default_rng(seed).normal(size=shape))


class Wrong(Layer):
    """A layer made of its two formulas, the second of them wrong: dx, or (dx, dparams).

    forward(self, x, *params), backward(self, dout, *params): what forward is given is in self.x.
    """

    def __init__(self, forward: Any, backward: Any, *params: Array) -> None:
        super().__init__(*params)
        self.formulas = forward, backward

    def forward(self, *inputs: Array) -> Array:
        self.inputs = inputs
        self.x = inputs[0]
        self.y: Array = self.formulas[0](*inputs, *self.params)
        return self.y

    def backward(self, dout: Array) -> Any:
        dx, *dparams = self.formulas[1](self, dout, *self.params)
        for grad, d in zip(self.grads, dparams, strict=True):
            grad[...] = d
        return dx


X, SQUARE, W = normal(3, 4), normal(4, 4, seed=1), normal(4, 4, seed=2)
T = np.array([2, 0, 1])


def elementwise(forward: Any, derivative: Any) -> tuple[Any, ...]:
    """y = forward(x), and a backward that takes another derivative."""
    return Wrong(forward, lambda self, dout: (dout * derivative(self.x, self.y),)), X


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def standardized(x: Array, axis: int) -> Array:
    return (x - x.mean(axis=axis, keepdims=True)) / x.std(axis=axis, keepdims=True)


def norm_without(*terms: int, axis: int) -> tuple[Any, ...]:
    """Rows or columns made standard; its backward leaves terms out: 1 the mean, 2 the spread."""

    def backward(self: Any, dout: Array) -> tuple[Array]:
        mean = dout.mean(axis=axis, keepdims=True)
        spread = self.y * (dout * self.y).mean(axis=axis, keepdims=True)
        kept = dout - (1 not in terms) * mean - (2 not in terms) * spread
        return (kept / self.x.std(axis=axis, keepdims=True),)

    return Wrong(lambda x: standardized(x, axis), backward), SQUARE


def affine(dx: Any = None, dW: Any = None, db: Any = None) -> tuple[Any, ...]:
    """y = x W + b, with some of its gradients replaced."""

    def backward(self: Any, dout: Array, W: Array, b: Array) -> tuple[Array, Array, Array]:
        right = (dout @ W.T, self.x.T @ dout, dout.sum(axis=0))
        wrong = (dx, dW, db)
        return tuple(
            r if w is None else w(self.x, dout, W) for r, w in zip(right, wrong, strict=True)
        )

    return Wrong(lambda x, W, b: x @ W + b, backward, W, normal(4, seed=3)), SQUARE


def scale(dg: Any) -> tuple[Any, ...]:
    """y = x g, column by column."""
    return (
        Wrong(
            lambda x, g: x * g,
            lambda self, dout, g: (dout * g, dg(self.x, dout)),
            np.array([2.0, -3.0, 0.5, 1.0]),
        ),
        X,
    )


def rows_of(W: Array, backward: Any) -> tuple[Any, ...]:
    return Wrong(lambda idx, W: W[idx], backward, W), np.array([0, 2, 2, 1])


def last_one_counts(self: Any, dout: Array, W: Array) -> tuple[None, Array]:
    dW = np.zeros_like(W)
    dW[self.x] += dout
    return None, dW


def cross_entropy(dx: Any) -> tuple[Any, ...]:
    def forward(x: Array, t: Array) -> Array:
        return -np.log(softmax(x)[np.arange(3), t]).mean()

    def backward(self: Any, dout: Array) -> tuple[Array]:
        return (dout * dx(softmax(self.x), np.eye(4)[T]),)

    return Wrong(forward, backward), X, T


def times(backward: Any) -> tuple[Any, ...]:
    return Wrong(lambda x, z: x * z, lambda self, dout: (backward(*self.inputs, dout),)), X, X[::-1]


class KeepsElsewhere(Layer):
    def __init__(self) -> None:
        super().__init__(np.array([2.0, -3.0, 0.5, 1.0]))

    def forward(self, x: Array) -> Array:
        self.x = x
        return x * self.params[0]

    def backward(self, dout: Array) -> Array:
        self.dg = (dout * self.x).sum(axis=0)
        return dout * self.params[0]


class Silenced(Layer):
    """A dropout whose mask is not used on the way back."""

    def forward(self, x: Array) -> Array:
        self.mask, self.half = np.linspace(1, 3, 12).reshape(3, 4), np.full(4, 0.5)
        return x * self.mask * self.half

    def backward(self, dout: Array) -> Array:
        return dout * self.half


def cut(x: Array) -> Array:
    return np.minimum(np.maximum(x, -0.3), 0.3)


# Each row: the rule, words that must come, and the layer with its inputs.
ROWS: list[tuple[str, str, Callable[[], tuple[Any, ...]]]] = [
    ("not_finite", "NaN or infinity", lambda: elementwise(np.tanh, lambda x, y: y / 0.0 * 0)),
    ("kink", "a kink", lambda: (
        Wrong(lambda x: np.maximum(x, 0), lambda s, d: (d * (s.x >= 0),)), np.zeros((2, 3)))),
    ("only_zeros", "only zeros", lambda: scale(lambda x, dout: 0)),
    ("only_zeros", "only zeros", lambda: elementwise(np.sin, lambda x, y: 0)),
    ("not_in_proportion", "dout is not used", lambda: (
        Wrong(np.exp, lambda self, dout: (self.y,)), X)),
    ("not_in_proportion", "used twice", lambda: (
        Wrong(np.exp, lambda self, dout: (dout * dout * self.y,)), X)),
    ("not_in_proportion", "sign of dout", lambda: (
        Wrong(lambda x: np.maximum(x, 0), lambda self, dout: (dout * (dout > 0),)), X)),
    ("not_in_proportion", "not added", lambda: (
        Wrong(np.exp, lambda self, dout: (dout + self.y,)), X)),
    ("constant_factor", "the sign", lambda: elementwise(np.cos, lambda x, y: np.sin(x))),
    ("constant_factor", "1/2 of what was", lambda: elementwise(lambda x: x * x, lambda x, y: x)),
    ("constant_factor", "derivative of x² is 2 x", lambda: elementwise(np.square, lambda x, y: x)),
    ("constant_factor", "3 is also the number of rows", lambda: cross_entropy(lambda y, t: y - t)),
    ("constant_factor", "1/4 of", lambda: affine(dW=lambda x, dout, W: x.T @ dout / len(x))),
    ("constant_factor", "number of columns", lambda: (
        Wrong(lambda x: x.mean(axis=1), lambda s, d: (d[:, None] + 0 * s.x,)), normal(3, 5))),
    ("constant_factor", "the sign is wrong", lambda: elementwise(
        np.sin, lambda x, y: -7 * np.cos(x))),
    ("exchanged", "the gradient of input 1", lambda: times(lambda x, z, dout: dout * x)),
    ("other_elements", "in other rows", lambda: norm_without(1, 2, axis=0)),
    ("other_elements", "of its row", lambda: norm_without(1, 2, axis=1)),
    ("other_elements", "of its row", lambda: (
        Wrong(softmax, lambda self, dout: (dout * self.y * (1 - self.y),)), X)),
    ("handed_on", "hands dout on", lambda: elementwise(np.tanh, lambda x, y: 1)),
    ("transposed", "rows and columns", lambda: affine(dW=lambda x, dout, W: dout.T @ x)),
    ("transposed", "dx has W.T", lambda: affine(dx=lambda x, dout, W: dout @ W)),
    ("transposed", "with params[0].T in its place", lambda: (Wrong(
        lambda x, W: np.tanh(x @ W),
        lambda s, d, W: (d * (1 - s.y**2) @ W, s.x.T @ (d * (1 - s.y**2))), W), X)),
    ("transposed", "the same way as forward", lambda: (
        Wrong(lambda x: x.cumsum(axis=1), lambda self, dout: (dout.cumsum(axis=1),)), X)),
    ("sums", "sum over the rows", lambda: affine(db=lambda x, dout, W: dout[0])),
    ("sums", "sum over the rows", lambda: affine(db=lambda x, dout, W: dout[-1])),
    ("sums", "over too much", lambda: affine(db=lambda x, dout, W: dout.sum())),
    ("sums", "a mean over axis 0", lambda: affine(db=lambda x, dout, W: dout.sum() / 4)),
    ("sums", "wrong axis: axis 1", lambda: affine(db=lambda x, dout, W: dout.sum(axis=1))),
    ("repeated_index", "more than once", lambda: rows_of(W, last_one_counts)),
    ("statistics", "a spread, a norm", lambda: norm_without(2, axis=1)),
    ("statistics", "other rows", lambda: norm_without(2, axis=0)),
    ("statistics", "a mean, or sum", lambda: norm_without(1, axis=1)),
    ("product_rule", "product rule", lambda: elementwise(
        lambda x: x * sigmoid(x), lambda x, y: sigmoid(x))),
    ("product_rule", "product rule", lambda: elementwise(
        lambda x: x * sigmoid(x), lambda x, y: y * (1 - sigmoid(x)))),
    ("at_the_output", "at the output", lambda: elementwise(np.sin, lambda x, y: np.cos(y))),
    ("at_the_output", "y (1 - y)", lambda: elementwise(sigmoid, lambda x, y: x * (1 - x))),
    ("at_the_output", "1 - y²", lambda: elementwise(np.tanh, lambda x, y: 1 - x * x)),
    ("in_a_region", "is negative", lambda: elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: (x > 0))),
    ("in_a_region", "is positive", lambda: elementwise(
        lambda x: np.where(x > 0, 3 * x, 0.1 * x), lambda x, y: np.where(x > 0, 1, 0.1))),
    ("in_a_region", "there the sign is wrong", lambda: elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: np.where(x > 0, 1, -0.1))),
    ("in_a_region", "it should be 0", lambda: elementwise(cut, lambda x, y: x < 0.3)),
    ("in_a_region", "the size of input 0 is above", lambda: elementwise(
        lambda x: np.where(abs(x) > 0.5, x, 0.1 * x), lambda x, y: np.where(abs(x) > 0.5, 5, 0.1))),
    ("in_a_region", "the class that input 1 names", lambda: cross_entropy(lambda y, t: y / 3)),
    ("in_lines", "wrong in column 3 alone", lambda: elementwise(
        lambda x: x * np.arange(1, 5), lambda x, y: np.array([1, 2, 3, 0]))),
    ("in_lines", "right in row 0 alone", lambda: elementwise(
        lambda x: x * np.arange(1, 4)[:, None], lambda x, y: np.array([[1], [0], [0]]))),
    ("a_factor", "is missing: self.mask", lambda: (Silenced(), X)),
    ("a_factor", "too much", lambda: elementwise(np.exp, lambda x, y: y * y)),
    ("a_factor", "should be", lambda: scale(lambda x, dout: (dout * x * x).sum(axis=0))),
    ("wrong_places", "wrong places", lambda: (
        Wrong(lambda x: x * np.arange(1, 5), lambda s, d: ((d * np.arange(1, 5))[:, ::-1],)), X)),
    ("wrong_dout", "wrong element of dout", lambda: (
        Wrong(lambda x: (x * x).sum(axis=1), lambda s, d: (2 * s.x * d,)), SQUARE)),
    ("too_many", "theirs is 0", lambda: (
        Wrong(lambda x: x.max(axis=1), lambda s, d: (d[:, None] + 0 * s.x,)), X)),
    ("nearly_right", "float32", lambda: elementwise(np.exp, lambda x, y: y + 1e-4)),
]  # fmt: skip


def message_of(make: Callable[[], tuple[Any, ...]]) -> str:
    layer, *inputs = make()
    with numpy.errstate(all="ignore"), pytest.raises(GradientError) as raised:
        check_gradients(layer, *inputs)
    return str(raised.value)


@pytest.mark.parametrize(("rule", "words", "make"), ROWS)
def test_the_kind_is_named(
    rule: str, words: str, make: Callable[[], tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words in message_of(make)
    alone = tuple(r for r in mistakes.RULES if r.__name__ == rule)
    monkeypatch.setattr(mistakes, "RULES", alone)
    assert words in message_of(make), "another rule has said it"


def test_each_rule_has_a_row() -> None:
    assert {rule.__name__ for rule in mistakes.RULES} == {rule for rule, _, _ in ROWS}


# What stops before the numbers are compared


class Returns(Layer):
    """y = x W, with a dx, or a backward, of another kind."""

    def __init__(self, backward: Any) -> None:
        super().__init__(normal(4, 2, seed=5))
        self.formula = backward

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.params[0]

    def backward(self, dout: Array) -> Any:
        return self.formula(self, dout, self.params[0], self.grads[0])


class Plain:
    def forward(self, x: Array) -> Array:
        return x * x

    def backward(self, dout: Array) -> Array:
        return dout * self.x  # type: ignore[attr-defined]


def right(layer: Returns, dout: Array, dx: Array) -> Array:
    """The right gradient of W, and that dx."""
    layer.grads[0][...] = layer.x.T @ dout
    return dx


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (lambda s, d, W, dW: right(s, d, (d @ W.T).T), "it is transposed"),
        (lambda s, d, W, dW: right(s, d, (d @ W.T).ravel()), "reshape(3, 4)"),
        (lambda s, d, W, dW: right(s, d, np.stack([d @ W.T] * 2) / 2), "axis 0"),
        (lambda s, d, W, dW: d @ W.T, "it never writes the gradient of params[0]"),
        (lambda s, d, W, dW: right(s, d, d @ W), "Go by the shapes"),
        (lambda s, d, W, dW: np.copyto(dW, s.x[:, :, None] * d[:, None]), "sum over the rows"),
        (lambda s, d, W, dW: np.add(dW, s.x[:, :, None] * d[:, None, :], out=dW), "over the rows"),
        (lambda s, d, W, dW: s.x / s.x.sum(axis=1), "keepdims=True"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_told_why(backward: Any, words: str) -> None:
    assert words in message_of(lambda: (Returns(backward), X))


def test_what_forward_does_not_take_is_not_asked_of_it() -> None:
    """At the output, -0.7 of it, a logarithm is not a number; an own check raises."""

    def logarithm(x: Array) -> Array:
        if (x < 0).any():
            raise ValueError("below 0")
        return np.log(x)

    layer = Wrong(logarithm, lambda self, dout: (dout / (1 + self.x),))
    message = message_of(lambda: (layer, np.array([[0.5, 2.0, 3.0], [0.1, 5.0, 1.5]])))
    assert "should be" in message


def test_an_error_in_backward_says_which_it_was() -> None:
    message = message_of(lambda: (Returns(lambda s, d, W, dW: s.forgotten * d), X))
    assert "has no 'forgotten'.\nLikely mistake: forward has not kept self.forgotten" in message
    message = message_of(lambda: (Plain(), X))
    assert "raises AttributeError" in message
    assert "forward has not kept self.x" in message
    message = message_of(lambda: (Returns(lambda s, d, W, dW: d * None), X))
    assert "backward raises TypeError: unsupported operand" in message
    assert "Likely" not in message


# Layers that people wrote who did not know the rules.

TOLD = {
    "broken_1": {
        "elu": "writes into input 0",
        "affine": "self.grads[0][...] = self.dW",
        "channel_bias": "a sum runs over too much",
        "embedding": "more than once",
        "layer_norm": "a spread, a norm",
        "softmax_cross_entropy": "must not write into what forward kept",
        "hinge_loss": "for the class that input 1 names",
        "softmax": "the other outputs of its row",
        "average_pool": "the wrong places",
        "gate": "keepdims=True is missing",
    },
    "broken_2": {
        "arctan": "dout is not used",
        "tanh": "1 - y² is written with the input",
        "scale": "an array in grads was replaced",
        "hidden": "W.T",
        "word_vectors": "more than once",
        "standardize": "changes the output in other rows",
        "cross_entropy": "4 is also the number of rows",
        "hard_tanh": "writes into dout",
        "bilinear": "not add to it",
        "energy": "the wrong element of dout",
    },
    "broken_3": {
        "softmax": "the other outputs of its row",
        "batch_norm": "a spread, a norm",
        "embedding": "more than once",
        "cross_entropy": "must not write into what forward kept",
        "logistic_loss": "dout is not used",
        "leaky_relu": "writes into dout",
        "rnn": "params[1].T",
        "conv": "not add to it",
        "highway": "on another way to the output",
        "global_average": "a constant factor: everything is 4 times",
    },
}


def layers_in(name: str) -> dict[str, Callable[[], tuple[Any, ...]]]:
    module = importlib.import_module(f"tests.common.by_others.{name}")
    own = {
        k: f for k, f in vars(module).items() if isfunction(f) and f.__module__ == module.__name__
    }
    return {k: f for k, f in own.items() if not signature(f).parameters}


@pytest.mark.parametrize(
    ("name", "layer"), [(name, layer) for name in TOLD for layer in TOLD[name]]
)
def test_layers_that_others_broke_are_told_why(name: str, layer: str) -> None:
    assert TOLD[name][layer] in message_of(layers_in(name)[layer])


def test_none_of_them_is_left_out() -> None:
    for name, told in TOLD.items():
        assert told.keys() == layers_in(name).keys()
        assert len(told) == 10


@pytest.mark.parametrize("name", ["right_1", "right_2", "right_3"])
def test_right_layers_of_others_pass(name: str) -> None:
    layers = layers_in(name)
    assert len(layers) == 10
    for make in layers.values():
        layer, *inputs = make()
        assert check_gradients(layer, *inputs) < 1e-6
