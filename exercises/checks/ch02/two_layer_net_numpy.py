"""Hints and checks of the exercises on two layers, by hand."""

import numpy

from common.gradient_check import check_gradients
from common.layers import MatMul, ReLU, Sequential
from common.np import np
from exercises.exercise import Exercise, check_number, expect, same, shown

rng = numpy.random.default_rng(5)
X, DOUT = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
W1, W2 = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))

# --------------------------------------------------------------------------------------------------

shapes_of_gradients = Exercise(
    "predict",
    hints=(
        "A gradient has a number for each number of the array that it belongs to.",
        "So ask for the shapes of w2, h_relu and w1. Which rows and columns must w1 have, so that "
        "x w1 can be formed and has a column for each hidden neuron?",
        "Weights have a row for each number that goes in and a column for each that comes out. "
        "h_relu has a row for each example.",
    ),
)


@shapes_of_gradients.check("a gradient of weights has no axis for the examples")
def _(answer):
    said = _three_shapes(answer(7, 5, 4, 2))
    for shape, w in ((said[0], "w2"), (said[2], "w1")):
        expect(
            7 not in shape,
            f"A length in the gradient of {w} is the number of examples. All examples share the "
            f"weights, and what comes back from each of them is added up.",
        )


@shapes_of_gradients.check("the three shapes")
def _(answer):
    names = "grad_w2", "grad_h_relu", "grad_w1"
    for sizes in ((7, 5, 4, 2), (30, 200, 50, 10), (3, 2, 6, 9)):
        said, right = _three_shapes(answer(*sizes)), _shapes(*sizes)
        expect(said != right[::-1], "These are the three shapes, in another order than is asked.")
        for name, one, other in zip(names, said, right, strict=True):
            expect(one != other[::-1], f"The rows and columns of {name} are exchanged.")
            expect(one == other, f"With {sizes} as the sizes, {name} is not of shape {one}.")


def _three_shapes(said):
    is_kind = isinstance(said, tuple | list) and len(said) == 3
    is_kind = is_kind and all(isinstance(shape, tuple | list) for shape in said)
    expect(is_kind, f"Three tuples are wanted, not {shown(said)}.")
    return tuple(map(tuple, said))


def _shapes(N, D_in, H, D_out):
    first, second = MatMul(np.ones((D_in, H))), MatMul(np.ones((H, D_out)))
    h_relu = ReLU().forward(first.forward(np.ones((N, D_in))))
    return second.params[0].shape, h_relu.shape, first.params[0].shape


# --------------------------------------------------------------------------------------------------

SquareNet = Exercise(
    "mend",
    hints=(
        "Have the picture of the page beside you, and go through backward line by line. Which "
        "lines does grad_w1 depend on, and grad_w2 not?",
        "For a moment, let w1 be (D, H) and w2 (H, K), and note the shapes at each product. One "
        "of the products can no longer be formed.",
        "dout is then (N, K), and what comes back to h_relu must be (N, H). Which shape must the "
        "matrix have that dout is multiplied by?",
    ),
)


@SquareNet.check("forward is what it was")
def _(SquareNet):
    y = SquareNet(W1.copy(), W2.copy()).forward(X.copy())
    expect(same(y, _network(W1, W2).forward(X)), "The forward was right. Mend the backward.")


@SquareNet.check("the gradient of w2 is what it was")
def _(SquareNet):
    net = _after_backward(SquareNet)
    right = _by_common(W1, W2).grads[1]
    expect(same(net.grads[1], right), "The gradient of w2 was right, and is not any more.")


@SquareNet.check("the gradient of w1 has come the right way")
def _(SquareNet):
    net = _after_backward(SquareNet)
    expect(
        not same(net.grads[0], _by_common(W1, W2.T).grads[0]),
        "SquareNet: the gradient of w1 looks as if, on the way to it, a matrix were transposed "
        "that should not be, or not transposed that should be.",
    )


@SquareNet.check("all gradients agree with the measured slopes")
def _(SquareNet):
    check_gradients(SquareNet(W1.copy(), W2.copy()), X)


def _after_backward(SquareNet):
    net = SquareNet(W1.copy(), W2.copy())
    net.forward(X.copy())
    net.backward(DOUT.copy())
    return net


def _by_common(w1, w2):
    network = _network(w1, w2)
    network.forward(X)
    network.backward(DOUT)
    return network


def _network(w1, w2):
    return Sequential(MatMul(w1.copy()), ReLU(), MatMul(w2.copy()))


# --------------------------------------------------------------------------------------------------

lost_steps = Exercise(
    "write",
    hints=(
        "Take the step, and look which weights are the same numbers as before it.",
        "Comparing two arrays with == gives an array of True and False. Two such arrays are joined "
        "by &, each comparison in parentheses.",
        "The sum of an array of True and False says how many are True. You need those where the "
        "step changes nothing and the gradient is not 0.",
    ),
)


@lost_steps.check("steps of a good size are not lost")
def _(lost_steps):
    w, grad = _weights()
    grad[grad == 0] = 1
    said = _count(lost_steps(w, grad, 0.1))
    expect(said != w.size, "Every weight is counted, and each of them has moved.")
    expect(said == 0, "Some are counted that have moved.")


@lost_steps.check("w stays as it is")
def _(lost_steps):
    w, grad = _weights()
    before = w.copy()
    lost_steps(w, grad, 1e-6)
    expect((w == before).all(), "w has changed: `w -= ...` writes into it. Make a new array.")


@lost_steps.check("of short steps, those that are lost are counted")
def _(lost_steps):
    w, grad = _weights()
    for lr in (1e-6, 1e-7, 1e-8):
        said, still = _count(lost_steps(w.copy(), grad.copy(), lr)), _still(w, grad, lr)
        resting = int((grad == 0).sum())
        expect(said != still, "A weight whose gradient is 0 is counted: its step is no lost one.")
        expect(said != w.size - still, "These are the steps that are not lost.")
        expect(
            said != 0,
            "None is lost, as if there were sixteen digits. Of which dtype is the new weight?",
        )
        expect(
            said == still - resting,
            f"With lr = {lr:g} it is another number. Lost is a step after which the weight is "
            f"exactly what it was.",
        )


def _weights():
    """Weights of all sizes, and gradients, some of which are 0.

    The last weights are 1: below 1 float32 has numbers that are half as far apart as above it.
    """
    rng = numpy.random.default_rng(8)
    w = rng.choice([-1, 1], size=200) * 10 ** rng.uniform(-3, 1, size=200)
    grad = rng.normal(size=200) + 0.001
    grad[:17] = 0
    w[-3:], grad[-3:] = 1, 0.04
    return w.astype("float32"), grad.astype("float32")


def _still(w, grad, lr):
    moved = w.copy()
    moved -= np.float32(lr) * grad
    return int(sum(float(one) == float(other) for one, other in zip(w, moved, strict=True)))


def _count(said):
    check_number(said)
    return said
