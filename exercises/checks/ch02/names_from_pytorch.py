"""Hints and checks of the exercises on PyTorch's names."""

import numpy

from common.autograd import Parameter, Tensor
from common.layers import Affine, Linear, MatMul, ReLU, Sequential
from common.module import Module
from common.np import np
from common.optimizer import SGD
from exercises.exercise import AnswerError, Exercise, check_shape, expect, same, shown

rng = numpy.random.default_rng(6)
X, W = rng.normal(size=(5, 4)), rng.normal(size=(4, 2))

# --------------------------------------------------------------------------------------------------

grad_after = Exercise(
    "predict",
    hints=(
        "Read (1) of the page once more, with the sentence in parentheses.",
        "One of the two ways sets the gradient, and it does not matter how often. The other adds.",
        "Where each backward adds dW to what is there, how much is there after three of them?",
    ),
)


@grad_after.check("after one backward")
def _(answer):
    for is_by_hand in (True, False):
        expect(
            same(*_said_and_found(answer, 1, is_by_hand)),
            "The gradient was zero before, so after one backward both ways agree: what it has "
            "found stands there.",
        )


@grad_after.check("on tensors")
def _(answer):
    for times in (2, 5):
        said, found = _said_and_found(answer, times, is_by_hand=False)
        expect(not same(said, found / times), "As if a backward on tensors set the gradient.")
        expect(same(said, found), f"After {times} times, another gradient is found there.")


@grad_after.check("by hand")
def _(answer):
    for times in (2, 5):
        said, found = _said_and_found(answer, times, is_by_hand=True)
        expect(not same(said, found * times), "As if a layer's backward, called by hand, added.")
        expect(same(said, found), f"After {times} times, another gradient is found there.")


def _said_and_found(answer, times, is_by_hand):
    layer, dout = MatMul(W.copy()), X @ W + 1
    y = layer.forward(X) if is_by_hand else layer(Tensor(X))
    grads = []
    for _ in range(times):
        layer.backward(dout) if is_by_hand else y.backward(dout)
        grads.append(layer.grads[0].copy())
    said = answer(grads[0].copy(), times, is_by_hand)
    check_shape(said, W.shape)
    return said, grads[-1]


# --------------------------------------------------------------------------------------------------

linear_from_pytorch = Exercise(
    "write",
    hints=(
        "A weight of PyTorch's is (outputs, inputs). What does (4) of the page say of ours?",
        "Make a Linear of the right sizes. It has drawn weights of its own: they stand in its "
        "params, first W and then b.",
        "Write into the two arrays that the layer has, as in W[...] = something. The matrix has to "
        "be transposed on its way.",
    ),
)


@linear_from_pytorch.check("a Linear for so many inputs and outputs")
def _(linear_from_pytorch):
    layer = _linear(linear_from_pytorch, *_weight_and_bias(2, 4))
    shapes = [np.shape(param) for param in layer.params]
    expect(
        shapes[:1] != [(2, 4)],
        "Its W is (outputs, inputs), as PyTorch has it. Here a weight lies the other way.",
    )
    has = " and ".join(map(str, shapes))
    expect(shapes == [(4, 2), (2,)], f"Its weights have the shapes {has}.")
    expect(
        all(isinstance(param, np.ndarray) for param in layer.params),
        "What stands in its params are no arrays. Write into the arrays that are there.",
    )


@linear_from_pytorch.check("the same output as PyTorch's")
def _(linear_from_pytorch):
    for outputs, inputs in ((2, 4), (3, 3), (1, 2)):
        weight, bias = _weight_and_bias(outputs, inputs)
        layer = _linear(linear_from_pytorch, weight.copy(), bias.copy())
        y = layer.forward(X[:, :inputs])
        right = np.einsum("ni,oi->no", X[:, :inputs], weight)
        check_shape(y, right.shape)
        W = layer.params[0]
        expect(
            np.isin(W, weight).any(),
            "No number of the weight stands in the layer. Is it written into the array that the "
            "layer has? `W = ...` gives the name W to another array.",
        )
        expect(
            same(W, weight.T) or W.shape == weight.shape or not same(W, weight.reshape(W.shape)),
            "All numbers of the weight stand in the layer, and not in their places: to reshape is "
            "not to transpose.",
        )
        expect(
            not same(y - right, (y - right)[[0] * len(X)]) or same((y - right)[0], bias),
            "The weight is right, and what is added to each row is not the bias that was given.",
        )
        if inputs == outputs:
            expect(
                not same(y, np.einsum("ni,io->no", X[:, :inputs], weight) + bias),
                "The weight is square, and has not been transposed: no shape gives it away.",
            )
        expect(
            same(y, right + bias),
            f"With a weight of shape {weight.shape}, it is another than PyTorch's formula gives.",
        )


