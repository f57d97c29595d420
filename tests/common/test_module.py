"""Module: what it finds, how it is trained, and that it is plain Python."""

import random
from typing import Any

import pytest

from common.autograd import Parameter, Tensor
from common.errors import NotFiniteError
from common.layers import Affine, Dropout, Layer, Linear, MatMul, MSELoss, ReLU, Sequential, Tanh
from common.module import Module
from common.np import np
from common.optimizer import SGD, Adam
from common.trainer import Trainer
from common.util import to_cpu
from tests.common.table import OPTIMIZERS, Array, OptimizerRow, OwnLists, draw
from tests.make_torch_reference import import_torch


class Plain(Module):
    """Holds what it is given, under the names that it is given."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)

    def forward(self, x: Tensor) -> Tensor:
        return x


# What is found --------------------------------------------------------------------------------


def weights() -> list[Array]:
    return [draw(3, 3, seed=i) for i in range(4)]


def holders(W: list[Array], A: MatMul, B: MatMul, C: MatMul, D: MatMul) -> dict[str, Plain]:
    inner = Plain(x=B, y=C)
    return {
        "attributes": Plain(d=Parameter(W[0]), c=B, b=Parameter(W[2]), a=D),
        "lists": Plain(parts=[Parameter(W[0]), [B, C]], d=D),
        "tuples": Plain(parts=(A, (B, Parameter(W[2]))), d=D),
        "dictionaries": Plain(parts={"y": A, "x": [B, C]}, rest={1: D}),
        "modules": Plain(a=Plain(x=A, y=Plain(z=[Parameter(W[1])])), b=C, c=Plain(d=D)),
        "a Sequential": Plain(a=A, b=Sequential(B, ReLU(), Sequential(C)), c=D),
        "a Module in a Sequential": Plain(a=Sequential(A, inner), b=D),
        "other things between": Plain(a=A, n=3, x=draw(3, 3), b=[B, C], t=Tensor(W[0]), d=D),
        "a layer twice": Plain(a=A, b=[B, A], c=C, d=D),
        "an array twice": Plain(a=A, b=Parameter(W[0]), c=MatMul(W[1]), d=[B, C, D]),
        "a module twice": Plain(a=A, b=inner, c=inner, d=D),
    }


@pytest.mark.parametrize("name", holders(weights(), *map(MatMul, weights())))
def test_parameters_are_found_in_the_order_of_definition_each_once(name: str) -> None:
    W = weights()
    layers = list(map(MatMul, W))
    model = holders(W, *layers)[name]
    assert [id(param) for param in model.params] == [id(array) for array in W]
    assert [grad.shape for grad in model.grads] == [array.shape for array in W]


def test_a_module_that_holds_itself_is_searched_once() -> None:
    w = draw(3, 3)
    model = Plain(a=MatMul(w))
    vars(model)["me"] = [model]
    assert [id(param) for param in model.params] == [id(w)]


def test_equal_numbers_in_two_arrays_are_two_parameters() -> None:
    assert len(Plain(a=Parameter(draw(3, 3)), b=MatMul(draw(3, 3))).params) == 2


def test_what_is_added_later_is_found() -> None:
    model: Any = Plain()
    assert model.params == model.grads == []
    model.w = Parameter(draw(2))
    assert len(model.params) == 1


def test_a_layer_with_lists_of_its_own_is_found_before_its_first_call() -> None:
    layer = OwnLists(draw(3))
    model = Plain(layer=layer)
    assert [id(param) for param in model.params] == [id(layer.params[0])]
    assert [id(grad) for grad in model.grads] == [id(layer.grads[0])]


def test_train_and_eval_reach_everything() -> None:
    dropouts = [Dropout(), Dropout(), Dropout()]
    model = Plain(a=dropouts[0], b=[Sequential(dropouts[1])], c={"x": Plain(y=dropouts[2])})
    modes = []
    for switch in (model.eval, model.train):
        assert switch() is model
        modes += [dropout.training for dropout in dropouts]
    assert modes == [False] * 3 + [True] * 3


# Gradients ------------------------------------------------------------------------------------


class Branches(Module):
    """Takes one of two ways; each has a layer and a Parameter."""

    def __init__(self) -> None:
        self.left, self.right = MatMul(draw(3, 3)), MatMul(draw(3, 3))
        self.a, self.b = Parameter(draw(3)), Parameter(draw(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.left(x) + self.a if (x > 0).all() else self.right(x) + self.b


def test_what_was_not_reached_has_no_gradient_and_zeros_in_grads() -> None:
    model = Branches()
    model(np.ones((2, 3))).sum().backward()
    assert model.a.grad is not None
    assert model.b.grad is None
    assert [bool(grad.any()) for grad in model.grads] == [True, False, True, False]


def test_zero_grads_clears_all_and_the_arrays_stay() -> None:
    model: Any = Plain(a=Branches(), b=[Sequential(Branches().left)])
    arrays = [*model.params, *model.a.left.grads, *model.b[0].layers[0].grads]
    ids = list(map(id, arrays))
    for sign in (1, -1):
        model.a(sign * np.ones((2, 3))).sum().backward()
    assert model.a.a.grad is not None
    for grad in model.grads:
        grad[...] = 7
    model.zero_grads()
    assert not any(grad.any() for grad in model.grads)
    assert model.a.a.grad is None
    arrays = [*model.params, *model.a.left.grads, *model.b[0].layers[0].grads]
    assert list(map(id, arrays)) == ids


def test_a_module_takes_tensors_arrays_and_what_else_its_forward_wants() -> None:
    w = draw(3, 3)

    class Repeated(Module):
        layer = MatMul(w)

        def forward(self, x: Tensor, times: int, name: Any = None) -> Any:
            for _ in range(times):
                x = self.layer(x)
            return x, name

    model, x = Repeated(), draw(2, 3)
    for given in (x, Tensor(x)):
        y, name = model(given, 2, "twice")
        np.testing.assert_array_equal(y.data, x @ w @ w)
        assert name == "twice"


# Training -------------------------------------------------------------------------------------


class Net(Module):
    """A layer, a list of layers, a Parameter, and one of the layers a second time."""

    def __init__(self) -> None:
        self.first = Affine(draw(4, 3) / 2, draw(3) / 2)
        self.rest = [MatMul(draw(3, 3, seed=1) / 2), Tanh()]
        self.scale = Parameter(draw(3, seed=1))

    def forward(self, x: Any) -> Any:
        h = self.first(x)
        for layer in (*self.rest, *self.rest):
            h = layer(h)
        return h * self.scale


def torch_net(x: Any, W: Any, b: Any, V: Any, scale: Any) -> Any:
    return (((x @ W + b) @ V).tanh() @ V).tanh() * scale


def data() -> tuple[Array, Array]:
    return draw(6, 4), draw(6, 3, seed=5)


@pytest.mark.torch
@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_training_with_any_optimizer_agrees_with_pytorch(row: OptimizerRow) -> None:
    torch = import_torch()
    model, loss, (x, t) = Net(), MSELoss(), data()
    their_x, their_t = torch.tensor(to_cpu(x)), torch.tensor(to_cpu(t))
    peers = [torch.tensor(to_cpu(param), requires_grad=True) for param in model.params]
    ours, theirs = row.make(0.05), row.peer(torch.optim, peers, 0.05)
    for _ in range(3):
        model.zero_grads()
        loss(model(x), t).backward()
        ours.update(model.params, model.grads)
        theirs.zero_grad()
        torch.nn.functional.mse_loss(torch_net(their_x, *peers), their_t).backward()
        theirs.step()
    for param, peer in zip(model.params, peers, strict=True):
        np.testing.assert_allclose(param, peer.detach().numpy(), 1e-10)


def test_the_trainer_trains_a_module_as_a_loop_does() -> None:
    model, same, loss, optimizer, (x, t) = Net(), Net(), MSELoss(), Adam(0.01), data()
    trainer = Trainer(model, Adam(0.01), loss=MSELoss(), seed=0)
    trainer.fit(x, t, max_epoch=5, batch_size=len(x), eval_interval=1, verbose=False)
    losses = []
    for _ in range(5):
        same.zero_grads()
        y = loss(same(x), t)
        losses.append(y.item())
        y.backward()
        optimizer.update(same.params, same.grads)
    np.testing.assert_allclose(trainer.loss_list, losses, 1e-10)
    for param, expected in zip(model.params, same.params, strict=True):
        np.testing.assert_allclose(param, expected, 1e-10)


class Dynamic(Module):
    """As many terms as the dice say; the last ones share a coefficient."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.a, self.b, self.c = (Parameter(draw(seed=i) / 4) for i in range(3))

    def forward(self, x: Any) -> Any:
        return dynamic(self.dice, x, self.a, self.b, self.c)


