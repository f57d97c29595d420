"""Where a tape could go wrong in silence."""

import copy
import operator
import pickle
import re
import tracemalloc
from typing import Any

import numpy
import pytest

from common.autograd import Parameter, Tensor, no_grad
from common.autograd.ops import Add, Div, Mul, Pow
from common.errors import ArgumentTypeError, DTypeError, GradientError, GraphError, ShapeError
from common.gradient_check import check_gradients
from common.layers import Dropout, Layer, Linear, MatMul, MSELoss, Sequential, SoftmaxWithLoss, Tanh
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from tests.common.table import draw


def leaf(*shape: int) -> Any:
    return Tensor(draw(*shape), requires_grad=True)


# Memory and names of a layer ------------------------------------------------------------------


def test_a_layer_may_name_its_memory_as_it_likes() -> None:
    class Cube(Layer):
        def forward(self, x: Array) -> Array:
            self.inputs, self.needs, self.layer, self.serial, self.of = x, 3.0, "x", -1, None
            return x**3

        def backward(self, dout: Array) -> Array:
            return dout * self.needs * self.inputs**2

    x = leaf(3)
    Cube()(x).sum().backward()
    np.testing.assert_allclose(x.grad, 3 * x.data**2)


class Block(Layer):
    """Holds a layer, and calls it by hand."""

    def __init__(self) -> None:
        self.inner = MatMul(draw(2, 2))
        self.params, self.grads = self.inner.params, self.inner.grads

    def forward(self, x: Array) -> Array:
        return self.inner.forward(x)

    def backward(self, dout: Array) -> Any:
        return self.inner.backward(dout)


def test_a_layer_that_holds_layers_is_no_single_call() -> None:
    with pytest.raises(GraphError, match=r"Block holds layers.*Derive it from Module"):
        Block()(leaf(3, 2))
    assert check_gradients(Block(), draw(3, 2)) < 1e-6


def test_a_module_finds_all_parameters_whatever_the_allocator_does() -> None:
    class Inner(Module):
        def __init__(self) -> None:
            self.linear = Linear(2, 2)
            self.scale = Parameter(draw(2))

    class Net(Module):
        def __init__(self) -> None:
            self.a, self.b, self.c = Inner(), Inner(), [Inner(), {"d": Inner()}]

    net = Net()
    free: list[list[int]] = [[] for _ in range(500)]
    del free
    assert len(net.params) == len(net.grads) == 12


def test_many_calls_of_one_layer_keep_no_gradient_each() -> None:
    layer, x = MatMul(draw(300, 300)), leaf(1, 300)
    loss = sum((layer(x) for _ in range(40)), Tensor(np.zeros((1, 300)))).sum()
    tracemalloc.start()
    loss.backward()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2 * layer.params[0].nbytes


# Gradients of weights -------------------------------------------------------------------------


class Scale(Layer):
    def __init__(self, way: str) -> None:
        self.way = way
        super().__init__(np.full(2, 2.0))

    def forward(self, x: Array) -> Array:
        self.x = x
        return x * self.params[0]

    def backward(self, dout: Array) -> Array:
        dg = (dout * self.x).sum(axis=0)
        if self.way == "replaced":
            self.grads[0] = dg
        elif self.way == "left out":
            self.grads = []
        elif self.way == "written":
            self.grads[0][...] = dg
        else:
            self.grads[0] += dg
        return dout * self.params[0]


@pytest.mark.parametrize("way", ["replaced", "left out"])
def test_a_replaced_gradient_is_an_error_on_the_tape_and_in_the_check(way: str) -> None:
    with pytest.raises(GradientError, match=r"Scale.backward.*replaced.*self.grads\[0\]\[...\]"):
        Scale(way)(leaf(3, 2)).sum().backward()
    with pytest.raises(GradientError, match="replaced"):
        check_gradients(Scale(way), draw(3, 2))


