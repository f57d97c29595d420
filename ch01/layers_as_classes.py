"""
1.2.2 Layers as classes
=======================

The same network, in parts that can be put together: each layer becomes an object.
"""

import numpy  # for random numbers, further down

from ch01 import study_notes
from common import layers, script
from common.np import np

options = script.options(seed=0)

# %%
# Two rules hold for every layer of this project:
#
# - it has the methods `forward` and `backward`;
# - it has the lists `params` and `grads`: its weights and their gradients.
#
# Here is the first half of both, `forward` and `params`. (Section 1.3.5 comes to the second.) A
# sigmoid has nothing to learn, so its list is empty. An Affine layer keeps W and b.


class Sigmoid:
    """1 / (1 + exp(-x)), element by element."""

    def __init__(self):
        self.params = []

    def forward(self, x):
        return 1 / (1 + np.exp(-x))


class Affine:
    """x W + b."""

    def __init__(self, W, b):
        self.params = [W, b]

    def forward(self, x):
        W, b = self.params
        return np.matmul(x, W) + b


# %%
# With the numbers of the section before, they give what was computed there: h, and from
# a = sigmoid(h) the scores s.

x, W1, b1, W2, b2 = study_notes.network()
affine1, sigmoid, affine2 = Affine(W1, b1), Sigmoid(), Affine(W2, b2)
h = affine1.forward(x)
s = affine2.forward(sigmoid.forward(h))
print("params:", len(affine1.params), "of an Affine,", len(sigmoid.params), "of a Sigmoid")
print("h[0] =", h[0])
print("s[0] =", s[0])

# %%
# The notes try their Sigmoid on the scores. A layer takes any numbers:

print("sigmoid(s) =\n", sigmoid.forward(s), sep="")

# %%
# `common.layers` has the same two, with a `backward`, with errors that say what is wrong with an
# input, and with a sigmoid in which exp cannot overflow.

theirs = layers.Affine(W1, b1), layers.Sigmoid(), layers.Affine(W2, b2)
out = x
for layer in theirs:
    out = layer.forward(out)
print("those of common.layers give the same:", bool(np.allclose(out, s)))

# %%
# A network is a list of layers. `predict` hands the output of each to the next, and `params`
# collects the weights of all, so that an optimizer finds them in one place.
#
# Its weights are drawn at random, by `draw`. The generator is NumPy's own, `numpy`, not `np`, and
# `np.asarray` takes the numbers to where the page computes. So with one seed a page starts from
# the same weights on every device.

rng = numpy.random.default_rng(options.seed)


def draw(*shape):
    """Random numbers, normally distributed."""
    return np.asarray(rng.normal(size=shape))


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
# How large should the first weights be?
# --------------------------------------
# D products, each of the size of 1 and of either sign, add up to something of the size of √D. So
# weights that are drawn like this are fine for two inputs, and not for a thousand: most sums would
# lie where the sigmoid is flat. `Linear` of `common.layers` is an Affine that draws its own
# weights, between -1/√D and 1/√D, and the sums keep one size, whatever D is.

spread = {}
for D in (10, 1000):
    inputs = draw(100, D)
    spread[D] = [
        float(layer.forward(inputs).std())
        for layer in (Affine(draw(D, 50), draw(50)), layers.Linear(D, 50, rng))
    ]
    print(f"{D:4} inputs: the sums spread by {spread[D][0]:.1f}, of a Linear {spread[D][1]:.1f}")

# %%
# A mistake worth knowing
# -----------------------
# The study notes have a `TwoLayerNet` that draws weights of its own, writes the second bias over
# the first (`self.b1` twice) and then builds its layers from the *global* w1, b1, w2, b2. It ran,
# and nobody noticed. Here is that mistake, made small:


class CarelessNet(TwoLayerNet):
    def __init__(self):
        self.b1 = draw(4)
        self.b1 = draw(3)  # meant as b2: the first bias is gone, and nobody uses either
        self.layers = [Affine(W1, b1), Sigmoid(), Affine(W2, b2)]  # the globals, not its own


# %%
# Why did it go unseen? The shapes are right, because the global arrays have the right shapes.
# The numbers look right, because they *are* those of the section before: the notes print the same
# scores a third time. And that is the clue. A network with fresh random weights cannot repeat old
# scores to the last digit, and two networks cannot agree.

careless, another = CarelessNet().predict(x), CarelessNet().predict(x)
print("two careless nets agree to the last digit:", bool((careless == another).all()))
print("and with the scores of the section before:", bool((careless == s).all()))
own, other = TwoLayerNet(2, 4, 3).predict(x), TwoLayerNet(2, 4, 3).predict(x)
print("two nets with weights of their own agree: ", bool((own == other).all()))
