"""Fitting the sine: each page, and where it must arrive."""

import random
import re
from typing import Any

import numpy
import pytest

from common import config
from common.autograd.tape import calls_behind
from common.gradient_check import check_gradients
from common.layers import Layer
from common.np import Array, np
from common.util import to_cpu
from dataset import sine
from tests.chapters import Runner

# The losses that the document prints for Legendre's polynomial, at 99, 199, ... 1999.
DOCUMENT_LEGENDRE = [
    209.95834350585938, 144.66018676757812, 100.70249938964844, 71.03519439697266,
    50.97850799560547, 37.403133392333984, 28.206867218017578, 21.973188400268555,
    17.7457275390625, 14.877889633178711, 12.931766510009766, 11.610918045043945,
    10.714258193969727, 10.10548210144043, 9.692106246948242, 9.411375999450684,
    9.220745086669922, 9.091285705566406, 9.003361701965332, 8.943639755249023,
]  # fmt: skip
# And for the dynamic net, at 1999, 3999, ... 29999, from another start and with other dice.
DOCUMENT_DYNAMIC = [
    829.7263, 407.3547, 194.6680, 92.6954, 48.3777, 27.8341, 17.9325, 13.1424,
    44.0211, 9.8035, 9.2782, 9.4929, 8.7682, 8.8916, 8.9219,
]  # fmt: skip
EVERY_100 = list(range(99, 2000, 100))

BY_HAND_AND_ON_TAPE = [
    "polynomial_numpy",
    "polynomial_tensor",
    "polynomial_autograd",
    "polynomial_module",
]
ALL = [*BY_HAND_AND_ON_TAPE, "polynomial_nn", "polynomial_optim"]


@pytest.mark.real
@pytest.mark.parametrize("page", ALL)
def test_a_page_prints_its_losses_in_the_rhythm_of_the_document(run: Runner, page: str) -> None:
    ran = run(page)
    losses = ran.losses()
    assert list(losses) == EVERY_100
    assert losses[99] > losses[1999]
    assert 8.817 < losses[1999] < 9.5
    assert "Result: y = " in ran.printed
    drawn = ran.lines(f"ch02_{page}")
    (x, sine), (_, polynomial) = drawn["sin(x)"], drawn["polynomial"]
    numpy.testing.assert_allclose(sine, numpy.sin(x), atol=1e-6)
    assert ((polynomial - sine) ** 2).sum() == pytest.approx(losses[1999], rel=1e-3)


@pytest.mark.real
def test_one_seed_gives_one_run_by_hand_and_on_the_tape(run: Runner) -> None:
    runs = [list(run(page).losses().values()) for page in BY_HAND_AND_ON_TAPE]
    for other in runs[1:]:
        numpy.testing.assert_allclose(other, runs[0], rtol=1e-4)


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_polynomial_numpy_has_large_gradients_at_the_start(run: Runner, seed: str) -> None:
    page = run("polynomial_numpy", "--steps", "1", "--seed", seed)
    assert max(map(abs, page["grads"])) > 10_000
    assert page["x"].dtype == page["y"].dtype == "float64"
    x = to_cpu(sine.load_data()[0])
    assert 31 < float(x.max()) ** 3 < 31.1


@pytest.mark.real
def test_polynomial_numpy_comes_close_to_the_best_cubic(run: Runner) -> None:
    page, (x, y) = run("polynomial_numpy"), (to_cpu(a) for a in sine.load_data())
    best, (least,), *_ = numpy.linalg.lstsq(numpy.vander(x.astype("float64"), 4), y)
    assert (best[2], best[0], least) == pytest.approx((0.8567, -0.0933, 8.817), abs=3e-4)
    assert abs(numpy.array([float(page[name]) for name in "ac"])).max() < 1e-3
    assert (float(page["b"]), float(page["d"])) == pytest.approx((0.8567, -0.0933), abs=0.02)
    series = x - x**3 / 6
    assert abs(series - y)[abs(x) < 0.5].max() < 3e-4, "the series is the better one at 0"
    assert ((series - y) ** 2).sum() > 90 * least, "and the worse one on average"


@pytest.mark.parametrize("page", ["polynomial_tensor", "polynomial_autograd"])
def test_a_page_computes_in_the_dtype_of_config(run: Runner, page: str) -> None:
    ran = run(page, "--steps", "1")
    assert all(ran[name].dtype == "float32" for name in "xyabcd")
    assert all(ran[name].shape == () for name in "abcd")


def test_polynomial_autograd_records_nothing_of_data_alone(run: Runner) -> None:
    page = run("polynomial_autograd", "--steps", "1")
    assert page["x2"].call is page["x3"].call is None
    assert isinstance(page["loss"].item(), float)
    with pytest.raises(ValueError, match="item"):
        page["y_pred"].item()
    texts = page.texts("ch02_polynomial_autograd_graph")
    assert {"a", "b", "c", "d", "x", "x²", "x³", "y"} <= set(texts)


