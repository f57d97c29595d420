from math import log

from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


@wrong("loss_of_a_guess", "The sign")
def negative(classes):
    return log(1 / classes)


@wrong("loss_of_a_guess", "the probability of the right class, not yet the loss")
def probability(classes):
    return 1 / classes


@wrong("loss_of_a_guess", "sum over all classes")
def of_all(classes):
    return classes * log(classes)


@wrong("loss_of_a_guess", "Is `classes` used?")
def of_three(classes):
    return log(3)


@wrong("softmax_of_rows", "not along a row")
def over_all(s):
    return np.exp(s) / np.exp(s).sum()


@wrong("softmax_of_rows", "over the examples")
def over_columns(s):
    return np.exp(s) / np.exp(s).sum(axis=0)


@wrong("softmax_of_rows", "exp of them is too large")
def overflows(s):
    return np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "each row's own maximum")
def one_maximum(s):
    e = np.exp(s - s.max())
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "Is exp taken of the scores?")
def no_exp(s):
    return s / s.sum(axis=1, keepdims=True)


class Squares(Layer):
    def forward(self, y, t):
        self.difference = y - t
        return (self.difference**2).sum() / len(y)


@wrong("MeanOfSquares", "sign")
class Negative(Squares):
    def backward(self, dout=1):
        return -dout * 2 * self.difference / len(self.difference)


@wrong("MeanOfSquares", "factor")
class Half(Squares):
    def backward(self, dout=1):
        return dout * self.difference / len(self.difference)


@wrong("MeanOfSquares", "The forward was right")
class OtherForward(Squares):
    def forward(self, y, t):
        return super().forward(y, t) * len(y)

    def backward(self, dout=1):
        return dout * 2 * self.difference
