import numpy

from common.np import np
from tests.exercises.wrong import wrong


@wrong("shapes_of_spirals", "Two shapes are wanted")
def of_x_alone(arms, points):
    return (arms * points, 2, arms)


@wrong("shapes_of_spirals", "a tuple of two lengths")
def class_numbers(arms, points):
    return (arms * points, 2), (arms * points,)


@wrong("shapes_of_spirals", "points each are not")
def one_spiral(arms, points):
    return (points, 2), (points, arms)


@wrong("shapes_of_spirals", "A shape is a tuple of whole numbers")
def halves(arms, points):
    return (arms * points, 2), (arms * points * 2 / 2, arms)


@wrong("shapes_of_spirals", "A point of the plane is not 3 numbers")
def class_in_x(arms, points):
    return (arms * points, 3), (arms * points, arms)


@wrong("shapes_of_spirals", "a place for each class")
def three_classes(arms, points):
    return (arms * points, 2), (arms * points, 3)


@wrong("shapes_of_spirals", "it is one-hot")
def a_column_of_numbers(arms, points):
    return (arms * points, 2), (arms * points, 1)


@wrong("on_one_side", "The shape should be (4,)")
def all_classes_together(x, t, w):
    return (x.dot(w) > 0).sum()


@wrong("on_one_side", "The shape should be (4,)")
def along_the_rows(x, t, w):
    return t[x.dot(w) > 0].sum(axis=1)


@wrong("on_one_side", "away from w")
def other_side(x, t, w):
    return t[x.dot(w) < 0].sum(axis=0)


@wrong("on_one_side", "on whichever side")
def everything(x, t, w):
    return t.sum(axis=0)


@wrong("on_one_side", "A point on the line")
def with_the_line(x, t, w):
    return t[x.dot(w) >= 0].sum(axis=0)


@wrong("on_one_side", "and you count")
def one_coordinate(x, t, w):
    return t[x[:, 1] > 0].sum(axis=0)


@wrong("on_one_side", "and you count")
def both_coordinates(x, t, w):
    return t[(x * w > 0).all(axis=1)].sum(axis=0)


@wrong("shuffled", "Do both arrays get the same order")
def two_orders(x, t, rng):
    return x[rng.permutation(len(x))], t[rng.permutation(len(t))]


@wrong("shuffled", "Do both arrays get the same order")
def points_alone(x, t, rng):
    return rng.permutation(x), t


@wrong("shuffled", "where they stood")
def not_shuffled(x, t, rng):
    return x, t


@wrong("shuffled", "which x does not have")
def whole_numbers(x, t, rng):
    order = rng.permutation(len(x))
    return x[order].astype(int), t[order]


@wrong("shuffled", "Is it rng that is asked for one?")
def a_rng_without_a_seed(x, t, rng):
    order = numpy.random.default_rng().permutation(len(x))
    return x[order], t[order]


@wrong("shuffled", "some of the others more than once")
def drawn_with_repeats(x, t, rng):
    order = rng.integers(0, len(x), len(x))
    return x[order], t[order]


@wrong("shuffled", "Another rng gives the same order")
def a_rng_of_its_own(x, t, rng):
    order = numpy.random.default_rng(7).permutation(len(x))
    return x[order], t[order]


@wrong("shuffled", "Two arrays are wanted")
def one_array(x, t, rng):
    return rng.permutation(np.concatenate([x, t], axis=1))


@wrong("shuffled", "Return new arrays")
def in_place(x, t, rng):
    order = rng.permutation(len(x))
    x[:], t[:] = x[order], t[order]
    return x, t
