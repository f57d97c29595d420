"""Hints and checks of the exercises on several workers that train one network."""

import numpy

from common.np import np
from common.optimizer import Adam
from common.parallel import in_threads
from exercises.exercise import Exercise, expect, same, shown

# --------------------------------------------------------------------------------------------------

rows_in_last_step = Exercise(
    "predict",
    hints=(
        "How many rows do all workers take together in a step in which every batch is full? How "
        "many are left for the last one?",
        "The last step has the last rows of the order, and these were dealt out like all others, "
        "beginning with rank 0. Nobody has two more than another.",
        "Take `rows` modulo the rows of a full step; if that is 0, the last step is a full one. "
        "Divide what is left by size and round down, and give those that remain to the first "
        "workers, one to each.",
    ),
)


@rows_in_last_step.check("all batches are full")
def _(answer):
    for rows, size, batch_size in ((12, 2, 3), (60, 3, 20), (8, 1, 4)):
        said = _said(answer, rows, size, batch_size)
        expect(
            any(said),
            f"{_case(rows, size, batch_size)} nobody has any. A step without rows is none: the "
            f"last one has some.",
        )
        _check_dealt(said, rows, size, batch_size)


@rows_in_last_step.check("what is left comes out even")
def _(answer):
    for rows, size, batch_size in ((16, 2, 3), (9, 3, 5), (10, 1, 4)):
        _check_dealt(_said(answer, rows, size, batch_size), rows, size, batch_size)


@rows_in_last_step.check("some have a row more than others, or none")
def _(answer):
    for rows, size, batch_size in ((17, 2, 3), (31, 3, 5), (38, 4, 3), (7, 3, 1), (5, 4, 1)):
        _check_dealt(_said(answer, rows, size, batch_size), rows, size, batch_size)


def _said(answer, rows, size, batch_size):
    said = answer(rows, size, batch_size)
    expect(
        isinstance(said, list | tuple) and len(said) == size,
        f"A list of {size} numbers is wanted, one for each worker, not {shown(said)}.",
    )
    expect(
        all(isinstance(n, int | np.integer) for n in said),
        f"Each of the numbers is whole: a row goes to one worker. You have {shown(said)}.",
    )
    return list(said)


def _check_dealt(said, rows, size, batch_size):
    right = _last(rows, size, batch_size)
    case = _case(rows, size, batch_size)
    expect(
        said != [batch_size] * size or said == right,
        f"{case} not every batch is full. The last step has what is left.",
    )
    expect(
        sum(said) == sum(right),
        f"{case} there are not {sum(said)} rows. Each row is seen once in an epoch.",
    )
    blocks = [min(batch_size, max(sum(right) - rank * batch_size, 0)) for rank in range(size)]
    expect(
        said != blocks or said == right,
        f"{case} nobody fills a batch before the next worker has a row: the rows were dealt out "
        f"one by one.",
    )
    expect(
        sorted(said) != sorted(right) or said == right,
        f"{case} the numbers are right, and not in their order. Who is dealt the first card?",
    )
    expect(said == right, f"{case} it is not {said}.")


def _case(rows, size, batch_size):
    return f"In the last step of {rows} rows, with size {size} and batch_size {batch_size},"


def _last(rows, size, batch_size):
    """What those have left whose batches before were full."""
    own = [len(range(rank, rows, size)) for rank in range(size)]
    before = (max(own) - 1) // batch_size * batch_size
    return [one - before for one in own]


# --------------------------------------------------------------------------------------------------

average = Exercise(
    "write",
    hints=(
        "The page weighs two parts of 60 rows, of 50 and of 10: with which numbers?",
        "How much a worker counts is the share of the rows of all that are its own. It knows its "
        "own rows. How does it hear of those of the others?",
        "sum(workers.gather(rows)) are the rows of all. What a worker divides by that is the share "
        "that workers.mean asks for. All must call both, also one that has no rows.",
    ),
)


@average.check("parts as large as each other")
def _(average):
    for rows in ([4, 4], [2, 2, 2]):
        _check_average(average, rows)


