"""Hints and checks of the exercises on the whole way back."""

import numpy

from common.gradient_check import check_gradients
from common.layers import Affine, Sequential, Sigmoid, SoftmaxWithLoss
from common.np import np
from common.optimizer import SGD
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

# --------------------------------------------------------------------------------------------------

gradient_of_the_right_score = Exercise(
    "predict",
    hints=(
        "What the network said, minus what it should have said.",
        "The page has dL/ds for all scores at once, as arrays y and t. What stands in y and in t "
        "at the place of the right class?",
        "Softmax gives that class p, and the one-hot row has a 1 there. What does the mean do?",
    ),
)


@gradient_of_the_right_score.check("of a single example")
def _(answer):
    for p in (0.2, 0.75):
        said, right = answer(p, 1), _gradient_of_the_right_score(p, 1)
        check_number(said)
        expect(
            not same(said, -right),
            "The sign: a larger score for the right class makes the loss smaller.",
        )
        expect(not same(said, p), "That is right of the other classes. The target here is not 0.")
        expect(
            not same(said, -1 / p),
            "That is the derivative by the probability. There is a softmax between it and s.",
        )
        expect(not same(said, -np.log(p)), "That is the loss itself, not its derivative.")
        expect(
            not same(said, p * (1 - p)) and not same(said, p * (p - 1)),
            "That is how far p moves with its score. The loss is not p: it is -log of it.",
        )
        expect(
            same(said, right),
            f"If p is {p}, SoftmaxWithLoss sends back another number than {said:.4g}.",
        )


@gradient_of_the_right_score.check("of one among several")
def _(answer):
    for p, N in ((0.5, 2), (0.1, 7), (0.99, 50)):
        said, right = answer(p, N), _gradient_of_the_right_score(p, N)
        expect(
            not same(said, right * N), f"Of {N} examples each has a share in the loss. Is N used?"
        )
        expect(same(said, right), f"With {N} examples it is another number than {said:.4g}.")


def _gradient_of_the_right_score(p, N):
    """Of N examples with three classes, of which 1 is right, as SoftmaxWithLoss sends it back."""
    loss = SoftmaxWithLoss()
    loss.forward(
        np.log(np.full((N, 1), 1.0) * [(1 - p) / 2, p, (1 - p) / 2]), np.ones(N, dtype=int)
    )
    return float(loss.backward()[0, 1])


# --------------------------------------------------------------------------------------------------

Dense = Exercise(
    "mend",
    hints=(
        "Check the three lines with the page's network, forward in four lines and backward in "
        "five. Which one is not there like this?",
        "The bias is added to each of the N rows: it branches N times. What does section 1.3.4 say "
        "of gradients that come back along several branches?",
        "A mean is a sum that has been divided. Nothing in forward divides by the number of rows.",
    ),
    asks_for="layers.Affine",
)


@Dense.check("forward is what it was")
def _(Dense):
    layer, x = _dense(Dense, 3, 2), _draw(4, 3)
    y = layer.forward(x)
    check_shape(y, (4, 2))
    expect(same(y, Affine(*layer.params).forward(x)), "The forward was right. Mend the backward.")


@Dense.check("with a single row, all gradients agree with the measured slopes")
def _(Dense):
    check_gradients(_dense(Dense, 3, 2), _draw(1, 3))


@Dense.check("with several rows, too")
def _(Dense):
    check_gradients(_dense(Dense, 3, 2), _draw(4, 3))
    check_gradients(_dense(Dense, 5, 5), _draw(5, 5))


def _dense(Dense, D, H):
    return Dense(_draw(D, H, seed=1), _draw(H, seed=2))


# --------------------------------------------------------------------------------------------------

SteepSigmoid = Exercise(
    "mend",
    hints=(
        "What has forward kept, and what does backward do with it first?",
        "The derivative of the sigmoid needs nothing but the output of forward. How often is the "
        "sigmoid taken on the way to that output?",
        "In y (1 - y), y is what forward has returned, and that is at hand. The k is right where "
        "it is, by the chain rule.",
    ),
)


@SteepSigmoid.check("forward is what it was")
def _(SteepSigmoid):
    y = SteepSigmoid(3.0).forward(_draw(2, 4))
    check_shape(y, (2, 4))
    expect(same(y, Sigmoid().forward(3 * _draw(2, 4))), "The forward was right. Mend the backward.")


