from functools import reduce

from common.layers import Affine, Layer, Sigmoid
from common.np import np
from tests.exercises.right import right


@right("numbers_learned")
def by_a_dot_product(sizes):
    return np.dot(sizes[:-1], sizes[1:]) + np.sum(sizes[1:])


@right("Chain")
class AskedAnew:
    def __init__(self, layers):
        self.parts = tuple(layers)

    @property
    def params(self):
        return [param for part in self.parts for param in part.params]

    def forward(self, x):
        return reduce(lambda y, part: part.forward(y), self.parts, x)


@right("Chain")
class ALayerItself(Layer):
    def __init__(self, layers):
        super().__init__(*[param for layer in layers for param in layer.params])
        self.rest = layers

    def forward(self, x):
        for layer in self.rest:
            x = layer.forward(x)
        return x


@right("draw_weights")
def drawn_narrower_in_float32(rng, D, H):
    return rng.normal(0, D**-0.5, (D, H)).astype("float32")


@right("draw_weights")
def drawn_one_by_one(rng, D, H):
    return np.array([[rng.normal() / np.sqrt(D) for _ in range(H)] for _ in range(D)])


class Net:
    def __init__(self, rng, H, depth):
        self.layers = self.made(rng, H, depth)
        self.params = [param for layer in self.layers for param in layer.params]

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


@right("DeepNet")
class AllDrawnAtOnce(Net):
    def made(self, rng, H, depth):
        W, b = rng.normal(size=(depth, H, H)), rng.normal(size=(depth, H))
        return [layer for i in range(depth) for layer in (Affine(W[i], b[i]), Sigmoid())]


@right("DeepNet")
class BiasesOfZero(Net):
    def made(self, rng, H, depth):
        layers = []
        while len(layers) < 2 * depth:
            layers.append(Affine(rng.normal(size=(H, H)).astype("float32"), np.zeros(H)))
            layers.append(Sigmoid())
        return layers
