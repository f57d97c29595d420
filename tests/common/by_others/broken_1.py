"""Ten broken layers, each made by a function that returns the layer and its inputs."""

import numpy as np

from common.layers import Layer


def rng(seed):
    """Random numbers with a fixed seed."""
    return np.random.default_rng(seed)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


class ELU(Layer):
    """y = x where it is positive, and exp(x) - 1 elsewhere."""

    def forward(self, x):
        self.negative = x < 0
        x[self.negative] = np.exp(x[self.negative]) - 1
        self.y = x
        return x

    def backward(self, dout):
        return dout * np.where(self.negative, self.y + 1, 1)


def elu():
    """Forward computes in place, so it overwrites the input that it was given."""
    size = rng(0).uniform(0.3, 1.5, size=(3, 4))
    sign = np.array([[1, -1, 1, -1], [-1, -1, 1, 1], [1, 1, -1, -1]])
    return ELU(), sign * size


class Affine:
    """y = x · W + b."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.dot(x, W) + b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = dout.sum(axis=0)
        return np.dot(dout, self.params[0].T)


def affine():
    """The gradients are right but stay in self.dW and self.db, so those in grads remain 0."""
    W, b = rng(1).normal(size=(4, 3)), rng(2).normal(size=3)
    return Affine(W, b), rng(3).normal(size=(5, 4))


class ChannelBias(Layer):
    """y[n, c, i, j] = x[n, c, i, j] + b[c]."""

    def __init__(self, b):
        super().__init__(b)

    def forward(self, x):
        return x + self.params[0][:, None, None]

    def backward(self, dout):
        self.grads[0][...] = dout.sum()
        return dout


def channel_bias():
    """The sum for the bias runs over the channels as well, so each of them gets the total."""
    return ChannelBias(rng(4).normal(size=3)), rng(5).normal(size=(2, 3, 2, 2))


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
        dW[self.ids] += dout
        # Whole numbers have no gradient.


def embedding():
    """A word that comes twice gets the gradient of its last place only, not the sum."""
    return Embedding(rng(6).normal(size=(5, 3))), np.array([[0, 2, 3], [2, 4, 0]])


class LayerNorm(Layer):
    """y = g · x_hat + b, with x_hat = (x - mean) / std, row by row."""

    def __init__(self, g, b):
        super().__init__(g, b)

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        self.x_hat = (x - x.mean(axis=-1, keepdims=True)) / self.std
        return self.params[0] * self.x_hat + self.params[1]

    def backward(self, dout):
        self.grads[0][...] = (dout * self.x_hat).sum(axis=0)
        self.grads[1][...] = dout.sum(axis=0)
        d = dout * self.params[0]
        return (d - d.mean(axis=-1, keepdims=True)) / self.std


def layer_norm():
    """Backward follows x through the mean, but takes the standard deviation for a constant."""
    g, b = rng(7).uniform(0.5, 1.5, size=5), rng(8).normal(size=5)
    return LayerNorm(g, b), rng(9).normal(size=(4, 5))


class SoftmaxCrossEntropy(Layer):
    """L = mean over n of -log softmax(x)[n, t[n]]."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.p[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
        n = len(self.t)
        dx = self.p
        dx[np.arange(n), self.t] -= 1
        return dout * dx / n


def softmax_cross_entropy():
    """dx is no copy of the kept p, so a second backward subtracts the 1 once more."""
    return SoftmaxCrossEntropy(), rng(10).normal(size=(4, 3)), np.array([1, 0, 2, 2])


class HingeLoss:
    """L = mean over n of the sum over c != t of max(0, x[n, c] - x[n, t] + 1)."""

    def __init__(self):
        self.params, self.grads = [], []

    def forward(self, x, t):
        self.rows, self.t = np.arange(len(t)), t
        self.margins = np.maximum(0, x - x[self.rows, t][:, None] + 1)
        self.margins[self.rows, t] = 0
        return self.margins.sum() / len(t)

    def backward(self, dout=1):
        dx = np.where(self.margins > 0, 1.0, 0.0)
        dx[self.rows, self.t] = -1
        return dout * dx / len(self.t)


def hinge_loss():
    """The right class gets -1, where it should get -1 for each class that is too close to it."""
    x = np.array([[0.3, 1.1, -0.4, 0.9], [2.2, 0.5, 1.6, -0.3], [-0.2, 0.4, 0.1, 0.7]])
    return HingeLoss(), x, np.array([0, 2, 1])


class Softmax(Layer):
    """y = exp(x) / sum of exp(x), row by row."""

    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.y = e / e.sum(axis=-1, keepdims=True)
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)


def softmax():
    """It is the derivative of a sigmoid: how each x changes the other outputs is missing."""
    return Softmax(), rng(11).normal(size=(3, 4))


class AveragePool(Layer):
    """y[n, c, i] = (x[n, c, 2i] + x[n, c, 2i + 1]) / 2."""

    def forward(self, x):
        n, c, length = x.shape
        return x.reshape(n, c, length // 2, 2).mean(axis=-1)

    def backward(self, dout):
        return np.tile(dout, 2) / 2


def average_pool():
    """np.tile stands for np.repeat, so the gradients go back to the wrong places."""
    return AveragePool(), rng(12).normal(size=(2, 3, 6))


class Gate(Layer):
    """y[n, d] = x[n, d] · sigmoid(z[n, 0]), one gate for each row."""

    def forward(self, x, z):
        self.x, self.s = x, sigmoid(z)
        return x * self.s

    def backward(self, dout):
        x, s = self.x, self.s
        ds = (dout * x).sum(axis=1)
        return dout * s, ds * s * (1 - s)


def gate():
    """keepdims is missing in the sum, so the gradient of z is broadcast to (N, N) from (N, 1)."""
    return Gate(), rng(13).normal(size=(4, 3)), rng(14).normal(size=(4, 1))
