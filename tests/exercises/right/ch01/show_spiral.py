from copy import deepcopy

from common.np import np
from tests.exercises.right import right


@right("shapes_of_spirals")
def in_a_list_of_numpys_whole_numbers(arms, points):
    N = np.int64(arms) * points
    return [(N, 2), (N, arms)]


@right("on_one_side")
def by_a_product(x, t, w):
    return t.T @ (x @ w > 0)


@right("on_one_side")
def point_by_point(x, t, w):
    counts = np.zeros(t.shape[1])
    for point, one_hot in zip(x, t, strict=True):
        if np.dot(point, w) > 0:
            counts += one_hot
    return counts


@right("shuffled")
def side_by_side(x, t, rng):
    both = rng.permutation(np.hstack([x, t]))
    return both[:, : x.shape[1]], both[:, x.shape[1] :]


@right("shuffled")
def by_sorting(x, t, rng):
    order = rng.random(len(x)).argsort()
    return np.take(x, order, axis=0).astype("float32"), np.take(t, order, axis=0)


@right("shuffled")
def twice_in_one_order(x, t, rng):
    same = deepcopy(rng)
    return [rng.permutation(x), same.permutation(t)]
