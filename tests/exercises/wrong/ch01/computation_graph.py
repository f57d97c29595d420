from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


@wrong("gradients_of_two_uses", "The other one counts, too")
def one_arrow(x, y):
    return x + y, x


@wrong("gradients_of_two_uses", "The other one counts, too")
def the_other_arrow(x, y):
    return x, x


@wrong("gradients_of_two_uses", "does not multiply")
def multiplied(x, y):
    return x * (x + y), x


@wrong("gradients_of_two_uses", "in the wrong order")
def exchanged(x, y):
    return x, 2 * x + y


@wrong("gradients_of_two_uses", "you give the sum")
def the_sum_for_y(x, y):
    return 2 * x + y, x + y


@wrong("gradients_of_two_uses", "that is not 1")
def local(x, y):
    return 2 * x + y, 1.0


@wrong("gradients_of_two_uses", "Two numbers are wanted")
def one_number(x, y):
    return 2 * x + y


class Minus(Layer):
    def forward(self, a, b):
        return a - b


@wrong("Difference", "the sign")
class BothNegative(Minus):
    def backward(self, dout):
        return -dout, -dout


@wrong("Difference", "dout is not used")
class Local(Minus):
    def backward(self, dout):
        return np.ones_like(dout), -np.ones_like(dout)


@wrong("Difference", "Two inputs have two gradients")
class OneGradient(Minus):
    def backward(self, dout):
        return dout


@wrong("Difference", "which is a tuple, and not [array(")
class InAList(Minus):
    def backward(self, dout):
        return [dout, -dout]


@wrong("Difference", "and 3 came back")
class OneTooMany(Minus):
    def backward(self, dout):
        return dout, -dout, dout


@wrong("Difference", "writes into dout")
class InPlace(Minus):
    def backward(self, dout):
        da = dout.copy()
        dout *= -1
        return da, dout


@wrong("Difference", "Mend the backward")
class OtherForward(Layer):
    def forward(self, a, b):
        return a + b

    def backward(self, dout):
        return dout, dout


class Repeat(Layer):
    def __init__(self, N):
        super().__init__()
        self.N = N

    def forward(self, x):
        return np.repeat(x[None, :], self.N, axis=0)


@wrong("RepeatRow", "from row 0 alone, x is sent zeros")
class LastRow(Repeat):
    def backward(self, dout):
        return dout[-1]


@wrong("RepeatRow", "factor")
class Mean(Repeat):
    def backward(self, dout):
        return dout.mean(axis=0)


@wrong("RepeatRow", "The shape should be (4,), and is (1, 4)")
class AsItCame(Repeat):
    def backward(self, dout):
        return dout


@wrong("RepeatRow", "The shape should be (4,), and is (1,)")
class AlongTheRow(Repeat):
    def backward(self, dout):
        return dout.sum(axis=1)


@wrong("RepeatRow", "The shape should be (4,), and is (1, 4)")
class KeepsTheAxis(Repeat):
    def backward(self, dout):
        return dout.sum(axis=0, keepdims=True)


@wrong("back_through_transposed", "That dx belongs to y = x W")
def as_on_the_page(x, W, dout):
    return np.matmul(dout, W.T), np.matmul(x.T, dout)


@wrong("back_through_transposed", "That dW belongs to y = x W")
def dW_as_on_the_page(x, W, dout):
    return np.matmul(dout, W), np.matmul(x.T, dout)


@wrong("back_through_transposed", "in the wrong order")
def dW_first(x, W, dout):
    return np.matmul(dout.T, x), np.matmul(dout, W)


@wrong("back_through_transposed", "Two are wanted")
def dx_only(x, W, dout):
    return np.matmul(dout, W)


@wrong("back_through_transposed", "not None")
def not_finished(x, W, dout):
    return np.matmul(dout, W), None
