"""Hints and checks of the exercises on a graph that changes."""

import numpy

from common.autograd import Tensor
from common.layers import MSELoss, ReLU, Sequential
from common.np import np
from common.optimizer import Momentum
from exercises.exercise import Exercise, check_number, expect, same, shown

rng = numpy.random.default_rng(4)
X, Y = rng.normal(size=(7, 3)), rng.normal(size=(7, 1))

# --------------------------------------------------------------------------------------------------

gradient_of_e = Exercise(
    "predict",
    hints=(
        "Write the loop out for last = 4, 5 and 6. How often does e occur in each of the three?",
        "Where e is used twice, what comes back from the two uses adds up. One use of it, e x⁴, "
        "changes by x⁴ when e changes by 1.",
        "The loss is a sum over the N elements of x. So dL/de is a sum over the exponents of the "
        "range, and over the elements, of the powers of x.",
    ),
)


@gradient_of_e.check("where the range is empty")
def _(answer):
    x = X[:, 0]
    said = _number(answer(x.copy(), 4))
    expect(not same(said, (x**4).sum()), "range(4, 4) has no 4: it ends before its second number.")
    expect(same(said, 0), "e does not occur in y then. How much does L change with it?")


@gradient_of_e.check("where e is used once")
def _(answer):
    x = X[:, 0]
    said = _number(answer(x.copy(), 5))
    expect(not same(said, (x**4 + x**5).sum()), "range(4, 5) has the 4, and not the 5.")
    expect(not same(said, (x**4).mean()), "That is the mean over x. The loss is a sum.")
    expect(same(said, _by_tape(x, 5)), "The tape finds another number.")


@gradient_of_e.check("where it is used more often")
def _(answer):
    for x in (X[:, 1], X[:, 2], np.array([2.0])):
        for last in (6, 8):
            said = _number(answer(x.copy(), last))
            expect(
                not same(said, (x ** (last - 1)).sum()),
                "That is what comes back from the last use. Do the others bring nothing?",
            )
            expect(
                not same(said, (x**4).sum()),
                "That is what comes back from the first use. Do the others bring nothing?",
            )
            expect(same(said, _by_tape(x, last)), f"With last = {last}, it is another number.")


def _number(said):
    check_number(said)
    return said


def _by_tape(x, last):
    e, y = Tensor(np.array(0.5), requires_grad=True), Tensor(x) ** 2
    for exponent in range(4, last):
        y += e * x**exponent
    y.sum().backward()
    return e.grad


# --------------------------------------------------------------------------------------------------

coasting = Exercise(
    "predict",
    hints=(
        "Put g = 0 into the two lines. What becomes of v in a step, and does w stand still?",
        "Go through three steps on paper. The velocity is multiplied by momentum in each, and w "
        "moves by what is then left of it.",
        "A loop with two lines does it: the new velocity, and with it the new w.",
    ),
)


@coasting.check("one step")
def _(answer):
    for w, v in ((3.0, 0.5), (-1.0, -0.25)):
        said, right = _number(answer(w, v, 0.8, 1)), _coasted(w, v, 0.8, 1)
        expect(not same(said, w), "As if it stood still. Its gradient is 0, but is its velocity?")
        expect(not same(said, w + v), "v becomes smaller first, and w moves by the new one.")
        expect(not same(said, 2 * w - right), "It moves on in the direction that it had.")
        expect(same(said, right), "Momentum comes to another number.")


@coasting.check("many steps")
def _(answer):
    for momentum, steps in ((0.8, 2), (0.5, 7), (0.9, 60)):
        said = _number(answer(3.0, 0.5, momentum, steps))
        expect(
            not same(said, 3 + 0.5 * momentum**steps),
            "That is w and the last of its moves. There is one in each step, and they add up.",
        )
        expect(
            not same(said, 3 + 0.5 * momentum * steps),
            "As if each move were as long as the first. What becomes of v from step to step?",
        )
        expect(
            same(said, _coasted(3.0, 0.5, momentum, steps)),
            f"After {steps} steps with a momentum of {momentum}, it stands elsewhere.",
        )


