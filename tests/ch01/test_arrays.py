"""Sections 1.1.1 to 1.1.5, against the numbers that the document prints."""

import pytest

from common import config
from common.layers import MSELoss
from common.np import np
from tests.chapters import Runner


def test_vectors_and_matrices(run: Runner) -> None:
    page = run("vectors_and_matrices")
    assert (page["A"].shape, page["A"].ndim) == ((3, 2), 2)
    assert page["A"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert page["v"].shape == (3,)
    assert (page["N"], page["D"]) == (3, 2)


def test_elementwise(run: Runner) -> None:
    page = run("elementwise")
    assert page["total"].tolist() == [[1, 3, 5], [7, 9, 11]]
    assert page["product"].tolist() == [[0, 2, 6], [12, 20, 30]]
    np.testing.assert_array_equal(page["square"], page["X"] * page["X"])
    np.testing.assert_allclose(page["root"] ** 2, page["X"])
    with pytest.raises(ValueError, match=r"mismatch|not aligned|[Ss]hape"):
        page["W"] @ page["X"]


def test_broadcast(run: Runner) -> None:
    page = run("broadcast")
    assert page["tenfold"].tolist() == [[10, 20], [30, 40]]
    assert page["scaled"].tolist() == [[10, 40], [30, 80]]
    assert page["shifted"].tolist() == [[1, 2, 3]] * 4
    assert page["table"].tolist() == [[i - j for j in range(4)] for i in range(4)]
    assert page["y"].shape == (4, 1)
    assert page["t"].tolist() == page["y"][:, 0].tolist(), "each answer is right"
    with pytest.raises(ValueError, match="MSELoss"):
        MSELoss().forward(page["y"], page["t"])


def test_dot_and_matmul(run: Runner) -> None:
    page = run("dot_and_matmul")
    assert page["dot"] == 32 == 1 * 4 + 2 * 5 + 3 * 6
    assert page["product"].tolist() == [[19, 22], [43, 50]]
    assert "[True, True, True]" in page.printed
    assert "matmul: (5, 2, 4) dot: (5, 2, 5, 4)" in page.printed


def test_shapes(run: Runner) -> None:
    page = run("shapes")
    assert (page["A"].shape, page["B"].shape, page["C"].shape) == ((3, 4), (4, 9), (3, 9))
    assert (page["C"] == 4 * 1 * 2).all()
    assert ("B A is refused: " if config.GPU else "B A is refused: matmul: ") in page.printed
    assert "MatMul: x must have shape (N, 4) with N at least 1, got (4, 3)" in page.printed
