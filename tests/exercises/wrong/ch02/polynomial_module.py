from common.autograd import Parameter, Tensor
from common.module import Module
from tests.exercises.wrong import wrong


@wrong("learned", "'n' is of the class int")
def all_of_them(attributes):
    return list(attributes)


@wrong("learned", "'y' is of the class Tensor")
def all_tensors(attributes):
    return [name for name, value in attributes.items() if isinstance(value, Tensor)]


@wrong("learned", "none of the names")
def as_they_are_written(attributes):
    return [f"self.{name}" for name, value in attributes.items() if isinstance(value, Parameter)]


@wrong("learned", "is in model.params as well")
def the_first(attributes):
    return [name for name, value in attributes.items() if isinstance(value, Parameter)][:1]


@wrong("learned", "A list of names is wanted")
def the_parameters(attributes):
    return [value for value in attributes.values() if isinstance(value, Parameter)]


@wrong("learned", "A list of names is wanted")
def how_many(attributes):
    return sum(isinstance(value, Parameter) for value in attributes.values())


class Three(Module):
    def __init__(self, top, slope, place):
        self.top, self.slope, self.place = map(Parameter, (top, slope, place))


@wrong("Parabola", "nothing comes back to place")
class Detached(Three):
    def forward(self, x):
        return self.top - self.slope * (x - self.place.detach()) ** 2


@wrong("Parabola", "nothing comes back to place")
class NewTensor(Three):
    def forward(self, x):
        place = Tensor(self.place.item(), requires_grad=True)
        return self.top - self.slope * (x - place) ** 2


@wrong("Parabola", "nothing comes back to middle")
class OtherNames(Module):
    def __init__(self, top, slope, place):
        self.highest, self.fall, self.middle = map(Parameter, (top, slope, place))

    def forward(self, x):
        return self.highest - self.fall * (x - self.middle.item()) ** 2


@wrong("Parabola", "Use x as it is")
class TensorAnew(Three):
    def forward(self, x):
        return self.top - self.slope * (Tensor(x) - self.place) ** 2


@wrong("Parabola", "was right, and is not any more")
class OtherSign(Three):
    def forward(self, x):
        return self.top - self.slope * (x + self.place) ** 2


@wrong("Parabola", "not a tensor")
class OnArrays(Three):
    def forward(self, x):
        return self.top.data - self.slope.data * (x.data - self.place.data) ** 2


@wrong("Parabola", "What is learned is a Parameter")
class PlaceIsNoParameter(Module):
    def __init__(self, top, slope, place):
        self.top, self.slope = Parameter(top), Parameter(slope)
        self.place = Tensor(place, requires_grad=True)

    def forward(self, x):
        return self.top - self.slope * (x - self.place) ** 2


class Two(Module):
    def __init__(self, a, c):
        self.a, self.c = Parameter(a), Parameter(c)


@wrong("Hill", "Nothing is found")
class Numbers(Module):
    def __init__(self, a, c):
        self.a, self.c = a, c

    def forward(self, x):
        return self.a / (1 + (self.c * x) ** 2)


@wrong("Hill", "no attribute of self")
class NotKept(Module):
    def __init__(self, a, c):
        a, c = Parameter(a), Parameter(c)

    def forward(self, x):
        return self.a / (1 + (self.c * x) ** 2)


@wrong("Hill", "have the shapes [()]")
class OnlyHeight(Module):
    def __init__(self, a, c):
        self.a, self.c = Parameter(a), c

    def forward(self, x):
        return self.a / (1 + (self.c * x) ** 2)


@wrong("Hill", "What is learned is a Parameter")
class Tensors(Module):
    def __init__(self, a, c):
        self.a, self.c = Tensor(a, requires_grad=True), Tensor(c, requires_grad=True)

    def forward(self, x):
        return self.a / (1 + (self.c * x) ** 2)


@wrong("Hill", "of one number each")
class OneArray(Module):
    def __init__(self, a, c):
        self.w = Parameter([a, c])

    def forward(self, x):
        return self.w[0] / (1 + (self.w[1] * x) ** 2)


@wrong("Hill", "in the other order")
class OtherOrder(Module):
    def __init__(self, a, c):
        self.c, self.a = Parameter(c), Parameter(a)

    def forward(self, x):
        return self.a / (1 + (self.c * x) ** 2)


@wrong("Hill", "c is not squared")
class OnlyXSquared(Two):
    def forward(self, x):
        return self.a / (1 + self.c * x**2)


@wrong("Hill", "One of a and c gets no gradient")
class NumberInForward(Two):
    def forward(self, x):
        return self.a / (1 + (self.c.item() * x) ** 2)


@wrong("Hill", "and not a tensor")
class ReturnsNothing(Two):
    def forward(self, x):
        self.a / (1 + (self.c * x) ** 2)


@wrong("Hill", "recorded")
class Plain(Two):
    def forward(self, x):
        return Tensor(self.a.item() / (1 + (self.c.item() * x.data) ** 2))


@wrong("Hill", "as they are now")
class WorkedOutOnce(Module):
    def __init__(self, a, c):
        self.a, self.c = Parameter(a), Parameter(c)
        self.c2 = self.c * self.c

    def forward(self, x):
        return self.a / (1 + self.c2 * x**2)
