from itertools import pairwise

import numpy

from common.layers import Affine, Sigmoid
from common.np import np
from tests.exercises.wrong import wrong


@wrong("numbers_learned", "Those are the weights")
def no_biases(sizes):
    return sum(D * H for D, H in pairwise(sizes))


@wrong("numbers_learned", "how many arrays there are")
def arrays(sizes):
    return 2 * (len(sizes) - 1)


@wrong("numbers_learned", "Whose number is it?")
def bias_of_inputs(sizes):
    return sum(D * H + D for D, H in pairwise(sizes))


@wrong("numbers_learned", "That is one Affine only")
def first_only(sizes):
    return sizes[0] * sizes[1] + sizes[1]


@wrong("numbers_learned", "With sizes [7, 7, 7, 7]")
def of_two_layers(sizes):
    second = sizes[1] * sizes[2] + sizes[2] if len(sizes) > 2 else 0
    return sizes[0] * sizes[1] + sizes[1] + second


@wrong("numbers_learned", "One number is wanted, not None")
def nothing(sizes):
    return None


@wrong("numbers_learned", "Whose number is it?")
def biases_of_inputs_as_well(sizes):
    return sum(D * H for D, H in pairwise(sizes)) + sum(sizes)


@wrong("numbers_learned", "one bias in common")
def one_bias(sizes):
    return sum(D * H + 1 for D, H in pairwise(sizes))


class Loop:
    def __init__(self, layers):
        self.layers = layers
        self.params = [param for layer in layers for param in layer.params]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


@wrong("Chain", "the x that the first one was given")
class EachFromX(Loop):
    def forward(self, x):
        for layer in self.layers:
            y = layer.forward(x)
        return y


@wrong("Chain", "the wrong order")
class Backwards(Loop):
    def forward(self, x):
        for layer in reversed(self.layers):
            x = layer.forward(x)
        return x


@wrong("Chain", "Only the first layer has worked")
class ReturnsTooEarly(Loop):
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
            break
        return x


@wrong("Chain", "not None")
class ReturnsNothing(Loop):
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)


@wrong("Chain", "lists within params")
class ListOfLists(Loop):
    def __init__(self, layers):
        self.layers = layers
        self.params = [layer.params for layer in layers]


@wrong("Chain", "this one none")
class NoParams(Loop):
    def __init__(self, layers):
        self.layers = layers


@wrong("Chain", "copies")
class Copies(Loop):
    def __init__(self, layers):
        self.layers = layers
        self.params = [param.copy() for layer in layers for param in layer.params]


@wrong("Chain", "Layer 0 has 4 arrays in its own params now, and had 2")
class ListOfTheFirst(Loop):
    def __init__(self, layers):
        self.layers = layers
        self.params = layers[0].params
        for layer in layers[1:]:
            self.params += layer.params


@wrong("Chain", "Has it all its layers still?")
class TakesOut(Loop):
    def forward(self, x):
        while self.layers:
            x = self.layers.pop(0).forward(x)
        return x


@wrong("draw_weights", "They grow with D")
def as_drawn(rng, D, H):
    return rng.normal(size=(D, H))


@wrong("draw_weights", "divided by too much")
def by_D(rng, D, H):
    return rng.normal(size=(D, H)) / D


@wrong("draw_weights", "not that of 1")
def as_linear(rng, D, H):
    return rng.uniform(-1, 1, size=(D, H)) / np.sqrt(D)


@wrong("draw_weights", "none lies far out")
def uniform(rng, D, H):
    return rng.uniform(-1, 1, size=(D, H)) * np.sqrt(3 / D)


@wrong("draw_weights", "many lie far out")
def laplace(rng, D, H):
    return rng.laplace(size=(D, H)) / np.sqrt(2 * D)


@wrong("draw_weights", "Both should be near 1")
def by_both_sizes(rng, D, H):
    return rng.normal(size=(D, H)) * np.sqrt(2 / (D + H))


@wrong("draw_weights", "Is it `rng` that is asked?")
def without_a_seed(rng, D, H):
    return numpy.random.default_rng().normal(size=(D, H)) / np.sqrt(D)


@wrong("draw_weights", "The shape should be (6, 4)")
def turned(rng, D, H):
    return rng.normal(size=(H, D)) / np.sqrt(D)


@wrong("draw_weights", "Does `rng` draw them?")
def seed_of_its_own(rng, D, H):
    return numpy.random.default_rng(0).normal(size=(D, H)) / np.sqrt(D)


class Deep:
    def __init__(self, rng, H, depth):
        self.layers = []
        for W, b in self.weights(rng, H, depth):
            self.layers += [Affine(W, b), Sigmoid()]
        self.params = [param for layer in self.layers for param in layer.params]

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


@wrong("DeepNet", "can never learn apart")
class SameArrays(Deep):
    def weights(self, rng, H, depth):
        W, b = rng.normal(size=(H, H)), rng.normal(size=H)
        return [(W, b) for _ in range(depth)]


@wrong("DeepNet", "params[1] is one array with params[3] and params[5]")
class SameBias(Deep):
    def weights(self, rng, H, depth):
        b = rng.normal(size=H)
        return [(rng.normal(size=(H, H)), b) for _ in range(depth)]


@wrong("DeepNet", "the same numbers in them")
class SameNumbers(Deep):
    def weights(self, rng, H, depth):
        W, b = rng.normal(size=(H, H)), rng.normal(size=H)
        return [(W.copy(), b.copy()) for _ in range(depth)]


@wrong("DeepNet", "Draw for each layer")
class SameBiases(Deep):
    def weights(self, rng, H, depth):
        b = rng.normal(size=H)
        return [(rng.normal(size=(H, H)), b.copy()) for _ in range(depth)]


@wrong("DeepNet", "and so on")
class SigmoidsAtTheEnd(Deep):
    def __init__(self, rng, H, depth):
        super().__init__(rng, H, depth)
        self.layers = [*self.layers[::2], *self.layers[1::2]]

    def weights(self, rng, H, depth):
        return [(rng.normal(size=(H, H)), rng.normal(size=H)) for _ in range(depth)]


@wrong("DeepNet", "the same `rng` gives other weights")
class WithoutASeed(Deep):
    def weights(self, rng, H, depth):
        own = numpy.random.default_rng()
        return [(own.normal(size=(H, H)), own.normal(size=H)) for _ in range(depth)]


@wrong("DeepNet", "the weights of two networks agree")
class SameSeed(Deep):
    def weights(self, rng, H, depth):
        rngs = map(numpy.random.default_rng, range(depth))
        return [(own.normal(size=(H, H)), own.normal(size=H)) for own in rngs]


@wrong("DeepNet", "a depth of 3 makes 6 arrays in params")
class OnlyOne(Deep):
    def __init__(self, rng, H, depth):
        super().__init__(rng, H, depth)
        self.params = self.params[:2]

    def weights(self, rng, H, depth):
        return [(rng.normal(size=(H, H)), rng.normal(size=H)) for _ in range(depth)]