@linear_from_pytorch.check("training it leaves weight and bias as they are")
def _(linear_from_pytorch):
    weight, bias = _weight_and_bias(2, 4)
    before = weight.copy(), bias.copy()
    layer = _linear(linear_from_pytorch, weight, bias)
    layer.backward(np.ones_like(layer.forward(X)))
    SGD(lr=0.1).update(layer.params, layer.grads)
    expect(
        same(weight, before[0]) and same(bias, before[1]),
        "A step of training has changed the arrays that were given. They stand in the layer "
        "itself, and it should have numbers of its own.",
    )


def _linear(linear_from_pytorch, weight, bias):
    layer = linear_from_pytorch(weight, bias)
    if not isinstance(layer, Affine):  # of a broken Linear there may be no repr
        raise AnswerError(f"A Linear is wanted, not {shown(layer)}.")
    return layer


def _weight_and_bias(outputs, inputs):
    rng = numpy.random.default_rng([outputs, inputs])
    weight, bias = rng.normal(size=(outputs, inputs)), rng.normal(size=outputs)
    return weight.astype("float32"), bias.astype("float32")


# --------------------------------------------------------------------------------------------------

TorchSGD = Exercise(
    "write",
    hints=(
        "zero_grad and step are given nothing. So what must __init__ keep?",
        "zero_grad is one call. step goes through the parameters and their gradients side by side, "
        "or hands both lists to an optimizer of ours.",
        "Ask the model for params and grads in step, and not before: then they are those of this "
        "step. A parameter must change in place.",
    ),
)


@TorchSGD.check("a step goes against the gradient")
def _(TorchSGD):
    model = _Line()
    before = [param.copy() for param in model.params]
    optimizer = TorchSGD(model, 0.1)
    optimizer.zero_grad()
    _loss(model).backward()
    grads = [grad.copy() for grad in model.grads]
    optimizer.step()
    moved = [param - then for param, then in zip(model.params, before, strict=True)]
    expect(
        any(move.any() for move in moved) or any(grad.any() for grad in model.grads),
        "No parameter has moved, and after step all gradients are zero. Who has cleared them?",
    )
    expect(
        any(move.any() for move in moved),
        "No parameter has moved. Are the gradients those of now, or those that were there when the "
        "optimizer was made? And is the array changed in place?",
    )
    expect(not all(map(same, moved, [0.1 * grad for grad in grads])), "It goes along the gradient.")
    expect(not all(map(same, moved, [-grad for grad in grads])), "Is lr used?")
    expect(all(map(same, moved, [-0.1 * grad for grad in grads])), "It is not lr · gradient long.")


@TorchSGD.check("zero_grad clears what the steps before have left")
def _(TorchSGD):
    model = _Line()
    optimizer = TorchSGD(model, 0.1)
    for _ in range(2):
        _loss(model).backward()
    optimizer.zero_grad()
    expect(
        not any(grad.any() for grad in model.grads), "Gradients are still there after zero_grad."
    )
    for _ in range(2):
        _loss(model).backward()
    grads = [grad.copy() for grad in model.grads]
    optimizer.step()
    expect(
        all(map(same, model.grads, grads)),
        "step has changed the gradients. Who does not call zero_grad adds them up on purpose.",
    )


@TorchSGD.check("a training comes to what our SGD comes to")
def _(TorchSGD):
    for make in (_Line, lambda: Sequential(Linear(4, 3, seed=1), ReLU(), Linear(3, 1, seed=2))):
        model, other = make(), make()
        optimizer, ours = TorchSGD(model, 0.05), SGD(lr=0.05)
        for _ in range(5):
            optimizer.zero_grad()
            _loss(model).backward()
            optimizer.step()
            other.zero_grads()
            _loss(other).backward()
            ours.update(other.params, other.grads)
        both = zip(model.params, other.params, strict=True)
        expect(
            all(np.allclose(one, right, rtol=1e-4, atol=1e-6) for one, right in both),
            "After five steps the parameters are not where our SGD brings them, though the first "
            "step was right. Is each step like the first?",
        )


class _Line(Module):
    def __init__(self):
        self.w, self.b = Parameter(np.array([1.0, -2.0, 0.5, 3.0])), Parameter(np.array(0.25))

    def forward(self, x):
        return x @ self.w + self.b


def _loss(model):
    return (model(Tensor(X)) ** 2).mean()
