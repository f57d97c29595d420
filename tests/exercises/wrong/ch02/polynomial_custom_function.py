import math

from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


@wrong("blind_spot", "A backward is about its slope")
def where_y_is_k(k):
    return k ** (1 / 3)


@wrong("blind_spot", "the square of the right x")
def no_root(k):
    return k / 3


@wrong("blind_spot", "the check would notice")
def slope_without_factor(k):
    return math.sqrt(k)


@wrong("blind_spot", "is above 0")
def below(k):
    return -math.sqrt(k / 3)


@wrong("blind_spot", "With k = 0.75")
def of_twelve(k):
    return 2


@wrong("blind_spot", "One number is wanted")
def both(k):
    return -math.sqrt(k / 3), math.sqrt(k / 3)


class P4(Layer):
    def forward(self, x):
        self.x = x
        return (35 * x**4 - 30 * x**2 + 3) / 8


@wrong("LegendreP4", "factor")
class HalfOfTheEight(P4):
    def backward(self, dout):
        return dout * (140 * self.x**3 - 60 * self.x) / 4


@wrong("LegendreP4", "sign")
class Negative(P4):
    def backward(self, dout):
        return -dout * (140 * self.x**3 - 60 * self.x) / 8


@wrong("LegendreP4", "the forward was right")
class ForwardMadeToFit(P4):
    def forward(self, x):
        return 8 * super().forward(x)

    def backward(self, dout):
        return dout * (140 * self.x**3 - 60 * self.x)


@wrong("LegendreP4", "dout is not used")
class WithoutDout(P4):
    def backward(self, dout):
        return (140 * self.x**3 - 60 * self.x) / 8


@wrong("LegendreP4", "should be")
class OneTermDivided(P4):
    def backward(self, dout):
        return dout * (140 * self.x**3 - 60 * self.x / 8)


@wrong("LegendreP2", "at the output")
class FromTheOutput(Layer):
    def forward(self, x):
        self.y = (3 * x * x - 1) / 2
        return self.y

    def backward(self, dout):
        return dout * 3 * self.y


@wrong("LegendreP2", "is not any more")
class ReturnsItsInput(Layer):
    def forward(self, x):
        self.x = x
        return self.x

    def backward(self, dout):
        return dout * 3 * self.x


@wrong("LegendreP2", "An array of shape (2, 3) is wanted")
class ReturnsNothing(Layer):
    def forward(self, x):
        self.x = x
        (3 * x * x - 1) / 2

    def backward(self, dout):
        return dout * 3 * self.x


@wrong("LegendreP2", "hands dout on")
class NoDerivative(Layer):
    def forward(self, x):
        self.x = x
        return (3 * x * x - 1) / 2

    def backward(self, dout):
        return dout


class Sine(Layer):
    def __init__(self, k):
        super().__init__()
        self.k = k

    def forward(self, x):
        self.x = x
        return np.sin(self.k * x)


@wrong("Wave", "factor")
class WithoutInnerSlope(Sine):
    def backward(self, dout):
        return dout * np.cos(self.k * self.x)


@wrong("Wave", "dout is not used")
class WithoutDoutToo(Sine):
    def backward(self, dout):
        return self.k * np.cos(self.k * self.x)


@wrong("Wave", "sign")
class MinusCosine(Sine):
    def backward(self, dout):
        return -dout * self.k * np.cos(self.k * self.x)


@wrong("Wave", "at the output")
class AtTheOutput(Sine):
    def forward(self, x):
        self.y = super().forward(x)
        return self.y

    def backward(self, dout):
        return dout * self.k * np.cos(self.k * self.y)


@wrong("Wave", "k stands inside the sine")
class KOutside(Sine):
    def forward(self, x):
        self.x = x
        return self.k * np.sin(x)


@wrong("Wave", "Where is k?")
class NoK(Sine):
    def forward(self, x):
        self.x = x
        return np.sin(x)
