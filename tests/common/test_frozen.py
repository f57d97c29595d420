"""`requires_grad = False`: what is frozen is not learned, and stays."""

from typing import Any

import numpy
import pytest

from common.autograd import Parameter, Tensor, no_grad
from common.errors import ArgumentError, GraphError, SharedLayerError
from common.layers import Affine, Layer, Linear, ReLU, Sequential, SoftmaxWithLoss
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD, AdamW
from common.trainer import Trainer
from common.util import to_cpu
from dataset import spiral
from tests.common.table import draw


def network() -> Sequential:
    return Sequential(Linear(2, 5, seed=0), ReLU(), Linear(5, 3, seed=1))


class Scaled(Module):
    def __init__(self) -> None:
        self.layer = Linear(2, 3, seed=0)
        self.scale = Parameter(np.asarray(2.0))

    def forward(self, x: Any) -> Any:
        return self.layer(x) * self.scale


def is_same(one: list[Array], other: list[Array]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def test_a_frozen_layer_is_left_out_of_the_model_and_keeps_its_own_lists() -> None:
    model = network()
    model[0].requires_grad = False
    assert is_same(model.params, model[2].params)
    assert is_same(model.grads, model[2].grads)
    assert len(model[0].params) == len(model[0].grads) == 2


def test_a_frozen_parameter_is_left_out() -> None:
    model = Scaled()
    model.scale.requires_grad = False
    assert is_same(model.params, model.layer.params)
    assert model.scale.params[0] is model.scale.data


def test_to_freeze_a_model_freezes_all_that_it_holds() -> None:
    inner = network()
    model = Sequential(inner, Linear(3, 3, seed=2))
    inner.requires_grad = False
    assert not inner.requires_grad
    assert inner.params == []
    assert is_same(model.params, model[1].params)
    inner.requires_grad = True
    assert model.requires_grad
    assert len(model.params) == 6


@pytest.mark.parametrize("optimizer", [SGD(0.5), AdamW(0.5, weight_decay=0.5)], ids=repr)
def test_training_leaves_it_as_it_is_and_moves_the_rest(optimizer: Any) -> None:
    model = network()
    model[0].requires_grad = False
    before = [p.copy() for layer in (model[0], model[2]) for p in layer.params]
    trainer = Trainer(model, optimizer, SoftmaxWithLoss(), seed=0)
    trainer.fit(*spiral.load_data(), 2, verbose=False)
    after = [p for layer in (model[0], model[2]) for p in layer.params]
    same = [bool((then == now).all()) for then, now in zip(before, after, strict=True)]
    assert same == [True, True, False, False]


def test_melted_again_it_learns() -> None:
    model = network()
    trainer = Trainer(model, SGD(0.5), SoftmaxWithLoss(), seed=0)
    model[0].requires_grad = False
    trainer.fit(*spiral.load_data(), 1, verbose=False)
    before = model[0].params[0].copy()
    model[0].requires_grad = True
    trainer.fit(*spiral.load_data(), 1, verbose=False)
    assert (before != model[0].params[0]).any()


def test_what_a_frozen_layer_makes_of_data_requires_no_gradient() -> None:
    layer, x = Linear(2, 3, seed=0), Tensor(draw(4, 2))
    assert layer(x).requires_grad
    layer.requires_grad = False
    assert not layer(x).requires_grad


def test_what_is_behind_a_frozen_layer_gets_its_gradient() -> None:
    frozen, free = network(), network()
    frozen[2].requires_grad = False
    for model in (frozen, free):
        model(Tensor(draw(4, 2).astype(np.float32))).sum().backward()
    np.testing.assert_array_equal(frozen[0].grads[0], free[0].grads[0])
    assert frozen[0].grads[0].any()


def test_what_came_back_to_a_frozen_layer_does_not_count_afterwards() -> None:
    layer, x = Affine(draw(2, 3), draw(3)), Tensor(draw(4, 2), requires_grad=True)
    layer(x).sum().backward()
    expected = layer.grads[0].copy()
    layer.requires_grad = False
    for _ in range(2):
        layer(x).sum().backward()
    assert x.grad.any()
    layer.requires_grad = True
    layer(x).sum().backward()
    np.testing.assert_array_equal(layer.grads[0], expected)


class Counting(Layer):
    """Counts its backwards."""

    def __init__(self) -> None:
        super().__init__(np.ones(2))
        self.times: list[int] = []

    def forward(self, x: Array) -> Array:
        return x * self.params[0]

    def backward(self, dout: Array) -> Array:
        self.times.append(1)
        return dout * self.params[0]


def test_no_backward_where_nothing_before_it_learns() -> None:
    first = Counting()
    first.requires_grad = False
    model = Sequential(first, Linear(2, 3, seed=0))
    y = model(Tensor(draw(4, 2)))
    y.sum().backward()
    assert first.times == []
    assert not first(Tensor(draw(4, 2))).requires_grad
    model.needs_dx = False  # by hand
    model.forward(draw(4, 2))
    model.backward(draw(4, 3))
    assert first.times == []
    first.requires_grad = True
    model.backward(draw(4, 3))
    assert first.times == [1]


class ByHand:
    """The network of chapter 1; `listed` says whose weights are in its lists."""

    def __init__(self, listed: slice = slice(0, 2)) -> None:
        self.layers = [Affine(draw(2, 5), draw(5)), Affine(draw(5, 3), draw(3))]
        self.loss = SoftmaxWithLoss()
        self.params, self.grads = [], []
        for layer in self.layers[listed]:
            self.params += layer.params
            self.grads += layer.grads

    def predict(self, x: Array) -> Array:
        return self.layers[1].forward(self.layers[0].forward(x))

    def forward(self, x: Array, t: Array) -> Any:
        return self.loss.forward(self.predict(x), t)

    def backward(self) -> None:
        dout: Any = self.loss.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)


