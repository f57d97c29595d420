"""Hints and checks of the exercises on one start, four ways."""

import numpy

from common.np import np
from common.optimizer import SGD
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

# --------------------------------------------------------------------------------------------------

place_after = Exercise(
    "predict",
    hints=(
        "The page says how a step changes the distance to the best: by a fixed factor. Which?",
        "Write one step down: w - lr times the slope of the loss. Then take `best` away on both "
        "sides, so that the distance w - best stands alone.",
        "The distance after one step is the one before, times one minus something. After many "
        "steps that factor has come in as often; and a distance is not yet a place.",
    ),
)


@place_after.check("without a step, w is at the start")
def _(answer):
    said = answer(3.0, 1.0, 0.5, 0.1, 0)
    check_number(said)
    expect(not same(said, 2.0), "That is the distance from the best. Where is w?")
    expect(same(said, 3.0), f"Before any step w is at the start, 3, and you say {said:.4g}.")


@place_after.check("one step")
def _(answer):
    for start, best, bend, lr in ((3.0, 1.25, 0.5, 0.1), (-1.0, 2.0, 3.0, 0.05)):
        said, right = answer(start, best, bend, lr, 1), _after(start, best, bend, lr, 1)
        expect(
            not same(2 * (said - start), right - start),
            "The step is half as long: think of the slope of a square.",
        )
        expect(not same(said - start, start - right), "The step leads away from the best.")
        expect(
            not same(said - best, (right - start) / (best - start) * (start - best)),
            "The share of the distance that a step takes away is not the share that is left.",
        )
        expect(
            same(said, right),
            f"From {start}, on {bend} · (w - {best})² with lr = {lr}, a step leads to another "
            f"place than {said:.4g}.",
        )


@place_after.check("many steps")
def _(answer):
    for settings in ((3.0, 1.0, 0.5, 0.1, 7), (-1.0, 2.0, 3.0, 0.05, 4), (0.5, -2.0, 1.0, 0.9, 5)):
        start, best, bend, lr, steps = settings
        said, right = answer(*settings), _after(*settings)
        one = _after(start, best, bend, lr, 1)
        expect(
            not same(said - start, steps * (one - start)),
            f"That is {steps} times the first step. The later ones are shorter: the slope falls "
            f"as the best comes nearer.",
        )
        expect(same(said, right), f"After {steps} steps it is at another place than {said:.4g}.")


@place_after.check("as quickly found for many steps as for few")
def _(answer):
    few, many = (_count_operations(answer, steps) for steps in (3, 30))
    expect(
        many == few,
        f"It takes {few} operations for 3 steps, and {many} for 30: it goes through the steps. How "
        f"does the distance to the best change with each of them?",
    )


class _Counted(float):
    """A number that counts what is computed with it, and with what comes of that."""

    count = 0


def _counted(name):
    operate = getattr(float, name)

    def operation(self, *others):
        _Counted.count += 1
        result = operate(self, *others)
        return result if result is NotImplemented else _Counted(result)

    return operation


for _name in ("add", "sub", "mul", "truediv", "pow"):
    for _way in (f"__{_name}__", f"__r{_name}__"):
        setattr(_Counted, _way, _counted(_way))


def _count_operations(answer, steps):
    _Counted.count = 0
    answer(*map(_Counted, (3.0, 1.25, 0.5, 0.1)), steps)
    return _Counted.count


def _after(start, best, bend, lr, steps):
    w, optimizer = np.array([start]), SGD(lr)
    for _ in range(steps):
        optimizer.update([w], [2 * bend * (w - best)])
    return float(w[0])


# --------------------------------------------------------------------------------------------------

last_losses = Exercise(
    "mend",
    hints=(
        "Print w at the first step of each learning rate. Where does the second one begin?",
        "`w[0] -= ...` writes into an array. How many names does that array have?",
        "Each rate needs an array of its own that holds the numbers of the start. A second name "
        "for the same array is not that.",
    ),
)

X = np.array([-1.0, -0.5, 0.25, 0.75, 2.0])
Y = np.array([0.5, -1.5, 1.0, 0.25, 2.0])
START = np.array([2.0, -1.0])


