"""Hints and checks of the exercises on the chain rule."""

from common.gradient_check import check_gradients, numerical_gradient
from common.layers import Sigmoid
from common.np import np
from exercises.checks.networks import affine_layers, draw, run_forward
from exercises.exercise import Exercise, check_number, check_shape, expect, same

# --------------------------------------------------------------------------------------------------

slope_of_a_chain = Exercise(
    "predict",
    hints=(
        "If x moves by a little, how many times as far does y move? And z, if y moves? And L?",
        "Three factors: one of 5x + 1, one of a square, one of a minus. dL/dx is their product.",
        "The slope of the square is wanted at y, where the chain is. Put 5x + 1 there for y.",
    ),
)


@slope_of_a_chain.check("the slope at x = 2")
def _(answer):
    _check_slope(answer, 2.0)


@slope_of_a_chain.check("the slope anywhere")
def _(answer):
    for x in (-1.5, 0.0, 0.3, 10.0):
        _check_slope(answer, x)


def _check_slope(answer, x):
    said, y = answer(x), 5 * x + 1
    right = float(numerical_gradient(lambda x: -((5 * x + 1) ** 2), np.array(x)))
    check_number(said)
    expect(not same(said, -right), "The sign: L is -z, and falls where z grows.")
    expect(not same(said, right / 5), "A factor is missing: y moves faster than x.")
    expect(not same(said, right / 2), "A factor is missing. How fast does a square move?")
    expect(not same(said, 2 * y + 5 - 1), "The local derivatives are added; they multiply.")
    expect(
        not same(said, -2 * x * 5) and not same(said, -2 * x),
        "The slope of the square is taken at x. Which number was squared?",
    )
    expect(not same(said, -(y**2)), "That is L itself; the question is how fast it moves.")
    expect(same(said, right), f"At x = {x:g} the measured slope is another one than {said:g}.")


# --------------------------------------------------------------------------------------------------

Cube = Exercise(
    "write",
    hints=(
        "How does x³ move when x moves by a little? That is the local derivative.",
        "backward is the chain rule for one step: what came back from behind, times the local "
        "derivative.",
        "The local derivative of x³ is taken at the x that forward was given, so keep that x.",
    ),
)


@Cube.check("forward takes the cube of each element")
def _(Cube):
    for x in (draw(2, 3), draw(4)):
        y = Cube().forward(x.copy())
        check_shape(y, x.shape)
        expect(same(y, x * x * x), "forward gives something else than x · x · x.")


@Cube.check("backward returns an array of the shape of x")
def _(Cube):
    layer = Cube()
    layer.forward(draw(2, 4))
    check_shape(layer.backward(draw(2, 4, seed=1)), (2, 4))


@Cube.check("backward agrees with the measured slopes")
def _(Cube):
    check_gradients(Cube(), draw(2, 4))


@Cube.check("two of them, one behind the other, make a ninth power")
def _(Cube):
    first, second, x = Cube(), Cube(), np.linspace(0.5, 1.2, 6).reshape(3, 2)
    second.forward(first.forward(x))
    dx = first.backward(second.backward(np.ones((3, 2))))
    expect(
        same(dx, numerical_gradient(lambda x: (x**9).sum(), x)),
        "Each alone is right, both together are not. Does a Cube keep its x to itself?",
    )


# --------------------------------------------------------------------------------------------------

walk_back = Exercise(
    "write",
    hints=(
        "On the page there are two layers. In which order are their forwards called, and in which "
        "their backwards?",
        "What one layer's backward returns is the dout of the layer before it.",
        "A loop over the layers from the last to the first, in which one name stands for what has "
        "come back so far. Python's reversed goes through a list from its end, and leaves it.",
    ),
)


@walk_back.check("through one layer")
def _(walk_back):
    layers, x, dout = [Sigmoid()], draw(2, 3), draw(2, 3, seed=1)
    run_forward(layers, x)
    dx = walk_back(layers, dout.copy())
    check_shape(dx, (2, 3))
    expect(not same(dx, dout), "dout comes out as it went in. Is backward called?")
    layer = Sigmoid()
    layer.forward(x)
    expect(
        not same(dx, layer.backward(np.ones_like(dout))),
        "The way back begins with ones. It must begin with the dout that is given.",
    )
    expect(same(dx, layer.backward(dout)), "It should be what the layer's own backward returns.")


@walk_back.check("through layers that all have as many outputs as inputs")
def _(walk_back):
    layers, x, dout = affine_layers(3, 3, 3), draw(4, 3), draw(4, 3, seed=1)
    run_forward(layers, x)
    dx = walk_back(list(layers), dout.copy())
    check_shape(dx, (4, 3))
    expect(
        not same(dx, _backward(layers, dout)),
        "The layers are gone through as in forward, the first one first.",
    )
    expect(
        not same(dx, layers[0].backward(dout)) and not same(dx, layers[-1].backward(dout)),
        "That is one layer's answer to dout. Each needs what the one behind it has returned.",
    )
    expect(same(dx, _backward(layers[::-1], dout)), "It is not the product of all the steps.")


@walk_back.check("through layers of any width, as measured")
def _(walk_back):
    layers, x, dout = affine_layers(2, 5, 3, 4), draw(3, 2), draw(3, 4, seed=1)
    run_forward(layers, x)
    dx = walk_back(list(layers), dout.copy())
    check_shape(dx, x.shape)
    measured = numerical_gradient(
        lambda x: (run_forward(affine_layers(2, 5, 3, 4), x) * dout).sum(), x
    )
    expect(same(dx, measured), "dL/dx is not what is measured on these layers.")


@walk_back.check("the list of layers is as it was")
def _(walk_back):
    layers = affine_layers(2, 3, 3)
    before = list(layers)
    run_forward(layers, draw(4, 2))
    walk_back(layers, draw(4, 3))
    expect(
        len(layers) == len(before),
        f"The list had {len(before)} layers, and has {len(layers)} now.",
    )
    expect(
        all(one is other for one, other in zip(layers, before, strict=True)),
        "The layers stand in another order now, and the next forward would go through them so.",
    )


def _backward(layers, dout):
    for layer in layers:
        dout = layer.backward(dout)
    return dout
