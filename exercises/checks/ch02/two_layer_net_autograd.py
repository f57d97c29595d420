"""Hints and checks of the exercises on the two-layer net with autograd."""

import numpy

from common.autograd import Tensor
from common.layers import MatMul, MSELoss, ReLU, Sequential
from common.np import np
from common.optimizer import SGD
from exercises.exercise import Exercise, check_shape, expect, same, shown

rng = numpy.random.default_rng(11)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
W1, W2, W3 = rng.normal(size=(3, 5)), rng.normal(size=(5, 4)), rng.normal(size=(4, 2))
V2, LR = rng.normal(size=(5, 2)), 0.002

# --------------------------------------------------------------------------------------------------

slope_of_clamp = Exercise(
    "predict",
    hints=(
        "Where x is moved a little, does y move with it, and how far? Ask it for an element above "
        "low, and for one below.",
        "Above low, y is x itself. Below it, y is low, whatever x is. Left is the element that is "
        "equal to low: the page says what clamp has there, with min=0.",
        "So each element is 1 or 0. A comparison of arrays says which; np.where, or a product with "
        "1.0, makes numbers of it.",
    ),
)


@slope_of_clamp.check("the shape is that of x")
def _(answer):
    for shape in ((4,), (2, 3)):
        said = answer(np.linspace(-1, 1, int(np.prod(shape))).reshape(shape), 0.1)
        expect(not isinstance(said, Tensor), "An array of numbers is wanted, not a tensor.")
        check_shape(said, shape)


@slope_of_clamp.check("above and below low")
def _(answer):
    for low in (0.25, -1.1):
        x = np.linspace(-2, 2, 10).reshape(2, 5)
        said, right = answer(x.copy(), low), _slope(x, low)
        expect(not same(said, np.maximum(x, low)), "That is y itself, and its slope is wanted.")
        expect(not same(said, 1 - right), "These are ones and zeros, the other way round.")
        expect(not same(said, (x > 0) * 1), "These would be right for low = 0. Is low used?")
        expect(not same(said, right * x), "Where clamp lets x through, the slope is not x.")
        expect(same(said, right), f"With low = {low}, the tape finds another gradient.")


@slope_of_clamp.check("equal to low")
def _(answer):
    for low in (0.5, -1.0):
        x = np.array([low - 1, low, low + 1, low])
        said, right = answer(x.copy(), low), _slope(x, low)
        expect(
            same(said, right),
            "Where x is equal to low, clamp has another slope. There it differs from a ReLU at 0.",
        )


def _slope(x, low):
    x = Tensor(x, requires_grad=True)
    x.clamp(min=low).sum().backward()
    return x.grad


# --------------------------------------------------------------------------------------------------

gradients = Exercise(
    "write",
    hints=(
        "The forward pass of the page, with a layer more. What must the weights become, so that "
        "the tape knows that their gradients are asked for?",
        "Three steps: a Tensor of each weight, with requires_grad=True; the loss in one or two "
        "lines; its backward.",
        "After backward, the gradient of each weight stands in its grad, as an array. The loss "
        "must be one number: a sum.",
    ),
)


@gradients.check("three arrays come back, of the shapes of the weights")
def _(gradients):
    _three(gradients)


@gradients.check("they are the gradients of the loss")
def _(gradients):
    for sign in (1, -1):
        said, right = _three(gradients, sign), _by_hand(sign)
        names = "dL/dw1", "dL/dw2", "dL/dw3"
        expect(
            not all(map(_near, said, [grad / Y.size for grad in right])),
            "These are the gradients of the mean of the squares. The loss is their sum.",
        )
        expect(
            not all(map(_near, said, _by_hand(sign, has_relus=False))),
            "These are the gradients of a network without its ReLUs.",
        )
        for name, one, other in zip(names, said, right, strict=True):
            expect(_near(one, other), f"{name} is another. Is the loss the one that is asked for?")