def test_a_gradient_of_another_shape_is_named() -> None:
    class Wrong(Layer):
        def __init__(self, how: str) -> None:
            super().__init__(np.ones(2))
            self.how = how

        def forward(self, x: Array) -> Array:
            self.x = x
            return x * self.params[0]

        def backward(self, dout: Array) -> Array:
            if self.how == "written":
                self.grads[0][...] = dout * self.x
            else:
                self.grads[0] = dout * self.x
            return dout * self.params[0]

    for how in ("written", "replaced"):
        with pytest.raises((ShapeError, GradientError), match=r"Wrong.backward: "):
            Wrong(how)(leaf(3, 2)).sum().backward()


def test_the_first_gradient_on_the_tape_is_written_over_one_by_hand() -> None:
    """Also in a layer that has not called __init__."""

    class Plain(Scale):
        def __init__(self) -> None:
            self.way, self.params, self.grads = "written", [np.full(2, 2.0)], [np.zeros(2)]

    for layer in (Scale("written"), Plain()):
        layer.backward(layer.forward(draw(3, 2)))
        x = leaf(3, 2)
        layer(x).sum().backward()
        np.testing.assert_allclose(layer.grads[0], x.data.sum(axis=0))


@pytest.mark.parametrize("part", [slice(1), [0, 1, 1]])
def test_a_gradient_of_another_shape_than_the_input_is_named(part: Any) -> None:
    class Part(Layer):
        def forward(self, x: Array) -> Array:
            return x + 1

        def backward(self, dout: Array) -> Array:
            return dout[part]

    got = (1,) if part == slice(1) else (3,)
    with pytest.raises(
        ShapeError,
        match=re.escape(
            f"Part.backward: a gradient must have the shape of its input, (2,), got {got}"
        ),
    ):
        Part()(leaf(2)).sum().backward()


def test_an_empty_array_that_was_repeated_has_an_empty_gradient() -> None:
    x = leaf(0)
    (x * Tensor(np.ones((2, 0)))).sum().backward()
    assert x.grad.shape == (0,)


def test_a_backward_that_adds_is_right_on_the_tape_and_caught_by_the_check() -> None:
    layer, x = Scale("added"), leaf(3, 2)
    (layer(x) + layer(x)).sum().backward()
    np.testing.assert_allclose(layer.grads[0], 2 * x.data.sum(axis=0))
    with pytest.raises(GradientError, match=r"params\[0\].* not add to it \(\+=\)"):
        check_gradients(Scale("added"), draw(3, 2))


def test_a_backward_that_fails_leaves_no_gradient() -> None:
    class Fails(MatMul):
        def backward(self, dout: Array) -> Any:
            super().backward(dout)
            raise ZeroDivisionError

    layer = Fails(draw(2, 2))
    with pytest.raises(ZeroDivisionError):
        layer(leaf(3, 2)).sum().backward()
    layer.__class__ = MatMul  # type: ignore[assignment]
    layer(Tensor(np.ones((1, 2)))).sum().backward()
    np.testing.assert_allclose(layer.grads[0], np.ones((2, 2)))


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_backward_that_fails_clears_all_that_is_behind_it(error: type[BaseException]) -> None:
    """A half of the gradients, added to what was there before, would be the gradient of nothing."""

    class Fails(Layer):
        def forward(self, x: Array) -> Array:
            return 1.0 * x

        def backward(self, dout: Array) -> Any:
            raise error

    first, last, w = Linear(2, 3, seed=0), Linear(3, 1, seed=1), leaf(2)
    last(first(Tensor(draw(4, 2)) * w)).sum().backward()
    kept = w.grad
    with pytest.raises(error):
        last(Fails()(first(Tensor(draw(4, 2)) * w))).sum().backward()
    assert not any(grad.any() for layer in (first, last) for grad in layer.grads)
    assert w.grad is None
    assert kept.any()
    last(first(Tensor(draw(4, 2)) * w)).sum().backward()
    np.testing.assert_array_equal(w.grad, kept)


