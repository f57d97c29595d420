"""Clipping gradients."""

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from common.errors import CommonError
from common.np import Array, np
from common.util import clip_grads, to_cpu


def three_four_twelve(dtype: str = "float64") -> list[Array]:
    """Two gradients whose common norm is 13."""
    return [np.array([3.0, 4.0], dtype), np.array([[12.0]], dtype)]


@pytest.mark.parametrize("max_norm", [13.1, 100, math.nextafter(13.1, 14)])
def test_gradients_within_the_norm_stay(max_norm: float) -> None:
    grads = three_four_twelve()
    assert clip_grads(grads, max_norm) == 13
    assert [g.tolist() for g in grads] == [[3, 4], [[12]]]


@pytest.mark.parametrize("max_norm", [6.5, 1, 1e-3])
def test_gradients_beyond_the_norm_keep_their_direction(max_norm: float) -> None:
    grads = three_four_twelve()
    assert clip_grads(grads, max_norm) == 13
    rate = max_norm / (13 + 1e-6)
    np.testing.assert_allclose(grads[0], [3 * rate, 4 * rate], rtol=1e-14)
    np.testing.assert_allclose(grads[1], [[12 * rate]], rtol=1e-14)


def test_clipping_is_in_place() -> None:
    grads = three_four_twelve()
    before = list(grads)
    clip_grads(grads, 1)
    assert all(g is b for g, b in zip(grads, before, strict=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_keeps_the_dtype(dtype: str) -> None:
    grads = three_four_twelve(dtype)
    norm = clip_grads(grads, 1.0)
    assert [g.dtype for g in grads] == [np.dtype(dtype)] * 2
    assert norm.dtype == np.float64


def test_gradients_of_two_dtypes_are_clipped_together() -> None:
    grads = [three_four_twelve("float32")[0], three_four_twelve("float64")[1]]
    assert clip_grads(grads, 1) == 13
    assert [g.dtype.name for g in grads] == ["float32", "float64"]
    assert math.isclose(sum(float((g * g).sum()) for g in grads), 1, rel_tol=1e-6)


def test_gradients_of_zero_stay_zero() -> None:
    grads = [np.zeros(3)]
    assert clip_grads(grads, 1) == 0
    assert grads[0].tolist() == [0, 0, 0]


def test_no_gradients_have_norm_zero() -> None:
    assert clip_grads([], 1) == 0


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("max_norm", [0.5, 5, 1000])
def test_clipping_agrees_with_pytorch(max_norm: float, dtype: str) -> None:
    torch: Any = pytest.importorskip("torch")
    rng = numpy.random.default_rng(0)
    shapes: list[tuple[int, ...]] = [(5, 7), (7,), (2, 3, 4)]
    grads = [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]
    theirs = [torch.nn.Parameter(torch.zeros(g.shape)) for g in grads]
    for p, g in zip(theirs, grads, strict=True):
        p.data = p.data.to(getattr(torch, dtype))
        p.grad = torch.tensor(to_cpu(g))
    norm = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    tolerance = 1e-12 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(clip_grads(grads, max_norm), norm.numpy(), rtol=tolerance)
    for p, g in zip(theirs, grads, strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), rtol=tolerance)


@pytest.mark.parametrize(
    "wrong", [lambda: np.array([3, 4]), lambda: [3.0, 4.0]], ids=["integers", "a list"]
)
def test_what_cannot_be_clipped_leaves_all_as_it_was(wrong: Callable[[], Any]) -> None:
    grads = [np.array([12.0]), wrong()]
    with pytest.raises(CommonError, match="clip_grads"):
        clip_grads(grads, 1)
    assert grads[0] == 12


@pytest.mark.parametrize("size", [1e20, 1e-30, 1.0])
def test_the_norm_of_what_has_no_square_in_float32(size: float) -> None:
    """(1e20)² is no float32, and (1e-30)² is 0."""
    grads = [np.array([3 * size, 0], np.float32), np.array([[4 * size]], np.float32)]
    assert float(clip_grads(grads, 0.5 * size)) == pytest.approx(5 * size, rel=1e-6)
    rate = 0.5 * size / (5 * size + 1e-6)
    np.testing.assert_allclose(grads[0], [3 * size * rate, 0], rtol=1e-6, atol=1e-40)
    np.testing.assert_allclose(grads[1], [[4 * size * rate]], rtol=1e-6, atol=1e-40)


def test_an_array_that_stands_there_twice_is_clipped_once() -> None:
    g = np.asarray([3.0, 4.0])
    assert float(clip_grads([g, g], 1.0)) == 5
    np.testing.assert_allclose(g, [0.6, 0.8], rtol=1e-6)
