"""Hints and checks of the exercises on the loss."""

import warnings

from common.functions import cross_entropy_error
from common.gradient_check import check_gradients
from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same

SCORES = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-1.0, 4.0, 1.0], [0.5, 0.25, -2.0]])

# --------------------------------------------------------------------------------------------------

loss_of_a_guess = Exercise(
    "predict",
    hints=(
        "Cross-entropy looks at one number of each example. Which one?",
        "It is -log of the probability of the right class. What share does each of C classes get?",
        "-log(1/C) can be written without a minus and without a fraction.",
    ),
)


@loss_of_a_guess.check("the loss for three classes")
def _(answer):
    said, right = answer(3), _loss_of_a_guess(3)
    check_number(said)
    expect(
        not same(said, -right), "The sign: the log of a probability is below 0, a loss is above."
    )
    expect(not same(said, right / np.log(2)), "A logarithm to base 2; the natural one is meant.")
    expect(not same(said, 1 / 3), "That is the probability of the right class, not yet the loss.")
    expect(not same(said, 3 * right), "That is the sum over all classes; one of them is right.")
    expect(same(said, right), "That is not what cross_entropy_error gives for three equal shares.")


@loss_of_a_guess.check("the loss for any number of classes")
def _(answer):
    for classes in (2, 10, 1000):
        expect(
            same(answer(classes), _loss_of_a_guess(classes)),
            f"With {classes} classes it is another loss. Is `classes` used?",
        )


def _loss_of_a_guess(classes):
    return float(cross_entropy_error(np.full((1, classes), 1 / classes), np.array([0])))


# --------------------------------------------------------------------------------------------------

softmax_of_rows = Exercise(
    "write",
    hints=(
        "Three steps: exp makes all scores positive; add up each row; divide each row by its sum.",
        "A sum along a row is axis=1. With keepdims=True it keeps the shape (N, 1), and can divide "
        "an array of shape (N, C).",
        "exp(1000) is too large for a computer. Softmax stays the same if each row's maximum is "
        "taken away from its scores before exp.",
    ),
    asks_for="functions.softmax",
)


@softmax_of_rows.check("the shape stays")
def _(softmax):
    check_shape(softmax(SCORES), SCORES.shape)


@softmax_of_rows.check("each row adds up to 1")
def _(softmax):
    with warnings.catch_warnings(action="ignore"):
        y = softmax(SCORES)
    expect((y > 0).all(), "Some are not positive. Is exp taken of the scores?")
    expect(
        not same(y.sum(), 1),
        "All the numbers together add up to 1: the sum runs over the whole array, not along a row.",
    )
    expect(
        not same(y.sum(axis=0), np.ones(3)),
        "Each column adds up to 1: the sum runs along axis 0, over the examples.",
    )
    expect(same(y.sum(axis=1), np.ones(4)), f"The rows add up to {y.sum(axis=1).round(3)}.")


@softmax_of_rows.check("a score that is larger by 1 gets a share e times as large")
def _(softmax):
    y = softmax(SCORES)
    expect(
        same(y[0, 1:] / y[0, :-1], np.exp([1.0, 1.0])),
        f"Scores of 1, 2 and 3 have shares of {y[0].round(3)}.",
    )


@softmax_of_rows.check("large scores are no problem")
def _(softmax):
    with warnings.catch_warnings(action="ignore"):
        y = softmax(SCORES + 1000)
    expect(np.isfinite(y).all(), "Scores of 1000 give inf or NaN: exp of them is too large.")
    expect(same(y, softmax(SCORES)), "Scores that are all larger by 1000 have other shares.")


@softmax_of_rows.check("rows that are far apart are no problem")
def _(softmax):
    with warnings.catch_warnings(action="ignore"):
        y = softmax(SCORES + np.array([[0.0], [1000.0], [-1000.0], [0.0]]))
    expect(
        same(y, softmax(SCORES)),
        "One row's scores are far below another's, and its shares are lost. What is taken away "
        "must be each row's own maximum.",
    )


# --------------------------------------------------------------------------------------------------

MeanOfSquares = Exercise(
    "mend",
    hints=(
        "Write the loss for N = 1 and D = 1, and its derivative. Then ask what N rows change.",
        "What forward does after the squares, backward does as well: the derivative of a sum "
        "over N is a sum over N.",
        "A number that the loss is divided by divides each of its derivatives.",
    ),
)


@MeanOfSquares.check("forward is what it was")
def _(MeanOfSquares):
    y, t = SCORES, SCORES[::-1].copy()
    expect(
        same(MeanOfSquares().forward(y, t), ((y - t) ** 2).sum() / 4),
        "The forward was right. Mend the backward.",
    )


@MeanOfSquares.check("backward agrees with the measured slopes")
def _(MeanOfSquares):
    check_gradients(MeanOfSquares(), SCORES, SCORES[::-1].copy())