# Copies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_recorded_tensor_is_not_copied(duplicate: Any) -> None:
    y = leaf(2) * 2
    with pytest.raises(GraphError, match=r"cannot be copied or pickled.*Copy x.detach\(\)"):
        duplicate(y)
    np.testing.assert_array_equal(copy.deepcopy(y.detach()).data, y.data)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))])
@pytest.mark.cpu
def test_a_copied_leaf_has_its_gradient_and_no_past(duplicate: Any) -> None:
    """A file may be read where fewer tensors were made than where it was written."""
    w: Any = Parameter(draw(2))
    (w * 3).sum().backward()
    with no_grad():
        w -= 1.0
    copied = duplicate(w)
    assert type(copied) is Parameter
    assert copied.changed == 0
    np.testing.assert_array_equal(copied.data, w.data)
    np.testing.assert_array_equal(copied.grad, [3, 3])
    (copied * 2).sum().backward()
    np.testing.assert_array_equal(copied.grad, [5, 5])
    np.testing.assert_array_equal(w.grad, [3, 3])


def test_a_copy_of_a_model_shares_its_weights_as_the_model_does() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.first = MatMul(draw(2, 2))
            self.second = MatMul(self.first.params[0])

        def forward(self, x: Any) -> Any:
            return self.second(self.first(x))

    net = Net()
    for model in (net, copy.deepcopy(net)):
        model.zero_grads()
        model(np.ones((1, 2))).sum().backward()
    (grad,), (copied,) = net.grads, model.grads
    assert copied is not grad
    np.testing.assert_array_equal(copied, grad)


