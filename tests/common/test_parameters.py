"""What a model is made of: found by one rule, whoever asks."""

import collections
import copy
import gc
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from common import config
from common.autograd import Parameter, Tensor
from common.base import Layer, layers_of, mode
from common.checkpoint import load, save
from common.errors import ArgumentTypeError, ShapeError
from common.layers import BatchNorm, Dropout, Linear, MatMul, ReLU, Sequential
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD
from common.parameters import Part, added_up, learned, leaves_of, parts_of, replace_arrays
from common.util import to_device
from tests.common.table import draw
from tests.common.training import BookNet, X, network


class Plain:
    """A model as in the book: any object."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)

    def forward(self, x: Array) -> Array:
        return x


def matmul() -> MatMul:
    return MatMul(draw(2, 2))


# What is found, and in which order ----------------------------------------------------------------


def test_parts_stand_in_attributes_lists_tuples_dictionaries_and_in_what_has_a_forward() -> None:
    a, b, c, d, e = (matmul() for _ in range(5))
    w = Parameter(draw(2))
    inner, row = Plain(x=d), Sequential(e)
    model = Plain(b=a, a=[b, (w, 3, "text")], n=None, c={"x": c, 1: [inner]}, last=row)
    assert parts_of(model) == [a, b, w, c, d, row, e]
    assert leaves_of(model) == [a, b, w, c, d, e]
    assert layers_of(model) == [a, b, c, d, row, e]


@pytest.mark.parametrize("container", [lambda *parts: list(parts), lambda *parts: tuple(parts)])
def test_a_list_of_layers_is_a_model_too(container: Any) -> None:
    layers = container(Dropout(), matmul())
    assert parts_of(layers) == list(layers)
    with mode(layers, training=False):
        assert [layer.training for layer in layers] == [False, False]


def test_each_part_is_found_once_also_where_a_model_holds_itself() -> None:
    layer = matmul()
    model = Plain(a=layer, b=[layer])
    model.me = [model]  # type: ignore[attr-defined]
    assert parts_of(model) == [layer]


def test_a_hand_written_layer_that_holds_a_layer_is_searched() -> None:
    class Block(Layer):
        def __init__(self) -> None:
            super().__init__(draw(2))
            self.inner = matmul()

        def forward(self, x: Array) -> Array:
            return self.inner.forward(x) * self.params[0]

        def backward(self, dout: Array) -> Any:
            return self.inner.backward(dout * self.params[0])

    block = Block()
    assert parts_of(block) == [block, block.inner]
    assert [id(p) for p in Sequential(block).params] == [
        id(block.params[0]),
        id(block.inner.params[0]),
    ]


@pytest.mark.parametrize(
    "hide",
    [
        lambda part: {part},
        lambda part: frozenset([part]),
        lambda part: collections.deque([part]),
        lambda part: SimpleNamespace(part=part, n=3),
        lambda part: [{"x": {part}}],
    ],
    ids=["set", "frozenset", "deque", "object without forward", "deep"],
)
@pytest.mark.parametrize(
    "make", [matmul, lambda: Parameter(np.ones(2))], ids=["layer", "Parameter"]
)
def test_what_cannot_be_found_is_refused_when_params_is_asked_for(hide: Any, make: Any) -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.hidden = hide(make())

    model: Any = Net()
    for ask in (lambda: model.params, lambda: model.grads, model.zero_grads, model.eval):
        with pytest.raises(ArgumentTypeError, match=r"Net: .* stands in a .*Put it into"):
            ask()


class Helper:
    """No model: it has no forward."""

    def __init__(self, *held: Any) -> None:
        self.held = list(held)


def test_a_part_deep_in_what_is_no_model_is_refused_and_named() -> None:
    model = Plain(a=matmul(), helper=Helper({"x": (Dropout(),)}))
    with pytest.raises(ArgumentTypeError, match="Plain: a Dropout stands in a Helper"):
        parts_of(model)
    with pytest.raises(ArgumentTypeError, match="Dropout stands in a Helper"):
        replace_arrays(model, lambda array: array)


def test_a_way_back_to_what_the_model_holds_is_no_obstacle() -> None:
    layer = matmul()
    for model in (Plain(log=Helper(layer), layer=layer), Plain(layer=layer, log={Parameter: 3})):
        model.back = Helper(model)  # type: ignore[attr-defined]
        assert parts_of(model) == [layer]


class ByHand(Plain):
    """Arrays in lists of its own, and no Layer."""

    def __init__(self) -> None:
        super().__init__()
        self.params, self.grads = [draw(2)], [np.zeros(2)]


class Holds(Module):
    def __init__(self, *parts: Any) -> None:
        self.parts = parts


def ask_for_params(model: Any, path: Path) -> None:
    _ = model.params


def move(model: Any, path: Path) -> None:
    to_device(model)


ASKS = {"params": ask_for_params, "save": save, "move": move}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize(
    "make", [lambda: Holds(matmul(), ByHand()), lambda: Sequential(Holds({"a": Plain(b=ByHand())}))]
)
def test_a_model_by_hand_whose_lists_nobody_would_see_is_refused(
    make: Any, ask: Any, tmp_path: Path
) -> None:
    """Before anything is left out in silence."""
    model = make()
    by_hand = "holds a ByHand, which has params and is no Layer.*Derive ByHand from Layer"
    with pytest.raises(ArgumentTypeError, match=by_hand):
        ask(model, tmp_path / "model.safetensors")


def test_a_model_by_hand_that_lists_the_arrays_of_layers_is_as_good_as_they_are(
    tmp_path: Path,
) -> None:
    def make(seed: int) -> tuple[Holds, BookNet]:
        inner = BookNet(*network(seed))
        return Holds(Plain(inner=[inner])), inner

    (model, inner), (other, its_inner) = make(0), make(1)
    assert list(map(id, model.params)) == list(map(id, inner.params))
    save(model, tmp_path / "model.safetensors")
    load(other, tmp_path / "model.safetensors")
    for device_is_on in (False, config.GPU):
        with config.use_gpu(device_is_on):
            to_device(model)
            assert list(map(id, model.params)) == list(map(id, inner.params))
    assert [p.tobytes() for p in its_inner.params] == [p.tobytes() for p in inner.params]
    x = np.asarray(X)
    assert inner.predict(x).tobytes() == its_inner.predict(x).tobytes()


def test_a_layer_may_list_the_arrays_of_what_it_holds() -> None:
    class Holder(Layer):
        def __init__(self) -> None:
            self.by_hand = ByHand()
            super().__init__(*self.by_hand.params)

    holder = Holder()
    assert parts_of(Sequential(holder))[1:] == [holder]


def test_what_is_refused_can_still_be_shown() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.hidden = {matmul()}

    assert repr(Net()) == "Net()"


def test_a_container_clears_what_it_holds() -> None:
    model = Sequential(matmul())
    model[0].grads[0][...] = 3
    model.clear()
    assert not model[0].grads[0].any()


def test_what_holds_no_part_is_no_obstacle() -> None:
    model = Plain(a={1, 2}, kind=MatMul, module=collections, o=SimpleNamespace(n=1), f=print)
    assert parts_of(model) == []


# A part that is replaced or added -----------------------------------------------------------------


def head(model: Any) -> None:
    model.layers[-1] = Linear(3, 2, seed=7)


def head_by_index(model: Any) -> None:
    model[-1] = Linear(3, 2, seed=7)


def one_more(model: Any) -> None:
    model.append(Linear(2, 2, seed=7))


@pytest.mark.parametrize("change", [head, head_by_index, one_more])
def test_a_new_layer_of_a_sequential_learns(change: Any) -> None:
    model = Sequential(Linear(2, 3, seed=0), ReLU(), Linear(3, 2, seed=1))
    asked = model.params
    change(model)
    new = model[-1]
    before = [param.copy() for param in new.params]
    model.backward(np.ones_like(model.forward(np.ones((4, 2), np.float32))))
    SGD(1.0).update(model.params, model.grads)
    assert all((now != then).any() for now, then in zip(new.params, before, strict=True))
    assert [id(p) for p in model.params[-2:]] == [id(p) for p in new.params]
    assert [id(p) for p in asked[:2]] == [id(p) for p in model.params[:2]]


def test_only_layers_come_into_a_sequential() -> None:
    model: Any = Sequential(ReLU())
    duck = SimpleNamespace(forward=abs, backward=abs)  # has no params to be found
    for put in (model.append, lambda layer: model.__setitem__(0, layer)):
        for wrong in (3, ReLU, duck):
            with pytest.raises(ArgumentTypeError, match="expected layers, got"):
                put(wrong)
    with pytest.raises(ArgumentTypeError, match="index must be a whole number"):
        model[0:1] = ReLU()
    assert len(model) == 1


@pytest.mark.real
def test_the_search_leaves_nothing_to_the_garbage_collector() -> None:
    model = Plain(layers=[matmul(), Sequential(matmul())], w=Parameter(draw(2)))
    for search in (lambda: learned(model), lambda: replace_arrays(model, lambda array: array + 0)):
        search()
        gc.collect()
        gc.disable()
        try:
            search()
            assert gc.collect() == 0
        finally:
            gc.enable()


# Gradients ----------------------------------------------------------------------------------------


def test_each_layer_has_gradients_of_its_own() -> None:
    W = draw(2, 2)
    first, second = MatMul(W), MatMul(W)
    assert first.grads[0] is not second.grads[0]


def test_a_layer_that_lists_the_weights_of_a_layer_within_it_has_that_gradients() -> None:
    class Outer(Layer):
        def __init__(self) -> None:
            self.inner = matmul()
            super().__init__(draw(2), *self.inner.params)

    outer = Outer()
    assert outer.grads[1] is outer.inner.grads[0]
    assert outer.grads[0].shape == (2,)


@pytest.mark.cpu
def test_a_layer_within_that_lists_a_gradient_too_few_is_refused() -> None:
    class Outer(Layer):
        def __init__(self) -> None:
            self.inner = matmul()
            self.inner.grads = []
            super().__init__(*self.inner.params)

    with pytest.raises(ShapeError, match="Outer: got 1 params, but 0 grads"):
        Outer()


def test_equal_numbers_in_another_array_are_put_into_no_list() -> None:
    model = Sequential(matmul())
    model.params[0] -= 0.5  # written into the array that is there
    with pytest.raises(ArgumentTypeError, match="params of a model are looked up anew"):
        model.params[0] = model.params[0].copy()


def test_gradients_of_one_array_are_added_up_into_an_array_of_its_own() -> None:
    W, b = draw(2, 2), draw(2)
    first, second, other = MatMul(W), MatMul(W), Layer(b)
    parameter = Parameter(W)
    for part, number in ((first, 1), (second, 2), (other, 5)):
        part.grads[0][...] = number
    parameter.grad = np.full((2, 2), 10.0)
    params, grads = learned([first, other, second, parameter])
    assert [param is array for param, array in zip(params, (W, b), strict=True)] == [True, True]
    assert [float(grad.mean()) for grad in grads] == [13, 5]
    assert [float(part.grads[0].mean()) for part in (first, second, parameter)] == [1, 2, 10]
    assert grads[1] is other.grads[0]


def test_equal_numbers_in_two_arrays_are_not_added_up() -> None:
    W = draw(2, 2)
    assert len(learned([MatMul(W), MatMul(W.copy())])[0]) == 2


def test_one_gradient_array_that_stands_twice_counts_once() -> None:
    p, g = draw(2), draw(2)
    params, grads = added_up("test", [p, p], [g, g])
    assert len(params) == 1
    np.testing.assert_array_equal(grads[0], g)


def test_the_sum_of_numbers_is_an_array_too() -> None:
    w = np.array(2.0)
    first, second = Parameter(w), Parameter(w)
    first.grad, second.grad = np.array(3.0), np.array(4.0)
    params, grads = learned([first, second])
    assert isinstance(grads[0], np.ndarray)
    SGD(1.0).update(params, grads)
    assert float(w) == 2 - 7


def test_lists_of_two_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match="test: got 2 params, but 1 grads"):
        added_up("test", [draw(2), draw(2)], [draw(2)])
    with pytest.raises(ShapeError, match="test: got 0 params, but 1 grads"):
        added_up("test", [], [draw(2)])


def test_a_parameter_without_a_gradient_counts_as_zeros_and_stays_without() -> None:
    w = Parameter(draw(2))
    assert learned([w])[1][0].tolist() == [0, 0]
    assert w.grad is None


# State --------------------------------------------------------------------------------------------


def test_state_is_the_third_list_looked_up_as_the_others_are() -> None:
    norm, other = BatchNorm(3), BatchNorm(2)
    other.requires_grad = False  # what is frozen keeps its state

    class Net(Module):
        def __init__(self) -> None:
            self.w, self.layers = Parameter(draw(2)), [Sequential(norm, ReLU()), other]

    assert [id(a) for a in Net().state] == [id(a) for a in (*norm.state, *other.state)]
    assert list(ReLU().state) == []


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_has_lists_of_its_own_that_share_what_the_original_shares(copied: Any) -> None:
    W = draw(2, 2)
    model = Sequential(MatMul(W), BatchNorm(2), MatMul(W))
    twin = copied(model)
    assert twin[0].params[0] is twin[2].params[0] is not W
    assert len(twin.params) == len(model.params) == 3
    assert len(twin.state) == 2


# Arrays replaced ----------------------------------------------------------------------------------


def test_an_array_is_replaced_once_wherever_it_stands() -> None:
    W = draw(2, 2)
    layer, tensor = MatMul(W), Tensor(W)
    model = Plain(layer=layer, kept=(W, [W]), by_name={"W": W}, tensor=tensor, text="W")
    replace_arrays(model, lambda array: array + 1)
    new = layer.params[0]
    np.testing.assert_array_equal(new, W + 1)
    places = vars(model)
    assert places["kept"][0] is places["kept"][1][0] is places["by_name"]["W"] is tensor.data is new


class EqualToAll:
    """No model, and found equal to one by `==`."""

    def __init__(self, W: Array) -> None:
        self.W = W

    def __eq__(self, other: object) -> bool:
        return True


def test_arrays_are_replaced_where_parts_are_looked_for_and_nowhere_else() -> None:
    W = draw(2, 2)
    places: list[Any] = [Layer(), Plain(), SimpleNamespace(), EqualToAll(W)]
    for place in places:
        place.W = W
    model: Any = SimpleNamespace(W=W, places=places)  # has no forward, but is the model
    replace_arrays(model, lambda array: array + 1)
    assert [place.W is W for place in (model, *places)] == [False, False, False, True, True]


def test_all_kinds_of_parts_count_as_parts() -> None:
    assert all(isinstance(part, Part) for part in (matmul(), Parameter(draw(2)), Sequential()))
