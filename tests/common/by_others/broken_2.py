"""Ten layers with a mistake each."""

import numpy as np

from common.layers import Layer


def rng(seed):
    """A generator of random numbers with a fixed seed."""
    return np.random.default_rng(seed)


class Arctan(Layer):
    """y = arctan(x)."""

    def forward(self, x):
        self.x = x
        return np.arctan(x)

    def backward(self, dout):
        return 1 / (1 + self.x**2)


class Tanh(Layer):
    """y = tanh(x)."""

    def forward(self, x):
        self.x = x
        return np.tanh(x)

    def backward(self, dout):
        return dout * (1 - self.x**2)


class Scale:
    """y[n, d] = x[n, d] · g[d]."""

    def __init__(self, g):
        self.params = [g]
        self.grads = [np.zeros_like(g)]

    def forward(self, x):
        self.x = x
        return x * self.params[0]

    def backward(self, dout):
        self.grads[0] = (dout * self.x).sum(axis=0)
        return dout * self.params[0]


class Hidden(Layer):
    """y = x W + b."""

    def __init__(self, W, b):
        super().__init__(W, b)

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ self.params[0]


class WordVectors(Layer):
    """y[n] = W[ids[n]]."""

    def __init__(self, W):
        super().__init__(W)

    def forward(self, ids):
        self.ids = ids
        return self.params[0][ids]

    def backward(self, dout):
        self.grads[0][...] = 0
        self.grads[0][self.ids] = dout


class Standardize(Layer):
    """y = (x - mean) / sqrt(var + 1e-5), with the mean and variance of each column."""

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        return (x - x.mean(axis=0)) / self.std

    def backward(self, dout):
        return dout / self.std


class CrossEntropy(Layer):
    """L = mean over n of -log(softmax(s[n])[t[n]])."""

    def forward(self, s, t):
        exps = np.exp(s - s.max(axis=1, keepdims=True))
        self.p, self.t = exps / exps.sum(axis=1, keepdims=True), t
        return -np.log(self.p[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
        ds = self.p.copy()
        ds[np.arange(len(self.t)), self.t] -= 1
        return dout * ds


class HardTanh(Layer):
    """y = x, but at least -1 and at most 1."""

    def forward(self, x):
        self.outside = np.abs(x) > 1
        return np.clip(x, -1, 1)

    def backward(self, dout):
        dout[self.outside] = 0
        return dout


class Bilinear(Layer):
    """y[n] = sum over i, j of a[n, i] W[i, j] b[n, j]."""

    def __init__(self, W):
        super().__init__(W)

    def forward(self, a, b):
        self.a, self.b = a, b
        return (a @ self.params[0] * b).sum(axis=1)

    def backward(self, dout):
        W, d = self.params[0], dout[:, np.newaxis]
        self.grads[0] += self.a.T @ (d * self.b)
        return d * (self.b @ W.T), d * (self.a @ W)


class Energy(Layer):
    """y[n] = sum over d of x[n, d]²."""

    def forward(self, x):
        self.x = x
        return (x**2).sum(axis=1)

    def backward(self, dout):
        return 2 * self.x * dout


def arctan():
    """The chain rule stops here: backward never multiplies by dout."""
    return Arctan(), rng(10).normal(size=(3, 4))


def tanh():
    """1 - y² is the derivative in terms of the output, but it is computed from the input."""
    return Tanh(), rng(11).normal(size=(3, 4))


def scale():
    """The gradient replaces the array in grads, and is not written into it."""
    return Scale(np.array([0.5, 2.0, -1.5])), rng(12).normal(size=(4, 3))


def hidden():
    """W is not transposed on the way back, which a square W does not show."""
    r = rng(13)
    return Hidden(r.normal(size=(4, 4)), r.normal(size=4)), r.normal(size=(3, 4))


def word_vectors():
    """A word that comes twice keeps only its last gradient: they are assigned, not added up."""
    return WordVectors(rng(14).normal(size=(5, 3))), np.array([1, 3, 1, 0])


def standardize():
    """Mean and variance are taken for constants, though they depend on x."""
    return Standardize(), rng(15).normal(size=(5, 3))


def cross_entropy():
    """The loss is a mean over the batch, but backward does not divide by the batch size."""
    return CrossEntropy(), rng(16).normal(size=(4, 3)), np.array([2, 0, 1, 1])


def hard_tanh():
    """Backward writes its zeros into dout, which belongs to the caller."""
    return HardTanh(), rng(17).normal(size=(4, 4)) * 1.5


def bilinear():
    """The gradient of W is added to what was left there by the last backward."""
    r = rng(18)
    return Bilinear(r.normal(size=(3, 4))), r.normal(size=(5, 3)), r.normal(size=(5, 4))


def energy():
    """dout has a number for each row, but broadcasting gives one to each column."""
    return Energy(), rng(19).normal(size=(4, 4))
