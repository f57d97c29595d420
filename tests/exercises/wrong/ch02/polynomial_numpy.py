from common.np import np
from tests.exercises.wrong import wrong


@wrong("coefficients_that_move", "In the end d alone is needed")
def what_is_needed(k):
    return "abcd"[k]


@wrong("coefficients_that_move", "Not all of them")
def all_of_them(k):
    return "abcd"


@wrong("coefficients_that_move", "Is `k` used?")
def as_for_the_sine(k):
    return "bd"


@wrong("coefficients_that_move", "For k = 5")
def up_to_four(k):
    return "bd" if k in (1, 3) else "ac"


@wrong("coefficients_that_move", "Letters in one string")
def in_a_list(k):
    return ["b", "d"]


@wrong("gradients", "An array of shape (3,) is wanted")
def forgets_return(w, x, y):
    np.array([(2 * (w[0] - y) * x**k).sum() for k in range(len(w))])


@wrong("gradients", "half as large")
def without_two(w, x, y):
    error = sum(w[k] * x**k for k in range(len(w))) - y
    return np.array([(error * x**k).sum() for k in range(len(w))])


@wrong("gradients", "the other way round")
def other_sign(w, x, y):
    error = y - sum(w[k] * x**k for k in range(len(w)))
    return np.array([(2 * error * x**k).sum() for k in range(len(w))])


@wrong("gradients", "not a mean")
def mean(w, x, y):
    error = sum(w[k] * x**k for k in range(len(w))) - y
    return np.array([(2 * error * x**k).mean() for k in range(len(w))])


@wrong("gradients", "another power of x with each coefficient")
def no_power(w, x, y):
    error = sum(w[k] * x**k for k in range(len(w))) - y
    return np.array([(2 * error).sum() for k in range(len(w))])


@wrong("gradients", "x stays")
def derivative_by_x(w, x, y):
    error = sum(w[k] * x**k for k in range(len(w))) - y
    return np.array([(2 * error * k * x ** max(k - 1, 0)).sum() for k in range(len(w))])


@wrong("gradients", "off by one")
def power_too_high(w, x, y):
    error = sum(w[k] * x**k for k in range(len(w))) - y
    return np.array([(2 * error * x ** (k + 1)).sum() for k in range(len(w))])


@wrong("gradients", "The shape should be (1,)")
def at_least_three(w, x, y):
    w = np.concatenate([w, np.zeros(max(3 - len(w), 0))])
    error = sum(w[k] * x**k for k in range(len(w))) - y
    return np.array([(2 * error * x**k).sum() for k in range(len(w))])


@wrong("fit_line", "The sign has changed")
def uphill(x, y, lr, steps):
    a = b = 0.0
    for _ in range(steps):
        grad_y_pred = 2.0 * (a + b * x - y)
        a, b = a + lr * grad_y_pred.sum(), b + lr * (grad_y_pred * x).sum()
    return a, b


@wrong("fit_line", "the line before the step")
def one_after_the_other(x, y, lr, steps):
    a = b = 0.0
    for _ in range(steps):
        a = a - lr * (2.0 * (a + b * x - y)).sum()
        b = b - lr * (2.0 * (a + b * x - y) * x).sum()
    return a, b


@wrong("fit_line", "not lr times its gradient. It was right")
def divided_by_rows(x, y, lr, steps):
    a = b = 0.0
    for _ in range(steps):
        grad_y_pred = 2.0 * (a + b * x - y) / len(x)
        a, b = a - lr * grad_y_pred.sum(), b - lr * (grad_y_pred * x).sum()
    return a, b


def descent(x, y, lr, steps, more=0):
    a = b = 0.0
    for _ in range(steps + more):
        grad_y_pred = 2.0 * (a + b * x - y)
        a, b = a - lr * grad_y_pred.sum(), b - lr * (grad_y_pred * x).sum()
    return a, b


@wrong("fit_line", "with steps=0, a and b should still be 0")
def one_step_more(x, y, lr, steps):
    return descent(x, y, lr, steps, more=1)


@wrong("fit_line", "in the other order")
def b_first(x, y, lr, steps):
    return descent(x, y, lr, steps)[::-1]


@wrong("fit_line", "it is where it was after one")
def one_step_alone(x, y, lr, steps):
    return descent(x, y, lr, min(steps, 1))


@wrong("fit_line", "taken from where the first has led")
def always_from_zero(x, y, lr, steps):
    a = b = 0.0
    for _ in range(steps):
        grad_y_pred = 2.0 * (a + b * x - y)
        a, b = -lr * grad_y_pred.sum(), -lr * (grad_y_pred * x).sum()
    return a, b


@wrong("fit_line", "taken from where the first has led")
def half_as_long_later(x, y, lr, steps):
    a = b = 0.0
    for step in range(steps):
        grad_y_pred = (1.0 if step else 2.0) * (a + b * x - y)
        a, b = a - lr * grad_y_pred.sum(), b - lr * (grad_y_pred * x).sum()
    return a, b


@wrong("fit_line", "the second step is the same as the first")
def along_the_first_gradient(x, y, lr, steps):
    grad_y_pred = 2.0 * (0.0 - y)
    return -steps * lr * grad_y_pred.sum(), -steps * lr * (grad_y_pred * x).sum()


@wrong("fit_line", "two numbers are wanted, a and b, not (None, None)")
def no_numbers(x, y, lr, steps):
    return None, None


@wrong("fit_line", "two numbers are wanted")
def only_the_slope(x, y, lr, steps):
    return 0.0
