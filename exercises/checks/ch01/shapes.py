"""Hints and checks of the exercises on checking shapes."""

from common.np import np
from exercises.exercise import Exercise, check_shape, check_tuple, expect, same, shown

# --------------------------------------------------------------------------------------------------

shape_of_the_product = Exercise(
    "predict",
    hints=(
        "First write down the shape of A.T alone.",
        "Then write it beside the shape of B, as the page does. Are the two inner lengths equal?",
        "The inner lengths are both N, and go. The two outer ones are left, in their order.",
    ),
)


@shape_of_the_product.check("two axes, of the right lengths")
def _(answer):
    said, right = answer(9, 2, 4), _product(9, 2, 4).shape
    check_tuple(said)
    expect(len(said) == 2, f"A product of two matrices has two axes, and {said} names {len(said)}.")
    expect(
        9 not in said, f"{said} has N = 9 in it. That is the inner length: the sums run over it."
    )
    expect(said != right[::-1], "That is the shape of the product the other way round, B.T A.")
    expect(said == right, f"With N = 9, D = 2 and H = 4 it is not {said}.")


@shape_of_the_product.check("other lengths")
def _(answer):
    for lengths in ((3, 5, 1), (1, 6, 6), (4, 3, 8)):
        expect(
            answer(*lengths) == _product(*lengths).shape,
            f"With N, D, H = {lengths} it is another shape.",
        )


def _product(N, D, H):
    return np.matmul(np.ones((N, D)).T, np.ones((N, H)))


# --------------------------------------------------------------------------------------------------

ones_between = Exercise(
    "write",
    hints=(
        "Write (N, D) · (?, ?) = (N, C). The first rule of the page fills both places.",
        "The inner lengths must agree, so W has as many rows as x has columns. What is left over "
        "on the right becomes the number of columns of the result.",
        "np.ones takes a shape, a tuple of two lengths. You find them in x.shape and y.shape.",
    ),
)


@ones_between.check("a matrix")
def _(ones_between):
    W = ones_between(np.zeros((5, 3)), np.zeros((5, 2)))
    expect(hasattr(W, "shape"), f"An array is wanted, not {shown(W)}.")
    expect(W.ndim == 2, f"W should be a matrix, and has the shape {W.shape}.")


@ones_between.check("x W has the shape of y")
def _(ones_between):
    for N, D, C in ((5, 3, 2), (4, 4, 1), (2, 7, 7), (1, 1, 6)):
        x, y = np.ones((N, D)), np.ones((N, C))
        W = ones_between(x, y)
        expect(
            W.shape[0] == D,
            f"x has the shape {x.shape} and W {W.shape}: the inner lengths, {D} and {W.shape[0]}, "
            "do not agree.",
        )
        expect(
            np.matmul(x, W).shape == y.shape,
            f"x W has the shape {np.matmul(x, W).shape}, and y has {y.shape}.",
        )


@ones_between.check("its elements are ones")
def _(ones_between):
    W = ones_between(np.zeros((5, 3)), np.full((5, 2), 4.0))
    first = W.ravel()[(W != 1).argmax()]
    expect(same(W, np.ones(W.shape)), f"W holds other numbers than 1, as {first}.")


# --------------------------------------------------------------------------------------------------

first_misfit = Exercise(
    "write",
    hints=(
        "Two neighbours in the list fit if the inner lengths agree. Which two numbers are those?",
        "Go through the places from 1 on, and compare each shape with the one before it. At the "
        "first that does not fit you are done.",
        "The number of columns of the one before must be the number of rows of this one. What is "
        "returned when the loop has found nothing?",
    ),
)


@first_misfit.check("two matrices that do not fit")
def _(first_misfit):
    said = first_misfit([(2, 3), (4, 2)])
    expect(said is not None, "(2, 3) and (4, 2) do not fit: the inner lengths are 3 and 4.")
    expect(
        isinstance(said, int | np.integer) and not isinstance(said, bool),
        f"A place in the list is a whole number, not {shown(said)}.",
    )
    expect(
        said != 0,
        "You return the place of the one before. Asked for is the one that does not fit it.",
    )
    expect(said == 1, f"There is no place {said} in a list of two.")


@first_misfit.check("matrices that fit")
def _(first_misfit):
    for shapes in ([(2, 3), (3, 5)], [(6, 1), (1, 4), (4, 4), (4, 2)], [(7, 3)]):
        said = first_misfit(list(shapes))
        expect(
            said is None,
            f"{shapes} fit, and you return {shown(said)}. Which lengths meet, and what is to be "
            "returned at the end?",
        )


@first_misfit.check("a misfit further on")
def _(first_misfit):
    cases = (
        ([(2, 3), (3, 5), (5, 4), (3, 1)], 3),
        ([(2, 3), (3, 2), (3, 2)], 2),
        ([(5, 5), (5, 6), (5, 6), (6, 1)], 2),
    )
    for shapes, place in cases:
        said = first_misfit(list(shapes))
        expect(
            said == place,
            f"Of {shapes} you return {shown(said)}. Look at each pair of neighbours.",
        )


@first_misfit.check("the first of several")
def _(first_misfit):
    expect(
        first_misfit([(2, 3), (3, 4), (5, 6), (6, 6), (7, 1)]) == 2,
        "There are two places where it does not fit, and you do not return the first of them.",
    )


# --------------------------------------------------------------------------------------------------

every_pair = Exercise(
    "mend",
    hints=(
        "Write the two shapes beside each other, as the page does. Which length goes, and which is "
        "left on both sides?",
        "A dot product of two examples adds up D products. So D must be the inner length.",
        "An example must be a row of the first matrix and a column of the second. Which of the two "
        "has to be transposed?",
    ),
)


@every_pair.check("a row and a column for each example")
def _(every_pair):
    y = every_pair(_examples())
    expect(
        getattr(y, "shape", None) != (3, 3),
        "every_pair gives an array of shape (3, 3) for four examples of three numbers: it has a "
        "row for each number of an example.",
    )
    check_shape(y, (4, 4))


@every_pair.check("the dot product of each two examples")
def _(every_pair):
    y, X = every_pair(_examples()), _examples()
    expect(
        not same(y, np.matmul(X, X.reshape(3, 4))),
        "The second matrix has the right shape and the numbers in the wrong places: reshape lays "
        "out the numbers anew, row by row. Rows become columns in the transpose, .T.",
    )
    for i, j in ((0, 0), (0, 1), (2, 3), (3, 1)):
        expect(
            same(y[i, j], np.dot(X[i], X[j])),
            f"At place ({i}, {j}) stands {y[i, j]:g}. The examples {X[i]} and {X[j]} have another "
            "dot product.",
        )


@every_pair.check("as many examples as numbers")
def _(every_pair):
    X = _examples()[:3]
    y = every_pair(X.copy())
    check_shape(y, (3, 3))
    expect(
        all(same(y[i, j], np.dot(X[i], X[j])) for i in range(3) for j in range(3)),
        "With three examples of three numbers it is wrong, although the shape is right.",
    )


def _examples():
    return np.array([[1.0, 2.0, -1.0], [0.0, 3.0, 5.0], [4.0, -2.0, 2.0], [0.5, 1.0, 6.0]])