def test_the_trainer_refuses_a_list_by_hand_that_holds_what_is_frozen() -> None:
    x, t = spiral.load_data()
    model = ByHand()
    model.layers[0].requires_grad = False
    with pytest.raises(ArgumentError, match=r"Affine\(\(2, 5\), \(5,\)\) is frozen"):
        Trainer(model, SGD(), seed=0).fit(x, t, 1, verbose=False)
    model = ByHand(slice(1, 2))
    model.layers[0].requires_grad = False
    before = model.layers[0].params[0].copy()
    Trainer(model, SGD(), seed=0).fit(x.astype(np.float64), t, 1, verbose=False)
    np.testing.assert_array_equal(model.layers[0].params[0], before)


def test_what_is_frozen_amid_a_training_by_hand_is_noticed_at_the_next_epoch() -> None:
    x, t = spiral.load_data()
    model = ByHand()

    def freeze(trainer: Trainer) -> None:
        model.layers[0].requires_grad = False

    with pytest.raises(ArgumentError, match="is frozen"):
        Trainer(model, SGD(), seed=0).fit(x, t, 2, callbacks=[freeze], verbose=False)


def test_a_layer_by_hand_that_is_listed_nowhere_is_refused() -> None:
    """Its weights would stay as they are, in silence."""
    x, t = spiral.load_data()
    with pytest.raises(SharedLayerError, match=r"lacks the weights of Affine\(\(2, 5\), \(5,\)\)"):
        Trainer(ByHand(slice(1, 2)), SGD(), seed=0).fit(x, t, 1, verbose=False)


def test_nothing_left_to_learn_is_an_error() -> None:
    model = network()
    model.requires_grad = False
    with pytest.raises(ArgumentError, match="nothing to learn"):
        Trainer(model, SGD(), SoftmaxWithLoss()).fit(*spiral.load_data(), 1, verbose=False)


def test_where_two_layers_share_an_array_the_one_that_learns_counts() -> None:
    W = draw(2, 2)
    frozen, free = Affine(W, draw(2)), Affine(W, draw(2))
    frozen.requires_grad = False
    model = Sequential(frozen, free)
    model(Tensor(draw(4, 2))).sum().backward()
    assert model.params[0] is W
    np.testing.assert_array_equal(model.grads[0], free.grads[0])


def test_a_layer_made_of_layers_is_frozen_as_a_whole() -> None:
    class Two(Layer):
        def __init__(self) -> None:
            self.inner = Linear(2, 2, seed=0)
            super().__init__(*self.inner.params, np.ones(2))

    two = Two()
    model = Sequential(two, Linear(2, 2, seed=1))
    two.requires_grad = False
    assert is_same(model.params, model[1].params)


def test_the_trainer_leaves_out_what_a_model_leaves_out() -> None:
    """Also a layer that is called, and is held by one that is frozen."""

    class Holder(Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Linear(2, 2, seed=0)

    class Net(Module):
        def __init__(self) -> None:
            self.holder, self.last = Holder(), Linear(2, 3, seed=1)

        def forward(self, x: Any) -> Any:
            return self.last(self.holder.inner(x))

    model = Net()
    model.holder.requires_grad = False
    before = model.holder.inner.params[0].copy()
    Trainer(model, AdamW(0.1), SoftmaxWithLoss()).fit(*spiral.load_data(), 1, verbose=False)
    np.testing.assert_array_equal(model.holder.inner.params[0], before)


def test_layers_without_weights_do_not_make_a_model_learn() -> None:
    model = Sequential(Linear(2, 3), ReLU())
    assert model.requires_grad
    model[0].requires_grad = False
    assert not model.requires_grad


def test_a_frozen_parameter_does_not_change() -> None:
    """The gradient of another factor may be made of it."""
    w: Any = Parameter(np.ones(2))
    w.requires_grad = False
    kept = w
    with no_grad(), pytest.raises(GraphError, match="is frozen does not change"):
        w -= 1.0
    assert w is kept
    assert to_cpu(w.data).tolist() == [1, 1]


def test_the_mode_and_the_numbers_of_a_frozen_model_are_those_of_a_free_one() -> None:
    frozen, free = network(), network()
    frozen.requires_grad = False
    x = draw(3, 2).astype(np.float32)
    np.testing.assert_array_equal(frozen.forward(x), free.forward(x))
    assert frozen.eval()[0].training is False
    numpy.testing.assert_array_equal(to_cpu(frozen(Tensor(x)).data), to_cpu(free(Tensor(x)).data))
