"""Hints and checks of the exercises on layers as classes."""

from itertools import combinations, pairwise

import numpy

from common.functions import sigmoid
from common.layers import Affine
from common.np import np
from exercises.checks.networks import affine_layers, draw, run_forward
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

# --------------------------------------------------------------------------------------------------

numbers_learned = Exercise(
    "predict",
    hints=(
        "Which of the layers have something to learn, and which arrays is it in?",
        "An Affine has a weight for each pair of an input and a neuron, and a bias for each "
        "neuron. A Sigmoid has nothing.",
        "Go through sizes in pairs of neighbours: the first number of a pair is the inputs of an "
        "Affine, the second its outputs. Add up what each pair has.",
    ),
)


@numbers_learned.check("a single Affine")
def _(answer):
    said = answer([3, 5])
    check_number(said)
    expect(said != 3 * 5, "Those are the weights. An Affine has one more array.")
    expect(said != 3 + 5, "That is the number of inputs and outputs. Each pair has a weight.")
    expect(said != 2, "That is how many arrays there are. How many numbers are in them?")
    expect(
        said not in (3 * 5 + 3, 3 * 5 + 3 + 5),
        "Inputs have no bias: it is added to the sum that a neuron makes. Whose number is it?",
    )
    expect(said != 3 * 5 + 1, "As if all outputs had one bias in common. b has the shape (5,).")
    expect(
        said == _numbers_learned([3, 5]),
        f"An Affine of 3 inputs and 5 outputs does not learn {said} numbers.",
    )


@numbers_learned.check("an Affine, a Sigmoid, an Affine")
def _(answer):
    said, right = answer([4, 6, 2]), _numbers_learned([4, 6, 2])
    expect(said != right + 6, "Six too many. A Sigmoid learns nothing.")
    expect(
        said not in (_numbers_learned([4, 6]), _numbers_learned([6, 2]), _numbers_learned([4, 2])),
        "That is one Affine only. Where sizes has three numbers there are two.",
    )
    expect(said == right, f"With sizes of 4, 6 and 2 it is not {said}.")


@numbers_learned.check("any number of layers")
def _(answer):
    for sizes in ([7, 7, 7, 7], [100, 50, 20, 10], [1, 2, 3, 4, 5, 6]):
        said = answer(sizes)
        expect(said == _numbers_learned(sizes), f"With sizes {sizes} it is not {said}.")


def _numbers_learned(sizes):
    layers = [Affine(np.ones((D, H)), np.ones(H)) for D, H in pairwise(sizes)]
    return sum(param.size for layer in layers for param in layer.params)


# --------------------------------------------------------------------------------------------------

Chain = Exercise(
    "write",
    hints=(
        "It is what the TwoLayerNet of the page does, but for layers that it is given.",
        "forward is a loop over the layers that hands on one array. params is a loop over the "
        "layers and, within it, one over the params of each.",
        "In forward, let x stand for what has come out so far: each layer's output takes its "
        "place. After the loop x is the output of the last.",
    ),
    asks_for="layers.Sequential",
)


@Chain.check("of one layer, it gives what the layer gives")
def _(Chain):
    layer, x = affine_layers(4, 3)[0], draw(5, 4)
    y = Chain([layer]).forward(x)
    check_shape(y, (5, 3))
    expect(same(y, layer.forward(x)), "A single layer gives one thing, its Chain another.")


@Chain.check("each layer goes on from the one before it")
def _(Chain):
    layers, x = affine_layers(4, 4, 4), draw(5, 4)
    chain = _chain(Chain, layers)
    y, right = chain.forward(x), run_forward(layers, x)
    check_shape(y, right.shape)
    expect(
        not same(y, layers[-1].forward(x)),
        "The last layer has worked on the x that the first one was given.",
    )
    expect(not same(y, layers[0].forward(x)), "Only the first layer has worked. The others, too?")
    expect(
        not same(y, run_forward(layers[::-1], x)),
        "The layers come in the wrong order: the first in the list works last.",
    )
    expect(same(y, right), "The result is not what the layers give if called one by one.")
    expect(
        same(chain.forward(x), right),
        "A second forward gives something else than the first. Has it all its layers still?",
    )


