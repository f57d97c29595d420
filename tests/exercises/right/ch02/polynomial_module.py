from common.autograd import Parameter
from common.module import Module
from common.np import np
from tests.exercises.right import right


@right("learned")
def in_a_loop(attributes):
    names = []
    for name in attributes:
        if type(attributes[name]) is Parameter:
            names.append(name)
    return names


@right("Parabola")
class MultipliedOut(Module):
    def __init__(self, top, slope, place):
        self.top, self.slope, self.place = map(Parameter, (top, slope, place))

    def forward(self, x):
        return self.top - self.slope * (x**2 - 2 * self.place * x + self.place**2)


@right("Parabola")
class FromTheOtherSide(Module):
    def __init__(self, top, slope, place):
        self.top, self.slope = Parameter(top), Parameter(slope)
        self.place = Parameter(place)

    def forward(self, x):
        distance = self.place - x
        return -self.slope * distance * distance + self.top


@right("Hill")
class OtherNames(Module):
    def __init__(self, height, steepness):
        self.height = Parameter(np.array(height))
        self.steepness = Parameter(np.array(steepness))

    def forward(self, x):
        return self.height / (self.steepness**2 * x**2 + 1.0)


@right("Hill")
class InAList(Module):
    def __init__(self, a, c):
        super().__init__()
        self.both = [Parameter(float(a)), Parameter(float(c))]

    def forward(self, x):
        a, c = self.both
        z = x * c
        return a * (1 + z * z) ** -1