@average.check("parts of different sizes")
def _(average):
    for rows in ([5, 1], [20, 20, 10], [1, 2, 3, 4]):
        _check_average(average, rows)


@average.check("one that has no rows")
def _(average):
    for rows in ([3, 0], [0, 2, 4]):
        _check_average(average, rows)


@average.check("one that is alone")
def _(average):
    _check_average(average, [7])


def _check_average(average, rows):
    size, given = len(rows), [_grads(rank) for rank in range(len(rows))]
    weights = [one / sum(rows) for one in rows]

    def work(workers):
        arrays = [grad.copy() for grad in given[workers.rank]]
        average(workers, list(arrays), rows[workers.rank])
        return arrays

    came = in_threads(size, work)
    right = _weighted(weights, given)
    case = f"With {' and '.join(map(str, rows))} rows"
    unchanged = size > 1 and _equal(came[0], given[0]) and _equal(came[1], given[1])
    expect(
        not unchanged,
        "After average each worker has the gradients it had. They are to be changed in place.",
    )
    plain = _weighted([1 / size] * size, given)
    expect(
        not all(_equal(grads, plain) for grads in came) or _equal(plain, right),
        f"{case}, each worker counts as much as the others. How much should it?",
    )
    first = [grads[0] for grads in came]
    expect(
        not _equal(first, [right[0]] * size) or all(_equal(grads, right) for grads in came),
        f"{case}, the first array is right and the second one not. Is something done for the first "
        f"alone?",
    )
    for factor, words in (
        (sum(rows), "What a worker counts is a share: all shares add up to 1."),
        (1 / size, "Are they divided by the number of workers, beside the shares?"),
        (size, "All shares together are to be 1, and not 1 for each worker."),
    ):
        scaled = [factor * grad for grad in right]
        expect(
            not all(_equal(grads, scaled) for grads in came) or same(factor, 1),
            f"{case}, the gradients are {factor:.3g} times those of the whole batch. {words}",
        )
    expect(
        all(_equal(grads, came[0]) for grads in came),
        f"{case}, the workers do not have the same gradients after average.",
    )
    expect(_equal(came[0], right), f"{case}, they are not the gradients of the whole batch.")


def _weighted(weights, lists):
    return [
        sum(weight * grads[i] for weight, grads in zip(weights, lists, strict=True))
        for i in range(2)
    ]


def _grads(rank):
    rng = numpy.random.default_rng(rank)
    return [np.asarray(rng.normal(size=shape)) for shape in ((2, 3), (3,))]


def _equal(some, others):
    return all(same(one, other) for one, other in zip(some, others, strict=True))


# --------------------------------------------------------------------------------------------------

epoch_together = Exercise(
    "mend",
    hints=(
        "Each worker runs these lines with its own model and its own rng. What must be the same in "
        "all before the first step, and is not? There are two such things.",
        "Equal steps keep weights equal that began so. And order[0::2] and order[1::2] have no row "
        "in common if they are cut from one order. Whose weights, and whose order, does the page "
        "say? Two methods of Workers, in common/parallel.py, hand on what rank 0 has.",
        "workers.broadcast(arrays) writes the arrays of rank 0 into those of all; workers.first"
        "(value) is the value that rank 0 has given. All workers call them, and before the loop.",
    ),
)


@epoch_together.check("all workers begin with the weights of rank 0")
def _(epoch_together):
    for size in (2, 3):
        diaries = _diaries(epoch_together, size)
        begins = [diary.weights[0] for diary in diaries]
        expect(
            all(same(W, begins[0]) for W in begins),
            f"In epoch_together {size} workers begin with weights of their own. The same steps "
            f"then lead to different places.",
        )
        expect(
            same(begins[0], _Net(0).params[0]),
            "All begin with the same weights, and they are not those that rank 0 had.",
        )


