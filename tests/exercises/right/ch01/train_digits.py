from common.layers import Layer
from common.np import np
from tests.exercises.right import right


@right("numbers_learned")
def by_a_dot_product(sizes):
    return np.dot(sizes[:-1], sizes[1:]) + np.sum(sizes[1:])


@right("set_aside")
def by_a_mask(x, t, count, rng):
    is_held_out = np.zeros(len(x), dtype=bool)
    is_held_out[rng.choice(len(x), count, replace=False)] = True
    return (x[~is_held_out], t[~is_held_out]), (x[is_held_out], t[is_held_out])


@right("set_aside")
def the_rest_deleted(x, t, count, rng):
    held_out = rng.permutation(len(x))[:count]
    train = [np.delete(x, held_out, axis=0), np.delete(t, held_out)]
    return [train, [x[held_out], t[held_out]]]


@right("first_step_of_adam")
def by_its_formulas(g, lr):
    m, v = 0.1 * g, 0.001 * g**2
    return -lr * (m / (1 - 0.9)) / np.sqrt(v / (1 - 0.999))


@right("first_step_of_adam")
def one_after_the_other(g, lr):
    step = np.empty(g.shape, "float32")
    for index in np.ndindex(g.shape):
        step[index] = -lr if g[index] > 0 else lr
    return step


class Dropout(Layer):
    def __init__(self, ratio, seed=None):
        super().__init__()
        self.ratio, self.rng = ratio, np.random.default_rng(seed)


@right("LoudDropout")
class SilencesACopy(Dropout):
    def forward(self, x):
        self.silent = self.rng.random(x.shape) < self.ratio if self.training else None
        return self.silenced(x)

    def backward(self, dout):
        return self.silenced(dout)

    def silenced(self, a):
        if self.silent is None:
            return a
        a = a.copy()
        a[self.silent] = 0
        return a / (1 - self.ratio)


@right("LoudDropout")
class DrawsFactors(Dropout):
    def forward(self, x):
        self.factors = 1.0
        if self.training:
            self.factors = self.rng.binomial(1, 1 - self.ratio, x.shape) / (1 - self.ratio)
        return self.factors * x

    def backward(self, dout):
        return self.factors * dout
