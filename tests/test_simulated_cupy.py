"""Is the stand-in like CuPy? What it does is also asked of the real one, by `pytest -m gpu`.

Where it is stricter on purpose, and what it counts, is tested at the end, on the stand-in alone.
"""

import copy
import operator
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from tests.make_cupy_names import all_names
from tests.simulated_cupy import NAMES, counts

pytestmark = pytest.mark.off_cpu


@pytest.fixture
def cp(device: str) -> Any:
    """CuPy, or its stand-in."""
    return sys.modules["cupy"]


@pytest.fixture
def a(cp: Any) -> Any:
    return cp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def same(array: Any, expected: Any) -> None:
    """On the device, and equal in numbers, shape and dtype."""
    assert type(array) is sys.modules["cupy"].ndarray
    expected = numpy.asarray(expected)
    assert (array.shape, array.dtype) == (expected.shape, expected.dtype)
    numpy.testing.assert_array_equal(array.get(), expected)


# What it refuses ------------------------------------------------------------------------------

HOST = numpy.ones((2, 3))


@pytest.mark.parametrize("convert", [numpy.asarray, numpy.array, lambda a: numpy.float32(a[0, 0])])
def test_it_does_not_become_a_numpy_array_unasked(a: Any, convert: Callable[..., Any]) -> None:
    # NumPy 2.5 asks CuPy 14 once more, in another way, and warns of that: an error here.
    with pytest.raises((TypeError, DeprecationWarning), match=r"Implicit conversion|copy keyword"):
        convert(a)


SYMBOLS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.lt,
    operator.ge, operator.iadd, operator.imul,
]  # fmt: skip


OTHERS = {"2-d": HOST, "0-d": numpy.ones(()), "list": [1.0, 2.0, 3.0]}


@pytest.mark.parametrize("f", SYMBOLS)
@pytest.mark.parametrize("name", OTHERS)
def test_an_operator_does_not_mix_devices(a: Any, f: Callable[..., Any], name: str) -> None:
    if name == "0-d" and f in (operator.lt, operator.ge):
        return  # CuPy takes a 0-d array of NumPy's in a comparison
    other: Any = copy.copy(OTHERS[name])
    with pytest.raises(TypeError):
        f(a, other)
    if isinstance(other, numpy.ndarray):
        with pytest.raises(TypeError):
            f(other, a)


def test_matmul_does_not_mix_devices(cp: Any, a: Any) -> None:
    for f in (operator.matmul, cp.matmul):
        with pytest.raises(TypeError):
            f(a, HOST.T)


@pytest.mark.parametrize("name", ["exp", "sqrt", "add", "maximum", "isfinite"])
@pytest.mark.parametrize("x", [HOST, [1.0, 2.0]], ids=["array", "list"])
def test_a_ufunc_refuses_what_is_not_on_the_device(cp: Any, name: str, x: Any) -> None:
    with pytest.raises(TypeError, match="Unsupported type"):
        getattr(cp, name)(*[x] * (2 if name in ("add", "maximum") else 1))


@pytest.mark.parametrize(
    "call",
    [
        lambda cp, a: cp.concatenate([a, HOST]),
        lambda cp, a: cp.stack([[1.0], [2.0]]),
        lambda cp, a: cp.sum([1.0, 2.0]),
        lambda cp, a: cp.broadcast_to([1.0], (3,)),
        lambda cp, a: cp.where(HOST > 0, a, a),
        lambda cp, a: cp.where(True, a, a),
        lambda cp, a: cp.ones_like([1.0]),
        lambda cp, a: cp.add(a, a, out=HOST.copy()),
        lambda cp, a: cp.vdot(a[0, 0], 0.5),
        lambda cp, a: cp.dot(a, 2.0),
        lambda cp, a: a.dot([1.0, 2.0, 3.0]),
        lambda cp, a: cp.array_equal(a, [1.0]),
        lambda cp, a: cp.ones(cp.asarray([2, 3])),
        lambda cp, a: cp.split(a, cp.asarray([1]), axis=1),
        lambda cp, a: cp.stack([a[0, 0], 0.5]),
    ],
)
def test_a_function_refuses_what_is_not_on_the_device(
    cp: Any, a: Any, call: Callable[..., Any]
) -> None:
    with pytest.raises((TypeError, AttributeError)):
        call(cp, a)


