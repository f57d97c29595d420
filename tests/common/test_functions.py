"""The plain array maths, against exact arithmetic and against its own laws."""

import math
import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal, localcontext
from typing import Any

import numpy
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import DTypeLike

from common import config
from common.autograd import Tensor
from common.checks import has_classes
from common.errors import CommonError, DataError, DTypeError, LabelError, ShapeError
from common.functions import (
    accuracy,
    cross_entropy_error,
    inner,
    log_softmax,
    predicted_classes,
    relu,
    sigmoid,
    softmax,
)
from common.losses import MSELoss, SoftmaxWithLoss
from common.np import np
from tests.common.table import Array, draw

each_dtype = pytest.mark.parametrize("dtype", [numpy.float32, numpy.float64])
each_whole_dtype = pytest.mark.parametrize("dtype", [numpy.uint8, numpy.int8, numpy.int64, bool])


def exact_softmax(row: Any) -> list[Decimal]:
    """In 60 digits, with exponents that do not overflow."""
    with localcontext(prec=60):
        e = [Decimal(float(x)).exp() for x in row]
        return [value / sum(e) for value in e]


def exact_sigmoid(x: Any) -> Decimal:
    with localcontext(prec=60):
        return 1 / (1 + (-Decimal(float(x))).exp())


# Values ---------------------------------------------------------------------------------------


@each_dtype
def test_sigmoid_has_every_digit(dtype: DTypeLike) -> None:
    x = np.concatenate([np.linspace(-80, 80, 161), draw(50)]).astype(dtype)
    expected = [float(exact_sigmoid(value)) for value in x]
    np.testing.assert_allclose(sigmoid(x), expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    "row",
    [[0.0, 0.0], [1.0, 2.0, 3.0], [-5.0, 0.25, 5.0], [1000.0, 999.0, 0.0], [0.0, -600.0], [7.0]],
    ids=str,
)
def test_softmax_and_its_log_have_every_digit(row: list[float]) -> None:
    expected = exact_softmax(row)
    np.testing.assert_allclose(softmax(np.array(row)), list(map(float, expected)), rtol=1e-15)
    log = [float(value.ln()) for value in expected]
    np.testing.assert_allclose(log_softmax(np.array(row)), log, rtol=1e-15, atol=1e-15)


def test_softmax_goes_along_the_last_axis() -> None:
    x = draw(2, 3, 4)
    for i in numpy.ndindex(2, 3):
        np.testing.assert_allclose(softmax(x)[i], softmax(x[i]), rtol=1e-15)
        np.testing.assert_allclose(log_softmax(x)[i], log_softmax(x[i]), rtol=1e-14)


def test_relu_cuts_at_zero() -> None:
    np.testing.assert_array_equal(
        relu(np.array([-2.5, -0.0, 0.0, 1e-300, 3])), [0, 0, 0, 1e-300, 3]
    )


@pytest.mark.parametrize("function", [sigmoid, relu, softmax, log_softmax])
@each_dtype
def test_floats_keep_their_dtype_and_shape(
    function: Callable[[Array], Array], dtype: DTypeLike
) -> None:
    y = function(draw(2, 3).astype(dtype))
    assert (y.dtype, y.shape) == (dtype, (2, 3))


@pytest.mark.parametrize("function", [sigmoid, relu, softmax, log_softmax])
def test_the_input_stays_untouched(function: Callable[[Array], Array]) -> None:
    x = draw(2, 3)
    function(x)
    assert x.tobytes() == draw(2, 3).tobytes()


@pytest.mark.parametrize("function", [sigmoid, softmax, log_softmax])
@each_whole_dtype
def test_whole_numbers_are_taken_as_floats(
    function: Callable[[Array], Array], dtype: DTypeLike
) -> None:
    limits = (0, 1) if dtype is bool else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    for x in (np.array([0, 1], dtype), np.array([0, 1, 1, *limits], dtype)):
        expected = function(x.astype(np.float64))
        np.testing.assert_allclose(function(x), expected, rtol=1e-3 if x.itemsize < 4 else 1e-12)


