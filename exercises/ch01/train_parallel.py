"""Exercises on several workers that train one network.

To check them: python -m exercises check ch01.train_parallel
"""

from common.util import batches


def rows_in_last_step(rows, size, batch_size):
    """Predict: how many rows does each worker have in the last step of an epoch?

    The Trainer deals out the rows like cards, in their shuffled order: one to each of the `size`
    workers, then again one to each, until none is left. Then each takes batch_size of its own in
    a step, as long as it has so many; the last step has what is left. Return a list of `size`
    whole numbers, that of rank 0 first.
    """
    raise NotImplementedError("rows_in_last_step is to be written")


def average(workers, grads, rows):
    """Write: of the gradients of parts, in each worker, make the gradient of the whole batch.

    All workers call it, each with its own grads, a list of arrays: the mean over the `rows` rows
    that it had. One had more than another, or none: then rows is 0, and its grads are from an
    earlier step. Change the arrays in place; nothing is returned.

    workers.gather(value) is the list of the values that all have given, by rank.
    workers.mean(arrays, share) makes the arrays the sum, over all workers, of share times theirs;
    without a share each counts 1 / workers.size.
    """
    raise NotImplementedError("average is to be written")


def epoch_together(workers, model, optimizer, x, t, batch_size, rng):
    """Mend: one epoch of several workers. It runs, and yet they do not train one network.

    All workers have the same x and t, in which each is to take batch_size rows in a step; there
    are just enough for all steps. But each has made its own model, with weights of its own, and
    its own rng. It should come to the weights that one alone comes to, with model and rng of
    rank 0 and batches of workers.size * batch_size rows.
    """
    order = rng.permutation(len(x))
    for (rows,) in batches(batch_size, order[workers.rank :: workers.size]):
        model.forward(x[rows], t[rows])
        model.backward()
        workers.mean(model.grads)
        optimizer.update(model.params, model.grads)