@Chain.check("params has the arrays of all layers")
def _(Chain):
    layers = affine_layers(2, 3, 4)
    chain = _chain(Chain, layers)
    expect(hasattr(chain, "params"), "A layer has a list `params`, this one none.")
    expect(isinstance(chain.params, list), f"params is a list, not {shown(chain.params)}.")
    expect(
        not any(isinstance(item, list | tuple) for item in chain.params),
        "There are lists within params. An optimizer wants one list of arrays.",
    )
    _check_params(chain, [*layers[0].params, *layers[2].params])


@Chain.check("a Chain may stand in a Chain")
def _(Chain):
    layers, x = affine_layers(2, 3, 4, 3), draw(6, 2)
    chain = _chain(Chain, [_chain(Chain, layers[:2]), _chain(Chain, layers[2:])])
    y = chain.forward(x)
    check_shape(y, (6, 3))
    expect(
        same(y, run_forward(layers, x)), "Put together from two Chains, it gives something else."
    )
    _check_params(chain, [param for layer in layers for param in layer.params])


def _chain(Chain, layers):
    """A Chain of these layers, which stay as they are."""
    before = [len(layer.params) for layer in layers]
    chain = Chain(list(layers))
    for i, (layer, count) in enumerate(zip(layers, before, strict=True)):
        expect(
            len(layer.params) == count,
            f"Layer {i} has {len(layer.params)} arrays in its own params now, and had {count}: the "
            f"list that the Chain adds to is that layer's. Begin with a new list.",
        )
    return chain


def _check_params(chain, params):
    said, count = chain.params, len(params)
    expect(len(said) == count, f"The layers have {count} arrays, and params has {len(said)}.")
    if all(map(same, said, params)) and any(a is not b for a, b in zip(said, params, strict=True)):
        expect(False, "params has copies: to change them would not change what the layers use.")
    expect(
        all(one is other for one, other in zip(said, params, strict=True)),
        "The arrays in params are not those of the layers, or stand in another order.",
    )


# --------------------------------------------------------------------------------------------------

draw_weights = Exercise(
    "write",
    hints=(
        "How large are the sums if the weights are drawn with a spread of 1? The page says it.",
        "D products of the size of 1 add up to something of the size of √D. A weight that is "
        "smaller by a factor makes each product smaller by that factor.",
        "So the weights must be smaller by the factor by which the sums would be too large.",
    ),
)


@draw_weights.check("the shape is (D, H), and each draw is a new one")
def _(draw_weights):
    rng = numpy.random.default_rng(3)
    W, other = draw_weights(rng, 6, 4), draw_weights(rng, 6, 4)
    check_shape(W, (6, 4))
    expect(not same(W, other), "Two draws of one generator give the same. Does `rng` draw them?")
    expect(np.unique(W).size == W.size, "There are equal numbers in it. Is each drawn anew?")
    again = draw_weights(numpy.random.default_rng(3), 6, 4)
    expect(same(W, again), "The same `rng` gives another draw. Is it `rng` that is asked?")


@draw_weights.check("they lie around 0")
def _(draw_weights):
    W = draw_weights(numpy.random.default_rng(4), 100, 50)
    expect(abs(W.mean()) < 0.1 * W.std(), f"Their mean is {W.mean():.2g}. Let it be near 0.")


@draw_weights.check("the sums spread by 1 for a hundred inputs and for a thousand")
def _(draw_weights):
    few, many = _spread(draw_weights, 100, 50), _spread(draw_weights, 1000, 50)
    told = f"With 100 inputs the sums spread by {few:.3g}, with 1000 by {many:.3g}. "
    expect(many < 1.5 * few, told + "They grow with D.")
    expect(many > few / 1.5, told + "They shrink with D: the weights are divided by too much.")
    kept = 0.9 < many / few < 1.1
    otherwise = "They keep one size, but not that of 1." if kept else "Both should be near 1."
    expect(0.9 < few < 1.1 and 0.9 < many < 1.1, told + otherwise)


