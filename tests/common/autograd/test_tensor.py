"""The tape: leaves and their gradients, what is recorded, and the walk back."""

import functools
import gc
import operator
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.autograd import Parameter, Tensor, concatenate, no_grad, stack
from common.autograd.ops import Op
from common.errors import GraphError
from common.layers import Dropout, Flatten, Layer, MatMul, ReLU, Sequential
from common.np import np
from common.parameters import learned
from common.util import to_cpu
from tests.common.table import ROWS, Array, OwnLists, Row, draw
from tests.make_torch_reference import import_torch


def leaf(array: Any) -> Tensor:
    return Tensor(np.array(array, dtype=float), requires_grad=True)


# Leaves and their gradients -------------------------------------------------------------------

each_kind_of_leaf = pytest.mark.parametrize("make", [leaf, lambda a: Parameter(np.array(a))])


@each_kind_of_leaf
def test_a_gradient_is_none_then_there_then_added_to_then_cleared(make: Any) -> None:
    w = make([1.0, 2.0])
    seen = [w.grad]
    for clear in (False, True, False):
        (3 * w).sum().backward()
        seen.append(w.grad.tolist())
        if clear:
            w.grad = None
            seen.append(w.grad)
    assert seen == [None, [3, 3], [6, 6], None, [3, 3]]


def test_a_gradient_can_be_set_and_scaled() -> None:
    w = leaf([1.0, 2.0])
    w.grad = np.array([4.0, 8.0])
    w.grad *= 0.5
    assert w.grad.tolist() == [2, 4]
    w.sum().backward()
    assert w.grad.tolist() == [3, 5]


def test_a_gradient_owns_its_memory() -> None:
    one, other, dout = leaf([1.0, 2.0]), leaf([3.0, 4.0]), np.array([5.0, 6.0])
    (one + other).backward(dout)
    assert one.grad is not None
    dout[:] = 0
    one.grad[0] = 9
    assert other.grad is not None
    assert other.grad.tolist() == [5, 6]