@gradients.check("a second call gives the same, and changes nothing that it is given")
def _(gradients):
    arrays = [array.copy() for array in (X, Y, W1, W2, W3)]
    first = [grad.copy() for grad in gradients(*arrays)]
    second = gradients(*arrays)
    unchanged = map(same, arrays, (X, Y, W1, W2, W3))
    expect(all(unchanged), "An array that was given has changed. No step is to be taken here.")
    expect(all(map(same, first, second)), "The second call gives other gradients than the first.")


def _three(gradients, sign=1):
    grads = gradients(X.copy(), Y.copy(), *(sign * w for w in (W1, W2, W3)))
    is_kind = isinstance(grads, list | tuple) and len(grads) == 3
    expect(is_kind, f"A list of three arrays is wanted, not {shown(grads)}.")
    for name, grad, w in zip(("w1", "w2", "w3"), grads, (W1, W2, W3), strict=True):
        expect(grad is not None, f"No gradient came to {name}. Does its tensor require one?")
        expect(not isinstance(grad, Tensor), f"For {name} a tensor came back, and no plain array.")
        check_shape(grad, w.shape)
    return grads


def _near(one, other):
    """As far as float32 goes."""
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-4))


def _by_hand(sign, has_relus=True):
    w1, w2, w3 = (MatMul(sign * w) for w in (W1, W2, W3))
    model = Sequential(w1, ReLU(), w2, ReLU(), w3) if has_relus else Sequential(w1, w2, w3)
    loss = MSELoss(reduction="sum")
    loss.forward(model.forward(X), Y)
    model.backward(loss.backward())
    return model.grads


# --------------------------------------------------------------------------------------------------

train = Exercise(
    "mend",
    hints=(
        "The first step is right, and later ones are not. So what is left over from one step, and "
        "is still there in the next?",
        "A backward adds to the gradients that are there. Which gradients are there when the "
        "second backward begins?",
        "Each weight that gets a gradient has to be cleared after the update.",
    ),
)


@train.check("the first step")
def _(train):
    losses, right = _losses(train, 2), _plain_descent(2)
    expect(same(losses[0], right[0]), "The first loss is that of the weights as they were given.")
    expect(
        not same(losses[0], losses[1]),
        "The second loss is the first: the first step has not moved the weights.",
    )
    expect(same(losses[1], right[1]), "The second loss is another than after one plain step.")


@train.check("the steps after it")
def _(train):
    expect(
        same(_losses(train, 12), _plain_descent(12)),
        "train: the first step is right, and later ones are not. Does each step begin with nothing "
        "from the steps before?",
    )


@train.check("w1 and w2 are changed where they are")
def _(train):
    weights = w1, w2 = _weights()
    train(Tensor(X), Tensor(Y), w1, w2, LR, 3)
    for name, w, before in zip(("w1", "w2"), weights, (W1, V2), strict=True):
        expect(not same(w.data, before), f"{name} is what it was: a new tensor took its place.")


def _losses(train, steps):
    losses = train(Tensor(X), Tensor(Y), *_weights(), LR, steps)
    expect(isinstance(losses, list), f"A list of the losses is wanted, not {shown(losses)}.")
    expect(len(losses) == steps, f"One loss for each step is wanted: {steps}, not {len(losses)}.")
    is_tensor = [isinstance(loss, Tensor) for loss in losses]
    expect(not any(is_tensor), "Tensors stand in the list, and numbers are wanted.")
    return losses


def _weights():
    return [Tensor(w.copy(), requires_grad=True) for w in (W1, V2)]


def _plain_descent(steps):
    model = Sequential(MatMul(W1.copy()), ReLU(), MatMul(V2.copy()))
    loss_fn, optimizer, losses = MSELoss(reduction="sum"), SGD(LR), []
    for _ in range(steps):
        losses.append(float(loss_fn.forward(model.forward(X), Y)))
        model.backward(loss_fn.backward())
        optimizer.update(model.params, model.grads)
    return losses
