"""Every op, method and operator of a tensor, row by row of the table."""

import inspect
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest
from numpy.typing import DTypeLike

from common.autograd import Tensor, no_grad, ops
from common.autograd.ops import Op
from common.autograd.tape import Callee
from common.autograd.tensor import Operators
from common.errors import ShapeError
from common.layers import Layer
from common.np import np
from common.util import to_cpu
from tests.common.autograd.op_table import ROWS, OpRow
from tests.common.table import Array, draw
from tests.make_torch_reference import import_torch

each_row = pytest.mark.parametrize("row", ROWS, ids=str)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def run(row: OpRow, dtype: DTypeLike = np.float64) -> tuple[Tensor, list[Tensor]]:
    """The result and the leaves, after a backward."""
    leaves = [Tensor(array, requires_grad=True) for array in row.inputs(dtype)]
    y = row.compute(*leaves, dtype=dtype)
    y.backward(row.dout(dtype))
    return y, leaves


def calls_behind(y: Tensor) -> Iterator[Callee]:
    """The calls that made y."""
    if y.call is not None:
        yield y.call.of
        for x in y.call.inputs:
            if isinstance(x, Tensor):
                yield from calls_behind(x)


# The table is complete ------------------------------------------------------------------------


def test_every_op_has_a_row() -> None:
    public = [*vars(ops).values(), *vars(ops).values()]
    every = {kind for kind in public if inspect.isclass(kind) and issubclass(kind, Op)} - {Op}
    assert every <= {op for row in ROWS for op in row.ops}


@each_row
def test_a_row_records_the_ops_that_it_names(row: OpRow) -> None:
    y = row.compute(*(Tensor(array, requires_grad=True) for array in row.inputs()))
    assert {type(call) for call in calls_behind(y)} == set(row.ops)


# These only refuse: `array @ tensor` is left to __array_ufunc__, and 2 @ tensor has no meaning.
NO_RESULT = {"__array__", "__array_function__", "__setitem__", "__rmatmul__"}
NO_RESULT |= {"__cupy_override_elementwise_kernel__"}  # as __array_ufunc__, of CuPy's own
SAME = {"__abs__"}  # another name for abs
IN_PLACE = {"__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__"}  # record nothing
LOOKS = {"shape", "ndim", "dtype", "item", "__bool__", "__float__", "__format__", "__len__"}
COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}


def test_every_method_and_operator_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[str] = set()

    def noted(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            used.add(name)
            return method(*arguments, **options)

        return call

    own = {
        name: method
        for name, method in vars(Operators).items()
        if inspect.isfunction(method) or isinstance(method, property)
    }
    for name, method in own.items():
        if isinstance(method, property):
            monkeypatch.setattr(Operators, name, property(noted(name, method.__get__)))
        else:
            monkeypatch.setattr(Operators, name, noted(name, method))
    for row in ROWS:
        row.compute(*map(Tensor, row.inputs()))
    assert own.keys() - used <= NO_RESULT | COMPARISONS | SAME | LOOKS | IN_PLACE | {"__iter__"}


# Values and gradients -------------------------------------------------------------------------


def slopes(f: Callable[[], Any], array: Array) -> Array:
    """How fast f() changes with each element of the array, by central differences."""
    result, step = numpy.zeros(array.shape), 1e-5
    for i in numpy.ndindex(array.shape):
        at = float(array[i])
        array[i] = at + step
        above = f()
        array[i] = at - step
        result[i] = (above - f()) / (2 * step)
        array[i] = at
    return result


@pytest.mark.parametrize("row", [row for row in ROWS if row.smooth], ids=str)
def test_gradients_agree_with_central_differences(row: OpRow) -> None:
    inputs, dout = row.inputs(), row.dout()

    def weighted_sum() -> float:
        with no_grad():
            return float((row.compute(*map(Tensor, inputs)).data * dout).sum())

    for array, leaf in zip(inputs, run(row)[1], strict=True):
        measured = slopes(weighted_sum, array)
        scale = abs(measured).max(initial=0)
        assert leaf.grad is not None
        np.testing.assert_allclose(leaf.grad, measured, 1e-6, atol=1e-6 * scale + 1e-10)


def assert_close(ours: Array | None, theirs: Any, tolerance: float) -> None:
    """Equal, relative to the largest number of the array."""
    expected = theirs.detach().numpy()
    assert ours is not None
    assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
    scale = abs(expected).max(initial=0)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=tolerance * scale)


