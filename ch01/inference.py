"""
1.2.1 Inference: from an input to scores
========================================

A network with two inputs, four hidden neurons and three outputs, computed by hand for ten
examples at once.
"""

import numpy

from common import script
from common.functions import sigmoid
from common.np import np
from common.plot import curves

options = script.options(seed=0)
rng = numpy.random.default_rng(options.seed)

# %%
# Ten examples, and weights that nobody has trained yet: random numbers. The shape of a weight
# matrix says what it connects: `W1` has a row for each input and a column for each neuron.

x = np.asarray(rng.normal(size=(10, 2)))
W1, b1 = np.asarray(rng.normal(size=(2, 4))), np.asarray(rng.normal(size=4))
W2, b2 = np.asarray(rng.normal(size=(4, 3))), np.asarray(rng.normal(size=3))

# %%
# A fully connected layer: each neuron adds up its weighted inputs and its bias. All ten examples
# take one matrix product, (10, 2) · (2, 4) = (10, 4), and the bias is broadcast over the rows.

h = np.matmul(x, W1) + b1
print("hidden sums", h.shape)

# %%
# Now something that is not a straight line. Without it a second layer would be for nothing: two
# matrix products in a row are one, x W1 W2 = x (W1 W2). The sigmoid squeezes every number into
# 0..1; look how flat it is at both ends.

a = sigmoid(h)
print("activations", a.shape, "between", float(a.min().round(3)), "and", float(a.max().round(3)))

z = np.linspace(-8, 8, 200)
script.save(curves(z, {"sigmoid(x)": sigmoid(z)}), "ch01_sigmoid")

# %%
# The second layer gives each example three numbers, one for each class: its **scores**. The
# highest is the network's answer. So far the answers mean nothing; the rest of the chapter is
# about making them mean something.

s = np.matmul(a, W2) + b2
print("scores", s.shape)
print(s.round(3))
print("answers", s.argmax(axis=1))

# %%
# That the sigmoid matters can be checked: without it, the two layers collapse into one.

without = np.matmul(np.matmul(x, W1) + b1, W2) + b2
collapsed = np.matmul(x, np.matmul(W1, W2)) + (np.matmul(b1, W2) + b2)
print("without the sigmoid, two layers are one:", bool(np.allclose(without, collapsed)))
