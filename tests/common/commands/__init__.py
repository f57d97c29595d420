"""Tests of `python -m common`, and what they share."""

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.figure import Figure

from common import script

LAYERS = """
import numpy
from common.autograd import Parameter, Tensor, no_grad
from common.layers import *
from common.losses import *
from common.module import Module
from common.np import np
from common.optimizer import SGD
rng = numpy.random.default_rng(0)
"""

PLAIN = """
class Plain:
    def __init__(self):
        self.params, self.grads = [np.ones(4)], [np.zeros(4)]
    def forward(self, x):
        self.x = x
        return x * self.params[0]
    def backward(self, dout):
        self.grads[0][...] = (dout * self.x).sum(axis=0)
        return dout * self.params[0]
class Net(Module):
    def __init__(self): self.w, self.layer = Parameter(np.ones((3, 2))), Linear(2, 2)
    def forward(self, x): return self.layer(x @ self.w)
class Log(Layer):
    def forward(self, x):
        self.x = x
        return np.log(x)
    def backward(self, dout): return dout / self.x
class ByNumber(Layer):
    def forward(self, x, t):
        self.t, self.shape = t, x.shape
        return -x[np.arange(len(x)), t].sum()
    def backward(self, dout=1):
        dx = np.zeros(self.shape)
        dx[np.arange(len(dx)), self.t] = -dout
        return dx
class ByRow(ByNumber):
    def forward(self, x, t):
        if t.dtype.kind != "i": raise TypeError("t must be one-hot")
        return super().forward(x, t.argmax(axis=1))
class Recurrent(Layer):
    def __init__(self):
        super().__init__(rng.normal(size=(2, 5)), rng.normal(size=(5, 5)))
    def forward(self, x, h):
        W, V = self.params
        self.x, self.h = x, h
        return x @ W + h @ V
    def backward(self, dout):
        for grad, x in zip(self.grads, (self.x, self.h)): grad[...] = x.T @ dout
        return dout @ self.params[0].T, dout @ self.params[1].T
class Product(Layer):
    def forward(self, a, b):
        self.a, self.b = a, b
        if a.ndim < 2: raise ValueError("matrices")
        return a @ b
    def backward(self, dout): return dout @ self.b.T, self.a.T @ dout
class Images(Layer):
    def __init__(self): super().__init__(np.ones((1, 5, 1, 1)))
    def forward(self, x):
        N, C, H, W = x.shape
        self.x = x
        return x * self.params[0]
    def backward(self, dout):
        self.grads[0][...] = (dout * self.x).sum(axis=(0, 2, 3), keepdims=True)
        return dout * self.params[0]
class Sentences(Layer):
    def forward(self, x):
        N, T, D = x.shape
        return 2 * x
    def backward(self, dout): return 2 * dout
class Sum(Layer):
    def forward(self, *xs):
        self.xs = xs
        return sum(xs)
    def backward(self, dout): return tuple(dout for _ in self.xs)
class Binary(SigmoidWithLoss):
    def forward(self, x, t):
        if x.ndim > 1 or t.dtype.kind != "i": raise ValueError("one score a row")
        return super().forward(x, t)
def linear(): return Linear(2, 5)
def embedding(): return Embedding(np.ones((2, 5)))
def batch_norm(): return BatchNorm(5)
class Gain(Layer):
    def __init__(self): super().__init__(np.ones((1, 5)))
    def forward(self, x):
        self.x = x
        return x * self.params[0]
    def backward(self, dout):
        self.grads[0][...] = (dout * self.x).sum(axis=0)
        return dout * self.params[0]
class Fit(Layer):
    def __init__(self): super().__init__(np.ones((2, 1)))
    def forward(self, x, t):
        self.x, self.diff = x, x @ self.params[0] - t
        return (self.diff * self.diff).sum()
    def backward(self, dout=1):
        self.grads[0][...] = self.x.T @ (2 * dout * self.diff)
        return 2 * dout * self.diff @ self.params[0].T
def narrow(): return Linear(1, 5)
def stack(): return Sequential(Linear(6, 5), ReLU(), Linear(5, 2))
ready = ReLU()
"""


class Result(NamedTuple):
    """What a command has printed, and the code with which it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]
Write = Callable[..., str]


def refused(result: Result, *said: str, lines: int | None = 1) -> None:
    """It ended with 2, and one line on stderr that says why; several, if they show a file."""
    assert result.code == 2
    assert "Traceback" not in result.err
    assert lines is None or result.err.count("\n") == lines
    for text in said:
        assert text in result.err


class Silent(script.Screen):
    def show(self, figure: Figure, name: str, alt: str) -> None:
        """No file."""
