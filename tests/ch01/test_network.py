"""Sections 1.2.1 to 1.3.5: inference, layers, loss, gradient, chain rule, graph, the way back."""

import re

import numpy
import pytest

from ch01 import study_notes
from common import config
from common.functions import sigmoid
from common.np import Array, np
from common.util import to_cpu
from tests.chapters import Runner

# What the document prints beside the h and s of `study_notes`.
A = [
    [0.53491697, 0.21449872, 0.82606573, 0.58277072],
    [0.55304458, 0.41097241, 0.79907196, 0.46697806],
    [0.19716821, 0.1212743, 0.52219402, 0.83738078],
    [0.23483369, 0.02907165, 0.67798574, 0.89818836],
    [0.20988184, 0.04515599, 0.61420929, 0.88761132],
    [0.21711748, 0.48397229, 0.42470243, 0.66907447],
    [0.68576944, 0.50582307, 0.86810626, 0.33828318],
    [0.17227321, 0.12137476, 0.47779797, 0.85140037],
    [0.54143451, 0.56499282, 0.76147599, 0.40623229],
    [0.64074915, 0.08835395, 0.90977279, 0.62547897],
]
SIGMOID_OF_S = [
    [0.87562619, 0.20459619, 0.23141832],
    [0.87716242, 0.21117797, 0.32054939],
    [0.77006953, 0.20626712, 0.12771816],
    [0.80265528, 0.19281636, 0.10746503],
    [0.78810717, 0.19791327, 0.10948895],
    [0.75461453, 0.21442455, 0.24200702],
    [0.90011351, 0.21396228, 0.41652143],
    [0.75528326, 0.20775514, 0.12413467],
    [0.87176245, 0.21409407, 0.38817065],
    [0.89147637, 0.19487838, 0.20824271],
]
SOFTMAX_WITH_THE_SLIPS = [
    [0.0127388, 0.00046542, 0.00054481],
    [0.01292074, 0.0004844, 0.00085364],
    [0.00605999, 0.00047021, 0.00026493],
    [0.0073594, 0.00043223, 0.00021786],
    [0.00672989, 0.00044647, 0.00022247],
    [0.00556436, 0.00049388, 0.0005777],
    [0.01630531, 0.00049253, 0.00129167],
    [0.00558451, 0.00047449, 0.00025645],
    [0.01230047, 0.00049292, 0.00114797],
    [0.01486361, 0.00043797, 0.0004759],
]
LOSS = 99.97448063779545


def assert_printed(array: Array, digits: Array | list[list[float]]) -> None:
    """The array is the one that the notes print with eight digits."""
    np.testing.assert_allclose(array, digits, rtol=0, atol=1.5e-8)


def test_inference_prints_the_h_the_a_and_the_s_of_the_notes(run: Runner) -> None:
    page = run("inference")
    assert_printed(page["h"], study_notes.H)
    assert_printed(page["a"], A)
    assert_printed(page["s"], study_notes.S)
    assert [page[name].shape for name in ("x", "W1", "b1", "W2", "b2")] == [
        (10, 2), (2, 4), (4,), (4, 3), (3,),
    ]  # fmt: skip
    assert (page["answers"] == 0).all()
    apart = re.findall(r"farthest from the notes (\S+)", page.printed)
    assert len(apart) == 2
    assert all(0 < float(number) < 1.5e-8 for number in apart)


def test_inference_without_the_sigmoid_is_one_layer(run: Runner) -> None:
    page = run("inference")
    x, W1, b1, W2, b2 = (page[name] for name in ("x", "W1", "b1", "W2", "b2"))
    at_once = np.matmul(x, np.matmul(W1, W2)) + (np.matmul(b1, W2) + b2)
    np.testing.assert_array_equal(page["collapsed"], at_once)  # to the bit: computed in this way
    np.testing.assert_array_equal(page["h"], np.matmul(x, W1) + b1)
    np.testing.assert_allclose(page["collapsed"], page["without"])
    assert "two layers are one: True" in page.printed
    assert not np.allclose(page["s"], page["without"])


def test_the_weights_that_study_notes_finds_are_told_by_what_is_printed() -> None:
    s, with_ones = numpy.array(study_notes.S), numpy.column_stack([A, numpy.ones(10)])
    assert (s.size, numpy.linalg.matrix_rank(with_ones) * s.shape[1]) == (30, 15)
    h = numpy.array(study_notes.H)
    spread = numpy.linalg.svd(h - h.mean(axis=0))[1]
    assert (spread[:2] > 1).all(), "two columns are free"
    assert (spread[2:] < 1e-7).all(), "the other two follow from them"


