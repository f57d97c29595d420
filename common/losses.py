"""The losses: the last layer of a network, which turns its scores into one number.

A loss has two inputs, scores x and targets t. `backward` starts the chain of derivatives: it
needs no gradient from above (`dout=1`) and returns dL/dx; t is given, not learned. Labels that
cannot be raise a LabelError; on a GPU, where nobody waits to look, they make the loss NaN.
"""

from typing import Any

from common.base import Layer
from common.checks import (
    Setting,
    check_array,
    check_binary_labels,
    check_choice,
    check_labels,
    check_loss_gradient,
    check_not_empty,
    name_of,
)
from common.errors import ShapeError
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

    def forward(self, x: Array, t: Array) -> Array:
        self.log_y, self.t = log_softmax(self.check_targets(x, t)), t
        return mean_surprise(self.log_y, t)

    def check_targets(self, x: Array, t: Array) -> Array:
        """The scores x, once their targets t are known to be some."""
        check_not_empty(self, "x", x)
        if x.ndim != 2 or x.shape[1] == 1:
            raise ShapeError(
                f"{name_of(self)}: x must have shape (N, C), C at least 2, got {x.shape}. For "
                f"one score a row there is SigmoidWithLoss."
            )
        return check_labels(self, x, t)

    def backward(self, dout: float | Array = 1) -> Array:
        dout = check_loss_gradient(self, dout)
        t, dx = self.t, np.exp(self.log_y)
        if t.ndim == 1:
            dx[np.arange(len(t)), t] -= 1
        else:
            dx -= t
        dx *= dout / len(t)
        return dx


class SigmoidWithLoss(Layer):
    """Sigmoid and binary cross-entropy in one: L = -mean(t log y + (1 - t) log(1 - y)).

    y = sigmoid(x). x: any shape, scores. t: the same shape, each between 0 and 1. With
    log y = -log(1 + exp(-x)) the sum becomes max(x, 0) - x t + log(1 + exp(-|x|)), which is
    exact for scores of any size. dL/dx = (y - t) / (number of scores).

    Source: Deep Learning from Scratch 2, section 4.2.

    >>> float(SigmoidWithLoss().forward(np.array([-1e4]), np.array([1])))
    10000.0
    """

    def forward(self, x: Array, t: Array) -> Array:
        x = floats(self.check_targets(x, t))
        self.x, self.t = x, t.astype(x.dtype, copy=False)
        e = np.exp(np.minimum(x, -x))  # exp(-|x|), which cannot overflow
        return (np.maximum(x, 0) - x * self.t + np.log1p(e)).mean()

    def check_targets(self, x: Array, t: Array) -> Array:
        """The scores x, once their targets t are known to be some."""
        check_not_empty(self, "x", x)
        check_array(self, "t", t, x.shape)
        return check_binary_labels(self, x, t)

    def backward(self, dout: float | Array = 1) -> Array:
        dout = check_loss_gradient(self, dout)
        dx = sigmoid(self.x) - self.t
        dx *= dout / dx.size
        return dx


class MSELoss(Layer):
    """Mean squared error: L = mean((y - t)²), or the sum with reduction='sum'.

    y, t: the same shape, any. dL/dy = 2 (y - t), divided by their number for the mean.

    >>> float(MSELoss(reduction="sum").forward(np.array([1.0, 5.0]), np.array([0.0, 3.0])))
    5.0
    """

    reduction: Any = Setting(check_choice, choices=("mean", "sum"))

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, y: Array, t: Array) -> Array:
        y = floats(self.check_targets(y, t))
        self.diff = y - t.astype(y.dtype, copy=False)
        self.count = y.size if self.reduction == "mean" else 1
        return inner(self.diff, self.diff) / self.count

    def check_targets(self, y: Array, t: Array) -> Array:
        """The output y, once its targets t are known to be some."""
        check_not_empty(self, "y", y)
        check_array(self, "t", t, y.shape)
        return y

    def backward(self, dout: float | Array = 1) -> Array:
        dout = check_loss_gradient(self, dout)
        return np.multiply(self.diff, 2 * dout / self.count, dtype=self.diff.dtype)


LOSSES = SoftmaxWithLoss, SigmoidWithLoss, MSELoss
