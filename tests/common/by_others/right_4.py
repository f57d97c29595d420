"""Ten layers whose backward is right."""

from numpy.random import default_rng as rng

from common.layers import Layer
from common.np import np


class Softsign(Layer):
    """y = x / (1 + |x|)."""

    def forward(self, x):
        self.scale = 1 + np.abs(x)
        return x / self.scale

    def backward(self, dout):
        return dout / self.scale**2


def softsign():
    """An activation."""
    return Softsign(), rng(0).normal(size=(3, 4))


class TimeAffine:
    """y[n, t] = x[n, t] W + b, a plain class in the style of the book."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        W, _ = self.params
        rows, drows = self.x.reshape(-1, W.shape[0]), dout.reshape(-1, W.shape[1])
        self.grads[0][...] = rows.T @ drows
        self.grads[1][...] = drows.sum(axis=0)
        return dout @ W.T


def time_affine():
    """An affine layer at each step of time."""
    r = rng(1)
    return TimeAffine(r.normal(size=(4, 3)), r.normal(size=3)), r.normal(size=(2, 3, 4))


class BagOfWords(Layer):
    """y[n] = sum over t of W[ids[n, t]]."""

    def forward(self, ids):
        self.ids = ids
        return self.params[0][ids].sum(axis=1)

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        for row, drow in zip(self.ids, dout, strict=True):
            for i in row:
                dW[i] += drow


def bag_of_words():
    """Whole numbers come in, some of them more than once."""
    ids = np.array([[0, 3, 3], [1, 0, 4]])
    return BagOfWords(rng(2).normal(size=(5, 3))), ids


class RMSNorm(Layer):
    """y = g · x / sqrt(mean(x²) + 1e-5), row by row."""

    def forward(self, x):
        self.r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5)
        self.z = x / self.r
        return self.params[0] * self.z

    def backward(self, dout):
        self.grads[0][...] = (dout * self.z).sum(axis=0)
        dz = dout * self.params[0]
        return (dz - self.z * (dz * self.z).mean(axis=-1, keepdims=True)) / self.r


def rms_norm():
    """A normalisation with a weight."""
    r = rng(3)
    return RMSNorm(r.normal(size=5)), r.normal(size=(4, 5))


class LogisticLoss(Layer):
    """L = mean(log(1 + exp(x)) - t · x), for targets of 0 and 1."""

    def forward(self, x, t):
        self.x, self.t = x, t
        return (np.logaddexp(0, x) - t * x).mean()

    def backward(self, dout=1):
        p = 1 / (1 + np.exp(-self.x))
        return dout * (p - self.t) / self.x.size


def logistic_loss():
    """A loss of scores and of targets that are 0 or 1."""
    return LogisticLoss(), rng(4).normal(size=6), np.array([0, 1, 1, 0, 1, 0])


class SmoothedCrossEntropy(Layer):
    """L = -mean over n of sum over k of q[n, k] · log softmax(x)[n, k], q = 0.9 one-hot + 0.1/K."""

    def forward(self, x, t):
        n, k = x.shape
        self.q = np.full((n, k), 0.1 / k)
        self.q[np.arange(n), t] += 0.9
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return -(self.q * np.log(self.p)).sum() / n

    def backward(self, dout=1):
        return dout * (self.p - self.q) / len(self.p)


def smoothed_cross_entropy():
    """A loss of scores and class numbers."""
    return SmoothedCrossEntropy(), rng(5).normal(size=(4, 3)), np.array([2, 0, 1, 2])


class Gate(Layer):
    """y = a · sigmoid(b)."""

    def forward(self, a, b):
        self.a, self.s = a, 1 / (1 + np.exp(-b))
        return a * self.s

    def backward(self, dout):
        return dout * self.s, dout * self.a * self.s * (1 - self.s)


def gate():
    """Two inputs of floats."""
    r = rng(6)
    return Gate(), r.normal(size=(3, 4)), r.normal(size=(3, 4))


class LogSumExp(Layer):
    """y[n] = log(sum over d of exp(x[n, d]))."""

    def forward(self, x):
        top = x.max(axis=1, keepdims=True)
        y = top + np.log(np.exp(x - top).sum(axis=1, keepdims=True))
        self.p = np.exp(x - y)
        return y[:, 0]

    def backward(self, dout):
        return dout[:, None] * self.p


def log_sum_exp():
    """A reduction."""
    return LogSumExp(), rng(7).normal(size=(4, 5))


class Leaky(Layer):
    """h[t] = tanh(x[t] + a · h[t - 1]), h[-1] = 0, a vector a."""

    def forward(self, x):
        self.h = np.zeros((x.shape[0] + 1, *x.shape[1:]))
        for t in range(len(x)):
            self.h[t + 1] = np.tanh(x[t] + self.params[0] * self.h[t])
        return self.h[1:].copy()

    def backward(self, dout):
        (a,), (da,) = self.params, self.grads
        da[...], dh, dx = 0, 0, np.zeros_like(dout)
        for t in reversed(range(len(dout))):
            dx[t] = (dout[t] + dh) * (1 - self.h[t + 1] ** 2)
            da += (dx[t] * self.h[t]).sum(axis=0)
            dh = dx[t] * a
        return dx


def leaky():
    """A recurrent layer, with time as the first axis."""
    r = rng(8)
    return Leaky(r.normal(size=3)), r.normal(size=(5, 2, 3))


class AveragePool(Layer):
    """y[n, c, i, j] = mean of the 2 × 2 pixels of x that begin at (2i, 2j)."""

    def forward(self, x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5))

    def backward(self, dout):
        return dout.repeat(2, axis=2).repeat(2, axis=3) / 4


def average_pool():
    """A pooling of images."""
    return AveragePool(), rng(9).normal(size=(1, 2, 4, 4))