def test_layers_as_classes_prints_what_the_notes_print(run: Runner) -> None:
    page = run("layers_as_classes")
    assert_printed(page["h"], study_notes.H)
    assert_printed(page["s"], study_notes.S)
    assert_printed(page["sigmoid"].forward(page["s"]), SIGMOID_OF_S)
    np.testing.assert_allclose(page["out"], page["s"], rtol=1e-12)
    assert "2 of an Affine, 0 of a Sigmoid" in page.printed
    assert [param.shape for param in page["net"].params] == [(2, 4), (4,), (4, 3), (3,)]
    kinds = [type(layer) for layer in page["net"].layers]
    assert kinds == [page["Affine"], page["Sigmoid"], page["Affine"]]


def test_layers_as_classes_sums_grow_with_the_root_of_their_inputs(run: Runner) -> None:
    for D, (normal, linear) in run("layers_as_classes")["spread"].items():
        assert normal == pytest.approx(D**0.5, rel=0.1)
        assert 0.5 < linear < 0.7


def test_layers_as_classes_shows_why_the_mistake_went_unseen(run: Runner) -> None:
    page = run("layers_as_classes")
    net = page["CarelessNet"]()
    assert net.b1.shape == (3,)
    assert not hasattr(net, "b2")
    assert page["careless"] is not page["another"]
    assert (page["careless"] == page["another"]).all()
    assert (page["careless"] == page["s"]).all()
    assert not np.allclose(page["own"], page["other"])
    assert not np.allclose(page["own"], page["s"])


def test_loss_reproduces_the_slips_of_the_notes(run: Runner) -> None:
    page = run("loss")
    assert_printed(page["wrong"], SOFTMAX_WITH_THE_SLIPS)
    assert page["loss_of_the_notes"] == pytest.approx(LOSS, rel=1e-8)
    assert 0.01 < float(page["wrong"][0].sum()) < 0.015


def test_loss_mends_them(run: Runner) -> None:
    page = run("loss")
    y, s = page["y"], page["s"]
    np.testing.assert_allclose(y.sum(axis=1), 1)
    np.testing.assert_allclose(y, np.exp(s) / np.exp(s).sum(axis=1)[:, None])
    assert (s.argmax(axis=1) == 0).all(), "it happens to say 0 ten times"
    np.testing.assert_allclose(page["loss"], -np.log(y[:, 0]).mean())
    np.testing.assert_allclose(page["large_loss"], -np.log(y[:, 2]).mean())
    np.testing.assert_allclose(page["loss"], -(page["t"] * np.log(y)).sum() / 10)
    assert float(page["loss"]) < numpy.log(3) < float(page["large_loss"]), "it lies between"
    assert page["t"].tolist() == [[1, 0, 0]] * 10
    assert f"with one-hot targets: {float(page['loss']):.4f}" in page.printed
    refused = "of such targets: nan" if config.GPU else "must be a distribution"
    assert refused in page.printed
    assert "1/3 to each class: 1.0986" in page.printed


def test_loss_is_safe_only_with_the_maximum_taken_away(run: Runner) -> None:
    page = run("loss")
    assert not np.isfinite(page["literal"][0]).any()
    assert page["stable"][0].tolist() == [0, -1000, -1000]
    np.testing.assert_allclose(page["literal"][1], page["stable"][1])
    np.testing.assert_allclose(page["shifted"].max(axis=1), 0)
    assert "probabilities, then log: inf" in page.printed
    assert "16.1181" in page.printed
    assert "SoftmaxWithLoss:         1000.0" in page.printed


def test_gradient_measures_from_one_side_and_from_two(run: Runner) -> None:
    page = run("gradient")
    assert float(page["slope"]) == pytest.approx(6)
    errors = {
        h: (float(page["one_side"](h)), float(page["two_sides"](h)))
        for h in (0.1, 0.01, 0.001, 0.00001)
    }
    for one, next_one in ((0.1, 0.01), (0.01, 0.001)):
        ratios = [big / small for big, small in zip(errors[one], errors[next_one], strict=True)]
        assert ratios == pytest.approx([10, 100], rel=0.05)
    for h in (0.01, 0.001):
        assert errors[h] == pytest.approx((h / 2 * numpy.e, h**2 / 6 * numpy.e), rel=0.05)
    assert 1e-6 < errors[1e-5][0] / numpy.e < 1e-5, "five digits"
    assert errors[1e-5][1] / numpy.e < 2e-10, "ten digits, give or take one"


def test_gradient_draws_both_errors(run: Runner) -> None:
    lines = run("gradient").lines("ch01_step_size")
    steps, one = lines["a step to one side"]
    _, two = lines["a step to each side"]
    straight = (steps > 1e-3) & (steps < 1e-1)
    for errors, steepness in ((one, 1), (two, 2)):
        slope, _ = numpy.polyfit(numpy.log(steps[straight]), numpy.log(errors[straight]), 1)
        assert slope == pytest.approx(steepness, rel=0.02)
    assert 1e-7 < steps[two.argmin()] < 1e-4
    assert steps[one.argmin()] < steps[two.argmin()]


def test_gradient_descends(run: Runner) -> None:
    page = run("gradient")
    np.testing.assert_allclose(page["gradient"], [[2, 4, 6], [8, 10, 12]], rtol=1e-8)
    np.testing.assert_allclose(page["W"], 0.8**4 * np.arange(1, 7).reshape(2, 3), rtol=1e-8)


