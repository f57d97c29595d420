"""Hints and checks of the exercises on the two-layer net of layers."""

import numpy

from common.autograd import Tensor
from common.gradient_check import check_gradients
from common.layers import MatMul, MSELoss, ReLU, Sequential
from common.np import np
from common.optimizer import SGD
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

rng = numpy.random.default_rng(3)
X, Y = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
W1, W2 = rng.normal(size=(4, 5)), rng.normal(size=(5, 2))
Y_PRED, C = rng.normal(size=(6, 2)), rng.uniform(0.5, 3, size=6)

# --------------------------------------------------------------------------------------------------

weights_of_the_model = Exercise(
    "predict",
    hints=(
        "How many arrays are there, and which names does each of them have?",
        "A layer keeps the array that it is given; it makes no copy. And -= writes into the array "
        "that is there.",
        "If v is w, then v, w and model.params[0] are three names of one array. If v is a copy, "
        "the model knows nothing of it.",
    ),
)


@weights_of_the_model.check("with a copy")
def _(answer):
    said, w, moved = _said_of_model(answer, is_copied=True)
    expect(not same(said, moved), "That is what stands in v. Is v the array that the model has?")
    expect(same(said, w), "These numbers stand neither in w nor in v.")


@weights_of_the_model.check("without a copy")
def _(answer):
    said, w, moved = _said_of_model(answer, is_copied=False)
    expect(
        not same(said, w),
        "As if the model had an array of its own. Does anything in these lines make a second one?",
    )
    expect(not same(said, 2 * w - moved), "A step against the gradient is meant, and not along it.")
    expect(same(said, moved), "These numbers stand neither in w before the step nor after it.")


def _said_of_model(answer, is_copied):
    w, grad = W1, W1[::-1] + 1
    said = answer(w.copy(), grad.copy(), 0.25, is_copied)
    check_shape(said, w.shape)
    return said, w, w - 0.25 * grad


# --------------------------------------------------------------------------------------------------

train = Exercise(
    "mend",
    hints=(
        "What stands in model.grads when the first step is taken? And in the second step: of "
        "which weights are those the gradients?",
        "Each step should go along the gradients of the loss that was computed in this very step.",
        "Three things happen in a step: forward, backward, update. In which order?",
    ),
)


@train.check("the first loss is that of the weights as they were")
def _(train):
    (said,), (right, after) = _losses(train, steps=1), _by_raw_operations(2)
    expect(not same(said, after), "The first loss belongs before the first step.")
    expect(
        same(said, right),
        f"With the weights as they were, loss_fn gives {right:.2f}, and the first loss is "
        f"{said:.2f}.",
    )


@train.check("the first step is taken")
def _(train):
    losses = _losses(train, steps=2)
    expect(
        not same(losses[0], losses[1]),
        "train: the second loss is the first. The first step has not moved the weights, as if all "
        "gradients were still zero.",
    )


@train.check("the losses are those of the raw operations")
def _(train):
    losses, right = _losses(train, steps=20), _by_raw_operations(20)
    expect(
        same(losses[:2], right[:2]),
        f"The loss goes from {right[0]:.2f} to {right[1]:.2f} in one step, and yours to "
        f"{losses[1]:.2f}. Is the step made once, and along the gradients of this loss?",
    )
    expect(same(losses, right), "The first step is right, and later ones are not.")


def _losses(train, steps):
    model = Sequential(MatMul(W1.copy()), ReLU(), MatMul(W2.copy()))
    losses = train(model, MSELoss(reduction="sum"), SGD(lr=0.002), X.copy(), Y.copy(), steps)
    expect(isinstance(losses, list), f"A list of the losses is wanted, not {shown(losses)}.")
    expect(len(losses) == steps, f"One loss for each step is wanted: {steps}, not {len(losses)}.")
    for loss in losses:
        check_number(loss)
    return losses


def _by_raw_operations(steps):
    w1, w2 = Tensor(W1.copy(), requires_grad=True), Tensor(W2.copy(), requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = (((Tensor(X) @ w1).relu() @ w2 - Y) ** 2).sum()
        losses.append(loss.item())
        w1.grad = w2.grad = None
        loss.backward()
        w1, w2 = (Tensor(w.data - 0.002 * w.grad, requires_grad=True) for w in (w1, w2))
    return losses


# --------------------------------------------------------------------------------------------------

CountedSquares = Exercise(
    "write",
    hints=(
        "Without c it is the loss of the page, whose gradient is 2 (y_pred - y). What becomes of a "
        "sum, and of its derivative, if one of its parts is multiplied by a number?",
        "c has shape (N,), and y_pred (N, D). For each number of c to meet a row, c must become a "
        "column, of shape (N, 1).",
        "forward keeps the difference in self. backward multiplies three things, element by "
        "element, and then by dout: a number, the column, and the difference.",
    ),
)


@CountedSquares.check("the loss is one number")
def _(CountedSquares):
    loss = CountedSquares(C.copy()).forward(Y_PRED.copy(), Y.copy())
    is_number = np.shape(loss) == () and loss is not None
    expect(is_number, f"One number is wanted, not {shown(loss)}.")


@CountedSquares.check("where each example counts once, it is the sum of the squares")
def _(CountedSquares):
    for rows in (6, 2):  # of two rows and columns, c could meet the columns as well
        y_pred, y = Y_PRED[:rows], Y[:rows]
        loss = CountedSquares(np.ones(rows)).forward(y_pred.copy(), y.copy())
        right = _squares(y_pred, y)
        expect(not same(loss, right / 2), "It is half of the sum of the squares.")
        expect(not same(loss, right / y.size), "It is the mean of the squares.")
        expect(not same(loss, right / rows), "The sum is divided by the number of examples.")
        expect(same(loss, right), "It is another number.")


@CountedSquares.check("an example that counts c times adds c times as much")
def _(CountedSquares):
    for rows in (6, 2):
        y_pred, y, c = Y_PRED[:rows], Y[:rows], C[:rows]
        loss = CountedSquares(c.copy()).forward(y_pred.copy(), y.copy())
        rows_of = zip(y_pred, y, c, strict=True)
        right = sum(count * _squares(one, other) for one, other, count in rows_of)
        expect(
            not same(loss, _squares(c[:, None] * y_pred, c[:, None] * y)),
            "c is squared with the rest: the differences are multiplied, and not their squares.",
        )
        expect(
            same(loss, right),
            "It is another number. Does each number of c meet the row that it belongs to?",
        )


@CountedSquares.check("backward agrees with the measured slopes")
def _(CountedSquares):
    loss = type(CountedSquares.__name__, (_ReturnsArrays, CountedSquares), {})
    for rows in (6, 2):
        check_gradients(loss(C[:rows].copy()), Y_PRED[:rows].copy(), Y[:rows].copy())


class _ReturnsArrays:
    """A number of Python's will do as well, though on the tape it would not."""

    def forward(self, *inputs):
        return np.asarray(super().forward(*inputs))


def _squares(y_pred, y):
    return float(MSELoss(reduction="sum").forward(y_pred, y))
