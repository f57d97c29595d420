"""Fitting the sine: each script, and where it must arrive."""

from pathlib import Path

import numpy
import pytest

from common import config
from common.util import to_cpu
from dataset import sine
from tests.chapters import Run, pages_without_test, shortened

# The losses that the document prints for Legendre's polynomial, at 99, 199, ... 1999.
DOCUMENT_LEGENDRE = [
    209.95834350585938, 144.66018676757812, 100.70249938964844, 71.03519439697266,
    50.97850799560547, 37.403133392333984, 28.206867218017578, 21.973188400268555,
    17.7457275390625, 14.877889633178711, 12.931766510009766, 11.610918045043945,
    10.714258193969727, 10.10548210144043, 9.692106246948242, 9.411375999450684,
    9.220745086669922, 9.091285705566406, 9.003361701965332, 8.943639755249023,
]  # fmt: skip
EVERY_100 = [str(t) for t in range(99, 2000, 100)]

BY_HAND_AND_ON_TAPE = [
    "polynomial_numpy",
    "polynomial_tensor",
    "polynomial_autograd",
    "polynomial_module",
]
ALL = [*BY_HAND_AND_ON_TAPE, "polynomial_nn", "polynomial_optim"]


def printed_losses(out: str) -> dict[str, float]:
    rows = [line.split() for line in out.splitlines() if line[:1].isdigit()]
    return {t: float(loss) for t, loss in rows}


@pytest.mark.parametrize("page", ALL)
def test_a_page_prints_its_losses_in_the_rhythm_of_the_document(
    run: Run, page: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(page)
    out = capsys.readouterr().out
    losses = printed_losses(out)
    assert list(losses) == EVERY_100
    assert losses["99"] > losses["1999"]
    assert 8.817 < losses["1999"] < 9.5
    assert "Result: y = " in out
    assert (tmp_path / f"ch02_{page}.png").stat().st_size > 0


def test_one_seed_gives_one_run_by_hand_and_on_the_tape(
    run: Run, device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = []
    for page in BY_HAND_AND_ON_TAPE:
        run(page, "--seed", "3", *shortened(device, 500))
        runs.append(list(printed_losses(capsys.readouterr().out).values()))
    for other in runs[1:]:
        numpy.testing.assert_allclose(other, runs[0], rtol=1e-4)


def test_legendre_prints_what_the_document_prints(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    names = run("polynomial_custom_function")
    losses = printed_losses(capsys.readouterr().out)
    assert list(losses) == EVERY_100
    numpy.testing.assert_allclose(list(losses.values()), DOCUMENT_LEGENDRE, rtol=1e-4)
    assert names["b"].item() == pytest.approx(-2.208527, abs=1e-4)
    assert names["d"].item() == pytest.approx(0.255486, abs=1e-4)
    assert names["a"].item() == pytest.approx(0, abs=1e-6)
    assert names["c"].item() == pytest.approx(0, abs=1e-6)
    assert (tmp_path / "ch02_polynomial_custom_function.png").exists()


def test_run_on_the_fit_is_the_least_squares_cubic(
    run: Run, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "dtype", "float64")
    x, y = map(to_cpu, sine.load_data())
    powers = numpy.stack([numpy.ones_like(x), x, x**2, x**3], axis=1)
    best, (least,), *_ = numpy.linalg.lstsq(powers, y)
    numpy.testing.assert_allclose([least, *best], [8.81717, 0, 0.856741, 0, -0.0933304], atol=1e-5)

    names = run("polynomial_autograd", "--steps", "15000", *shortened(device, 5000))
    assert names["loss"].item() == pytest.approx(8.81717, rel=1e-4)
    fitted = [names[name].item() for name in "abcd"]
    numpy.testing.assert_allclose(fitted, [0, 0.856741, 0, -0.0933304], atol=1e-4)


def test_dynamic_net_rolls_its_dice_and_comes_near(
    run: Run, device: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    steps, near = (8000, 60) if device == "simulated" else (30000, 10)
    names = run("dynamic_net", *shortened(device, steps))
    lines = [line for line in capsys.readouterr().out.splitlines() if line[0].isdigit()]
    assert [line.split()[0] for line in lines] == [str(t) for t in range(1999, steps, 2000)]
    assert all("made by MSELoss" in line for line in lines)
    assert names["loss"].item() < near
    assert abs(names["model"].e.item()) < 1e-3
    assert len(list(tmp_path.glob("ch02_dynamic_net*.png"))) == 2


@pytest.mark.cpu
def test_every_script_has_a_test() -> None:
    assert pages_without_test("ch02", Path(__file__).parent) == []
