"""Hints and checks of the exercises on a model of your own."""

from common.autograd import Parameter, Tensor
from common.gradient_check import check_gradients
from common.losses import MSELoss
from common.module import Module
from common.np import np
from common.optimizer import SGD
from exercises.exercise import Exercise, check_shape, expect, same, shown

X = np.array([-1.5, -0.75, 0.25, 1.0, 2.0])

# --------------------------------------------------------------------------------------------------

learned = Exercise(
    "predict",
    hints=(
        "What does a Module look for among its attributes? The page says it in one sentence.",
        "Each Parameter is a tensor, but not each Tensor is a Parameter: data are none.",
        "isinstance(value, ...) asks what something is. Go through attributes.items(), and keep "
        "the names of those that are of the right class.",
    ),
)


@learned.check("a Parameter and a number")
def _(answer):
    _check_names(answer, {"a": Parameter(2.0), "n": 3})
    _check_names(answer, {"rate": 0.1, "shift": Parameter(-1.0), "scale": Parameter(X)})


@learned.check("data: arrays and tensors")
def _(answer):
    _check_names(answer, {"w": Parameter(X), "x": X})
    _check_names(answer, {"x": X, "y": Tensor(X), "b": Parameter(-1.0), "a": Parameter(0.5)})


@learned.check("nothing that is learned")
def _(answer):
    _check_names(answer, {"y": Tensor(2.0), "n": 3})
    _check_names(answer, {})


def _check_names(answer, attributes):
    said, right = answer(dict(attributes)), _learned(attributes)
    is_list = isinstance(said, list | tuple) and all(isinstance(name, str) for name in said)
    expect(is_list, f"A list of names is wanted, not {shown(said)}.")
    more = [name for name in said if name not in right]
    if more and more[0] in attributes:
        kind = type(attributes[more[0]]).__name__
        expect(False, f"{more[0]!r} is of the class {kind}, and the Module looks for another.")
    expect(not more, f"{shown(more)} is none of the names that were given, {list(attributes)}.")
    missing = [name for name in right if name not in said]
    expect(not missing, f"{missing} is in model.params as well, of {list(attributes)}.")
    expect(list(said) == right, f"Names in their order are wanted, not {shown(said)}.")


def _learned(attributes):
    model = Module()
    for name, value in attributes.items():
        setattr(model, name, value)
    found = set(map(id, model.params))
    return [name for name, value in attributes.items() if id(getattr(value, "data", 0)) in found]


# --------------------------------------------------------------------------------------------------

Parabola = Exercise(
    "mend",
    hints=(
        "Train it for some steps, and look which of the three stays. How does forward use that "
        "one, and how the others?",
        "A gradient comes back along what was recorded. What is recorded of a number that was "
        "taken out of its tensor?",
        "item() gives a plain number, and its way back ends there. Tensors can be subtracted from "
        "one another.",
    ),
)


@Parabola.check("forward is what it was")
def _(Parabola):
    y = Parabola(1.0, 0.5, 0.25)(X.copy())
    expect(isinstance(y, Tensor), f"Parabola: forward returns {shown(y)}, not a tensor.")
    right = np.array([1.0 - 0.5 * (x - 0.25) ** 2 for x in X])
    expect(
        y.shape == X.shape and same(y.data, right),
        "Parabola: what forward returned was right, and is not any more.",
    )


@Parabola.check("a gradient comes back to all three")
def _(Parabola):
    model = Parabola(1.0, 0.5, 0.25)
    expect(
        len(model.params) == 3,
        f"Parabola: it has {len(model.params)} Parameters, and should have three.",
    )
    model(X.copy()).sum().backward()
    for name, value in vars(model).items():
        expect(
            not isinstance(value, Parameter) or value.grad is not None,
            f"Parabola: nothing comes back to {name}. What forward does with it is not recorded.",
        )


@Parabola.check("and it is the right one")
def _(Parabola):
    check_gradients(Parabola(1.0, 0.5, 0.25), X)


# --------------------------------------------------------------------------------------------------

Hill = Exercise(
    "write",
    hints=(
        "It goes as Polynomial3 on the page: what is learned is made in __init__, and forward is "
        "the formula.",
        "A number that is to be learned must become a Parameter, and stand in an attribute.",
        "forward is one line. Tensors take +, *, / and ** as numbers do. Use the Parameters "
        "themselves, not the numbers in them.",
    ),
)


@Hill.check("it has two Parameters, a and c")
def _(Hill):
    for a, c in ((2.0, 0.5), (-1.0, 3.0)):
        params = Hill(a, c).params
        expect(
            params,
            "Nothing is found that could be learned. Numbers and plain tensors are not enough, and "
            "what is no attribute of self is not found.",
        )
        shapes = [param.shape for param in params]
        expect(
            shapes == [(), ()],
            f"Two Parameters of one number each are wanted; those that are found have the shapes "
            f"{shapes}.",
        )
        found = [param.item() for param in params]
        expect(found != [c, a], "a and c are found in the other order: c was defined first.")
        expect(same(found, [a, c]), f"Of Hill({a}, {c}) the Parameters hold {found}.")


@Hill.check("y is the hill")
def _(Hill):
    for a, c in ((2.0, 0.5), (-1.0, 3.0)):
        y = Hill(a, c)(X.copy())
        expect(isinstance(y, Tensor), f"forward returns {shown(y)}, and not a tensor.")
        check_shape(y, X.shape)
        expect(
            not same(y.data, a / (1 + c * X**2)),
            "c is not squared: the square is that of c x as a whole.",
        )
        expect(same(y.data * (1 + (c * X) ** 2), np.full(5, a)), "y times (1 + (c x)²) is not a.")


@Hill.check("it can be trained")
def _(Hill):
    model, criterion, optimizer = Hill(1.0, 0.5), MSELoss(), SGD(lr=0.1)
    expect(model(X.copy()).requires_grad, "Nothing that forward does with a and c is recorded.")
    model(X.copy()).sum().backward()
    expect(all(grad.any() for grad in model.grads), "One of a and c gets no gradient.")
    y = 2 / (1 + X**2)
    for _ in range(400):
        loss = criterion(model(X.copy()), y)
        model.zero_grads()
        loss.backward()
        optimizer.update(model.params, model.grads)
    expect(
        loss.item() < 1e-3,
        f"After 400 steps on points of a hill, the loss is still {loss.item():.3g}. Does forward "
        f"use the Parameters as they are now?",
    )


@Hill.check("gradients agree with the measured slopes")
def _(Hill):
    check_gradients(Hill(2.0, 0.5), X)
