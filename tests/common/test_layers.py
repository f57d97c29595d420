"""Every layer and loss, row by row of the table; then what is special about each."""

import copy
import math
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from numpy.typing import DTypeLike

from common import config, layers
from common.autograd import Tensor
from common.base import layers_of, mode
from common.errors import (
    ArgumentTypeError,
    CallOrderError,
    GradientError,
    ShapeError,
    SharedLayerError,
)
from common.gradient_check import check_gradients
from common.layers import (
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Linear,
    MatMul,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    SigmoidWithLoss,
    SoftmaxWithLoss,
    Tanh,
)
from common.np import np
from tests.common.table import OPTIMIZERS, ROWS, Array, Result, Row, draw, run
from tests.make_torch_reference import FILE, torch_layer

each_row = pytest.mark.parametrize("row", ROWS, ids=str)
each_row_with_weights = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.weights], ids=str
)
each_row_with_a_peer = pytest.mark.parametrize("row", [row for row in ROWS if row.peer], ids=str)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def assert_same(ours: Result, theirs: Result, rtol: float = 1e-12) -> None:
    """Equal up to rounding, and in shape."""
    expected = theirs.arrays()
    assert ours.arrays().keys() == expected.keys()
    for name, array in ours.arrays().items():
        assert array.shape == expected[name].shape, name
        np.testing.assert_allclose(array, expected[name], rtol, atol=rtol * 1e-3, err_msg=name)


def test_every_public_layer_has_a_row() -> None:
    public = {getattr(layers, name) for name in layers.__all__} - {Layer}
    assert public == {type(row.layer()) for row in ROWS}


# Gradients ------------------------------------------------------------------------------------


@each_row
def test_gradients_agree_with_central_differences(row: Row) -> None:
    assert check_gradients(row.layer(), *row.inputs(), tolerance=1e-6) <= 1e-6


@pytest.mark.parametrize("row", [row for row in ROWS if "large" not in row.name], ids=str)
def test_gradients_agree_with_slopes_measured_without_the_checker(row: Row) -> None:
    x, *rest = row.inputs()
    weights, dout, result = [np.array(w) for w in row.weights], row.dout(), row.run()
    learned = [*weights] if result.dx is None else [x, *weights]
    _, *said = result.arrays().values()
    for array, gradient in zip(learned, said, strict=True):
        slopes = np.zeros(array.shape)
        for i in numpy.ndindex(array.shape):
            at = float(array[i])
            for side in (1, -1):
                array[i] = at + side * 1e-5
                slopes[i] += side * (row.make(*weights).forward(x, *rest) * dout).sum() / 2e-5
            array[i] = at
        scale = float(abs(slopes).max())
        np.testing.assert_allclose(gradient, slopes, 1e-6, atol=1e-6 * scale + 1e-10)


def jacobians(layer: Layer, y: Array) -> tuple[list[Any], list[Array]]:
    """dy/dx and dy/dparams, one row for each element of y, after a forward that gave y."""
    douts = np.eye(np.size(y)).reshape(-1, *np.shape(y))
    dxs, grads = [], []
    for dout in douts:
        dxs.append(layer.backward(dout))
        grads.append([grad.copy() for grad in layer.grads])
    return dxs, [np.array(rows) for rows in zip(*grads, strict=True)]


@each_row
def test_float32_agrees_with_float64_relative_to_the_sum_of_the_absolute_terms(row: Row) -> None:
    layer, inputs, dout = row.layer(), row.inputs(), row.dout()
    exact, single = run(layer, inputs, dout), row.run(np.float32)

    def assert_close(single: Any, exact: Any, terms: Any) -> None:
        assert (abs(single - exact) <= 1e-5 * terms).all()

    y_terms = abs(exact.y)
    dxs, jacobian_of_params = jacobians(layer, exact.y)
    if exact.dx is not None:
        dx_jacobian = np.array(dxs)
        assert_close(single.dx, exact.dx, np.tensordot(abs(dout).ravel(), abs(dx_jacobian), 1))
        terms = abs(dx_jacobian * inputs[0]).reshape(np.size(exact.y), -1)
        y_terms = y_terms + terms.sum(axis=1).reshape(np.shape(exact.y))
    assert_close(single.y, exact.y, y_terms)
    for i, jacobian in enumerate(jacobian_of_params):
        terms = np.tensordot(abs(dout).ravel(), abs(jacobian), 1)
        assert_close(single.grads[i], exact.grads[i], terms)


