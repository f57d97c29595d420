"""The maths that layers are made of, on plain arrays: nothing here remembers anything.

They are exact for large inputs, too, and raise no warning there; what is smaller than the dtype's
smallest normal number may come out as 0. The usual first attempts are not: `exp(x)` in a softmax
overflows at x = 1000, and `log(softmax(x))` is log(0) as soon as one score leads by 800.
"""

from typing import Any

import numpy

from common import config
from common.checks import (
    are_indices,
    check_array,
    check_binary_labels,
    check_finite,
    check_label_form,
    check_labels,
    check_not_empty,
    check_probabilities,
    has_one_score,
)
from common.errors import DTypeError, LabelError, ShapeError
from common.fused import fused
from common.np import Array, np


@fused
def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


@numpy.errstate(over="ignore")  # exp(1e4) is inf, and 1 / inf the 0 that is wanted
def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), element by element: between 0 and 1.

    >>> sigmoid(np.array([-1e4, 0.0, 1e4]))
    array([0. , 0.5, 1. ])
    """
    check_array("sigmoid", "x", x)
    return _sigmoid(floats(x))


@fused
def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu(x: Array) -> Array:
    """max(x, 0), element by element.

    >>> relu(np.array([-2.0, 3.0]))
    array([0., 3.])
    """
    check_array("relu", "x", x)
    return _relu(x)


def log_softmax(x: Array) -> Array:
    """log(exp(x_i) / Σ_j exp(x_j)) along the last axis, without the detour over softmax.

    = x_i - m - log Σ_j exp(x_j - m) for any m; with the row's maximum as m no exp overflows and
    the sum is at least 1.

    >>> log_softmax(np.array([[1000.0, 0.0]]))
    array([[    0., -1000.]])
    """
    check_not_empty("log_softmax", "x", x)
    x = floats(x)
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def softmax(x: Array) -> Array:
    """exp(x_i) / Σ_j exp(x_j) along the last axis: each row becomes a distribution.

    Adding a number to a row changes nothing, so the row's maximum is taken away first.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    check_not_empty("softmax", "x", x)
    x = floats(x)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy_error(y: Array, t: Array) -> Array:
    """-(1/N) Σ_n log y[n, t_n]: how surprised the probabilities y are by the truth t.

    y: (N, C) probabilities, or (C,) for one example. t: class numbers (N,), or distributions
    (N, C), for which it is -(1/N) Σ_n Σ_c t[n, c] log y[n, c].

    A probability of 0 for what is true gives inf. That is the right answer, so no small number
    is added inside the log; to train, use `SoftmaxWithLoss`, which works on scores and never
    gets there.

    >>> y = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
    >>> float(cross_entropy_error(y, np.array([0, 2])))
    0.34657359027997264
    """
    check_not_empty("cross_entropy_error", "y", y)
    if y.ndim not in (1, 2) or y.shape[-1] == 1:
        raise ShapeError(
            f"cross_entropy_error: y must have shape (N, C) or (C,), C at least 2, got {y.shape}"
        )
    y = check_probabilities("cross_entropy_error", y)
    y = check_labels("cross_entropy_error", y, t)
    if y.ndim == 1:
        y, t = y[None], t[None]
    with numpy.errstate(divide="ignore"):  # log(0) = -inf is meant
        if are_indices(y, t):
            return mean_surprise(np.log(y), t)
        # What t gives no weight must not weigh, not even where y is 0: 0 · inf.
        return mean_surprise(np.log(np.where(t > 0, y, 1)), t)


def mean_surprise(log_y: Array, t: Array) -> Array:
    """-(1/N) Σ_n log_y[n, t_n], or -(1/N) Σ_n Σ_c t[n, c] log_y[n, c]: t as in the losses."""
    if t.ndim < log_y.ndim:
        return log_y[np.arange(len(t)), t].sum() / -len(t)
    return inner(t.astype(log_y.dtype, copy=False), log_y) / -len(t)


def inner(a: Array, b: Any) -> Any:
    """Σ a · b over all elements of two arrays of one shape.

    For few elements in one call. For many NumPy's own sum, which adds up in pairs: one after
    another, a million float32 numbers are off in the fourth digit.

    >>> float(inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    if a.size <= 2**12:
        return np.vdot(a, b)
    return (a * b).sum()


def floats(x: Array) -> Array:
    """x as floats: whole numbers would wrap around below 0, or above the largest."""
    return x if x.dtype.kind == "f" else 1.0 * x


def predicted_classes(y: Array) -> Array:
    """The class of each row of y: where its largest score is; (N, C) gives (N,).

    Of two classes that share one score a row, (N,) or (N, 1): 1 where it is above 0, else 0, as
    `SigmoidWithLoss` has it.

    >>> predicted_classes(np.array([[0.1, 0.9], [0.8, 0.2]]))
    array([1, 0])
    >>> predicted_classes(np.array([[2.0], [-3.0]]))
    array([1, 0])
    """
    return _classes("predicted_classes", y)


def _classes(who: str, y: Array) -> Array:
    check_not_empty(who, "y", y)
    if y.ndim not in (1, 2):
        raise ShapeError(f"{who}: y must have shape (N, C) or (N,), got {y.shape}")
    if y.ndim == 1 and y.dtype.kind != "f":
        raise DTypeError(
            f"{who}: y must hold scores, got whole numbers {y.shape}. If they are classes already, "
            f"compare them: (y == t).mean()"
        )
    if has_one_score(y):
        return (y.reshape(-1) > 0).astype(np.int64)
    return y.argmax(axis=1)


def target_classes(t: Array) -> Array:
    """The class that each row of t names: the largest of (N, C), the whole number near one of (N,).

    >>> target_classes(np.array([[0.1, 0.9], [0.8, 0.2]]))
    array([1, 0])
    >>> target_classes(np.array([0.9, 0.2]))
    array([1, 0])
    """
    check_not_empty("target_classes", "t", t)
    if t.ndim not in (1, 2):
        raise ShapeError(f"target_classes: t must have shape (N, C) or (N,), got {t.shape}")
    if not config.GPU:  # where to look would be to wait
        check_finite("target_classes", "t", t)
    if has_one_score(t):
        return np.floor(t.reshape(-1) + 0.5).astype(np.int64)
    return t.argmax(axis=1)


def accuracy(y: Array, t: Array) -> Array:
    """The share of rows whose class, as `predicted_classes` has it, is that of the target.

    y: (N, C) scores and t: class numbers (N,), or distributions (N, C), whose largest counts. Or
    one score a row, (N,) or (N, 1), and t of as many numbers, where 1 is at least 0.5. A row of y
    with a NaN is never right.

    >>> float(accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1])))
    0.5
    """
    predicted = _classes("accuracy", y)
    check_array("accuracy", "t", t)
    if has_one_score(y) and t.size == y.size:
        check_binary_labels("accuracy", t, t)
    elif has_one_score(y):
        raise LabelError(f"accuracy: t must hold {y.size} labels, got shape {t.shape}")
    elif are_indices(y, t):
        check_labels("accuracy", y, t)
    else:
        check_label_form("accuracy", y, t)
    are_numbers = ~np.isnan(y).reshape(len(y), -1).any(axis=1)
    return ((predicted == target_classes(t)) & are_numbers).mean()