# Extremes: warnings are errors in these tests -------------------------------------------------


@each_dtype
def test_sigmoid_at_the_ends_of_the_range(dtype: DTypeLike) -> None:
    top = np.finfo(dtype).max
    x = np.array([-np.inf, -top, -1e4, 0, 1e4, top, np.inf], dtype)
    np.testing.assert_array_equal(sigmoid(x), [0, 0, 0, 0.5, 1, 1, 1])


@each_dtype
@pytest.mark.parametrize("size", [1e4, 1e38])
def test_softmax_and_its_log_at_scores_far_apart(dtype: DTypeLike, size: float) -> None:
    x = np.array([[1, 0, 0], [-1, 0, -1], [1, 1, 0], [-1, -1, -1]], dtype) * size
    rtol = np.finfo(dtype).eps
    probabilities: list[list[float]] = [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0], [1 / 3] * 3]
    np.testing.assert_allclose(softmax(x), probabilities, rtol)
    half, third, far = -math.log(2), -math.log(3), float(x[1, 0])
    logs = [[0, far, far], [far, 0, far], [half, half, far + half], [third] * 3]
    np.testing.assert_allclose(log_softmax(x), logs, rtol)


def test_a_score_of_minus_infinity_has_no_probability() -> None:
    np.testing.assert_array_equal(softmax(np.array([0, -np.inf])), [1, 0])
    np.testing.assert_array_equal(log_softmax(np.array([0, -np.inf])), [0, -np.inf])


@pytest.mark.parametrize("function", [sigmoid, relu, softmax, log_softmax])
def test_a_nan_stays_a_nan(function: Callable[[Array], Array]) -> None:
    assert np.isnan(function(np.array([np.nan])))


# Laws -----------------------------------------------------------------------------------------

FLOATS = st.floats(-1e4, 1e4)


def on_device(shape: Any, elements: st.SearchStrategy[float] = FLOATS) -> st.SearchStrategy[Array]:
    return arrays(numpy.float64, shape, elements=elements).map(lambda x: np.asarray(x))


VECTORS = on_device(st.integers(1, 8))
MATRICES = on_device(array_shapes(min_dims=2, max_dims=2, max_side=6))
law = settings(deadline=None, max_examples=60, derandomize=True)


@law
@given(MATRICES)
def test_a_softmax_is_a_distribution(x: Array) -> None:
    y = softmax(x)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-14)


