"""Hints and checks of the exercises on layers instead of formulas."""

import numpy

from common.autograd import Tensor
from common.layers import Flatten, Linear, MSELoss, Sequential
from common.np import np
from common.optimizer import SGD
from exercises.exercise import Exercise, check_shape, expect, same, shown

# --------------------------------------------------------------------------------------------------

three_shapes = Exercise(
    "predict",
    hints=(
        "x[:, None] is a column. Broadcasting stretches it over the exponents. How many rows, how "
        "many columns?",
        "Linear(k, m) makes m numbers out of k, for each row. Its W has a row for each input. "
        "(PyTorch keeps it the other way round.)",
        "y_pred is the matrix product of xx and W, plus a bias: the inner lengths meet, the outer "
        "ones are left.",
    ),
)

NAMES = "xx", "W", "y_pred"


@three_shapes.check("the shape of xx")
def _(answer):
    _check(answer, 0)


@three_shapes.check("the shape of W")
def _(answer):
    _check(answer, 1)


@three_shapes.check("the shape of y_pred")
def _(answer):
    _check(answer, 2)


def _check(answer, place):
    for n, k, m in ((7, 4, 2), (5, 3, 1), (2, 6, 3)):
        said, right = answer(n, k, m), _shapes(n, k, m)[place]
        is_three = isinstance(said, tuple | list) and len(said) == 3
        expect(
            is_three and all(isinstance(shape, tuple) for shape in said),
            f"Three tuples are wanted, not {shown(said)}.",
        )
        which = f"With n = {n}, k = {k} and m = {m} you say {said[place]} for {NAMES[place]}"
        expect(said[place] != right[::-1], f"{which}. Rows and columns are exchanged.")
        expect(len(said[place]) != 1, f"{which}. An axis is missing: it has both rows and columns.")
        expect(said[place] == right, f"{which}, and it has another shape.")


def _shapes(n, k, m):
    xx = np.ones(n)[:, None] ** np.ones(k)
    layer = Linear(k, m, numpy.random.default_rng(0))
    return xx.shape, layer.params[0].shape, layer(Tensor(xx)).shape


# --------------------------------------------------------------------------------------------------

train = Exercise(
    "mend",
    hints=(
        "Print model.params before and after a step. Print `param` after its line, too.",
        "The page on the device has both ways of taking a step, and says which of them writes into "
        "the array that is there. Which one is this?",
        "`name = ...` gives a name to a new array, and the model goes on with the old one. Another "
        "operator writes into the array that has the name.",
    ),
)


@train.check("a loss for each step")
def _(train):
    losses = _run(train, steps=3)[0]
    expect(
        isinstance(losses, list) and len(losses) == 3,
        f"train: a list of three losses is wanted after three steps, not {shown(losses)}.",
    )
    expect(
        not any(isinstance(loss, Tensor) for loss in losses),
        "train: tensors stand in the list, and numbers are wanted.",
    )
    expect(
        same(losses[0], _run(_right, steps=1)[0][0]),
        "train: the first loss is that before any step, and it was right.",
    )


@train.check("the first step moves each weight against its gradient")
def _(train):
    start, right = _run(_right, steps=0)[1], _run(_right, steps=1)[1]
    params = _run(train, steps=1)[1]
    expect(
        not all(map(same, params, start)),
        "train: after a step each array in model.params is what it was. Is anything written into "
        "them?",
    )
    expect(
        not all(same(p - s, s - r) for p, s, r in zip(params, start, right, strict=True)),
        "train: the step goes uphill.",
    )
    expect(
        all(map(same, params, right)),
        "train: the step is not lr times the gradient. The gradients were right; mend the update.",
    )


@train.check("so does each later step")
def _(train):
    losses, params = _run(train, steps=6)
    right_losses, right = _run(_right, steps=6)
    expect(
        not all(map(same, params, _run(_right, steps=1)[1])),
        "train: after six steps the weights are where the first step has brought them.",
    )
    expect(
        all(map(same, params, right)),
        "train: the first step is right, the later ones are not. Is what the step before left in "
        "grads cleared?",
    )
    expect(same(losses, right_losses), "train: the weights are right, the losses are not.")


def _run(train, steps):
    """The losses, and the weights after these steps, from one start."""
    model = Sequential(Linear(3, 1, numpy.random.default_rng(1)), Flatten(0, 1))
    x = np.linspace(-1, 1, 8, dtype="float32")
    xx = Tensor(x[:, None] ** np.array([1, 2, 3], dtype="float32"))
    losses = train(model, MSELoss(reduction="sum"), xx, np.cos(3 * x), 0.02, steps)
    return losses, [param.copy() for param in model.params]


def _right(model, loss_fn, xx, y, lr, steps):
    optimizer, losses = SGD(lr), []
    for _ in range(steps):
        loss = loss_fn(model(xx), y)
        losses.append(loss.item())
        model.zero_grads()
        loss.backward()
        optimizer.update(model.params, model.grads)
    return losses


# --------------------------------------------------------------------------------------------------

table_of_waves = Exercise(
    "write",
    hints=(
        "The page makes a table of powers of a column x and a row of exponents. Here a column and "
        "a row are combined as well, by another operation.",
        "First make the table of x, 2 x, 3 x, …; np.sin works on each element of a table. "
        "np.arange makes a row of whole numbers. Where must it begin, and where end?",
        "A float32 column times a row of another dtype may be float64. np.array and np.arange take "
        "the dtype that their numbers shall have.",
    ),
)

X = np.array([-1.0, 0.25, 0.75, 2.0])


@table_of_waves.check("a row for each x, a column for each wave")
def _(table_of_waves):
    for n, k in ((4, 3), (2, 5), (3, 1)):
        check_shape(table_of_waves(X[:n].copy(), k), (n, k))


@table_of_waves.check("the first column is sin(x)")
def _(table_of_waves):
    column = table_of_waves(X.copy(), 3)[:, 0]
    expect(
        not same(column, np.zeros(4)),
        "The first column is 0 everywhere: it is the wave with the number 0. They begin with 1.",
    )
    expect(not same(column, X), "The first column is x itself. Is the sine taken of what is in it?")
    expect(
        same(column, Tensor(X).sin().data), f"The first column is {column.round(3)} for x = {X}."
    )


@table_of_waves.check("each column is the first one, at x times its number")
def _(table_of_waves):
    y = table_of_waves(X.copy(), 6)
    sine = y[:, 0]
    expect(
        not same(y[:, 1], 2 * sine),
        "The second column is 2 sin(x). The number belongs inside the sine.",
    )
    expect(not same(y[:, 1], sine**2), "The second column is the square of sin(x), not sin(2 x).")
    expect(
        not same(y[:, 1], Tensor(X**2).sin().data),
        "The second column is sin(x²), and sin(2 x) is wanted: x times a number, not to its power.",
    )
    for i in range(6):
        expect(
            same(y[:, i], table_of_waves((i + 1) * X, 1)[:, 0]),
            f"Column number {i + 1} is not sin({i + 1} x).",
        )


@table_of_waves.check("the dtype is that of x")
def _(table_of_waves):
    for dtype in ("float64", "float32"):
        y = table_of_waves(X.astype(dtype), 3)
        expect(y.dtype == dtype, f"For x in {dtype} the table is in {y.dtype}.")
