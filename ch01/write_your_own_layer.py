"""
Write your own layer
====================

A layer is a `forward` and a `backward`. This page writes three, gets one of them wrong on purpose,
and lets the gradient check find out.
"""

import math

import numpy

from common import script
from common.functions import sigmoid
from common.gradient_check import check_gradients
from common.layers import Layer, Linear, Sequential, SoftmaxWithLoss
from common.np import np
from common.optimizer import Adam
from common.trainer import Trainer
from common.util import to_cpu
from dataset import spiral

options = script.options(seed=0, steps=3000)
rng = numpy.random.default_rng(options.seed)

# %%
# A layer without weights
# -----------------------
# The *swish* lets large positive inputs through and bends softly around 0: y = x · sigmoid(x). Its
# derivative, by the product rule, is s + x · s · (1 - s) with s = sigmoid(x).
#
# `forward` keeps what backward will need. `backward` is given dL/dy, called `dout`, and returns
# dL/dx. Here is a first attempt that forgets the second half of the product rule:


class HastySwish(Layer):
    def forward(self, x):
        self.x = x
        return x * sigmoid(x)

    def backward(self, dout):
        return dout * sigmoid(self.x)


# %%
# It runs, and a network with it even learns, as the end of this page shows: mistakes in a
# derivative raise no error. So measure. `check_gradients` makes one number of the output, with
# weights drawn at random. It moves each input by a little, looks how that number moves, and
# compares with what backward says. It shows the element that is worst (a *relative error* of 1 is
# one of 100%), and says which mistake the whole looks like.

x = np.asarray(rng.normal(size=(3, 4)))
try:
    check_gradients(HastySwish(), x)
except AssertionError as error:
    print(error)

# %%
# The whole product rule passes:


class Swish(Layer):
    """y = x · sigmoid(x). Source: Ramachandran et al. (2017)."""

    def forward(self, x):
        self.x, self.s = x, sigmoid(x)
        return x * self.s

    def backward(self, dout):
        x, s = self.x, self.s
        return dout * (s + x * s * (1 - s))


print(f"Swish: largest relative error {check_gradients(Swish(), x):.1g}")

# %%
# A layer with a weight
# ---------------------
# Two more things: hand the weight to `super().__init__`, which makes `params` and `grads`; and
# write its gradient *into* the array in `grads`. (`grads[0] = ...` would replace the array, and
# an optimizer that holds the old one would never see the new numbers.)
#
# Here each column has a factor of its own, the same for every row; so its gradient is the sum
# over the rows.


class Scale(Layer):
    """y[n, d] = x[n, d] · g[d]."""

    def __init__(self, size):
        super().__init__(np.ones(size, dtype="float32"))

    def forward(self, x):
        (g,) = self.params
        self.x = x
        return x * g

    def backward(self, dout):
        (g,), (dg,) = self.params, self.grads
        dg[...] = (dout * self.x).sum(axis=0)
        return dout * g


print(f"Scale: largest relative error {check_gradients(Scale(4), x):.1g}")

# %%
# A layer that keeps something
# ----------------------------
# Some numbers are kept from batch to batch and not learned. They go into a third list, `state`,
# and are changed in place: `state[0] += ...`, not `state[0] = ...`. (The Trainer calls copies of
# the layer, one for each call, as chapter 2 explains. What forward assigns to `self` stays with
# the copy; the arrays in `state` are the same for all.)
#
# This one takes its mean away from each column. In training that is the mean of the batch, and a
# running mean follows it, a tenth of the way each time. In evaluation the running mean stands in
# its place, so that what comes out for a row does not depend on its neighbours.


class Center(Layer):
    """y = x - mean, column by column."""

    def __init__(self, size):
        super().__init__(state=[np.zeros(size, dtype="float32")])

    def forward(self, x):
        (running,) = self.state
        self.in_training = self.training
        if self.training:
            mean = x.mean(axis=0)
            running += 0.1 * (mean - running)
            return x - mean
        return x - running

    def backward(self, dout):
        # In training each row moves the mean as well, and with it all other rows.
        return dout - dout.mean(axis=0) if self.in_training else dout


center = Center(4)
print(f"Center, training:   largest relative error {check_gradients(center, x):.1g}")
print(f"Center, evaluation: largest relative error {check_gradients(Center(4).eval(), x):.1g}")

# %%
# The check works on copies, so the running mean is still at 0. Batches around (1, 2, 3, 4) draw it
# there:

for _ in range(50):
    center.forward(np.asarray(rng.normal([1, 2, 3, 4], 0.1, size=(20, 4))))
print("running mean:", to_cpu(center.state[0]).round(2))

# %%
# `BatchNorm` in `common.layers` does this and more: it divides by the spread of each column, with a
# running variance beside the running mean, and has two learned weights behind that.
#
# In a network
# ------------
# They are layers like all others. `Center` comes first: behind an Affine it would take away the
# bias, which is why a BatchNorm brings one of its own.

x, t = spiral.load_data()


def train(swish):
    rng = numpy.random.default_rng(options.seed)
    model = Sequential(Center(2), Linear(2, 10, rng), swish, Scale(10), Linear(10, 3, rng))
    trainer = Trainer(model, Adam(lr=0.02), loss=SoftmaxWithLoss(), seed=rng)
    trainer.fit(x, t, max_epoch=math.ceil(options.steps / 10), batch_size=30, eval_interval=500)
    return trainer


trainer = train(Swish())
print(trainer.model)
loss, accuracy = trainer.evaluate(x, t)
print(f"loss     {loss:.4f}")
print(f"accuracy {accuracy:.4f}")

# %%
# And the first attempt, with half of its derivative missing? It learns the spiral as well, and
# nothing says that something is wrong. Only the loss is higher than it could be.

hasty_loss, hasty_accuracy = train(HastySwish()).evaluate(x, t)
print(f"with the wrong derivative: loss {hasty_loss:.4f}, accuracy {hasty_accuracy:.4f}")
