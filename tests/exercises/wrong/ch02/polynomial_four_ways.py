from common.np import np
from tests.exercises.wrong import wrong


@wrong("place_after", "That is the distance from the best")
def distance(start, best, bend, lr, steps):
    return (1 - 2 * lr * bend) ** steps * (start - best)


@wrong("place_after", "the slope of a square")
def without_two(start, best, bend, lr, steps):
    return best + (1 - lr * bend) ** steps * (start - best)


@wrong("place_after", "times the first step")
def equal_steps(start, best, bend, lr, steps):
    return start - steps * lr * 2 * bend * (start - best)


@wrong("place_after", "it goes through the steps")
def step_by_step(start, best, bend, lr, steps):
    w = start
    for _ in range(steps):
        w = w - lr * 2 * bend * (w - best)
    return w


@wrong("place_after", "it goes through the steps")
def factor_by_factor(start, best, bend, lr, steps):
    factor = 1
    for _ in range(steps):
        factor *= 1 - 2 * lr * bend
    return best + factor * (start - best)


@wrong("place_after", "leads away from the best")
def uphill(start, best, bend, lr, steps):
    return best + (1 + 2 * lr * bend) ** steps * (start - best)


@wrong("place_after", "w is at the start")
def at_the_best(start, best, bend, lr, steps):
    return best


@wrong("place_after", "not the share that is left")
def share_taken_away(start, best, bend, lr, steps):
    return best + (2 * lr * bend) ** steps * (start - best)


def loss_from(w, lr, x, y, steps):
    for _ in range(steps):
        grad_y_pred = 2.0 * (w[0] + w[1] * x - y)
        w[0] -= lr * grad_y_pred.sum()
        w[1] -= lr * (grad_y_pred * x).sum()
    return float(np.square(w[0] + w[1] * x - y).sum())


@wrong("last_losses", "Do all begin at the start")
def a_slice(start, rates, x, y, steps):
    return [loss_from(start[:], lr, x, y, steps) for lr in rates]


@wrong("last_losses", "Do all begin at the start")
def one_copy(start, rates, x, y, steps):
    w = start.copy()
    return [loss_from(w, lr, x, y, steps) for lr in rates]


@wrong("last_losses", "in the order of the rates")
def from_the_smallest(start, rates, x, y, steps):
    return [loss_from(start.copy(), lr, x, y, steps) for lr in sorted(rates)]


@wrong("last_losses", "does not any more")
def from_zero(start, rates, x, y, steps):
    return [loss_from(np.zeros(2), lr, x, y, steps) for lr in rates]


@wrong("last_losses", "has changed")
def copied_back_at_the_beginning(start, rates, x, y, steps):
    first, losses = start.copy(), []
    for lr in rates:
        start[...] = first
        losses.append(loss_from(start, lr, x, y, steps))
    return losses


@wrong("last_losses", "a list is wanted")
def the_best(start, rates, x, y, steps):
    return min(loss_from(start.copy(), lr, x, y, steps) for lr in rates)


@wrong("long_coefficients", "After 0 steps the coefficients come back in float32")
def long_from_the_first_step(w, gradient, lr, steps):
    for _ in range(steps):
        w = w.astype("float64") - lr * gradient(w.astype("float32"))
    return w


@wrong("long_coefficients", "come back in float32")
def all_short(w, gradient, lr, steps):
    for _ in range(steps):
        w = w - lr * gradient(w)
    return w


@wrong("long_coefficients", "rounded away")
def long_at_the_end(w, gradient, lr, steps):
    for _ in range(steps):
        w = w - lr * gradient(w)
    return w.astype("float64")


@wrong("long_coefficients", "rounded away")
def short_after_each_step(w, gradient, lr, steps):
    for _ in range(steps):
        w = (w.astype("float64") - lr * gradient(w)).astype("float32")
    return w.astype("float64")


@wrong("long_coefficients", "is given float64")
def all_long(w, gradient, lr, steps):
    w = w.astype("float64")
    for _ in range(steps):
        w = w - lr * gradient(w)
    return w


@wrong("long_coefficients", "should lead to")
def gradient_at_the_start(w, gradient, lr, steps):
    kept = w.astype("float64")
    for _ in range(steps):
        kept -= lr * gradient(w)
    return kept


@wrong("long_coefficients", "The array w has changed")
def writes_into_w(w, gradient, lr, steps):
    kept = w.astype("float64")
    for _ in range(steps):
        kept -= lr * gradient(w)
        w[...] = kept
    return kept
