"""Hints and checks of the exercises on derivative and gradient."""

from common.gradient_check import numerical_gradient
from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

W = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -3.0]])

# --------------------------------------------------------------------------------------------------

error_with_a_smaller_step = Exercise(
    "predict",
    hints=(
        "Look at the page's table: how do the errors of two sides fall from one line to the next?",
        "What is left of the error, once the bend has cancelled, is h²/6 f'''.",
        "Put h/k in the place of h. The k comes out as often as h was there.",
    ),
)


@error_with_a_smaller_step.check("the step becomes half as large")
def _(answer):
    said = answer(0.08, 2)
    check_number(said)
    expect(said < 0.08, "A smaller step should make the error smaller.")
    expect(
        not same(said, 0.08 / 2),
        "That is how the error of a step to one side falls. Here the bend cancels.",
    )
    expect(
        not same(said, 0.08 / 8),
        "There is an h³ in f(x + h), but the slope is a difference that was divided by 2h.",
    )
    before, after = _errors(0.1, 2)
    expect(_is_near(said / 0.08, after / before), "Half the step makes it another error.")


@error_with_a_smaller_step.check("the error measured on a curve, for several steps")
def _(answer):
    for h, k in ((0.1, 3), (0.05, 5), (0.1, 40)):
        before, after = _errors(h, k)
        said = answer(before, k)
        expect(
            _is_near(said, after),
            f"With a step of {h} the slope of the logarithm at 2 is wrong by {before:.3g}, with a "
            f"step {k} times smaller by {after:.3g}. Your answer is {said:.3g}.",
        )


def _is_near(said, measured):
    """Whether it is as measured, give or take 2%: what is left out plays a small part."""
    return abs(said / measured - 1) < 0.02


def _errors(h, k):
    """Of the slope of the logarithm at 2, which is 1/2: with h and with h/k."""
    return [float(abs((np.log(2 + h) - np.log(2 - h)) / (2 * h) - 0.5)) for h in (h, h / k)]


# --------------------------------------------------------------------------------------------------

measure_gradient = Exercise(
    "write",
    hints=(
        "It is the slope of the page's first lines, measured for one element after another.",
        "For each element make two arrays that differ from W in this element alone: one with more "
        "there by h, one with less. f of these two gives one number of the gradient.",
        "A new array of zeros, with h at the index, can be added to W and taken away from W. W "
        "itself stays. Remember by what the difference is divided.",
    ),
    asks_for="gradient_check.numerical_gradient",
)


@measure_gradient.check("the gradient has the shape of W")
def _(measure_gradient):
    check_shape(measure_gradient(_sum_of_squares, W.copy(), 1e-3), W.shape)


@measure_gradient.check("for a sum of squares it is right")
def _(measure_gradient):
    h = 1e-3
    said, right = measure_gradient(_sum_of_squares, W.copy(), h), 2 * W
    expect(
        not same(said, np.zeros(W.shape)),
        "All are 0. Is f given two arrays that differ? A second name for an array is no copy of "
        "it. And is each result put into the gradient?",
    )
    expect(not same(said, -right), "The sign: f at the larger number comes first.")
    expect(
        not same(said, 2 * right),
        "All are twice too large. How far is it from one of the two places to the other?",
    )
    expect(
        not same(said, right + h) and not same(said, right - h),
        "All are wrong by h. That is a step to one side; go to both.",
    )
    expect(
        not same(said, (right + h) / 2) and not same(said, (right - h) / 2),
        "About half of what they should be. One of the two places is W itself, and that is only h "
        "away from the other.",
    )
    expect(
        not same(said / h**2, right),
        "All are too small, by h². To divide by 2h, write it in parentheses: / 2 * h divides by 2, "
        "and multiplies by h.",
    )
    expect(
        not same(said, np.full(W.shape, said[0, 0])),
        "All elements of the gradient are equal. Only one element of W moves at a time.",
    )
    expect(
        not same(said[0, 0], right[0, 0]) or said.ravel()[1:].any(),
        "Only the first element has been measured. Where does return stand?",
    )
    expect(
        not same(said[0, 0], right[0, 0]) or same(said, right),
        "The first element is right, and not all others. Does W begin each time with what it was, "
        "or do steps of earlier elements stay in it?",
    )
    expect(same(said, right), f"For W = {W.tolist()} it comes out as {shown(said.tolist())}.")


