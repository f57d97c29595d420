import math

from common.layers import Layer
from common.np import np
from tests.exercises.right import right


@right("blind_spot")
def root_in_float32(k):
    return np.float32(k / 3) ** np.float32(0.5)


@right("LegendreP4")
class MultipliedOut(Layer):
    def forward(self, x):
        self.x = x.copy()
        return (35 * x**4 - 30 * x**2 + 3) / 8

    def backward(self, dout):
        return dout / 8 * (4 * 35 * self.x**3 - 2 * 30 * self.x)


@right("LegendreP4")
class KeepsTheSlopes(Layer):
    def forward(self, x):
        self.slopes = 17.5 * x**3 - 7.5 * x
        return 4.375 * x**4 - 3.75 * x**2 + 0.375

    def backward(self, dout):
        dx = np.zeros(dout.shape)
        for index in np.ndindex(dx.shape):
            dx[index] = dout[index] * self.slopes[index]
        return dx


@right("LegendreP2")
class AnotherName(Layer):
    def forward(self, x):
        self.inputs = x
        return 1.5 * x**2 - 0.5

    def backward(self, dout):
        return 3 * self.inputs * dout


@right("LegendreP2")
class FromTheOutput(Layer):
    def forward(self, x):
        self.sign, self.y = np.sign(x), (3 * x * x - 1) / 2
        return self.y

    def backward(self, dout):
        return dout * 3 * self.sign * np.sqrt((2 * self.y + 1) / 3)


class Sine(Layer):
    def __init__(self, k):
        self.k = k
        super().__init__()


@right("Wave")
class KeepsTheSlope(Sine):
    def forward(self, x):
        self.slope = self.k * np.cos(self.k * x)
        return np.sin(self.k * x)

    def backward(self, dout):
        return self.slope * dout


@right("Wave")
class NumberByNumber(Sine):
    def forward(self, x):
        self.angles = self.k * x
        return np.array([math.sin(angle) for angle in self.angles.ravel()]).reshape(x.shape)

    def backward(self, dout):
        return dout * np.sin(self.angles + np.pi / 2) * self.k
