"""Hints and checks of the exercises on broadcasting."""

from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, check_tuple, expect, same

# --------------------------------------------------------------------------------------------------

shape_of_the_sum = Exercise(
    "predict",
    hints=(
        "Write the two shapes under each other, flush right. Which lengths meet?",
        "A length of 1 becomes the length that it meets. One that is missing counts as 1.",
        "D meets a 1, the 1 in the middle of x meets H, and N meets nothing.",
    ),
)


@shape_of_the_sum.check("as many axes as the sum has")
def _(answer):
    said = answer(5, 3, 4)
    check_tuple(said)
    expect(
        len(said) == 3,
        f"{said} has {len(said)} axes, and the sum has as many as the one of the two with more.",
    )


@shape_of_the_sum.check("the length of each axis")
def _(answer):
    said, right = answer(5, 3, 4), _sum(5, 3, 4).shape
    for axis in (2, 1, 0):
        expect(
            said[axis] == right[axis],
            f"With N = 5, D = 3 and H = 4 you say {said}. Look at axis {axis}, which is not "
            f"{said[axis]} long: which two lengths meet there, flush right?",
        )


@shape_of_the_sum.check("other lengths")
def _(answer):
    for lengths in ((2, 7, 3), (6, 6, 2), (3, 2, 9)):
        expect(
            answer(*lengths) == _sum(*lengths).shape,
            f"With N, D, H = {lengths} it is another shape. Are all three used?",
        )


def _sum(N, D, H):
    return np.zeros((N, 1, D)) + np.zeros((H, 1))


# --------------------------------------------------------------------------------------------------

scale_rows = Exercise(
    "write",
    hints=(
        "As a vector, factors is laid under x flush right. Which axis of x does it meet there?",
        "It meets the columns. To meet the rows, factors must be a column itself, a number a row.",
        "A column of N numbers has the shape (N, 1). NumPy repeats it for each column of x.",
    ),
)


@scale_rows.check("a square batch")
def _(scale_rows):
    x, factors = _batch(3, 3)
    y = scale_rows(x.copy(), factors.copy())
    check_shape(y, (3, 3))
    by_columns = np.array([x[:, i] * factors[i] for i in range(3)])
    expect(
        not same(y, by_columns.T),
        "Each column has a factor of its own. No error is raised, since there are as many columns "
        "as rows, but it is the rows that should have one.",
    )
    expect(not same(y, by_columns), "The columns of x have become rows, each with its factor.")
    by_rows = np.array([x[i] * factors[i] for i in range(3)])
    expect(not same(y, by_rows.T), "Each row of x has its factor, and has become a column.")
    for i in range(3):
        expect(
            same(y[i], factors[i] * x[i]),
            f"Row {i} was {x[i]}, its factor is {factors[i]}, and it became {y[i]}.",
        )


@scale_rows.check("batches that are not square")
def _(scale_rows):
    for N, D in ((4, 2), (2, 5), (1, 3), (3, 1)):
        x, factors = _batch(N, D)
        y = scale_rows(x.copy(), factors.copy())
        check_shape(y, (N, D))
        expect(
            all(same(y[i], factors[i] * x[i]) for i in range(N)),
            f"With a batch of shape {(N, D)} a row has not been multiplied by its own factor.",
        )


@scale_rows.check("x stays as it is")
def _(scale_rows):
    x, factors = _batch(4, 2)
    scale_rows(x, factors)
    expect(
        same(x, _batch(4, 2)[0]),
        "Your answer writes into x. The one who called it would find other numbers in the batch.",
    )


def _batch(N, D):
    return np.arange(N * D).reshape(N, D) + 1.0, np.arange(N) * 0.5 - 1.0


# --------------------------------------------------------------------------------------------------

error_of_answers = Exercise(
    "mend",
    hints=(
        "What shape has y - t? The end of the page shows it.",
        "Each answer should meet its own target. So y and t need the same shape before one is "
        "taken from the other.",
        "Lay out the N numbers of y as t has them, with `reshape`, or those of t as y has them. "
        "The rest of the line is right.",
    ),
)


@error_of_answers.check("right answers have no error")
def _(error_of_answers):
    for t in (np.array([5.0, -1.0, 2.0]), np.array([0.5, 0.25])):
        said = error_of_answers(t.reshape(-1, 1).copy(), t.copy())
        check_number(said)
        expect(
            same(said, 0),
            f"error_of_answers gives {said:.4g}, although each answer is right. Does each answer "
            "meet its own target, or all of them?",
        )


@error_of_answers.check("the mean of the squares")
def _(error_of_answers):
    for off in ([1.0, -1.0, 0.0, 6.0], [0.5, -3.0, 1.0]):
        t = np.arange(len(off)) * 1.5
        said = error_of_answers((t + off).reshape(-1, 1), t.copy())
        right = sum(d * d for d in off) / len(off)
        expect(not same(said, right * len(off)), "That is the sum of the squares, not their mean.")
        expect(
            not same(said, right / len(off)),
            "There are N squares to take the mean of, and you divide by more than N.",
        )
        expect(
            not same(said, (sum(off) / len(off)) ** 2),
            "That is the square of the mean: answers that are too large make up for others that "
            "are too small. Each square comes first.",
        )
        expect(
            same(said, right),
            f"Answers that are off by {off} have a mean square of {right:.4g}, not {said:.4g}.",
        )
