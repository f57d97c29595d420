from common.np import np
from tests.exercises.wrong import wrong


@wrong("first_step", "while the gradients keep their size")
def settled(lr, decay_rate):
    return lr


@wrong("first_step", "Are both used?")
def always_ten(lr, decay_rate):
    return 10 * lr


@wrong("first_step", "Is the root of h in it?")
def no_root(lr, decay_rate):
    return lr / (1 - decay_rate)


@wrong("first_step", "the one that is 0 at the first step")
def other_part(lr, decay_rate):
    return lr / np.sqrt(decay_rate)


@wrong("first_step", "is g multiplied by it, or divided?")
def times_the_root(lr, decay_rate):
    return lr * np.sqrt(1 - decay_rate)


@wrong("first_step", "One number is wanted")
def nothing(lr, decay_rate):
    lr / np.sqrt(1 - decay_rate)


class ByHand:
    def __init__(self, lr=0.01, decay_rate=0.99):
        self.lr, self.decay_rate = lr, decay_rate
        self.hs = None

    def update(self, params, grads):
        if self.hs is None:
            self.hs = [np.zeros_like(p) for p in params]
        for p, g, h in zip(params, grads, self.hs, strict=True):
            self.update_one(p, g, h)


@wrong("MyRMSprop", "nor what stands beside it")
class MeanOfColumns(ByHand):
    def update_one(self, p, g, h):
        h *= self.decay_rate
        h += (1 - self.decay_rate) * (g * g).mean(axis=0)
        p -= self.lr * g / (np.sqrt(h) + 1e-8)


@wrong("MyRMSprop", "leaves RMSprop's at step 1")
class NotSquared(ByHand):
    def update_one(self, p, g, h):
        h *= self.decay_rate
        h += (1 - self.decay_rate) * np.abs(g)
        p -= self.lr * g / (np.sqrt(h) + 1e-8)


@wrong("MyRMSprop", "leaves RMSprop's at step 2")
class Forgets(ByHand):
    def update_one(self, p, g, h):
        h = self.decay_rate * h + (1 - self.decay_rate) * g * g
        p -= self.lr * g / (np.sqrt(h) + 1e-8)


@wrong("MyRMSprop", "it makes NaN")
class NothingAddedToTheRoot(ByHand):
    def update_one(self, p, g, h):
        h *= self.decay_rate
        h += (1 - self.decay_rate) * g * g
        p -= self.lr * g / np.sqrt(h)


@wrong("MyRMSprop", "To what is 1e-8 added?")
class AddedInsideTheRoot(ByHand):
    def update_one(self, p, g, h):
        h *= self.decay_rate
        h += (1 - self.decay_rate) * g * g
        p -= self.lr * g / np.sqrt(h + 1e-8)


@wrong("MyRMSprop", "change in place")
class NotInPlace(ByHand):
    def update_one(self, p, g, h):
        h *= self.decay_rate
        h += (1 - self.decay_rate) * g * g
        p = p - self.lr * g / (np.sqrt(h) + 1e-8)


class WithMax(ByHand):
    def __init__(self, lr=0.01, decay=0.9):
        self.lr, self.decay = lr, decay
        self.hs = None


@wrong("MaxProp", "the array in params is what it was")
class NewArrays(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(self.decay * h, np.abs(g))
        p = p - self.lr * g / (h + 1e-8)


@wrong("MaxProp", "With lr = 0.2")
class OneLearningRate(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(self.decay * h, np.abs(g))
        p -= 0.5 * g / (h + 1e-8)


@wrong("MaxProp", "What is h when g is divided by it?")
class ChangesHLast(WithMax):
    def update_one(self, p, g, h):
        p -= self.lr * g / (h + 1e-8)
        h[...] = np.maximum(self.decay * h, np.abs(g))


@wrong("MaxProp", "is h kept")
class LosesH(WithMax):
    def update_one(self, p, g, h):
        h = np.maximum(self.decay * h, np.abs(g))
        p -= self.lr * g / (h + 1e-8)


@wrong("MaxProp", "goes uphill")
class Uphill(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(self.decay * h, np.abs(g))
        p += self.lr * g / (h + 1e-8)


@wrong("MaxProp", "never forgotten")
class NeverForgets(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(h, np.abs(g))
        p -= self.lr * g / (h + 1e-8)


@wrong("MaxProp", "share one h")
class OneMaximum(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(self.decay * h, np.abs(g).max())
        p -= self.lr * g / (h + 1e-8)


@wrong("MaxProp", "0 is divided by 0")
class NothingAdded(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(self.decay * h, np.abs(g))
        p -= self.lr * g / h


@wrong("MaxProp", "make first steps of")
class DividesByTheRoot(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(self.decay * h, np.abs(g))
        p -= self.lr * g / (np.sqrt(h) + 1e-8)


@wrong("MaxProp", "What is h when g is divided by it?")
class DividesFirst(WithMax):
    def update_one(self, p, g, h):
        p -= self.lr * g / h
        h[...] = np.maximum(self.decay * h, np.abs(g))


@wrong("MaxProp", "each of them alone")
class OneHForAll(WithMax):
    def update(self, params, grads):
        h = 0.0 if self.hs is None else self.hs
        for p, g in zip(params, grads, strict=True):
            h = np.maximum(self.decay * h, np.abs(g))
            p -= self.lr * g / (h + 1e-8)
        self.hs = h


@wrong("MaxProp", "written into grads")
class SpoilsTheGradients(WithMax):
    def update_one(self, p, g, h):
        h[...] = np.maximum(self.decay * h, np.abs(g))
        g /= h + 1e-8
        p -= self.lr * g
