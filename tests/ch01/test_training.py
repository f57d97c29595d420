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
from common import config, players
from common.errors import ShapeError
from common.layers import Linear, ReLU, Sequential
from common.np import np
from common.optimizer import SGD, Adam
from common.trainer import Trainer
from common.util import to_cpu
from dataset import digits, hold_out, spiral
from docs.pages import ROOT
from tests.chapters import Runner

SEEDS = [pytest.param([], id="seed 0"), pytest.param(["--seed", "1"], id="seed 1")]


def test_show_spiral(run: Runner) -> None:
    page = run("show_spiral")
    assert (page["x"].shape, page["t"].shape) == ((300, 2), (300, 3))
    assert page["t"].sum(axis=0).tolist() == [100] * 3
    assert list(page.figures) == ["ch01_spiral"]


def test_no_line_through_the_middle_of_the_spiral_spares_an_arm(run: Runner) -> None:
    page = run("show_spiral")
    x, classes = to_cpu(page["x"]), to_cpu(page["t"]).argmax(axis=1)
    for angle in numpy.linspace(0, numpy.pi, 180, endpoint=False):
        side = x @ [numpy.cos(angle), numpy.sin(angle)] > 0
        for arm in range(3):
            assert 0 < side[classes == arm].sum() < 100


@pytest.mark.real
@pytest.mark.parametrize("seed", SEEDS)
def test_train_learns_the_spiral(run: Runner, seed: list[str]) -> None:
    page = run("train", *seed)
    assert page["loss"] < 0.15
    assert page["accuracy"] > 0.95
    assert list(page.figures) == ["ch01_train_loss", "ch01_train_boundary"]


@pytest.mark.real
def test_train_ends_with_the_loss_and_the_accuracy(run: Runner) -> None:
    page = run("train")
    *_, loss, accuracy = page.printed.splitlines()
    assert loss == f"loss     {page['loss']:.4f}"
    assert accuracy == f"accuracy {page['accuracy']:.4f}"


