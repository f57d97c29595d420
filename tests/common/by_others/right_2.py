"""Ten layers that are right."""

import numpy as np

from common.layers import Layer


def rng(seed):
    """A generator of random numbers with a fixed seed."""
    return np.random.default_rng(seed)


class Softplus(Layer):
    """y = log(1 + exp(x))."""

    def forward(self, x):
        self.x = x
        return np.logaddexp(0, x)

    def backward(self, dout):
        return dout / (1 + np.exp(-self.x))


class PReLU(Layer):
    """y[n, d] = x[n, d] where that is positive, else a[d] · x[n, d]."""

    def __init__(self, a):
        super().__init__(a)

    def forward(self, x):
        self.x, self.positive = x, x > 0
        return np.where(self.positive, x, self.params[0] * x)

    def backward(self, dout):
        self.grads[0][...] = np.where(self.positive, 0, dout * self.x).sum(axis=0)
        return np.where(self.positive, dout, self.params[0] * dout)


class LowRank(Layer):
    """y = x U V + b, an affine layer whose matrix is a product of two thin ones."""

    def __init__(self, U, V, b):
        super().__init__(U, V, b)

    def forward(self, x):
        U, V, b = self.params
        self.x, self.h = x, x @ U
        return self.h @ V + b

    def backward(self, dout):
        U, V, _ = self.params
        dh = dout @ V.T
        self.grads[0][...] = self.x.T @ dh
        self.grads[1][...] = self.h.T @ dout
        self.grads[2][...] = dout.sum(axis=0)
        return dh @ U.T


class MeanOfWords(Layer):
    """y[n] = mean over l of W[ids[n, l]]."""

    def __init__(self, W):
        super().__init__(W)

    def forward(self, ids):
        self.ids = ids
        return self.params[0][ids].mean(axis=1)

    def backward(self, dout):
        share = dout[:, np.newaxis, :] / self.ids.shape[1]
        self.grads[0][...] = 0
        np.add.at(self.grads[0], self.ids, share)


class LayerNorm(Layer):
    """y = g · (x - mean) / sqrt(var + 1e-5) + b, with the mean and variance of each row."""

    def __init__(self, g, b):
        super().__init__(g, b)

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        self.z = (x - x.mean(axis=1, keepdims=True)) / self.std
        return self.params[0] * self.z + self.params[1]

    def backward(self, dout):
        self.grads[0][...] = (dout * self.z).sum(axis=0)
        self.grads[1][...] = dout.sum(axis=0)
        dz = dout * self.params[0]
        along = self.z * (dz * self.z).mean(axis=1, keepdims=True)
        return (dz - dz.mean(axis=1, keepdims=True) - along) / self.std


class HingeLoss(Layer):
    """L = mean over n of the sum over j ≠ t[n] of max(0, 1 + s[n, j] - s[n, t[n]])."""

    def forward(self, s, t):
        self.rows, self.t = np.arange(len(t)), t
        margins = 1 + s - s[self.rows, t][:, np.newaxis]
        margins[self.rows, t] = 0
        self.active = margins > 0
        return np.maximum(margins, 0).sum() / len(t)

    def backward(self, dout=1):
        ds = self.active.astype(float)
        ds[self.rows, self.t] = -self.active.sum(axis=1)
        return dout * ds / len(self.t)


class LogisticLoss(Layer):
    """L = mean of log(1 + exp(s)) - t · s, with targets of 0 and 1."""

    def forward(self, s, t):
        self.s, self.t = s, t
        return (np.logaddexp(0, s) - t * s).mean()

    def backward(self, dout=1):
        return dout * (1 / (1 + np.exp(-self.s)) - self.t) / self.s.size


class Cosine(Layer):
    """y[n] = a[n] · b[n] / (|a[n]| |b[n]|)."""

    def forward(self, a, b):
        self.len_a = np.linalg.norm(a, axis=1, keepdims=True)
        self.len_b = np.linalg.norm(b, axis=1, keepdims=True)
        self.a, self.b = a / self.len_a, b / self.len_b
        self.y = (self.a * self.b).sum(axis=1, keepdims=True)
        return self.y[:, 0]

    def backward(self, dout):
        dout = dout[:, np.newaxis]
        da = dout * (self.b - self.y * self.a) / self.len_a
        db = dout * (self.a - self.y * self.b) / self.len_b
        return da, db


class LogSumExp(Layer):
    """y[n] = log of the sum over d of exp(x[n, d])."""

    def forward(self, x):
        top = x.max(axis=1, keepdims=True)
        exps = np.exp(x - top)
        total = exps.sum(axis=1, keepdims=True)
        self.p = exps / total
        return (top + np.log(total))[:, 0]

    def backward(self, dout):
        return dout[:, np.newaxis] * self.p


class Convolution:
    """y[n, l] = sum over k of x[n, l + k] W[k] + b, where W[k] is a matrix."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        self.x, self.length = x, x.shape[1] - len(W) + 1
        return sum(x[:, k : k + self.length] @ W[k] for k in range(len(W))) + b

    def backward(self, dout):
        W, dx = self.params[0], np.zeros_like(self.x)
        for k in range(len(W)):
            window = self.x[:, k : k + self.length]
            self.grads[0][k] = np.einsum("nlc,nlf->cf", window, dout)
            dx[:, k : k + self.length] += dout @ W[k].T
        self.grads[1][...] = dout.sum(axis=(0, 1))
        return dx


def softplus():
    """An activation."""
    return Softplus(), rng(0).normal(size=(3, 4))


def prelu():
    """An activation with a learned slope for each column."""
    return PReLU(np.array([0.1, 0.3, -0.2, 0.5])), rng(111).normal(size=(5, 4))


def low_rank():
    """A layer with three weights."""
    r = rng(2)
    layer = LowRank(r.normal(size=(5, 2)), r.normal(size=(2, 4)), r.normal(size=4))
    return layer, r.normal(size=(3, 5))


def mean_of_words():
    """Whole numbers go in, some of them more than once."""
    return MeanOfWords(rng(3).normal(size=(6, 3))), np.array([[0, 2, 2], [5, 1, 0], [4, 4, 4]])


def layer_norm():
    """A normalisation of the rows."""
    r = rng(4)
    return LayerNorm(r.normal(size=5), r.normal(size=5)), r.normal(size=(3, 5))


def hinge_loss():
    """A loss of scores and classes."""
    return HingeLoss(), rng(101).normal(size=(4, 3)), np.array([0, 2, 1, 2])


def logistic_loss():
    """A loss of scores and yes-or-no targets."""
    return LogisticLoss(), rng(6).normal(size=5), np.array([1, 0, 0, 1, 1])


def cosine():
    """Two float inputs."""
    r = rng(7)
    return Cosine(), r.normal(size=(4, 3)), r.normal(size=(4, 3))


def log_sum_exp():
    """A reduction of each row to a number."""
    return LogSumExp(), rng(8).normal(size=(4, 3))


def convolution():
    """A plain class, in the style of the book, on sequences."""
    r = rng(9)
    return Convolution(r.normal(size=(3, 2, 4)), r.normal(size=4)), r.normal(size=(2, 6, 2))
