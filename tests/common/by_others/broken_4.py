"""Ten layers with one mistake each."""

from numpy.random import default_rng as rng

from common.layers import Layer
from common.np import np


class Tanh(Layer):
    """y = tanh(x)."""

    def forward(self, x):
        self.x = x
        return np.tanh(x)

    def backward(self, dout):
        return dout * (1 - self.x**2)


def tanh():
    """The derivative 1 - y² is written with the input x where the output y belongs."""
    return Tanh(), rng(0).normal(size=(3, 4))


class Softmax(Layer):
    """y = exp(x) / sum(exp(x)), row by row."""

    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)


def softmax():
    """Only the diagonal of the Jacobian is there: each score moves the other outputs, too."""
    return Softmax(), rng(1).normal(size=(3, 4))


class Affine:
    """y = x W + b, a plain class in the style of the book."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads[0] += self.x.T @ dout
        self.grads[1] += dout.sum(axis=0)
        return dout @ self.params[0].T


def affine():
    """The gradients are added to those of the last call: nobody sets them to zero."""
    r = rng(2)
    return Affine(r.normal(size=(4, 3)), r.normal(size=3)), r.normal(size=(5, 4))


class Embedding(Layer):
    """y[n, t] = W[ids[n, t]]."""

    def forward(self, ids):
        self.ids = ids
        return self.params[0][ids]

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        dW[self.ids] += dout


def embedding():
    """With += on an index, a word that comes twice gets the gradient of one place only."""
    ids = np.array([[0, 2, 2], [1, 0, 4]])
    return Embedding(rng(3).normal(size=(5, 3))), ids


class BatchNorm(Layer):
    """y = g · (x - mean) / std + b, column by column."""

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        self.z = (x - x.mean(axis=0)) / self.std
        return self.params[0] * self.z + self.params[1]

    def backward(self, dout):
        self.grads[0][...] = (dout * self.z).sum(axis=0)
        self.grads[1][...] = dout.sum(axis=0)
        dz = dout * self.params[0]
        return (dz - dz.mean(axis=0)) / self.std


def batch_norm():
    """The standard deviation is taken for a constant, but it depends on x as the mean does."""
    r = rng(4)
    return BatchNorm(r.normal(size=3), r.normal(size=3)), r.normal(size=(6, 3))


class SoftmaxCrossEntropy(Layer):
    """L = -mean over n of log softmax(x)[n, t[n]]."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.p[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
        dx = self.p.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx


def softmax_cross_entropy():
    """The loss is a mean over the batch, but backward does not divide by the batch size."""
    return SoftmaxCrossEntropy(), rng(5).normal(size=(4, 3)), np.array([2, 0, 1, 2])


class Multiply(Layer):
    """y = a · b, element by element."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, dout):
        return dout * self.a, dout * self.b


def multiply():
    """The two gradients are swapped: the one of a is dout · b."""
    r = rng(6)
    return Multiply(), r.normal(size=(3, 4)), r.normal(size=(3, 4))


class RowMax(Layer):
    """y[n] = max over d of x[n, d]."""

    def forward(self, x):
        self.mask = x == x.max()
        return x.max(axis=1)

    def backward(self, dout):
        return dout[:, None] * self.mask


def row_max():
    """The mask lacks the axis: it marks the largest of all numbers, not the largest of each row."""
    return RowMax(), rng(7).normal(size=(4, 5))


class RNN(Layer):
    """h[t] = tanh(x[t] Wx + h[t - 1] Wh), h[-1] = 0."""

    def forward(self, x):
        Wx, Wh = self.params
        self.x, self.h = x, np.zeros((len(x) + 1, x.shape[1], Wh.shape[0]))
        for t in range(len(x)):
            self.h[t + 1] = np.tanh(x[t] @ Wx + self.h[t] @ Wh)
        return self.h[1:].copy()

    def backward(self, dout):
        (Wx, _), (dWx, dWh) = self.params, self.grads
        da = dout * (1 - self.h[1:] ** 2)
        dWx[...] = np.einsum("tni,tnj->ij", self.x, da)
        dWh[...] = np.einsum("tni,tnj->ij", self.h[:-1], da)
        return da @ Wx.T


def rnn():
    """Nothing goes back through time: the gradient from h[t + 1] to h[t] is left out."""
    r = rng(8)
    return RNN(r.normal(size=(3, 2)), r.normal(size=(2, 2))), r.normal(size=(4, 2, 3))


class OverlappingPool(Layer):
    """y[n, c, i, j] = mean of the 3 × 3 pixels of x that begin at (2i, 2j)."""

    def forward(self, x):
        self.shape = n, c, h, w = x.shape
        y = np.empty((n, c, (h - 1) // 2, (w - 1) // 2))
        for i, j in np.ndindex(y.shape[2:]):
            y[:, :, i, j] = x[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].mean(axis=(2, 3))
        return y

    def backward(self, dout):
        dx = np.zeros(self.shape)
        for i, j in np.ndindex(dout.shape[2:]):
            dx[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] = dout[:, :, i : i + 1, j : j + 1] / 9
        return dx


def overlapping_pool():
    """Windows overlap, and each overwrites what the last one left instead of adding to it."""
    return OverlappingPool(), rng(9).normal(size=(1, 1, 5, 5))
