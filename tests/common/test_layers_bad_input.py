"""What layers and losses refuse: the right error, a message that teaches, and nothing changed."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy
import pytest

from common import config
from common.checks import check_array
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CommonError,
    DataError,
    DeviceError,
    DTypeError,
    LabelError,
    ShapeError,
)
from common.layers import (
    Affine,
    Dropout,
    Flatten,
    Layer,
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
from tests import simulated_cupy
from tests.common.table import ROWS, Array, Row, draw, run

BUILT_IN: dict[type[CommonError], type[Exception]] = {
    ArgumentError: ValueError,
    ArgumentTypeError: TypeError,
    DataError: ValueError,
    DeviceError: RuntimeError,
    DTypeError: TypeError,
    LabelError: ValueError,
    ShapeError: ValueError,
}
each_row = pytest.mark.parametrize("row", ROWS, ids=str)


@contextmanager
def refused(error: type[CommonError], *words: object) -> Iterator[pytest.ExceptionInfo[Exception]]:
    """The block raises just this error, with these words in this order in its message."""
    with pytest.raises(BUILT_IN[error]) as caught:
        yield caught
    assert type(caught.value) is error
    message, at = str(caught.value), 0
    for word in map(str, words):
        assert word in message[at:], f"{word!r} is missing in {message!r}, or out of order"
        at = message.index(word, at) + len(word)


@contextmanager
def unchanged(layer: Layer) -> Iterator[None]:
    """Params and grads are after the block, byte for byte, what they were before."""
    before = [array.tobytes() for array in (*layer.params, *layer.grads)]
    yield
    assert [array.tobytes() for array in (*layer.params, *layer.grads)] == before


def used(row: Row) -> Layer:
    """The row's layer after one forward and backward: its grads are not zero."""
    layer = row.layer()
    run(layer, row.inputs(), row.dout())
    return layer


def at_the(end: int, layer: Layer) -> Layer:
    """The layer that is called first (end 0) or last (end -1): it is the one to be named."""
    return at_the(end, layer[end]) if isinstance(layer, Sequential) else layer


# Every layer ----------------------------------------------------------------------------------


ELEMENT_BY_ELEMENT = (Sigmoid, Tanh, ReLU, Dropout)  # nothing of nothing is no mistake


AFFINE_LIKE = [row for row in ROWS if isinstance(row.layer(), MatMul | Affine)]


@pytest.mark.parametrize("row", AFFINE_LIKE, ids=str)
@pytest.mark.parametrize(
    "change",
    [
        lambda x: x[:, :-1],
        lambda x: np.hstack([x, x]),
        lambda x: x[:, :1],
        lambda x: x[None],
        lambda x: x[0, 0],
    ],
    ids=["narrow", "wide", "a column", "three axes", "a number"],
)
def test_an_x_of_another_width(row: Row, change: Callable[[Array], Array]) -> None:
    layer, (x,) = used(row), row.inputs()
    wrong = np.asarray(change(x))
    words = (type(layer).__name__, "x must have shape", f"(N, {x.shape[1]})", "got", wrong.shape)
    with unchanged(layer), refused(ShapeError, *words) as caught:
        layer.forward(wrong)
    assert "x[None, :]" not in str(caught.value)  # the hint is for one example alone


@pytest.mark.parametrize("row", AFFINE_LIKE, ids=str)
def test_one_example_alone_gets_a_hint(row: Row) -> None:
    x = row.inputs()[0][0]
    with refused(ShapeError, type(row.layer()).__name__, "got", x.shape, "x[None, :]"):
        row.layer().forward(x)


def test_an_array_of_the_gpu_while_it_is_off() -> None:
    x = simulated_cupy.cupy.ones((2, 3))
    with config.use_gpu(False), refused(DeviceError, "Sigmoid", "x is on the GPU", "to_cpu(x)"):
        Sigmoid().forward(x)


