from common.layers import Layer, ReLU
from common.np import np
from tests.exercises.right import right


@right("factor_of_gradient")
def in_float32(k, n):
    return np.float32(2) ** np.float32(n - k)


class OfMyReLU(Layer):
    def __init__(self, slope=0.1):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.slope * x)


@right("LeakyReLU")
class OnACopy(OfMyReLU):
    def backward(self, dout):
        dx = dout.copy()
        dx[self.x <= 0] *= self.slope
        return dx


@right("LeakyReLU")
class KeepsTheSlopes(OfMyReLU):
    def forward(self, x):
        self.slopes = np.full(x.shape, self.slope)
        self.slopes[x > 0] = 1
        return self.slopes * x

    def backward(self, dout):
        return self.slopes * dout


@right("is_used")
def by_nothing_that_comes_back(gradients):
    class Stopped(ReLU):
        def backward(self, dout):
            return np.zeros_like(dout)

    for one, other in zip(gradients(ReLU()), gradients(Stopped()), strict=True):
        if not np.allclose(one, other):
            return True
    return False


@right("is_used")
def by_layers_of_its_own(gradients):
    class Times(Layer):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def forward(self, x):
            self.mask = x > 0
            return x * self.mask

        def backward(self, dout):
            return self.factor * dout * self.mask

    pairs = zip(gradients(Times(1)), gradients(Times(-1)), strict=True)
    return sum(np.abs(one - other).sum() for one, other in pairs) > 0
