from common.np import np
from tests.exercises.right import right


@right("place_after")
def weighted_in_float32(start, best, bend, lr, steps):
    left = (1 - 2 * bend * lr) ** steps
    return np.float32(start * left + best * (1 - left))


@right("last_losses")
def two_plain_numbers(start, rates, x, y, steps):
    losses = []
    for lr in rates:
        a, b = start
        for _ in range(steps):
            error = a + b * x - y
            a, b = a - 2 * lr * error.sum(), b - 2 * lr * (error * x).sum()
        losses.append(((a + b * x - y) ** 2).sum())
    return losses


@right("last_losses")
def a_new_array_for_each_step(start, rates, x, y, steps):
    table = np.stack([np.ones_like(x), x], axis=1)
    ws = [start for _ in rates]
    for _ in range(steps):
        ws = [w - lr * 2 * table.T @ (table @ w - y) for w, lr in zip(ws, rates, strict=True)]
    return [np.array(np.sum((table @ w - y) ** 2)) for w in ws]


@right("long_coefficients")
def a_new_array_for_each_step_of_float64(w, gradient, lr, steps):
    w = np.array(w, dtype=float)
    while steps:
        w = w - lr * gradient(np.float32(w)).astype(float)
        steps -= 1
    return w


@right("long_coefficients")
def one_array_of_each_kind(w, gradient, lr, steps):
    long, short = np.float64(w), w.copy()
    for _ in range(steps):
        long -= lr * gradient(short)
        short[...] = long
    return long
