"""The spiral, the digits, and a layer of one's own: what the scripts reach."""

import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from ch01.two_layer_net import TwoLayerNet
from common import config
from common.errors import ShapeError
from common.util import to_cpu
from dataset import digits, hold_out, spiral
from tests.chapters import ROOT, Run, pages_without_test, shortened


def figures(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.png"))


def test_show_spiral(run: Run, tmp_path: Path) -> None:
    names = run("show_spiral")
    assert names["x"].shape == (300, 2)
    assert figures(tmp_path) == ["ch01_spiral"]


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_train_learns_the_spiral(run: Run, tmp_path: Path, seed: str) -> None:
    names = run("train", "--seed", seed)
    assert names["loss"] < 0.15
    assert names["accuracy"] > 0.95
    assert figures(tmp_path) == ["ch01_train_boundary", "ch01_train_loss"]


def test_train_ends_with_the_loss_and_the_accuracy(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    names = run("train", "--steps", "20")
    *_, loss, accuracy = capsys.readouterr().out.splitlines()
    assert loss == f"loss     {names['loss']:.4f}"
    assert accuracy == f"accuracy {names['accuracy']:.4f}"


def test_the_loop_by_hand_learns_the_same(run: Run, tmp_path: Path) -> None:
    names = run("train_custom_loop")
    assert names["losses"][-1] < 0.15
    assert names["right"] > 0.95
    assert len(figures(tmp_path)) == 2


def test_train_digits_reads_97_percent(run: Run, device: str, tmp_path: Path) -> None:
    names = run("train_digits", *shortened(device, 900))
    assert names["accuracy"] >= 0.97
    assert len(names["misread"]) == round((1 - names["accuracy"]) * 359)
    assert figures(tmp_path) == ["ch01_digits_loss", "ch01_digits_misread"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_train_digits_is_level_with_scikit_learn(run: Run) -> None:
    neural_network = pytest.importorskip("sklearn.neural_network")
    ours, theirs = [], []
    for seed in range(10):
        ours.append(run("train_digits", "--seed", str(seed))["accuracy"])
        with config.use_gpu(False):
            train, test = hold_out(*digits.load_data(), seed=seed)
        peer = neural_network.MLPClassifier((256,), batch_size=32, max_iter=100, random_state=seed)
        theirs.append(peer.fit(*train).score(*test))
    assert min(ours) >= 0.97
    assert numpy.mean(ours) > numpy.mean(theirs) - 0.005


def test_write_your_own_layer(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("write_your_own_layer")
    assert names["accuracy"] > 0.97
    assert "HastySwish(): the gradient of input 0 at (0, 0) should be" in capsys.readouterr().out
    numpy.testing.assert_allclose(to_cpu(names["center"].state[0]), [1, 2, 3, 4], atol=0.1)
    running = names["model"][0].state[0]
    assert bool((running != 0).any()), "the Trainer's calls on tensors have moved it"


def test_two_layer_net_names_the_layer_that_a_wrong_input_meets() -> None:
    x, t = spiral.load_data()
    net = TwoLayerNet(3, 10, 3, seed=0)
    with pytest.raises(ShapeError, match=r"Linear: x must have shape \(N, 3\).* got \(300, 2\)"):
        net.forward(x, t)


@pytest.mark.cpu
@pytest.mark.parametrize("folder", [".", "ch01"], ids=["root", "own folder"])
@pytest.mark.parametrize("way", ["module", "path"])
def test_a_script_starts_from_both_folders_in_both_ways(folder: str, way: str) -> None:
    inside = folder == "ch01"
    start = {
        "module": ["-m", "train" if inside else "ch01.train"],
        "path": ["train.py" if inside else "ch01/train.py"],
    }[way]
    no_display = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "MPLBACKEND")}
    done = subprocess.run(
        [sys.executable, "-W", "error", *start],  # all steps: the figures stay as they should be
        cwd=ROOT / folder,
        env=no_display,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"figure: {ROOT / folder / 'figures' / 'ch01_train_loss.png'}" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("accuracy ")


@pytest.mark.cpu
def test_every_script_has_a_test() -> None:
    assert pages_without_test("ch01", Path(__file__).parent) == []