@pytest.mark.usefixtures("cupy_to_switch_to")
def test_an_array_of_the_cpu_while_the_gpu_is_on() -> None:
    x = numpy.ones((2, 3))
    with config.use_gpu(), refused(DeviceError, "Sigmoid", "x is on the CPU", "to_gpu(x)"):
        Sigmoid().forward(x)


def test_sequential_names_the_layer_that_refuses() -> None:
    model = Sequential(MatMul(draw(4, 3)), Affine(draw(2, 3), draw(3)))
    with unchanged(model), refused(ShapeError, "Affine", "x", "(N, 2)", "(5, 3)"):
        model.forward(draw(5, 4))


def test_a_forward_that_was_refused_leaves_what_backward_needs() -> None:
    row = next(row for row in ROWS if row.name == "Affine")
    layer = used(row)
    expected = [grad.copy() for grad in layer.grads]
    with refused(ShapeError):
        layer.forward(draw(5, 2))
    layer.backward(row.dout())
    np.testing.assert_array_equal(layer.grads[0], expected[0])


# Losses ---------------------------------------------------------------------------------------

CLASSES = numpy.array([2, 0, 1, 1, 2])
ONE_HOT = numpy.eye(3)[CLASSES]


def scores() -> Array:
    return draw(5, 3)


def changed(array: Array, index: Any, value: float) -> Array:
    array = array.copy()
    array[index] = value
    return array


