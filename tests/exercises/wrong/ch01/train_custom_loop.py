import math

from common.np import np
from tests.exercises.wrong import wrong


@wrong("steps_in_all", "it is a step as well")
def rounded_down(rows, batch_size, epochs):
    return epochs * (rows // batch_size)


@wrong("steps_in_all", "not once at the end")
def rounded_at_the_end(rows, batch_size, epochs):
    return math.ceil(rows * epochs / batch_size)


@wrong("steps_in_all", "are not 2.5 steps")
def share(rows, batch_size, epochs):
    return epochs * rows / batch_size


@wrong("steps_in_all", "Is `epochs` used?")
def of_one_epoch(rows, batch_size, epochs):
    return math.ceil(rows / batch_size)


def loop(model, optimizer, x, t, places, batch_size):
    for place in places:
        rows = slice(place, place + batch_size)
        model.forward(x[rows], t[rows])
        model.backward()
        optimizer.update(model.params, model.grads)


@wrong("one_epoch", "the labels of other rows")
def one_alone(model, optimizer, x, t, batch_size, rng):
    x = x[rng.permutation(len(x))]
    loop(model, optimizer, x, t, range(0, len(x), batch_size), batch_size)


@wrong("one_epoch", "in their old order")
def unshuffled(model, optimizer, x, t, batch_size, rng):
    loop(model, optimizer, x, t, range(0, len(x), batch_size), batch_size)


@wrong("one_epoch", "The last batch has what is left")
def full_batches(model, optimizer, x, t, batch_size, rng):
    order = rng.permutation(len(x))
    places = range(0, len(x) - batch_size + 1, batch_size)
    loop(model, optimizer, x[order], t[order], places, batch_size)


@wrong("one_epoch", "Is there one order for all batches?")
def with_repeats(model, optimizer, x, t, batch_size, rng):
    for _ in range(0, len(x), batch_size):
        rows = rng.integers(len(x), size=batch_size)
        model.forward(x[rows], t[rows])
        model.backward()
        optimizer.update(model.params, model.grads)


@wrong("one_epoch", "Shuffle the rows")
def shuffled_batches(model, optimizer, x, t, batch_size, rng):
    places = rng.permutation(np.arange(0, len(x), batch_size))
    loop(model, optimizer, x, t, places, batch_size)


@wrong("one_epoch", "Draw the order from rng")
def without_a_seed(model, optimizer, x, t, batch_size, rng):
    order = np.random.default_rng().permutation(len(x))
    loop(model, optimizer, x[order], t[order], range(0, len(x), batch_size), batch_size)


@wrong("one_epoch", "never calls update")
def not_updated(model, optimizer, x, t, batch_size, rng):
    for place in range(0, len(x), batch_size):
        model.forward(x[place : place + batch_size], t[place : place + batch_size])
        model.backward()


@wrong("one_epoch", "update before backward")
def update_too_early(model, optimizer, x, t, batch_size, rng):
    order = rng.permutation(len(x))
    for place in range(0, len(x), batch_size):
        rows = order[place : place + batch_size]
        model.forward(x[rows], t[rows])
        optimizer.update(model.params, model.grads)
        model.backward()


@wrong("one_epoch", "Draw it from rng")
def one_order(model, optimizer, x, t, batch_size, rng):
    order = np.random.default_rng(0).permutation(len(x))
    loop(model, optimizer, x[order], t[order], range(0, len(x), batch_size), batch_size)


@wrong("one_epoch", "shuffles the arrays that it was given")
def in_place(model, optimizer, x, t, batch_size, rng):
    order = rng.permutation(len(x))
    x[...], t[...] = x[order], t[order]
    loop(model, optimizer, x, t, range(0, len(x), batch_size), batch_size)


@wrong("step_in_halves", "more than once")
def two_steps(model, optimizer, x, t):
    loop(model, optimizer, x, t, (0, len(x) // 2), len(x) // 2)


@wrong("step_in_halves", "at once")
def whole(model, optimizer, x, t):
    loop(model, optimizer, x, t, (0,), len(x))


def halves(model, x, t):
    N = len(x) // 2
    for rows in (slice(0, N), slice(N, None)):
        model.forward(x[rows], t[rows])
        model.backward()
        yield model.grads


@wrong("step_in_halves", "first half's gradients are lost")
def not_copied(model, optimizer, x, t):
    first, second = halves(model, x, t)
    grads = [(one + other) / 2 for one, other in zip(first, second, strict=True)]
    optimizer.update(model.params, grads)


@wrong("step_in_halves", "the second half is lost")
def first_half_only(model, optimizer, x, t):
    first, _ = ([grad.copy() for grad in grads] for grads in halves(model, x, t))
    optimizer.update(model.params, first)


@wrong("step_in_halves", "It got [0, 1, 2, 3, 4, 5]")
def one_half(model, optimizer, x, t):
    loop(model, optimizer, x[: len(x) // 2], t[: len(x) // 2], (0,), len(x) // 2)


@wrong("step_in_halves", "twice as far")
def added(model, optimizer, x, t):
    first, second = ([grad.copy() for grad in grads] for grads in halves(model, x, t))
    optimizer.update(model.params, [a + b for a, b in zip(first, second, strict=True)])


@wrong("step_in_halves", "update is not called")
def no_update(model, optimizer, x, t):
    for _ in halves(model, x, t):
        pass
