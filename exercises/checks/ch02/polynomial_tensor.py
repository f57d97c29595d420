"""Hints and checks of the exercises on the same fit, on a device."""

import numpy

from common.np import np
from exercises.exercise import Exercise, check_number, expect, same, shown

# --------------------------------------------------------------------------------------------------

number_in_kept = Exercise(
    "predict",
    hints=(
        "How many arrays are there after each of the two lines, one or two?",
        "`a -= step` writes into the array that is there. `a = a - step` makes a new array, and "
        "from then on the name `a` stands for that one.",
        "A name goes on standing for the array it was given. Was this array written into?",
    ),
)


@number_in_kept.check("after a -= step")
def _(answer):
    said = answer(3.0, 0.5, True)
    _check_number(said)
    expect(
        not same(said, _kept(3.0, 0.5, in_place=False)),
        "That would hold if `kept` were a copy. It is a second name for the same array.",
    )
    expect(
        same(said, _kept(3.0, 0.5, in_place=True)), "Neither the number before nor the one after."
    )


@number_in_kept.check("after a = a - step")
def _(answer):
    said = answer(3.0, 0.5, False)
    _check_number(said)
    expect(
        not same(said, _kept(3.0, 0.5, in_place=True)),
        "That is what `a` holds now. But for which array does `kept` stand?",
    )
    expect(
        same(said, _kept(3.0, 0.5, in_place=False)), "Neither the number before nor the one after."
    )


@number_in_kept.check("with other numbers")
def _(answer):
    for a, step, in_place in ((-1.5, 2.0, True), (0.25, -4.0, False), (7.0, -1.0, True)):
        expect(
            same(answer(a, step, in_place), _kept(a, step, in_place)),
            f"With a = {a}, step = {step} and in_place = {in_place} it is another number.",
        )


def _kept(number, step, in_place):
    a = np.array(number)
    kept = a
    if in_place:
        a -= step
    else:
        a = a - step
    return float(kept)


def _check_number(said):
    check_number(said)


# --------------------------------------------------------------------------------------------------

fit_slope = Exercise(
    "mend",
    hints=(
        "Print the dtype of each array: of x, of d before the first step, of grad_y_pred. Where "
        "does float64 come in?",
        "An array that is made of a Python number is float64 if nobody says otherwise, and what "
        "float32 and float64 arrays make together is float64.",
        "The page names a dtype where it makes its coefficients. Here it is that of the data, and "
        "an array knows its own.",
    ),
)


@fit_slope.check("the slope is right")
def _(fit_slope):
    x, y = _points(0)
    d = fit_slope(x, y, lr=0.01, steps=300)
    expect(np.shape(d) == () and d is not None, f"fit_slope: one number is wanted, not {shown(d)}.")
    expect(
        np.allclose(d, (x * y).sum() / (x * x).sum()),
        "fit_slope: that is not the best slope. The arithmetic was right; mend the dtype.",
    )


@fit_slope.check("it is found step by step")
def _(fit_slope):
    x, y = _points(0)
    for steps in (1, 3):
        said, d = fit_slope(x, y, lr=0.01, steps=steps), 0.0
        for _ in range(steps):
            d -= 0.02 * ((d * x - y) * x).sum()
        expect(
            same(said, d),
            f"fit_slope: after {steps} of its steps, d is elsewhere. The steps were right; mend "
            f"the dtype.",
        )


@fit_slope.check("d has the dtype of the data")
def _(fit_slope):
    for dtype in ("float32", "float64"):
        x, y = (array.astype(dtype) for array in _points(1))
        d = fit_slope(x, y, lr=0.01, steps=3)
        expect(hasattr(d, "dtype"), f"fit_slope: a Python number comes back, {shown(d)}.")
        expect(d.dtype == dtype, f"fit_slope: d is {d.dtype}, and the data are {dtype}.")


@fit_slope.check("the steps are computed in that dtype, too")
def _(fit_slope):
    # Rounded at the end alone, it would be what float64 gives, digit by digit, each time.
    is_rounded = []
    for seed in range(20):
        points = _points(seed)
        short = fit_slope(*(array.astype("float32") for array in points), lr=0.01, steps=5)
        long = fit_slope(*(array.astype("float32").astype("float64") for array in points), 0.01, 5)
        is_rounded.append(bool(short == long.astype("float32")))
    expect(
        not all(is_rounded),
        "fit_slope: d is computed in float64, and made short at the end. Make it short at the "
        "start.",
    )


def _points(seed):
    rng = numpy.random.default_rng(seed)
    x = rng.uniform(0.5, 2, size=9)
    return np.asarray(x), np.asarray(0.7 * x + rng.normal(size=9))


# --------------------------------------------------------------------------------------------------

printed_losses = Exercise(
    "write",
    hints=(
        "Which steps are printed? Look at the `if` in the loop of the page.",
        "The page asks whether t % 100 is 99. What stands there with `every` in the place of 100? "
        "`enumerate` counts the losses from 0.",
        "Choose first, by the number of the step, and call float on what is chosen. A list with a "
        "for and an if in it does both.",
    ),
)


@printed_losses.check("with every=1 all are printed")
def _(printed_losses):
    said = printed_losses([_OnDevice(0.5), _OnDevice(0.25)], 1)
    expect(isinstance(said, list), f"A list is wanted, not {shown(said)}.")
    expect(
        all(type(loss) is float for loss in said),
        f"Python floats are wanted in the list, not {[type(loss).__name__ for loss in said]}.",
    )
    expect(said == [0.5, 0.25], f"The losses are 0.5 and 0.25, and your list is {said}.")


@printed_losses.check("the last of each `every` steps")
def _(printed_losses):
    for count, every in ((9, 3), (20, 7), (5, 2), (3, 4)):
        said = printed_losses(_losses(count), every)
        steps = [int(loss) for loss in said]  # the loss of step t is t
        expect(
            0 not in steps,
            f"Step 0 is printed, which is the first of {every} steps and not the last.",
        )
        expect(
            len(steps) == count // every,
            f"Of {count} steps with every={every}, steps {steps} are printed.",
        )
        expect(
            all((t + 1) % every == 0 for t in steps),
            f"With every={every}, steps {steps} are printed. Steps count from 0.",
        )


@printed_losses.check("nothing else is fetched")
def _(printed_losses):
    losses = _losses(20)
    said = printed_losses(losses, 7)
    fetched = sum(loss.fetched for loss in losses)
    expect(
        fetched <= len(said),
        f"{len(said)} losses are printed, and the program waits for the device {fetched} times. "
        f"Choose before you fetch.",
    )


class _OnDevice:
    """Stands for an array of shape () on a device, and counts how often it is fetched."""

    shape, ndim = (), 0

    def __init__(self, number):
        self.number, self.fetched = number, 0

    def __float__(self):
        self.fetched += 1
        return float(self.number)

    item = __float__

    def __array__(self, dtype=None, copy=None):
        return numpy.array(float(self), dtype=dtype)


def _losses(count):
    return [_OnDevice(t) for t in range(count)]
