from itertools import pairwise

from common.np import np
from tests.exercises.right import right


@right("shape_of_the_product")
def in_numpys_whole_numbers(N, D, H):
    return tuple(np.array([D, H]))


@right("ones_between")
def as_the_product_of_both(x, y):
    return np.ones_like(x.T @ y)


@right("ones_between")
def whole_numbers(x, y):
    return np.full([len(x[0]), len(y[0])], 1)


@right("first_misfit")
def in_pairs(shapes):
    pairs = enumerate(pairwise(shapes), 1)
    return next((i for i, (one, other) in pairs if one[1] != other[0]), None)


@right("first_misfit")
def while_they_fit(shapes):
    i = 1
    while i < len(shapes) and shapes[i - 1][1] == shapes[i][0]:
        i += 1
    return np.int64(i) if i < len(shapes) else None


@right("every_pair")
def pair_by_pair(X):
    return np.array([[np.dot(one, other) for other in X] for one in X])
