"""Hints and checks of the exercises on the computation graph."""

import numpy

from common.gradient_check import check_gradients, numerical_gradient
from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

# --------------------------------------------------------------------------------------------------

gradients_of_two_uses = Exercise(
    "predict",
    hints=(
        "The graph has two nodes, + and ×. One arrow goes from x to each of them.",
        "Start at the ×: it sends to each of its inputs the other input. One of its inputs is the "
        "sum, and the + hands on what it gets to x and to y.",
        "Two gradients arrive at x, one from the × and one from the +. At y there is one.",
    ),
)


@gradients_of_two_uses.check("dL/dy, where one arrow leads away")
def _(answer):
    for x, y in ((5.0, 7.0), (-2.0, 0.5)):
        dx, dy = _pair(answer(x, y))
        right_dx, right_dy = _measured(x, y)
        expect(
            not same(dy, x + y),
            "For dL/dy you give the sum. That is what the × sends to the x beside it; what does it "
            "send to the +, which hands it on to y?",
        )
        expect(
            not (same(dx, right_dy) and same(dy, right_dx)), "Both are right, in the wrong order."
        )
        expect(not same(dy, 1.0), "The + hands on what came back to it, and that is not 1.")
        expect(same(dy, right_dy), f"With x = {x:g} and y = {y:g}, dL/dy is not {dy:g}.")


@gradients_of_two_uses.check("dL/dx, where two arrows lead away")
def _(answer):
    for x, y in ((5.0, 7.0), (-2.0, 0.5), (4.0, -1.0)):
        dx, _ = _pair(answer(x, y))
        right, _ = _measured(x, y)
        expect(
            not same(dx, x) and not same(dx, x + y),
            "dL/dx has what comes back along one of the two arrows. The other one counts, too.",
        )
        expect(not same(dx, x * (x + y)), "What comes back along two arrows does not multiply.")
        expect(same(dx, right), f"With x = {x:g} and y = {y:g}, dL/dx is not {dx:g}.")


def _pair(said):
    said = said.tolist() if isinstance(said, np.ndarray) else said
    expect(
        isinstance(said, tuple | list) and len(said) == 2, "Two numbers are wanted: return dx, dy."
    )
    for number in said:
        check_number(number)
    return said


def _measured(x, y):
    return numerical_gradient(lambda both: (both[0] + both[1]) * both[0], np.array([x, y]))


# --------------------------------------------------------------------------------------------------

Difference = Exercise(
    "mend",
    hints=(
        "Move a by 0.01: by how much does a - b move? Then move b by 0.01.",
        "a - b is a plus something. What is done to b before it is added?",
        "The graph of the page's neuron has this node. Look how the gradient of the target t is "
        "made from that of the output y.",
    ),
)


@Difference.check("forward is what it was")
def _(Difference):
    a, b = _draw(3, 2), _draw(3, 2, seed=1)
    expect(same(Difference().forward(a, b), a - b), "The forward was right. Mend the backward.")


@Difference.check("backward returns two gradients")
def _(Difference):
    layer = Difference()
    layer.forward(_draw(3, 2), _draw(3, 2, seed=1))
    said = layer.backward(_draw(3, 2, seed=2))
    expect(
        isinstance(said, tuple),
        f"Two inputs have two gradients: return da, db, which is a tuple, and not {shown(said)}.",
    )
    expect(len(said) == 2, f"Two inputs have two gradients, and {len(said)} came back.")
    for gradient in said:
        check_shape(gradient, (3, 2))


@Difference.check("both agree with the measured slopes")
def _(Difference):
    check_gradients(Difference(), _draw(3, 2), _draw(3, 2, seed=1))


# --------------------------------------------------------------------------------------------------

RepeatRow = Exercise(
    "mend",
    hints=(
        "The rows of y are the same. Are the rows of dout?",
        "x is used N times, once in each row, and each use sends a gradient back. What happens to "
        "gradients that meet?",
        "The page has this node under its name, repeat, and its backward is the node that is its "
        "mirror image. Along which axis do the N rows lie?",
    ),
)