@law
@given(MATRICES, FLOATS)
def test_a_number_added_to_a_row_changes_no_softmax(x: Array, c: float) -> None:
    np.testing.assert_allclose(softmax(x + c), softmax(x), rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(log_softmax(x + c), log_softmax(x), rtol=1e-10, atol=1e-10)


@law
@given(on_device(st.integers(1, 8), st.floats(-300, 300)))
def test_log_softmax_is_the_log_of_softmax(x: Array) -> None:
    np.testing.assert_allclose(log_softmax(x), np.log(softmax(x)), rtol=1e-13, atol=1e-13)


@law
@given(VECTORS)
def test_sigmoid_of_x_and_of_minus_x_add_up_to_one(x: Array) -> None:
    np.testing.assert_allclose(sigmoid(x) + sigmoid(-x), 1, rtol=1e-15)


@law
@given(VECTORS)
def test_sigmoid_is_the_softmax_of_x_and_zero(x: Array) -> None:
    pairs = np.stack([x, np.zeros_like(x)], axis=-1)
    np.testing.assert_allclose(sigmoid(x), softmax(pairs)[:, 0], rtol=1e-13, atol=1e-300)


@law
@given(MATRICES, st.data())
def test_indices_and_one_hot_rows_mean_the_same(x: Array, data: st.DataObject) -> None:
    classes = st.integers(0, x.shape[1] - 1)
    t = np.array([data.draw(classes) for _ in x])
    one_hot = np.eye(x.shape[1], dtype=int)[t]
    assume(x.shape[1] > 1)
    with_indices = cross_entropy_error(softmax(x), t)
    np.testing.assert_allclose(cross_entropy_error(softmax(x), one_hot), with_indices, rtol=1e-14)
    assert accuracy(x, one_hot) == accuracy(x, t)


# Cross-entropy --------------------------------------------------------------------------------

Y = [[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]


@pytest.mark.parametrize(
    "t",
    [
        numpy.array([1, 2]),
        numpy.array([1, 2], numpy.uint8),
        numpy.array([[0, 1, 0], [0, 0, 1]]),
        numpy.array([[0, 1, 0], [0, 0, 1]], numpy.float32),
        numpy.array([[False, True, False], [False, False, True]]),
    ],
    ids=["indices", "uint8 indices", "one-hot", "float32 one-hot", "bool one-hot"],
)
def test_cross_entropy_is_the_mean_surprise(t: Array) -> None:
    expected = -math.fsum([math.log(0.25), math.log(0.75)]) / 2
    loss = cross_entropy_error(np.array(Y), np.asarray(t))
    assert float(loss) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_has_the_dtype_of_the_probabilities(dtype: DTypeLike) -> None:
    y = np.array([[0.5, 0.5], [0.25, 0.75]], dtype)
    for t in (np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]], np.float64)):
        assert cross_entropy_error(y, t).dtype == dtype


def test_cross_entropy_of_a_distribution_weighs_each_class() -> None:
    t = np.array([[0.5, 0.5, 0], [0.25, 0, 0.75]])
    terms = [0.5 * math.log(0.5), 0.5 * math.log(0.25), 0.25 * math.log(0.125)]
    expected = -math.fsum([*terms, 0.75 * math.log(0.75)]) / 2
    assert float(cross_entropy_error(np.array(Y), t)) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("t", [2, [0, 0, 1]], ids=["index", "one-hot"])
def test_cross_entropy_takes_one_example_as_in_the_book(t: Any) -> None:
    loss = cross_entropy_error(np.array(Y[1]), np.array(t))
    assert float(loss) == pytest.approx(-math.log(0.75), rel=1e-15)


CERTAIN = [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize("t", [[0, 1], [[1.0, 0.0], [0.0, 1.0]]], ids=["indices", "one-hot"])
def test_cross_entropy_of_what_was_held_impossible_is_infinite(t: Any) -> None:
    assert cross_entropy_error(np.array(CERTAIN), np.array(t)) == math.inf


@pytest.mark.parametrize("t", [[1, 0], CERTAIN], ids=["indices", "one-hot"])
def test_cross_entropy_of_certainty_is_zero(t: Any) -> None:
    assert cross_entropy_error(np.array(CERTAIN), np.array(t)) == 0


def test_cross_entropy_of_whole_probabilities_weighs_each_class() -> None:
    assert cross_entropy_error(np.array([[1, 0]]), np.array([[0.5, 0.5]])) == math.inf


@pytest.mark.parametrize("shape", [(3, 3), (3, 3, 3)])
def test_cross_entropy_refuses_more_axes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"cross_entropy_error: y .*\(3, 3, 3\)"):
        cross_entropy_error(softmax(draw(3, 3, 3)), np.ones(shape, int))


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        (lambda y: (y, np.array([0, 3])), LabelError),
        (lambda y: (y, np.array([-1, 0])), LabelError),
        (lambda y: (y, np.array([0.0, 1.0])), LabelError),
        (lambda y: (y, np.array([[0], [1]])), LabelError),
        (lambda y: (y, np.array([0, 1, 2])), LabelError),
        (lambda y: (y, np.ones((2, 3))), LabelError),
        (lambda y: (y[0], np.array([0])), LabelError),
        (lambda y: (y[:0], np.array([], int)), ShapeError),
        (lambda y: (y.tolist(), np.array([0, 1])), DTypeError),
        (lambda y: (y, [0, 1]), DTypeError),
    ],
)
def test_cross_entropy_refuses_labels_that_do_not_fit(
    inputs: Callable[[Array], Any], error: type[CommonError]
) -> None:
    y, t = inputs(np.array(Y))
    if config.GPU and error is LabelError and np.shape(t) in ((2,), (2, 3)):
        with suppress(LabelError):  # the form is looked at everywhere
            assert np.isnan(cross_entropy_error(y, t)), "nobody waits to look"
        return
    with pytest.raises(error, match=r"cross_entropy_error: .*\b[yt]\b"):
        cross_entropy_error(y, t)


