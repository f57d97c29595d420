"""The spiral, the digits, and a layer of one's own: what the scripts reach."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest

from ch01.two_layer_net import TwoLayerNet
from common import config
from common.errors import ShapeError
from common.layers import Linear, ReLU, Sequential
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


def test_keep_what_was_learned(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("keep_what_was_learned")
    said = capsys.readouterr().out
    assert names["before"] < 0.6
    assert names["after"] > 0.95
    assert "the same scores: True\n" in said
    assert "layers.2.W: float32 (30, 4) in the model, nothing in the file\n" in said
    assert names["interrupted"].step == 501, "the step after 50 epochs came to its end"
    assert "501 steps of 1000\n" in said
    assert "goes on after step 501\n" in said
    assert "1000 steps of 1000\n" in said
    assert "the same weights: True - the same losses: True\n" in said
    assert said.endswith("['run.previous.safetensors', 'run.safetensors', 'spiral.safetensors']\n")
    assert not Path(names["folder"].name).exists()


@pytest.mark.torch
@pytest.mark.cpu
def test_the_page_gives_weights_to_pytorch_and_takes_them_back(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    page = (ROOT / "ch01" / "keep_what_was_learned.py").read_text()
    block = re.search(r"# +from safetensors\.torch.*?\n#\n# Interrupt", page, re.DOTALL)
    assert block is not None
    code = re.sub(r"^#( {5})?", "", block[0].rpartition("\n#\n")[0], flags=re.MULTILINE)
    rng = numpy.random.default_rng(0)
    model = Sequential(Linear(2, 30, rng), ReLU(), Linear(30, 3, rng))
    x, before = rng.normal(size=(5, 2)).astype("float32"), [p.copy() for p in model.params]
    back = code.index("arrays = {}")
    names = {"torch": torch, "model": model, "path": tmp_path / "net"}
    exec("from common.checkpoint import load, save\n" + code[:back], names)
    peer: Any = names["peer"]
    y = peer(torch.tensor(x)).detach().numpy()
    numpy.testing.assert_allclose(y, model.forward(x), rtol=1e-4, atol=1e-6)
    for parameter in peer.parameters():
        parameter.data += 1
    exec(code[back:], names)
    for now, then in zip(model.params, before, strict=True):
        numpy.testing.assert_array_equal(now, then + 1)


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
