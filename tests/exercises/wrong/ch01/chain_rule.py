from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


@wrong("slope_of_a_chain", "The sign")
def no_minus(x):
    return 10 * (5 * x + 1)


@wrong("slope_of_a_chain", "A factor is missing")
def without_the_inner(x):
    return -2 * (5 * x + 1)


@wrong("slope_of_a_chain", "How fast does a square move?")
def without_the_two(x):
    return -5 * (5 * x + 1)


@wrong("slope_of_a_chain", "Which number was squared?")
def at_x(x):
    return -2 * x * 5


@wrong("slope_of_a_chain", "they multiply")
def added(x):
    return -1 + 2 * (5 * x + 1) + 5


@wrong("slope_of_a_chain", "One number is wanted, not None")
def nothing(x):
    return None


memory = [None]


class Forward(Layer):
    def forward(self, x):
        self.x = x
        return x**3


@wrong("Cube", "dout is not used")
class ForgetsDout(Forward):
    def backward(self, dout):
        return 3 * self.x**2


@wrong("Cube", "hands dout on")
class HandsOn(Forward):
    def backward(self, dout):
        return dout


@wrong("Cube", "factor")
class ForgetsThree(Forward):
    def backward(self, dout):
        return dout * self.x**2


@wrong("Cube", "at the output")
class AtTheOutput(Layer):
    def forward(self, x):
        self.y = x**3
        return self.y

    def backward(self, dout):
        return dout * 3 * self.y**2


@wrong("Cube", "x · x · x")
class TimesThree(Forward):
    def forward(self, x):
        self.x = x
        return 3 * x

    def backward(self, dout):
        return 3 * dout


@wrong("Cube", "An array of shape (2, 4) is wanted, not None")
class ReturnsNothing(Forward):
    def backward(self, dout):
        dout * 3 * self.x**2


@wrong("Cube", "keep its x to itself")
class OneForAll(Layer):
    def forward(self, x):
        memory[0] = x
        return x**3

    def backward(self, dout):
        return dout * 3 * memory[0] ** 2


@wrong("walk_back", "the first one first")
def as_forward(layers, dout):
    for layer in layers:
        dout = layer.backward(dout)
    return dout


@wrong("walk_back", "what the one behind it has returned")
def each_the_same(layers, dout):
    for layer in reversed(layers):
        dx = layer.backward(dout)
    return dx


@wrong("walk_back", "It must begin with the dout that is given")
def from_ones(layers, dout):
    dout = np.ones_like(dout)
    for layer in reversed(layers):
        dout = layer.backward(dout)
    return dout


@wrong("walk_back", "Is backward called?")
def result_dropped(layers, dout):
    for layer in reversed(layers):
        layer.backward(dout)
    return dout


@wrong("walk_back", "The list had 3 layers, and has 0 now")
def takes_them_out(layers, dout):
    while layers:
        dout = layers.pop().backward(dout)
    return dout


@wrong("walk_back", "stand in another order now")
def turns_the_list(layers, dout):
    layers.reverse()
    for layer in layers:
        dout = layer.backward(dout)
    return dout


@wrong("walk_back", "not None")
def returns_nothing(layers, dout):
    for layer in reversed(layers):
        dout = layer.backward(dout)