@pytest.mark.real
def test_polynomial_custom_function_prints_what_the_document_prints(run: Runner) -> None:
    page = run("polynomial_custom_function")
    losses = page.losses()
    assert list(losses) == EVERY_100
    numpy.testing.assert_allclose(list(losses.values()), DOCUMENT_LEGENDRE, rtol=5e-6)
    apart = abs(numpy.array([*losses.values()]) / DOCUMENT_LEGENDRE - 1)
    assert sum(apart < 5e-7) > 10, "mostly six"
    assert page["b"].item() == pytest.approx(-2.208526849746704, abs=1e-5)
    assert page["d"].item() == pytest.approx(0.2554861009120941, abs=1e-5)
    assert page["a"].item() == pytest.approx(0, abs=1e-6)
    assert page["c"].item() == pytest.approx(0, abs=1e-6)


def test_polynomial_custom_function_checks_at_points_that_tell(run: Runner) -> None:
    page = run("polynomial_custom_function", "--steps", "1")
    LegendreP3: Any = page["LegendreP3"]
    called = [call.of for call, _ in calls_behind(page["loss"])]
    assert any(isinstance(layer, LegendreP3) for layer in called), "the loop uses it"
    (error,) = re.findall(r"largest relative error (\S+)", page.printed)
    assert 0 < float(error) < 1e-6

    class AlwaysSix(LegendreP3):  # type: ignore[misc]
        def backward(self, dout: Array) -> Array:
            return dout * 6

    wrong: Layer = AlwaysSix()
    check_gradients(wrong, np.ones((2, 3)))  # passes, as the page says
    with pytest.raises(AssertionError, match="AlwaysSix"):
        check_gradients(wrong, page["points"])


def test_polynomial_nn_broadcasts_its_powers(run: Runner) -> None:
    page = run("polynomial_nn", "--steps", "1")
    x, xx = page["x"], page["xx"].data
    assert (page["p"].shape, xx.shape, xx.dtype) == ((3,), (2000, 3), "float32")
    np.testing.assert_allclose(xx, np.stack([x, x**2, x**3], axis=1), rtol=1e-6)
    with pytest.raises(ValueError, match="MSELoss"):
        page["loss_fn"](page["model"][0](page["xx"]), page["y"])  # without the Flatten


def test_polynomial_optim_says_how_the_loss_is_bent(run: Runner) -> None:
    page = run("polynomial_optim", "--steps", "1")
    assert page["along_d"] == pytest.approx(137.75, abs=0.005)
    assert page["condition"] == pytest.approx(325, abs=0.5)
    assert page["flattest"].tolist() == [1, 0, -0.17, 0]


@pytest.mark.real
def test_polynomial_optim_takes_steps_of_its_own_length(run: Runner) -> None:
    page = run("polynomial_optim")
    moves, losses, plain = page["moves"], numpy.array(page["losses"]), numpy.array(page["plain"])
    numpy.testing.assert_allclose(moves[0], 10, rtol=1e-3)
    assert 0.5 < moves[50:150].min() < moves[50:150].max() < 2, "about lr"
    assert (moves[600:1200].max(axis=0) < 0.6).all(), "shorter than lr"
    assert moves[-600:].max() > 2, "a peak"
    assert 8.817 < losses[-200:].min() < losses[-200:].max() < 10.5
    drawn = page.lines("ch02_polynomial_optim_steps")
    for i, name in enumerate("abcd"):
        numpy.testing.assert_array_equal(drawn[name][1], moves[::10, i])
    assert (plain[1:1100] < losses[1:1100]).all(), "plain descent leads"
    assert page["ahead"] == numpy.flatnonzero(losses[1:] < plain[1:])[0] + 1
    assert 1100 < page["ahead"] < 1300
    assert plain[50] < plain[0] / 100, "it falls in a few dozen steps"
    drawn = page.lines("ch02_polynomial_optim_losses")
    assert [list(y) for _, y in drawn.values()] == [page["losses"], page["plain"]]