def test_an_array_of_numpys_cannot_be_written_into_it(a: Any) -> None:
    for value in (HOST, [1.0, 2.0, 3.0]):
        with pytest.raises((TypeError, ValueError)):
            a[...] = value
    with pytest.raises(TypeError):
        HOST.copy()[...] = a


@pytest.mark.parametrize(
    "name", ["errstate", "longdouble", "nditer", "object_", "block", "einsum_path"]
)
def test_it_has_no_other_names(cp: Any, name: str) -> None:
    assert not hasattr(cp, name)


def test_it_has_no_reduce_or_at_of_every_ufunc(cp: Any, a: Any) -> None:
    with pytest.raises(NotImplementedError):
        cp.maximum.reduce(a)
    with pytest.raises(NotImplementedError):
        cp.multiply.at(a, cp.asarray([0]), 2.0)


@pytest.mark.parametrize("dtype", [object, "U1"])
def test_it_holds_numbers_alone(a: Any, dtype: Any) -> None:
    with pytest.raises(ValueError, match="dtype"):
        a.astype(dtype)


def test_an_array_has_no_other_names(a: Any) -> None:
    for name in ("itemset", "ctypes", "tostring", "newbyteorder", "x"):
        assert not hasattr(a, name)
    assert not hasattr(a.flags, "writeable")
    with pytest.raises(AttributeError):
        a.x = 1
    for f in (hash, range, round):
        with pytest.raises(TypeError):
            f(a[0, 0])


@pytest.mark.parametrize(
    "call",
    [
        lambda cp, a: cp.sum(a, where=a > 0),
        lambda cp, a: a.sum(where=True),
        lambda cp, a: a.max(initial=0),
        lambda cp, a: cp.add(a, a, where=True),
        lambda cp, a: a.item(0),
    ],
)
def test_a_function_has_no_other_parameters(cp: Any, a: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError):
        call(cp, a)


