"""Hints and checks of the exercises on an operation of your own."""

import numpy

from common.autograd import Tensor
from common.gradient_check import check_gradients, numerical_gradient
from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same

X = np.array([[-1.3, -0.6, 0.2], [0.7, 1.1, 1.6]])

# --------------------------------------------------------------------------------------------------

blind_spot = Exercise(
    "predict",
    hints=(
        "The page has an example: for P₃, a backward that always says 6 looks right at 1. Why?",
        "It looks right where the true derivative is the same number. What is the derivative of "
        "x³?",
        "Set that derivative equal to k, and solve for x.",
    ),
)


@blind_spot.check("at that x the slope of x³ is 12, for k = 12")
def _(answer):
    _check_spot(answer(12), 12)


@blind_spot.check("for any k")
def _(answer):
    for k in (0.75, 1, 7, 300):
        _check_spot(answer(k), k)


def _check_spot(x, k):
    check_number(x)
    expect(x > 0, f"The x that is wanted is above 0, and {x:.4g} is not.")
    expect(
        not same(x**3, k),
        f"With k = {k}, that is where x³ itself is k. A backward is about its slope.",
    )
    expect(
        not same(_slope(x**0.5), k),
        f"With k = {k}, that is the square of the right x. One step is left.",
    )
    expect(
        np.isclose(_slope(x), k, rtol=1e-5),
        f"With k = {k} you say {x:.4g}. There the slope of x³ is {_slope(x):.4g}, and the check "
        f"would notice.",
    )


def _slope(x):
    return float(numerical_gradient(lambda x: x**3, np.array(float(x))).round(6))


# --------------------------------------------------------------------------------------------------

LegendreP4 = Exercise(
    "mend",
    hints=(
        "Take the derivative of the formula in the docstring, term by term, with a pencil.",
        "x⁴ becomes 4 x³, x² becomes 2 x, and a constant becomes 0. So much is there. What else "
        "is in the formula of forward?",
        "A number that the whole of y is divided by divides its derivative as well.",
    ),
)


@LegendreP4.check("forward is what it was")
def _(LegendreP4):
    expect(
        same(LegendreP4().forward(X.copy()), numpy.polynomial.Legendre.basis(4)(X)),
        "LegendreP4: the forward was right. Mend the backward.",
    )


@LegendreP4.check("backward agrees with the measured slopes")
def _(LegendreP4):
    check_gradients(LegendreP4(), X)


# --------------------------------------------------------------------------------------------------

LegendreP2 = Exercise(
    "mend",
    hints=(
        "The derivative of (3 x² - 1) / 2 is 3 x, so the formula in backward is right. Which "
        "number does it take for x?",
        "Let x be 3, and go through forward. What is in self.x after that?",
        "forward has to keep what it was given, and to return what it made of it. These are two "
        "different arrays.",
    ),
)


@LegendreP2.check("forward returns what it did")
def _(LegendreP2):
    y = LegendreP2().forward(X.copy())
    check_shape(y, X.shape)
    expect(
        same(y, numpy.polynomial.Legendre.basis(2)(X)),
        "LegendreP2: what forward returned was right, and is not any more.",
    )


@LegendreP2.check("backward agrees with the measured slopes")
def _(LegendreP2):
    check_gradients(LegendreP2(), X)


# --------------------------------------------------------------------------------------------------

Wave = Exercise(
    "write",
    hints=(
        "As LegendreP3 on the page: forward keeps its input, and backward needs it for the "
        "derivative at this place.",
        "y is a chain of two steps, k times x and then the sine. The derivative of a chain is the "
        "product of the derivatives of its steps.",
        "Three factors come back: what backward is given, the slope of the sine at the place where "
        "forward took the sine, and the slope of k x.",
    ),
)


@Wave.check("forward gives sin(k x)")
def _(Wave):
    sine = Tensor(X).sin().data
    for k in (4, 0.7):
        y = Wave(k).forward(X.copy())
        check_shape(y, X.shape)
        expect(not same(y, sine), f"With k = {k} it is sin(x). Where is k?")
        expect(not same(y, k * sine), f"With k = {k} it is k sin(x). k stands inside the sine.")
        expect(same(y, (Tensor(X) * k).sin().data), f"With k = {k} it is not sin(k x).")


@Wave.check("backward agrees with the measured slopes, for k = 1")
def _(Wave):
    check_gradients(Wave(1), X)


@Wave.check("and for other k")
def _(Wave):
    for k in (4, 0.7, -1.5):
        check_gradients(Wave(k), X)


@Wave.check("two calls on tensors, of different shapes, do not disturb each other")
def _(Wave):
    wave, u, v = Wave(2), Tensor(X, requires_grad=True), Tensor(X[0] - 1, requires_grad=True)
    (wave(u).sum() + wave(v).sum()).backward()
    for x in (u, v):
        slopes = numerical_gradient(lambda x: (Tensor(x) * 2).sin().sum().data, x.data)
        expect(
            x.grad.shape == slopes.shape and np.allclose(x.grad, slopes, atol=1e-6),
            "After wave(u) and wave(v), what comes back to u and v is not what it should be. Does "
            "backward use what its own forward kept?",
        )
