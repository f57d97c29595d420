"""Hints and checks of the exercises on fitting a sine with NumPy alone."""

import numpy

from common.gradient_check import numerical_gradient
from common.np import np
from exercises.exercise import Exercise, check_shape, expect, same, shown

X = np.array([-1.2, -0.5, 0.3, 0.8, 1.5])
Y = np.array([0.7, -1.0, 0.4, 2.0, -0.3])

# --------------------------------------------------------------------------------------------------

coefficients_that_move = Exercise(
    "predict",
    hints=(
        "A coefficient leaves 0 if its gradient is not 0. What is each gradient a sum of, at the "
        "start, where y_pred is 0 everywhere?",
        "The gradient of the coefficient of a power is a sum over the points: the error times "
        "that power of x. For each x there is a -x. Which of these products have the same sign "
        "at both, and which cancel?",
        "Even powers are the same at x and -x, odd powers change their sign. Their product is "
        "even, and its sum not 0, if both are even or both are odd. That goes on in each later "
        "step, too.",
    ),
)


@coefficients_that_move.check("for y = x³")
def _(answer):
    said = answer(3)
    _check_letters(said)
    expect(
        set(said) != {"d"},
        "In the end d alone is needed. But at the start another coefficient has a gradient as "
        "well, and is moved away from 0 until d has grown.",
    )
    expect(
        set(said) != set("abcd"),
        "Not all of them: some of the gradients are sums in which each x cancels its -x.",
    )
    expect(set(said) == _moved(3), "Those are not the ones that move when y = x³ is fitted.")


@coefficients_that_move.check("for y = x²")
def _(answer):
    said = answer(2)
    _check_letters(said)
    expect(
        set(said) != _moved(3),
        "Those are the ones that move for y = x³. For x² it is different. Is `k` used?",
    )
    expect(set(said) == _moved(2), "Those are not the ones that move when y = x² is fitted.")


@coefficients_that_move.check("for other powers, also such as the polynomial does not have")
def _(answer):
    for k in (1, 4, 5, 8):
        said = answer(k)
        _check_letters(said)
        expect(set(said) == _moved(k), f"For k = {k}, others move than {said!r}.")


def _check_letters(said):
    is_letters = isinstance(said, str) and set(said) <= set("abcd")
    expect(is_letters, f'Letters in one string are wanted, some of "abcd", not {shown(said)}.')


def _moved(k):
    """The letters of what has left 0 after some steps."""
    x = np.linspace(-1.5, 1.5, 30)
    powers = x[:, None] ** np.arange(4)
    w = np.zeros(4)
    for _ in range(20):
        w = w - 1e-3 * 2 * np.matmul(np.matmul(powers, w) - x**k, powers)
    return {letter for letter, number in zip("abcd", w, strict=True) if abs(number) > 1e-9}


# --------------------------------------------------------------------------------------------------

gradients = Exercise(
    "write",
    hints=(
        "Three parts, as on the page: predict y, see how the loss changes with each prediction, "
        "and how each prediction changes with each coefficient.",
        "The page writes four gradients with x to the power of 0, 1, 2 and 3. What is the power "
        "for w[k]? A loop over k, or a list with a for in it, gives one after another.",
        "Work out 2 (y_pred - y) once. The gradient of w[k] is the sum, over the points, of that "
        "times the k-th power of x. np.array makes an array of a list of such numbers.",
    ),
)


@gradients.check("one gradient for each coefficient")
def _(gradients):
    check_shape(gradients(np.array([0.5, -1.0, 2.0]), X.copy(), Y.copy()), (3,))


@gradients.check("the gradients of a cubic agree with the measured slopes")
def _(gradients):
    w = np.array([0.5, -1.0, 2.0, 0.25])
    said, measured = gradients(w.copy(), X.copy(), Y.copy()), _measured(w, X, Y)
    expect(not same(said, -measured), "All signs are the other way round: y - y_pred?")
    expect(not same(2 * said, measured), "All are half as large: think of the slope of a square.")
    expect(
        not same(len(X) * said, measured),
        "All are too small by the number of points. The loss is a sum here, not a mean.",
    )
    expect(
        not same(said, np.full(4, said[0])),
        "All four are the same. A prediction changes by another power of x with each coefficient.",
    )
    expect(
        not same(said[1:], np.array([1, 2, 3]) * measured[:-1]),
        "k x^(k-1) says how a power changes with x. x stays: how does y_pred change with w[k]?",
    )
    expect(
        not same(said[:-1], measured[1:]),
        "The powers of x are off by one: the first gradient belongs to a term without x.",
    )
    expect(
        same(said, measured),
        f"The measured slopes are {measured.round(3)}, and your gradients {said.round(3)}.",
    )


