from common.layers import Layer, ReLU
from common.np import np
from tests.exercises.wrong import wrong


@wrong("factor_of_gradient", "The other way round")
def as_forward(k, n):
    return 2 ** (k - 1)


@wrong("factor_of_gradient", "To the last weight")
def of_one(k, n):
    return 2


@wrong("factor_of_gradient", "multiplied, not added")
def added_up(k, n):
    return 2 * (n - k) or 1


@wrong("factor_of_gradient", "multiplied, not added")
def one_more_for_each(k, n):
    return 1 + n - k


@wrong("factor_of_gradient", "no gradient comes through a ReLU")
def one_relu_too_many(k, n):
    return 2 ** (n - k + 1)


@wrong("factor_of_gradient", "are not the factors")
def two_cases(k, n):
    return 1 if k == n else 2


class Leaky(Layer):
    def __init__(self, slope=0.1):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.slope * x)


@wrong("LeakyReLU", "negative")
class AsGiven(Leaky):
    def backward(self, dout):
        return dout * (self.x > 0)


@wrong("LeakyReLU", "negative")
class WithoutMinus(Leaky):
    def backward(self, dout):
        return dout * np.where(self.x > 0, 1, -self.slope)


@wrong("LeakyReLU", "dout")
class WithoutDout(Leaky):
    def backward(self, dout):
        return np.where(self.x > 0, 1, self.slope)


@wrong("LeakyReLU", "looks at the sign of dout")
class MaskOfDout(Leaky):
    def backward(self, dout):
        return np.where(dout > 0, dout, self.slope * dout)


@wrong("LeakyReLU", "negative")
class SlopeOfPage(Leaky):
    def backward(self, dout):
        return dout * np.where(self.x > 0, 1, 0.1)


@wrong("LeakyReLU", "The forward was right")
class PlainReLU(Leaky):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * (self.x > 0)


class Doubled(ReLU):
    def backward(self, dout):
        return 2 * super().backward(dout)


@wrong("is_used", "all weights")
def looks_at_the_first(gradients):
    return bool((gradients(ReLU())[0] != gradients(Doubled())[0]).any())


@wrong("is_used", "is any difference enough")
def wants_all_numbers_to_differ(gradients):
    both = zip(gradients(ReLU()), gradients(Doubled()), strict=True)
    return any((one != other).all() for one, other in both)


@wrong("is_used", "never looks at the ReLU")
def looks_whether_something_comes(gradients):
    return any(grad.any() for grad in gradients(ReLU()))


@wrong("is_used", "Whose backward")
def compares_with_itself(gradients):
    both = zip(gradients(ReLU()), gradients(ReLU()), strict=True)
    return any((one != other).any() for one, other in both)


@wrong("is_used", "goes nowhere")
def counts_calls(gradients):
    called = []

    class Counting(ReLU):
        def forward(self, x):
            called.append(x)
            return super().forward(x)

    gradients(Counting())
    return bool(called)


@wrong("is_used", "True or False is wanted")
def prints(gradients):
    gradients(Doubled())
