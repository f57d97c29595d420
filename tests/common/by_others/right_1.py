"""Ten right layers, each made by a function that returns the layer and its inputs."""

import numpy as np

from common.layers import Layer


def rng(seed):
    """Random numbers with a fixed seed."""
    return np.random.default_rng(seed)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


class Softsign(Layer):
    """y = x / (1 + |x|)."""

    def forward(self, x):
        self.x = x
        return x / (1 + abs(x))

    def backward(self, dout):
        return dout / (1 + abs(self.x)) ** 2


def softsign():
    """An elementwise activation."""
    return Softsign(), rng(0).normal(size=(3, 4))


class PReLU(Layer):
    """y[n, d] = x[n, d] where it is positive, and a[d] · x[n, d] elsewhere."""

    def __init__(self, size):
        super().__init__(np.full(size, 0.25, dtype="float32"))

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.params[0] * x)

    def backward(self, dout):
        negative = np.minimum(self.x, 0)
        self.grads[0][...] = (dout * negative).sum(axis=0)
        return np.where(self.x > 0, dout, self.params[0] * dout)


def prelu():
    """An activation with a learned slope for each column."""
    size = rng(1).uniform(0.3, 1.5, size=(4, 3))
    sign = np.array([[1, -1, 1], [-1, 1, -1], [-1, -1, 1], [1, -1, -1]])
    return PReLU(3), sign * size


class RMSNorm(Layer):
    """y = g · x / r, with r = sqrt(mean of x² in the row + eps)."""

    def __init__(self, gain):
        super().__init__(gain)

    def forward(self, x):
        self.r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
        self.x_hat = x / self.r
        return self.params[0] * self.x_hat

    def backward(self, dout):
        self.grads[0][...] = (dout * self.x_hat).sum(axis=0)
        d = dout * self.params[0]
        along = (d * self.x_hat).mean(axis=-1, keepdims=True)
        return (d - self.x_hat * along) / self.r


def rms_norm():
    """A normalisation, row by row, with a learned gain."""
    return RMSNorm(rng(2).uniform(0.5, 1.5, size=5)), rng(3).normal(size=(4, 5))


class Embedding(Layer):
    """y[n, t] = W[ids[n, t]], a row of W for each whole number."""

    def __init__(self, W):
        super().__init__(W)

    def forward(self, ids):
        self.ids = ids
        return self.params[0][ids]

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        np.add.at(dW, self.ids, dout)
        # Whole numbers have no gradient.


def embedding():
    """Whole numbers as input, some of them more than once, and one row of W never."""
    return Embedding(rng(4).normal(size=(5, 3))), np.array([[0, 2, 2, 4], [4, 2, 0, 1]])


class SoftmaxCrossEntropy(Layer):
    """L = mean over n of -log softmax(x)[n, t[n]]."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.p[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
        n = len(self.t)
        dx = self.p.copy()
        dx[np.arange(n), self.t] -= 1
        return dout * dx / n


def softmax_cross_entropy():
    """A loss of scores and classes."""
    return SoftmaxCrossEntropy(), rng(5).normal(size=(4, 3)), np.array([2, 0, 1, 2])


class GLU(Layer):
    """y = a · sigmoid(z), where a and z are the left and the right half of x."""

    def forward(self, x):
        self.a, z = np.split(x, 2, axis=1)
        self.s = sigmoid(z)
        return self.a * self.s

    def backward(self, dout):
        a, s = self.a, self.s
        return np.concatenate([dout * s, dout * a * s * (1 - s)], axis=1)


def glu():
    """A gate that is a half of its input."""
    return GLU(), rng(6).normal(size=(3, 6))


class LogSoftmax(Layer):
    """y = x - log(sum of exp(x)), along the last axis."""

    def forward(self, x):
        shifted = x - x.max(axis=-1, keepdims=True)
        self.y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return self.y

    def backward(self, dout):
        return dout - np.exp(self.y) * dout.sum(axis=-1, keepdims=True)


def log_softmax():
    """Along the last of three axes."""
    return LogSoftmax(), rng(7).normal(size=(2, 3, 4))


class MaxPool:
    """y[n, c, i, j] = the largest of the 2 x 2 pixels at (2i, 2j) of x[n, c]."""

    def __init__(self):
        self.params, self.grads = [], []

    def forward(self, x):
        n, c, h, w = self.shape = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        windows = windows.reshape(n, c, h // 2, w // 2, 4)
        self.winner = windows.argmax(axis=-1)
        return windows.max(axis=-1)

    def backward(self, dout):
        n, c, h, w = self.shape
        d = dout[..., None] * (self.winner[..., None] == np.arange(4))
        d = d.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        return d.reshape(n, c, h, w)


def max_pool():
    """Images, no two pixels of which are close to each other."""
    return MaxPool(), rng(8).permutation(64).reshape(2, 2, 4, 4) / 16.0


class TimeAffine:
    """y[n, t] = x[n, t] · W + b, the same W and b at all times t."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]
        self.x = None

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.dot(x, W) + b

    def backward(self, dout):
        W, _ = self.params
        rows, drows = self.x.reshape(-1, W.shape[0]), dout.reshape(-1, W.shape[1])
        self.grads[0][...] = np.dot(rows.T, drows)
        self.grads[1][...] = drows.sum(axis=0)
        return np.dot(dout, W.T)


def time_affine():
    """Weights, in a plain class as in the book."""
    W, b = rng(9).normal(size=(4, 3)), rng(10).normal(size=3)
    return TimeAffine(W, b), rng(11).normal(size=(2, 5, 4))


class AddRow(Layer):
    """y[n, d] = x[n, d] + v[d], two inputs."""

    def forward(self, x, v):
        return x + v

    def backward(self, dout):
        return dout, dout.sum(axis=0)


def add_row():
    """Two inputs of floats, the second of which is broadcast."""
    return AddRow(), rng(12).normal(size=(4, 3)), rng(13).normal(size=3)