LABELS: list[tuple[str, Any, Array, type[CommonError], tuple[object, ...]]] = [
    ("too large", SoftmaxWithLoss, changed(CLASSES, 3, 3), LabelError, ("0..2", "got 3")),
    ("negative", SoftmaxWithLoss, changed(CLASSES, 3, -1), LabelError, ("0..2", "got -1")),
    (
        "floats", SoftmaxWithLoss, CLASSES.astype(float), LabelError,
        ("whole numbers", (5,), (5, 3), "float64", (5,)),
    ),
    ("booleans", SoftmaxWithLoss, CLASSES > 0, LabelError, ("whole numbers", "bool")),
    ("a column", SoftmaxWithLoss, CLASSES[:, None], LabelError, ((5,), (5, 3), "got", (5, 1))),
    ("too few", SoftmaxWithLoss, CLASSES[:-1], LabelError, ((5,), (5, 3), "got", (4,))),
    ("a number", SoftmaxWithLoss, numpy.array(1), LabelError, ((5,), (5, 3), "got", ())),
    ("three axes", SoftmaxWithLoss, ONE_HOT[None], LabelError, ((5,), "got", (1, 5, 3))),
    ("narrow", SoftmaxWithLoss, ONE_HOT[:, :2], LabelError, ((5,), (5, 3), "got", (5, 2))),
    ("one row", SoftmaxWithLoss, ONE_HOT[:1], LabelError, ((5,), (5, 3), "got", (1, 3))),
    ("complex", SoftmaxWithLoss, ONE_HOT + 0j, LabelError, ((5, 3), "got complex128")),
    (
        "sum of 2", SoftmaxWithLoss, changed(ONE_HOT, (3, 0), 1), LabelError,
        ("distribution", "adding up to 1", "got", "2"),
    ),
    ("2 for 1", SoftmaxWithLoss, 2 * ONE_HOT, LabelError, ("distribution", "got", "adds up to 2")),
    (
        "columns for rows", SoftmaxWithLoss, changed(0 * ONE_HOT, 0, 1), LabelError,
        ("distribution", "got", "[1. 1. 1.]", "adds up to 3"),
    ),
    (
        "sum of 0", SoftmaxWithLoss, changed(ONE_HOT, (3, 1), 0), LabelError,
        ("distribution", "adding up to 1", "got", "0"),
    ),
    (
        "sum of 0, uint8", SoftmaxWithLoss, changed(ONE_HOT, (3, 1), 0).astype(numpy.uint8),
        LabelError, ("distribution", "adding up to 1", "got", "0"),
    ),
    (
        "sum of 1.0015", SoftmaxWithLoss, changed(ONE_HOT, (3, 1), 1.0015), LabelError,
        ("distribution", "adding up to 1", "got", "1.0015"),
    ),
    (
        "below 0", SoftmaxWithLoss, numpy.array([[1.5, -0.5, 0]] * 5), LabelError,
        ("distribution", "nothing below 0", "got", "-0.5"),
    ),
    ("NaN", SoftmaxWithLoss, changed(ONE_HOT, (3, 0), math.nan), LabelError, ("got", "nan")),
    (
        "all of them 2", SoftmaxWithLoss, 2 * ONE_HOT, LabelError,
        ("got the row", 2.0 * ONE_HOT[0], "adds up to 2"),
    ),
    (
        "all of them 0", SoftmaxWithLoss, numpy.array([[2, -1, -1], [1, -1, 0], *[[0] * 3] * 3]),
        LabelError, ("got the row", numpy.array([2, -1, -1]), "adds up to 0"),
    ),
    (
        "one in each column", SoftmaxWithLoss, numpy.eye(5)[:, :1] * numpy.ones(3), LabelError,
        ("got the row", numpy.ones(3), "adds up to 3"),
    ),
    (
        "two of them", SoftmaxWithLoss, changed(changed(CLASSES, 3, 4), 1, 5), LabelError,
        ("0..2", "got 5"),
    ),
    (
        "two of the rows", SoftmaxWithLoss, changed(changed(ONE_HOT, 3, 2), 1, 1), LabelError,
        ("got the row", numpy.ones(3), "adds up to 3"),
    ),
    (
        "two of them", SigmoidWithLoss, changed(changed(ONE_HOT, 3, 2.5), (1, 2), 1.5), LabelError,
        ("0 and 1", "got 1.5"),
    ),
    ("below 0", SigmoidWithLoss, changed(ONE_HOT, 0, -0.5), LabelError, ("0 and 1", "got", "-0.5")),
    ("above 1", SigmoidWithLoss, changed(ONE_HOT, 0, 1.5), LabelError, ("0 and 1", "got", "1.5")),
    ("NaN", SigmoidWithLoss, changed(ONE_HOT, 0, math.nan), LabelError, ("0 and 1", "got", "nan")),
    ("indices", SigmoidWithLoss, CLASSES, ShapeError, ((5, 3), "got", (5,))),
    ("a row", SigmoidWithLoss, ONE_HOT[:1], ShapeError, ((5, 3), "got", (1, 3))),
    ("a column", SigmoidWithLoss, ONE_HOT[:, :1], ShapeError, ((5, 3), "got", (5, 1))),
    ("too few", MSELoss, ONE_HOT[1:], ShapeError, ((5, 3), "got", (4, 3))),
    ("a row", MSELoss, ONE_HOT[:1], ShapeError, ((5, 3), "got", (1, 3))),
    ("a column", MSELoss, ONE_HOT[:, :1], ShapeError, ((5, 3), "got", (5, 1))),
    ("a number", MSELoss, numpy.array(1.0), ShapeError, ((5, 3), "got", ())),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "t", "error", "words"),
    [pytest.param(*row, id=f"{row[0].__name__}, {what}") for what, *row in LABELS],
)
def test_targets_that_do_not_fit(
    make: type[Layer], t: Array, error: type[CommonError], words: tuple[object, ...]
) -> None:
    if config.GPU and error is LabelError and (t.shape == (5, 3) or t.dtype.kind == "i"):
        with suppress(LabelError):  # the form is looked at everywhere
            assert np.isnan(make().forward(scores(), np.asarray(t))), "nobody waits to look"
        return
    with refused(error, make.__name__, "t", *words) as caught:
        make().forward(scores(), np.asarray(t))
    is_column = make is SoftmaxWithLoss and t.shape == (5, 1)
    assert ("As many numbers: t.reshape(-1)" in str(caught.value)) == is_column


