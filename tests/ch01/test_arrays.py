"""Sections 1.1.1 to 1.1.5, against the numbers that the document prints."""

import pytest

from tests.chapters import Run


def test_vectors_and_matrices(run: Run) -> None:
    names = run("vectors_and_matrices")
    assert names["A"].shape == (3, 2)
    assert names["A"].ndim == 2
    assert names["v"].shape == (3,)


def test_elementwise(run: Run) -> None:
    names = run("elementwise")
    assert names["total"].tolist() == [[1, 3, 5], [7, 9, 11]]
    assert names["product"].tolist() == [[0, 2, 6], [12, 20, 30]]


def test_broadcast(run: Run) -> None:
    names = run("broadcast")
    assert names["tenfold"].tolist() == [[10, 20], [30, 40]]
    assert names["scaled"].tolist() == [[10, 40], [30, 80]]


def test_dot_and_matmul(run: Run) -> None:
    names = run("dot_and_matmul")
    assert names["dot"] == 32
    assert names["product"].tolist() == [[19, 22], [43, 50]]


def test_shapes(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("shapes")
    assert names["C"].shape == (3, 9)
    assert (names["C"] == 8).all()
    assert "MatMul: x must have shape (N, 4)" in capsys.readouterr().out
