"""Hints and checks of the exercises on element-wise operations."""

from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same

# --------------------------------------------------------------------------------------------------

one_element = Exercise(
    "predict",
    hints=(
        "Which elements of P and Q does NumPy look at for one element of P * Q?",
        "Take one place. P has p there, Q has q there. What has P**2 there, and what has P * Q?",
        "The answer is a sum of two numbers, and no other place of the matrices matters for it.",
    ),
)


@one_element.check("matrices of a single element")
def _(answer):
    said = answer(3, 5, 1)
    check_number(said)
    expect(same(said, _element(3, 5, 1)), "Put p = 3 and q = 5 into the formula, and compute it.")


@one_element.check("larger matrices")
def _(answer):
    for p, q, n in ((3, 5, 2), (-2, 0.5, 4), (0.1, 7, 30)):
        said, right = answer(p, q, n), _element(p, q, n)
        squared, product = p * p, p * q
        expect(
            not any(
                same(said, s) for s in (n * squared + product, squared + n * product, n * right)
            ),
            f"For n = {n} there is a sum of {n} products in it. Such sums belong to the matrix "
            f"product.",
        )
        expect(not same(said, n * n * right), "That is the sum of all elements; one is asked for.")
        expect(same(said, right), f"For p = {p}, q = {q} and n = {n} NumPy has another number.")


def _element(p, q, n):
    P, Q = np.full((n, n), p), np.full((n, n), q)
    return (P**2 + P * Q)[n - 1, 0]


# --------------------------------------------------------------------------------------------------

distances = Exercise(
    "write",
    hints=(
        "Write it for one point first, with numbers x and y. Then give the same line two arrays.",
        "Three steps, each of them element by element: the squares, their sum, and the root of "
        "the sum.",
        "The page has a square and a root, as **2 and np.sqrt. Here the root is taken last, once.",
    ),
)


@distances.check("as many distances as points")
def _(distances):
    x, y = _points()
    check_shape(distances(x, y), (4,))


@distances.check("the distances of points in a vector")
def _(distances):
    x, y = _points()
    d, right = distances(x.copy(), y.copy()), abs(x + 1j * y)
    expect(not same(d, right**2), "Those are the squares of the distances. One step is missing.")
    expect(
        not any(same(d, total) for total in (x + y, abs(x + y), abs(x) + abs(y))),
        "Those are sums of both coordinates: the root of a sum is not the sum of the roots.",
    )
    expect(same(d, right), f"With x = {x} and y = {y} the distances are others than {d}.")


@distances.check("the distances of points in a matrix")
def _(distances):
    x, y = _points()
    x, y = x.reshape(2, 2), y.reshape(2, 2)
    d = distances(x.copy(), y.copy())
    check_shape(d, (2, 2))
    expect(
        same(d, abs(x + 1j * y)),
        "With a vector of points it is right, with a matrix it is not. Is each step element-wise?",
    )


def _points():
    return np.array([6.0, -5.0, 0.0, 1.5]), np.array([8.0, 12.0, -3.0, -2.0])


# --------------------------------------------------------------------------------------------------

takings = Exercise(
    "mend",
    hints=(
        "Write out what one good brought in on one day, with three numbers. Then compare it with "
        "the line that is to be mended.",
        "There are two mistakes: one is the sign `@`, and one is what is multiplied by the price.",
        "First find how many pieces were sold for good. Each of them brings in its price, at the "
        "same place of the table.",
    ),
)


@takings.check("with nothing brought back")
def _(takings):
    prices, sold, _ = _tables(3)
    y = takings(prices, sold, np.zeros((3, 3)))
    expect(
        not same(y, np.matmul(*_tables(3)[:2])),
        "takings multiplies the prices of one good by what was sold of the others, and adds up: "
        "that is the matrix product. Which price belongs to which number of pieces?",
    )
    check_shape(y, (3, 3))
    prices, sold, _ = _tables(3)
    expect(
        same(y[1, 2], prices[1, 2] * sold[1, 2]) and same(y, prices * sold),
        f"takings has {y[1, 2]:g} where {sold[1, 2]:g} pieces were sold for {prices[1, 2]:g} each.",
    )


@takings.check("what is brought back is paid back")
def _(takings):
    y = takings(*_tables(3))
    prices, sold, returned = _tables(3)
    full = prices * sold
    expect(
        not same(y, full - returned),
        "Pieces have been taken away from money: each piece that is brought back costs its price.",
    )
    expect(not same(y, full), "What was brought back has not been taken away.")
    expect(
        not same(y, full - np.matmul(prices, returned)),
        "What was sold meets its own price, and what was brought back does not: for that there is "
        "a matrix product.",
    )
    expect(
        not same(y, full + prices * returned),
        "What is brought back makes the takings larger; it should make them smaller.",
    )
    expect(same(y, full - prices * returned), "Too much or too little is paid back.")


@takings.check("a table that is not square")
def _(takings):
    y = takings(*_tables(5))
    prices, sold, returned = _tables(5)
    check_shape(y, (3, 5))
    expect(
        same(y, prices * sold - prices * returned),
        "With three goods and three days it is right, with three goods and five days it is not.",
    )


def _tables(days):
    places = np.arange(3 * days).reshape(3, days)
    return places + 2.5, places % 4 + 3.0, places % 3 + 0.0
