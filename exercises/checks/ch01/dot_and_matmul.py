"""Hints and checks of the exercises on the dot product and the matrix product."""

import numpy

from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same

# --------------------------------------------------------------------------------------------------

element_of_the_product = Exercise(
    "predict",
    hints=(
        "An element of A B is the dot product of a row of A and a column of B. How long are they?",
        "A row of A has k numbers, and so has a column of B. So how many pairs are multiplied?",
        "Each pair gives the same product, and the products are added up. The 2 and the 5 only say "
        "how many such elements there are.",
    ),
)


@element_of_the_product.check("a row and a column of a single number")
def _(answer):
    said = answer(3, 7, 1)
    check_number(said)
    expect(
        not same(said, 10 * 21), "That is the sum of all elements of the product, not one of them."
    )
    expect(same(said, _element(3, 7, 1)), "With k = 1 there is one pair to multiply.")


@element_of_the_product.check("longer rows and columns")
def _(answer):
    for a, b, k in ((3, 7, 4), (2, -0.5, 6), (-1, -4, 30)):
        said, right = answer(a, b, k), _element(a, b, k)
        expect(
            not same(said, a * b), f"That is one product. A dot product adds up more; here k = {k}."
        )
        expect(same(said, right), f"With a = {a}, b = {b} and k = {k} NumPy has another number.")


def _element(a, b, k):
    return np.matmul(np.full((2, k), a), np.full((k, 5), b))[1, 3]


# --------------------------------------------------------------------------------------------------

element_at = Exercise(
    "write",
    hints=(
        "Which numbers of A, and which of B, made the 19 on the page?",
        "The place (i, j) names a row of the first matrix and a column of the second. Each is a "
        "vector of K numbers.",
        "The exercise says how to write a row and a column. Take row i of A and column j of B.",
    ),
)


@element_at.check("one number")
def _(element_at):
    A, B = _factors(3, 3, 3)
    said = element_at(A, B, 0, 0)
    expect(
        not same(said, A[0] * B[:, 0]),
        "Those are the products of the pairs, which have not been added up.",
    )
    expect(not same(said, np.matmul(A, B)[0]), "That is a whole row of A B. Which column of B?")
    expect(not same(said, np.matmul(A, B)[:, 0]), "That is a whole column of A B. Which row of A?")
    check_number(said)


@element_at.check("each place of a square product")
def _(element_at):
    A, B = _factors(3, 3, 3)
    product = np.matmul(A, B)
    for i, j in ((0, 1), (1, 0), (2, 2), (2, 0)):
        said = element_at(A.copy(), B.copy(), i, j)
        expect(
            not same(said, np.matmul(B, A)[j, i]),
            "That is a dot product of a column of A and a row of B. It is the other way round.",
        )
        expect(
            not same(said, np.matmul(A, B.T)[i, j]),
            "That is a dot product of two rows. Of the second matrix a column is needed.",
        )
        expect(
            not same(said, A[i, j] * B[i, j]),
            "That is the element-wise product. The matrix product has a whole dot product there.",
        )
        expect(
            i == j or not same(said, product[j, i]),
            f"That stands at place ({j}, {i}), not at ({i}, {j}).",
        )
        expect(same(said, product[i, j]), f"At place ({i}, {j}) of A B stands {product[i, j]:g}.")


@element_at.check("matrices that are not square")
def _(element_at):
    A, B = _factors(2, 4, 3)
    for i, j in ((1, 2), (0, 0), (1, 0)):
        expect(
            same(element_at(A.copy(), B.copy(), i, j), np.matmul(A, B)[i, j]),
            f"With shapes of (2, 4) and (4, 3) it is not the number at ({i}, {j}).",
        )


def _factors(N, K, M):
    rng = numpy.random.default_rng(3)
    A, B = rng.uniform(1, 9, (N, K)), rng.uniform(1, 9, (K, M))
    return np.asarray(A.round(1)), np.asarray(B.round(1))


# --------------------------------------------------------------------------------------------------

cosine = Exercise(
    "write",
    hints=(
        "The formula has three dot products: of a and b, of a with itself, and of b with itself.",
        "np.dot(a, a) is the square of the length of a. np.sqrt makes it the length.",
        "Compute the dot product of a and b first. Then divide it by the one length and by the "
        "other.",
    ),
)


@cosine.check("1 for a vector and itself")
def _(cosine):
    for a in (np.array([3.0, 4.0]), np.array([1.0, -2.0, 0.5])):
        said = cosine(a.copy(), a.copy())
        check_number(said)
        expect(
            not same(said, np.dot(a, a)),
            f"It is {said:g}, the dot product. Its size depends on the lengths: divide by both.",
        )
        expect(
            not same(said, 1 / np.dot(a, a)),
            f"It is {said:g}: divided by the squares of the lengths. The roots are missing.",
        )
        expect(same(said, 1), f"{a} and {a} point the same way, and the number is {said:g}.")


@cosine.check("the lengths do not matter")
def _(cosine):
    a, b = np.array([3.0, 4.0, 1.0]), np.array([1.0, 2.0, -2.0])
    for longer in ((5 * a, b), (a, 5 * b)):
        expect(
            same(cosine(*longer), cosine(a, b)),
            "One vector has become five times as long, and another number comes out. Which length "
            "is it not divided by?",
        )


@cosine.check("opposite, and at a right angle")
def _(cosine):
    a, across = np.array([3.0, 4.0]), np.array([-8.0, 6.0])
    expect(same(cosine(a, -2 * a), -1), "Two vectors point opposite ways: the sign should say so.")
    expect(same(cosine(a, across), 0), f"{a} and {across} are at a right angle.")


@cosine.check("a vector turned away by 60 degrees")
def _(cosine):
    slanted = np.array([1.0, 3.0**0.5]) * 7
    expect(
        same(cosine(np.array([2.0, 0.0]), slanted), np.cos(np.pi / 3)),
        "It is not the cosine of the angle between the two.",
    )


# --------------------------------------------------------------------------------------------------

turned = Exercise(
    "mend",
    hints=(
        "Print the shape of what comes out. The page has two products of stacks: which is this?",
        "np.dot multiplies each group by each matrix of the stack. Here the first group belongs to "
        "the first matrix, the second to the second.",
        "The page names the product that takes an array of three axes for a stack, and goes "
        "through two stacks side by side.",
    ),
)


@turned.check("the shape stays")
def _(turned):
    points, turns = _groups()
    y = turned(points, turns)
    expect(
        getattr(y, "shape", None) != (4, 3, 4, 2),
        "turned gives an array of shape (4, 3, 4, 2) for four groups of three points: each group "
        "has been turned by each of the four matrices.",
    )
    check_shape(y, (4, 3, 2))


@turned.check("each group is turned by its own matrix")
def _(turned):
    y = turned(*_groups())
    points, turns = _groups()
    expect(
        not same(y, np.matmul(points, turns[0])),
        "All groups have been turned by the first matrix.",
    )
    expect(
        not same(y, np.matmul(points, turns.transpose(0, 2, 1))),
        "Each group has been turned backwards: the matrices are transposed.",
    )
    for group in range(4):
        expect(
            same(y[group], points[group].dot(turns[group])),
            f"Group {group} is not the product of its points and its matrix.",
        )


def _groups():
    points = np.asarray(numpy.random.default_rng(0).normal(size=(4, 3, 2)))
    angle = np.array([0.3, 1.0, 2.0, -0.5])
    turns = np.stack([np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)], axis=1)
    return points, turns.reshape(4, 2, 2)