@last_losses.check("a single learning rate")
def _(last_losses):
    for lr in (0.01, 0.04):
        said = _losses(last_losses, [lr])
        expect(len(said) == 1, f"last_losses: {len(said)} losses for one learning rate.")
        expect(
            same(said[0], _last_loss(lr)),
            f"last_losses: with lr = {lr} alone it ended at the right loss, and does not any more.",
        )


@last_losses.check("the order of the rates does not matter")
def _(last_losses):
    rates = [0.01, 0.04, 0.001]
    said, reversed_ = _losses(last_losses, rates), _losses(last_losses, rates[::-1])
    expect(len(said) == 3, f"last_losses: {len(said)} losses for three learning rates.")
    expect(
        same(said, reversed_[::-1]),
        "last_losses: in another order the same rates end at other losses. Do all begin at the "
        "start, and are the losses in the order of the rates?",
    )
    expect(
        same(said, [_last_loss(lr) for lr in rates]),
        "last_losses: each rate ends elsewhere than when it is tried alone.",
    )


@last_losses.check("the start stays as it is")
def _(last_losses):
    start = START.copy()
    last_losses(start, [0.01, 0.04], X.copy(), Y.copy(), 8)
    expect(same(start, START), "last_losses: the array `start` has changed. It is the caller's.")


def _losses(last_losses, rates):
    said = last_losses(START.copy(), rates, X.copy(), Y.copy(), 8)
    expect(isinstance(said, list), f"last_losses: a list is wanted, not {shown(said)}.")
    return said


def _last_loss(lr):
    w, optimizer = START.copy(), SGD(lr)
    for _ in range(8):
        grad_y_pred = 2 * (w[0] + w[1] * X - Y)
        optimizer.update([w], [np.array([grad_y_pred.sum(), (grad_y_pred * X).sum()])])
    return float(((w[0] + w[1] * X - Y) ** 2).sum())


# --------------------------------------------------------------------------------------------------

long_coefficients = Exercise(
    "write",
    hints=(
        "Two dtypes: the coefficients are kept in one, and `gradient` is given the other. When "
        "must which be made of which?",
        "Keep a float64 copy of w from the first step to the last. It never becomes float32 again; "
        "only what is handed to `gradient` does.",
        "In each step: a float32 copy of the kept coefficients; its gradient; lr times that, taken "
        "away from the kept ones. `w.astype(dtype)` makes a copy in another dtype.",
    ),
)


@long_coefficients.check("an array of float64 comes back")
def _(long_coefficients):
    w = np.array([1.0, -2.0, 0.5], dtype="float32")
    for steps in (2, 0):
        said = long_coefficients(w.copy(), _short(lambda w: w), 0.1, steps)
        check_shape(said, (3,))
        expect(
            said.dtype == "float64",
            f"After {steps} steps the coefficients come back in {said.dtype}.",
        )


@long_coefficients.check("they come to the best")
def _(long_coefficients):
    rng = numpy.random.default_rng(5)
    w, best = (np.asarray(rng.normal(size=4), dtype="float32") for _ in range(2))
    start = w.copy()
    said = long_coefficients(w, _short(lambda w: 2 * (w - best)), 0.2, 60)
    expect(same(w, start), "The array w has changed. It should stay as it is.")
    expect(
        np.allclose(said, best, atol=1e-5),
        f"On the loss Σ (w - best)², 60 steps from {start.round(4)} should lead to "
        f"{best.round(4)}, and lead to {said.round(4)}.",
    )


@long_coefficients.check("small steps add up")
def _(long_coefficients):
    w = np.array([1.0, -1.0], dtype="float32")
    slope = np.array([1.0, -4.0], dtype="float32")
    moved = w - long_coefficients(w.copy(), _short(lambda _: slope.copy()), 1e-9, 300)
    expect(
        moved.any(),
        "300 steps of 1e-9 and more lead nowhere. They are rounded away: somewhere between two "
        "steps the coefficients are in float32.",
    )
    expect(
        np.allclose(moved, 300 * 1e-9 * slope, rtol=1e-4, atol=0),
        f"Along a slope of 1, 300 steps with lr = 1e-9 have moved a coefficient by {moved[0]:.3g}.",
    )


def _short(gradient):
    """A gradient that takes float32 alone."""

    def checked(w):
        dtype = getattr(w, "dtype", type(w).__name__)
        expect(dtype == "float32", f"`gradient` takes float32, and is given {dtype}.")
        return gradient(w)

    return checked