# PyTorch --------------------------------------------------------------------------------------


def run_like(row: Row, reference_y: Array) -> Result:
    """Our result, where PyTorch's output was reference_y."""
    layer = row.layer()
    row.follow(layer, reference_y)
    return run(layer, row.inputs(), row.dout())


@pytest.fixture(scope="module")
def checked_in() -> dict[str, Array]:
    with numpy.load(FILE) as file:
        return dict(file)


@each_row_with_a_peer
def test_agrees_with_the_values_that_pytorch_gave(row: Row, checked_in: dict[str, Array]) -> None:
    theirs = {n.split(": ")[1]: a for n, a in checked_in.items() if n.startswith(f"{row}: ")}
    grads = [theirs[f"grads[{i}]"] for i in range(len(row.weights))]
    expected = Result(theirs["y"], theirs.get("dx"), grads)
    assert_same(run_like(row, expected.y), expected, rtol=1e-10)


@pytest.mark.torch
@each_row_with_a_peer
def test_agrees_with_pytorch(row: Row) -> None:
    theirs = torch_layer(row)
    assert_same(run_like(row, theirs.y), theirs, rtol=1e-10)


def test_the_file_holds_no_row_that_is_gone(checked_in: dict[str, Array]) -> None:
    rows = {row.name for row in ROWS if row.peer} | {row.name for row in OPTIMIZERS}
    assert {name.rsplit(": ", 1)[0].rsplit(", lr ", 1)[0] for name in checked_in} == rows


# The contract ---------------------------------------------------------------------------------


@each_row_with_weights
def test_params_and_grads_stay_the_same_objects(row: Row) -> None:
    layer = row.layer()
    before = [*layer.params, *layer.grads]
    for _ in range(2):
        run(layer, row.inputs(), row.dout())
    assert all(a is b for a, b in zip(before, [*layer.params, *layer.grads], strict=True))


@each_row_with_weights
def test_backward_sets_grads_and_does_not_add(row: Row) -> None:
    layer = row.layer()
    run(layer, row.inputs(), 3 * row.dout())
    assert_same(run(layer, row.inputs(), row.dout()), row.run(), rtol=0)


@each_row
def test_inputs_and_dout_and_params_stay_untouched(row: Row) -> None:
    layer = row.layer()
    arrays = [*row.inputs(), row.dout(), *layer.params]
    before = [array.tobytes() for array in arrays]
    *inputs, dout = arrays[: len(row.arrays) + 1]
    run(layer, tuple(inputs), dout)
    assert [array.tobytes() for array in arrays] == before


@each_row
def test_a_second_backward_gives_the_same(row: Row) -> None:
    layer, dout = row.layer(), row.dout()
    first = run(layer, row.inputs(), dout)
    dx = layer.backward(dout)
    assert_same(Result(first.y, dx, layer.grads), first, rtol=0)


def fresh(row: Row, layer: Layer) -> Layer:
    """The row's layer as it is made, with the state and the generator that the other has now."""
    new = row.layer()
    for array, now in zip(new.state, layer.state, strict=True):
        array[...] = now
    new.training = layer.training
    if isinstance(new, Dropout):
        new.rng = copy.deepcopy(layer.rng)
    return new


@each_row
def test_batches_of_another_size_in_between_are_forgotten(row: Row) -> None:
    """The first of them in training mode; the others not."""
    layer = row.layer()
    for rows in ([0, 1, 2, 3, 4], [2, 1, 0], [4, 3, 2, 1, 0]):
        inputs = tuple(x[np.array(rows) % len(x)] for x in row.inputs())
        new = fresh(row, layer)
        dout = draw(*np.shape(copy.deepcopy(new).forward(*inputs)), seed=len(rows))
        assert_same(run(layer, inputs, dout), run(new, inputs, dout), rtol=0)
        layer.eval()