def test_cross_entropy_says_which_labels_one_example_may_have() -> None:
    with pytest.raises(LabelError, match=r"whole numbers of shape \(\)\) or .*shape \(3,\)\), got"):
        cross_entropy_error(np.array(Y[0]), np.array([0]))


@pytest.mark.parametrize(
    "y",
    [
        [[3.0, 1.0, 2.0]],
        [[0.5, 0.6, 0.1], [3.0, 1.0, 2.0]],
        [[1.5, -0.5, 0.0]],
        [[0.0, 0.0, 0.0]],
        [[math.nan] * 3],
    ],
)
def test_cross_entropy_refuses_what_are_no_probabilities(y: Any) -> None:
    """Of scores it would give a number, a negative one maybe."""
    t = np.zeros(len(y), int)
    if config.GPU:
        assert np.isnan(cross_entropy_error(np.array(y), t))
        return
    said = rf"y must hold probabilities.* the row {re.escape(str(np.array(y[0])))}.*softmax\(y\)"
    for wrong, labels in ((np.array(y), t), (np.array(y[0]), t[0])):
        with pytest.raises(DataError, match=said):
            cross_entropy_error(wrong, np.asarray(labels))


@pytest.mark.cpu
def test_the_first_row_that_is_none_is_shown_and_what_labels_of_one_example_are() -> None:
    y = np.array([[0.5, 0.5], [0.25, 0.5], [3, 4]])
    with pytest.raises(DataError, match=r"got the row \[0\.25 0\.5 \]\. "):
        cross_entropy_error(y, np.zeros(3, int))
    with pytest.raises(DataError, match=r"got the row \[3\. 4\.\]\. "):
        cross_entropy_error(y[2], np.array(0))
    with pytest.raises(LabelError, match=r"got the row \[0\.25 0\.5 \], which adds up to 0\.75"):
        cross_entropy_error(np.full((3, 2), 0.5), y)
    with pytest.raises(LabelError, match=r"numbers of shape \(\)\) or .*\(shape \(2,\)\), got"):
        cross_entropy_error(y[0], np.zeros(3))


@pytest.mark.cpu
def test_labels_name_a_class_if_there_is_one_for_each() -> None:
    y = draw(2, 3)
    assert has_classes(y, np.array([0, 2]))
    for t in (
        np.array([0, 3]),
        np.array([0, 4]),
        np.array([-1, 0]),
        np.eye(2, 4),
        2 * np.eye(2, 3),
    ):
        assert not has_classes(y, t)


def test_one_class_is_no_choice() -> None:
    for y in (np.ones((3, 1)), np.ones(1)):
        with pytest.raises(ShapeError, match=r"cross_entropy_error: .* C at least 2"):
            cross_entropy_error(y, np.zeros(y.shape[:-1], int))
    with pytest.raises(ShapeError, match=r"SoftmaxWithLoss: .*C at least 2.*SigmoidWithLoss"):
        SoftmaxWithLoss().forward(np.ones((3, 1)), np.zeros(3, int))