def test_train_starts_from_its_seed(run: Runner) -> None:
    page = run("train", "--seed", "1", "--steps", "10")
    model = TwoLayerNet(2, 10, 3, seed=1)
    trainer = Trainer(model, SGD(lr=1.0), seed=1)
    trainer.fit(page["x"], page["t"], max_epoch=1, batch_size=30, verbose=False)
    for ours, theirs in zip(model.params, page["model"].params, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.cpu
@pytest.mark.parametrize("page", ["train_custom_loop", "write_your_own_layer"])
def test_a_page_trains_from_its_seed(run: Runner, page: str) -> None:
    one, other = (run(page, "--steps", "100", "--seed", seed) for seed in "01")
    names = {"train_custom_loop": ["losses", "sorted_losses"]}.get(page, ["loss", "hasty_loss"])
    for name in names:
        assert one[name] != other[name], name


@pytest.mark.real
@pytest.mark.parametrize("seed", SEEDS)
def test_train_custom_loop_says_what_shuffling_is_worth(run: Runner, seed: list[str]) -> None:
    page = run("train_custom_loop", *seed)
    assert 1.0986 < page["untrained"] < 1.3
    losses, sorted_losses = page["losses"], page["sorted_losses"]
    assert 0.7 < losses[2] < 0.8, "it rests"
    assert losses[-1] < 0.15
    assert page["right"] > page["right_unshuffled"] > 0.85, "unshuffled it learns, and not as much"
    assert all(one > other for one, other in zip(sorted_losses, losses, strict=True)), "later"


@pytest.mark.real
def test_train_custom_loop_sorts_the_rows_by_class(run: Runner) -> None:
    t = to_cpu(run("train_custom_loop")["t"]).argmax(axis=1)
    assert t.tolist() == [0] * 100 + [1] * 100 + [2] * 100
    assert [len(set(batch)) for batch in t.reshape(10, 30)].count(1) == 8


@pytest.mark.real
def test_train_digits_reads_97_percent(run: Runner) -> None:
    page = run("train_digits")
    assert page["accuracy"] >= 0.97
    assert len(page["misread"]) == round((1 - page["accuracy"]) * 359)
    names = ["ch01_digits_loss", "ch01_digits_hidden", "ch01_digits_misread"]
    assert list(page.figures) == names
    assert len(page["truth"]) == 359
    drawn = page.figures["ch01_digits_misread"].axes
    assert [axes.get_title() for axes in drawn] == [
        f"{page['truth'][i]}, read as {page['y'][i]}" for i in page["misread"]
    ]
    shown = [axes.images[0].get_array() for axes in drawn]
    pictures = to_cpu(page["x_test"]).reshape(-1, 8, 8)
    numpy.testing.assert_array_equal(shown, pictures[page["misread"]])
    assert page["trainer"].history[-1].held_out_accuracy == pytest.approx(page["accuracy"])


@pytest.mark.real
def test_train_keeps_a_picture_every_hundredth_step(run: Runner) -> None:
    page = run("train")
    frames = page["frames"]
    assert frames.at == [0, *page["trainer"].loss_steps] == list(range(0, 3001, 100))
    last = players.plane(page["model"].predict, page["x"])
    numpy.testing.assert_array_equal(frames.pictures[-1], last)


@pytest.mark.real
def test_train_digits_draws_eighteen_of_its_256_hidden_neurons(run: Runner) -> None:
    page = run("train_digits")
    W = to_cpu(page["trainer"].model[0].params[0])
    drawn = page.figures["ch01_digits_hidden"].axes
    assert (W.shape, len(drawn)) == ((64, 256), 18)
    for i, axes in enumerate(drawn):
        (image,) = axes.images
        numpy.testing.assert_array_equal(image.get_array(), W[:, i].reshape(8, 8))
        (negative, _, positive) = image.to_rgba(numpy.array([-1.0, 0.0, 1.0]) * image.get_clim()[1])
        assert negative[2] > negative[0], "blue below 0"
        assert positive[0] > positive[2], "orange above"
    assert numpy.array_equal(page["frames"].pictures[-1], W[:, :18].T)


@pytest.mark.real
def test_train_digits_ends_better_in_training_than_on_the_held_out(run: Runner) -> None:
    lines = run("train_digits").lines("ch01_digits_loss")
    steps, losses = lines["training"]
    above = losses > numpy.interp(steps, *lines["held out"])
    assert above[0]
    assert not above[-1]


@pytest.mark.real
@pytest.mark.parametrize("seed", SEEDS)
def test_train_digits_does_not_praise_adam_too_much(run: Runner, seed: list[str]) -> None:
    after_ten = run("train_digits", *seed)["after_ten"]
    adam, large, descent, timid = (epoch.held_out_loss for epoch in after_ten.values())
    assert list(after_ten) == ["Adam()", "Adam(lr=0.01)", "SGD(lr=1.0)", "SGD(lr=0.01)"]
    assert [epoch.step for epoch in after_ten.values()] == [450] * 4
    assert large < 0.7 * adam, "a larger lr than the default is faster here"
    assert descent < (0.7 if seed else 0.55) * adam, "about half"
    assert numpy.log(10) - 0.25 < timid < numpy.log(10), "it has hardly moved"


def test_the_adam_of_train_digits_steps_about_lr() -> None:
    """The formula that the page gives, for gradients that agree and for some that do not."""
    for grads, length in (([2.0] * 20, 1.0), ([2.0, -2.0] * 10, 0.1)):
        w = np.array([0.0])
        optimizer = Adam()
        for g in grads:
            before = float(w[0])
            optimizer.update([w], [np.array([g])])
        assert abs(float(w[0]) - before) == pytest.approx(0.001 * length, rel=0.5)


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_train_digits_is_level_with_scikit_learn(run: Runner) -> None:
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


@pytest.mark.real
def test_write_your_own_layer(run: Runner) -> None:
    page = run("write_your_own_layer")
    errors = re.findall(r"largest relative error (\S+)", page.printed)
    assert len(errors) == 4
    assert all(0 < float(error) < 1e-6 for error in errors)
    assert "HastySwish(): the gradient of input 0 at (2, 1) should be 0.0055" in page.printed
    assert "(relative error 1)\nLikely mistake: one half of the product rule" in page.printed
    numpy.testing.assert_allclose(to_cpu(page["center"].state[0]), [1, 2, 3, 4], atol=0.1)
    running = page["trainer"].model[0].state[0]
    assert bool((running != 0).any()), "the Trainer's calls on tensors have moved it"


@pytest.mark.real
@pytest.mark.parametrize("seed", SEEDS)
def test_write_your_own_layer_learns_with_a_wrong_derivative_and_less(
    run: Runner, seed: list[str]
) -> None:
    page = run("write_your_own_layer", *seed)
    assert page["accuracy"] > 0.95
    assert page["hasty_accuracy"] > 0.9, "nothing says that something is wrong"
    assert page["hasty_loss"] > 1.1 * page["loss"]


@pytest.mark.real
def test_keep_what_was_learned(run: Runner) -> None:
    names = run("keep_what_was_learned")
    said = names.printed
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
    page = (ROOT / "ch01" / "keep_what_was_learned.py").read_text(encoding="utf-8")
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


def test_write_your_own_layer_goes_back_as_it_went_forward(run: Runner) -> None:
    center = run("write_your_own_layer", "--steps", "1")["Center"](2)
    center.forward(np.ones((3, 2)))
    dout = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(center.eval().backward(dout), dout - dout.mean(axis=0))


def test_two_layer_net_goes_back_from_what_it_is_given() -> None:
    x, t = spiral.load_data()
    net = TwoLayerNet(2, 10, 3, seed=0)
    net.forward(x, t)
    net.backward()
    once = [grad.copy() for grad in net.grads]
    net.backward(2)
    for grad, before in zip(net.grads, once, strict=True):
        np.testing.assert_allclose(grad, 2 * before, rtol=1e-6)


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
    assert "figure: figures/ch01_train_loss.png" in done.stdout
    assert (ROOT / folder / "figures" / "ch01_train_loss.png").exists()
    assert done.stdout.splitlines()[-1].startswith("accuracy ")


@pytest.mark.real
def test_train_parallel(run: Runner) -> None:
    page = run("train_parallel")
    said = page.printed
    assert "two halves differs by less than a millionth: True\n" in said
    assert "weighted: less than a millionth: True\n" in said
    assert float(re.findall(r"not weighted: (\S+)", said)[0]) > 0.1 * abs(page["whole"]).max()
    assert "one set of weights: True\nas one alone has them: True\n" in said
    assert page["trainer"].history[-1].held_out_accuracy > 0.95
    assert page["share_of_work"](16, 0.1, 4e6) == pytest.approx(0.1 / (0.1 + 4e-4 + 7.5e-3))