@each_row
@each_dtype
def test_dtype_is_kept(row: Row, dtype: DTypeLike) -> None:
    assert {array.dtype for array in row.run(dtype).arrays().values()} == {np.dtype(dtype)}


@each_row_with_weights
def test_float32_data_with_float64_weights_gives_float64(row: Row) -> None:
    mixed = run(row.layer(), row.inputs(np.float32), row.dout())
    assert_same(mixed, row.run())
    assert mixed.y.dtype == np.float64


@each_row_with_weights
def test_gradients_have_the_dtype_of_their_weights(row: Row) -> None:
    mixed = run(row.layer(np.float32), row.inputs(), row.dout())
    assert {grad.dtype for grad in mixed.grads} == {np.dtype(np.float32)}
    assert_same(mixed, row.run(), rtol=1e-4)


def with_gaps(x: Array) -> Array:
    return np.repeat(x, 2, axis=-1)[..., ::2]


def backwards(x: Array) -> Array:
    return x[::-1].copy()[::-1]


def transposed(x: Array) -> Array:
    return x.T.copy().T


def read_only(x: Array) -> Array:
    return numpy.frombuffer(x.tobytes(), x.dtype).reshape(x.shape)


@each_row
@pytest.mark.parametrize("layout", [with_gaps, backwards, transposed])
def test_any_layout_in_memory_gives_what_a_plain_copy_gives(
    row: Row, layout: Callable[[Array], Array]
) -> None:
    inputs, dout = tuple(map(layout, row.inputs())), row.dout()
    assert_same(run(row.layer(), inputs, layout(dout) if dout.ndim else dout), row.run())


@pytest.mark.cpu  # CuPy has no read-only arrays
@each_row
def test_read_only_arrays_give_what_a_plain_copy_gives(row: Row) -> None:
    inputs, dout = tuple(map(read_only, row.inputs())), read_only(row.dout())
    assert_same(run(row.layer(), inputs, dout), row.run())


@pytest.mark.parametrize("row", [row for row in ROWS if row.arrays[0].dtype.kind == "f"], ids=str)
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_whole_numbers_give_what_the_same_floats_give(row: Row, dtype: DTypeLike) -> None:
    x, *rest = row.inputs()
    whole = abs(x * 3).astype(dtype)
    floats = run(row.layer(), (whole.astype(np.float64), *rest), row.dout())
    assert_same(run(row.layer(), (whole, *rest), row.dout()), floats)


@pytest.mark.parametrize("loss", [SoftmaxWithLoss, SigmoidWithLoss, MSELoss])
@pytest.mark.parametrize("dtype", [np.float64, np.int64, bool])
def test_a_loss_computes_in_the_dtype_of_its_scores(loss: type[Layer], dtype: DTypeLike) -> None:
    """Targets of another one send no float64 back into a float32 net."""
    x, t = draw(3, 2).astype(np.float32), np.array([[1, 0], [0, 1], [1, 0]])
    layer = loss()
    assert layer.forward(x, t.astype(dtype)).dtype == np.float32
    assert layer.backward().dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_a_difference_of_whole_numbers_does_not_wrap(dtype: DTypeLike) -> None:
    loss = MSELoss("sum")
    assert loss.forward(np.array([3], dtype), np.array([5], dtype)) == 4
    assert loss.backward(0.5).tolist() == [-2]


@each_row
def test_backward_before_forward_is_refused(row: Row) -> None:
    layer = row.layer()
    with pytest.raises(CallOrderError, match=r"call forward before backward") as caught:
        layer.backward(row.dout())
    assert isinstance(caught.value, AttributeError)


def test_a_layer_that_forgot_its_base_class_says_so() -> None:
    class Forgetful(Layer):
        def __init__(self) -> None:
            self.scale = 2.0

    with pytest.raises(CallOrderError, match=r"Forgetful has no 'params'.*super\(\).__init__"):
        _ = Forgetful().params


