from common.np import np
from tests.exercises.right import right


@right("number_in_kept")
def tried(a, step, in_place):
    a = kept = np.array(a)
    if in_place:
        a -= step
    else:
        a = a - step
    return kept


@right("fit_slope")
def a_number_of_numpy(x, y, lr, steps):
    d = x.dtype.type(0)
    for _ in range(steps):
        d = d - lr * 2 * np.dot(d * x - y, x)
    return d


@right("fit_slope")
def in_place(x, y, lr, steps):
    d = np.asarray(0.0).astype(x.dtype)
    while steps:
        d -= lr * (2 * (d * x - y) * x).sum(dtype=x.dtype)
        steps -= 1
    return d


@right("printed_losses")
def of_a_slice(losses, every):
    return list(map(float, losses[every - 1 :: every]))
