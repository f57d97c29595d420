"""Hints and checks of the exercises on inference."""

from itertools import pairwise

import numpy

from common.functions import sigmoid
from common.layers import Affine, Sequential, Sigmoid
from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

# --------------------------------------------------------------------------------------------------

how_many_numbers = Exercise(
    "predict",
    hints=(
        "The page prints the four shapes of a network with 2 inputs, 4 hidden neurons and 3 "
        "outputs. Which length of which array is D, which is H, which is C?",
        "A weight matrix has a row for each number that comes in and a column for each that goes "
        "out. A bias has a number for each that goes out.",
        "Two of the four counts are products of two lengths, and two are a length alone.",
    ),
)


@how_many_numbers.check("three inputs, five hidden neurons, four outputs")
def _(answer):
    said, right = answer(3, 5, 4), _count(3, 5, 4)
    check_number(said)
    expect(said != right - 5 - 4, "Those are the weights. What does a neuron have besides them?")
    expect(said not in (right - 5, right - 4), "The biases of one of the two layers are missing.")
    expect(
        said != 3 * 5 * 4,
        "The inputs and the outputs are not connected directly: there are two matrices, and their "
        "sizes add up.",
    )
    expect(said != right + 3, "The inputs have no biases: a bias belongs to a neuron, or a score.")
    expect(said == right, f"The four arrays do not hold {said} numbers. Count each by its shape.")


@how_many_numbers.check("networks of other sizes")
def _(answer):
    for D, H, C in ((7, 1, 4), (2, 100, 10), (1, 1, 1)):
        said = answer(D, H, C)
        expect(
            said == _count(D, H, C),
            f"With D = {D}, H = {H} and C = {C} the four arrays do not hold {said} numbers.",
        )


def _count(D, H, C):
    return sum(array.size for array in _network(0, D, H, C).params)


# --------------------------------------------------------------------------------------------------

scores_of = Exercise(
    "write",
    hints=(
        "What goes into the second layer is what came out of the first. So one name can hold the "
        "numbers on their whole way.",
        "A loop over the layers does the same for each: a matrix product, a bias, a sigmoid. Only "
        "the last layer is different.",
        "layers[:-1] are all layers but the last, and layers[-1] is the last one.",
    ),
)


@scores_of.check("a single layer")
def _(scores_of):
    x, layers, right = _example(0, 2, 3)
    y = scores_of(x, layers)
    check_shape(y, right.shape)
    expect(
        not same(y, sigmoid(right)),
        "All numbers lie between 0 and 1: after the last layer there should be no sigmoid.",
    )
    x, layers, _ = _example(0, 2, 3)
    expect(not same(y, np.matmul(x, layers[0][0])), "The bias is missing.")
    expect(same(y, right), "With one layer, the scores are x W + b.")


@scores_of.check("two layers, as on the page")
def _(scores_of):
    x, layers, right = _example(1, 2, 4, 3)
    y = scores_of(x, layers)
    check_shape(y, right.shape)
    x, layers, _ = _example(1, 2, 4, 3)
    straight = np.matmul(np.matmul(x, layers[0][0]) + layers[0][1], layers[1][0]) + layers[1][1]
    expect(
        not same(y, straight),
        "There is no bend between the two layers, so they are no more than one.",
    )
    expect(
        not same(y, sigmoid(right)),
        "All numbers lie between 0 and 1: after the last layer there should be no sigmoid.",
    )
    expect(same(y, right), "With two layers the scores are not those of Affine, Sigmoid, Affine.")


@scores_of.check("more layers")
def _(scores_of):
    for sizes in ((3, 5, 4, 2), (1, 2, 2, 2, 6)):
        x, layers, right = _example(2, *sizes)
        count = len(layers)
        y = scores_of(x, layers)
        check_shape(y, right.shape)
        expect(
            same(y, right),
            f"With {count} layers the scores differ. Is there a sigmoid after each but the last?",
        )


@scores_of.check("what is given stays as it is")
def _(scores_of):
    x, layers, _ = _example(3, 2, 4, 3)
    scores_of(x, layers)
    before, layers_before, _ = _example(3, 2, 4, 3)
    expect(len(layers) == 2, "Your answer takes layers out of the list: it is another list now.")
    expect(same(x, before), "Your answer writes into x.")
    expect(
        all(
            same(W, V) and same(b, c) for (W, b), (V, c) in zip(layers, layers_before, strict=True)
        ),
        "Your answer writes into the weights.",
    )


def _example(seed, *sizes):
    """x, the layers as pairs, and the scores."""
    network = _network(seed, *sizes)
    x = np.asarray(numpy.random.default_rng(seed).normal(size=(6, sizes[0])))
    params = network.params
    return x, list(zip(params[::2], params[1::2], strict=True)), network.forward(x)


# --------------------------------------------------------------------------------------------------

