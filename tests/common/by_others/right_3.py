"""Ten layers that are right."""

import numpy as np

from common.layers import Layer

rng = np.random.default_rng


class Gelu(Layer):
    """y = x · (1 + tanh(u)) / 2, u = √(2/π) · (x + 0.044715 · x³)."""

    def forward(self, x):
        self.x = x
        self.th = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        return 0.5 * x * (1 + self.th)

    def backward(self, dout):
        du = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * self.x**2)
        return dout * 0.5 * (1 + self.th + self.x * (1 - self.th**2) * du)


def gelu():
    """An activation."""
    return Gelu(), rng(10).normal(size=(3, 4))


class TimeAffine:
    """y[n, t] = x[n, t] · W + b, the same W at all times."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]
        self.x = None

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.matmul(x, W) + b

    def backward(self, dout):
        W, _ = self.params
        N, T, D = self.x.shape
        self.grads[0][...] = self.x.reshape(N * T, D).T.dot(dout.reshape(N * T, -1))
        self.grads[1][...] = dout.sum(axis=(0, 1))
        return np.matmul(dout, W.T)


def time_affine():
    """Weights that are shared over time, in a plain class."""
    r = rng(11)
    layer = TimeAffine(r.normal(size=(4, 2)), r.normal(size=2))
    return layer, r.normal(size=(2, 3, 4))


class EmbeddingBag(Layer):
    """y[n] = mean over t of W[ids[n, t]]."""

    def forward(self, ids):
        (W,) = self.params
        self.ids = ids
        return W[ids].mean(axis=1)

    def backward(self, dout):
        (dW,) = self.grads
        _, T = self.ids.shape
        dW[...] = 0
        np.add.at(dW, self.ids, dout[:, None, :] / T)


def embedding_bag():
    """Whole numbers in, some of them more than once."""
    ids = np.array([[0, 3, 3], [1, 3, 0]])
    return EmbeddingBag(rng(12).normal(size=(5, 2))), ids


class RMSNorm(Layer):
    """y = g · x / r, r = √(mean(x²) + eps), row by row."""

    def __init__(self, size, eps=1e-5):
        super().__init__(np.ones(size, dtype="float32"))
        self.eps = eps

    def forward(self, x):
        self.r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + self.eps)
        self.n = x / self.r
        return self.n * self.params[0]

    def backward(self, dout):
        self.grads[0][...] = (dout * self.n).sum(axis=0)
        dn = dout * self.params[0]
        return (dn - self.n * (dn * self.n).mean(axis=-1, keepdims=True)) / self.r


def rms_norm():
    """A normalisation with a gain."""
    return RMSNorm(5), rng(13).normal(size=(3, 5))


class MaskedLoss(Layer):
    """L = mean of -log softmax(s)[t] over the places where t is not -1."""

    def forward(self, s, t):
        self.keep = t != -1
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        self.p, self.t = e / e.sum(axis=-1, keepdims=True), np.where(self.keep, t, 0)
        picked = np.take_along_axis(self.p, self.t[..., None], axis=-1)[..., 0]
        return -(np.log(picked) * self.keep).sum() / self.keep.sum()

    def backward(self, dout=1):
        one_hot = np.eye(self.p.shape[-1])[self.t]
        return dout * (self.p - one_hot) * self.keep[..., None] / self.keep.sum()


def masked_loss():
    """A loss over sequences, of which some are padded."""
    t = np.array([[2, 0, 1], [1, -1, -1]])
    return MaskedLoss(), rng(14).normal(size=(2, 3, 4)), t


class HingeLoss(Layer):
    """L = mean over n of Σ over k ≠ t[n] of max(0, 1 + s[n, k] - s[n, t[n]])."""

    def forward(self, s, t):
        rows = np.arange(len(t))
        margins = 1 + s - s[rows, t][:, None]
        margins[rows, t] = 0
        self.active, self.t = margins > 0, t
        return margins[self.active].sum() / len(t)

    def backward(self, dout=1):
        ds = self.active.astype(float)
        ds[np.arange(len(self.t)), self.t] = -self.active.sum(axis=1)
        return dout * ds / len(self.t)


def hinge_loss():
    """A loss that has no slope in places."""
    return HingeLoss(), rng(15).normal(0, 2, size=(4, 3)), np.array([0, 2, 1, 2])


class Cosine(Layer):
    """y[n] = a[n] · b[n] / (|a[n]| |b[n]|)."""

    def forward(self, a, b):
        self.na = np.linalg.norm(a, axis=1, keepdims=True)
        self.nb = np.linalg.norm(b, axis=1, keepdims=True)
        self.a, self.b = a / self.na, b / self.nb
        self.y = (self.a * self.b).sum(axis=1)
        return self.y

    def backward(self, dout):
        dout, y = dout[:, None], self.y[:, None]
        da = dout * (self.b - y * self.a) / self.na
        db = dout * (self.a - y * self.b) / self.nb
        return da, db


def cosine():
    """Two float inputs."""
    r = rng(16)
    return Cosine(), r.normal(size=(3, 4)), r.normal(size=(3, 4))


class LogSumExp(Layer):
    """y[n] = log Σ over k of exp(x[n, k])."""

    def forward(self, x):
        top = x.max(axis=1, keepdims=True)
        e = np.exp(x - top)
        total = e.sum(axis=1, keepdims=True)
        self.p = e / total
        return (np.log(total) + top)[:, 0]

    def backward(self, dout):
        return dout[:, None] * self.p


def log_sum_exp():
    """A reduction."""
    return LogSumExp(), rng(17).normal(size=(4, 3))


class Smooth(Layer):
    """h[t] = a · h[t-1] + (1 - a) · x[t], with a = 1 / (1 + exp(-w)) for each column."""

    def forward(self, x):
        self.x, self.a = x, 1 / (1 + np.exp(-self.params[0]))
        h = np.zeros((len(x), x.shape[1] + 1, x.shape[2]))  # h[:, 0] is the start
        for t in range(x.shape[1]):
            h[:, t + 1] = self.a * h[:, t] + (1 - self.a) * x[:, t]
        self.before = h[:, :-1]
        return h[:, 1:].copy()

    def backward(self, dout):
        a, dh = self.a, dout.copy()
        for t in reversed(range(dh.shape[1] - 1)):
            dh[:, t] += a * dh[:, t + 1]
        self.grads[0][...] = (dh * (self.before - self.x)).sum(axis=(0, 1)) * a * (1 - a)
        return dh * (1 - a)


def smooth():
    """A recurrence over time with a learned memory."""
    r = rng(18)
    return Smooth(r.normal(size=3)), r.normal(size=(2, 5, 3))


class MaxPool(Layer):
    """y[n, c, i, j] = the largest of the 2 × 2 pixels of x[n, c] around there."""

    def forward(self, x):
        N, C, H, W = x.shape
        blocks = x.reshape(N, C, H // 2, 2, W // 2, 2)
        y = blocks.max(axis=(3, 5), keepdims=True)
        self.shape, self.is_max = x.shape, blocks == y
        return y[:, :, :, 0, :, 0]

    def backward(self, dout):
        return (self.is_max * dout[:, :, :, None, :, None]).reshape(self.shape)


def max_pool():
    """An image."""
    return MaxPool(), rng(19).permutation(np.arange(48) / 8 - 3).reshape(1, 2, 4, 6)
