"""`python -m common gradcheck`."""

import re
from pathlib import Path
from typing import Any

import pytest

from common.commands import gradcheck
from common.commands.gradcheck import candidates, find_inputs
from common.errors import GradientError
from common.gradient_check import check_gradients
from common.layers import Sigmoid
from common.np import Array
from tests.common.commands import LAYERS, PLAIN, Command, Write, refused

pytestmark = pytest.mark.cpu


RIGHT = r"{}: backward agrees with the measured slopes; largest relative error \de-\d\d\n"


def test_gradcheck_says_what_it_checked_and_how_well_it_agrees(
    command: Command, write: Write
) -> None:
    write("def affine():\n    return Affine(np.ones((4, 2)), np.ones(2)), np.ones((5, 4))")
    code, out, err = command("gradcheck", "layers.py:affine")
    assert (code, err) == (0, "")
    said = "inputs: (5, 4) float64\nparameters: (4, 2) float64, (2,) float64\n"
    assert re.fullmatch(re.escape(said) + RIGHT.format("Affine"), out)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Sigmoid", "(3, 4) float64"),
        ("ready", "(3, 4) float64"),
        ("Plain", "(3, 4) float64"),
        ("linear", "(3, 2) float64"),
        ("batch_norm", "(3, 5) float64"),
        ("stack", "(3, 6) float64"),
        ("Gain", "(3, 5) float64"),
        ("narrow", "(3, 1) float64"),
        ("Fit", "(3, 2) float64, (3, 1) float64"),
        ("Net", "(3, 3) float64"),
        ("Log", "(3, 4) float64"),
        ("embedding", "(3,) int64"),
        ("Sentences", "(2, 3, 4) float64"),
        ("Images", "(2, 5, 6, 6) float64"),
        ("Sum", "(3, 4) float64"),
        ("SoftmaxWithLoss", "(3, 4) float64, (3, 4) float64"),
        ("MSELoss", "(3, 4) float64, (3, 4) float64"),
        ("SigmoidWithLoss", "(3, 4) float64, (3, 4) float64"),
        ("ByNumber", "(3, 4) float64, (3,) int64"),
        ("ByRow", "(3, 4) float64, (3, 4) int64"),
        ("Binary", "(3,) float64, (3,) int64"),
        ("Recurrent", "(3, 2) float64, (3, 5) float64"),
        ("Product", "(3, 4) float64, (4, 2) float64"),
    ],
)
def test_gradcheck_finds_inputs_that_forward_takes(
    name: str, kinds: str, command: Command, write: Write
) -> None:
    write(PLAIN)
    code, out, err = command("gradcheck", f"layers.py:{name}")
    assert (code, err) == (0, "")
    assert out.startswith(f"inputs: {kinds}\n")
    assert "backward agrees" in out


def test_the_inputs_that_are_tried_stay_away_from_a_kink_and_come_from_the_seed() -> None:
    (x,), (same,), (other,) = (next(candidates(Sigmoid(), seed)) for seed in (0, 0, 1))
    assert abs(x).min() >= 0.1
    assert (x < 0).any()
    assert (x > 0).any()
    assert (x == same).all()
    assert not (x == other).any()


def test_to_try_inputs_changes_nothing_of_the_layer() -> None:
    class Counts(Sigmoid):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[Any] = []

        def forward(self, x: Array) -> Array:
            self.seen.append(x.shape)
            x *= 2
            return super().forward(x)

    layer = Counts()
    (x,), (expected,) = find_inputs("", Path(), layer, 3), next(candidates(layer, 3))
    assert layer.seen == []
    assert (x == expected).all()


WRONG = """
class Wrong(Layer):
    def forward(self, x):
        self.x = x
        return x * x
    def backward(self, dout): return dout * self.x
class Raises(Wrong):
    def backward(self, dout): return dout.nothing
class Slightly(Wrong):
    def backward(self, dout): return 2.0002 * dout * self.x
def wrong(): return Wrong(), np.ones((2, 3))
def raises(): return Raises(), np.ones((2, 3))
"""


@pytest.mark.parametrize("name", ["wrong", "raises"])
def test_gradcheck_prints_what_the_check_says_of_a_wrong_backward(
    name: str, command: Command, write: Write
) -> None:
    names: dict[str, Any] = {}
    exec(LAYERS + WRONG, names)
    with pytest.raises(GradientError) as said:
        check_gradients(*names[name]())
    write(WRONG)
    code, out, err = command("gradcheck", f"layers.py:{name}")
    assert (code, out, err) == (1, f"inputs: (2, 3) float64\n{said.value}\n", "")