# needs_dx -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.weights and not isinstance(r.layer(), Embedding)], ids=str
)
def test_without_needs_dx_there_is_no_dx_and_the_grads_are_the_same(row: Row) -> None:
    layer = row.layer()
    layer.needs_dx = False
    result = run(layer, row.inputs(), row.dout())
    assert result.dx is None
    assert_same(Result(result.y, row.run().dx, result.grads), row.run(), rtol=0)


class Counting(ReLU):
    """A ReLU that counts its backwards."""

    backwards = 0

    def backward(self, dout: Array) -> Array:
        self.backwards += 1
        return super().backward(dout)


class Remembering(MatMul):
    """A MatMul that remembers what its backward returned; all are equal, but not the same."""

    def __eq__(self, other: object) -> bool:
        return True

    def backward(self, dout: Array) -> Array | None:
        self.dx = super().backward(dout)
        return self.dx


def test_sequential_without_needs_dx_stops_at_the_first_layer_with_weights() -> None:
    before, first, after = Counting(), Remembering(draw(4, 3)), Counting()
    second = Remembering(draw(3, 3))
    model = Sequential(before, first, after, second)
    model.needs_dx = False
    assert run(model, (draw(5, 4),), draw(5, 3)).dx is None
    assert (before.backwards, after.backwards) == (0, 1)
    assert first.dx is None
    assert second.dx is not None


@pytest.mark.cpu
def test_on_the_tape_needs_dx_is_about_the_first_input() -> None:
    asked = []

    class Sum(Layer):
        def forward(self, a: Array, b: Array) -> Array:
            return a + b

        def backward(self, dout: Array) -> tuple[Array, Array]:
            asked.append(self.needs_dx)
            return dout, dout

    for needed in (True, False):
        a, b = Tensor(draw(2), requires_grad=needed), Tensor(draw(2), requires_grad=not needed)
        Sum()(a, b).sum().backward()
    assert asked == [True, False]


@pytest.mark.cpu
def test_what_needs_no_gradient_may_be_left_out_at_the_end() -> None:
    class Weighed(Layer):
        def forward(self, x: Array, t: Array, weights: Array) -> Array:
            self.dx = 2 * weights * (x - t)
            return np.asarray((weights * (x - t) ** 2).sum())

        def backward(self, dout: Array) -> Array:
            return dout * self.dx

    x = Tensor(draw(2), requires_grad=True)
    Weighed()(x, Tensor(np.ones(2)), Tensor(np.full(2, 3.0))).backward()
    np.testing.assert_allclose(x.grad, 6 * (x.data - 1))


@pytest.mark.cpu
def test_more_gradients_than_inputs_are_refused() -> None:
    class Twice(ReLU):
        def backward(self, dout: Array) -> Any:
            return dout, dout

    y = Twice()(Tensor(draw(2), requires_grad=True)).sum()
    with pytest.raises(GradientError, match=r"Twice\.backward: .* each of 1 inputs, got 2"):
        y.backward()


def test_sequential_without_needs_dx_and_without_weights_does_nothing() -> None:
    layer = Counting()
    model = Sequential(layer, Flatten())
    model.needs_dx = False
    assert run(model, (draw(5, 4),), draw(5, 4)).dx is None
    assert layer.backwards == 0


@pytest.mark.cpu
def test_dx_is_back_after_an_error_without_it() -> None:
    model = Sequential(MatMul(draw(4, 3)))
    model.forward(draw(5, 4))
    model.needs_dx = False
    with pytest.raises(ShapeError):
        model.backward(draw(4, 3))
    assert model[0].needs_dx


@pytest.mark.parametrize("nested", [False, True])
def test_dx_is_back_once_needs_dx_is_on_again(nested: bool) -> None:
    inner = Sequential(ReLU(), MatMul(draw(4, 3)))
    model = Sequential(Tanh(), inner) if nested else inner
    before = run(model, (draw(5, 4),), draw(5, 3))
    model.needs_dx = False
    model.backward(draw(5, 3))
    model.needs_dx = True
    assert_same(run(model, (draw(5, 4),), draw(5, 3)), before, rtol=0)


