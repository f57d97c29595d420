"""Hints and checks of the exercises on passes over memory, and on @fused."""

import numpy

from common import config
from common.errors import ArgumentError, DTypeError
from common.fused import Fused, fused
from common.np import np
from common.optimizer import Momentum
from exercises.exercise import AnswerError, Exercise, check_number, expect, same

rng = numpy.random.default_rng(9)
P, G, V = rng.normal(size=(3, 4, 5))
LR, DECAY = 0.1, 0.8

# --------------------------------------------------------------------------------------------------

passes = Exercise(
    "predict",
    hints=(
        "A pass is an operation in which an array takes part. Which operations of the line have "
        "none?",
        "Python goes from left to right: lr * beta**2 is a number. What is that times the first x?",
        "Each x in the line costs one multiplication of arrays. And += is an operation, too.",
    ),
)


@passes.check("with x once and twice")
def _(answer):
    for n in (1, 2):
        said, found = _number(answer(n)), _passes(n)
        expect(
            said not in (found + 1, found + 2),
            "Too many. Are operations between two numbers counted? They go over no array.",
        )
        expect(
            said != found - 1,
            "One is missing. Is += counted, and the first x, which is multiplied by a number?",
        )
        expect(said == found, f"For n = {n}, another number is counted.")


@passes.check("with x any number of times")
def _(answer):
    for n in (3, 8, 21):
        expect(
            _number(answer(n)) == _passes(n),
            f"For n = {n}, another number is counted. What does one x more cost?",
        )


class Counted:
    """Stands for an array, and counts the operations in which it takes part."""

    count = 0

    def operate(self, *_):
        Counted.count += 1
        return Counted()

    __mul__ = __rmul__ = __iadd__ = operate


def _passes(n):
    x, y, product = Counted(), Counted(), 0.01 * 0.9**2
    Counted.count = 0
    for _ in range(n):
        product = product * x
    y += product
    return Counted.count


def _number(said):
    check_number(said)
    return said


# --------------------------------------------------------------------------------------------------

momentum_step = Exercise(
    "mend",
    hints=(
        "Go through the very first step on paper, in which v is 0, g is 1 and lr is 0.1.",
        "In place, each line works with what the lines before it have left. Which v is there when "
        "the first line runs?",
        "All three lines are right. It is their order that is not.",
    ),
)


@momentum_step.check("the first step, from rest")
def _(step):
    moved, g, v = _moved(step, [G])
    right = _moved_by_optimizer([G])
    expect(
        moved.any(),
        "momentum_step: p has not moved in the first step, although there is a gradient.",
    )
    expect(same(g, G), "g has changed. It belongs to the model: only p and v are to change.")
    expect(not same(moved, -right), "p moves along the gradient, and not against it.")
    expect(
        not same(moved, DECAY * right),
        "The first step is too short. Of what is decay to keep a share, and of what not?",
    )
    expect(same(moved, right), "From rest, the first step should be that of plain descent.")
    expect(v.any(), "p has moved as it should, and v is still zero. Is v changed in place?")
    expect(
        same(v, moved),
        "p has moved as it should, but what stands in v after the step is not what the first "
        "formula makes it.",
    )


@momentum_step.check("the steps after it")
def _(step):
    for gradients in ([G, V], [G, 0 * G, 0 * G], [G, -V, V, G + V]):
        moved, _, _ = _moved(step, gradients)
        expect(
            same(moved, _moved_by_optimizer(gradients)),
            f"After {len(gradients)} steps p is not where Momentum brings it.",
        )


def _moved(step, gradients):
    """How far p has moved after these steps, the last gradient, and v."""
    p, v = P.copy(), np.zeros_like(P)
    with config.use_fused(False):  # to compile it takes a second
        for g in map(np.copy, gradients):
            step(p, g, v, LR, DECAY)
    return p - P, g, v


def _moved_by_optimizer(gradients):
    p, optimizer = P.copy(), Momentum(LR, DECAY)
    for g in gradients:
        optimizer.update([p], [g])
    return p - P


# --------------------------------------------------------------------------------------------------

signed_step = Exercise(
    "write",
    hints=(
        "Look at the first two lines of Adam's formula on the page, and at its last one.",
        "Two lines for m: first it is made smaller, and then something is added to it. The third "
        "line changes p, and looks at the m that the first two have made.",
        "Each line begins with the name of an array and *=, += or -=. The last takes np.sign(m) "
        "times a number.",
    ),
)


@signed_step.check("m and p change where they are, g does not")
def _(answer):
    p, g, m = _after(answer, 0.5)
    expect(same(g, G), "g has changed. It belongs to the model: only p and m are to change.")
    for name, now, before in (("m", m, V), ("p", p, P)):
        expect(
            not same(now, before),
            f"{name} is what it was. Is it changed in place? `{name} = ...` makes a new array, "
            f"and the one that was given stays as it is.",
        )


@signed_step.check("m is a running mean")
def _(answer):
    for beta in (0.9, 0.25):
        m, way = _after(answer, beta)[2], G - V
        expect(
            not same(m, V + beta * way),
            "beta and 1 - beta are exchanged: beta is the share of the old m that is kept.",
        )
        expect(not same(m, beta * V + G), "The share of g that is added is missing.")
        expect(
            same(m, V + (1 - beta) * way),
            f"With beta = {beta}, m should go from where it was {1 - beta:.0%} of the way to g.",
        )


@signed_step.check("each parameter moves by lr, against the sign of the new m")
def _(answer):
    for beta in (0.5, 0.9):
        p, _, m = _after(answer, beta)
        moved = p - P
        expect(
            same(abs(moved), np.full_like(P, LR)),
            "The steps are not all of the length lr. Does the size of m play a part?",
        )
        expect(not same(moved, LR * np.sign(m)), "The steps go along the sign, not against it.")
        expect(not same(moved, -LR * np.sign(G)), "The sign is that of g, and m is asked for.")
        expect(not same(moved, -LR * np.sign(V)), "The sign is that of m before it has changed.")
        expect(same(np.sign(moved), -np.sign(m)), "Some steps go along the sign of m.")
    p, g, m = np.ones(3), np.array([0.0, 2.0, -2.0]), np.zeros(3)
    _plain(answer)(p, g, m, LR, 0.5)
    expect(same(p[0], 1.0), f"Where m is 0, its sign is 0, and p stays. It went from 1 to {p[0]}.")


@signed_step.check("@fused takes it, and it does the same")
def _(answer):
    try:
        formula = answer if isinstance(answer, Fused) else fused(answer)
    except ArgumentError as error:
        raise AnswerError(f"NumPy can run it, but a loop cannot be made of it. {error}") from error
    p, g, m = P.copy(), G.copy(), V.copy()
    try:
        with config.use_fused(False):
            formula(p, g, m, LR, 0.5)
    except DTypeError as error:
        raise AnswerError(
            "@fused tells arrays and numbers apart by what the first line says of them, `p: Array` "
            "and `lr: float`. Is that line as it was given?"
        ) from error
    expect(all(map(same, (p, g, m), _after(answer, 0.5))), "Under @fused other numbers come out.")


def _after(answer, beta):
    p, g, m = P.copy(), G.copy(), V.copy()
    _plain(answer)(p, g, m, LR, beta)
    return p, g, m


def _plain(answer):
    return answer.function if isinstance(answer, Fused) else answer
