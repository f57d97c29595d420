"""Hints and checks of the exercises on passes over memory, and on @fused."""

import numpy

from common import config
from common.errors import ArgumentError
from common.fused import Fused, fused
from common.np import np
from exercises.exercise import AnswerError, Exercise, check_shape, expect, same

rng = numpy.random.default_rng(9)
P, G, V = rng.normal(size=(3, 4, 5))

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
            said != found + 2,
            "Operations between two numbers are counted, too. They go over no array.",
        )
        expect(
            said != found - 1,
            "One is missing. Is += counted, and the first x, which is multiplied by a number?",
        )
        expect(said == found, f"With x standing there {n} times, another number is counted.")


@passes.check("with x any number of times")
def _(answer):
    for n in (3, 8, 21):
        expect(
            _number(answer(n)) == _passes(n),
            f"With x standing there {n} times, another number is counted. What does one x more "
            f"cost?",
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
    expect(isinstance(said, int | float | np.number), f"A number is wanted, not {said!r:.50}.")
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
def _(answer):
    p, g, v = _stepped(answer, P, G, 0 * G)
    expect(
        not same(p, P),
        "momentum_step: p has not moved in the first step, although there is a gradient.",
    )
    expect(same(g, G), "g has changed: it belongs to the model, and only p and v are to change.")
    expect(not same(p, P + 0.1 * G), "p moves along the gradient, and not against it.")
    expect(
        not same(p, P - 0.08 * G),
        "The first step is shorter than lr · g. Of what is `decay` to take a share, and of what "
        "not?",
    )
    expect(same(p, P - 0.1 * G), "The first step should be as long as one of plain descent.")
    expect(same(v, p - P), "p has moved by another number than v.")
