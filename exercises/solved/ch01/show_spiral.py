"""Exercises on 1.4.1, the spiral data set.

To check them: python -m exercises check ch01.show_spiral
"""

from common.np import np


def shapes_of_spirals(arms, points):
    """Predict: a data set of points in the plane, made as on the page, has `arms` spirals of
    `points` points each.

    What are the shapes of x and t? Return two tuples.
    """
    # --- solution
    return (arms * points, 2), (arms * points, arms)
    # --- end


def on_one_side(x, t, w):
    """Write: a straight line through the middle of the plane has two sides. How many points of
    each class lie on the one that w points to?

    x: (N, 2), the points. t: (N, C), their classes, one-hot. w: (2,). A point lies on that side if
    its dot product with w is above 0. Return an array of C numbers, (C,). (If `mask` has a True or
    a False for each row, x[mask] has the rows for which it is True.)
    """
    # --- solution
    return t[np.matmul(x, w) > 0].sum(axis=0)
    # --- end


def shuffled(x, t, rng):
    """Mend: the rows of x, (N, D), and of t, (N, C), in a random order: each point once, and with
    its own class.

    rng: a generator of random numbers. rng.permutation(a) has the rows of a in random order, and
    rng.permutation(5) the numbers 0 to 4. An array may be indexed by row numbers: x[[2, 0, 1]].
    """
    # --- solution
    order = rng.permutation(len(x))
    return x[order], t[order]
    # --- given
    # return rng.permutation(x), rng.permutation(t)
    # --- end
