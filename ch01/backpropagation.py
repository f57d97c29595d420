"""
1.3.5 The whole way back
========================

Three derivatives were still missing: that of the sigmoid, that of the loss, and that of a whole
network. After this page none is missing, and the network learns.
"""

from ch01 import study_notes
from common import plot, script
from common.functions import cross_entropy_error, sigmoid, softmax
from common.gradient_check import numerical_gradient
from common.layers import Affine, Sigmoid, SoftmaxWithLoss
from common.np import np
from common.optimizer import SGD

options = script.options(steps=1000)

# %%
# The sigmoid
# -----------
# The derivative of y = 1 / (1 + exp(-x)) is exp(-x) / (1 + exp(-x))². That is y times
# exp(-x) / (1 + exp(-x)), and the second factor is 1 - y. So
#
# ::
#
#     dy/dx = y (1 - y)
#
# and backward needs nothing but the output of forward. At 0 it is 1/4, nowhere more, and far out
# it is near 0: a neuron whose sum is large hardly learns.

x = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
y = sigmoid(x)
dy_dx = y * (1 - y)
measured_dy_dx = numerical_gradient(lambda x: sigmoid(x).sum(), x)
print("x       ", x)
print("y (1-y) ", dy_dx.round(4))
print("measured", measured_dy_dx.round(4))

# %%
# Softmax and cross-entropy
# -------------------------
# For one example with the scores s and the right class c, the loss is -log softmax(s)_c. In the
# form of section 1.3.1:
#
# ::
#
#     L = log Σ exp(s) - s_c
#
# The derivative of the first part by s_k is exp(s_k) / Σ exp(s), and that is y_k, the probability
# that softmax gives to class k. The derivative of the second is 1 for the right class and 0 for all
# others, and that is t_k, if the target t is written as a one-hot row. The loss is the mean over N
# examples, so each counts 1/N:
#
# ::
#
#     dL/ds = (y - t) / N
#
# What the network said, minus what it should have said. All the logarithms are gone, and that is
# the second reason to make one layer of the two.

s = np.array(study_notes.S)
N, classes = s.shape
right = np.arange(N) % classes  # classes to learn: 0, 1, 2, 0, 1, 2, …
t = np.eye(classes)[right]  # the rows of the identity matrix are the one-hot rows
by_formula = (softmax(s) - t) / N
measured_ds = numerical_gradient(lambda s: cross_entropy_error(softmax(s), t), s)
print("dL/ds of the first two examples =\n", by_formula[:2].round(6), sep="")
print("measured =\n", measured_ds[:2].round(6), sep="")

# %%
# A whole network
# ---------------
# The network of section 1.2, forward in four lines and backward in five. Backward goes through the
# same operations, the last first. Each gradient has the shape of what it belongs to.

x, W1, b1, W2, b2 = study_notes.network()
h = np.matmul(x, W1) + b1
a = sigmoid(h)
s = np.matmul(a, W2) + b2
y = softmax(s)

ds = (y - t) / N
dW2, db2 = np.matmul(a.T, ds), ds.sum(axis=0)
da = np.matmul(ds, W2.T)
dh = da * a * (1 - a)
dW1, db1 = np.matmul(x.T, dh), dh.sum(axis=0)
print("dL/dW1 =\n", dW1.round(6), sep="")

# %%
# The layers of `common.layers` have these lines in their `backward`: Affine those of W and b, the
# Sigmoid a (1 - a), SoftmaxWithLoss the first.

layers, loss_layer = [Affine(W1, b1), Sigmoid(), Affine(W2, b2)], SoftmaxWithLoss()


def forward(x, t):
    for layer in layers:
        x = layer.forward(x)
    return loss_layer.forward(x, t)


def backward():
    dout = loss_layer.backward()
    for layer in reversed(layers):
        dout = layer.backward(dout)


def all_arrays(name):
    """The `params` or the `grads` of all layers, in one list."""
    return [array for layer in layers for array in getattr(layer, name)]


loss = forward(x, t)
backward()
params, grads = all_arrays("params"), all_arrays("grads")
same = [
    bool(np.allclose(grad, by_hand))
    for grad, by_hand in zip(grads, (dW1, db1, dW2, db2), strict=True)
]
print("the layers say the same of W1, b1, W2, b2:", same)

# %%
# Stochastic gradient descent
# ---------------------------
# Now the network can learn: take a step against the gradient, and do it again.
#
# ::
#
#     W ← W - lr · dL/dW
#
# `lr`, the **learning rate**, says how far. *Stochastic* is the name because in training each step
# looks at a random batch of the examples; these ten are few enough to be looked at together. The
# class `SGD` of `common.optimizer` is the line above for a list of arrays.

before = [param.copy() for param in params]
optimizer = SGD(lr=1.0)
optimizer.update(params, grads)
by_hand = [param - 1.0 * grad for param, grad in zip(before, grads, strict=True)]
same = [bool((one == other).all()) for one, other in zip(params, by_hand, strict=True)]
print("SGD does the same:", same)

# %%
# That was the first step. Here are the others.

losses = [float(loss)]
for step in range(2, options.steps + 1):
    losses.append(float(forward(x, t)))
    backward()
    optimizer.update(params, grads)
    if step % 200 == 0:
        print(f"step {step}: loss {losses[-1]:.4f}")

# %%
# The ten examples got their classes by turns, which have nothing to do with where they lie. There
# is nothing to understand, and still the loss falls: the network learns them by heart. One it
# still gets wrong, the third. It lies close to the eighth, and is to be class 2 where that one is
# to be class 1, so the boundary between them must be sharp, and that takes longer. With `--steps
# 3000` it is learned, too. The next section gives the network something to understand.

script.save(
    plot.loss_curve({"ten examples": (range(1, options.steps + 1), losses)}),
    "ch01_ten_examples",
    alt="A curve of the loss against the step. It drops steeply at first, then ever more slowly, "
    "and is not yet at zero at the end.",
)
scores = x
for layer in layers:
    scores = layer.forward(scores)
answers = scores.argmax(axis=1)
print("wanted ", right)
print("answers", answers)
print("the third at", x[2], "the eighth at", x[7])
