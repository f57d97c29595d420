from math import log

from common.functions import sigmoid
from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


@wrong("gradient_of_the_right_score", "The sign")
def target_minus_output(p, N):
    return (1 - p) / N


@wrong("gradient_of_the_right_score", "The target here is not 0")
def of_another_class(p, N):
    return p / N


@wrong("gradient_of_the_right_score", "a softmax between")
def by_the_probability(p, N):
    return -1 / p / N


@wrong("gradient_of_the_right_score", "the loss itself")
def loss(p, N):
    return -log(p) / N


@wrong("gradient_of_the_right_score", "how far p moves with its score")
def of_the_probability(p, N):
    return p * (1 - p) / N


@wrong("gradient_of_the_right_score", "another number than -0.4")
def halved(p, N):
    return (p - 1) / 2


@wrong("gradient_of_the_right_score", "Is N used?")
def no_mean(p, N):
    return p - 1


@wrong("gradient_of_the_right_score", "One number is wanted, not None")
def nothing(p, N):
    return None


class Affine(Layer):
    def __init__(self, W, b):
        super().__init__(W, b)

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.matmul(x, W) + b

    def backward(self, dout):
        W, _ = self.params
        dW, db = self.grads
        dW[...] = np.matmul(self.x.T, dout)
        self.write(dout, db)
        return np.matmul(dout, W.T)


@wrong("Dense", "sum over the rows")
class FirstRow(Affine):
    def write(self, dout, db):
        db[...] = dout[0]


@wrong("Dense", "number of rows")
class Mean(Affine):
    def write(self, dout, db):
        db[...] = dout.mean(axis=0)


@wrong("Dense", "never writes")
class Rebound(Affine):
    def write(self, dout, db):
        db = dout.sum(axis=0)  # noqa: F841


@wrong("Dense", "was replaced")
class Replaced(Affine):
    def write(self, dout, db):
        self.grads[1] = dout.sum(axis=0)


@wrong("Dense", "not add to it")
class Added(Affine):
    def write(self, dout, db):
        db += dout.sum(axis=0)


@wrong("Dense", "a sum runs over too much")
class AlongTheRow(Affine):
    def write(self, dout, db):
        db[...] = dout.sum(axis=1)


class Steep(Layer):
    def __init__(self, k):
        super().__init__()
        self.k = k

    def forward(self, x):
        self.x, self.y = x, sigmoid(self.k * x)
        return self.y


@wrong("SteepSigmoid", "dout is not used")
class ForgetsDout(Steep):
    def backward(self, dout):
        return self.k * self.y * (1 - self.y)


@wrong("SteepSigmoid", "at the output")
class SigmoidTwice(Steep):
    def backward(self, dout):
        y = sigmoid(self.k * self.y)
        return dout * self.k * y * (1 - y)


@wrong("SteepSigmoid", "factor")
class ForgetsK(Steep):
    def backward(self, dout):
        return dout * self.y * (1 - self.y)


@wrong("SteepSigmoid", "the sign")
class Negative(Steep):
    def backward(self, dout):
        return dout * self.k * self.y * (self.y - 1)


@wrong("SteepSigmoid", "in the place of the output")
class AtX(Steep):
    def backward(self, dout):
        return dout * self.k * self.x * (1 - self.x)


def steps_of(layers, loss_layer, x, t, steps, move):
    losses = []
    for _ in range(steps):
        out = x
        for layer in layers:
            out = layer.forward(out)
        losses.append(float(loss_layer.forward(out, t)))
        dout = loss_layer.backward()
        for layer in reversed(layers):
            dout = layer.backward(dout)
        for layer in layers:
            move(layer)
    return losses


def each(layer, lr):
    for param, grad in zip(layer.params, layer.grads, strict=True):
        param -= lr * grad


@wrong("train", "others of the same name")
def rebinds(layers, loss_layer, x, t, lr, steps):
    def move(layer):
        for param, grad in zip(layer.params, layer.grads, strict=True):
            param = param - lr * grad

    return steps_of(layers, loss_layer, x, t, steps, move)


@wrong("train", "The loss grows")
def uphill(layers, loss_layer, x, t, lr, steps):
    return steps_of(layers, loss_layer, x, t, steps, lambda layer: each(layer, -lr))


@wrong("train", "Is lr used?")
def no_lr(layers, loss_layer, x, t, lr, steps):
    return steps_of(layers, loss_layer, x, t, steps, lambda layer: each(layer, 1.0))


@wrong("train", "from each array of each layer?")
def the_last_only(layers, loss_layer, x, t, lr, steps):
    def move(layer):
        each(layer, lr if layer is layers[-1] else 0)

    return steps_of(layers, loss_layer, x, t, steps, move)


@wrong("train", "change in place")
def replaces(layers, loss_layer, x, t, lr, steps):
    def move(layer):
        pairs = zip(layer.params, layer.grads, strict=True)
        layer.params = [param - lr * grad for param, grad in pairs]

    return steps_of(layers, loss_layer, x, t, steps, move)


@wrong("train", "before the step")
def loss_after_the_step(layers, loss_layer, x, t, lr, steps):
    losses = steps_of(layers, loss_layer, x, t, steps + 1, lambda layer: each(layer, lr))
    return losses[1:]


@wrong("train", "raises ShapeError")
def loses_x(layers, loss_layer, x, t, lr, steps):
    losses = []
    for _ in range(steps):
        for layer in layers:
            x = layer.forward(x)
        losses.append(float(loss_layer.forward(x, t)))
        dout = loss_layer.backward()
        for layer in reversed(layers):
            dout = layer.backward(dout)
        for layer in layers:
            each(layer, lr)
    return losses


@wrong("train", "A list of losses is wanted, not None")
def returns_nothing(layers, loss_layer, x, t, lr, steps):
    steps_of(layers, loss_layer, x, t, steps, lambda layer: each(layer, lr))
