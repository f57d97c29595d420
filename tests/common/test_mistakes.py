"""The kind of mistake that the gradient check names: one row at least for each rule it knows."""

import dataclasses
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
from common.layers import Layer, Sequential, Tanh
from common.mistakes import gather
from common.mistakes.evidence import Evidence
from common.mistakes.shapes import shape_of
from common.np import Array, np
from tests.common.found import left_as_found

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
T, G = np.array([2, 0, 1]), normal(4, seed=3)


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


def put_at(W: Array, idx: Array, dout: Array) -> Array:
    dW = np.zeros_like(W)
    dW[idx] = dout
    return dW


def cross_entropy(dx: Any) -> tuple[Any, ...]:
    def forward(x: Array, t: Array) -> Array:
        return -np.log(softmax(x)[np.arange(3), t]).mean()

    def backward(self: Any, dout: Array) -> tuple[Array]:
        return (dout * dx(softmax(self.x), np.eye(4)[T]),)

    return Wrong(forward, backward), X, T


def times(backward: Any) -> tuple[Any, ...]:
    return (
        Wrong(
            lambda x, z: x * z, lambda self, dout: ((backward(*self.inputs, dout), dout * self.x),)
        ),
        X,
        X[::-1],
    )


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
    ("kink", "none is the derivative", lambda: (
        Wrong(lambda x: x.max(axis=1), lambda s, d: (d[:, None] * [[0, 1]],)), np.ones((3, 2)))),
    ("kink", "none is the derivative", lambda: (
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
    ("constant_factor", "derivative of x²", lambda: (
        *elementwise(np.square, lambda x, y: x)[:1], np.array([0.7]))),
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
    ("wrong_sum", "sum over the rows", lambda: affine(db=lambda x, dout, W: dout[0])),
    ("wrong_sum", "sum over the rows", lambda: affine(db=lambda x, dout, W: dout[-1])),
    ("wrong_sum", "over too much", lambda: affine(db=lambda x, dout, W: dout.sum())),
    ("wrong_sum", "a mean over axis 0", lambda: affine(db=lambda x, dout, W: dout.sum() / 4)),
    ("wrong_sum", "wrong axis: axis 1", lambda: affine(db=lambda x, dout, W: dout.sum(axis=1))),
    ("repeated_index", "more than once", lambda: rows_of(W, last_one_counts)),
    ("repeated_index", "more than once", lambda: (
        Wrong(lambda i, W: W[i].sum(1), lambda s, d, W: (
            (), put_at(W, s.x, d[:, None])), W), np.array([[0, 2], [2, 2]]))),
    ("repeated_index", "more than once", lambda: (
        Wrong(lambda i, W: W[i], last_one_counts, W), np.array([0, 3, -1, 1]))),
    ("repeated_index", "more than once", lambda: (
        Wrong(lambda i, W: W[i], last_one_counts, W), np.array([[1, 1], [0, 2]]))),
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
    ("in_a_region", "is negative, and right elsewhere", lambda: elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: (x > 0))),
    ("in_a_region", "where it is wrong, backward says 0", lambda: elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: (x > 0))),
    ("in_a_region", "is positive", lambda: elementwise(
        lambda x: np.where(x > 0, 3 * x, 0.1 * x), lambda x, y: np.where(x > 0, 1, 0.1))),
    ("in_a_region", "there the sign is wrong", lambda: elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: np.where(x > 0, 1, -0.1))),
    ("in_a_region", "it should be 0", lambda: elementwise(cut, lambda x, y: x < 0.3)),
    ("in_a_region", "the size of input 0 is above", lambda: elementwise(
        lambda x: np.where(abs(x) > 0.5, x, 0.1 * x), lambda x, y: np.where(abs(x) > 0.5, 5, 0.1))),
    ("in_a_region", "the class that input 1 names", lambda: cross_entropy(lambda y, t: y / 3)),
    ("only_summed", "only added up", lambda: (Standard(), normal(6, 4))),
    ("in_lines", "wrong only in column 3", lambda: elementwise(
        lambda x: x * np.arange(1, 5), lambda x, y: np.array([1, 2, 3, 0]))),
    ("in_lines", "right only in row 0", lambda: elementwise(
        lambda x: x * np.arange(1, 4)[:, None], lambda x, y: np.array([[1], [0], [0]]))),
    ("a_factor", "is missing: self.mask", lambda: (Silenced(), X)),
    ("a_factor", "one factor too many: the output", lambda: elementwise(
        np.exp, lambda x, y: y * y)),
    ("another_factor", "a factor is input 0, and should be the output", lambda: elementwise(
        sigmoid, lambda x, y: x * (1 - y))),
    ("a_factor", "is missing: 1 - the output", lambda: elementwise(sigmoid, lambda x, y: y)),
    ("in_a_region", "where input 0 is positive", lambda: (
        Wrong(lambda x, a: np.where(x > 0, x, a * x), lambda s, d, a: (
            d * np.where(s.x > 0, 1, a), (d * s.x).sum(0)), G), normal(5, 4))),
    ("wrong_places", "wrong places", lambda: (
        Wrong(lambda x: x * np.arange(1, 5), lambda s, d: ((d * np.arange(1, 5))[:, ::-1],)), X)),
    ("wrong_dout", "wrong element of dout", lambda: (
        Wrong(lambda x: (x * x).sum(axis=1), lambda s, d: (2 * s.x * d,)), SQUARE)),
    ("left_out", "are left out, and the others are right: the output at (0,) depends on input 0 at "
        "(0, 2), say", lambda: (
        Wrong(lambda x: x.max(axis=1), lambda s, d: (d[:, None] * (s.x == s.x.max()),)), X)),
    ("too_many", "it should be 0", lambda: (
        Wrong(lambda x: x.max(axis=1), lambda s, d: (d[:, None] + 0 * s.x,)), X)),
    ("nearly_right", "float32", lambda: elementwise(np.exp, lambda x, y: y + 1e-4)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def an_error_in_a_rule_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient check goes on without a word for the mistake."""

    def loud(evidence: Evidence) -> str | None:
        try:
            return mistakes.likely_mistake(evidence)
        except Exception as error:
            return pytest.fail(f"{error!r}")

    monkeypatch.setattr(gather, "likely_mistake", loud)


def message_of(make: Callable[[], tuple[Any, ...]]) -> str:
    layer, *inputs = make()
    with (
        left_as_found(layer, *inputs),
        numpy.errstate(all="ignore"),
        pytest.raises(GradientError) as raised,
    ):
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


# What must not be said: a wrong word is worse than none.


def wrong(forward: Any, backward: Any, *inputs: Array, params: Any = ()) -> Any:
    """A wrong layer with its inputs."""
    return lambda: (Wrong(forward, backward, *params), *inputs)


def of_param(forward: Any, dp: Any, p: Array, x: Array) -> Any:
    """y = forward(x, p), of which only dp(x, dout, p) is looked at: x has no gradient."""
    return wrong(forward, lambda s, d, p: ((), dp(s.x, d, p)), x, params=[p])


class Dropped(Layer):
    """A dropout behind tanh, whose mask is held and not used on the way back."""

    def forward(self, x: Array) -> Array:
        self.mask = np.asarray(numpy.random.default_rng(5).random(x.shape) > 0.5)
        self.t = np.tanh(x)
        return self.t * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * (1 - self.t**2)


class AsReLU(Layer):
    """Its mask hides what is wrong: it is 0 there."""

    def forward(self, x: Array) -> Array:
        self.positive = x > 0
        return np.where(self.positive, x, 0.1 * x)

    def backward(self, dout: Array) -> Array:
        return dout * self.positive


class Attention(Layer):
    def __init__(self, dq: Any, dk: Any) -> None:
        super().__init__()
        self.formulas = dq, dk

    def forward(self, q: Array, k: Array, v: Array) -> Array:
        self.q, self.k, self.v = q, k, v
        self.a = softmax(q @ k.T / 2)
        return self.a @ v

    def backward(self, dout: Array) -> Any:
        da = dout @ self.v.T
        ds = self.a * (da - (da * self.a).sum(axis=1, keepdims=True)) / 2
        dq, dk = self.formulas
        return dq(ds, self.k), dk(ds, self.q), self.a.T @ dout


class Standard(Layer):
    """The columns made standard, times g, plus b; the gradient of g lacks a factor."""

    def __init__(self) -> None:
        super().__init__(normal(4, seed=3), normal(4, seed=4))

    def forward(self, x: Array) -> Array:
        return standardized(x, 0) * self.params[0] + self.params[1]

    def backward(self, dout: Array) -> tuple[()]:
        self.grads[0][...] = self.grads[1][...] = dout.sum(axis=0)
        return ()


def attention(dq: Any = lambda ds, k: ds @ k, dk: Any = lambda ds, q: ds.T @ q) -> Any:
    return lambda: (Attention(dq, dk), X, normal(3, 4, seed=7), normal(3, 4, seed=8))


def added_at(W: Array, idx: Array, dout: Array) -> Array:
    dW = np.zeros_like(W)
    np.add.at(dW, idx, dout)
    return dW


def loss_of_rows(x: Array, W: Array) -> Array:
    return -np.log(softmax(x @ W)[np.arange(6), PAIRS]).mean()


def loss_of_rows_backward(self: Any, dout: Array, W: Array) -> Any:
    dy = (softmax(self.x @ W) - np.eye(3)[PAIRS]) / 6
    return dout * dy @ W.T, dout * np.abs(self.x).T @ dy


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def flipped(x: Array) -> Array:
    return x[::-1].copy()


PAIRS, SMALL, PAIR = np.array([0, 0, 1, 1, 2, 2]), 3e-5, normal(2, 4)
CUBE = normal(2, 3, 4)
MASK = np.arange(12).reshape(3, 4) % 2

# Each row: words that must not come, others that must if there are any, the layer and its inputs.
NOT_SAID: list[tuple[str, str, Callable[[], tuple[Any, ...]]]] = [
    # a kink, of what is a small error everywhere, or no error of the kinks
    ("a kink", "nearly right", lambda: elementwise(np.sin, lambda x, y: np.cos(x) * (1 + SMALL))),
    ("a kink", "nearly right", wrong(
        lambda x: relu(x), lambda s, d: (d * (s.x > 0) * (1 + SMALL),), X)),
    ("a kink", "nearly right", wrong(
        np.exp, lambda s, d: ((d * s.y).astype(np.float16),), X)),
    ("times", "nearly right", lambda: elementwise(np.sin, lambda x, y: np.cos(x) * (1 + SMALL))),
    ("a kink", "nearly right", wrong(
        lambda x: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5), lambda s, d: (
            (d - d.mean(0) - s.y * (d * s.y).mean(0)) / np.sqrt(s.x.var(0)),), normal(6, 4))),
    ("none is the derivative", "says neither", wrong(
        relu, lambda s, d: (2 * d * (s.x >= 0),), np.zeros((2, 3)))),
    ("a kink", "", wrong(relu, lambda s, d: (2 * d * (s.x >= 0),), np.array([[0.0, 1, -2, 3]]))),
    ("constant factor", "", wrong(relu, lambda s, d: (2 * d * (s.x >= 0),), np.zeros((2, 3)))),
    ("a kink", "nearly right", wrong(
        lambda x: np.where(x > 0, np.exp(x), (x + 1e3) - 1e3 - x),
        lambda s, d: (d * np.where(s.x > 0, s.y, 0) * 1.001,), X)),
    # nothing to compare with
    ("backward leaves", "in forward", wrong(np.log, lambda s, d: (d / s.x,), X)),
    ("in backward", "in forward", wrong(np.log, lambda s, d: (d / s.x,), X)),
    ("a division by 0", "just beside", wrong(
        np.sqrt, lambda s, d: (d / s.y / 2,), np.array([0.0, 1, 2]))),
    # exchanged, of what is dout
    ("exchanged", "hands dout on", wrong(
        lambda z, x: x + np.tanh(z), lambda s, d: ((d, d),), X, X[::-1].copy())),
    ("mistake: exchanged", "or it is exchanged with params[1]", lambda: (Standard(), normal(6, 4))),
    # sums that are right
    ("wrong axis", "only added up", of_param(np.multiply, lambda x, d, g: d.sum(0), G, X)),
    ("over the rows", "", of_param(
        np.add, lambda x, d, W: d * (np.arange(3) == 0)[:, None], normal(3, 4, seed=5), X)),
    ("constant factor", "", of_param(
        lambda x, b: (x + b).sum(), lambda x, d, b: d * 5.5, np.array(1.0), np.array(2.0))),
    ("constant factor", "only added up", of_param(
        np.multiply, lambda x, d, g: d.sum(), np.array(2.0), X)),
    ("Likely", "", wrong(np.exp, lambda s, d: ((2 * d * s.y).astype(np.float16),), X)),
    # numbers that may come from elsewhere
    ("2 is also the factor", "number of rows", of_param(
        np.add, lambda x, d, b: d.mean(0), normal(4, seed=5), PAIR)),
    ("; 2 is also the factor of", "number of rows", wrong(
        lambda x: -np.log(softmax(x)[[0, 1], [0, 1]]).mean(),
        lambda s, d: (d * (softmax(s.x) - np.eye(4)[[0, 1]]),), PAIR)),
    ("square", "1/2 of", wrong(lambda x: x * MASK * 2, lambda s, d: (d * MASK,), X)),
    ("nearly", "the root of the number of columns", attention(dq=lambda ds, k: 2 * ds @ k)),
    ("times what", "", wrong(relu, lambda s, d: (d * relu(s.x) * s.x,), np.array([[1.5, -1]]))),
    ("depends on all", "it should be 0", wrong(
        lambda x: 0 * x, lambda s, d: (d.mean() * s.x,), normal(4, 1))),
    ("4 is also the number of columns", "the number of rows, N", lambda: affine(
        dW=lambda x, dout, W: x.T @ dout / len(x))),
    ("the root", "a square", lambda: elementwise(np.square, lambda x, y: x)),
    ("number of elements", "the number of rows", wrong(
        lambda x: (x**3).mean(), lambda s, d: (d * 3 * s.x**2,), normal(3))),
    # an index that is none, and rows that are used twice and are wrong otherwise
    ("more than once", "", of_param(
        lambda i, W: W[i], lambda i, d, W: added_at(W, i, d[::-1]), normal(4, 3), PAIRS)),
    ("more than once", "", wrong(
        lambda x, t, W: loss_of_rows(x, W), loss_of_rows_backward, normal(6, 3), PAIRS,
        params=[normal(3, 3, seed=9)])),
    ("more than once", "", of_param(
        lambda i, W: W[i] * np.arange(1, 5)[:, None], lambda i, d, W: added_at(W, i, d),
        normal(4, 3), np.array([0, 0, 1, 1]))),
    ("wrong axis", "", of_param(
        lambda x, g: x * g[::-1], lambda x, d, g: (d * x).sum(0), G, X)),
    # ways that are left out
    ("leaves that out", "hands dout on", wrong(softmax, lambda s, d: (d,), X)),
    ("other rows", "", wrong(
        lambda x: np.sin(x[::-1]), lambda s, d: (d * np.cos(s.x),), normal(4, 2))),
    ("over the batch", "in other rows", wrong(
        lambda x: x + np.vstack([0 * x[:1], x[:-1]]), lambda s, d: (d,), PAIR)),
    ("over the batch", "in other rows", wrong(
        lambda x: x / np.exp(x).sum(), lambda s, d: (d * s.y,), X)),
    ("as a constant", "", wrong(
        softmax, lambda s, d: (d.cumsum(axis=1) * s.y,), normal(3, 2))),
    ("other rows", "the other outputs", wrong(
        lambda x: np.exp(x) / np.exp(x).sum(), lambda s, d: (d * s.y * (1 - s.y),), normal(5))),
    ("other rows", "hands dout on", wrong(flipped, lambda s, d: (d,), X)),
    ("other rows", "", attention(dk=lambda ds, q: ds @ q)),
    ("other rows", "product rule", wrong(
        lambda x: x @ x, lambda s, d: (d @ s.x.T,), normal(3, 3))),
    ("over the batch", "in other rows", wrong(
        lambda x: x + np.vstack([0 * x[:1], x[:-1]]), lambda s, d: (d,), X)),
    ("leaves that out", "", wrong(
        lambda x: softmax(x @ x.T) @ x, lambda s, d: (softmax(s.x @ s.x.T).T @ d * 2,), X)),
    ("of its row", "", wrong(
        lambda x: standardized(x, 1), lambda s, d: (
            (d - d.mean(0) - s.y * (d * s.y).mean(0)) / s.x.std(1, keepdims=True),), X)),
    ("a mean, or sum", "", lambda: elementwise(
        lambda x: x * 1.5, lambda x, y: np.array([[1], [2], [3]]))),
    # factors
    ("factor", "is negative", lambda: (AsReLU(), X)),
    ("factor", "is negative", lambda: elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: np.where(x > 0, 1, 0.01))),
    ("is positive", "", wrong(lambda x: relu(x) * np.arange(1, 5), lambda s, d: (
        d * (s.x > 0) * np.array([2, 3, 1, 7]),), X)),
    ("the size of", "a factor is missing: self.mask", lambda: (Dropped(), X)),
    ("should be the output", "", wrong(
        lambda x: np.tanh(x) * MASK, lambda s, d: (d * (1 - np.tanh(s.x) ** 2),), X)),
    ("factor", "", wrong(
        lambda x: np.tanh(x) * MASK, lambda s, d: (d * (1 - np.tanh(s.x) ** 2),), X)),
    ("factor", "", wrong(lambda x: x * x * MASK / 2, lambda s, d: (2 * d,), X)),
    ("factor", "", wrong(np.sin, lambda s, d: (d * np.cos(s.x) * s.x,), normal(1, 1))),
    ("factor", "", wrong(lambda x: x**3, lambda s, d: (
        d * 3 * s.x**2 * np.where(s.x > 20, s.x, 7),), np.linspace(1, 80, 80))),
    # a number that names no class
    ("for the class", "", wrong(lambda x, n: np.sin(x), lambda s, d: (
        d * np.cos(s.x) * (1 + (np.arange(12) % 5 == 0).reshape(3, 4) * [1, 1, 0, 0]),),
        X, np.array([0, 1, 9]))),
    # what dout does
    ("added", "not in proportion", wrong(
        np.sin, lambda s, d: (np.clip(d, -0.5, 0.5) * np.cos(s.x),), X)),
    ("added", "not in proportion", wrong(
        np.sin, lambda s, d: (d / np.linalg.norm(d) * np.cos(s.x),), X)),
    ("dout is not used", "not in proportion", wrong(
        np.exp, lambda s, d: (s.y * d * d / (d * d).sum(),), X)),
    ("only zeros", "not in proportion", wrong(
        np.exp, lambda s, d: (s.y * (abs(d) >= 0.9) * (d != 0) * (abs(d).sum() == 1),), X)),
    ("a constant factor", "not in proportion", wrong(
        lambda x: x.sum(0), lambda s, d: (np.median(d) + 0 * s.x,), normal(3, 3))),
    # formulas of other functions
    ("1 - y²", "", lambda: elementwise(np.sin, lambda x, y: 1 - x**2)),
    ("y (1 - y)", "", lambda: elementwise(np.sin, lambda x, y: x * (1 - x))),
    ("broadcasting", "the wrong element of dout", wrong(
        np.sin, lambda s, d: (d[::-1] * np.cos(s.x),), X)),
    ("wrong element", "", wrong(
        lambda x: x @ np.array([[1.0, 2], [3, 4]]),
        lambda s, d: (d @ np.array([[0.0, 5], [3, 2]]),), normal(3, 2))),
    ("broadcasting", "the wrong element of dout", wrong(
        lambda x: (x * x).sum(axis=1), lambda s, d: (2 * s.x * d[::-1, None],), normal(4, 3))),
    # two mistakes at once: nothing is sure
    ("Likely", "", wrong(np.tanh, lambda s, d: (-(d.T @ s.y.T @ s.x.T).T,), SQUARE)),
    ("Likely", "", lambda: affine(dW=lambda x, d, W: (x.T @ d / 4 + np.eye(4) * d.sum()))),
    ("Likely", "", of_param(
        np.multiply, lambda x, d, g: (d * x)[0] - d.sum(0), G, X)),
    ("Likely", "", wrong(
        lambda x: softmax(x) * x, lambda s, d: (d[:, ::-1] * softmax(s.x[::-1]) * s.x,), X)),
    ("Likely", "", wrong(
        lambda x: np.sin(x).sum(axis=2), lambda s, d: (d[..., None] * s.x**3,), CUBE)),
]  # fmt: skip


@pytest.mark.parametrize(("not_said", "said", "make"), NOT_SAID)
def test_what_it_is_not_is_not_said(not_said: str, said: str, make: Any) -> None:
    message = message_of(make)
    assert " should be " in message
    assert not_said not in message
    assert said in message


def evidence(x: Any, slopes: Any, says: Any, seed: int) -> Evidence:
    """Of an element-by-element layer with these slopes, and other ones in backward."""
    dout = numpy.random.default_rng([seed, 1]).normal(size=x.shape)
    return Evidence(
        name="input 0",
        p=x,
        inputs=[x],
        y=numpy.sin(x),
        dout=dout,
        said=says * dout,
        says=lambda d: says * d,
        jacobian=numpy.diag(slopes.ravel()),
        curved=numpy.zeros(x.shape, dtype=bool),
        others=dict,
        held={},
        with_transposed=dict,
        slopes_at=numpy.cos,
    )


def likely_of(shape: tuple[int, ...], factor: Callable[[Any, Any], Any]) -> list[str]:
    """What is said for fifty draws of x, where backward has a factor(x, rng) too many."""
    found = []
    for seed in range(50):
        rng = numpy.random.default_rng(seed)
        x = rng.normal(size=shape)
        found.append(
            mistakes.likely_mistake(evidence(x, numpy.cos(x), numpy.cos(x) * factor(x, rng), seed))
            or ""
        )
    return found


SHAPES = [(2, 2), (2, 3), (3, 2), (3, 4), (5,), (12,)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_place_that_chance_has_made_is_not_named(shape: tuple[int, ...]) -> None:
    last = np.arange(shape[-1]) >= shape[-1] - 1 - (len(shape) == 1)
    of_last = likely_of(shape, lambda x, rng: 1 + last)
    at_random = likely_of(shape, lambda x, rng: 1 + (rng.random(shape) > 0.5))
    of_zeros = likely_of(shape, lambda x, rng: 1.0 * (rng.random(shape) > 0.5))
    for words in (of_last, at_random, of_zeros):
        assert sum(" where " in text.split(";")[0] for text in words) <= 1
    assert not any("only in" in text for text in [*at_random, *of_zeros] if len(shape) != 2)


@pytest.mark.parametrize("shape", [(3, 4), (2, 2, 3)])
def test_a_place_that_is_one_is_named(shape: tuple[int, ...]) -> None:
    found = likely_of(shape, lambda x, rng: numpy.where(x > 0, 1, 2))
    assert sum("where input 0 is negative" in words for words in found) > 40
    found = likely_of(shape, lambda x, rng: numpy.where(x > 0.3, -1, 1))
    assert sum("where input 0 is above" in words for words in found) > 10


def test_a_line_may_be_a_region_as_well() -> None:
    """Rows 0 and 1 of numbers in order are those below 0."""
    x = np.linspace(-2, 2, 12).reshape(4, 3)
    message = message_of(lambda: (Wrong(lambda x: 2 * relu(x), lambda s, d: (2 * d,)), x))
    assert "wrong only in rows 0 and 1, which is also where input 0 is negative" in message
    assert "; where it is wrong it should be 0" in message


def test_columns_are_counted_up() -> None:
    factors = np.array([1.0, -2, -2, -2, -2, 1])
    message = message_of(
        lambda: (*elementwise(lambda x: x * 3, lambda x, y: 3 * factors)[:1], normal(3, 6))
    )
    assert "right only in columns 0 and 5" in message
    assert "there it is 2 times what was measured, with the wrong sign" in message


@pytest.mark.parametrize("ignored", [-100, -1])
def test_a_label_that_is_ignored(ignored: int) -> None:
    t = np.array([1, ignored, 2])

    def forward(x: Array, t: Array) -> Array:
        return -np.log(softmax(x)[t >= 0, t[t >= 0]]).sum()

    def backward(self: Any, dout: Array) -> tuple[Array]:
        return (dout * (softmax(self.x) - (t[:, None] == np.arange(4))),)

    assert "wrong only in row 1; where it is wrong it should be 0" in message_of(
        lambda: (Wrong(forward, backward), X, t)
    )


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
    """At the output, -0.7 of it, a logarithm is not a number; its own check raises."""

    def logarithm(x: Array) -> Array:
        if (x < 0).any():
            raise ValueError("below 0")
        return np.log(x)

    layer = Wrong(logarithm, lambda self, dout: (dout / (1 + self.x),))
    message = message_of(lambda: (layer, np.array([[0.5, 2.0, 3.0], [0.1, 5.0, 1.5]])))
    assert " should be " in message
    assert "Likely" not in message


def test_an_error_in_backward_says_which_it_was() -> None:
    message = message_of(lambda: (Returns(lambda s, d, W, dW: s.forgotten * d), X))
    assert "has no 'forgotten'.\nLikely mistake: forward has not kept self.forgotten" in message
    message = message_of(lambda: (Plain(), X))
    assert "raises AttributeError" in message
    assert "forward has not kept self.x" in message
    message = message_of(
        lambda: (Sequential(Tanh(), Returns(lambda s, d, W, dW: s.forgotten * d)), X)
    )
    assert "forward has not kept self.forgotten" in message
    message = message_of(lambda: (Returns(lambda s, d, W, dW: d * None), X))
    assert "backward raises TypeError: unsupported operand" in message
    assert "Likely" not in message


@pytest.mark.parametrize(
    "backward",
    [
        lambda s, d, W, dW: np.sqr(d),  # type: ignore[attr-defined]
        lambda s, d, W, dW: s.x.clipped(0),
        lambda s, d, W, dW: None.T,  # type: ignore[attr-defined]
        lambda s, d, W, dW: np.zeros((3, 2, 4)) * np.zeros(5),
        lambda s, d, W, dW: np.zeros((3, 2)) * np.zeros(4),
        lambda s, d, W, dW: np.dot(np.zeros((3, 2, 4)), np.zeros((3, 4))),
        lambda s, d, W, dW: np.dot(np.zeros((3, 2)), np.zeros((5, 4))),
        lambda s, d, W, dW: np.dot(np.zeros(3), np.zeros((4, 3))),
        lambda s, d, W, dW: np.copyto(dW, np.zeros((4, 3))),
        lambda s, d, W, dW: np.copyto(dW, np.zeros((2, 4))),
        lambda s, d, W, dW: np.copyto(dW, np.zeros(3)),
    ],
)
def test_an_error_that_may_have_many_causes_gets_none(backward: Any) -> None:
    message = message_of(lambda: (Returns(backward), X))
    assert "backward raises" in message
    assert "Likely" not in message


def test_a_column_is_needed_where_it_would_fit() -> None:
    message = message_of(lambda: (Returns(lambda s, d, W, dW: d * d.sum(axis=1)), X))
    assert "a column is needed" in message


def test_three_axes_are_not_transposed() -> None:
    """x.T turns all of them round: what is missing is a reshape."""

    class Deep(Returns):
        def forward(self, x: Array) -> Array:
            self.x = x
            return x @ self.params[0]

    message = message_of(lambda: (Deep(lambda s, d, W, dW: s.x.T @ d), CUBE))
    assert "raises ValueError" in message
    assert "Likely" not in message


def shape_evidence(p: Any, said: Any, measured: Any, rows: int) -> Evidence:
    x = numpy.zeros((rows, 4))
    known = evidence(numpy.ones(p), numpy.ones(p), numpy.ones(p), 0)
    jacobian = numpy.diag(numpy.ravel(measured))
    inputs = [x]
    return dataclasses.replace(
        known, said=said, jacobian=jacobian, inputs=inputs, dout=numpy.ones(p)
    )


V = normal(4)


@pytest.mark.parametrize(
    ("said", "measured", "rows", "words"),
    [
        (V[None], V, 3, "give them the shape of input 0: reshape(4,)"),
        (V[None], V, 1, "reshape(4,), or a sum over the rows (axis 0)"),
        (V[:, None], V, 1, "give them the shape of input 0: reshape(4,)"),
        (X, X.sum(axis=0), 3, "sum over the rows of the batch is missing"),
        (X.T, X.sum(axis=0), 3, "the sum over axis 1 is missing"),
        (X.T, X.T.sum(axis=0), 3, "the sum over axis 0 is missing"),
        (X.T, X.T.sum(axis=1, keepdims=True), 3, "the sum over axis 1 is missing"),
        (CUBE, CUBE.sum(axis=(0, 1)), 2, "the sum over axis 0, 1 is missing"),
        (X.T, X, 3, "it is transposed"),
        (np.outer(V, V), (V * V)[:, None], 4, "keepdims=True"),
        (np.outer(V, V), V[:, None], 4, None),
        (np.outer(V, V)[:, :3], V[:, None], 4, None),
        (np.outer(V, [*V, 1]), (V * V)[:, None], 4, None),
    ],
)  # fmt: skip
def test_another_shape(said: Any, measured: Any, rows: int, words: str | None) -> None:
    found = shape_of(shape_evidence(measured.shape, said, measured, rows))
    assert found is None if words is None else words in str(found)
    assert not words or not words.endswith("reshape(4,)") or str(found).endswith(words)


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
        "global_average": "everything is 4 times what was measured; 4 is also the length of axis 2",
    },
    "broken_4": {
        "tanh": "1 - y² is written with the input",
        "softmax": "the other outputs of its row",
        "affine": "not add to it",
        "embedding": "more than once",
        "batch_norm": "a spread, a norm",
        "softmax_cross_entropy": "4 is also the number of rows",
        "multiply": "exchanged",
        "row_max": "are left out",
        "rnn": "are left out",
        "overlapping_pool": "are left out",
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


@pytest.mark.parametrize("name", ["right_1", "right_2", "right_3", "right_4"])
def test_right_layers_of_others_pass(name: str) -> None:
    layers = layers_in(name)
    assert len(layers) == 10
    for make in layers.values():
        layer, *inputs = make()
        assert check_gradients(layer, *inputs) < 1e-6