def test_only_leaves_that_require_a_gradient_have_one() -> None:
    x, w = Tensor([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * w
    y.sum().backward()
    assert x.grad is None
    with pytest.raises(GraphError, match=r"grad: .* made by Mul.*with no_grad\(\): w -= lr"):
        y.grad  # noqa: B018
    assert w.grad is not None


@pytest.mark.parametrize(
    ("parents", "requires"), [("no no", False), ("no yes", True), ("yes no", True)]
)
def test_a_result_requires_a_gradient_if_an_input_does(parents: str, requires: bool) -> None:
    a, b = (Tensor(draw(2), requires_grad=word == "yes") for word in parents.split())
    for y in (a * b, b - a, concatenate([a, b])):
        assert y.requires_grad is requires
        assert (y.call is not None) is requires


def test_data_alone_is_recorded_only_by_a_layer_with_weights() -> None:
    x = Tensor(draw(2, 3))
    assert ReLU()(x * 2).call is None
    assert MatMul(draw(3, 3))(x).requires_grad


def test_in_no_grad_nothing_is_recorded_and_blocks_may_nest() -> None:
    w = leaf([1.0, 2.0])
    with no_grad():
        with no_grad():
            pass
        ys = [w * 2, MatMul(draw(2, 2))(w.reshape(1, 2))]
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        ys.append(w + 1)
    assert [(y.requires_grad, y.call) for y in ys] == [(False, None)] * 3
    assert (w * 2).requires_grad


def test_detach_keeps_the_array_and_stops_the_gradient() -> None:
    w = leaf([1.0, 2.0])
    y = w * 3
    constant = y.detach()
    assert constant.data is y.data
    (w * constant).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [3, 6]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_leaf_changes_in_place_inside_no_grad(sign: int) -> None:
    array = np.array([1.0, 2.0])
    before = Parameter(array)
    w: Any = before
    with no_grad():
        if sign == 1:
            w += Tensor([1.0, 1.0])
        else:
            w -= np.array([1.0, 1.0])
    assert w is before
    assert w.data is array
    assert array.tolist() == [1 + sign, 2 + sign]


def test_on_a_recorded_tensor_and_on_data_plus_equals_makes_a_new_tensor() -> None:
    w, x = leaf([1.0, 2.0]), Tensor(np.array([1.0, 1.0]))
    y: Any
    y = first = w * 3
    y += w * x
    y -= w
    assert first.data.tolist() == [3, 6]
    y.sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [3, 3]
    x += 1
    assert x.data.tolist() == [2, 2]


IN_PLACE: dict[Callable[[Any, Any], Any], Callable[[Any, Any], Any]] = {
    operator.iadd: operator.add, operator.isub: operator.sub, operator.imul: operator.mul,
    operator.itruediv: operator.truediv, operator.ipow: operator.pow,
}  # fmt: skip
each_in_place = pytest.mark.parametrize("change", IN_PLACE)


@each_in_place
@pytest.mark.parametrize("make", [Tensor, lambda array: array])
def test_in_place_an_operand_is_repeated_along_all_axes_that_it_lacks(
    change: Callable[[Any, Any], Any], make: Callable[[Array], Any]
) -> None:
    array, other = draw(3, 2, 2, 3) ** 2 + 1, draw(2, 1, 1) ** 2 + 1
    expected = IN_PLACE[change](array, other)
    w = Parameter(array)
    with no_grad():
        assert change(w, make(other)) is w
    np.testing.assert_array_equal(array, expected)


@each_in_place
def test_an_operator_in_place_on_a_recorded_tensor_is_the_operator(
    change: Callable[[Any, Any], Any],
) -> None:
    gradients = []
    for f in (change, IN_PLACE[change]):
        a, b = leaf(draw(3, 1, 1, 3) ** 2 + 1), leaf(draw(2, 1) ** 2 + 1)
        f(a * 1, b).backward(draw(3, 1, 2, 3))
        gradients.append([a.grad, b.grad])
    for in_place, expected in zip(*gradients, strict=True):
        np.testing.assert_array_equal(in_place, expected)


@pytest.mark.parametrize("change", [operator.iadd, operator.imul, operator.ipow])
@pytest.mark.parametrize("scalar", [0.1, numpy.float32(0.1), numpy.float64(0.1)])
def test_in_place_a_number_counts_as_it_does_elsewhere(
    change: Callable[[Any, Any], Any], scalar: Any
) -> None:
    start = (draw(100) ** 2 + 1).astype(np.float32)
    w, same = Tensor(start.copy(), requires_grad=True), Tensor(start)
    with no_grad():
        assert change(w, scalar) is w
    np.testing.assert_array_equal(w.data, change(same, scalar).data)


def test_what_needs_no_gradient_gets_none_computed() -> None:
    x, w, exponent = Tensor(np.eye(2) + 1), leaf(np.eye(2) + 1), Tensor(np.eye(2))
    for y, unneeded in ((x * w, 0), (w * x, 1), (x @ w, 0), (w @ x, 1), (w**exponent, 1)):
        assert y.call is not None
        assert y.call.of.backward(np.ones((2, 2)))[unneeded] is None


class Spy(Op):
    """a + b; notes what it is told that is needed."""

    def __init__(self, told: list[Any]) -> None:
        self.told = told

    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    def backward(self, dout: Array) -> tuple[Array, Array]:
        self.told.append(list(self.needs))
        return dout, dout


def test_a_call_is_told_which_gradients_are_needed() -> None:
    told: list[Any] = []
    x, w = Tensor(draw(2)), leaf(draw(2))
    for inputs in ((x, w), (w, x), (w, w)):
        Tensor.record(Spy(told), inputs).sum().backward()
    assert Tensor.record(Spy(told), (x, x)).call is None
    assert told == [[False, True], [True, False], [True, True]]


# Looking at a tensor --------------------------------------------------------------------------


def test_a_tensor_looks_like_its_array_and_like_its_number() -> None:
    x, one = Tensor(draw(4, 3)), leaf(2.5)
    assert (x.shape, x.ndim, x.dtype, len(x)) == ((4, 3), 2, np.float64, 4)
    assert (one.item(), float(one), f"{one:.2f}", f"{one}") == (2.5, 2.5, "2.50", repr(one))
    assert type(one.item()) is float


def test_a_tensor_is_taken_apart_like_a_list() -> None:
    x: Any = leaf([1.0, 2.0, 3.0])
    a, b, c = x
    (a + 2 * b + 3 * c).backward()
    assert x.grad.tolist() == [1, 2, 3]


def test_repr_shows_the_value_and_what_made_it() -> None:
    x, w = Tensor([1.0, 2.0]), leaf([3.0, 4.0])
    for tensor, text in (
        (x, "Tensor([1., 2.])"),
        (Tensor(1 / 3), "Tensor(0.3333)"),
        (w, "Tensor([3., 4.], requires_grad=True)"),
        (Parameter(np.ones(1)), "Parameter([1.], requires_grad=True)"),
        (x * w, "Tensor([3., 8.], made by Mul)"),
        (MyReLU()(w), "Tensor([3., 4.], made by MyReLU)"),
    ):
        assert repr(tensor) == text


def test_a_tensor_is_a_key_by_identity() -> None:
    x, equal = Tensor([1.0]), Tensor([1.0])
    names = {x: "x", equal: "equal"}
    assert (names[x], names[equal], len(names)) == ("x", "equal", 2)


def test_data_keeps_its_dtype_and_python_numbers_get_that_of_the_config() -> None:
    array = draw(2)
    assert Tensor(array).data is array
    assert Tensor([1.0, 2.0]).dtype == Tensor(1.0).dtype == np.float32
    assert Tensor([1, 2]).dtype.kind == "i"
    assert type(Tensor(numpy.float64(1)).data) is np.ndarray


# The walk back --------------------------------------------------------------------------------


class Tracked(Layer):
    """Passes everything on; notes when its backward runs."""

    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__()
        self.name, self.log = name, log

    def forward(self, x: Array) -> Array:
        return x

    def backward(self, dout: Array) -> Array:
        self.log.append(self.name)
        return dout


def test_each_call_goes_back_once_the_newest_first() -> None:
    log: list[str] = []
    first, left, right = (Tracked(name, log) for name in ("first", "left", "right"))
    h = first(leaf(2.0))
    a = left(h)
    (right(h) + a + h).backward()
    assert log == ["right", "left", "first"]


def test_a_second_backward_gives_the_same_and_adds() -> None:
    x, W = leaf(draw(2, 3)), Parameter(draw(3, 3))
    y = (MatMul(W.data)(x) @ W).tanh().sum()
    y.backward()
    assert x.grad is not None
    assert W.grad is not None
    once = x.grad.copy(), W.grad.copy()
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * once[0])
    np.testing.assert_array_equal(W.grad, 2 * once[1])


@pytest.mark.parametrize("kind", [float, lambda x: np.array(x), Tensor, numpy.float32])
def test_backward_starts_with_the_gradient_that_it_is_given(kind: Any) -> None:
    x = leaf([1.0, 2.0])
    x.sum().backward(kind(2.0))
    assert x.grad is not None
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize("given", [[3, 4], [True, False]])
def test_what_comes_back_to_floats_is_floats(given: list[Any]) -> None:
    x = leaf([1.0, 2.0])
    (x * 1).backward(np.array(given))
    assert x.grad is not None
    assert (x.grad.tolist(), x.grad.dtype) == (given, np.float64)


@contextmanager
def no_garbage_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.real
@pytest.mark.parametrize("make", [lambda: lambda y: y + 1.0, lambda: MatMul(np.eye(1)), ReLU])
def test_a_chain_of_ten_thousand_steps_goes_back_and_is_freed(make: Any) -> None:
    with no_garbage_collector():
        x, step = leaf([[2.0]]), make()
        y = step(x)
        first = weakref.ref(getattr(y.call, "layer", y.call))
        for _ in range(9999):
            y = step(y)
        y.backward()
        assert x.grad == 1
        assert first() is not None
        del y
        assert first() is None


def train_polynomial(steps: int) -> None:
    x = Tensor(np.linspace(-1, 1, 10))
    a: Any = Parameter(np.array(0.5))
    b: Any = leaf(0.5)
    layer = MatMul(np.ones((1, 1)))
    for _ in range(steps):
        loss = ((layer((a + b * x + x**2).reshape(10, 1)) - 1) ** 2).mean()
        layer.zero_grads()
        a.grad = b.grad = None
        loss.backward()
        with no_grad():
            a -= 0.01 * a.grad
            b -= 0.01 * b.grad


def assert_flat(warm_up: int, steps: int, limit: int) -> None:
    """`steps` more training steps allocate less than `limit` bytes for good."""
    with no_garbage_collector():
        tracemalloc.start()
        try:
            train_polynomial(warm_up)
            before, _ = tracemalloc.get_traced_memory()
            train_polynomial(steps)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < limit


@pytest.mark.cpu  # tracemalloc sees the host alone
def test_training_steps_leave_memory_flat() -> None:
    assert_flat(warm_up=2000, steps=3000, limit=64 * 1024)


@pytest.mark.slow
@pytest.mark.cpu
def test_a_hundred_thousand_training_steps_leave_memory_flat() -> None:
    assert_flat(warm_up=10_000, steps=90_000, limit=1024 * 1024)


# Graphs, beside PyTorch's ---------------------------------------------------------------------


def our_names(model: list[Any]) -> SimpleNamespace:
    """The layers that are made become parts of the model."""

    def layer(W: Any) -> MatMul:
        model.append(MatMul(W.data))
        return model[-1]

    return SimpleNamespace(layer=layer, relu=ReLU, sequential=Sequential)


def torch_names(torch: Any) -> SimpleNamespace:
    def sequential(*layers: Any) -> Callable[[Any], Any]:
        return lambda x: functools.reduce(lambda h, layer: layer(h), layers, x)

    return SimpleNamespace(
        layer=lambda W: lambda x: x @ W, relu=lambda: torch.relu, sequential=sequential
    )


def layer_twice(F: Any, x: Any, W: Any, V: Any) -> Any:
    layer = F.layer(W)
    return layer(layer(x).tanh())


def one_array_in_two_layers(F: Any, x: Any, W: Any, V: Any) -> Any:
    return F.layer(W)((F.layer(V)(F.layer(W)(x))).tanh())


def a_parameter_and_a_layer_on_one_array(F: Any, x: Any, W: Any, V: Any) -> Any:
    return F.layer(W)(x) @ W * W[0]


def loop(n: int) -> Callable[..., Any]:
    def graph(F: Any, x: Any, W: Any, V: Any) -> Any:
        layer, y = F.layer(V), x + 1
        for _ in range(n):
            y = y + layer(y).tanh()
        return y

    graph.__name__ = f"a_loop_of_{n}"
    return graph


def branch_not_taken(F: Any, x: Any, W: Any, V: Any) -> Any:
    return F.layer(W)(x) if W[0, 0] > 1000 else x @ V


def diamond(F: Any, x: Any, W: Any, V: Any) -> Any:
    h = (x @ W).tanh()
    return h * h.exp() + h - h.sum()


def diamond_of_numbers(F: Any, x: Any, W: Any, V: Any) -> Any:
    h = (x.sum() * W[0, 0]).tanh()
    g = (h * h + h).sigmoid()
    return g + h * g


def layer_without_weights_twice(F: Any, x: Any, W: Any, V: Any) -> Any:
    relu = F.relu()
    return relu(relu(x @ W) @ V)


def sequential_twice(F: Any, x: Any, W: Any, V: Any) -> Any:
    model = F.sequential(F.layer(W), F.relu(), F.layer(V))
    return model(model(x) + 1)


def sequential_with_a_layer_twice(F: Any, x: Any, W: Any, V: Any) -> Any:
    layer, relu = F.layer(W), F.relu()
    return F.sequential(layer, relu, F.sequential(layer, relu), F.layer(V))(x)


def two_losses(F: Any, x: Any, W: Any, V: Any) -> Any:
    h = (x @ W).tanh()
    return h.sum(), (F.layer(V)(h) ** 2).mean()


GRAPHS: list[Callable[..., Any]] = [
    layer_twice, one_array_in_two_layers, a_parameter_and_a_layer_on_one_array, loop(0), loop(1),
    loop(4), branch_not_taken, diamond, diamond_of_numbers, layer_without_weights_twice,
    sequential_twice, sequential_with_a_layer_twice, two_losses,
]  # fmt: skip


def losses_of(graph: Callable[..., Any], F: Any, *leaves: Any) -> tuple[Any, ...]:
    y = graph(F, *leaves)
    return tuple(part.sum() for part in (y if isinstance(y, tuple) else (y,)))


@pytest.mark.torch
@pytest.mark.parametrize("graph", GRAPHS)
def test_graphs_agree_with_pytorch(graph: Callable[..., Any]) -> None:
    torch = import_torch()
    arrays = [draw(2, 3), draw(3, 3) / 2, draw(3, 3, seed=1) / 2]
    x, W, V = leaf(arrays[0]), Parameter(arrays[1]), Parameter(arrays[2])
    peers = [torch.tensor(to_cpu(array), requires_grad=True) for array in arrays]
    model: list[Any] = [W, V]
    ours = losses_of(graph, our_names(model), x, W, V)
    theirs = losses_of(graph, torch_names(torch), *peers)
    for loss, their_loss in zip(ours, theirs, strict=True):
        loss.backward()
        their_loss.backward(retain_graph=True)
        assert loss.item() == pytest.approx(their_loss.item(), rel=1e-10)
    for grad, peer in zip((x.grad, *learned(model)[1]), peers, strict=True):
        expected = numpy.zeros(peer.shape) if peer.grad is None else peer.grad.numpy()
        scale = abs(expected).max()
        np.testing.assert_allclose(grad, expected, 0, atol=1e-10 * scale)


# What comes back to a sum comes back to both its terms: one array, or views of it. Then it must
# not be added to in place, if one of the two has another use. Each value here has several.

Step = Callable[..., Any]


class Identity(Layer):
    """y = x, and what comes back is handed on as it is."""

    def forward(self, x: Array) -> Array:
        return x

    def backward(self, dout: Array) -> Array:
        return dout


HANDING_ON: list[Step] = [
    lambda F, a, b: a + b,
    lambda F, a, b: a - b,
    lambda F, a, b: a.reshape(6).reshape(2, 3),
    lambda F, a, b: a.reshape(3, 2).T,
    lambda F, a, b: a[None].squeeze(0),
    lambda F, a, b: a.sum() + b,
    lambda F, a, b: a.sum(0) + b,
    lambda F, a, b: F.identity(a),
    lambda F, a, b: F.flatten(a),
    lambda F, a, b: F.concatenate([a, b])[1:3],
    lambda F, a, b: F.stack([a, b]).sum(0),
]
COMPUTING: list[Step] = [lambda F, a, b: 0.5 * a * b, lambda F, a, b: (a + b).tanh()]

OUR_STEPS = SimpleNamespace(
    identity=Identity(), flatten=Flatten(), concatenate=concatenate, stack=stack
)


def torch_steps(torch: Any) -> SimpleNamespace:
    return SimpleNamespace(
        identity=lambda a: a, flatten=lambda a: a.flatten(1), concatenate=torch.cat,
        stack=torch.stack,
    )  # fmt: skip


def sum_of_all(graph: list[tuple[Step, int, int]], F: Any, leaves: list[Any]) -> Any:
    """Each value of the graph goes into the loss, before anything else is made of it: so that on
    the way back its gradient has come from elsewhere already.
    """
    values, loss = [*leaves], (leaves[0] * leaves[1]).mean()
    for k, (f, i, j) in enumerate(graph):
        values.append(f(F, values[i % len(values)], values[j % len(values)]))
        loss = loss + (0.1 * k + 1) * (values[-1] ** 2).mean()
    return loss


@pytest.mark.cpu
@pytest.mark.torch
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*HANDING_ON, *COMPUTING]), st.integers(0, 99), st.integers(0, 99)
        ),
        min_size=2, max_size=8,
    )
)  # fmt: skip
def test_random_graphs_in_which_each_value_is_used_again_agree_with_pytorch(
    graph: list[tuple[Step, int, int]],
) -> None:
    torch = import_torch()
    arrays = [draw(2, 3), draw(2, 3, seed=1)]
    leaves: list[Any] = [leaf(arrays[0]), Parameter(arrays[1])]
    peers = [torch.tensor(array, requires_grad=True) for array in arrays]
    loss = sum_of_all(graph, OUR_STEPS, leaves)
    their_loss = sum_of_all(graph, torch_steps(torch), peers)
    loss.backward()
    their_loss.backward()
    assert loss.item() == pytest.approx(their_loss.item(), rel=1e-10)
    for ours, theirs in zip(leaves, peers, strict=True):
        expected = theirs.grad.numpy()
        numpy.testing.assert_allclose(ours.grad, expected, 0, atol=1e-10 * abs(expected).max())