@pytest.mark.parametrize("f", [bool, float, int, lambda a: a.item()])
def test_many_numbers_are_not_one(a: Any, f: Callable[..., Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        f(a)


@pytest.mark.parametrize("value", [["a"], [None], [[1], [1, 2]]])
def test_what_is_no_table_of_numbers_does_not_go_there(cp: Any, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        cp.asarray(value)


def test_shapes_that_do_not_fit_are_a_value_error(cp: Any, a: Any) -> None:
    for f in (operator.add, operator.matmul):
        with pytest.raises(ValueError, match=r"shape|dimension|mismatch|size"):
            f(a, cp.ones((2, 2)))
    with pytest.raises(ValueError, match="reshape"):
        a.reshape(7)
    with pytest.raises(IndexError):
        a[0, 9]


# What it does ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "compute",
    [
        lambda xp, a: a.sum(),
        lambda xp, a: a.mean(),
        lambda xp, a: a.max(),
        lambda xp, a: xp.exp(a[0, 0]),
        lambda xp, a: a[0, 0],
        lambda xp, a: a[0, 0] * 2.0,
        lambda xp, a: xp.add(1.0, 2.0),
        lambda xp, a: (a > 0).all(),
        lambda xp, a: a.argmax(),
        lambda xp, a: xp.matmul(a[0], a[0]),
    ],
)
def test_one_number_is_a_0d_array_on_the_device(
    cp: Any, a: Any, compute: Callable[..., Any]
) -> None:
    y = compute(cp, a)
    assert y.shape == ()
    same(y, compute(numpy, a.get()))
    assert float(y) == y.item()


@pytest.mark.parametrize(
    "compute",
    [
        lambda xp, a: a.T @ a + a.sum(axis=1)[:1] - 2 * a[0],
        lambda xp, a: xp.where(a > 2, a, 0.5) / -a,
        lambda xp, a: xp.concatenate([a, a[:1]], axis=0)[::-1],
        lambda xp, a: a.astype("float32") * numpy.float64(2),
        lambda xp, a: a.astype("float32") * 2.0,
        lambda xp, a: numpy.float32(3) - a,
        lambda xp, a: xp.expand_dims(a, (0, 2)).swapaxes(0, 3),
        lambda xp, a: xp.split(a, [1], axis=1)[1],
        lambda xp, a: xp.clip(a, 2, None),
        lambda xp, a: a[:, None, 1:].transpose(1, 0, 2),
        lambda xp, a: xp.zeros_like(a) + xp.full((3,), 2.0),
        lambda xp, a: xp.arange(3),
        lambda xp, a: xp.linspace(0, 1, 3, dtype="float32"),
        lambda xp, a: numpy.exp(a),
        lambda xp, a: numpy.concatenate([a, a]),
        lambda xp, a: abs(-a) ** 2 % 4,
        lambda xp, a: xp.asarray(a, "int64") // 2,
        lambda xp, a: ~(a > 2) | (a == 3),
    ],
)
def test_it_computes_what_numpy_computes(cp: Any, a: Any, compute: Callable[..., Any]) -> None:
    y, expected = compute(cp, a), compute(numpy, a.get())
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    numpy.testing.assert_allclose(y.get(), expected, rtol=1e-6)


def test_a_division_by_zero_is_no_warning(cp: Any, a: Any) -> None:
    assert bool(cp.isinf(a / cp.zeros(3)).all())
    assert bool(cp.isinf(cp.exp(1e4 * a)).all())


@pytest.mark.parametrize("index", [[5, -9, 1], [2, 3, 4]])
def test_an_array_of_indices_wraps_around_in_silence(cp: Any, index: list[int]) -> None:
    x, where = cp.asarray([10.0, 20.0, 30.0]), cp.asarray(index)
    wrapped = numpy.array(index) % 3
    same(x[where], x.get()[wrapped])
    y = cp.zeros((3, 2))
    y[where, cp.asarray([0, 1, 0])] = 1.0
    expected = numpy.zeros((3, 2))
    expected[wrapped, [0, 1, 0]] = 1
    same(y, expected)
    cp.add.at(x, where, cp.asarray([1.0, 2.0, 3.0]))
    total = numpy.array([10.0, 20.0, 30.0])
    numpy.add.at(total, wrapped, [1.0, 2.0, 3.0])
    same(x, total)


def test_a_mask_and_an_ellipsis_take_their_axes(cp: Any, a: Any) -> None:
    same(a[a > 2], [3.0, 4.0, 5.0, 6.0])
    same(a[cp.asarray([False, True])], [[4.0, 5.0, 6.0]])
    same(a[..., cp.asarray([4])], [[2.0], [5.0]])
    same(a[:, [2, 3]], [[3.0, 1.0], [6.0, 4.0]])
    a[a > 2] = 0.0
    same(a, [[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]])


def test_add_at_adds_for_each_time_that_an_index_stands_there(cp: Any) -> None:
    x = cp.zeros((2, 3))
    cp.add.at(x, cp.asarray([1, 1, 0]), cp.ones((3, 3)))
    same(x, [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])


def test_views_and_writing_in_place(cp: Any, a: Any) -> None:
    for view in (a[0], a.T[:, 0], a.reshape(6)[:3], a[0, :]):
        view += 1.0
    same(a[0], [5.0, 6.0, 7.0])
    a[0, 0] *= 2.0
    a[1, ...] = a[0]
    same(a[:, 0], [10.0, 10.0])
    out = cp.empty_like(a)
    assert cp.add(a, a, out=out) is out
    assert cp.sum(a, axis=0, out=out[0]).shape == (3,)
    same(out[0], 2 * a[0].get())


def test_what_is_there_already_is_not_copied(cp: Any, a: Any) -> None:
    assert cp.asarray(a) is a
    assert a.astype(a.dtype, copy=False) is a
    assert a[0].T.shape == a[0].shape
    assert cp.array(a) is not a


@pytest.mark.parametrize(
    "double", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))]
)
def test_a_copy_is_on_the_device(a: Any, double: Callable[..., Any]) -> None:
    b = double(a)
    b += 1.0
    same(b, a.get() + 1)