@RepeatRow.check("forward is what it was")
def _(RepeatRow):
    y = RepeatRow(3).forward(_draw(4))
    check_shape(y, (3, 4))
    expect(same(y - _draw(4), np.zeros((3, 4))), "The forward was right. Mend the backward.")


@RepeatRow.check("repeated once, the gradient comes back as it is")
def _(RepeatRow):
    layer, dout = RepeatRow(1), _draw(1, 4, seed=1)
    layer.forward(_draw(4))
    dx = layer.backward(dout)
    check_shape(dx, (4,))
    expect(same(dx, dout.ravel()), "One row went out, and another one comes back.")


@RepeatRow.check("what comes back from each row counts")
def _(RepeatRow):
    layer = RepeatRow(3)
    layer.forward(_draw(4))
    for n in range(3):
        dout = np.zeros((3, 4))
        dout[n] = _draw(4, seed=n)
        dx = layer.backward(dout)
        check_shape(dx, (4,))
        expect(
            dx.any(),
            f"RepeatRow: where something comes back from row {n} alone, x is sent zeros. Each row "
            f"is a use of x.",
        )


@RepeatRow.check("backward agrees with the measured slopes")
def _(RepeatRow):
    for N, D in ((3, 4), (5, 5)):
        check_gradients(RepeatRow(N), _draw(D))


# --------------------------------------------------------------------------------------------------

back_through_transposed = Exercise(
    "write",
    hints=(
        "A gradient has the shape of its array. Write down the shapes of x, W and dout, and look "
        "which products of two of them have these shapes.",
        "y = x V with V = Wᵀ is the product of the page, with the gradients of the page. What has "
        "V for the one of x, and how does a gradient by V become one by W?",
        "For dx, dout and W fit together as they are. For dW, (H, D) is made of (N, H) and (N, D): "
        "one of the two must be transposed, and N must vanish in the middle.",
    ),
)


@back_through_transposed.check("where all lengths are the same")
def _(answer):
    x, W, dout = _draw(2, 2), _draw(2, 2, seed=1), _draw(2, 2, seed=2)
    dx, dW = _two_arrays(answer(x, W, dout), (2, 2), (2, 2))
    right_dx, right_dW = _measured_transposed(x, W, dout)
    expect(
        not same(dx, np.matmul(dout, W.T)),
        "That dx belongs to y = x W. Here W is transposed on the way forward.",
    )
    expect(
        not same(dW, np.matmul(x.T, dout)),
        "That dW belongs to y = x W. Here each row of W is a neuron.",
    )
    expect(not (same(dx, right_dW) and same(dW, right_dx)), "Both are right, in the wrong order.")
    expect(same(dx, right_dx), "dx is not as measured.")
    expect(same(dW, right_dW), "dW is not as measured.")


@back_through_transposed.check("each gradient has the shape of its array")
def _(answer):
    _two_arrays(answer(_draw(5, 3), _draw(4, 3, seed=1), _draw(5, 4, seed=2)), (5, 3), (4, 3))


@back_through_transposed.check("both agree with the measured slopes")
def _(answer):
    for N, D, H in ((5, 3, 4), (1, 6, 2), (4, 1, 3)):
        x, W, dout = _draw(N, D), _draw(H, D, seed=1), _draw(N, H, seed=2)
        dx, dW = _two_arrays(answer(x, W, dout), (N, D), (H, D))
        right_dx, right_dW = _measured_transposed(x, W, dout)
        expect(same(dx, right_dx), f"dx is wrong where N, D and H are {N}, {D} and {H}.")
        expect(same(dW, right_dW), f"dW is wrong where N, D and H are {N}, {D} and {H}.")


def _two_arrays(said, *shapes):
    expect(isinstance(said, tuple | list) and len(said) == 2, "Two are wanted: return dx, dW.")
    for gradient, shape in zip(said, shapes, strict=True):
        check_shape(gradient, shape)
    return said


def _measured_transposed(x, W, dout):
    def L(x, W):
        return (np.matmul(x, W.T) * dout).sum()

    return numerical_gradient(lambda x: L(x, W), x), numerical_gradient(lambda W: L(x, W), W)


def _draw(*shape, seed=20):
    return numpy.random.default_rng(seed).normal(size=shape)
