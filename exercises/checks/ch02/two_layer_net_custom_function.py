"""Hints and checks of the exercises on a ReLU of one's own."""

import numpy

from common.autograd import Tensor
from common.gradient_check import check_gradients
from common.layers import ReLU
from common.np import np
from exercises.exercise import Exercise, check_number, expect, same, shown

rng = numpy.random.default_rng(2)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
W1, W2, W3 = rng.normal(size=(3, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 2))

# --------------------------------------------------------------------------------------------------

factor_of_gradient = Exercise(
    "predict",
    hints=(
        "Start at the loss and walk back. Through which of the ReLUs does a gradient go on its way "
        "to w_k?",
        "To the last weight none of them lies on the way, and to the one before it there is one.",
        "Each ReLU on the way doubles what comes back. Three of them make it eight times as large.",
    ),
)


@factor_of_gradient.check("the network of the page: two weights, and a ReLU between them")
def _(answer):
    last, first = (_number(answer(k, 2)) for k in (2, 1))
    expect(
        not (last == 2 and first == 1),
        "The other way round: a gradient goes from the loss towards x. Which weight is behind the "
        "ReLU, as seen from the loss?",
    )
    expect(same(last, 1), "To the last weight no gradient comes through a ReLU.")
    expect(same(first, _factor(1, 2)), "With one ReLU on the way, it is another factor.")


@factor_of_gradient.check("any number of weights")
def _(answer):
    for n in (4, 5):
        said = [_number(answer(k, n)) for k in range(1, n + 1)]
        right = [_factor(k, n) for k in range(1, n + 1)]
        on_the_way = [n - k for k in range(1, n + 1)]
        expect(
            said
            not in ([2 * ReLUs or 1 for ReLUs in on_the_way], [1 + ReLUs for ReLUs in on_the_way]),
            "By the chain rule, factors that lie one behind the other are multiplied, not added.",
        )
        expect(
            same(said, right), f"With {n} weights, {said} are not the factors of dL/dw1, dL/dw2, …."
        )


def _number(said):
    check_number(said)
    return said


def _factor(k, n):
    """As measured, on a network of 1 by 1 weights, in which each ReLU lets everything through."""
    grads = []
    for relu in (ReLU(), Doubled()):
        weights = [Tensor(np.array([[0.5]]), requires_grad=True) for _ in range(n)]
        h = Tensor(np.array([[3.0]])) @ weights[0]
        for w in weights[1:]:
            h = relu(h) @ w
        h.sum().backward()
        grads.append(weights[k - 1].grad.item())
    return grads[1] / grads[0]


class Doubled(ReLU):
    def backward(self, dout):
        return 2 * super().backward(dout)


# --------------------------------------------------------------------------------------------------

LeakyReLU = Exercise(
    "mend",
    hints=(
        "Which of the lines of MyReLU had to change when it became a LeakyReLU, and which of them "
        "was forgotten?",
        "To the left of 0, y = slope · x. How much does y move there when x moves a little?",
        "dout is multiplied by the derivative, and that is one number where x > 0 and another one "
        "elsewhere. np.where chooses between two, as in forward.",
    ),
)


@LeakyReLU.check("forward is what it was")
def _(LeakyReLU):
    y = LeakyReLU(0.25).forward(X.copy())
    expect(same(y, np.maximum(X, 0.25 * X)), "The forward was right. Mend the backward.")


@LeakyReLU.check("backward agrees with the measured slopes")
def _(LeakyReLU):
    check_gradients(LeakyReLU(0.25), X.copy())


@LeakyReLU.check("for another slope as well")
def _(LeakyReLU):
    check_gradients(LeakyReLU(), X.copy())
    check_gradients(LeakyReLU(0.7), 5 * X)


# --------------------------------------------------------------------------------------------------

is_used = Exercise(
    "write",
    hints=(
        "See how the page finds out at its end: it makes something wrong on purpose, and looks "
        "whether anything changes.",
        "Derive a class from ReLU whose backward is wrong, by a factor of 2 for example. Call "
        "gradients with an object of each of the two classes.",
        "If the ReLU is used, an array in one list differs from its partner in the other. It need "
        "not be the first array or the last: look at all of them.",
    ),
)


@is_used.check("a network that uses it, and one that calls clamp")
def _(is_used):
    expect(
        _said_of(is_used, lambda relu, x, w1, w2, w3: relu(x @ w1 @ w2) @ w3),
        "The first uses it, and the answer is no. Whose backward does a gradient go through?",
    )
    expect(
        not _said_of(is_used, lambda relu, x, w1, w2, w3: (x @ w1 @ w2).clamp(min=0) @ w3),
        "The second calls clamp and never looks at the ReLU, and the answer is yes.",
    )


@is_used.check("wherever in the network it stands")
def _(is_used):
    networks = (
        lambda relu, x, w1, w2, w3: relu(x @ w1) @ w2 @ w3,
        lambda relu, x, w1, w2, w3: relu(relu(x @ w1) @ w2) @ w3,
        lambda relu, x, w1, w2, w3: relu((x @ w1).relu() @ w2) @ w3,
        lambda relu, x, w1, w2, w3: x @ relu(w1) @ w2 @ w3,
        lambda relu, x, w1, w2, w3: x @ w1 @ relu(w2) @ w3,
        lambda relu, x, w1, w2, w3: x @ w1 @ w2 @ relu(w3),
    )
    for network in networks:
        expect(
            _said_of(is_used, network),
            "A ReLU is used, and the answer is no. Are the gradients of all weights looked at, and "
            "is any difference enough?",
        )


@is_used.check("a ReLU that is called, and whose result is thrown away, is not used")
def _(is_used):
    def network(relu, x, w1, w2, w3):
        relu(x @ w1)
        return (x @ w1).relu() @ w2 @ w3

    expect(
        not _said_of(is_used, network),
        "The answer is yes, but what the ReLU returns goes nowhere. Do the gradients say yes?",
    )


def _said_of(is_used, network):
    def gradients(relu):
        weights = [Tensor(w.copy(), requires_grad=True) for w in (W1, W2, W3)]
        ((network(relu, Tensor(X), *weights) - Y) ** 2).sum().backward()
        return [w.grad for w in weights]

    said = is_used(gradients)
    is_bool = isinstance(said, bool | np.bool_)
    is_bool = is_bool or (isinstance(said, np.ndarray) and said.shape == () and said.dtype == bool)
    expect(is_bool, f"True or False is wanted, not {shown(said)}.")
    return said
