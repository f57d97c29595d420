"""What several workers share in a step: its rows, and the mean of what each has found."""

from collections.abc import Iterator, Sequence
from typing import Any

from common.checks import STRETCH
from common.np import Array, np
from common.parallel import Workers
from common.parameters import each_once
from common.util import batches


def batches_of_rows(
    x: Array, t: Array, order: Array, batch_size: int, workers: Workers
) -> Iterator[tuple[Array, Array, int]]:
    """Batches of rows in this order, and how many rows those of all workers have together.

    Of n workers each has every n-th row. Some megabytes are put in order at a time.
    """
    rank, size, left = workers.rank, workers.size, len(order)
    order = np.asarray(order[rank::size])
    bytes_in_a_batch = x[:batch_size].nbytes + t[:batch_size].nbytes
    count = max(STRETCH // bytes_in_a_batch, 1)  # of batches
    for (rows,) in batches(count * batch_size, order):
        some_x, some_t = x.take(rows, axis=0), t.take(rows, axis=0)  # faster than x[rows]
        for start in range(0, len(rows), batch_size):
            end = start + batch_size
            in_step = min(batch_size * size, left)
            yield some_x[start:end], some_t[start:end], in_step
            left -= in_step
    if left:  # others have a batch more
        yield x[:0], t[:0], left


def mean_of_all(
    network: Any, workers: Workers, grads: Sequence[Array], share: float, loss: Any, pressed: bool
) -> tuple[Any, bool]:
    """Their gradients and what their layers keep, in place; the loss, and whether one was pressed.

    share: of the rows of this step. pressed: whether Ctrl-C was, in this worker.
    """
    grads = each_once(grads)
    if share:
        if network.loss_is_sum:
            for g in grads:
                g /= share  # of sums the mean is to be the sum again
        loss = network.of_all_rows(loss, share)
    numbers = np.zeros(2, np.result_type(np.float32, grads[0]))
    numbers[0], numbers[1] = loss, pressed
    kept = [a for leaf in network.leaves for a in leaf.state if a.dtype.kind == "f"]
    workers.mean([*grads, *kept, numbers], share)
    return numbers[0], bool(numbers[1] > 0)
