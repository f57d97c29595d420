"""Exercises on a model of your own.

To check them: python -m exercises check ch02.polynomial_module
"""

from common.autograd import Parameter
from common.module import Module


def learned(attributes):
    """Predict: which attributes of a Module are learned? Return their names, in order, in a list.

    attributes: a dictionary from the name to what `__init__` puts there: Parameters, numbers,
    arrays, and Tensors of data. So a Module with `self.a = Parameter(2.0)` and `self.n = 3` comes
    as {"a": Parameter(2.0), "n": 3}. Learned is what an optimizer is given by model.params.
    """
    raise NotImplementedError("learned is to be written")


class Parabola(Module):
    """Mend: y = top - slope · (x - place)², with three Parameters of one number each.

    x: an array or a tensor. It returns the right y, and it trains. But one of the three stays where
    it was, however long the training.
    """

    def __init__(self, top, slope, place):
        self.top, self.slope, self.place = map(Parameter, (top, slope, place))

    def forward(self, x):
        distance = x - self.place.item()
        return self.top - self.slope * distance**2


class Hill(Module):
    """Write: y = a / (1 + (c x)²), a hill with two Parameters of one number each, a and c.

    a and c, numbers, say where they start. They are learned, in this order. x: (N,), an array or a
    tensor. y: (N,), a tensor.
    """

    def __init__(self, a, c):
        raise NotImplementedError("Hill.__init__ is to be written")

    def forward(self, x):
        raise NotImplementedError("Hill.forward is to be written")