@epoch_together.check("every row is seen once, by one of the workers")
def _(epoch_together):
    for size in (2, 3):
        diaries = _diaries(epoch_together, size)
        counts = [len(rows) for diary in diaries for rows in diary.rows]
        seen = [number for diary in diaries for rows in diary.rows for number in rows]
        twice, N = len(seen) - len(set(seen)), 18 * size
        expect(
            len(seen) <= N,
            f"{size} workers look at {len(seen)} rows in an epoch of {N}. Each is to have its part "
            f"of them.",
        )
        expect(
            not twice,
            f"{size} workers see {twice} of {N} rows more than once, and as many not at all. Their "
            f"parts are cut from orders of their own.",
        )
        expect(len(seen) == N, f"{size} workers leave out {N - len(seen)} of {N} rows.")
        expect(
            set(counts) == {6},
            f"With a batch_size of 6, each worker is to take 6 rows in every step. With {size} "
            f"workers there are steps of {_in_words(set(counts) - {6})}.",
        )


@epoch_together.check("the order is what rank 0 has drawn")
def _(epoch_together):
    orders = [
        [diary.rows for diary in _diaries(epoch_together, 2, seeds)]
        for seeds in ((1, 2), (1, 3), (4, 2))
    ]
    expect(
        orders[0] != orders[2],
        "With another rng the workers see the rows in the same order. It is to be drawn in each "
        "epoch, from rng.",
    )
    expect(orders[0] == orders[1], "The order of the rows depends on the rng of rank 1, too.")


@epoch_together.check("their weights stay the same")
def _(epoch_together):
    for size in (2, 3):
        diaries = _diaries(epoch_together, size)
        first = diaries[0].weights
        expect(not same(first[-1], first[0]), "The weights at the end are those of the beginning.")
        for diary in diaries:
            for step, (W, other) in enumerate(zip(diary.weights, first, strict=True)):
                expect(
                    same(W, other),
                    f"After step {step} the weights are not the same in all of {size} workers. "
                    f"Does each update with the mean?",
                )


@epoch_together.check("they are those of one alone with all rows of a step")
def _(epoch_together):
    for size in (1, 2, 3):
        diaries = _diaries(epoch_together, size)
        net, optimizer = _Net(0), Adam(lr=0.1)
        x, t = _data(size)
        for step, parts in enumerate(zip(*(diary.rows for diary in diaries), strict=True)):
            rows = [number for part in parts for number in part]
            net.forward(x[rows], t[rows])
            net.backward()
            optimizer.update(net.params, net.grads)
            expect(
                np.allclose(diaries[0].weights[step + 1], net.params[0], rtol=1e-6),
                f"After step {step + 1} the weights are not those of one alone who takes the rows "
                f"of all {size} in this step. What do the workers have to average, and when?",
            )


class _Net:
    """y = x W by least squares; it notes the numbers of its rows, and its weights before them."""

    def __init__(self, seed):
        self.params = [np.asarray(numpy.random.default_rng(seed).normal(size=(2, 1)))]
        self.grads = [np.zeros((2, 1))]
        self.rows, self.weights = [], []

    def forward(self, x, t):
        self.rows.append([int(number) for number in x[:, 0]])
        self.weights.append(self.params[0].copy())
        self.x, self.error = x, x @ self.params[0] - t
        return float((self.error**2).mean())

    def backward(self):
        self.grads[0][...] = 2 * self.x.T @ self.error / len(self.x)


_Net.__name__ = "Model of this check"


def _diaries(epoch_together, size, seeds=(1, 2, 3)):
    """The models of so many workers, after three steps of six rows each."""

    def work(workers):
        net, rng = _Net(10 * workers.rank), numpy.random.default_rng(seeds[workers.rank])
        epoch_together(workers, net, Adam(lr=0.1), *_data(size), 6, rng)
        net.weights.append(net.params[0].copy())
        return net

    diaries = in_threads(size, work)
    for diary in diaries:
        expect(diary.rows, "A worker never calls forward.")
    steps = [len(diary.rows) for diary in diaries]
    expect(len(set(steps)) == 1, f"The workers do not make equally many steps, but {steps}.")
    return diaries


def _data(size):
    """Rows that say their number, and something to learn."""
    x = np.stack([np.arange(18.0 * size), np.ones(18 * size)], axis=1)
    return x, np.asarray(numpy.random.default_rng(5).normal(size=(18 * size, 1)))


def _in_words(counts):
    return " and ".join(map(str, sorted(counts)))
