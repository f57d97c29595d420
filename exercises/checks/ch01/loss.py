"""Hints and checks of the exercises on the loss."""

import warnings

from common.functions import cross_entropy_error
from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same

SCORES = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-1.0, 4.0, 1.0], [0.5, 0.25, -2.0]])
Y = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.25, 0.25, 0.5], [0.05, 0.35, 0.6]])

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
    check_shape(softmax(SCORES.copy()), SCORES.shape)


@softmax_of_rows.check("each row adds up to 1")
def _(softmax):
    with warnings.catch_warnings(action="ignore"):
        y = softmax(SCORES.copy())
    expect(not (y <= 0).any(), "Some are not positive. Is exp taken of the scores?")
    expect(not np.isnan(y).any(), "Some are NaN. Is 0 divided by 0, or an infinity by another?")
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
    y = softmax(SCORES.copy())
    expect(
        same(y[0, 1:] / y[0, :-1], np.exp([1.0, 1.0])),
        f"To scores of 1, 2 and 3 you give shares of {y[0].round(3)}. Is it exp that is taken?",
    )


@softmax_of_rows.check("large scores are no problem")
def _(softmax):
    with warnings.catch_warnings(record=True, action="always") as warned:
        y = softmax(SCORES + 1000)
    expect(np.isfinite(y).all(), "Scores of 1000 give inf or NaN: exp of them is too large.")
    expect(
        same(y, softmax(SCORES.copy())),
        "To scores that are all larger by 1000 you give other shares. They should stay the same.",
    )
    _check_quiet(warned)


@softmax_of_rows.check("rows that are far apart are no problem, nor scores that are")
def _(softmax):
    with warnings.catch_warnings(record=True, action="always") as warned:
        y = softmax(SCORES + np.array([[0.0], [1000.0], [-1000.0], [0.0]]))
        one_leads = softmax(np.array([[1000.0] + 9 * [0.0]]))
    expect(
        same(y, softmax(SCORES.copy())),
        "One row's scores are far below another's, and its shares are lost. What is taken away "
        "must be each row's own maximum.",
    )
    expect(
        same(one_leads, np.array([[1.0] + 9 * [0.0]])),
        "Where one score is 1000 and nine are 0, the shares are not 1 and 0. Is it the largest "
        "score that is taken away?",
    )
    _check_quiet(warned)


@softmax_of_rows.check("the scores stay as they are")
def _(softmax):
    s = SCORES.copy()
    softmax(s)
    expect(same(s, SCORES), "Your answer writes into s, which others hold. Make a new array.")


def _check_quiet(warned):
    expect(
        not warned,
        "The shares are right, but NumPy warns: exp of 1000 is still computed, though it does no "
        "harm in the end.",
    )


# --------------------------------------------------------------------------------------------------

mean_surprise = Exercise(
    "mend",
    hints=(
        "What shape has y[:, t]? There should be one probability for each example.",
        "y[:, t] takes all rows for each class in t. The first example is to meet the first class "
        "in t alone, the second the second.",
        "Asked for y[rows, columns], with an array of numbers for each, NumPy takes them in pairs. "
        "Which numbers do the rows have?",
    ),
)


@mean_surprise.check("the loss of one example")
def _(mean_surprise):
    for right in range(3):
        _check_surprise(mean_surprise, Y[:1], np.array([right]))


@mean_surprise.check("the loss of several examples")
def _(mean_surprise):
    _check_surprise(mean_surprise, Y, np.array([2, 0, 1, 0]))


@mean_surprise.check("of any number of them, whatever is right")
def _(mean_surprise):
    for t in ([1, 1], [2, 0, 2], [0, 0, 0, 0]):
        _check_surprise(mean_surprise, Y[: len(t)], np.array(t))


def _check_surprise(mean_surprise, y, t):
    said, right = mean_surprise(y.copy(), t.copy()), float(cross_entropy_error(y, t))
    check_number(said)
    if same(said, right):
        return
    expect(not same(said, -right), "The sign: a loss is above 0.")
    expect(not same(said, right * len(t)), "That is the sum over the examples, not their mean.")
    expect(
        not same(said, -np.log(y.max(axis=1)).mean()),
        "That looks at the largest probability of each example, not at that of the right class.",
    )
    expect(
        not same(said, -np.log(y[:, t]).mean()),
        f"Of {len(t)} examples, {len(t) ** 2} probabilities are looked at: in each, those of the "
        f"right classes of all of them.",
    )
    expect(False, f"With the right classes {t} it should be {right:.4f}; you say {said:.4f}.")