@pytest.mark.real
def test_polynomial_four_ways_part_by_the_rounding_of_the_coefficients(run: Runner) -> None:
    page = run("polynomial_four_ways")
    runs, apart = page["runs"], page["apart"]
    for name in ("float32", "autograd", "layers", "short coefficients"):
        assert 2e-6 < apart[name].max() < 2e-5, "in the sixth digit"
    for name in ("autograd", "layers", "short coefficients"):
        beside = abs(numpy.array(runs[name]) / numpy.array(runs["float32"]) - 1).max()
        assert beside < apart["float32"].max() / 3, "several times less"
    assert apart["long coefficients"].max() < apart["float32"].max() / 5
    assert runs["layers"] != runs["autograd"]
    assert all(loss != float(numpy.float32(loss)) for loss in runs["short coefficients"][100:])
    for name in ("float32", "autograd", "layers", "long coefficients"):
        assert all(loss == float(numpy.float32(loss)) for loss in runs[name]), name
    for name in runs:
        beside = abs(numpy.array(runs[name]) / numpy.array(runs["float32"]) - 1).max()
        line = f"farthest from float64: {apart[name].max():.1e}, from float32: {beside:.1e}"
        assert f"{name:18} {line}" in page.printed
    drawn = page.lines("ch02_polynomial_four_ways")
    for label, name in (
        ("float32", "float32"),
        ("float64, coefficients in float32", "short coefficients"),
        ("float32, coefficients in float64", "long coefficients"),
    ):
        numpy.testing.assert_array_equal(drawn[label][1], apart[name])


def test_run_on_the_fit_is_the_least_squares_cubic(
    run: Runner, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "dtype", "float64")
    steps = "5000" if device == "simulated" else "15000"
    page = run("polynomial_autograd", "--steps", steps)
    assert page["loss"].item() == pytest.approx(8.81717, rel=1e-4)
    fitted = [page[name].item() for name in "abcd"]
    numpy.testing.assert_allclose(fitted, [0, 0.856741, 0, -0.0933304], atol=1e-4)


@pytest.mark.real
def test_dynamic_net_rolls_its_dice_and_comes_near(run: Runner) -> None:
    page = run("dynamic_net")
    lines = [line for line in page.printed.splitlines() if line[0].isdigit()]
    printed = {
        int(t): float(loss) for t, loss in re.findall(r"(\d+) Tensor\((.*), made", "\n".join(lines))
    }
    assert list(printed) == list(range(1999, 30000, 2000))
    assert list(printed.values()) == pytest.approx(page["losses"][19::20], rel=1e-4)
    for loss, theirs in zip(printed.values(), DOCUMENT_DYNAMIC, strict=True):
        assert theirs / 5 < loss < 1.1 * theirs
    assert page["loss"].item() == page["losses"][-1] < 10
    fitted = [float(page["model"].params[i]) for i in range(5)]
    numpy.testing.assert_allclose(fitted, [0, 0.855, 0, -0.0935, 0], atol=1.5e-3)
    assert len(page.figures) == 2


@pytest.mark.real
def test_dynamic_net_jumps_now_and_then(run: Runner) -> None:
    late = run("dynamic_net", "--seed", "3")["losses"][200:]
    assert max(late) > 40
    assert sorted(late)[len(late) // 2] < 15
    assert DOCUMENT_DYNAMIC[7:10] == pytest.approx([13.1, 44.0, 9.8], abs=0.05)


def test_dynamic_net_rolls_the_dice_of_its_seed(run: Runner) -> None:
    dice, page = random.Random(1), run("dynamic_net", "--seed", "1", "--steps", "1")
    dice.randint(4, 6)
    assert page["dice"].getstate() == dice.getstate()


@pytest.mark.off_cpu
@pytest.mark.parametrize("page", ["polynomial_tensor", "two_layer_net_tensor"])
def test_a_page_says_that_it_is_on_the_gpu(run: Runner, page: str) -> None:
    assert "on the GPU with float32" in run(page, "--steps", "20").printed


@pytest.mark.cpu
@pytest.mark.parametrize("page", [*ALL[:-1], "dynamic_net"])
def test_a_page_takes_as_many_steps_as_it_is_told(run: Runner, page: str) -> None:
    assert run(page, "--steps", "20")["t"] == 19


def test_dynamic_net_uses_e_not_at_all_once_or_twice(run: Runner) -> None:
    page = run("dynamic_net", "--steps", "1")
    assert float(page["x"].max()) ** 5 == pytest.approx(306, abs=0.1)
    model = page["DynamicNet"]()
    for param, value in zip(model.params, (0, 0, 0, 0, 1), strict=True):
        param[...] = value
    seen = set()
    for _ in range(40):
        model.zero_grads()
        y = model(np.array([2.0])).sum()
        y.backward()
        seen.add((y.item(), float(model.grads[4])))
    assert seen == {(0, 0), (16, 16), (48, 48)}, "none, 2⁴, or 2⁴ + 2⁵"


@pytest.mark.real
def test_dynamic_net_has_a_hundredth_of_the_learning_rate_and_momentum(run: Runner) -> None:
    page, before = run("dynamic_net"), run("polynomial_module", "--steps", "1")
    optimizer = page["optimizer"]
    assert before["optimizer"].lr / optimizer.lr == pytest.approx(100)
    assert 1 / (1 - optimizer.momentum) == pytest.approx(10)
    assert page["options"].steps == 30000
