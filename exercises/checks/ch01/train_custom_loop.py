"""Hints and checks of the exercises on training by hand."""

import numpy

from ch01.two_layer_net import TwoLayerNet
from common.np import np
from common.optimizer import SGD
from common.util import batches
from exercises.exercise import Exercise, check_number, expect, same

# --------------------------------------------------------------------------------------------------

steps_in_all = Exercise(
    "predict",
    hints=(
        "Begin with a single epoch. How many batches are full, and is there one more?",
        "Divide rows by batch_size and round up: what is left over is a batch, too. Every epoch "
        "has as many steps.",
        "math.ceil rounds up, where // rounds down. Round within one epoch; then multiply by their "
        "number.",
    ),
)


@steps_in_all.check("the steps of one epoch of full batches")
def _(answer):
    said = answer(80, 20, 1)
    check_number(said)
    expect(said == _steps(80, 20, 1), f"80 rows, 20 at a time, are not {said} steps.")


@steps_in_all.check("the steps of one epoch whose last batch is small")
def _(answer):
    for rows, size in ((50, 20), (7, 2), (5, 8)):
        said, right = answer(rows, size, 1), _steps(rows, size, 1)
        expect(
            said == int(said),
            f"{rows} rows, {size} at a time, are not {said:g} steps: a batch that is not full is "
            f"one whole step as well.",
        )
        expect(
            said != right - 1,
            f"{rows} rows, {size} at a time: {said} leaves rows out. The last batch has what is "
            f"left, and it is a step as well.",
        )
        expect(said == right, f"{rows} rows, {size} at a time, are not {said} steps.")


@steps_in_all.check("the steps of several epochs")
def _(answer):
    for rows, size, epochs in ((50, 20, 4), (7, 2, 10), (60, 30, 3)):
        said, right = answer(rows, size, epochs), _steps(rows, size, epochs)
        expect(said != _steps(rows, size, 1), f"That is one epoch of {epochs}. Is `epochs` used?")
        expect(
            said == right or said != _steps(rows * epochs, size, 1),
            "As if a batch could have the last rows of an epoch and the first of the next. Round "
            "up in each epoch, not once at the end.",
        )
        expect(
            said == right,
            f"{epochs} epochs of {rows} rows, {size} at a time, are not {said} steps.",
        )


def _steps(rows, batch_size, epochs):
    return epochs * len(list(batches(batch_size, np.zeros(rows))))


# --------------------------------------------------------------------------------------------------

one_epoch = Exercise(
    "mend",
    hints=(
        "Print the first rows of x and of t before and after they are shuffled. What belongs "
        "together?",
        "Each call of rng.permutation draws another order. x and t must be brought into the same "
        "one.",
        "Draw an order of row numbers once, and index both arrays with it.",
    ),
)


@one_epoch.check("forward, backward and update, in this order, in every step")
def _(one_epoch):
    acts = " ".join(_diary_of(one_epoch).acts)
    expect(acts, "one_epoch calls neither forward nor backward nor update.")
    expect("backward" in acts, "one_epoch never calls backward, so the gradients stay as they are.")
    expect(
        "forward update" not in acts and not acts.startswith("update"),
        "one_epoch calls update before backward: that is a step with the gradients of another "
        "batch.",
    )
    expect("update" in acts, "one_epoch never calls update, so nothing is learned.")
    expect(
        not acts.replace("forward backward update", "").strip(),
        f"one_epoch does not repeat forward, backward, update. It begins with {acts:.60}.",
    )


@one_epoch.check("every row is seen once")
def _(one_epoch):
    for rows, size in ((20, 5), (17, 5)):
        seen = _diary_of(one_epoch, rows, size).numbers
        left_out = rows - len(set(seen))
        expect(
            not left_out or len(seen) < rows,
            f"one_epoch leaves out {left_out} of {rows} rows, and shows others more than once. Is "
            f"there one order for all batches?",
        )
        expect(
            left_out == 0,
            f"one_epoch leaves out {left_out} of {rows} rows in batches of {size}. The last batch "
            f"has what is left.",
        )
        expect(len(seen) == rows, f"one_epoch shows {len(seen)} rows, where there are {rows}.")


@one_epoch.check("each row keeps its own label")
def _(one_epoch):
    diary = _diary_of(one_epoch)
    expect(
        same(np.concatenate(diary.t), _labels(diary.numbers)),
        "one_epoch gives forward rows with the labels of other rows: x and t are not in the same "
        "order.",
    )


@one_epoch.check("the rows come in a new order each time, at most batch_size of them")
def _(one_epoch):
    rng = numpy.random.default_rng(3)
    first, second = (_diary_of(one_epoch, rng=rng) for _ in range(2))
    expect(
        first.numbers != sorted(first.numbers),
        "one_epoch takes the rows in their old order. They are to be shuffled.",
    )
    expect(
        first.numbers != second.numbers,
        "Two epochs with one generator have the same order. Draw it from rng, anew each time.",
    )
    expect(
        _diary_of(one_epoch).numbers == _diary_of(one_epoch).numbers,
        "one_epoch gives other orders with generators that are the same. Draw the order from rng.",
    )
    sizes = [len(batch) for batch in first.x]
    expect(max(sizes) == 5, f"The batches are to have 5 rows. They have {sizes}.")
    spans = [int(np.ptp(batch[:, 0])) for batch in first.x]
    expect(
        any(span >= size for span, size in zip(spans, sizes, strict=True)),
        "one_epoch shuffles the batches, and in each of them are rows that were neighbours. "
        "Shuffle the rows.",
    )