@measure_gradient.check("W is the same after it")
def _(measure_gradient):
    after = W.copy()
    measure_gradient(_sum_of_squares, after, 1e-3)
    expect(same(after, W), "W has changed. Work on a copy, or put each element back.")


@measure_gradient.check("W may have any shape, and elements that depend on each other")
def _(measure_gradient):
    for start in (np.array([1.0, -2.0, 0.5]), W, np.array([[[1.0], [2.0]], [[-1.0], [3.0]]])):
        said = measure_gradient(_product_of_neighbours(start), start.copy(), 1e-3)
        check_shape(said, start.shape)
        expect(
            same(said, numerical_gradient(_product_of_neighbours(start), start)),
            f"With a W of shape {start.shape} it is wrong. Does each element begin from W itself?",
        )


@measure_gradient.check("the step is h")
def _(measure_gradient):
    said = measure_gradient(lambda W: (W**3).sum(), W.copy(), 0.5)
    expect(
        same(said, ((W + 0.5) ** 3 - (W - 0.5) ** 3)),
        "A step of 0.5 is so large that the slope of a cube is visibly off; yours is off by "
        "something else. Is `h` used?",
    )


def _sum_of_squares(moved):
    expect(
        np.shape(moved) == W.shape,
        f"f takes the whole W, of shape {W.shape}; it was given something of shape "
        f"{np.shape(moved)}.",
    )
    return (moved**2).sum()


def _product_of_neighbours(start):
    def f(moved):
        expect(np.shape(moved) == start.shape, "f takes the whole W, with one element moved.")
        return (moved.ravel()[1:] * moved.ravel()[:-1]).sum()

    return f


# --------------------------------------------------------------------------------------------------

descend = Exercise(
    "mend",
    hints=(
        "The slope of a hill is not the same everywhere. Where is it measured here?",
        "Each step needs the gradient at the place to which the step before it has led.",
        "What depends on W must be computed anew whenever W has changed. Which line does, and "
        "where does it stand?",
    ),
)


@descend.check("the first step goes against the gradient")
def _(descend):
    after = descend(_bowl, W.copy(), 0.1, 1)
    check_shape(after, W.shape)
    expect(
        not same(after, W + (W - _descended(0.1, 1))),
        "descend goes uphill: the step is added where it should be taken away.",
    )
    expect(not same(after, W), "descend: after a step W is where it was.")
    expect(not same(after, _descended(0.1, 2)), "descend: where one step is asked for, two are.")
    expect(same(after, _descended(0.1, 1)), "descend: the first step was right, and is not now.")


@descend.check("each step uses the slope of the place where it begins")
def _(descend):
    for lr, steps in ((0.1, 2), (0.05, 7)):
        after = descend(_bowl, W.copy(), lr, steps)
        check_shape(after, W.shape)
        expect(
            not same(after, W + steps * (_descended(lr, 1) - W)),
            "descend: all steps are equal. Farther down, the slope is another one.",
        )
        expect(
            not same(after, _descended(lr, 1)),
            f"descend: of {steps} steps only one is taken. Where does return stand?",
        )
        for count in (steps - 1, steps + 1):
            expect(not same(after, _descended(lr, count)), f"descend: {count} steps, not {steps}.")
        expect(
            lr == 0.1 or not same(after, _descended(0.1, steps)),
            "descend: with another lr the steps are as long as with 0.1.",
        )
        expect(same(after, _descended(lr, steps)), f"descend: after {steps} steps W is wrong.")


@descend.check("it comes to rest at the bottom")
def _(descend):
    after = descend(_bowl, W.copy(), 0.1, 100)
    expect(
        np.abs(numerical_gradient(_bowl, after)).max() < 1e-4,
        "descend: after 100 steps there is a slope left.",
    )


@descend.check("the W that it was given is left as it was")
def _(descend):
    given = W.copy()
    descend(_bowl, given, 0.1, 3)
    expect(same(given, W), "descend writes into the array that it was given. Make a new one.")


def _bowl(W):
    return ((W - 1) ** 2).sum() + 2 * (W[0] * W[0]).sum()


def _descended(lr, steps):
    here = W
    for _ in range(steps):
        here = here - lr * numerical_gradient(_bowl, here)
    return here