def test_it_is_a_container(a: Any) -> None:
    assert len(a) == 2
    assert [row.shape for row in a] == [(3,), (3,)]
    for f in (len, list):
        with pytest.raises(TypeError):
            f(a[0, 0])


def test_a_comparison_with_none_is_false_everywhere(a: Any) -> None:
    same(a == None, numpy.zeros((2, 3), bool))  # noqa: E711
    same(a != None, numpy.ones((2, 3), bool))  # noqa: E711


def test_it_is_shown_as_numpy_shows_it(a: Any) -> None:
    assert str(a) == str(a.get())
    assert repr(a) == repr(a.get())
    assert f"{a[0, 1]:.2f}" == "2.00"


def test_questions_about_a_shape_have_plain_answers(cp: Any, a: Any) -> None:
    assert (cp.ndim(a), cp.shape(a), cp.size(a)) == (2, (2, 3), 6)
    assert (cp.ndim(1.0), cp.ndim(HOST)) == (0, 2)
    assert a.flags.c_contiguous
    assert not a.T.flags.c_contiguous


def test_its_assertions_take_arrays_of_both_devices(cp: Any, a: Any) -> None:
    cp.testing.assert_array_equal(a, a.get())
    with pytest.raises(AssertionError):
        cp.testing.assert_allclose(a, HOST)


# The stand-in alone ---------------------------------------------------------------------------


@pytest.mark.simulated
@pytest.mark.parametrize(
    "fetch",
    [
        float, int, bool, str, repr, lambda x: x.get(), lambda x: x.item(), lambda x: x.tolist(),
        lambda x: x.tobytes(), lambda x: f"{x:.1f}", lambda x: sys.modules["cupy"].asnumpy(x),
    ],
)  # fmt: skip
def test_each_copy_to_the_host_is_counted(cp: Any, fetch: Callable[..., Any]) -> None:
    x, before = cp.asarray(1.0), copy.copy(counts)
    fetch(x)
    assert (counts.transfers - before.transfers, counts.waits) == (1, before.waits)


@pytest.mark.simulated
@pytest.mark.parametrize(
    "wait",
    [
        lambda cp, a: a[a > 0],
        lambda cp, a: operator.setitem(a, a > 0, 1.0),
        lambda cp, a: cp.flatnonzero(a),
        lambda cp, a: a.nonzero(),
        lambda cp, a: cp.unique(a),
    ],
)
def test_a_shape_that_depends_on_numbers_is_a_wait(
    cp: Any, a: Any, wait: Callable[..., Any]
) -> None:
    before = copy.copy(counts)
    wait(cp, a)
    assert (counts.transfers, counts.waits - before.waits) == (before.transfers, 1)


@pytest.mark.simulated
def test_computing_is_neither(cp: Any, a: Any) -> None:
    before = copy.copy(counts)
    b = cp.where(a > 2, a, 0.5) @ a.T
    b[cp.asarray([0, 1])] += b.sum(axis=1, keepdims=True) / len(a)
    cp.add.at(b, cp.asarray([0]), 1.0)
    assert counts == before


@pytest.mark.simulated
@pytest.mark.parametrize(
    "call",
    [
        lambda cp, a: cp.zeros_like(HOST),
        lambda cp, a: a[numpy.array([0, 1])],
        lambda cp, a: cp.random.default_rng(0),
    ],
)
def test_it_is_stricter_on_purpose(cp: Any, a: Any, call: Callable[..., Any]) -> None:
    with pytest.raises((TypeError, IndexError, AttributeError)):
        call(cp, a)


# Its names ------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default")
@pytest.mark.simulated
def test_the_names_are_those_of_the_cupy_that_is_installed() -> None:
    """Needs CuPy, but no GPU."""
    cupy = pytest.importorskip("cupy")
    if cupy.__version__ != NAMES["version"]:
        pytest.skip(f"data/cupy_names.json is of CuPy {NAMES['version']}")
    assert all_names() == NAMES
