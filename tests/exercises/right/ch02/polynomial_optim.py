from common.np import np
from common.optimizer import RMSprop
from tests.exercises.right import right


@right("first_step")
def taken(lr, decay_rate):
    p = np.zeros(1)
    RMSprop(lr, decay_rate).update([p], [np.ones(1)])
    return abs(p[0])


@right("MyRMSprop")
class ANewListEachTime:
    def __init__(self, lr=0.01, decay_rate=0.99):
        self.rate, self.kept, self.means = lr, decay_rate, None

    def update(self, params, grads):
        old = self.means or [0.0] * len(params)
        squares = [(1 - self.kept) * g**2 for g in grads]
        self.means = [self.kept * h + new for h, new in zip(old, squares, strict=True)]
        for p, g, h in zip(params, grads, self.means, strict=True):
            p[...] = p - self.rate * g / (h**0.5 + 1e-8)


@right("MyRMSprop")
class Singly:
    def __init__(self, lr=0.01, decay_rate=0.99):
        self.lr, self.decay_rate, self.h = lr, decay_rate, {}

    def update(self, params, grads):
        for i, p in enumerate(params):
            for index in np.ndindex(p.shape):
                g, h = grads[i][index], self.h.get((i, index), 0.0)
                h = self.decay_rate * h + (1 - self.decay_rate) * g * g
                p[index] -= self.lr * g / (np.sqrt(h) + 1e-8)
                self.h[i, index] = h


@right("MaxProp")
class BeginsWithTheFirst:
    def __init__(self, lr=0.01, decay=0.9):
        self.lr, self.decay, self.largest = lr, decay, None

    def update(self, params, grads):
        if self.largest is None:
            self.largest = [abs(g) for g in grads]
        for i, g in enumerate(grads):
            h = self.largest[i] = np.maximum(self.decay * self.largest[i], abs(g))
            np.subtract(params[i], self.lr * g / (h + 1e-8), out=params[i])


@right("MaxProp")
class OneByOne:
    def __init__(self, lr=0.01, decay=0.9):
        self.lr, self.decay, self.h = lr, decay, {}

    def update(self, params, grads):
        for i, (p, g) in enumerate(zip(params, grads, strict=True)):
            for index in np.ndindex(p.shape):
                h = max(self.decay * self.h.get((i, index), 0), abs(g[index]))
                p[index] -= self.lr * g[index] / (h + 1e-8)
                self.h[i, index] = h