def dynamic(dice: random.Random, x: Any, a: Any, b: Any, c: Any) -> Any:
    y = a + b * x
    for exponent in range(2, dice.randint(2, 4)):
        y = y + c * x**exponent
    return y


@pytest.mark.torch
def test_a_net_that_changes_at_every_step_agrees_with_pytorch() -> None:
    torch = import_torch()
    x, t = draw(20) / 2, draw(20, seed=3)
    model, loss = Dynamic(random.Random(0)), MSELoss("sum")
    their_x, their_t = torch.tensor(to_cpu(x)), torch.tensor(to_cpu(t))
    peers = [torch.tensor(to_cpu(param), requires_grad=True) for param in model.params]
    row = next(row for row in OPTIMIZERS if row.name == "Momentum")
    ours, theirs, dice = row.make(0.001), row.peer(torch.optim, peers, 0.001), random.Random(0)
    for _ in range(50):
        model.zero_grads()
        y = loss(model(x), t)
        y.backward()
        ours.update(model.params, model.grads)
        theirs.zero_grad(set_to_none=False)
        their_y = ((dynamic(dice, their_x, *peers) - their_t) ** 2).sum()
        their_y.backward()
        theirs.step()
        assert y.item() == pytest.approx(their_y.item(), rel=1e-10)
    for param, peer in zip(model.params, peers, strict=True):
        np.testing.assert_allclose(param, peer.detach().numpy(), 1e-10)


