"""Sections 1.2.1 to 1.3.4: inference, layers, loss, gradient, chain rule, graph."""

from pathlib import Path

import pytest

from common import config
from common.functions import sigmoid
from common.np import np
from tests.chapters import Run

# h and a = sigmoid(h) of the first three examples, as the document prints them.
DOCUMENT_H = [
    [0.13989561, -1.29801832, 1.5579969, 0.33415793],
    [0.21297977, -0.35994696, 1.38050415, -0.13228033],
    [-1.40408799, -1.98041791, 0.08883445, 1.63886748],
]
DOCUMENT_A = [
    [0.53491697, 0.21449872, 0.82606573, 0.58277072],
    [0.55304458, 0.41097241, 0.79907196, 0.46697806],
    [0.19716821, 0.1212743, 0.52219402, 0.83738078],
]


def test_sigmoid_gives_the_activations_of_the_document() -> None:
    np.testing.assert_allclose(sigmoid(np.array(DOCUMENT_H)), DOCUMENT_A, atol=1e-8)


def test_inference(run: Run) -> None:
    names = run("inference", "--seed", "3")
    assert names["h"].shape == names["a"].shape == (10, 4)
    assert names["s"].shape == (10, 3)
    np.testing.assert_allclose(names["collapsed"], names["without"])
    assert not np.allclose(names["s"], names["without"])


def test_layers_as_classes(run: Run) -> None:
    names = run("layers_as_classes")
    np.testing.assert_allclose(names["s"], names["by_hand"])
    assert [param.shape for param in names["net"].params] == [(2, 4), (4,), (4, 3), (3,)]
    assert (names["careless"] == names["another"]).all()
    assert not np.allclose(names["net"].predict(names["x"]), names["by_hand"])


def test_loss_reproduces_the_slips_of_the_document_and_mends_them(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    names = run("loss")
    np.testing.assert_allclose(names["wrong"][0], [0.0127388, 0.00046542, 0.00054481], atol=1e-8)
    np.testing.assert_allclose(names["wrong"][-1], [0.01486361, 0.00043797, 0.0004759], atol=1e-8)
    np.testing.assert_allclose(-np.log(names["wrong"]).sum() / 2, 99.97448063779545, rtol=1e-8)
    np.testing.assert_allclose(names["y"].sum(axis=1), 1)
    np.testing.assert_allclose(names["loss"], -np.log(names["y"][:, 0]).mean())
    printed = capsys.readouterr().out
    assert ("of such targets: nan" if config.GPU else "must be a distribution") in printed
    assert "16.1181" in printed
    assert "SoftmaxWithLoss:         1000.0" in printed


def test_gradient(run: Run, tmp_path: Path) -> None:
    names = run("gradient")
    assert float(names["slope"]) == pytest.approx(6)
    np.testing.assert_allclose(names["gradient"], [[2, 4, 6], [8, 10, 12]], rtol=1e-8)
    assert 1e-7 < names["best"] < 1e-4
    np.testing.assert_allclose(names["W"], 0.8**4 * np.arange(1, 7).reshape(2, 3), rtol=1e-8)
    assert (tmp_path / "ch01_step_size.png").stat().st_size > 0


def test_chain_rule(run: Run) -> None:
    names = run("chain_rule")
    assert names["dz_dx"] == names["measured"].round(6) == 30
    np.testing.assert_allclose(names["dx"], names["measured_dx"], rtol=1e-8)


def test_computation_graph(run: Run, tmp_path: Path) -> None:
    names = run("computation_graph")
    assert names["da"] == 6
    np.testing.assert_allclose(names["dW"], names["measured_dW"], rtol=1e-8)
    x1, x2, w1, w2, b, t = (names[name] for name in ("x1", "x2", "w1", "w2", "b", "t"))
    slope = 2 * (x1 * w1 + x2 * w2 + b - t)
    assert (names["dw1"], names["dw2"], names["db"]) == (slope * x1, slope * x2, slope)
    assert len(list(tmp_path.glob("ch01_graph_*.png"))) == 3