# Accuracy -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("t", "share"),
    [
        ([0, 2], 1),
        ([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], 1),
        ([0, 1], 0.5),
        ([1, 0], 0),
        ([[1, 0, 0], [0, 0, 1]], 1),
        ([[1, 0, 0]] * 2, 0.5),
    ],
)
def test_accuracy_is_the_share_that_is_right(t: Any, share: float) -> None:
    assert accuracy(np.array(Y), np.array(t)) == share


@pytest.mark.parametrize(
    "y",
    [[[math.nan] * 2] * 2, [[1.0, math.nan], [math.nan, 1.0]], [math.nan] * 2, [[math.nan]] * 2],
)
def test_a_row_with_a_nan_is_never_right(y: Any) -> None:
    for t in ([0, 0], [1, 1], [0, 1], [1, 0]):
        assert accuracy(np.array(y), np.array(t)) == 0


def test_scores_may_be_whole_numbers_where_they_cannot_be_classes() -> None:
    assert predicted_classes(np.array([[1, 3], [4, 2]])).tolist() == [1, 0]
    for classes in (np.array([0, 1]), np.array([False, True])):
        with pytest.raises(DTypeError, match="y must hold scores, got whole numbers"):
            predicted_classes(classes)


@pytest.mark.cpu
def test_accuracy_of_one_score_a_row_looks_at_the_labels_of_many_rows() -> None:
    t = np.zeros(300)
    assert float(accuracy(np.ones(300), t)) == 0
    t[299] = 2
    with pytest.raises(LabelError, match="got 2"):
        accuracy(np.ones(300), t)


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_softmax_of_nothing_is_refused(function: Callable[[Array], Array]) -> None:
    with pytest.raises(ShapeError, match=rf"{function.__name__}: x is empty.*\(2, 0\)"):
        function(np.ones((2, 0)))


# inner ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3000, 100_000])
def test_inner_is_exact_for_many_equal_float32_numbers(count: int) -> None:
    """Added one after another, a million times 0.01 would be off in the fourth digit."""
    a, tenth = np.full(count, 0.1, np.float32), float(np.float32(0.1))
    assert float(inner(a, a)) == pytest.approx(count * tenth**2, rel=2e-6)


def test_a_loss_over_a_million_float32_numbers_is_exact() -> None:
    y = np.full((1000, 1000), 0.1, np.float32)
    assert float(MSELoss().forward(y, np.zeros_like(y))) == pytest.approx(0.01, rel=2e-6)
    b = Tensor(np.asarray(2.0, np.float32), requires_grad=True)
    (b * y).sum().backward()
    assert float(b.grad) == pytest.approx(1e5, rel=2e-6)


@pytest.mark.parametrize("t", [[0, 1, 1, 0], [0.2, 0.5, 1.0, 0.4], [False, True, True, False]])
@pytest.mark.parametrize("shapes", [((4,), (4,)), ((4, 1), (4, 1)), ((4, 1), (4,))])
def test_the_sign_of_one_score_tells_two_classes_apart(t: Any, shapes: Any) -> None:
    y = np.array([-1.0, 0.5, -0.25, 0.0]).reshape(shapes[0])
    assert predicted_classes(y).tolist() == [0, 1, 0, 0]
    assert accuracy(y, np.array(t).reshape(shapes[1])) == 0.75


@pytest.mark.off_cpu
def test_one_score_and_three_classes_on_a_gpu_wait_for_nobody() -> None:
    assert accuracy(np.array([1.0, -1.0]), np.array([2, 0])) == 0.5


@pytest.mark.cpu
def test_one_score_tells_no_third_class_apart() -> None:
    with pytest.raises(LabelError, match="accuracy: t must lie between 0 and 1, got 2"):
        accuracy(np.array([1.0, -1.0]), np.array([2, 0]))
    with pytest.raises(ShapeError, match=r"predicted_classes: y must have shape"):
        predicted_classes(np.ones((2, 3, 4)))
