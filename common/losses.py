"""The losses: the last layer of a network, which turns its scores into one number.

A loss has two inputs, scores x and targets t. `backward` starts the chain of derivatives: it
needs no gradient from above (`dout=1`) and returns dL/dx; t is given, not learned.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from common import config
from common.base import Layer, layers_of, mode
from common.checks import (
    are_indices,
    check_choice,
    check_label_form,
    check_labels,
    check_loss_gradient,
    check_not_empty,
    check_shape,
    name_of,
)
from common.errors import LabelError, ShapeError
from common.functions import floats, inner, log_softmax, mean_surprise, sigmoid
from common.np import Array, np


class SoftmaxWithLoss(Layer):
    """Softmax and cross-entropy in one: L = -(1/N) Σ_n log softmax(x)[n, t_n].

    x: (N, C) scores (logits). t: class numbers (N,), or distributions (N, C), one-hot rows among
    them, for which L = -(1/N) Σ_n Σ_c t[n, c] log softmax(x)[n, c].

    The two are one layer because their derivatives together are simpler, and safer, than
    apart: dL/dx = (softmax(x) - t) / N. Nothing is divided by a probability that may be 0.

    Source: Deep Learning from Scratch 2, section 1.3; document section 1.3.1.

    >>> float(SoftmaxWithLoss().forward(np.array([[1e4, 0.0, 0.0]]), np.array([1])))
    10000.0
    """

    checks_values = True  # whether forward looks at the labels; see `values_checked`

    def forward(self, x: Array, t: Array) -> Array:
        check_not_empty(self, "x", x)
        if x.ndim != 2:
            raise ShapeError(f"{name_of(self)}: x must have shape (N, C), got {x.shape}")
        self.check_labels(x, t) if self.checks_values else check_label_form(self, x, t)
        self.log_y = log_softmax(x)
        self.t = t if are_indices(x, t) else t.astype(self.log_y.dtype, copy=False)
        return mean_surprise(self.log_y, self.t)

    def backward(self, dout: float | Array = 1) -> Array:
        dout = check_loss_gradient(self, dout)
        t, dx = self.t, np.exp(self.log_y)
        if are_indices(dx, t):
            dx[np.arange(len(t)), t] -= 1
        else:
            dx -= t
        dx *= dout / len(t)
        return dx

    def check_labels(self, x: Array, t: Array) -> None:
        """Raises if t cannot be the labels of scores of x's shape."""
        check_labels(self, x, t)


class SigmoidWithLoss(Layer):
    """Sigmoid and binary cross-entropy in one: L = -mean(t log y + (1 - t) log(1 - y)).

    y = sigmoid(x). x: any shape, scores. t: the same shape, each between 0 and 1. With
    log y = -log(1 + exp(-x)) the sum becomes max(x, 0) - x t + log(1 + exp(-|x|)), which is
    exact for scores of any size. dL/dx = (y - t) / (number of scores).

    Source: Deep Learning from Scratch 2, section 4.2.

    >>> float(SigmoidWithLoss().forward(np.array([-1e4]), np.array([1])))
    10000.0
    """

    checks_values = True

    def forward(self, x: Array, t: Array) -> Array:
        check_not_empty(self, "x", x)
        check_shape(self, "t", t, x.shape)
        if self.checks_values:
            self.check_labels(x, t)
        x = floats(x)
        self.x, self.t = x, t.astype(x.dtype, copy=False)
        e = np.exp(np.minimum(x, -x))  # exp(-|x|), which cannot overflow
        return (np.maximum(x, 0) - x * self.t + np.log1p(e)).mean()

    def backward(self, dout: float | Array = 1) -> Array:
        dout = check_loss_gradient(self, dout)
        dx = sigmoid(self.x) - self.t
        dx *= dout / dx.size
        return dx

    def check_labels(self, x: Array, t: Array) -> None:
        """Raises if t cannot be the labels of scores of x's shape."""
        check_shape(self, "t", t, x.shape)
        outside = ~((t >= 0) & (t <= 1))
        if bool(outside.any()):
            raise LabelError(f"{name_of(self)}: t must lie between 0 and 1, got {t[outside][0]}")


class MSELoss(Layer):
    """Mean squared error: L = mean((y - t)²), or the sum with reduction='sum'.

    y, t: the same shape, any. dL/dy = 2 (y - t), divided by their number for the mean.

    >>> float(MSELoss(reduction="sum").forward(np.array([1.0, 5.0]), np.array([0.0, 3.0])))
    5.0
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = check_choice(self, "reduction", reduction, ("mean", "sum"))

    def forward(self, y: Array, t: Array) -> Array:
        check_not_empty(self, "y", y)
        check_shape(self, "t", t, y.shape)
        check_not_empty(self, "t", t)
        self.diff = (y if y.dtype.kind == "f" else y.astype(config.dtype)) - t
        self.count = y.size if self.reduction == "mean" else 1
        return inner(self.diff, self.diff) / self.count

    def backward(self, dout: float | Array = 1) -> Array:
        dout = check_loss_gradient(self, dout)
        return np.multiply(self.diff, 2 * dout / self.count, dtype=self.diff.dtype)


@contextmanager
def values_checked(network: Any, data: Iterable[tuple[Array, Array]]) -> Iterator[None]:
    """Checks all labels and indices of the data sets (x, t) now; in the block, layers trust them.

    A check at each step would cost a tenth of a small step, and on a GPU a wait. A network with
    several losses is left to check for itself: nobody knows which of them t is for.
    """
    parts: list[Any] = [part for part in layers_of(network) if hasattr(part, "checks_values")]
    losses = [part for part in parts if hasattr(part, "check_labels")]
    trusting = parts if len(losses) <= 1 else []
    for x, t in data if trusting else ():
        # One row shows the shape of the scores; an Embedding must look at the indices in all.
        rows = x[:1] if trusting == losses else x
        with mode(network, training=False):
            scores = [network.predict(rows[i : i + 1000])[:1] for i in range(0, len(rows), 1000)]
        if losses:
            losses[0].check_labels(np.broadcast_to(scores[0], (len(x), *scores[0].shape[1:])), t)
    before = [part.checks_values for part in trusting]
    for part in trusting:
        part.checks_values = False
    try:
        yield
    finally:
        for part, checked in zip(trusting, before, strict=True):
            part.checks_values = checked
