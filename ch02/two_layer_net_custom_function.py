"""
The older edition, with a ReLU of your own
==========================================

The ReLU becomes an operation with its own forward and backward.
"""

import numpy

from common import plot, script
from common.autograd import Tensor, no_grad
from common.layers import Layer
from common.np import np
from dataset import random_regression

options = script.options(seed=0, steps=500)
rng = numpy.random.default_rng(options.seed)

# %%
# As for Legendre's polynomial, an operation is a layer that is called on tensors. (At exactly 0
# the documents' class lets a gradient through, and this one stops it, as `common.layers.ReLU`
# does.)


class MyReLU(Layer):
    """y = max(x, 0)."""

    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * (self.x > 0)


# %%
# And it is *used*. In the study notes that this page follows, the class is written but the forward
# pass goes on calling `clamp`. The numbers come out nearly the same, so nobody notices. The end of
# this page shows how to.
N, D_in, H, D_out = 64, 1000, 100, 10
x, y = map(Tensor, random_regression.load_data(N, D_in, D_out, seed=rng))
w1 = Tensor(np.asarray(rng.normal(size=(D_in, H)), dtype=x.dtype), requires_grad=True)
w2 = Tensor(np.asarray(rng.normal(size=(H, D_out)), dtype=x.dtype), requires_grad=True)
learning_rate = 1e-6


def loss_with(relu):
    y_pred = relu(x @ w1) @ w2
    return ((y_pred - y) ** 2).sum()


relu, losses = MyReLU(), []
for t in range(options.steps):
    loss = loss_with(relu)
    losses.append(loss.item())
    if t % 25 == 24:
        print(t, losses[-1])

    loss.backward()
    with no_grad():
        w1 -= learning_rate * w1.grad
        w2 -= learning_rate * w2.grad
    w1.grad = w2.grad = None

figure = plot.loss_curve({"loss": (range(options.steps), losses)}, log=True)
script.save(
    figure,
    "ch02_two_layer_net_custom_function",
    alt="The loss against the step, on a logarithmic scale: a steep drop, a long and nearly "
    "straight descent, and a bend towards the end. A network with its own ReLU learns as any "
    "other.",
)

# %%
# Make its backward wrong on purpose, by a factor of 2, and see what changes. dL/dw1, which comes
# back through the ReLU, doubles; dL/dw2, which does not, stays. If nothing changed, the class
# would not be in use.


class Doubled(MyReLU):
    def backward(self, dout):
        return 2 * super().backward(dout)


def gradients(relu):
    w1.grad = w2.grad = None
    loss_with(relu).backward()
    return w1.grad, w2.grad


(dw1, dw2), (dw1_doubled, dw2_doubled) = gradients(relu), gradients(Doubled())
factors = [float(abs(b).sum() / abs(a).sum()) for a, b in ((dw1, dw1_doubled), (dw2, dw2_doubled))]
print(f"dL/dw1 becomes {factors[0]:.4f} times as large, dL/dw2 {factors[1]:.4f} times")
