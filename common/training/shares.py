"""What several workers share in a step: its rows, and the mean of what each has found."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from common.autograd import no_grad
from common.base import mode
from common.checks import STRETCH
from common.errors import ArgumentError
from common.np import Array, np
from common.parallel import Workers
from common.parameters import each_once
from common.util import batches, to_cpu, to_device


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


def adds_up(network: Any, x: Array, t: Array) -> bool:
    """Whether the loss is a sum over the rows, and not their mean: x and t are some.

    What the loss does not say is measured: twice the rows have the same mean, and twice the sum.
    """
    if network.reduction:
        return network.reduction == "sum"
    x, t = to_device(x), to_device(t)
    twice = np.concatenate([x, x]), np.concatenate([t, t])
    with mode(network.parts, training=False), no_grad():
        try:
            one, two = (float(to_cpu(network.forward(*rows))) for rows in ((x, t), twice))
        finally:
            network.output = None
    if math.isclose(two, one, rel_tol=1e-3) or not math.isfinite(one):
        return False
    if math.isclose(two, 2 * one, rel_tol=1e-3):
        return True
    raise ArgumentError(
        f"Trainer: the loss of {len(x)} rows is {one:g}, and of the same rows twice {two:g}. "
        f"Workers can share a mean over the rows, which would be the same, or a sum, which would "
        f"be twice as large. If it is one of them, and draws random numbers, say which: give it an "
        f'attribute reduction = "mean" or "sum".'
    )


def mean_of_all(
    network: Any, workers: Workers, grads: Sequence[Array], share: float, loss: Any, pressed: bool
) -> tuple[Any, bool]:
    """Their gradients and what their layers keep, in place; the loss, and whether one was pressed.

    share: of the rows of this step. pressed: whether Ctrl-C was, in this worker. Of whole numbers
    that layers keep, counts say, each worker has its own.
    """
    grads = each_once(grads)
    if share:
        if network.adds_up:
            for g in grads:
                g /= share  # of sums the mean is to be the sum again
        loss = network.of_all_rows(loss, share)
    numbers = np.zeros(2, np.result_type(np.float32, *grads))
    numbers[0], numbers[1] = loss, pressed
    changing = [leaf for leaf in network.leaves if getattr(leaf, "training", True)]
    kept = [array for leaf in changing for array in leaf.state if array.dtype.kind == "f"]
    # Rounded to their own digits at the end alone, or what nothing changes would drift away. With
    # them all that is small is exchanged in float64: twice the bytes, and still one latency.
    means = [array.astype(np.float64) for array in kept]
    workers.mean([*grads, *means, numbers], share)
    for array, mean in zip(kept, means, strict=True):
        array[...] = mean
    return numbers[0], bool(numbers[1] > 0)