@one_epoch.check("the arrays of the caller stay as they are")
def _(one_epoch):
    x, t = _data(20)
    one_epoch(diary := _Diary(), diary, x, t, 5, numpy.random.default_rng(0))
    expect(
        same(x, _data(20)[0]) and same(t, _data(20)[1]),
        "one_epoch shuffles the arrays that it was given. Others look at them, too: make new ones.",
    )


class _Diary:
    """A model and an optimizer in one. It learns nothing, and keeps what is done with it."""

    def __init__(self):
        self.params, self.grads = [np.zeros(2)], [np.zeros(2)]
        self.acts, self.x, self.t = [], [], []

    def forward(self, x, t):
        self.acts.append("forward")
        self.x.append(x.copy())
        self.t.append(t.copy())
        return 1.0

    def backward(self, dout=1):
        self.acts.append("backward")

    def update(self, params, grads):
        self.acts.append("update")

    @property
    def numbers(self):
        """Of the rows, in the order in which they were seen."""
        return [int(number) for batch in self.x for number in batch[:, 0]]


def _diary_of(one_epoch, rows=20, batch_size=5, rng=None):
    diary = _Diary()
    one_epoch(diary, diary, *_data(rows), batch_size, rng or numpy.random.default_rng(2))
    return diary


def _data(rows):
    """Rows that say their number, and labels that follow from it."""
    numbers = np.arange(rows)
    return np.stack([numbers, -numbers], axis=1).astype(float), _labels(numbers)


def _labels(numbers):
    return np.eye(3)[np.array(numbers, dtype=int) % 3]


# --------------------------------------------------------------------------------------------------

step_in_halves = Exercise(
    "write",
    hints=(
        "The mean over 2N rows is the mean of the two halves' means. So what is the gradient of "
        "the whole, made of those of the halves?",
        "After the first backward keep copies of model.grads: the second writes over them.",
        "For each parameter, add the two gradients and divide by 2. Give the list of these to "
        "update, in the place of model.grads.",
    ),
)


@step_in_halves.check("forward gets one half, then the other; update is called once")
def _(step_in_halves):
    diary = _Diary()
    step_in_halves(diary, diary, *_data(12))
    sizes, updates = [len(batch) for batch in diary.x], diary.acts.count("update")
    expect(sizes, "forward was not called.")
    expect(max(sizes) <= 6, f"forward got {max(sizes)} of 12 rows at once. It can take 6.")
    expect(
        diary.numbers == list(range(12)),
        f"forward is to get rows 0 to 11 in their order, six at a time. It got {diary.numbers}.",
    )
    expect(same(np.concatenate(diary.t), _labels(range(12))), "Rows got labels of other rows.")
    expect(
        updates < 2,
        "update is called more than once. The second half then goes through a network that has "
        "moved already.",
    )
    expect(updates, "update is not called, so nothing is learned.")
    expect(
        diary.acts.count("backward") == 2,
        "backward is to be called after each of the two forwards.",
    )


@step_in_halves.check("the params move as in one step on the whole batch")
def _(step_in_halves):
    for seed in (0, 1):
        moved, whole, first, second = _moves(step_in_halves, seed)
        expect(
            not _near(moved, first) and not _near(moved, first / 2),
            "The first half alone has moved the params. What came of the second half is lost.",
        )
        expect(
            not _near(moved, second) and not _near(moved, second / 2),
            "The second half alone has moved the params. The first half's gradients are lost: "
            "backward writes into the same arrays each time.",
        )
        expect(
            not _near(moved, 2 * whole),
            "The params move twice as far as with the whole batch. Each half's loss is divided by "
            "its N rows, that of the whole by 2N.",
        )
        expect(not _near(moved, -whole), "The step goes the other way.")
        expect(_near(moved, whole), "The params do not move as in a step on the whole batch.")


def _moves(step_in_halves, seed):
    """How far an answer moves all params; the whole batch would; and each of its halves."""
    rng = numpy.random.default_rng(seed)
    x, t = rng.normal(size=(12, 2)), np.eye(3)[rng.integers(3, size=12)]
    moves = []
    all_rows, first, second = slice(12), slice(6), slice(6, 12)
    answers = (step_in_halves, all_rows), (_step, all_rows), (_step, first), (_step, second)
    for step, rows in answers:
        model = TwoLayerNet(2, 4, 3, seed=seed)
        before = np.concatenate([param.ravel() for param in model.params])
        step(model, SGD(lr=1.0), x[rows].copy(), t[rows].copy())
        moves.append(np.concatenate([param.ravel() for param in model.params]) - before)
    return moves


def _step(model, optimizer, x, t):
    model.forward(x, t)
    model.backward()
    optimizer.update(model.params, model.grads)


def _near(one, other):
    """Equal but for the rounding of float32."""
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-6))
