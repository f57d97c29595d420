"""Hints and checks of the exercises on vectors and matrices."""

from common.np import np
from exercises.exercise import Exercise, check_shape, check_tuple, expect, same, shown

# --------------------------------------------------------------------------------------------------

shape_of_a_batch = Exercise(
    "predict",
    hints=(
        "A batch is a matrix. What is a row of it here, and what is a column?",
        "The page has one example a row, and here a house is an example. How many numbers belong "
        "to one house?",
        "A shape names the number of rows first and the number of columns second, in parentheses.",
    ),
)


@shape_of_a_batch.check("a shape of two axes")
def _(answer):
    said = answer(7)
    expect(
        not isinstance(said, int | float | np.number),
        f"{said} is a number. A shape has one for each axis, in a tuple.",
    )
    check_tuple(said)
    expect(len(said) == 2, f"A batch is a matrix. It has two axes, and {said} names {len(said)}.")


@shape_of_a_batch.check("the shape for seven houses")
def _(answer):
    said, right = answer(7), _batch_of_houses(7).shape
    expect(
        said != right[::-1], f"In {said} each house is a column. On the page an example is a row."
    )
    expect(
        said[0] == right[0],
        f"In {said} the number of rows is {said[0]}. One example a row: how many are there?",
    )
    expect(
        said == right,
        f"In {said} the number of columns is {said[1]}. How many numbers is one house?",
    )


@shape_of_a_batch.check("the shape for any number of houses")
def _(answer):
    for houses in (1, 500):
        expect(
            answer(houses) == _batch_of_houses(houses).shape,
            f"With houses = {houses} it is another shape. Is `houses` used?",
        )


def _batch_of_houses(houses):
    area, rooms, age = 80, 4, 25
    return np.array([[area, rooms, age] for _ in range(houses)])


# --------------------------------------------------------------------------------------------------

batch_of_one = Exercise(
    "write",
    hints=(
        "A batch is a matrix, also when it has one row. What is the shape of such a matrix?",
        "Look at how the page types a matrix: the outer brackets hold rows. Here one row is given.",
        "np.array makes a matrix of a list of rows. A list may have a single element.",
    ),
)


@batch_of_one.check("a matrix")
def _(batch_of_one):
    y = batch_of_one(np.array([0.5, -1.0, 2.0, 8.0]))
    expect(hasattr(y, "shape"), f"An array is wanted, not {shown(y)}.")
    expect(y.ndim != 1, f"The shape is {y.shape}: one axis, so it is still a vector.")
    expect(y.ndim == 2, f"A matrix has two axes, and this array has {y.ndim}.")


@batch_of_one.check("one row, as long as the example")
def _(batch_of_one):
    for length in (4, 1, 9):
        y = batch_of_one(np.arange(length) + 0.5)
        expect(
            length == 1 or y.shape != (length, 1),
            f"There are {length} rows: each number has become an example of its own.",
        )
        check_shape(y, (1, length))


@batch_of_one.check("the numbers are those of the example")
def _(batch_of_one):
    y = batch_of_one(np.array([3.0, -4.0, 0.25]))
    expect(
        same(y[0], np.array([3.0, -4.0, 0.25])),
        f"The example was [3, -4, 0.25], and the row is {y[0]}.",
    )


# --------------------------------------------------------------------------------------------------

first_and_last = Exercise(
    "write",
    hints=(
        "First find the two rows. Then make one matrix of them.",
        "batch[0] is the first row. The last one has the number N - 1, and Python also counts from "
        "the end, with -1.",
        "np.array makes a matrix of a list of rows. Both of yours are vectors of shape (D,).",
    ),
)


@first_and_last.check("a batch of two")
def _(first_and_last):
    y = first_and_last(_batch(5, 3))
    expect(
        getattr(y, "shape", None) != (6,),
        "The two examples stand one behind the other in a vector. In a batch each has its own row.",
    )
    expect(
        getattr(y, "shape", None) not in ((5, 2), (2, 5)),
        "Those are two columns of the batch. An example is a row.",
    )
    check_shape(y, (2, 3))


@first_and_last.check("its rows are the first and the last example")
def _(first_and_last):
    y, batch = first_and_last(_batch(5, 3)), _batch(5, 3)
    expect(not same(y, batch[[4, 0]]), "The last example comes before the first.")
    expect(same(y[0], batch[0]), f"The first example is {batch[0]}, and your first row {y[0]}.")
    expect(same(y[1], batch[4]), f"The last example is {batch[4]}, and your second row {y[1]}.")


@first_and_last.check("batches of any size")
def _(first_and_last):
    for N, D in ((1, 4), (2, 2), (8, 1)):
        y, batch = first_and_last(_batch(N, D)), _batch(N, D)
        check_shape(y, (2, D))
        expect(
            same(y[0], batch[0]) and same(y[1], batch[N - 1]),
            f"Of a batch of shape {(N, D)} they are not the first and the last row.",
        )


def _batch(N, D):
    return np.arange(N * D).reshape(N, D) + 0.5
