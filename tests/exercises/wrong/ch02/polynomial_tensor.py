from common.np import np
from tests.exercises.wrong import wrong


@wrong("number_in_kept", "if `kept` were a copy")
def always_before(a, step, in_place):
    return a


@wrong("number_in_kept", "what `a` holds now")
def always_after(a, step, in_place):
    return a - step


@wrong("number_in_kept", "One number is wanted")
def in_words(a, step, in_place):
    return "a - step" if in_place else "a"


@wrong("number_in_kept", "it is another number")
def of_one_case(a, step, in_place):
    return 2.5 if in_place else a


@wrong("fit_slope", "and the data are float64")
def always_short(x, y, lr, steps):
    d = np.zeros((), dtype="float32")
    for _ in range(steps):
        d -= lr * (2.0 * (d * x - y) * x).sum()
    return d


@wrong("fit_slope", "made short at the end")
def short_at_the_end(x, y, lr, steps):
    d = np.asarray(0.0)
    for _ in range(steps):
        d = d - lr * (2.0 * (d * x - y) * x).sum()
    return d.astype(x.dtype)


@wrong("fit_slope", "a Python number comes back")
def python_number(x, y, lr, steps):
    d = 0.0
    for _ in range(steps):
        d = d - lr * (2.0 * (d * x - y) * x).sum()
    return float(d)


@wrong("fit_slope", "not the best slope")
def whole_numbers(x, y, lr, steps):
    d = np.zeros((), dtype=x.dtype)
    for _ in range(steps):
        d = d - lr * (2.0 * (d * x - y)).sum()
    return d


@wrong("fit_slope", "after 1 of its steps")
def best_at_once(x, y, lr, steps):
    return np.asarray((x * y).sum() / (x * x).sum(), dtype=x.dtype)


@wrong("printed_losses", "A list is wanted")
def the_last(losses, every):
    return float(losses[-1])


@wrong("printed_losses", "Python floats are wanted")
def not_fetched(losses, every):
    return losses[every - 1 :: every]


@wrong("printed_losses", "which is the first of 3 steps")
def the_first_of_each(losses, every):
    return [float(loss) for loss in losses[::every]]


@wrong("printed_losses", "your list is [0.25]")
def one_late(losses, every):
    return [float(loss) for t, loss in enumerate(losses) if t > 0 and t % every == 0]


@wrong("printed_losses", "your list is []")
def as_on_the_page(losses, every):
    return [float(loss) for t, loss in enumerate(losses) if t % 100 == 99]


@wrong("printed_losses", "Choose before you fetch")
def one_array_of_all(losses, every):
    return [float(loss) for loss in np.array(losses)[every - 1 :: every]]


@wrong("printed_losses", "Choose before you fetch")
def fetches_all(losses, every):
    return [float(loss) for loss in losses][every - 1 :: every]
