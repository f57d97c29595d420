"""Hints and checks of the exercises on optimizers."""

import warnings

from common.np import np
from common.optimizer import RMSprop
from exercises.exercise import Exercise, check_number, expect, same

# --------------------------------------------------------------------------------------------------

first_step = Exercise(
    "predict",
    hints=(
        "The page says it for lr and 0.99, and why. Write down h after the first update.",
        "h starts at 0, so after one update only the new part is in it, a share of g². The step is "
        "lr · g / √h. What cancels?",
        "g cancels, up to its sign. What is left below lr is the root of the share of g² in h.",
    ),
)


@first_step.check("with the settings of the page")
def _(answer):
    _check_step(answer, 1e-3, 0.99)


@first_step.check("with other settings")
def _(answer):
    for lr, decay_rate in ((1e-3, 0.75), (0.2, 0.99), (0.05, 0.36), (0.01, 0.0)):
        _check_step(answer, lr, decay_rate)


def _check_step(answer, lr, decay_rate):
    said, right = answer(lr, decay_rate), _first_step(lr, decay_rate)
    where = f"With lr = {lr} and decay_rate = {decay_rate}"
    check_number(said)
    expect(not same(said, -right), "A length is wanted, and it is positive.")
    expect(
        decay_rate == 0 or not same(said, lr),
        f"{where} that is a step while the gradients keep their size. At the first step h is not "
        f"yet g².",
    )
    expect(
        decay_rate == 0 or not same(said, lr / (1 - decay_rate)),
        f"{where} you say {said:.4g}. Is the root of h in it?",
    )
    expect(
        decay_rate == 0 or not same(said, lr / decay_rate**0.5),
        f"{where}: of the two parts of h, that is the one that is 0 at the first step.",
    )
    expect(
        decay_rate == 0 or not same(said, lr * (1 - decay_rate) ** 0.5),
        f"{where} you say {said:.4g}, which is less than lr. The root of h is small at first: is "
        f"g multiplied by it, or divided?",
    )
    expect(
        same(said, right),
        f"{where} the first step has another length than {said:.4g}. Are both used?",
    )


def _first_step(lr, decay_rate):
    p = np.zeros(1)
    RMSprop(lr, decay_rate).update([p], [np.array([-1e6])])
    return float(p[0])


# --------------------------------------------------------------------------------------------------

MyRMSprop = Exercise(
    "mend",
    hints=(
        "Take one array of two numbers, with gradients of 1 and 100. What is h, and how long are "
        "the two steps?",
        "The formula on the page is meant number by number. Which operation in update makes one "
        "number of a whole array?",
        "Each number in p has an h of its own, the running mean over the steps. It is no mean over "
        "its neighbours.",
    ),
    asks_for="optimizer.RMSprop",
)

GRADIENTS = np.array([[1.0, -100.0, 20.0], [-3.0, 50.0, 2.0]])


@MyRMSprop.check("a single number moves as RMSprop moves it")
def _(MyRMSprop):
    optimizer, theirs = MyRMSprop(0.1, 0.8), RMSprop(0.1, 0.8)
    p, right = np.array([2.0]), np.array([2.0])
    for step, g in enumerate((3.0, -1.0, 0.5, 4.0), start=1):
        before = p.copy()
        optimizer.update([p], [np.array([g])])
        theirs.update([right], [np.array([g])])
        expect(
            not same(p, before),
            f"MyRMSprop: update number {step} leaves the array in params as it was. The arrays are "
            f"to change in place.",
        )
        expect(
            same(p, right),
            f"MyRMSprop: with gradients 3, -1, 0.5, 4 the path of a single number was right, and "
            f"leaves RMSprop's at step {step}.",
        )


@MyRMSprop.check("the first step is as long for all numbers of an array")
def _(MyRMSprop):
    p = np.zeros((2, 3))
    MyRMSprop(0.1, 0.75).update([p], [GRADIENTS.copy()])
    lengths = np.abs(p)
    expect(
        same(lengths, np.full((2, 3), lengths[0, 0])),
        f"MyRMSprop: gradients of {GRADIENTS[0]} make first steps of {lengths[0].round(4)}. The "
        f"size of a gradient should not matter, nor what stands beside it.",
    )


@MyRMSprop.check("arrays of any shape move as RMSprop moves them")
def _(MyRMSprop):
    optimizer, theirs = MyRMSprop(0.1, 0.75), RMSprop(0.1, 0.75)
    params, right = ([np.ones(shape) for shape in ((2, 3), (3,), (), (1,))] for _ in range(2))
    for factor in (1.0, 0.1, -2.0):
        grads = [factor * GRADIENTS, GRADIENTS[0] - factor, np.array(factor), np.array([1e-5])]
        optimizer.update(params, [g.copy() for g in grads])
        theirs.update(right, grads)
    expect(
        all(np.isfinite(param).all() for param in params),
        "MyRMSprop: where the first gradient is 0, it makes NaN. Is 1e-8 added to the root of h?",
    )
    expect(
        all(map(same, params[:-1], right[:-1])),
        "MyRMSprop: after three steps the arrays are not where RMSprop brings them.",
    )
    expect(
        same(params[-1], right[-1]),
        "MyRMSprop: only where the gradients are small, it goes elsewhere. To what is 1e-8 added?",
    )