@coasting.check("no steps, and no momentum")
def _(answer):
    for momentum, steps in ((0.9, 0), (0.0, 3)):
        said, right = answer(3.0, 0.5, momentum, steps), _coasted(3.0, 0.5, momentum, steps)
        expect(
            same(_number(said), right),
            f"After {steps} steps with a momentum of {momentum}, nothing has carried it on.",
        )


def _coasted(w, v, momentum, steps):
    """By the optimizer: a first step gives the weight its velocity."""
    param, optimizer = np.array([w - v]), Momentum(lr=1.0, momentum=momentum)
    for gradient in [-v, *[0.0] * steps]:
        optimizer.update([param], [np.array([gradient])])
    return float(param[0])


# --------------------------------------------------------------------------------------------------

DeepNet = Exercise(
    "write",
    hints=(
        "A loop is a loop. What does the tensor go through that the first layer returns, and how "
        "many times?",
        "Keep one name, h, for what runs through the network: first and a ReLU make it; in a loop "
        "over range(depth), middle and a ReLU make the next one of it.",
        "Call the layers on tensors, self.middle(h), and a ReLU as well: a ReLU() that is made in "
        "forward will do. What last returns has no ReLU behind it.",
    ),
)


@DeepNet.check("a row of the output for each row of x, at any depth")
def _(DeepNet):
    for depth in (0, 1, 3):
        _output(DeepNet(3, 5), depth)


@DeepNet.check("the output at each depth")
def _(DeepNet):
    model, relu = DeepNet(3, 5), ReLU()
    for depth in (0, 1, 2, 5):
        said, uses = _output(model, depth).data, [model.middle, relu] * depth
        expect(
            depth == 0 or not _near(said, _through(model, relu, *uses[2:])),
            f"At depth {depth} it is as if middle were used once less. Is depth used, and all of "
            f"it, and does each use go on from the one before?",
        )
        expect(
            not _near(said, _through(model, relu, *uses, model.middle, relu)),
            f"At depth {depth} middle is used once too often.",
        )
        expect(
            depth == 0 or not _near(said, _through(model, relu, *uses[::2])),
            "No ReLU stands behind middle. Without one, two layers are no more than one.",
        )
        expect(not _near(said, _through(model, *uses)), "No ReLU stands behind first.")
        expect(
            not _near(said, np.maximum(_through(model, relu, *uses), 0)),
            "Behind last stands a ReLU, too: the network could never say a number below 0.",
        )
        expect(
            _near(said, _through(model, relu, *uses)),
            f"At depth {depth} something else comes out than from first, {depth} times middle, and "
            f"last, with the ReLUs between them.",
        )


@DeepNet.check("all uses share the weights of middle, and their gradients add up")
def _(DeepNet):
    model, relu = DeepNet(3, 5), ReLU()
    for depth in (2, 0, 4):
        layers = _layers(model, relu, *[model.middle, relu] * depth)
        right, y = _gradients(model, layers(Tensor(X))), _output(model, depth)
        expect(
            y.requires_grad,
            "The numbers are right, but how they were made is not recorded: no gradient can come "
            "back. Are the layers called on tensors?",
        )
        expect(
            all(map(_near, _gradients(model, y), right)),
            f"At depth {depth} other gradients come back. Is everything computed on tensors, by "
            f"calling the layers?",
        )
        expect(len(model.params) == 6, "There are more weights now than those of three layers.")


def _output(model, depth):
    y = model(Tensor(X), depth)
    is_tensor = isinstance(y, Tensor)
    expect(is_tensor, f"A tensor is wanted, not {shown(y)}. Are the layers called on tensors?")
    expect(y.shape == Y.shape, f"At depth {depth} the shape should be {Y.shape}, and is {y.shape}.")
    return y


def _layers(model, *between):
    return Sequential(model.first, *between, model.last)


def _through(model, *between):
    return _layers(model, *between)(Tensor(X)).data


def _gradients(model, y):
    model.zero_grads()
    MSELoss()(y, Y).backward()
    return [grad.copy() for grad in model.grads]


def _near(one, other):
    """As far as float32 goes."""
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-5))
