"""Ten layers with a mistake each, in backward."""

import numpy as np

from common.layers import Layer

rng = np.random.default_rng


class Softmax(Layer):
    """y = exp(x) / Σ exp(x), row by row."""

    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.y = e / e.sum(axis=-1, keepdims=True)
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)


def softmax():
    """Only the diagonal of the Jacobian: each score moves the other outputs of its row, too."""
    return Softmax(), rng(20).normal(size=(3, 4))


class BatchNorm(Layer):
    """y = g · (x - mean) / std + b, column by column."""

    def forward(self, x):
        g, b = self.params
        xc = x - x.mean(axis=0)
        self.std = np.sqrt((xc**2).mean(axis=0) + 1e-5)
        self.xn = xc / self.std
        return g * self.xn + b

    def backward(self, dout):
        self.grads[0][...] = (dout * self.xn).sum(axis=0)
        self.grads[1][...] = dout.sum(axis=0)
        dxc = dout * self.params[0] / self.std
        return dxc - dxc.mean(axis=0)


def batch_norm():
    """The standard deviation is treated as a constant, but it depends on x as well."""
    r = rng(21)
    return BatchNorm(r.normal(1, 0.2, size=3), r.normal(size=3)), r.normal(size=(6, 3))


class Embedding(Layer):
    """y[n, t] = W[ids[n, t]]."""

    def forward(self, ids):
        self.ids = ids
        return self.params[0][ids]

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        dW[self.ids] = dout


def embedding():
    """The gradients of a word that comes twice are not added up: the last one wins."""
    return Embedding(rng(22).normal(size=(5, 3))), np.array([[1, 4, 0], [2, 1, 3]])


class CrossEntropy(Layer):
    """L = mean over n of -log softmax(s)[n, t[n]]."""

    def forward(self, s, t):
        e = np.exp(s - s.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.p[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
        ds = self.p
        ds[np.arange(len(self.t)), self.t] -= 1
        return dout * ds / len(self.t)


def cross_entropy():
    """No copy: the 1 is taken from the kept probabilities themselves, so it works only once."""
    return CrossEntropy(), rng(23).normal(size=(4, 3)), np.array([2, 0, 1, 1])


class LogisticLoss(Layer):
    """L = mean of log(1 + exp(s)) - t · s, for targets of 0 and 1."""

    def forward(self, s, t):
        self.s, self.t = s, t
        return (np.logaddexp(0, s) - t * s).mean()

    def backward(self, dout=1):
        p = 1 / (1 + np.exp(-self.s))
        return (p - self.t) / self.s.size


def logistic_loss():
    """The loss takes itself for the end of the world and ignores dout."""
    return LogisticLoss(), rng(24).normal(size=6), np.array([1, 0, 0, 1, 1, 0])


class LeakyReLU:
    """y = x where x > 0, and 0.1 · x elsewhere."""

    def __init__(self):
        self.params, self.grads = [], []
        self.negative = None

    def forward(self, x):
        self.negative = x <= 0
        return np.where(self.negative, 0.1 * x, x)

    def backward(self, dout):
        dx = dout
        dx[self.negative] *= 0.1
        return dx


def leaky_relu():
    """The new name is no copy: dout, which belongs to the caller, is overwritten."""
    return LeakyReLU(), rng(37).normal(size=(4, 3))


class RNN(Layer):
    """h[t] = tanh(x[t] · Wx + h[t-1] · Wh), from h = 0."""

    def forward(self, x):
        Wx, Wh = self.params
        self.x, self.h = x, np.zeros((x.shape[0], x.shape[1] + 1, len(Wh)))
        for t in range(x.shape[1]):
            self.h[:, t + 1] = np.tanh(x[:, t].dot(Wx) + self.h[:, t].dot(Wh))
        return self.h[:, 1:].copy()

    def backward(self, dout):
        (Wx, Wh), (dWx, dWh) = self.params, self.grads
        du, dh = np.zeros_like(dout), 0
        for t in reversed(range(dout.shape[1])):
            du[:, t] = (dout[:, t] + dh) * (1 - self.h[:, t + 1] ** 2)
            dh = du[:, t].dot(Wh)
        dWx[...] = np.einsum("ntd,nth->dh", self.x, du)
        dWh[...] = np.einsum("ntk,nth->kh", self.h[:, :-1], du)
        return du.dot(Wx.T)


def rnn():
    """Wh is square, so nobody notices that on the way back it is not transposed."""
    r = rng(26)
    return RNN(r.normal(size=(2, 3)), r.normal(size=(3, 3))), r.normal(size=(2, 4, 2))


class Conv(Layer):
    """y[n, o, h, w] = Σ over c, i, j of x[n, c, h + i, w + j] · W[o, c, i, j]."""

    def forward(self, x):
        (W,) = self.params
        self.x = x
        self.patches = np.lib.stride_tricks.sliding_window_view(x, W.shape[2:], axis=(2, 3))
        return np.einsum("nchwij,ocij->nohw", self.patches, W)

    def backward(self, dout):
        (W,), (dW,) = self.params, self.grads
        dW += np.einsum("nchwij,nohw->ocij", self.patches, dout)
        dx, (H, V) = np.zeros_like(self.x), dout.shape[2:]
        for i, j in np.ndindex(W.shape[2:]):
            dx[:, :, i : i + H, j : j + V] += np.einsum("nohw,oc->nchw", dout, W[:, :, i, j])
        return dx


def conv():
    """The gradient of W is added to that of the call before, which nobody has cleared."""
    r = rng(27)
    return Conv(r.normal(size=(2, 2, 2, 3))), r.normal(size=(2, 2, 4, 5))


class Highway(Layer):
    """y = g · h + (1 - g) · x, with a gate g = 1 / (1 + exp(-x · W))."""

    def forward(self, x, h):
        self.x, self.h = x, h
        self.g = 1 / (1 + np.exp(-x.dot(self.params[0])))
        return self.g * h + (1 - self.g) * x

    def backward(self, dout):
        dz = dout * (self.h - self.x) * self.g * (1 - self.g)
        self.grads[0][...] = self.x.T.dot(dz)
        return dout * (1 - self.g), dout * self.g


def highway():
    """There are two ways from y to x, and the one through the gate is forgotten."""
    r = rng(28)
    return Highway(r.normal(size=(3, 3))), r.normal(size=(4, 3)), r.normal(size=(4, 3))


class GlobalAverage(Layer):
    """y[n, c] = mean of the pixels of x[n, c]."""

    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, dout):
        dx = dout[:, :, None, None] / self.shape[-1]
        return np.broadcast_to(dx, self.shape).copy()


def global_average():
    """A mean over two axes divides by both sizes, but backward divides by the width alone."""
    return GlobalAverage(), rng(29).normal(size=(2, 3, 4, 5))
