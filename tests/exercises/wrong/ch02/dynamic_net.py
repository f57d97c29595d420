from common.autograd import Tensor, no_grad
from common.layers import Linear, ReLU
from common.module import Module
from tests.exercises.wrong import wrong


@wrong("gradient_of_e", "range(4, 4) has no 4")
def with_the_end(x, last):
    return sum((x**exponent).sum() for exponent in range(4, last + 1))


@wrong("gradient_of_e", "the last use")
def of_the_last(x, last):
    return (x ** (last - 1)).sum() if last > 4 else 0


@wrong("gradient_of_e", "the first use")
def of_the_first(x, last):
    return (x**4).sum() if last > 4 else 0


@wrong("gradient_of_e", "mean over x")
def mean(x, last):
    return sum((x**exponent).mean() for exponent in range(4, last))


@wrong("gradient_of_e", "One number is wanted")
def for_each_element(x, last):
    return sum(x**exponent for exponent in range(4, last)) + 0 * x


@wrong("coasting", "As if it stood still")
def stands_still(w, v, momentum, steps):
    return w


@wrong("coasting", "they add up")
def last_move(w, v, momentum, steps):
    return w + momentum**steps * v


@wrong("coasting", "the new one")
def old_velocity(w, v, momentum, steps):
    for _ in range(steps):
        w += v
        v *= momentum
    return w


@wrong("coasting", "as long as the first")
def equal_moves(w, v, momentum, steps):
    return w + steps * momentum * v


@wrong("coasting", "One number is wanted")
def whole_way(w, v, momentum, steps):
    return [w + momentum**step * v for step in range(steps)]


class Net(Module):
    def __init__(self, D, H):
        self.first = Linear(D, H, seed=1)
        self.middle = Linear(H, H, seed=2)
        self.last = Linear(H, 1, seed=3)

    def hidden(self, x, depth):
        h = ReLU()(self.first(x))
        for _ in range(depth):
            h = ReLU()(self.middle(h))
        return h


@wrong("DeepNet", "as if middle were used once less")
class DepthOfOne(Net):
    def forward(self, x, depth):
        return self.last(self.hidden(x, min(depth, 1)))


@wrong("DeepNet", "does each use go on from the one before")
class AllUsesFromFirst(Net):
    def forward(self, x, depth):
        y = h = ReLU()(self.first(x))
        for _ in range(depth):
            y = ReLU()(self.middle(h))
        return self.last(y)


@wrong("DeepNet", "once too often")
class FirstCounts(Net):
    def forward(self, x, depth):
        return self.last(self.hidden(x, depth + 1))


@wrong("DeepNet", "behind middle")
class Straight(Net):
    def forward(self, x, depth):
        h = ReLU()(self.first(x))
        for _ in range(depth):
            h = self.middle(h)
        return self.last(h)


@wrong("DeepNet", "behind first")
class StraightStart(Net):
    def forward(self, x, depth):
        h = self.first(x)
        for _ in range(depth):
            h = ReLU()(self.middle(h))
        return self.last(h)


@wrong("DeepNet", "Behind last")
class NeverBelowZero(Net):
    def forward(self, x, depth):
        return ReLU()(self.last(self.hidden(x, depth)))


@wrong("DeepNet", "other gradients")
class AllAnew(Net):
    def forward(self, x, depth):
        h = ReLU()(self.first(x))
        for _ in range(depth):
            h = ReLU()(Linear(h.shape[1], h.shape[1], seed=2)(h))
        return self.last(h)


@wrong("DeepNet", "other gradients")
class WithoutTape(Net):
    def forward(self, x, depth):
        with no_grad():
            h = self.hidden(x, depth)
        return self.last(h)


@wrong("DeepNet", "is not recorded")
class TensorAtTheEnd(Net):
    def forward(self, x, depth):
        return Tensor(self.last.forward(self.hidden(x, depth).data))


@wrong("DeepNet", "A tensor is wanted")
class OnArrays(Net):
    def forward(self, x, depth):
        return self.last.forward(self.hidden(x, depth).data)


@wrong("DeepNet", "more weights")
class MakesAttributes(Net):
    def forward(self, x, depth):
        self.layers = [Linear(5, 5, seed=2) for _ in range(depth)]
        return self.last(self.hidden(Tensor(x.data), depth))
