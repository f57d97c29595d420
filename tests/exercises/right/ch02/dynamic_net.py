from common.layers import Linear, ReLU, Sequential
from common.module import Module
from common.np import np
from tests.exercises.right import right


@right("gradient_of_e")
def point_by_point(x, last):
    total = 0.0
    for point in x:
        for exponent in range(4, last):
            total += point**exponent
    return np.array(total)


@right("coasting")
def all_steps_added_up_in_float32(w, v, momentum, steps):
    return np.float32(w + (v * momentum ** np.arange(1, steps + 1)).sum())


class Net(Module):
    def __init__(self, D, H):
        self.first = Linear(D, H, seed=1)
        self.middle = Linear(H, H, seed=2)
        self.last = Linear(H, 1, seed=3)


@right("DeepNet")
class ByClamp(Net):
    def forward(self, x, depth):
        x = self.first(x).clamp(min=0)
        while depth:
            x = self.middle(x).clamp(min=0)
            depth -= 1
        return self.last(x)


@right("DeepNet")
class MadeAnew(Net):
    def forward(self, x, depth):
        return Sequential(self.first, ReLU(), *[self.middle, ReLU()] * depth, self.last)(x)