def test_a_copy_shares_a_weight_between_a_layer_and_a_parameter_too() -> None:
    original = Tied()
    for model in (copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        model(np.array([[1.0, -1.0]])).sum().backward()
        assert [grad.tolist() for grad in model.grads] == [[[1, 5], [-5, -9]]]


class Tied(Module):
    """x W W, with one W in a layer and in a Parameter."""

    def __init__(self) -> None:
        self.layer = MatMul(np.array([[1.0, 2.0], [3.0, 4.0]]))
        self.w = Parameter(self.layer.params[0])

    def forward(self, x: Any) -> Any:
        return self.layer(x) @ self.w


def test_a_model_of_the_book_may_hold_a_sequential() -> None:
    class Net:
        def __init__(self) -> None:
            self.layers, self.loss = Sequential(Linear(2, 4, 0), Tanh(), Linear(4, 3, 1)), LOSS
            self.params, self.grads = self.layers.params, self.layers.grads

        def predict(self, x: Array) -> Array:
            return self.layers.forward(x)

        def forward(self, x: Array, t: Array) -> Array:
            return self.loss.forward(self.predict(x), t)

        def backward(self) -> None:
            self.layers.backward(self.loss.backward())

    x, t = draw(12, 2), np.arange(12) % 3
    history = Trainer(Net(), SGD(0.5), seed=0).fit(x, t, 50, verbose=False)
    assert history[-1].loss < history[0].loss


LOSS = SoftmaxWithLoss()

# Changes in place -----------------------------------------------------------------------------


def test_a_leaf_changed_between_forward_and_backward_is_an_error() -> None:
    w = leaf(2)
    y = (w * w).sum()
    with no_grad():
        w -= 1
    with pytest.raises(GraphError, match=r"Mul used has been changed.*before the update"):
        y.backward()
    (w * w).sum().backward()
    np.testing.assert_allclose(w.grad, 2 * w.data)


@pytest.mark.parametrize(
    "params", [lambda W, b: [W.copy(), b], lambda W, b: [W], lambda W, b: [W, b, b]]
)
def test_a_weight_replaced_between_forward_and_backward_is_an_error(params: Any) -> None:
    layer = Linear(2, 2, 0)
    y = layer(leaf(3, 2)).sum()
    before, layer.params = layer.params, params(*layer.params)
    with pytest.raises(GraphError, match=r"Linear used has been changed"):
        y.backward()
    layer.params = before
    layer(leaf(3, 2)).sum().backward()


def test_a_gradient_that_was_kept_stays_when_the_leaf_is_cleared() -> None:
    w = leaf(2)
    (w * 3).sum().backward()
    kept = w.grad
    w.grad = None
    (w * 5).sum().backward()
    assert (kept.tolist(), w.grad.tolist()) == ([3, 3], [5, 5])


def test_a_parameter_of_a_module_is_not_lost_by_rebinding() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.a = Parameter(draw(2))

    net: Any = Net()
    with no_grad():
        with pytest.raises(GraphError, match=r"Net.a is a Parameter.*self.a -= "):
            net.a = net.a - 0.1
        net.a -= 0.1
    for value in (draw(2), 1.0, Tensor([1.0])):
        with pytest.raises(GraphError, match=r"Net.a is a Parameter.*Parameter\(array\)"):
            net.a = value
    net.a = None
    net.a = Linear(2, 3)
    with pytest.raises(GraphError, match=r"Net.a is a Linear"):
        net.a = draw(2)
    net.a = Parameter(draw(2))
    assert len(net.params) == 1


def test_what_requires_a_gradient_and_is_no_parameter_is_refused() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.scales = [Tensor([2.0], requires_grad=True)]

    net = Net()
    with pytest.raises(ArgumentTypeError, match=r"Net holds a Tensor.*Parameter\(\.\.\.\)"):
        net.params  # noqa: B018
    net.scales = [Parameter(np.ones(1)), Tensor([3.0]), net.scales[0] * 2]
    assert len(net.params) == 1


def test_what_is_put_into_a_list_that_was_looked_up_is_refused() -> None:
    model = Sequential(Linear(2, 3, seed=0))
    looked_up: Any = (model.params, model.grads)
    for arrays in looked_up:
        with pytest.raises(ArgumentTypeError, match=rf"model\.{arrays.name}\[0\]\[\.\.\.\] = W"):
            arrays[0] = np.ones((2, 3))
        assert (list(arrays) + arrays)[0] is arrays[0]


def test_what_changes_in_place_through_such_a_list_has_changed() -> None:
    """As in the book's SGD: params[i] -= lr * grads[i]."""
    model = Sequential(Linear(2, 3, seed=0))
    W, before = model.params[0], model.params[0].copy()
    model.params[0] -= 0.5
    np.testing.assert_array_equal(W, before - np.float32(0.5))
    params = model.params
    params += [np.ones(1)]
    assert len(params) == 3


def test_an_array_put_into_the_list_of_a_layer_is_used() -> None:
    layer, W = Linear(2, 3, seed=0), np.ones((2, 3), np.float32)
    layer.params[0] = W
    model = Sequential(layer)
    x = draw(4, 2).astype(np.float32)
    np.testing.assert_allclose(model.forward(x), x @ W + layer.params[1], rtol=1e-6)
    assert model.params[0] is W


# State ----------------------------------------------------------------------------------------


class Follows(Layer):
    """Keeps a running mean: in place, or, `how` it should not be, in another array or list."""

    def __init__(self, how: str) -> None:
        super().__init__(state=[np.zeros(2)])
        self.how = how

    def forward(self, x: Array) -> Array:
        (mean,) = self.state
        if self.how == "in place":
            mean += 0.1 * (x.mean(axis=0) - mean)
        elif self.how == "another list":
            mean *= 0.5
            self.state = [mean]
        elif self.how == "another array":
            self.state = [0.9 * mean + 0.1 * x.mean(axis=0)]
        else:
            self.state = [mean, mean]
        return x - mean

    def backward(self, dout: Array) -> Array:
        return dout


def test_state_is_changed_in_place() -> None:
    layer, x = Follows("in place"), Tensor(np.ones((2, 2)))
    layer(x)
    layer(x)
    np.testing.assert_allclose(layer.state[0], [0.19, 0.19])
    Follows("another list")(x)


@pytest.mark.parametrize("how", ["another array", "more arrays"])
def test_state_that_would_be_lost_with_the_call_is_an_error(how: str) -> None:
    with pytest.raises(GraphError, match=r"other arrays into self.state.*in place"):
        Follows(how)(Tensor(np.ones((2, 2))))


def test_a_power_of_one_is_an_array_of_its_own() -> None:
    w = leaf(2)
    y = w**1
    with no_grad():
        w -= 1
    np.testing.assert_array_equal(y.data, w.data + 1)


def test_a_leaf_takes_a_power_in_place_inside_no_grad_only() -> None:
    w = leaf(2)
    before = w.data.copy()
    with pytest.raises(GraphError, match="only inside `with no_grad"):
        w **= 2
    with no_grad():
        w **= 2
    np.testing.assert_allclose(w.data, before**2)
    assert w.requires_grad


def test_a_tensor_is_true_as_its_number_is() -> None:
    assert not Tensor(0.0)
    assert not Tensor([0.0])
    assert Tensor(2.0)
    with pytest.raises(ValueError, match="item"):
        bool(Tensor([1.0, 2.0]))


# By hand, and with options --------------------------------------------------------------------


@pytest.mark.parametrize("op", [Add, Mul, Div, Pow])
def test_an_op_works_by_hand_as_a_layer_does(op: Any) -> None:
    assert check_gradients(op(), abs(draw(2, 3)) + 1, abs(draw(2, 3)) + 1) < 1e-6


def test_options_reach_forward() -> None:
    x = leaf(4)
    np.testing.assert_array_equal(Dropout(0.5)(x, train_flg=False).data, x.data * 0.5)

    class Net(Module):
        def forward(self, x: Any, double: bool = False) -> Any:
            return 2 * x if double else x

    np.testing.assert_array_equal(Net()(x, double=True).data, 2 * x.data)


def test_part_of_a_sequential_is_a_sequential() -> None:
    model = Sequential(Linear(2, 3, 0), Tanh(), Linear(3, 1, 1))
    first: Any = model[:2]
    assert isinstance(first, Sequential)
    assert list(first) == [model[0], model[1]]


# What is no number ----------------------------------------------------------------------------


def assert_refused(data: Array) -> None:
    for layer in (Linear(2, 2, 0), Tanh()):
        with pytest.raises(DTypeError, match=r": x must hold numbers, got "):
            layer.forward(data)
    with pytest.raises(DTypeError, match="MSELoss: t must hold numbers"):
        MSELoss().forward(np.ones((1, 2)), data)


def test_a_layer_computes_with_real_numbers() -> None:
    assert_refused(np.array([[1j, 2]]))


@pytest.mark.cpu  # no array of a GPU can hold these
@pytest.mark.parametrize("data", [numpy.array([["a", "b"]]), numpy.array([[None, 1]])])
def test_a_layer_computes_with_numbers(data: Array) -> None:
    assert_refused(data)


@pytest.mark.cpu  # no array of a GPU is read-only
def test_a_parameter_can_be_written_into() -> None:
    data = numpy.broadcast_to(1.0, (3,))
    with pytest.raises(DTypeError, match="is read-only"):
        Parameter(data)
    with pytest.raises(DTypeError, match="is read-only"):
        Tensor(data, requires_grad=True)


@pytest.mark.parametrize("compare", [operator.lt, operator.eq, operator.ge])
def test_what_cannot_be_compared_is_an_error_of_ours(compare: Any) -> None:
    with pytest.raises(ShapeError, match=r"cannot compare \(2,\) and \(3,\)"):
        compare(leaf(2), leaf(3))
    with pytest.raises(ShapeError, match="cannot compare"):
        compare(np.ones(3), leaf(2))
