"""
1.2.2 Layers as classes
=======================

The same network, in parts that can be put together: each layer becomes an object.
"""

import numpy

from common import script
from common.functions import sigmoid
from common.layers import Affine, Sigmoid
from common.np import np

options = script.options(seed=0)
rng = numpy.random.default_rng(options.seed)


def draw(*shape):
    """Random numbers, normally distributed."""
    return np.asarray(rng.normal(size=shape))


# %%
# Two rules hold for every layer of this project:
#
# - it has the methods `forward` and `backward`;
# - it has the lists `params` and `grads`: its weights and their gradients.
#
# A sigmoid has nothing to learn, so its lists are empty. An Affine layer keeps W and b.

x, W1, b1, W2, b2 = draw(10, 2), draw(2, 4), draw(4), draw(4, 3), draw(3)
affine1, activation, affine2 = Affine(W1, b1), Sigmoid(), Affine(W2, b2)
print("params of", affine1, "and of", activation, ":", len(affine1.params), len(activation.params))

s = affine2.forward(activation.forward(affine1.forward(x)))
by_hand = np.matmul(sigmoid(np.matmul(x, W1) + b1), W2) + b2
print("the same as by hand:", bool(np.allclose(s, by_hand)))

# %%
# A network is a list of layers. `predict` hands the output of each to the next, and `params`
# collects the weights of all, so that an optimizer finds them in one place.


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size):
        self.layers = [
            Affine(draw(input_size, hidden_size), draw(hidden_size)),
            Sigmoid(),
            Affine(draw(hidden_size, output_size), draw(output_size)),
        ]
        self.params = [param for layer in self.layers for param in layer.params]

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


net = TwoLayerNet(2, 4, 3)
print("scores", net.predict(x).shape, "from", len(net.params), "weight arrays")

# %%
# A mistake worth knowing
# -----------------------
# The study notes that this chapter follows have a `TwoLayerNet` that draws weights of its own,
# writes the second bias over the first (`self.b1` twice) and then builds its layers from the
# *global* w1, b1, w2, b2. It ran, and nobody noticed. Here is that mistake, made small:


class CarelessNet:
    def __init__(self):
        self.b1 = draw(4)
        self.b1 = draw(3)  # meant as b2: the first bias is gone, and nobody uses either
        self.layers = [Affine(W1, b1), Sigmoid(), Affine(W2, b2)]  # the globals, not its own

    predict = TwoLayerNet.predict


# %%
# Why did it go unseen? The shapes are right, because the global arrays have the right shapes.
# The numbers look right, because they *are* those of the section before. And that is the clue: a
# network with fresh random weights cannot repeat old scores to the last digit, and two networks
# cannot agree.

careless, another = CarelessNet().predict(x), CarelessNet().predict(x)
print("two careless nets agree to the last digit:", bool((careless == another).all()))
print("and with the scores computed by hand:     ", bool(np.allclose(careless, by_hand)))
own, other = TwoLayerNet(2, 4, 3).predict(x), TwoLayerNet(2, 4, 3).predict(x)
print("two nets with weights of their own agree: ", bool((own == other).all()))
