from functools import reduce

from common.layers import Layer
from common.np import np
from tests.exercises.right import right


@right("slope_of_a_chain")
def of_shape_0(x):
    return np.array(-10.0 * (5 * x + 1))


@right("Cube")
class KeepsTheSlope(Layer):
    def forward(self, x):
        self.slope = 3 * x * x
        return x * x * x

    def backward(self, dout):
        return self.slope * dout


@right("Cube")
class KeepsTheOutput(Layer):
    def forward(self, x):
        self.y = np.power(x, 3)
        return self.y

    def backward(self, dout):
        return np.multiply(dout, 3 * np.cbrt(self.y) ** 2)


@right("walk_back")
def by_reduce(layers, dout):
    return reduce(lambda dy, layer: layer.backward(dy), layers[::-1], dout)


@right("walk_back")
def taken_from_the_end_of_a_copy(layers, dout):
    left = list(layers)
    while left:
        dout = left.pop().backward(dout)
    return dout