@pytest.mark.cpu
def test_the_dout_of_a_loss_is_a_number_on_the_device_that_is_on() -> None:
    loss = MSELoss()
    loss.forward(scores(), np.asarray(ONE_HOT))
    with refused(ShapeError, "MSELoss", "dout must be one number", "got 'text'"):
        loss.backward("text")  # type: ignore[arg-type]
    with refused(DTypeError, "MSELoss", "dout must hold numbers", "complex128"):
        loss.backward(np.array(1j))
    with refused(DeviceError, "MSELoss", "dout is on the GPU"):
        loss.backward(simulated_cupy.cupy.ones(()))


def test_a_distribution_may_miss_1_by_rounding() -> None:
    t = np.asarray(changed(ONE_HOT, (3, 1), 1.0005))
    assert SoftmaxWithLoss().forward(scores(), t) > 0


@pytest.mark.cpu
def test_the_dout_of_a_loss_is_no_list_and_real() -> None:
    loss = MSELoss()
    loss.forward(scores(), scores())
    with refused(ShapeError, "MSELoss: dout must be one number, got [1.0]"):
        loss.backward([1.0])  # type: ignore[arg-type]
    with refused(DTypeError, "MSELoss: dout must hold numbers, got complex128"):
        loss.backward(np.array(1j))


# Indices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idx", "error", "words"),
    [
        ([0, 4], LabelError, ("0..3", "got 4")),
        ([0, -1], LabelError, ("0..3", "got -1")),
        ([[0], [2**40]], LabelError, ("0..3", f"got {2**40}")),
        ([0.0, 1.0], DTypeError, ("whole numbers", "got float64")),
        ([True, False], DTypeError, ("whole numbers", "got bool")),
    ],
    ids=str,
)
def test_an_embedding_refuses_other_indices(
    idx: Any, error: type[CommonError], words: tuple[str, ...]
) -> None:
    layer = used(next(row for row in ROWS if row.name == "Embedding"))
    if config.GPU and error is LabelError:
        rows = np.isnan(layer.forward(np.array(idx))).all(axis=-1).ravel()
        assert rows.tolist() == [False, True], "nobody waits to look: its row is NaN"
        return
    with unchanged(layer), refused(error, "Embedding", "idx", *words):
        layer.forward(np.array(idx))


# Shapes that a layer cannot take --------------------------------------------------------------


@pytest.mark.parametrize("dims", [(1, 3), (0, 4), (2, 1), (-1, -2), (-4, 1), (3, 3)], ids=str)
def test_flatten_refuses_axes_that_are_not_there(dims: tuple[int, int]) -> None:
    with refused(ShapeError, "Flatten", *dims, (2, 3, 4)):
        Flatten(*dims).forward(draw(2, 3, 4))


@pytest.mark.parametrize("layer", [kind() for kind in ELEMENT_BY_ELEMENT], ids=repr)
def test_element_by_element_nothing_gives_nothing(layer: Layer) -> None:
    assert layer.forward(np.ones((0, 4))).shape == (0, 4)
    assert layer.backward(np.ones((0, 4))).shape == (0, 4)


@pytest.mark.cpu
def test_a_reshape_is_advised_only_of_as_many_numbers() -> None:
    with refused(ShapeError, "x must have shape (6,), got (4, 2)") as caught:
        check_array("test", "x", np.ones((4, 2)), (6,))
    assert "as many" not in str(caught.value)


# Weights --------------------------------------------------------------------------------------


@pytest.mark.cpu
def test_weights_of_other_axes() -> None:
    with refused(ShapeError, "MatMul: W must have 2 axes, not empty, got shape (3,)"):
        MatMul(np.ones(3))
    with refused(ShapeError, "Affine: b must have 1 axis, not empty, got shape (3, 1)"):
        Affine(np.ones((2, 3)), np.ones((3, 1)))


# Settings -------------------------------------------------------------------------------------


@pytest.mark.cpu
def test_a_number_beyond_all_floats() -> None:
    for ratio, got in ((10**400, "got inf"), (-(10**400), "got -inf")):
        with refused(ArgumentError, "Dropout", "dropout_ratio", "finite", got):
            Dropout(ratio)
