"""Hints and checks of the exercises on reading handwriting."""

from itertools import pairwise

import numpy

from common.gradient_check import check_gradients
from common.layers import Linear, Sequential
from common.np import np
from common.optimizer import Adam
from exercises.exercise import Exercise, check_number, check_shape, expect, same

# --------------------------------------------------------------------------------------------------

numbers_learned = Exercise(
    "predict",
    hints=(
        "What a fully connected layer learns are its W and its b. Which shapes do they have?",
        "From D inputs to H neurons: W is (D, H), and b has a number for each neuron. Each two "
        "sizes that stand next to each other are such a layer.",
        "Go through the pairs of neighbours in sizes, and add up what each layer has: its weights, "
        "and one bias for each of its neurons.",
    ),
)


@numbers_learned.check("a single layer")
def _(answer):
    for sizes in ([3, 2], [5, 4]):
        _check_count(answer(list(sizes)), sizes)


@numbers_learned.check("two layers and more")
def _(answer):
    for sizes in ([2, 7, 3], [64, 30, 20, 10], [4, 4, 4, 4, 1]):
        said = answer(list(sizes))
        expect(
            said != sizes[0] * sizes[-1] + sizes[-1],
            "As if the inputs were connected with the last layer. Each layer reads the one before.",
        )
        _check_count(said, sizes)


def _check_count(said, sizes):
    right, weights = _count(sizes), sum(one * other for one, other in pairwise(sizes))
    check_number(said)
    expect(said != weights, f"{sizes}: those are the weights. A neuron has a bias as well.")
    expect(
        said != weights + sum(sizes),
        f"{sizes}: one bias for each size is too many. The inputs are no neurons: they are given.",
    )
    expect(
        said != weights + sum(sizes[:-1]),
        f"{sizes}: a bias for each number that comes in. To whose sum is it added?",
    )
    expect(
        said != weights + len(sizes) - 1,
        f"{sizes}: as if a layer had one bias. Each of its neurons has one of its own.",
    )
    expect(said == right, f"A network of {sizes} does not learn {said} numbers.")


def _count(sizes):
    model = Sequential(*(Linear(one, other, seed=0) for one, other in pairwise(sizes)))
    return sum(param.size for param in model.params)


# --------------------------------------------------------------------------------------------------

set_aside = Exercise(
    "mend",
    hints=(
        "A network reads well what it has learned from. Can a row be on both sides here?",
        "Two calls of rng.permutation are two orders. The beginning of one and the end of another "
        "have rows in common.",
        "Draw one order. Its first rows are one side, the rest of the same order the other.",
    ),
)


@set_aside.check("as many rows as are wanted on each side")
def _(set_aside):
    for count in (1, 4, 9):
        train, test = _split(set_aside, count)
        expect(
            len(test) == count,
            f"set_aside holds out {len(test)} rows of 10, where count is {count}.",
        )
        expect(
            len(train) == 10 - count,
            f"set_aside leaves {len(train)} of 10 rows to learn from, where count is {count}.",
        )


@set_aside.check("no row is on both sides, and none is lost")
def _(set_aside):
    for seed in range(5):
        train, test = _split(set_aside, 4, seed)
        both = set(train) & set(test)
        expect(
            not both,
            f"set_aside has {len(both)} of 4 held-out rows among those to learn from as well. They "
            f"say nothing about reading what is new.",
        )
        lost = 10 - len(set(train) | set(test))
        expect(lost == 0, f"set_aside has {lost} of 10 rows on neither side.")


@set_aside.check("the rows that are held out are drawn at random")
def _(set_aside):
    drawn = {tuple(sorted(_split(set_aside, 4, seed)[1])) for seed in range(5)}
    expect(
        len(drawn) > 1,
        "set_aside holds out the same rows, whatever rng says. If they are sorted by their writer, "
        "say, some writers are never judged.",
    )
    expect(
        _split(set_aside, 4) == _split(set_aside, 4),
        "set_aside holds out other rows with an rng that is the same. Are they drawn from rng?",
    )