# --------------------------------------------------------------------------------------------------

MaxProp = Exercise(
    "write",
    hints=(
        "Where is h between two updates? It must be an attribute, one array for each array of "
        "params, made in the first update.",
        "In each update go through params, grads and the hs side by side, with zip. Change h "
        "first, then p.",
        "In a loop, `h = ...` and `p = ...` only give a name to a new array, and what was kept "
        "stays as it is. Both must be written into the arrays that are there.",
    ),
)


@MaxProp.check("the first step has the length lr, against the gradient")
def _(MaxProp):
    for lr in (0.5, 0.2):
        p = np.zeros((2, 3))
        _update(MaxProp(lr=lr), [p], [GRADIENTS.copy()])
        expect(
            p.any(), "After update the array in params is what it was. It is to change in place."
        )
        expect(
            np.isfinite(p).all() and np.abs(p).max() < 1e4,
            "A first step is far too long, or no number. What is h when g is divided by it?",
        )
        expect(not same(p, lr * np.sign(GRADIENTS)), "The first step goes uphill.")
        expect(
            not same(p, -lr * GRADIENTS / 100),
            "All numbers of an array share one h, the largest of all. Each has an h of its own.",
        )
        expect(
            same(p, -lr * np.sign(GRADIENTS)),
            f"With lr = {lr}, gradients of {GRADIENTS[0]} make first steps of {p[0].round(4)}.",
        )


@MaxProp.check("after a large gradient the steps are short, and grow again")
def _(MaxProp):
    path = _path(MaxProp(lr=0.5, decay=0.5), [8.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    lengths = [one - other for one, other in zip([0.0, *path], path, strict=False)]
    numbers = ", ".join(f"{length:.4f}" for length in lengths)
    told = f"With gradients 8, 1, 1, 1, 1, 1 the steps are {numbers}."
    expect(
        not same(lengths[1], lengths[0]),
        f"{told} After the second update nothing is left of the large gradient: is h kept from one "
        f"update to the next?",
    )
    expect(
        not same(lengths[4], lengths[1]),
        f"{told} The large gradient is never forgotten. What becomes of h in each update?",
    )
    expect(
        same(lengths[2:4], [2 * lengths[1], 2 * lengths[2]]),
        f"{told} With decay = 0.5 each is to be twice as long as the one before, until h is |g|.",
    )
    expect(
        same(lengths[4:], [0.5, 0.5]),
        f"{told} When the large gradient is forgotten, they should have the length lr, which is "
        f"0.5.",
    )


@MaxProp.check("the scale of the gradients does not matter")
def _(MaxProp):
    gradients = [3.0, -1.0, 0.5, 4.0, -7.0]
    path = _path(MaxProp(lr=0.5), gradients)
    scaled = _path(MaxProp(lr=0.5), [1000 * g for g in gradients])
    expect(
        np.allclose(path, scaled, atol=1e-6),
        "With gradients that are all 1000 times as large, the path is another one.",
    )


@MaxProp.check("each array has an h of its own, and grads stay as they are")
def _(MaxProp):
    together, apart = MaxProp(lr=0.5), [MaxProp(lr=0.5) for _ in range(2)]
    params, right = ([np.zeros((2, 3)), np.zeros((2, 3))] for _ in range(2))
    for factor in (1.0, -0.2, 0.3):
        grads = [factor * GRADIENTS, 7 - GRADIENTS / factor]
        given = [g.copy() for g in grads]
        _update(together, params, given)
        expect(all(map(same, given, grads)), "update has written into grads.")
        for optimizer, p, g in zip(apart, right, grads, strict=True):
            _update(optimizer, [p], [g])
    expect(
        all(map(same, params, right)),
        "Two arrays in one list move otherwise than each of them alone.",
    )


@MaxProp.check("where the gradient is 0, nothing moves")
def _(MaxProp):
    p = np.ones(2)
    _update(MaxProp(lr=0.5), [p], [np.array([0.0, 2.0])])
    expect(
        np.isfinite(p).all(), "A gradient of 0 in the first update makes NaN: 0 is divided by 0."
    )
    expect(same(p[0], 1.0), "A number whose gradient is 0 has moved.")


def _path(optimizer, gradients):
    """The places of a single number that starts at 0."""
    p, path = np.zeros(1), []
    for g in gradients:
        _update(optimizer, [p], [np.array([g])])
        path.append(float(p[0]))
    return path


def _update(optimizer, params, grads):
    with warnings.catch_warnings(action="ignore"):
        optimizer.update(params, grads)