def test_where_backward_fails_the_usual_inputs_are_kept(command: Command, write: Write) -> None:
    """It would run on others: dout @ x has no error for images that are square."""
    write("""
        class Squares(Layer):
            def forward(self, x):
                self.x = x
                return x * x
            def backward(self, dout): return dout @ self.x
        """)
    code, out, _ = command("gradcheck", "layers.py:Squares")
    assert code == 1
    assert out.startswith("inputs: (3, 4) float64\n")


def test_gradcheck_looks_at_as_many_digits_as_it_is_told(command: Command, write: Write) -> None:
    write(WRONG)
    assert command("gradcheck", "layers.py:Slightly").code == 1
    assert command("gradcheck", "layers.py:Slightly", "--tolerance", "0.001").code == 0


def test_gradcheck_draws_from_the_seed(
    command: Command, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """The inputs, and what weights the output."""
    given: list[Any] = []

    def check(layer: Any, *inputs: Array, seed: int, **_: Any) -> float:
        given.append((seed, inputs[0].tolist()))
        return 0

    monkeypatch.setattr(gradcheck, "check_gradients", check)
    write("layer = Sigmoid()")
    for seed in [[], ["--seed", "0"], ["--seed", "1"]]:
        command("gradcheck", "layers.py:layer", *seed)
    assert [seed for seed, _ in given] == [0, 0, 1]
    assert given[0] == given[1]
    assert given[1][1] != given[2][1]


def test_where_no_inputs_are_found_the_last_error_is_shown_and_what_to_write(
    command: Command, write: Write
) -> None:
    write(
        """
        class Picky(Layer):
            def forward(self, x):
                print("tried")
                raise ValueError("not this one")
            def backward(self, dout): return dout
        """
    )
    result = command("gradcheck", "layers.py:Picky")
    refused(
        result,
        "layers.py:Picky: no inputs were found that forward takes. The last that were tried, "
        "(3, 2) int64, end in\n  layers.py, line ",
        '    raise ValueError("not this one")\nValueError: not this one\n',
        "    def example():\n        x = np.ones((3, 4))\n        return Picky(), x\n",
        lines=8,
    )
    assert result.out == ""


def test_a_forward_that_makes_nan_of_all_inputs_takes_none(command: Command, write: Write) -> None:
    write("""
        class Lost(Layer):
            def forward(self, x): return x * float("nan")
            def backward(self, dout): return dout
        """)
    refused(command("gradcheck", "layers.py:Lost"), "returns NaN or infinity", lines=None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it = 3", "layers.py:it is no layer: 3 has no forward"),
        ("it = dict", "layers.py:it is no layer: {} has no forward"),
        ("def it(): pass", "layers.py:it is no layer: None has no forward"),
        ("def it(): return ()", "layers.py:it is no layer: () has no forward"),
        (
            "class it(Layer):\n    def forward(self, x): return x",
            "layers.py:it is no layer: it() has no backward",
        ),
        ("class it(Layer):\n    def __init__(self): 1 / 0", "ZeroDivisionError"),
        ("def it(): return Affine(np.ones((2, 3)), np.ones(3)), np.ones((5, 4))", "got (5, 4)"),
        ("def it(): return Sigmoid(), [1.0]", "Sigmoid(): input 0 must be an array"),
        ("def it(): return Sigmoid(), np.ones(2), np.ones(2)", "got 2 inputs"),
        (
            "class it:\n    params = [np.ones(2)]\n"
            "    def forward(self, x): return x\n    def backward(self, dout): return dout",
            "'it' object has no attribute 'grads'",
        ),
    ],
)
def test_gradcheck_refuses_what_it_cannot_check(
    text: str, said: str, command: Command, write: Write
) -> None:
    refused(command("gradcheck", f"{write(text)}:it"), said, lines=None)


def test_gradcheck_takes_a_function_of_tensors_with_its_inputs(
    command: Command, write: Write
) -> None:
    write("def f(x, y): return (x * y.exp()).sum()\ndef it(): return f, np.ones(2), np.zeros(2)")
    code, out, _ = command("gradcheck", "layers.py:it")
    assert code == 0
    assert re.fullmatch(r"inputs: \(2,\) float64, \(2,\) float64\n" + RIGHT.format("f"), out)
