from itertools import pairwise

from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


@wrong("numbers_learned", "A neuron has a bias as well")
def weights_alone(sizes):
    return sum(one * other for one, other in pairwise(sizes))


@wrong("numbers_learned", "The inputs are no neurons")
def biases_of_inputs(sizes):
    return sum(one * other for one, other in pairwise(sizes)) + sum(sizes)


@wrong("numbers_learned", "a bias for each number that comes in")
def biases_of_what_comes_in(sizes):
    return sum(one * other + one for one, other in pairwise(sizes))


@wrong("numbers_learned", "Each of its neurons has one of its own")
def one_bias(sizes):
    return sum(one * other + 1 for one, other in pairwise(sizes))


@wrong("numbers_learned", "Each layer reads the one before")
def first_and_last(sizes):
    return (sizes[0] + 1) * sizes[-1]


@wrong("set_aside", "among those to learn from as well")
def all_to_learn_from(x, t, count, rng):
    test = rng.permutation(len(x))[:count]
    train = np.concatenate([test, np.arange(len(x))])[: len(x) - count]
    return (x[train], t[train]), (x[test], t[test])


@wrong("set_aside", "to learn from, where")
def all_rows(x, t, count, rng):
    test = rng.permutation(len(x))[:count]
    return (x, t), (x[test], t[test])


@wrong("set_aside", "the same rows, whatever rng says")
def the_first_rows(x, t, count, rng):
    return (x[count:], t[count:]), (x[:count], t[:count])


@wrong("set_aside", "Are they drawn from rng?")
def without_a_seed(x, t, count, rng):
    order = np.random.default_rng().permutation(len(x))
    test, train = order[:count], order[count:]
    return (x[train], t[train]), (x[test], t[test])


@wrong("set_aside", "Each pair is some rows of x and their labels")
def paired_otherwise(x, t, count, rng):
    order = rng.permutation(len(x))
    test, train = order[:count], order[count:]
    return (x[train], x[test]), (t[train], t[test])


@wrong("set_aside", "two pairs")
def four_arrays(x, t, count, rng):
    order = rng.permutation(len(x))
    test, train = order[:count], order[count:]
    return x[train], t[train], x[test], t[test]


@wrong("set_aside", "the labels of others")
def labels_in_old_order(x, t, count, rng):
    x = x[rng.permutation(len(x))]
    return (x[count:], t[count:]), (x[:count], t[:count])


@wrong("first_step_of_adam", "plain descent")
def plain(g, lr):
    return -lr * g


@wrong("first_step_of_adam", "uphill")
def uphill(g, lr):
    return lr * np.sign(g)


@wrong("first_step_of_adam", "too small at first")
def not_divided(g, lr):
    return -lr * 0.1 * g / np.sqrt(0.001 * g**2)


@wrong("first_step_of_adam", "the same way")
def one_direction(g, lr):
    return np.full(g.shape, -lr)


@wrong("first_step_of_adam", "the root of v")
def no_root(g, lr):
    return -lr * g / g**2


class Quiet(Layer):
    def __init__(self, ratio, seed=None):
        super().__init__()
        self.ratio, self.rng = ratio, np.random.default_rng(seed)

    def backward(self, dout):
        return dout * self.mask


@wrong("LoudDropout", "at a part of their loudness")
class OtherForm(Quiet):
    def forward(self, x):
        if not self.training:
            return x * (1 - self.ratio)
        self.mask = self.rng.random(x.shape) >= self.ratio
        return x * self.mask


@wrong("LoudDropout", "Is self.training looked at?")
class AlwaysRandom(Quiet):
    def forward(self, x):
        self.mask = (self.rng.random(x.shape) >= self.ratio) / (1 - self.ratio)
        return x * self.mask


@wrong("LoudDropout", "On which side of self.ratio")
class OtherSide(Quiet):
    def forward(self, x):
        if not self.training:
            return x
        self.mask = (self.rng.random(x.shape) < self.ratio) / (1 - self.ratio)
        return x * self.mask


@wrong("LoudDropout", "not made louder")
class NotLouder(Quiet):
    def forward(self, x):
        self.mask = np.ones(x.shape)
        if self.training:
            self.mask = self.rng.random(x.shape) >= self.ratio
        return x * self.mask


class Right(Quiet):
    def forward(self, x):
        self.mask = np.ones(x.shape)
        if self.training:
            self.mask = (self.rng.random(x.shape) >= self.ratio) / (1 - self.ratio)
        return x * self.mask


@wrong("LoudDropout", "must use forward's mask")
class DrawnAgain(Right):
    def backward(self, dout):
        return dout * (self.rng.random(dout.shape) >= self.ratio) / (1 - self.ratio)


@wrong("LoudDropout", "takes that for silence")
class WhereTheOutputIsZero(Right):
    def forward(self, x):
        self.y = super().forward(x)
        return self.y

    def backward(self, dout):
        return dout * (self.y != 0) * self.mask.max()


@wrong("LoudDropout", "factor")
class LoudForwardAlone(Right):
    def backward(self, dout):
        return dout * (self.mask > 0)


@wrong("LoudDropout", "the mask of an earlier forward")
class MaskInTrainingAlone(Right):
    def forward(self, x):
        return super().forward(x) if self.training else x
