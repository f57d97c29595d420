from common.np import np
from common.util import batches
from tests.exercises.wrong import wrong


@wrong("rows_in_last_step", "not every batch is full")
def always_full(rows, size, batch_size):
    return [batch_size] * size


@wrong("rows_in_last_step", "A step without rows is none")
def nothing_left(rows, size, batch_size):
    left = rows % (size * batch_size)
    return [left // size + (rank < left % size) for rank in range(size)]


@wrong("rows_in_last_step", "Each row is seen once in an epoch")
def rounded_down(rows, size, batch_size):
    left = rows % (size * batch_size) or size * batch_size
    return [left // size] * size


@wrong("rows_in_last_step", "a row goes to one worker")
def fractions(rows, size, batch_size):
    left = rows % (size * batch_size) or size * batch_size
    return [left / size] * size


@wrong("rows_in_last_step", "were dealt out one by one")
def one_batch_after_the_other(rows, size, batch_size):
    left = rows % (size * batch_size) or size * batch_size
    return [min(batch_size, max(left - rank * batch_size, 0)) for rank in range(size)]


@wrong("rows_in_last_step", "Who is dealt the first card?")
def the_last_have_more(rows, size, batch_size):
    left = rows % (size * batch_size) or size * batch_size
    return [(left + rank) // size for rank in range(size)]


@wrong("rows_in_last_step", "A list of 2 numbers is wanted, one for each worker, not 6.")
def of_all(rows, size, batch_size):
    return rows % (size * batch_size) or size * batch_size


@wrong("rows_in_last_step", "there are not 11 rows")
def of_its_own_last_batch(rows, size, batch_size):
    """The batch may be one of a step before."""
    return [len(range(rank, rows, size)) % batch_size or batch_size for rank in range(size)]


@wrong("rows_in_last_step", "it is not [6, 0]")
def all_to_the_first(rows, size, batch_size):
    left = rows % (size * batch_size) or size * batch_size
    return [left] + [0] * (size - 1)


@wrong("average", "each worker counts as much as the others")
def plain_mean(workers, grads, rows):
    workers.mean(grads)


@wrong("average", "raises WorkersError: mean: the shares of all workers are 8, not 1")
def rows_for_a_share(workers, grads, rows):
    workers.mean(grads, rows)


@wrong("average", "all shares add up to 1")
def rows_by_hand(workers, grads, rows):
    for g in grads:
        g[...] = sum(workers.gather(rows * g))


@wrong("average", "by the number of workers, beside the shares")
def divided_twice(workers, grads, rows):
    share = rows / sum(workers.gather(rows))
    for g in grads:
        g *= share
    workers.mean(grads)


@wrong("average", "not 1 for each worker")
def beside_the_usual(workers, grads, rows):
    workers.mean(grads, rows / sum(workers.gather(rows)))
    for g in grads:
        g *= workers.size


@wrong("average", "raises WorkersError: worker 0 has come to mean of float64 (2, 3)")
def only_who_has_rows(workers, grads, rows):
    total = sum(workers.gather(rows))
    if rows:
        workers.mean(grads, rows / total)


@wrong("average", "to be changed in place")
def new_arrays(workers, grads, rows):
    share = rows / sum(workers.gather(rows))
    grads[:] = [sum(workers.gather(share * g)) for g in grads]


@wrong("average", "to be changed in place")
def returned(workers, grads, rows):
    share = rows / sum(workers.gather(rows))
    return [sum(workers.gather(share * g)) for g in grads]


@wrong("average", "do not have the same gradients after average")
def weighted_alone(workers, grads, rows):
    for g in grads:
        g *= rows / sum(workers.gather(rows))


@wrong("average", "the second one not")
def first_array(workers, grads, rows):
    workers.mean(grads[:1], rows / sum(workers.gather(rows)))


@wrong("average", "they are not the gradients of the whole batch")
def weighs_the_others(workers, grads, rows):
    total = sum(workers.gather(rows))
    others = workers.size - 1
    workers.mean(grads, (1 - rows / total) / others if others else 1)


def steps(workers, model, optimizer, x, t, batch_size, order):
    for (rows,) in batches(batch_size, order):
        model.forward(x[rows], t[rows])
        model.backward()
        workers.mean(model.grads)
        optimizer.update(model.params, model.grads)


@wrong("epoch_together", "begin with weights of their own")
def order_alone(workers, model, optimizer, x, t, batch_size, rng):
    order = workers.first(rng.permutation(len(x)))[workers.rank :: workers.size]
    steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "cut from orders of their own")
def weights_alone(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = rng.permutation(len(x))[workers.rank :: workers.size]
    steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "not those that rank 0 had")
def mean_of_weights(workers, model, optimizer, x, t, batch_size, rng):
    workers.mean(model.params)
    order = workers.first(rng.permutation(len(x)))[workers.rank :: workers.size]
    steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "Each is to have its part of them")
def all_rows(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)))
    steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "leave out 18 of 36 rows")
def every_other_of_its_rows(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)))[workers.rank :: workers.size][:9]
    steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "there are steps of 3.")
def smaller_batches(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)))[workers.rank :: workers.size]
    steps(workers, model, optimizer, x, t, batch_size // workers.size, order)


@wrong("epoch_together", "in the same order")
def not_shuffled(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = np.arange(len(x))[workers.rank :: workers.size]
    steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "depends on the rng of rank 1")
def each_part_shuffled(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = rng.permutation(np.arange(len(x))[workers.rank :: workers.size])
    steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "Does each update with the mean?")
def update_before_the_mean(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)))
    for (rows,) in batches(batch_size, order[workers.rank :: workers.size]):
        model.forward(x[rows], t[rows])
        model.backward()
        optimizer.update(model.params, model.grads)
        workers.mean(model.grads)


@wrong("epoch_together", "those of the beginning")
def no_update(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)))
    for (rows,) in batches(batch_size, order[workers.rank :: workers.size]):
        model.forward(x[rows], t[rows])
        model.backward()
        workers.mean(model.grads)


@wrong("epoch_together", "What do the workers have to average, and when?")
def weights_averaged(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)))
    for (rows,) in batches(batch_size, order[workers.rank :: workers.size]):
        model.forward(x[rows], t[rows])
        model.backward()
        optimizer.update(model.params, model.grads)
        workers.mean(model.params)


@wrong("epoch_together", "What do the workers have to average, and when?")
def steps_of_rank_0(workers, model, optimizer, x, t, batch_size, rng):
    order = workers.first(rng.permutation(len(x)))
    for (rows,) in batches(batch_size, order[workers.rank :: workers.size]):
        workers.broadcast(model.params)
        model.forward(x[rows], t[rows])
        model.backward()
        optimizer.update(model.params, model.grads)
    workers.broadcast(model.params)


@wrong("epoch_together", "raises WorkersError")
def broadcast_by_rank_0(workers, model, optimizer, x, t, batch_size, rng):
    if workers.rank == 0:
        workers.broadcast(model.params)
        order = workers.first(rng.permutation(len(x)))
        steps(workers, model, optimizer, x, t, batch_size, order)


@wrong("epoch_together", "do not make equally many steps")
def one_does_nothing(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)))
    for step, (rows,) in enumerate(batches(batch_size, order[workers.rank :: workers.size])):
        if workers.rank and step:
            workers.mean([np.zeros_like(grad) for grad in model.grads])
            continue
        model.forward(x[rows], t[rows])
        model.backward()
        workers.mean(model.grads)
        optimizer.update(model.params, model.grads)


@wrong("epoch_together", "A worker never calls forward")
def broadcast_and_no_more(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
