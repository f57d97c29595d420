"""Hints and checks of the exercises on two layers, by hand."""

import numpy

from common.gradient_check import check_gradients
from common.layers import MatMul, ReLU, Sequential
from common.np import np
from exercises.exercise import Exercise, check_shape, expect, same

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
            f"A length of the gradient of {w} is 7, the number of examples. All examples share the "
            f"weights; what comes back from each of them is added up.",
        )


@shapes_of_gradients.check("the three shapes")
def _(answer):
    for sizes in ((7, 5, 4, 2), (64, 1000, 100, 10), (3, 2, 6, 9)):
        said, right = _three_shapes(answer(*sizes)), _shapes(*sizes)
        expect(said != right[::-1], "The shapes are right, and in another order than is asked for.")
        for name, one, other in zip(("grad_w2", "grad_h_relu", "grad_w1"), said, right, strict=True):
            expect(one != other[::-1], f"Rows and columns of {name} are exchanged.")
            expect(one == other, f"With the sizes {sizes}, {name} has another shape than {one}.")


def _three_shapes(said):
    is_right_kind = isinstance(said, tuple | list) and len(said) == 3
    is_right_kind = is_right_kind and all(isinstance(one, tuple | list) for one in said)
    expect(is_right_kind, f"Three tuples are wanted, not {said!r:.50}.")
    return tuple(map(tuple, said))


def _shapes(N, D_in, H, D_out):
    network = Sequential(MatMul(np.ones((D_in, H))), ReLU(), MatMul(np.ones((H, D_out))))
    hidden = network[:2].forward(np.ones((N, D_in)))
    return network.params[1].shape, hidden.shape, network.params[0].shape


# --------------------------------------------------------------------------------------------------

SquareNet = Exercise(
    "mend",
    hints=(
        "Go through backward line by line, with the picture of the page beside it. Which lines "
        "come before grad_w1 and have nothing to do with grad_w2?",
        "For a moment, let w1 be (D, H) and w2 (H, K), and write the shapes below each product. "
        "One of the products is then impossible.",
        "dout is (N, K), and what comes back to h_relu must be (N, H). Of which shape is the "
        "matrix between the two?",
    ),
)


@SquareNet.check("forward is what it was")
def _(SquareNet):
    y = SquareNet(W1.copy(), W2.copy()).forward(X.copy())
    right = _network(W1, W2).forward(X)
    expect(same(y, right), "The forward was right. Mend the backward.")


@SquareNet.check("the gradient of w2")
def _(SquareNet):
    _, (_, said), (_, _, right) = _gradients(SquareNet)
    expect(same(said, right), "The gradient of w2 was right in what was given, and is not any more.")


@SquareNet.check("the gradient of w1")
def _(SquareNet):
    _, (said, _), (_, right, _) = _gradients(SquareNet)
    expect(
        not same(said, _by_common(W1, W2.T)[1]),
        "SquareNet: the gradient of w1 looks as if a square matrix were transposed that should not "
        "be, or not transposed that should be.",
    )
    expect(same(said.T, right), "The gradient of w1 is transposed.") if same(said.T, right) else ...
    expect(same(said, right), "SquareNet: the gradient of w1 is another than the measured one.")


@SquareNet.check("all gradients agree with the measured slopes")
def _(SquareNet):
    check_gradients(SquareNet(W1.copy(), W2.copy()), X)


def _network(w1, w2):
    return Sequential(MatMul(w1.copy()), ReLU(), MatMul(w2.copy()))


def _by_common(w1, w2):
    network = _network(w1, w2)
    network.forward(X)
    dx = network.backward(DOUT)
    return dx, *network.grads
