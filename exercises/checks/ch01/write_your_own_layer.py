"""Hints and checks of the exercises on layers of your own."""

import numpy

from common.functions import sigmoid
from common.gradient_check import check_gradients
from common.layers import Linear, Sequential, SoftmaxWithLoss
from common.np import np
from common.optimizer import SGD
from exercises.exercise import Exercise, check_shape, expect, same


def _x(seed, *shape):
    return np.asarray(numpy.random.default_rng(seed).normal(size=shape))


# --------------------------------------------------------------------------------------------------

Stretch = Exercise(
    "mend",
    hints=(
        "An optimizer was given the arrays in grads before the training. Which arrays does "
        "backward fill here?",
        "self.grads = [...] makes a new list of new arrays, which nobody else holds. The numbers "
        "are to go into the arrays that are there.",
        "As the page has it: take the arrays out of self.grads, and write into all of each one, "
        "with [...] on the left side.",
    ),
)


@Stretch.check("forward is what it was")
def _(Stretch):
    layer, x = Stretch(3), _x(0, 4, 3)
    for param, numbers in zip(layer.params, ([2.0, -1.0, 0.5], [1.0, 0.0, -3.0]), strict=True):
        param[...] = numbers
    y = layer.forward(x.copy())
    check_shape(y, x.shape)
    expect(
        same(y, x * layer.params[0] + layer.params[1]),
        "The forward of Stretch was right. Mend its backward.",
    )


@Stretch.check("backward agrees with the measured slopes, and writes into the arrays in grads")
def _(Stretch):
    for size in (3, 1):
        layer = Stretch(size)
        layer.params[0][...] = _x(1, size)
        check_gradients(layer, _x(2, 4, size))


@Stretch.check("an optimizer that holds its arrays moves both weights")
def _(Stretch):
    layer, optimizer = Stretch(3), SGD(lr=0.1)
    params, grads = list(layer.params), list(layer.grads)
    for seed in (3, 4):
        before = [param.copy() for param in params]
        layer.forward(_x(seed, 4, 3))
        layer.backward(_x(seed + 10, 4, 3))
        optimizer.update(params, grads)
        expect(
            not any(same(one, other) for one, other in zip(before, params, strict=True)),
            "Stretch: with the grads that the optimizer holds, g or b does not move.",
        )


# --------------------------------------------------------------------------------------------------

Leaky = Exercise(
    "mend",
    hints=(
        "Which array has other numbers after `dout[...] /= 10` than before? Whose is it?",
        "backward may look at dout, and must return an array of its own.",
        "Build the result as forward builds y: np.where takes from one array or from another, and "
        "changes neither.",
    ),
)


@Leaky.check("forward is what it was")
def _(Leaky):
    x = _x(5, 4, 3)
    y = Leaky().forward(x.copy())
    check_shape(y, x.shape)
    expect(
        same(y, np.maximum(x, x / 10)), "The forward of Leaky was right. Mend its backward."
    )  # fmt: skip


@Leaky.check("backward agrees with the measured slopes, and leaves dout as it is")
def _(Leaky):
    for shape in ((4, 3), (7,)):
        check_gradients(Leaky(), _x(6, *shape))


@Leaky.check("a second backward gives the same once more")
def _(Leaky):
    layer, dout = Leaky(), _x(8, 4, 3)
    layer.forward(_x(7, 4, 3))
    first = layer.backward(dout)
    check_shape(first, (4, 3))
    first = first.copy()
    expect(
        same(layer.backward(dout), first),
        "A second backward of Leaky with the same dout gives other numbers than the first.",
    )


# --------------------------------------------------------------------------------------------------

Bell = Exercise(
    "mend",
    hints=(
        "Call forward with one x, then with another, and look at self.seen. Of which call is it?",
        "backward belongs to the last forward. What it needs is to be kept at every forward.",
        "The condition in forward is true once in the life of the layer. What stands under it must "
        "happen each time.",
    ),
)


