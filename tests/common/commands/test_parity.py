"""`python -m common parity`."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import numpy
import pytest

from common.commands import parity
from common.commands.parity import RUNGS, Step, data, differences, weights_to_start_from
from common.layers import Affine, Sequential, Sigmoid, SoftmaxWithLoss
from common.np import Array, np
from common.optimizer import SGD
from tests.common.commands import Command
from tests.make_torch_reference import import_torch

pytestmark = pytest.mark.cpu


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which PyTorch is not installed; it takes a second to import."""
    monkeypatch.setitem(sys.modules, "torch", None)


def columns(out: str) -> dict[str, list[float]]:
    """The rows of parity's table: the loss at the end, and the three differences."""
    rows = re.findall(r"^(\w.*?)  +([\dn]\S*) +(\S+) +(\S+) +(\S+)$", out, re.M)
    return {name: [float(x) for x in numbers] for name, *numbers in rows}


OURS = ["plain NumPy", "layers by hand", "the tape", "replay"]


@pytest.mark.usefixtures("no_torch")
def test_parity_finds_what_rounding_leaves(command: Command) -> None:
    code, out, err = command("parity")
    assert (code, err) == (0, "")
    assert out.startswith("20 steps of one training, five ways: 300 points of the spiral, float64.")
    assert "They agree. (Rounding may take them as far as 1e-10 in float64.)" in out
    rows = columns(out)
    assert list(rows) == OURS
    assert rows.pop("plain NumPy")[1:] == [0, 0, 0]
    for _, *apart in rows.values():
        assert 0 < max(apart) < 1e-12


@pytest.mark.usefixtures("no_torch")
def test_parity_in_float32_shows_more_of_it(command: Command) -> None:
    code, out, _ = command("parity", "--dtype", "float32")
    assert code == 0
    assert "as far as 0.001 in float32" in out
    for name, (_, *apart) in columns(out).items():
        assert 1e-9 < max(apart) < 1e-5 or name == "plain NumPy"


@pytest.mark.usefixtures("no_torch")
def test_parity_says_what_is_left_out(command: Command) -> None:
    code, out, _ = command("parity", "--steps", "1")
    assert code == 0
    assert out.count("PyTorch is left out: it cannot be imported (") == 1


@pytest.mark.usefixtures("no_torch")
def test_parity_starts_from_the_seed_and_takes_as_many_steps_as_it_is_told(
    command: Command,
) -> None:
    losses = [
        columns(command("parity", "--steps", steps, "--seed", seed).out)["the tape"][0]
        for steps, seed in [("1", "0"), ("3", "0"), ("3", "1")]
    ]
    start = weights_to_start_from(0, "float64")
    model, loss = Sequential(Affine(*start[:2]), Sigmoid(), Affine(*start[2:])), SoftmaxWithLoss()
    x, t = data("float64")
    for _ in range(3):
        expected = float(loss.forward(model.forward(x), t))
        model.backward(loss.backward())
        SGD(1.0).update(model.params, model.grads)
    assert losses[1] == pytest.approx(expected, abs=1e-6)
    assert len({*losses}) == 3


@pytest.mark.torch
def test_pytorch_takes_the_same_steps(command: Command) -> None:
    import_torch()
    code, out, _ = command("parity")
    rows = columns(out)
    assert code == 0
    assert list(rows) == [*OURS, "PyTorch"]
    assert 0 < max(rows["PyTorch"][1:]) < 1e-12
    assert "left out" not in out


def test_by_hand_on_the_tape_and_replayed_are_the_same_to_the_bit() -> None:
    x, t = data("float64")
    by_hand, tape, replayed = (
        list(RUNGS[name](weights_to_start_from(0, "float64"), x, t, 5)) for name in OURS[1:]
    )
    assert differences(tape, by_hand) == differences(replayed, by_hand) == [0, 0, 0]


def test_the_gradients_of_a_step_are_those_of_its_update() -> None:
    x, t = data("float64")
    for name in OURS:
        weights = weights_to_start_from(0, "float64")
        for step in list(RUNGS[name](weights_to_start_from(0, "float64"), x, t, 3)):
            moved = [
                w - parity.LEARNING_RATE * g for w, g in zip(weights, step.gradients, strict=True)
            ]
            for one, other in zip(moved, step.weights, strict=True):
                np.testing.assert_allclose(one, other, 1e-12)
            weights = step.weights


def spoiled(what: str, value: float) -> Any:
    """The tape, with a mistake in one number of its last step."""

    def rung(start: Any, x: Array, t: Array, steps: int) -> Iterator[Step]:
        for i, step in enumerate(RUNGS["layers by hand"](start, x, t, steps)):
            if i == steps - 1 and what == "loss":
                yield step._replace(loss=step.loss + value)
                return
            if i == steps - 1:
                getattr(step, what)[3][2] += value
            yield step

    return rung


@pytest.mark.usefixtures("no_torch")
@pytest.mark.parametrize("what", Step._fields)
@pytest.mark.parametrize("value", [1e-6, numpy.nan])
def test_parity_ends_with_1_if_one_number_is_further_away(
    what: str, value: float, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RUNGS, "the tape", spoiled(what, value))
    code, out, _ = command("parity", "--steps", "2")
    assert code == 1
    assert "WRONG: the tape. (Rounding takes nothing further than 1e-10 in float64.)" in out
    apart = columns(out)["the tape"][1 + Step._fields.index(what)]
    assert apart == pytest.approx(value, rel=1e-3, nan_ok=True)