def test_a_layer_called_by_hand_returns_dx_though_its_sequential_did_not_need_it() -> None:
    model = Sequential(MatMul(draw(4, 3)), Tanh())
    model.needs_dx = False
    run(model, (draw(5, 4),), draw(5, 3))
    assert model[0].backward(draw(5, 3)) is not None


# Sequential -----------------------------------------------------------------------------------


def layer_twice() -> Sequential:
    layer = MatMul(draw(3, 3))
    return Sequential(layer, ReLU(), layer)


def layer_without_weights_twice() -> Sequential:
    relu = ReLU()
    return Sequential(relu, MatMul(draw(3, 3)), relu)


def layer_twice_nested() -> Sequential:
    relu = ReLU()
    return Sequential(relu, Sequential(Sequential(relu)))


def sequential_twice() -> Sequential:
    inner = Sequential(ReLU())
    return Sequential(inner, inner)


@pytest.mark.parametrize(
    "make",
    [
        layer_twice,
        layer_without_weights_twice,
        layer_twice_nested,
        sequential_twice,
    ],
)
def test_sequential_refuses_what_stands_in_two_places(make: Callable[[], Sequential]) -> None:
    with pytest.raises(SharedLayerError, match=r"Sequential: a layer stands in two places"):
        make().forward(draw(2, 3))


def test_sequential_takes_equal_weights_that_are_two_arrays() -> None:
    W = draw(3, 3)
    assert Sequential(MatMul(W), MatMul(W.copy())).forward(draw(2, 3)).shape == (2, 3)


@pytest.mark.cpu
def test_sequential_takes_hundreds_of_layers() -> None:
    assert Sequential(*[Flatten() for _ in range(300)]).forward(draw(2, 3)).shape == (2, 3)


def test_sequential_is_the_list_of_its_layers() -> None:
    parts = [Linear(2, 3), ReLU(), Sequential(Linear(3, 1))]
    model = Sequential(*parts)
    assert list(model) == parts
    assert len(model) == 3
    assert model[0] is parts[0]
    assert model[-1] is parts[-1]
    with pytest.raises(IndexError):
        model[3]


def test_sequential_has_the_weights_of_its_layers_in_their_order() -> None:
    first, second = Linear(2, 3), Linear(3, 1)
    model = Sequential(first, ReLU(), Sequential(second))
    for ours, theirs in (
        (model.params, first.params + second.params),
        (model.grads, first.grads + second.grads),
    ):
        assert list(map(id, ours)) == list(map(id, theirs))


HALF_A_LAYER = SimpleNamespace(forward=np.tanh, params=[], grads=[])


@pytest.mark.parametrize("wrong", [3, "relu", [ReLU(), ReLU()], np.tanh, ReLU, HALF_A_LAYER])
def test_sequential_takes_layers_alone(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="Sequential: expected layers, got"):
        Sequential(ReLU(), wrong)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (ReLU(), "ReLU()"),
        (Linear(2, 3), "Linear((2, 3), (3,))"),
        (Embedding(draw(4, 3)), "Embedding((4, 3))"),
        (Sequential(), "Sequential()"),
        (
            Sequential(Linear(2, 3), Sequential(ReLU())),
            "Sequential(Linear((2, 3), (3,)), Sequential(ReLU()))",
        ),
    ],
    ids=repr,
)
def test_repr(layer: Layer, text: str) -> None:
    assert repr(layer) == text


def test_train_and_eval_reach_nested_layers() -> None:
    dropout = Dropout()
    model = Sequential(ReLU(), Sequential(Sequential(dropout)))
    modes = [dropout.training]
    for switch in (model.eval, model.train):
        assert switch() is model
        modes.append(dropout.training)
    assert modes == [True, False, True]


# Models that hold layers ----------------------------------------------------------------------


class Model:
    """A model as in the book: a plain object that holds layers, here in every place it can."""

    def __init__(self) -> None:
        relu, resting, tanh = ReLU(), Dropout().eval(), Tanh()
        self.first, block = Dropout(), Sequential(relu, resting)
        self.layers = [self.first, block]
        self.by_name = {"tanh": (tanh,)}
        self.last = SoftmaxWithLoss()
        self.expected = (self.first, block, relu, resting, tanh, self.last)