@Bell.check("forward is what it was")
def _(Bell):
    layer = Bell()
    for seed in (0, 1):
        x = _x(seed, 3, 2)
        y = layer.forward(x.copy())
        check_shape(y, x.shape)
        expect(same(np.log(y), -x * x), "The forward of Bell gave exp(-x²). It is to stay so.")


@Bell.check("backward agrees with the measured slopes")
def _(Bell):
    check_gradients(Bell(), _x(2, 3, 2))


@Bell.check("backward belongs to the last forward")
def _(Bell):
    for shape in ((3, 2), (5, 2)):
        layer, x, dout = Bell(), _x(4, *shape), _x(5, *shape)
        layer.forward(_x(3, 3, 2))
        layer.forward(x.copy())
        try:
            dx = layer.backward(dout.copy())
        except ValueError:  # the shape of another batch
            dx = None
        fresh = Bell()
        fresh.forward(x.copy())
        expect(
            dx is not None and same(dx, fresh.backward(dout.copy())),
            "After a second forward, the backward of Bell does not answer for its input: it uses "
            "what an earlier forward kept.",
        )


# --------------------------------------------------------------------------------------------------

SharpSwish = Exercise(
    "write",
    hints=(
        "Three nodes: z = g · x, s = sigmoid(z), y = x · s. Go back through them from the last, "
        "and note that x is used twice, in z and in y.",
        "From y, dout · s goes back to x and dout · x to s; times s · (1 - s) the latter is dL/dz. "
        "From z it goes on to both x and g, as from every product.",
        "What comes back to x along its two ways adds up. To g it comes back from every row, so it "
        "is summed over them, and written into dg.",
    ),
)


@SharpSwish.check("the shape stays")
def _(SharpSwish):
    for shape in ((4, 3), (2, 5)):
        check_shape(SharpSwish(shape[1]).forward(_x(0, *shape)), shape)


@SharpSwish.check("with g = 1 it is a swish, with g = 0 half of x, with a large g a ReLU")
def _(SharpSwish):
    layer, x = SharpSwish(4), _x(1, 6, 4)
    (g,) = layer.params
    y = layer.forward(x.copy())
    check_shape(y, x.shape)
    expect(not same(y, sigmoid(x)), "That is the sigmoid alone, without the factor x before it.")
    expect(same(y, x * sigmoid(x)), "With g = 1 it is not x · sigmoid(x).")
    for factor, wanted in ((0.0, x / 2), (1e4, np.maximum(x, 0))):
        g[...] = factor
        y = layer.forward(x.copy())
        expect(
            np.isfinite(y).all(),
            f"With g = {factor:g} there is NaN or infinity in y: exp of a large number. sigmoid of "
            f"common.functions has none.",
        )
        expect(
            np.allclose(y, wanted, atol=1e-3),
            f"With g = {factor:g} it is something else. Is g in the sigmoid, and nowhere else?",
        )


@SharpSwish.check("backward agrees with the measured slopes where g = 1")
def _(SharpSwish):
    check_gradients(SharpSwish(3), _x(2, 4, 3))


@SharpSwish.check("backward agrees with them for any g")
def _(SharpSwish):
    for seed, size in ((3, 3), (4, 1)):
        layer = SharpSwish(size)
        layer.params[0][...] = _x(seed, size) + 1.5
        check_gradients(layer, _x(seed + 10, 5, size))


@SharpSwish.check("in a network, its loss falls")
def _(SharpSwish):
    rng = numpy.random.default_rng(5)
    x, t = _x(6, 20, 2), np.arange(20) % 2
    model = Sequential(Linear(2, 6, rng), SharpSwish(6), Linear(6, 2, rng))
    loss, optimizer, losses = SoftmaxWithLoss(), SGD(lr=0.3), []
    for _ in range(60):
        losses.append(float(loss.forward(model.forward(x), t)))
        model.backward(loss.backward())
        optimizer.update(model.params, model.grads)
    expect(losses[-1] < losses[0] - 0.02, f"It went from {losses[0]:.4f} to {losses[-1]:.4f}.")