score_in_the_middle = Exercise(
    "predict",
    hints=(
        "What does the page say of two layers without a sigmoid between them?",
        "They are one layer: with one input and one score that is x · w + b, for some numbers w "
        "and b. Draw the score above the input. What kind of line is it?",
        "On a straight line, how high is the point halfway between two others?",
    ),
)


@score_in_the_middle.check("the same score at both ends")
def _(answer):
    for score in (3.0, -2.0):
        said = answer(score, score)
        check_number(said)
        expect(not same(said, 2 * score), "That is the sum of both scores. How high is the middle?")
        expect(
            not same(said, 0),
            "The input 0 need not have the score 0: the biases are added to it as well.",
        )
        expect(
            same(said, score), f"If both ends have the score {score}, the middle is not {said:g}."
        )


@score_in_the_middle.check("networks with random weights and no bend")
def _(answer):
    for seed in range(5):
        left, middle, right = _scores_without_a_bend(seed)
        said = answer(left, right)
        expect(
            same(said, middle),
            f"A network without a bend has scores of {left:.4f} at -1 and {right:.4f} at 1. At 0 "
            f"its score is {middle:.4f}, and you say {said:.4f}.",
        )


def _scores_without_a_bend(seed):
    first, _, second = _network(seed, 1, 3, 1).layers
    scores = second.forward(first.forward(np.array([[-1.0], [0.0], [1.0]])))
    return [float(score) for score in scores[:, 0]]


# --------------------------------------------------------------------------------------------------

hill = Exercise(
    "write",
    hints=(
        "Look at the curve of the sigmoid on the page. One neuron goes up, or down. A hill goes up "
        "and later comes down, so how many neurons does it take?",
        "A bias moves the S along the input: sigmoid(x + 5) goes up around -5. What goes down "
        "around 5?",
        "Let two neurons go up, one on the left of 0 and one on the right of it, and take the "
        "second one's result away from the first one's. Which weights of W2 do that?",
    ),
)


@hill.check("four arrays that fit")
def _(hill):
    _weights(hill)


@hill.check("the score in the middle is higher than on the left")
def _(hill):
    left, middle, right = _scores_of_a_hill(hill)
    expect(
        middle >= left + 0.5,
        f"From -10 over 0 to 10 the scores are {left:.5f}, {middle:.5f} and {right:.5f}: from the "
        "left to the middle they should go up by 0.5 or more.",
    )


@hill.check("the score in the middle is higher than on the right")
def _(hill):
    left, middle, right = _scores_of_a_hill(hill)
    expect(
        middle >= right + 0.5,
        f"From -10 over 0 to 10 the scores are {left:.5f}, {middle:.5f} and {right:.5f}: from the "
        "middle to the right they should come down by 0.5 or more.",
    )


def _scores_of_a_hill(hill):
    weights = _weights(hill)
    left, middle, right = scores = _scores(*weights)
    expect(
        weights[0].shape[1] != 1,
        f"From -10 over 0 to 10 the scores are {left:.3f}, {middle:.3f} and {right:.3f}. With one "
        "hidden neuron they go one way only, as the sigmoid does. A hill takes more of them.",
    )
    return scores


def _weights(hill):
    said = hill()
    expect(
        isinstance(said, tuple | list) and len(said) == 4,
        f"Four arrays are wanted, W1, b1, W2 and b2, not {shown(said)}.",
    )
    for name, array in zip(("W1", "b1", "W2", "b2"), said, strict=True):
        expect(hasattr(array, "shape"), f"{name} should be an array, not {shown(array)}.")
    W1, b1, W2, b2 = said
    expect(
        W1.ndim == 2 and len(W1) == 1,
        f"W1 has the shape {W1.shape}. It has a row for each input, and there is one.",
    )
    H = W1.shape[1]
    expect(b2.shape == (1,), f"There is one score, so b2 is of shape (1,), and not {b2.shape}.")
    for name, array, shape in (("b1", b1, (H,)), ("W2", W2, (H, 1))):
        expect(
            array.shape == shape,
            f"W1 has {H} columns, so there are {H} hidden neurons; then {name} has the shape "
            f"{shape}, and yours has {array.shape}.",
        )
    return said


def _scores(W1, b1, W2, b2):
    x = np.array([[-10.0], [0.0], [10.0]])
    scores = np.matmul(sigmoid(np.matmul(x, W1) + b1), W2) + b2
    return [float(score) for score in scores[:, 0]]


# --------------------------------------------------------------------------------------------------


def _network(seed, *sizes):
    """A network of common's with these sizes, and random weights and biases."""
    rng = numpy.random.default_rng([seed, 1])
    layers = []
    for rows, columns in pairwise(sizes):
        W, b = rng.normal(size=(rows, columns)), rng.normal(size=columns)
        layers += [Affine(np.asarray(W), np.asarray(b)), Sigmoid()]
    return Sequential(*layers[:-1])