def test_layers_are_found_once_each_wherever_a_model_holds_them() -> None:
    model = Model()
    assert list(layers_of(model)) == list(model.expected)


@pytest.mark.parametrize("fails", [False, True])
def test_a_mode_ends_with_its_block(fails: bool) -> None:
    model = Model()
    before = [layer.training for layer in layers_of(model)]
    for training in (False, True):
        with suppress(ZeroDivisionError), mode(model, training):
            assert [layer.training for layer in layers_of(model)] == [training] * len(before)
            _ = 1 / (not fails)
        assert [layer.training for layer in layers_of(model)] == before
    assert len(set(before)) == 2


# Losses ---------------------------------------------------------------------------------------


@each_dtype
def test_softmax_with_loss_is_exact_at_logits_of_ten_thousand(dtype: DTypeLike) -> None:
    x = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0], [1e4, 1e4, -1e4], [0, -1e4, 1e4]], dtype)
    t, loss = np.array([0, 0, 1, 0]), SoftmaxWithLoss()
    expected = np.array([[0, 0, 0], [-1, 1, 0], [0.5, -0.5, 0], [-1, 0, 1]]) / 4
    for labels in (t, np.eye(3)[t]):
        losses = [0, 20000, math.log(2), 10000]
        np.testing.assert_allclose(loss.forward(x, labels), sum(losses) / 4, np.finfo(dtype).eps)
        np.testing.assert_array_equal(loss.backward(), expected)


@each_dtype
def test_sigmoid_with_loss_is_exact_at_scores_of_ten_thousand(dtype: DTypeLike) -> None:
    loss, x, t = SigmoidWithLoss(), np.array([1e4, -1e4, 1e4, -1e4], dtype), np.array([1, 0, 0, 1])
    assert loss.forward(x, t) == 5000
    np.testing.assert_array_equal(loss.backward(), np.array([0, 0, 1, -1]) / 4)


@each_dtype
def test_sigmoid_is_exact_at_ten_thousand(dtype: DTypeLike) -> None:
    layer = Sigmoid()
    np.testing.assert_array_equal(layer.forward(np.array([-1e4, 0, 1e4], dtype)), [0, 0.5, 1])
    np.testing.assert_array_equal(layer.backward(np.ones(3, dtype)), [0, 0.25, 0])


@pytest.mark.parametrize(
    "row", [r for r in ROWS if isinstance(r.layer(), SoftmaxWithLoss | SigmoidWithLoss | MSELoss)],
    ids=str,
)  # fmt: skip
def test_the_dout_of_a_loss_is_one_and_scales_the_gradient(row: Row) -> None:
    loss = row.layer()
    loss.forward(*row.inputs())
    dx = loss.backward()
    for one in (1, 1.0, np.float32(1), np.array(1.0)):
        np.testing.assert_array_equal(loss.backward(one), dx)
    np.testing.assert_allclose(loss.backward(-2), -2 * dx, rtol=1e-15)
    loss.forward(*row.inputs(np.float32))
    assert loss.backward(np.array(1.0)).dtype == np.float32


# Flatten --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"), [(a, b) for a in range(-4, 4) for b in range(-4, 4) if a % 4 <= b % 4]
)
def test_flatten_makes_one_axis_of_any_neighbours(start: int, end: int) -> None:
    x, layer = draw(2, 3, 4, 5), Flatten(start, end)
    joined = x.shape[start % 4 : end % 4 + 1]
    y = layer.forward(x)
    assert y.shape == (*x.shape[: start % 4], math.prod(joined), *x.shape[end % 4 + 1 :])
    np.testing.assert_array_equal(y.ravel(), x.ravel())
    np.testing.assert_array_equal(layer.backward(y), x)


# Dropout --------------------------------------------------------------------------------------


def test_dropout_silences_its_share_and_leaves_the_rest() -> None:
    ones = np.ones((300, 300))
    y = Dropout(0.3, seed=1).forward(ones)
    assert np.unique(y).tolist() == [0, 1]
    assert float((y == 0).mean()) == pytest.approx(0.3, abs=5 * math.sqrt(0.3 * 0.7 / y.size))


