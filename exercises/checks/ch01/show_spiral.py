"""Hints and checks of the exercises on the spiral data set."""

import numpy

from common.np import np
from dataset import spiral
from exercises.exercise import Exercise, check_shape, check_tuple, expect, same, shown

# --------------------------------------------------------------------------------------------------

shapes_of_spirals = Exercise(
    "predict",
    hints=(
        "How many rows do x and t have on the page, and why so many?",
        "A row is a point. In x it has the numbers of a place in the plane, and in t it has a "
        "number for each class.",
        "Both have a row for each point of all spirals. x has two columns, and the columns of t "
        "are as many as the classes.",
    ),
)


@shapes_of_spirals.check("two shapes")
def _(answer):
    said = answer(4, 50)
    expect(
        isinstance(said, tuple | list) and len(said) == 2,
        f"Two shapes are wanted, that of x and that of t, not {shown(said)}.",
    )
    for name, shape in zip("xt", said, strict=True):
        expect(
            isinstance(shape, tuple) and len(shape) == 2,
            f"{name} is a matrix, and its shape a tuple of two lengths, not {shown(shape)}.",
        )
        check_tuple(shape)


@shapes_of_spirals.check("the shape of x")
def _(answer):
    for arms, points in ((4, 50), (5, 7), (2, 300)):
        rows, columns = answer(arms, points)[0]
        expect(columns == 2, f"A point of the plane is not {columns} numbers.")
        expect(
            rows == sum(points for _ in range(arms)),
            f"{arms} spirals of {points} points each are not {rows} points.",
        )


@shapes_of_spirals.check("the shape of t")
def _(answer):
    for arms, points in ((4, 50), (5, 7), (2, 300)):
        said = answer(arms, points)
        rows, columns = said[1]
        expect(rows == said[0][0], f"x has {said[0][0]} points, and t the classes of {rows}.")
        expect(
            columns != 1, "With one column t would hold class numbers. On the page it is one-hot."
        )
        expect(
            columns == arms,
            f"A one-hot row has a place for each class; {arms} spirals are not {columns} classes.",
        )


# --------------------------------------------------------------------------------------------------

on_one_side = Exercise(
    "write",
    hints=(
        "Find out first which points lie on that side: one dot product for each point, all in one "
        "matrix product.",
        "The product of x and w has the shape (N,), and `> 0` makes a True or a False of each "
        "number. Which rows of t are those?",
        "A column of t has a 1 for each point of its class. So count by adding up columns, over "
        "the rows that are left. A sum down the columns is axis=0.",
    ),
)


@on_one_side.check("a number for each class")
def _(on_one_side):
    x, t = _points()
    check_shape(on_one_side(x, t, np.array([0.0, 1.0])), (4,))


@on_one_side.check("points at known places")
def _(on_one_side):
    x, t = _points()
    for w in ((0.0, 1.0), (3.0, 0.0), (-1.0, 3.0)):
        said = on_one_side(x.copy(), t.copy(), np.array(w))
        beside_w, away = [0] * 4, [0] * 4
        for (first, second), row in zip(x.tolist(), t, strict=True):
            side = beside_w if first * w[0] + second * w[1] > 0 else away
            side[int(row.argmax())] += 1
        expect(not same(said, np.array(away)), f"With w = {w} you count the points away from w.")
        expect(not same(said, t.sum(axis=0)), "You count all points, on whichever side they lie.")
        expect(
            same(said, np.array(beside_w)),
            f"With w = {w} there are {sum(beside_w)} points on the side that w points to, and you "
            f"count {said}.",
        )


@on_one_side.check("both sides together are all points that are not on the line")
def _(on_one_side):
    x, t = spiral.load_data(seed=5)
    for w in _directions():
        both = on_one_side(x.copy(), t.copy(), w) + on_one_side(x.copy(), t.copy(), -w)
        expect(
            (both <= 99).all(),
            "The point in the middle of the plane is counted on both sides. A point on the line "
            "lies on neither.",
        )
        expect((both == 99).all(), f"With w = {w} some points are counted on neither side.")


@on_one_side.check("any line through the middle has points of all three spirals on both sides")
def _(on_one_side):
    x, t = spiral.load_data(seed=5)
    for w in _directions():
        counts = on_one_side(x.copy(), t.copy(), w)
        expect(
            ((counts > 0) & (counts < 99)).all(),
            f"With w = {w} you find {counts} points on one side. But the line crosses each arm.",
        )


def _directions():
    return [np.array([np.cos(angle), np.sin(angle)]) for angle in np.linspace(0, 6, 12)]


def _points():
    x = np.array([[1, 2], [3, -1], [-2, 5], [-1, -1], [4, 4], [-3, 2], [2, 1], [-5, -4], [6, -2]])
    return x * 0.5, np.eye(4, dtype=int)[[0, 0, 1, 1, 1, 2, 2, 2, 2]]


# --------------------------------------------------------------------------------------------------

shuffled = Exercise(
    "mend",
    hints=(
        "Take a data set of three rows, and write down what may come out. Which class stands "
        "beside which point?",
        "x and t are shuffled one after the other, so each gets an order of its own. One order is "
        "needed, for both.",
        "Let rng shuffle the row numbers once, and keep them under a name. Then take those rows "
        "of x and those rows of t.",
    ),
)


@shuffled.check("each point keeps its class")
def _(shuffled):
    for seed in range(3):
        x, t = _labelled()
        y, u = _pair(shuffled, seed)
        check_shape(y, x.shape)
        check_shape(u, t.shape)
        for point, row in zip(y, u, strict=True):
            own = t[np.round(point[0]).astype(int) % len(t)]
            expect(
                same(row, own),
                f"shuffled has put the class {row} beside the point {point}, which had {own}. Do "
                "both arrays get the same order?",
            )


@shuffled.check("each point comes out once")
def _(shuffled):
    x, _ = _labelled()
    y, _ = _pair(shuffled, 0)
    found, points = ({tuple(point) for point in array.tolist()} for array in (y, x))
    for point in found - points:
        expect(False, f"shuffled brings out the point {point}, which x does not have.")
    expect(
        found == points,
        f"Of {len(points)} points {len(points - found)} have not come out, and some of the others "
        f"more than once.",
    )


@shuffled.check("the order is random, and that of rng")
def _(shuffled):
    x, _ = _labelled()
    first, again, other = (_pair(shuffled, seed)[0] for seed in (0, 0, 1))
    expect(not same(first, x), "The rows stand where they stood.")
    expect(same(first, again), "The same rng gives another order. Is it rng that is asked for one?")
    expect(not same(first, other), "Another rng gives the same order. Is rng used?")


@shuffled.check("x and t stay as they are")
def _(shuffled):
    x, t = _labelled()
    shuffled(x, t, numpy.random.default_rng(0))
    before, classes_before = _labelled()
    expect(
        same(x, before) and same(t, classes_before),
        "What was given has another order now. Return new arrays.",
    )


def _pair(shuffled, seed):
    said = shuffled(*_labelled(), numpy.random.default_rng(seed))
    expect(
        isinstance(said, tuple | list) and len(said) == 2,
        f"Two arrays are wanted, the shuffled x and the shuffled t, not {shown(said)}.",
    )
    return said


def _labelled():
    """Points whose first number says which row they came from, sorted by class."""
    row = np.arange(30)
    return np.stack([row + 0.25, row * 0.5 - 3], axis=1), np.repeat(
        np.eye(3, dtype=int), 10, axis=0
    )