@set_aside.check("each row keeps its label")
def _(set_aside):
    x, t = _rows(10)
    for rows, labels in set_aside(x, t, 4, numpy.random.default_rng(1)):
        expect(
            same(labels, rows[:, 0] % 3),
            "set_aside gives rows the labels of others: x and t must be taken in one order.",
        )


def _split(set_aside, count, seed=0):
    """The numbers of the rows to learn from, and of those held out."""
    answer = set_aside(*_rows(10), count, numpy.random.default_rng(seed))
    pairs = answer if isinstance(answer, tuple | list) else ()
    expect(
        [isinstance(pair, tuple | list) and len(pair) for pair in pairs] == [2, 2],
        "set_aside is to return two pairs, (x, t) to learn from and (x, t) held out.",
    )
    for x, t in answer:
        expect(
            (np.ndim(x), np.ndim(t)) == (2, 1),
            f"Each pair is some rows of x and their labels, of shapes (…, 2) and (…,). In one of "
            f"yours the shapes are {np.shape(x)} and {np.shape(t)}.",
        )
    return [[int(number) for number in np.asarray(x)[:, 0]] for x, _ in answer]


def _rows(count):
    """Rows that say their number, and labels that follow from it."""
    numbers = np.arange(count)
    return np.stack([numbers, -numbers], axis=1), numbers % 3


# --------------------------------------------------------------------------------------------------

first_step_of_adam = Exercise(
    "predict",
    hints=(
        "Put t = 1 into the formulas of the page: what is m after the first step, what is v?",
        "m is 0.1 g and is divided by 0.1; v is 0.001 g² and is divided by 0.001. What is then "
        "left of m / √v?",
        "√(g²) is the size of g, without its sign. A number divided by its size keeps its sign "
        "alone. The step goes against the gradient.",
    ),
    asks_for="optimizer.Adam",
)


@first_step_of_adam.check("one weight")
def _(answer):
    for g in (0.5, 40.0):
        _check_first_step(answer, np.array([g]), 0.01)


@first_step_of_adam.check("gradients of every size")
def _(answer):
    rng = numpy.random.default_rng(0)
    for shape, lr in (((2, 3), 0.001), ((4,), 0.5), ((3, 2, 2), 0.02)):
        g = rng.choice([-1.0, 1.0], size=shape) * 10 ** rng.uniform(-1, 3, size=shape)
        _check_first_step(answer, g, lr)


def _check_first_step(answer, g, lr):
    said, right = answer(g.copy(), lr), _first_step(g, lr)
    check_shape(said, g.shape)
    expect(not same(said, -lr * g), "That is plain descent: its step is as long as g is large.")
    expect(not _near(said, -right), "The size is right, the direction is uphill.")
    expect(
        not _near(said, right * 0.1 / np.sqrt(0.001)),
        "m and v begin at 0 and are too small at first. What are they divided by to make up for "
        "it?",
    )
    expect(
        not _near(np.abs(said), lr / np.abs(g)), "As if divided by v. It is the root of v in Adam."
    )
    expect(
        not _near(said, np.full(g.shape, -lr)) or (g > 0).all(),
        "All weights move the same way, although their gradients have different signs.",
    )
    expect(
        not (np.sign(said) == np.sign(g)).any(),
        "The step goes uphill somewhere: for each weight it must go against the gradient.",
    )
    expect(
        _near(said, right),
        f"For a gradient of {g.ravel()[0]:.4g} and an lr of {lr:g}, Adam does not move the weight "
        f"by {said.ravel()[0]:.4g}.",
    )


def _first_step(g, lr):
    W = np.zeros_like(g)
    Adam(lr=lr).update([W], [g.copy()])
    return W


def _near(one, other):
    """Equal but for the 1e-8."""
    return bool(np.allclose(one, other, rtol=1e-5, atol=0))


# --------------------------------------------------------------------------------------------------

