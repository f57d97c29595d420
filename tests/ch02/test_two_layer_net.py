"""The older edition: the four ways give one run, and the custom ReLU is really used."""

import numpy
import pytest

from common.autograd.tape import calls_behind
from common.np import np
from tests.chapters import Runner

PAGES = [
    "two_layer_net_numpy",
    "two_layer_net_tensor",
    "two_layer_net_autograd",
    "two_layer_net_custom_function",
]
# What the documents print of runs with other random numbers: the first losses and the last.
FIRST = [30262256.916362323, 30005880.0, 29360216.0]
LAST = 7.083815580699593e-05


@pytest.mark.real
@pytest.mark.parametrize("page", PAGES)
def test_a_page_learns_its_640_numbers_by_heart(run: Runner, page: str) -> None:
    ran = run(page)
    losses = ran["losses"]
    assert min(FIRST) / 2 < losses[0] < 2 * max(FIRST)
    assert losses[-1] < LAST
    assert list(ran.losses()) == list(range(24, 500, 25))
    assert list(ran.losses().values()) == losses[24::25]
    assert (ran["N"] * ran["D_out"], ran["D_in"] * ran["H"] + ran["H"] * ran["D_out"]) == (
        640,
        101000,
    )


@pytest.mark.real
def test_one_seed_gives_one_run_on_all_four_pages(run: Runner) -> None:
    runs = [run(page)["losses"] for page in PAGES]
    for other in runs[1:]:
        numpy.testing.assert_allclose(other[:100], runs[0][:100], rtol=1e-4)


@pytest.mark.real
def test_two_layer_net_numpy_runs_out_of_digits_in_its_weights(run: Runner) -> None:
    page = run("two_layer_net_numpy")
    losses, short, long_weights = page["losses"], page["short"], page["long_weights"]
    early = [122526.1118760919, 10881.80849364985, 1693.7599042313302, 328.77913362377296]
    numpy.testing.assert_allclose(losses[24:100:25], early, rtol=1e-8)
    assert numpy.log10(losses[0] / losses[-1]) > 13, "more than thirteen powers of ten"
    shares = 1 - numpy.array(losses[101:]) / losses[100:-1]
    assert 0.04 < shares.min() < shares.max() < 0.065, "some 5%, from step 100 on"
    assert page["taken_away"](losses) == pytest.approx(0.046, abs=0.004)
    assert page["taken_away"](short) == pytest.approx(0.015, abs=0.004)
    assert page["taken_away"](long_weights) > 0.035, "straight again"
    assert losses[-1] < long_weights[-1] < 3 * losses[-1] < short[-1] / 20
    drawn = page.lines("ch02_two_layer_net_numpy")
    assert drawn["float64"][1].tolist() == losses
    assert drawn["float32"][1].tolist() == short
    assert drawn["float32, weights in float64"][1].tolist() == long_weights


def test_the_hidden_sums_of_two_layer_net_tensor_start_too_large(run: Runner) -> None:
    """As two_layer_net_numpy says, which has the same numbers."""
    page = run("two_layer_net_tensor", "--steps", "1")
    assert float(np.std(page["h"])) == pytest.approx(1000**0.5, rel=0.03)


def test_two_layer_net_numpy_draws_what_goes_forward_and_back(run: Runner) -> None:
    texts = run("two_layer_net_numpy", "--steps", "1").texts("ch02_two_layer_net_graph")
    shapes = [text for text in texts if text.startswith("(")]
    assert shapes == [
        "(64, 1000)", "(1000, 100)", "(1000, 100)", "(64, 100)", "(64, 100)",  # x, w1, h
        "(64, 100)", "(64, 100)", "(100, 10)", "(100, 10)",  # h_relu, w2
        "(64, 10)", "(64, 10)", "(64, 10)", "(64, 10)", "(64, 10)",  # y_pred, y, the difference
    ]  # fmt: skip


@pytest.mark.real
def test_two_layer_net_tensor_agrees_with_itself(run: Runner) -> None:
    page = run("two_layer_net_tensor")
    raw, losses = numpy.array(page["raw_losses"]), numpy.array(page["losses"])
    assert page["raw_losses"] is not page["losses"]
    numpy.testing.assert_array_equal(page["apart"], abs(raw / losses - 1))
    assert page["apart"][:100].max() < 1e-4
    assert page["apart"].max() < 0.1
    assert "X, of shape (64, 1000)" in page.printed
    assert "Y, of shape (64, 10)" in page.printed


@pytest.mark.real
def test_two_layer_net_autograd_parts_late_since_clamp_is_1_at_0(run: Runner) -> None:
    by_clamp = numpy.array(run("two_layer_net_autograd")["losses"])
    by_relu = numpy.array(run("two_layer_net_custom_function")["losses"])
    differ = abs(by_clamp / by_relu - 1)
    assert differ[:100].max() < 1e-5
    assert 1e-6 < differ[300:].max() < 0.1


def test_two_layer_net_autograd_computes_no_gradient_of_the_data(run: Runner) -> None:
    page = run("two_layer_net_autograd", "--steps", "1")
    assert page["x"].grad is None
    assert page["w1"].grad is page["w2"].grad is None, "the gradients are cleared"


def test_two_layer_net_custom_function_uses_its_relu(run: Runner) -> None:
    page = run("two_layer_net_custom_function", "--steps", "1")
    called = [call.of for call, _ in calls_behind(page["loss"])]
    assert any(isinstance(layer, page["MyReLU"]) for layer in called), "in the loop"
    np.testing.assert_array_equal(page["dw1_doubled"], 2 * page["dw1"])
    np.testing.assert_array_equal(page["dw2_doubled"], page["dw2"])
    assert "dL/dw1 becomes 2.0000 times as large, dL/dw2 1.0000 times" in page.printed