@draw_weights.check("the number of neurons does not matter")
def _(draw_weights):
    few, many = _spread(draw_weights, 50, 200), _spread(draw_weights, 200, 50)
    expect(
        0.9 < few < 1.1 and 0.9 < many < 1.1,
        f"With 200 neurons of 50 inputs the sums spread by {few:.3g}, with 50 neurons of 200 "
        f"inputs by {many:.3g}. How many products are in one sum?",
    )


@draw_weights.check("they are normally distributed")
def _(draw_weights):
    W = draw_weights(numpy.random.default_rng(4), 100, 50)
    far_out = float(((W / W.std()) ** 4).mean())  # 3 for a normal distribution
    expect(far_out > 2.5, "Their spread is right, but none lies far out. Are they drawn by normal?")
    expect(far_out < 3.5, "Their spread is right, but many lie far out. Are they drawn by normal?")


def _spread(draw_weights, D, H):
    W = draw_weights(numpy.random.default_rng(D), D, H)
    check_shape(W, (D, H))
    return float(np.matmul(draw(100, D), W).std())


# --------------------------------------------------------------------------------------------------

DeepNet = Exercise(
    "mend",
    hints=(
        "[item] * 3 is a list in which one and the same object stands three times.",
        "Each turn of a loop can draw new arrays, and make a new Affine of them.",
        "Begin with an empty list. In each of `depth` turns draw W and b, and append an Affine "
        "that holds them, and a Sigmoid.",
    ),
)


@DeepNet.check("there are as many layers and params as it should have")
def _(DeepNet):
    net = _deep_net(DeepNet)
    layers, params = len(net.layers), len(net.params)
    expect(layers == 6, f"DeepNet: a depth of 3 makes 6 layers with the Sigmoids, not {layers}.")
    expect(params == 6, f"DeepNet: a depth of 3 makes 6 arrays in params, not {params}.")


@DeepNet.check("each Affine has a Sigmoid behind it")
def _(DeepNet):
    net, x = _deep_net(DeepNet), draw(7, 4)
    y = net.predict(x)
    check_shape(y, (7, 4))
    for W, b in zip(net.params[::2], net.params[1::2], strict=True):
        x = sigmoid(np.matmul(x, W) + b)
    expect(
        same(y, x),
        "DeepNet: x does not go through an Affine, a Sigmoid, an Affine, a Sigmoid, and so on.",
    )


@DeepNet.check("a change to one Affine leaves the others alone")
def _(DeepNet):
    net = _deep_net(DeepNet)
    before = [param.copy() for param in net.params]
    for i, param in enumerate(net.params):
        param += 1
        others = [j for j in range(len(before)) if j != i and not same(net.params[j], before[j])]
        param[...] = before[i]
        expect(
            not others,
            f"DeepNet: params[{i}] is one array with {' and '.join(f'params[{j}]' for j in others)}"
            f". Layers that hold one array in common can never learn apart.",
        )


@DeepNet.check("no two Affine layers start with the same numbers")
def _(DeepNet):
    params = _deep_net(DeepNet).params
    for one, other in combinations([*params[::2], *(b for b in params[1::2] if b.any())], 2):
        expect(
            not same(one, other),
            "DeepNet: the layers have arrays of their own now, with the same numbers in them. "
            "Draw for each layer.",
        )


@DeepNet.check("no two networks start with the same numbers")
def _(DeepNet):
    rng = numpy.random.default_rng(6)
    one, other = DeepNet(rng, 4, 2), DeepNet(rng, 4, 2)
    expect(
        not any(map(same, one.params[::2], other.params[::2])),
        "DeepNet: the weights of two networks agree to the last digit. Do they come from `rng`?",
    )
    expect(
        all(map(same, _deep_net(DeepNet).params, _deep_net(DeepNet).params)),
        "DeepNet: the same `rng` gives other weights. Do they come from `rng`?",
    )


def _deep_net(DeepNet):
    return DeepNet(numpy.random.default_rng(5), 4, 3)