@pytest.mark.torch
@each_row
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
def test_value_and_gradients_agree_with_pytorch(
    row: OpRow, dtype: DTypeLike, tolerance: float
) -> None:
    torch = import_torch()
    peers = [torch.tensor(to_cpu(array), requires_grad=True) for array in row.inputs(dtype)]
    theirs = row.compute_with_torch(torch, *peers, dtype=dtype)
    theirs.backward(torch.tensor(to_cpu(row.dout(dtype))))
    y, leaves = run(row, dtype)
    assert_close(y.data, theirs, tolerance)
    for leaf, peer in zip(leaves, peers, strict=True):
        assert_close(leaf.grad, peer.grad, tolerance)


@pytest.mark.parametrize("row", [row for row in ROWS if len(row.arrays) > 1], ids=str)
def test_one_input_alone_gets_the_gradient_that_it_gets_with_the_others(row: OpRow) -> None:
    _, leaves = run(row)
    for i, leaf in enumerate(leaves):
        inputs = [Tensor(x, requires_grad=i == j) for j, x in enumerate(row.inputs())]
        row.compute(*inputs).backward(row.dout())
        np.testing.assert_array_equal(inputs[i].grad, leaf.grad)
        assert all(x.grad is None for x in inputs if x is not inputs[i])


@each_row
def test_a_second_backward_adds_the_same_again(row: OpRow) -> None:
    y, leaves = run(row)
    once = [leaf.grad.copy() for leaf in leaves if leaf.grad is not None]
    y.backward(row.dout())
    for leaf, first in zip(leaves, once, strict=True):
        np.testing.assert_array_equal(leaf.grad, 2 * first)


# dtypes, memory -------------------------------------------------------------------------------


class Passing(Layer):
    """Passes everything on, and remembers what came back."""

    def __init__(self) -> None:
        super().__init__()
        self.came_back: list[Array] = []

    def forward(self, x: Array) -> Array:
        return x

    def backward(self, dout: Array) -> Array:
        self.came_back.append(dout)
        return dout


def results(row: OpRow, dtype: DTypeLike) -> list[Any]:
    """The value, the gradients of the leaves, and what comes back on the way to them."""
    leaves = [Tensor(array, requires_grad=True) for array in row.inputs(dtype)]
    layers = [Passing() for _ in leaves]
    y = row.compute(*(f(x) for f, x in zip(layers, leaves, strict=True)), dtype=dtype)
    (y + y).backward(row.dout(dtype))
    return [y.data, *(x.grad for x in leaves), *(f.came_back[0] for f in layers)]


@each_row
@each_dtype
def test_dtype_is_kept(row: OpRow, dtype: DTypeLike) -> None:
    assert {result.dtype for result in results(row, dtype)} == {np.dtype(dtype)}


@each_row
def test_what_comes_back_is_an_array_even_for_one_number(row: OpRow) -> None:
    assert {type(result) for result in results(row, np.float64)} == {np.ndarray}


@each_row
def test_inputs_and_dout_stay_untouched(row: OpRow) -> None:
    leaves, dout = [Tensor(x, requires_grad=True) for x in row.inputs()], row.dout()
    before = [array.tobytes() for array in (*row.inputs(), dout)]
    y = row.compute(*leaves)
    value = y.data.copy()
    y.backward(dout)
    assert [array.tobytes() for array in (*(x.data for x in leaves), dout)] == before
    np.testing.assert_array_equal(y.data, value)


@pytest.mark.parametrize("number", [2, 2.0, True, np.float64(2), np.float32(2), np.int64(2)])
@pytest.mark.parametrize("f", [operator.add, operator.mul, operator.truediv, operator.pow])
def test_a_number_takes_the_dtype_of_the_tensor(number: Any, f: Callable[..., Any]) -> None:
    x = Tensor(np.array([1.0, 2.0], np.float32))
    for y, expected in ((f(x, number), f(x.data, 1.0 * number)), (f(number, x), f(2.0, x.data))):
        assert y.dtype == np.float32
        if number is not True:
            np.testing.assert_allclose(y.data, expected, rtol=1e-6)