def test_chain_rule(run: Runner) -> None:
    page = run("chain_rule")
    assert (page["y"], page["z"]) == (25, 75)
    assert float(page["L"]) == pytest.approx(float(page["out"].sum()))
    assert page["dz_dx"] == page["measured"].round(6) == 3 * 2 * 5
    np.testing.assert_allclose(page["dx"], page["measured_dx"], rtol=1e-8)
    y = sigmoid(np.matmul(page["x"], page["W"]) + page["b"])
    np.testing.assert_allclose(page["db"], (y * (1 - y))[0])
    np.testing.assert_allclose(page["dW"], page["x"].T * page["db"])


def test_computation_graph(run: Runner) -> None:
    page = run("computation_graph")
    assert (page["x"].tolist(), page["da"]) == ([[1, 2], [3, 4], [5, 6]], 6)
    assert "dL/dx = 4, dL/dy = 4, dL/dw = 5" in page.printed
    assert "L moves by 0.04 when x moves by 0.01" in page.printed
    assert page["drow"].tolist() == [7] * 8, "repeated seven times, it adds up seven"
    assert page["drepeated"].tolist() == [[1] * 8] * 7
    assert page["summed"].tolist() == [7 * i for i in range(8)]
    np.testing.assert_allclose(page["dW"], page["measured_dW"], rtol=1e-8)
    np.testing.assert_allclose(page["dx"], page["measured_dx"], rtol=1e-8)
    assert (page["dx"].shape, page["dW"].shape) == ((3, 2), (2, 4))
    assert "as measured: True True" in page.printed


def test_computation_graph_follows_one_neuron(run: Runner) -> None:
    page = run("computation_graph")
    measured = {}
    for name in ("x1", "x2", "w1", "w2", "b", "t"):
        at = {key: page[key] for key in ("x1", "x2", "w1", "w2", "b", "t")}
        slopes = [neuron_loss(**{**at, name: at[name] + h}) for h in (1e-6, -1e-6)]
        measured[name] = (slopes[0] - slopes[1]) / 2e-6
    for name, slope in measured.items():
        assert page[f"d{name}"] == pytest.approx(slope, rel=1e-6), name
    assert page["L"] == neuron_loss(*(page[name] for name in ("x1", "x2", "w1", "w2", "b", "t")))
    texts = page.texts("ch01_graph_neuron")
    for name, slope in measured.items():
        assert texts.count(f"{slope:.4g}") >= 1, f"dL/d{name} is in the picture"


def neuron_loss(x1: float, x2: float, w1: float, w2: float, b: float, t: float) -> float:
    y = 1 / (1 + numpy.exp(-(x1 * w1 + x2 * w2 + b)))
    return float((y - t) ** 2)


def test_backpropagation_derives_what_is_measured(run: Runner) -> None:
    page = run("backpropagation")
    np.testing.assert_allclose(page["dy_dx"], page["measured_dy_dx"], rtol=1e-8)
    assert float(page["dy_dx"].max()) == 0.25
    assert float(page["dy_dx"][0]) < 0.02
    np.testing.assert_allclose(page["by_formula"], page["measured_ds"], rtol=1e-6, atol=1e-9)
    assert page["t"].sum(axis=1).tolist() == [1] * 10


def test_backpropagation_by_hand_is_what_the_layers_do(run: Runner) -> None:
    page = run("backpropagation", "--steps", "1")  # before the network has learned
    for by_hand, grad in zip((page[f"d{name}"] for name in NAMES), page["grads"], strict=True):
        np.testing.assert_allclose(by_hand, grad, rtol=1e-9, atol=1e-15)
    assert page.printed.count("[True, True, True, True]") == 2


NAMES = ("W1", "b1", "W2", "b2")


def test_backpropagation_learns_all_but_one_by_heart(run: Runner) -> None:
    page = run("backpropagation")
    losses, right = page["losses"], to_cpu(page["right"])
    assert losses[0] > 1
    assert losses[-1] < 0.2
    assert numpy.flatnonzero(to_cpu(page["answers"]) != right).tolist() == [2], "the third"
    assert right[[2, 7]].tolist() == [2, 1]
    assert (to_cpu(run("backpropagation", "--steps", "3000")["answers"]) == right).all()
    distances = numpy.linalg.norm(to_cpu(page["x"]) - to_cpu(page["x"])[2], axis=1)
    assert distances.argsort()[1] == 7, "the eighth is the nearest to the third"


def test_backpropagation_takes_the_step_of_sgd(run: Runner) -> None:
    page = run("backpropagation", "--steps", "1")
    start: tuple[Array, ...] = study_notes.network()[1:]
    for name, before, after in zip(NAMES, start, page["params"], strict=True):
        np.testing.assert_allclose(after, before - page[f"d{name}"], rtol=1e-9)