# A loss that is lost --------------------------------------------------------------------------


class Losing(Layer):
    def forward(self, x: Array) -> Array:
        return x * np.nan

    def backward(self, dout: Array) -> Array:
        return dout


class Row(Module):
    """Layers in a list, called twice over, and something at the end."""

    def __init__(self, *layers: Layer, end: Any = lambda y: y) -> None:
        self.layers, self.end = list(layers), end

    def forward(self, x: Any) -> Any:
        for layer in self.layers * 2:
            x = layer(x)
        return self.end(x)


def fit(model: Module) -> None:
    x, t = data()
    Trainer(model, SGD(), loss=MSELoss()).fit(x[:, :3], t, verbose=False)


@pytest.mark.cpu  # on a GPU the loss is looked at only at the report, when the step is gone
def test_the_trainer_names_the_layer_of_a_module_where_nan_arose() -> None:
    with pytest.raises(NotFiniteError, match=r"first arose in layer 2, Losing\(\)"):
        fit(Row(Linear(3, 3, seed=0), Tanh(), Losing()))


@pytest.mark.cpu  # as above
def test_the_trainer_does_not_blame_a_layer_for_what_an_operator_lost() -> None:
    with pytest.raises(NotFiniteError) as caught:
        fit(Row(Linear(3, 3, 0), Tanh(), end=lambda y: y * np.nan))
    assert "arose in layer" not in str(caught.value)
    assert "the model's own code" in str(caught.value)
