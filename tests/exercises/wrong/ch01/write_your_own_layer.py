from common.functions import sigmoid
from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


class Stretched(Layer):
    def __init__(self, size):
        super().__init__(np.ones(size), np.zeros(size))

    def forward(self, x):
        g, b = self.params
        self.x = x
        return x * g + b


@wrong("Stretch", "was replaced")
class OneByOne(Stretched):
    def backward(self, dout):
        self.grads[0] = (dout * self.x).sum(axis=0)
        self.grads[1] = dout.sum(axis=0)
        return dout * self.params[0]


@wrong("Stretch", "never writes")
class NamesAlone(Stretched):
    def backward(self, dout):
        dg, db = self.grads
        dg = (dout * self.x).sum(axis=0)  # noqa: F841
        db = dout.sum(axis=0)  # noqa: F841
        return dout * self.params[0]


@wrong("Stretch", "not add to it")
class Adds(Stretched):
    def backward(self, dout):
        dg, db = self.grads
        dg += (dout * self.x).sum(axis=0)
        db += dout.sum(axis=0)
        return dout * self.params[0]


@wrong("Stretch", "exchanged")
class Exchanged(Stretched):
    def backward(self, dout):
        db, dg = self.grads
        dg[...] = (dout * self.x).sum(axis=0)
        db[...] = dout.sum(axis=0)
        return dout * self.params[0]


@wrong("Stretch", "number of rows")
class Means(Stretched):
    def backward(self, dout):
        dg, db = self.grads
        dg[...] = (dout * self.x).mean(axis=0)
        db[...] = dout.mean(axis=0)
        return dout * self.params[0]


class Leaking(Layer):
    def forward(self, x):
        self.positive = x > 0
        return np.where(self.positive, x, x / 10)


@wrong("Leaky", "writes into dout")
class AnotherName(Leaking):
    def backward(self, dout):
        dx = dout
        dx[~self.positive] /= 10
        return dx


@wrong("Leaky", "writes into dout")
class TimesInPlace(Leaking):
    def backward(self, dout):
        dout *= np.where(self.positive, 1.0, 0.1)
        return dout


@wrong("Leaky", "negative")
class AsReLU(Leaking):
    def backward(self, dout):
        return dout * self.positive


@wrong("Leaky", "hands dout on")
class HandsOn(Leaking):
    def backward(self, dout):
        return dout.copy()


@wrong("Leaky", "its backward")
class NoLeak(Leaking):
    def forward(self, x):
        return super().forward(x) * (x > 0)

    def backward(self, dout):
        return dout * self.positive


@wrong("Bell", "earlier forward")
class FromTheBeginning(Layer):
    x = None

    def forward(self, x):
        if self.x is None:
            self.x = x
        return np.exp(-x * x)

    def backward(self, dout):
        return dout * -2 * self.x * np.exp(-self.x * self.x)


@wrong("Bell", "earlier forward")
class WhereTheShapeIsNew(Layer):
    def forward(self, x):
        if not hasattr(self, "x") or self.x.shape != x.shape:
            self.x = x
        return np.exp(-x * x)

    def backward(self, dout):
        return dout * -2 * self.x * np.exp(-self.x * self.x)


@wrong("Bell", "earlier forward")
class OneTooLate(Layer):
    def forward(self, x):
        self.x = getattr(self, "following", x)
        self.following = x
        return np.exp(-x * x)

    def backward(self, dout):
        return dout * -2 * self.x * np.exp(-self.x * self.x)


@wrong("Bell", "It is to stay so")
class OfTheFirst(Layer):
    def forward(self, x):
        if not hasattr(self, "x"):
            self.x = x
        return np.exp(-self.x * self.x)

    def backward(self, dout):
        return dout * -2 * self.x * np.exp(-self.x * self.x)


class Swished(Layer):
    def __init__(self, size):
        super().__init__(np.ones(size))

    def forward(self, x):
        (g,) = self.params
        self.x, self.s = x, sigmoid(g * x)
        return x * self.s


@wrong("SharpSwish", "product rule")
class OneFactor(Swished):
    def backward(self, dout):
        (dg,), x, s = self.grads, self.x, self.s
        dg[...] = (dout * x * x * s * (1 - s)).sum(axis=0)
        return dout * s


@wrong("SharpSwish", "the gradient of input 0")
class InnerFactorForgotten(Swished):
    def backward(self, dout):
        (dg,), x, s = self.grads, self.x, self.s
        dg[...] = (dout * x * x * s * (1 - s)).sum(axis=0)
        return dout * (s + x * s * (1 - s))


@wrong("SharpSwish", "never writes")
class NoGradientOfG(Swished):
    def backward(self, dout):
        (g,), x, s = self.params, self.x, self.s
        return dout * (s + g * x * s * (1 - s))


@wrong("SharpSwish", "the gradient of params[0]")
class WithoutX(Swished):
    def backward(self, dout):
        (g,), (dg,), x, s = self.params, self.grads, self.x, self.s
        dg[...] = (dout * x * s * (1 - s)).sum(axis=0)
        return dout * (s + g * x * s * (1 - s))


@wrong("SharpSwish", "exp of a large number")
class Overflows(Swished):
    def forward(self, x):
        (g,) = self.params
        e = np.exp(g * x)
        return x * e / (1 + e)


@wrong("SharpSwish", "Is g in the sigmoid")
class FactorOutside(Swished):
    def forward(self, x):
        (g,) = self.params
        self.x, self.s = x, sigmoid(x)
        return g * x * self.s

    def backward(self, dout):
        (g,), (dg,), x, s = self.params, self.grads, self.x, self.s
        dg[...] = (dout * x * s).sum(axis=0)
        return dout * g * (s + x * s * (1 - s))