@SteepSigmoid.check("with a k of 1, backward agrees with the measured slopes")
def _(SteepSigmoid):
    check_gradients(SteepSigmoid(1.0), _draw(2, 4))


@SteepSigmoid.check("and with any other k")
def _(SteepSigmoid):
    for k in (3.0, 0.25, -1.5):
        check_gradients(SteepSigmoid(k), _draw(2, 4))


# --------------------------------------------------------------------------------------------------

train = Exercise(
    "write",
    hints=(
        "The page has all the parts: forward and backward through the layers, and the line of "
        "gradient descent. Put them into one loop.",
        "Let x stay what it is: give another name to what goes through the layers. The way back "
        "begins with what loss_layer.backward() returns and ends at the first layer.",
        "After the way back, go through the layers and through the pairs of each one's params and "
        "grads. An array changes in place by -=; `param = param - ...` would make a new one, which "
        "no layer knows.",
    ),
)


@train.check("a loss for each step, the first of them before anything has changed")
def _(train):
    losses, right = _trained(train, 0.5, 3)[0], _by_sgd(0.5, 5)[0]
    expect(
        isinstance(losses, list) and all(np.shape(loss) == () for loss in losses),
        f"A list of losses is wanted, not {shown(losses)}.",
    )
    expect(len(losses) == 3, f"Three steps have three losses, and the list has {len(losses)}.")
    expect(
        not same(losses[0], right[1]),
        "The first loss comes from weights that have moved. It goes into the list before the step.",
    )
    expect(same(losses[0], right[0]), "The first loss is not that of the network as it was given.")


@train.check("the losses are those of gradient descent")
def _(train):
    for lr, steps in ((0.5, 3), (0.2, 20)):
        losses, right = _trained(train, lr, steps)[0], _by_sgd(lr, steps)[0]
        expect(
            not same(losses, right[:1] * steps),
            "The loss stays the same from step to step. Are the arrays changed that the layers "
            "hold, and not others of the same name? And does each step begin with a forward?",
        )
        expect(
            not same(losses, _by_sgd(-lr, steps)[0]),
            "The loss grows: the steps go with the gradient.",
        )
        expect(not same(losses, _by_sgd(1.0, steps)[0]), "The steps have another size. Is lr used?")
        expect(
            same(losses, right),
            f"The first losses should be {np.array(right[:3]).round(4)}, and are "
            f"{np.array(losses[:3]).round(4)}. Is it lr times the gradient that is taken away, and "
            f"from each array of each layer?",
        )


@train.check("the weights in the layers have moved")
def _(train):
    (_, params), (_, right) = _trained(train, 0.5, 4), _by_sgd(0.5, 4)
    for i, (param, moved) in enumerate(zip(params, right, strict=True)):
        expect(
            same(param, moved),
            f"Array {i} of W1, b1, W2, b2 is not where four steps lead. Does each array change in "
            f"place, once in each step?",
        )


@train.check("x and t are as they were")
def _(train):
    x, t = _draw(6, 2), np.arange(6) % 3
    train(_network(), SoftmaxWithLoss(), x, t, 0.5, 2)
    expect(same(x, _draw(6, 2)) and same(t, np.arange(6) % 3), "x or t has changed.")


def _trained(train, lr, steps):
    """The losses, and the arrays that the layers began with."""
    layers = _network()
    params = [param for layer in layers for param in layer.params]
    return train(layers, SoftmaxWithLoss(), _draw(6, 2), np.arange(6) % 3, lr, steps), params


def _by_sgd(lr, steps):
    """The same by the framework; uphill if lr is below 0."""
    model, loss_layer, losses = Sequential(*_network()), SoftmaxWithLoss(), []
    x, t, params, optimizer = _draw(6, 2), np.arange(6) % 3, list(model.params), SGD(abs(lr))
    for _ in range(steps):
        losses.append(float(loss_layer.forward(model.forward(x), t)))
        model.backward(loss_layer.backward(1 if lr > 0 else -1))
        optimizer.update(params, model.grads)
    return losses, params


def _network():
    affines = [Affine(_draw(D, H, seed=H), _draw(H, seed=D)) for D, H in ((2, 4), (4, 3))]
    return [affines[0], Sigmoid(), affines[1]]


def _draw(*shape, seed=20):
    return numpy.random.default_rng(seed).normal(size=shape)