def test_arrays_promote_as_numpy_does_and_a_gradient_has_the_dtype_of_its_leaf() -> None:
    for constant in (draw(3), draw()):
        x = Tensor(draw(3).astype(np.float32), requires_grad=True)
        y = x * constant
        y.backward(draw(3))
        assert y.dtype == np.float64
        assert x.grad is not None
        assert x.grad.dtype == np.float32


# Comparisons ----------------------------------------------------------------------------------

COMPARE = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("compare", COMPARE)
@pytest.mark.parametrize("other", [draw(2, 3, seed=1), draw(3), 0.5, 1, np.float64(0.5)])
@pytest.mark.parametrize("is_reflected", [False, True])
def test_a_comparison_is_a_plain_array(
    compare: Callable[[Any, Any], Any], other: Any, is_reflected: bool
) -> None:
    if np.ndim(other):
        other = np.asarray(other)
    x = draw(2, 3)
    x[1] = other if np.ndim(other) < 2 else other[1]
    pair = (other, Tensor(x, requires_grad=True)) if is_reflected else (Tensor(x), other)
    result = compare(*pair)
    assert type(result) is np.ndarray
    assert result.dtype == bool
    np.testing.assert_array_equal(result, compare(*((other, x) if is_reflected else (x, other))))


@pytest.mark.parametrize("compare", COMPARE)
def test_tensors_are_compared_by_their_elements(compare: Callable[[Any, Any], Any]) -> None:
    x, y = draw(2, 3), np.repeat(draw(2, 1), 3, axis=1)
    np.testing.assert_array_equal(compare(Tensor(x), Tensor(y)), compare(x, y))


# Powers at 0 and at infinity --------------------------------------------------------------------


@pytest.mark.torch
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0.0, 0.0, 0.0, 0.0], [-2.0, -0.5, 0.0, 1.5]),
        ([np.inf, -np.inf, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0]),
        ([np.inf, 2.0], [2.0, -1.0]),
        ([0.0, 0.0], 0.0),
        ([0.0, np.inf, -np.inf, -1.0], 0),
        (0.0, [-1.0, 0.0, 2.0]),
        (0, [-1.0, 0.0, 2.0]),
    ],
)
@numpy.errstate(all="ignore")
def test_powers_at_0_and_at_infinity_are_those_of_pytorch(a: Any, b: Any) -> None:
    torch = import_torch()
    ours = [Tensor(x, requires_grad=True) if isinstance(x, list) else x for x in (a, b)]
    theirs = [torch.tensor(x, requires_grad=True) if isinstance(x, list) else x for x in (a, b)]
    y, their_y = ours[0] ** ours[1], theirs[0] ** theirs[1]
    numpy.testing.assert_allclose(to_cpu(y.data), their_y.detach().numpy(), rtol=1e-6)
    y.sum().backward()
    their_y.sum().backward()
    for x, their_x in zip(ours, theirs, strict=True):
        if isinstance(x, Tensor):
            assert x.grad.dtype == np.float32
            numpy.testing.assert_allclose(to_cpu(x.grad), their_x.grad.numpy(), rtol=1e-6)


def test_the_derivative_by_a_power_below_0_is_infinite_at_0_and_warns_nobody() -> None:
    b = Tensor([-1.0], requires_grad=True)
    with numpy.errstate(divide="ignore"):  # which the power itself tells of
        y = 0**b
    y.sum().backward()
    assert b.grad == -np.inf


def test_a_variance_needs_more_numbers_than_it_gives_up() -> None:
    with pytest.raises(ShapeError, match=r"Var: needs more than 1 numbers, got shape \(1, 3\)"):
        Tensor(draw(1, 3)).var(axis=0, ddof=1)


def test_no_rows_have_no_variances() -> None:
    assert Tensor(np.zeros((0, 3))).var(axis=1).shape == (0,)