# By hand and on the tape ----------------------------------------------------------------------


def on_tape(row: Row, layer: Layer) -> tuple[Tensor, Tensor]:
    """The input and the output."""
    x, *rest = row.inputs()
    tensor = Tensor(x, requires_grad=x.dtype.kind == "f")
    return tensor, layer(tensor, *rest)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_by_hand_and_on_the_tape_a_layer_does_the_same(row: Row) -> None:
    by_hand, layer = row.run(), row.layer()
    arrays = list(map(id, [*layer.params, *layer.grads]))
    x, y = on_tape(row, layer)
    for times in (1, 2):  # the second backward adds
        if y.call is not None:
            y.backward(row.dout())
        np.testing.assert_allclose(y.data, by_hand.y, rtol=1e-12)
        if by_hand.dx is not None:
            assert x.grad is not None
            np.testing.assert_allclose(x.grad, times * by_hand.dx, rtol=1e-12, atol=1e-15)
        for grad, expected in zip(layer.grads, by_hand.grads, strict=True):
            np.testing.assert_allclose(grad, times * expected, rtol=1e-12, atol=1e-15)
    assert list(map(id, [*layer.params, *layer.grads])) == arrays


@pytest.mark.parametrize("row", [row for row in ROWS if row.weights], ids=str)
def test_zero_grads_clears_and_what_was_there_does_not_come_through(row: Row) -> None:
    layer = row.layer()
    for _ in range(2):
        for grad in layer.grads:
            grad[...] = np.nan
        layer.zero_grads()
        assert not any(grad.any() for grad in layer.grads)
        on_tape(row, layer)[1].backward(row.dout())
        for grad, expected in zip(layer.grads, row.run().grads, strict=True):
            np.testing.assert_allclose(grad, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.cpu
@pytest.mark.parametrize("make", [lambda w: MatMul(w[:, None]), OwnLists])
def test_a_gradient_that_came_by_hand_is_written_over(make: Callable[[Array], Layer]) -> None:
    layer, x = make(draw(3)), draw(2, 3)
    for _ in range(2):
        layer.backward(np.ones_like(layer.forward(9 * x)))
        layer(Tensor(x)).sum().backward()
        assert layer.grads[0].ravel().tolist() == x.sum(axis=0).tolist()
        layer.zero_grads()


def test_a_layer_in_evaluation_mode_and_one_in_training_mode_are_called_as_they_are() -> None:
    layer, x = Dropout(0.5, seed=1), Tensor(np.ones((20, 20)))
    assert np.unique(layer(x).data).tolist() == [0, 1]
    assert np.unique(layer.eval()(x).data).tolist() == [0.5]


# Layers of a reader's own ---------------------------------------------------------------------


class MyReLU(Layer):
    factor = 1.0

    def forward(self, x: Array) -> Array:
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return self.factor * dout * self.mask


class Doubled(MyReLU):
    factor = 2.0


def test_a_layer_of_ones_own_is_used_by_calling_it() -> None:
    grads: list[Any] = []
    for layer in (ReLU(), MyReLU(), Doubled()):
        W = Parameter(draw(3, 3))
        layer(Tensor(draw(2, 3)) @ W).sum().backward()
        grads.append(W.grad)
    np.testing.assert_array_equal(grads[1], grads[0])
    np.testing.assert_array_equal(grads[2], 2 * grads[0])


def test_a_layer_with_lists_of_its_own_adds_up_too() -> None:
    layer, x = OwnLists(draw(3)), draw(2, 3)
    grad, seen = layer.grads[0], []
    for is_cleared in (False, False, True):
        if is_cleared:
            layer.zero_grads()
        (layer(Tensor(x)) + layer(Tensor(x))).sum().backward()
        seen.append(grad.copy())
    assert layer.grads[0] is grad
    for factor, array in zip((2, 4, 2), seen, strict=True):
        np.testing.assert_allclose(array, factor * x.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("make", [MatMul, OwnLists])
@pytest.mark.parametrize("is_parameter_first", [False, True])
def test_a_parameter_and_a_layer_on_one_array_each_have_their_part_of_its_gradient(
    make: Any, is_parameter_first: bool
) -> None:
    w = draw(3, 3)
    layer, parameter = make(w), Parameter(w)
    y = (layer(Tensor(np.ones((3, 3)))) + 2 * parameter).sum()
    y.backward()
    np.testing.assert_array_equal(parameter.grad, np.full((3, 3), 2))
    np.testing.assert_array_equal(layer.grads[0], np.full((3, 3), 3))
    params, grads = learned([parameter, layer] if is_parameter_first else [layer, parameter])
    assert [param is w for param in params] == [True]
    np.testing.assert_array_equal(grads[0], np.full((3, 3), 5))


def test_a_gradient_that_was_kept_survives_the_next_steps() -> None:
    w: Any = Parameter(draw(2))
    (w * 3).sum().backward()
    kept = w.grad
    w.clear()
    (w * 5).sum().backward()
    assert kept.tolist() == [3, 3]
    assert w.grad.tolist() == [5, 5]


def test_two_leaves_that_get_one_array_back_do_not_share_it() -> None:
    a, b = leaf(draw(3)), leaf(draw(3))
    (a + b).sum().backward()
    (a * 1).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([2, 2, 2], [1, 1, 1])