LoudDropout = Exercise(
    "write",
    hints=(
        "As in the Dropout of the page, forward multiplies x by a mask, and keeps it for backward. "
        "Which two numbers stand in the mask here? Which one in evaluation?",
        "A random number between 0 and 1 is below self.ratio with the probability self.ratio. "
        "Comparing the array with it says where to silence.",
        "Make the mask in both modes, as True and False or 1 and 0, divided by 1 - self.ratio in "
        "training. y depends on x by that factor; backward uses the same mask.",
    ),
    asks_for="layers.Dropout",
)


@LoudDropout.check("in evaluation everything passes")
def _(LoudDropout):
    y = LoudDropout(0.25, seed=0).eval().forward(X.copy())
    check_shape(y, X.shape)
    expect((y != 0).all(), "Some elements are silenced in evaluation. Is self.training looked at?")
    expect(not same(y, 0.75 * X), "That is the other form, with all at a part of their loudness.")
    expect(same(y, X), "In evaluation y should be x.")


@LoudDropout.check("in training an element is silenced, or made louder")
def _(LoudDropout):
    for ratio in (0.25, 0.8):
        x = np.ones((200, 100))
        y = LoudDropout(ratio, seed=1).forward(x.copy())
        check_shape(y, x.shape)
        silent, loud = (y == 0).mean(), y[y != 0]
        expect(silent > 0, "Nothing is silenced in training.")
        expect(
            abs(silent - (1 - ratio)) > 0.1,
            f"With a ratio of {ratio}, {silent:.2f} of the elements are silenced: the others "
            f"should be. On which side of self.ratio must the random number lie?",
        )
        expect(abs(silent - ratio) < 0.1, f"With a ratio of {ratio}, {silent:.2f} are silenced.")
        each = [np.ptp(y, axis=axis).any() for axis in (0, 1)]
        expect(all(each), "Whole rows or columns are silenced. Draw a number for each element.")
        expect(not same(loud, np.ones(loud.shape)), "The elements that stay are not made louder.")
        expect(
            loud.min() > 1,
            "The elements that stay are made quieter. They must make up for those that are "
            "silenced.",
        )
        expect(
            abs(y.mean() - 1) < 0.1,
            f"Of ones, the average becomes {y.mean():.2f} with a ratio of {ratio}; it should stay.",
        )


@LoudDropout.check("others are silenced at each forward")
def _(LoudDropout):
    layer = LoudDropout(0.5, seed=2)
    first, second = layer.forward(X.copy()) == 0, layer.forward(X.copy()) == 0
    expect(
        not same(first, second),
        "Two forwards silence the same elements. Draw a mask in each forward, from self.rng.",
    )


@LoudDropout.check("backward goes through the elements that spoke in forward")
def _(LoudDropout):
    layer = LoudDropout(0.5, seed=3)
    y, dx = layer.forward(X.copy()), layer.backward(np.ones(X.shape))
    check_shape(dx, X.shape)
    expect(
        same(y == 0, dx == 0),
        "backward silences other elements than forward did. It must use forward's mask.",
    )
    zeros = np.zeros(X.shape)
    layer.forward(zeros)
    expect(
        layer.backward(np.ones(X.shape)).any(),
        "Where x is 0, y is 0 as well, and backward takes that for silence. Keep the mask itself.",
    )
    for ratio in (0.25, 0.8):
        check_gradients(LoudDropout(ratio, seed=4), X.copy())


@LoudDropout.check("in evaluation the gradient passes, too")
def _(LoudDropout):
    layer = LoudDropout(0.25, seed=5)
    layer.forward(X.copy())
    layer.eval().forward(X.copy())
    dx = layer.backward(np.ones(X.shape))
    check_shape(dx, X.shape)
    expect(
        same(dx, np.ones(X.shape)),
        "After a forward in evaluation, backward still has the mask of an earlier forward. What "
        "backward looks at, forward must make anew in both modes.",
    )
    check_gradients(LoudDropout(0.25, seed=6).eval(), X.copy())


X = numpy.random.default_rng(7).normal(size=(4, 5)) + 3.0
