from common.gradient_check import numerical_gradient
from common.np import np
from tests.exercises.wrong import wrong


@wrong("error_with_a_smaller_step", "a step to one side falls")
def as_one_side(error, k):
    return error / k


@wrong("error_with_a_smaller_step", "divided by 2h")
def cubed(error, k):
    return error / k**3


@wrong("error_with_a_smaller_step", "make the error smaller")
def grows(error, k):
    return error * k**2


@wrong("error_with_a_smaller_step", "Your answer is")
def of_half_a_step(error, k):
    return error / (2 * k)


@wrong("error_with_a_smaller_step", "One number is wanted, not None")
def not_a_number(error, k):
    return None


def each(W, slope):
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[index] = 1
        gradient[index] = slope(step)
    return gradient


@wrong("measure_gradient", "a step to one side")
def one_side(f, W, h):
    return each(W, lambda step: (f(W + h * step) - f(W)) / h)


@wrong("measure_gradient", "twice too large")
def by_h(f, W, h):
    return each(W, lambda step: (f(W + h * step) - f(W - h * step)) / h)


@wrong("measure_gradient", "The sign")
def left_minus_right(f, W, h):
    return each(W, lambda step: (f(W - h * step) - f(W + h * step)) / (2 * h))


@wrong("measure_gradient", "Only one element of W moves")
def all_at_once(f, W, h):
    return each(W, lambda step: (f(W + h) - f(W - h)) / (2 * h))


@wrong("measure_gradient", "A second name for an array is no copy")
def two_names(f, W, h):
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        more, less = W, W
        more[index] += h
        less[index] -= h
        gradient[index] = (f(more) - f(less)) / (2 * h)
    return gradient


@wrong("measure_gradient", "About half of what they should be")
def back_to_the_middle(f, W, h):
    return each(W, lambda step: (f(W + h * step) - f(W)) / (2 * h))


@wrong("measure_gradient", "in parentheses")
def no_parentheses(f, W, h):
    return each(W, lambda step: (f(W + h * step) - f(W - h * step)) / 2 * h)


@wrong("measure_gradient", "Where does return stand?")
def first_element_only(f, W, h):
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[index] = h
        gradient[index] = (f(W + step) - f(W - step)) / (2 * h)
        break
    return gradient


@wrong("measure_gradient", "do steps of earlier elements stay in it")
def steps_pile_up(f, W, h):
    gradient, step = np.zeros_like(W), np.zeros_like(W)
    for index in np.ndindex(W.shape):
        step[index] = h
        gradient[index] = (f(W + step) - f(W - step)) / (2 * h)
    return gradient


@wrong("measure_gradient", "it comes out as")
def nothing_divided(f, W, h):
    return each(W, lambda step: f(W + h * step) - f(W - h * step))


@wrong("measure_gradient", "The shape should be (2, 3)")
def one_number(f, W, h):
    return (f(W + h) - f(W - h)) / (2 * h)


@wrong("measure_gradient", "f takes the whole W")
def of_the_element(f, W, h):
    return each(W, lambda step: (f(W[step == 1] + h) - f(W[step == 1] - h)) / (2 * h))


@wrong("measure_gradient", "put each element back")
def not_put_back(f, W, h):
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        W[index] += h
        above = f(W)
        W[index] -= 2 * h
        gradient[index] = (above - f(W)) / (2 * h)
    return gradient


@wrong("measure_gradient", "Is `h` used?")
def step_of_its_own(f, W, h):
    return each(W, lambda step: (f(W + 1e-4 * step) - f(W - 1e-4 * step)) / 2e-4)


@wrong("descend", "uphill")
def uphill(f, W, lr, steps):
    for _ in range(steps):
        W = W + lr * numerical_gradient(f, W)
    return W


@wrong("descend", "Where does return stand?")
def returns_too_early(f, W, lr, steps):
    for _ in range(steps):
        W = W - lr * numerical_gradient(f, W)
        break
    return W


@wrong("descend", "Make a new one")
def in_place(f, W, lr, steps):
    for _ in range(steps):
        W -= lr * numerical_gradient(f, W)
    return W


@wrong("descend", "W is where it was")
def goes_nowhere(f, W, lr, steps):
    for _ in range(steps):
        new = W - lr * numerical_gradient(f, W)  # noqa: F841
    return W


@wrong("descend", "where one step is asked for, two are")
def one_too_many(f, W, lr, steps):
    for _ in range(steps + 1):
        W = W - lr * numerical_gradient(f, W)
    return W


@wrong("descend", "as long as with 0.1")
def lr_of_the_page(f, W, lr, steps):
    for _ in range(steps):
        W = W - 0.1 * numerical_gradient(f, W)
    return W


@wrong("descend", "6 steps, not 7")
def one_too_few(f, W, lr, steps):
    for _ in range(max(steps - 1, 1 + (steps == 2))):
        W = W - lr * numerical_gradient(f, W)
    return W


@wrong("descend", "An array of shape (2, 3)")
def the_loss(f, W, lr, steps):
    return float(f(W))
