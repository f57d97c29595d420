"""What to predict before the pages of the chapter compute it: the site asks.

Each function works out the right answer, and what follows from a wrong idea.
"""

import math

from common.np import np
from common.players import Data, Wrong, quiz


def broadcast() -> Data:
    """Of `ch01/broadcast`: a column minus a row."""
    y, t = np.zeros((4, 1)), np.zeros(4)
    return quiz(
        "Predict first: y has shape (4, 1), and t has shape (4,). What shape has y - t?",
        (y - t).shape,
        "Flush right, (4, 1) stands over (4,). The 1 becomes a 4, and so does the missing length.",
        [
            Wrong(y.shape, "as many differences as answers", "t has no axis to stand under y's 4."),
            Wrong(t.shape, "the column lies down", "No axis of y is lost: the result has two."),
        ],
    )


def dot_and_matmul() -> Data:
    """Of `ch01/dot_and_matmul`: two stacks of matrices."""
    one, other = np.ones((5, 2, 3)), np.ones((5, 3, 4))
    return quiz(
        "Predict first: one is a stack of five matrices (2, 3), other a stack of five (3, 4). What "
        "shape has np.dot(one, other)?",
        np.dot(one, other).shape,
        "Each of the five with each of the five: two axes of length 5, each beside its own rows.",
        [
            Wrong(np.matmul(one, other).shape, "dot is matmul", "np.matmul pairs the first with "
                  "the first; np.dot pairs each with each."),
            Wrong((5, 5, 2, 4), "the stacks stand in front", "The axes of one come first, then "
                  "those of other."),
        ],
    )  # fmt: skip


def loss() -> Data:
    """Of `ch01/loss`: the loss of one who does not know."""
    return quiz(
        "Predict first: a network gives 1/3 to each of three classes. What is its loss?",
        -math.log(1 / 3),
        "-log(1/3) is log 3, whichever class is right.",
        [
            Wrong(2 / 3, "the loss is the share that is missing", "The logarithm is taken."),
            Wrong(1 / 3, "the loss is the probability", "Then the surest answer would cost most."),
            Wrong(0.0, "undecided costs nothing", "0 is for the certain and right alone."),
        ],
    )


def chain_rule() -> Data:
    """Of `ch01/chain_rule`: two steps, one after the other."""
    x = 5.0
    y, dy_dx, dz_dy = x**2, 2 * x, 3.0
    return quiz(
        "Predict first: y = x² and z = 3y. At x = 5, how many times as far as x does z move?",
        dz_dy * dy_dx,
        "y moves 2 · 5 = 10 times as far as x, and z three times as far as y.",
        [
            Wrong(dz_dy + dy_dx, "the steps add up", "Each step multiplies the move before it."),
            Wrong(3 * y, "the value is the slope", "So large is z; the question is how it moves."),
            Wrong(dz_dy, "the last step decides", "y itself moves faster than x."),
        ],
    )


def branch() -> Data:
    """Of `ch01/computation_graph`: a value that is used twice."""
    a = 3.0
    return quiz(
        "Predict first: L = a · a, and a is 3. What is dL/da?",
        a + a,
        "Each of the two uses brings back the other factor, 3, and the two add up.",
        [
            Wrong(a, "one use counts", "When a moves, both factors move."),
            Wrong(a * a, "the uses multiply", "What comes back along two edges adds up."),
        ],
    )