def test_dropout_draws_anew_at_each_forward() -> None:
    layer, ones = Dropout(seed=1), np.ones((20, 20))
    assert (layer.forward(ones) != layer.forward(ones)).any()


def test_dropout_masks_come_from_the_seed() -> None:
    ones = np.ones((20, 20))
    first, same, other = (Dropout(seed=seed) for seed in (1, 1, 2))
    for _ in range(2):
        y = first.forward(ones)
        np.testing.assert_array_equal(same.forward(ones), y)
        assert (other.forward(ones) != y).any()


def test_dropout_sends_back_what_it_let_through() -> None:
    layer, ones = Dropout(0.5, seed=1), np.ones((20, 20))
    np.testing.assert_array_equal(layer.forward(ones), layer.backward(ones))


@pytest.mark.parametrize("way", ["eval", "train_flg"])
def test_dropout_in_evaluation_scales_by_what_training_keeps(way: str) -> None:
    layer, x = Dropout(0.25), draw(6, 5)
    y = layer.eval().forward(x) if way == "eval" else layer.forward(x, train_flg=False)
    np.testing.assert_allclose(y, 0.75 * x, rtol=1e-15)
    np.testing.assert_allclose(layer.backward(x), 0.75 * x, rtol=1e-15)


def test_dropout_of_nothing_is_the_identity() -> None:
    layer, x = Dropout(0.0), draw(6, 5)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.eval().forward(x), x)


# Linear ---------------------------------------------------------------------------------------


def test_linear_draws_between_plus_and_minus_one_over_the_root_of_its_inputs() -> None:
    layer = Linear(100, 200, seed=0)
    W, b = layer.params
    assert (W.shape, b.shape) == ((100, 200), (200,))
    for array in (W, b):
        assert 0.095 < array.max() <= 0.1
        assert -0.1 <= array.min() < -0.095
    assert abs(W.mean()) < 5 * 0.1 / math.sqrt(3 * W.size)
    assert float(W.std()) == pytest.approx(0.1 / math.sqrt(3), rel=0.02)


def test_linear_has_the_dtype_of_the_config(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {param.dtype for param in Linear(2, 3).params} == {np.dtype("float32")}
    monkeypatch.setattr(config, "dtype", "float64")
    assert {param.dtype for param in Linear(2, 3).params} == {np.dtype("float64")}


def test_linear_weights_come_from_the_seed() -> None:
    (first, first_b), (same, same_b) = Linear(4, 3, seed=5).params, Linear(4, 3, seed=5).params
    np.testing.assert_array_equal(first, same)
    np.testing.assert_array_equal(first_b, same_b)
    assert (Linear(4, 3, seed=6).params[0] != first).any()
    assert (Linear(4, 3).params[0] != Linear(4, 3).params[0]).any()


def test_linear_layers_that_share_a_generator_differ() -> None:
    rng = numpy.random.default_rng(5)
    assert (Linear(4, 3, rng).params[0] != Linear(4, 3, rng).params[0]).any()


# Lists of layers and of arrays


def test_a_slice_of_a_sequential_may_have_a_step() -> None:
    model = Sequential(Linear(2, 3, seed=0), ReLU(), Linear(3, 3, seed=1), Tanh())
    assert list(model[::2]) == [model[0], model[2]]
    assert list(model[::-1]) == list(model)[::-1]


def test_a_layer_has_lists_of_its_own() -> None:
    state = [np.zeros(2)]
    layer = Layer(state=state)
    state.append(np.ones(2))
    assert len(layer.state) == 1


@pytest.mark.parametrize("loss", [SoftmaxWithLoss(), SigmoidWithLoss(), MSELoss()])
def test_a_loss_takes_a_number_of_numpy_as_its_gradient(loss: Any) -> None:
    x = np.asarray([[1.0, -2.0], [0.5, 3.0]])
    t = np.asarray([[1.0, 0.0], [0.0, 1.0]])
    loss.forward(x, t)
    expected = loss.backward(2)
    for dout in (numpy.int64(2), numpy.float32(2)):
        np.testing.assert_array_equal(loss.backward(dout), expected)