@gradients.check("the same for any number of coefficients and points")
def _(gradients):
    for w, n in ((np.array([1.5]), 5), (np.array([0.3, -0.2]), 3), (np.linspace(-1, 1, 6), 4)):
        said = gradients(w.copy(), X[:n].copy(), Y[:n].copy())
        check_shape(said, w.shape)
        expect(
            same(said, _measured(w, X[:n], Y[:n])),
            f"With {len(w)} coefficients and {n} points the measured slopes are others.",
        )


def _measured(w, x, y):
    return numerical_gradient(lambda w: ((numpy.polyval(w[::-1], x) - y) ** 2).sum(), w)


# --------------------------------------------------------------------------------------------------

fit_line = Exercise(
    "mend",
    hints=(
        "Go through two steps with a pencil, for a single point. What is the same in the second "
        "step as in the first, and should it be?",
        "A gradient belongs to one place, the a and b for which it was worked out. After a step "
        "they are others.",
        "Three things happen in each step: forward, backward, update. Here one of the three "
        "happens a single time.",
    ),
)


@fit_line.check("no step, no change")
def _(fit_line):
    expect(same(_after(fit_line, 0), (0, 0)), "fit_line: with steps=0, a and b should still be 0.")


@fit_line.check("the first step goes against the gradient")
def _(fit_line):
    a, b = _after(fit_line, 1)
    right = -0.01 * _slope((0, 0))
    expect(not same((a, b), -right), "fit_line: the first step goes uphill. The sign has changed.")
    expect(not same((b, a), right), "fit_line: a and b are returned in the other order.")
    expect(
        same(a, right[0]),
        "fit_line: the first step of a is not lr times its gradient. It was right; something "
        "else is to be mended.",
    )
    expect(
        same(b, right[1]),
        "fit_line: the first step of b is not lr times its gradient, though that of a is right. "
        "Both gradients belong to the line before the step.",
    )


@fit_line.check("so does the second step")
def _(fit_line):
    first, second = _after(fit_line, 1), _after(fit_line, 2)
    expect(
        not same(second, 2 * first),
        "fit_line: the second step is the same as the first, although the line has moved since.",
    )
    expect(
        not same(second, first),
        "fit_line: after two steps it is where it was after one. Is each step taken, and from "
        "where the step before has led?",
    )
    expect(
        same(second, first - 0.01 * _slope(first)),
        "fit_line: the second step is not lr times the gradient, taken from where the first has "
        "led.",
    )


@fit_line.check("it comes to the best line")
def _(fit_line):
    for x, y in ((X, Y), (X[:4] + 1, Y[:4])):
        a, b = _pair(fit_line(x.copy(), y.copy(), lr=0.03, steps=400))
        best = numpy.polyfit(x, y, 1)[::-1]
        expect(
            np.allclose((a, b), best, atol=1e-4),
            f"fit_line: after 400 steps it is at {a:.4f} + {b:.4f} x, and the best line is "
            f"somewhere else.",
        )


def _after(fit_line, steps):
    return np.array(_pair(fit_line(X.copy(), Y.copy(), lr=0.01, steps=steps)))


def _slope(w):
    w = np.array(w, dtype=float)
    return numerical_gradient(lambda w: ((w[0] + w[1] * X - Y) ** 2).sum(), w)


def _pair(said):
    is_pair = isinstance(said, tuple | list | np.ndarray) and len(said) == 2
    is_number = [isinstance(n, int | float) or np.shape(n) == () for n in said] if is_pair else []
    expect(
        is_pair and all(is_number) and None not in said,
        f"fit_line: two numbers are wanted, a and b, not {shown(said)}.",
    )
    return tuple(map(float, said))
