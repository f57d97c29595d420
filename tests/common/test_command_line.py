"""`python -m common`: what each command prints, and the code with which it ends."""

import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest
from matplotlib.figure import Figure

from common import config, script
from common.__main__ import main
from common.commands import parity
from common.commands.calls import MOST_CALLS, Watch
from common.commands.files import CommandError, find
from common.commands.gradcheck import candidates
from common.commands.parity import RUNGS, Step, data, differences, weights_to_start_from
from common.errors import GradientError
from common.gradient_check import check_gradients
from common.layers import Affine, Layer, Linear, Sequential, Sigmoid, SoftmaxWithLoss
from common.np import Array, np
from common.optimizer import SGD
from docs.pages import ROOT
from tests.make_torch_reference import import_torch

pytestmark = pytest.mark.cpu
COMMANDS = ("gradcheck", "trace", "summary", "parity")

LAYERS = """
import numpy
from common.autograd import Parameter, Tensor, no_grad
from common.layers import *
from common.losses import *
from common.module import Module
from common.np import np
from common.optimizer import SGD
rng = numpy.random.default_rng(0)
"""


class Result(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Result]
Write = Callable[..., str]


@pytest.fixture(autouse=True)
def _nothing_of_the_program_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A command changes its process, as a program may: a test puts that back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", sys.modules)
    for name in ("_layers", "_script"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line, as the program does."""

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse's own
            code = int(ended.code or 0)
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file into the folder where the command stands; the names of LAYERS come first."""

    def write(text: str, name: str = "layers.py", before: str = LAYERS) -> str:
        (tmp_path / name).write_text(before + textwrap.dedent(text), encoding="utf-8")
        return name

    return write


def refused(result: Result, *said: str, lines: int | None = 1) -> None:
    """It ended with 2, and one line on stderr that says why; several, if they show a file."""
    assert result.code == 2
    assert "Traceback" not in result.err
    assert lines is None or result.err.count("\n") == lines
    for text in said:
        assert text in result.err


# The command line ---------------------------------------------------------------------------------


def test_alone_it_shows_the_four_commands_with_a_line_for_each(command: Command) -> None:
    code, out, err = command()
    assert (code, err) == (0, "")
    for name in COMMANDS:
        assert re.search(rf"^    {name}\s+\w.*[\w?]$", out, re.M)
    assert command("--help").out == out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_that_fits_a_terminal(name: str, command: Command) -> None:
    code, out, _ = command(name, "--help")
    assert code == 0
    assert f"usage: python -m common {name}" in out
    assert "The exit code is" in out or name == "summary"
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("check", "invalid choice: 'check'"),
        ("gradcheck", "required: FILE:NAME"),
        ("gradcheck a.py:B --tolerance 0", "--tolerance: must be a number above 0, got '0'"),
        ("gradcheck a.py:B --tolerance nan", "must be a number above 0, got 'nan'"),
        ("gradcheck a.py:B --tolerance inf", "must be a number above 0, got 'inf'"),
        ("gradcheck a.py:B --tolerance small", "must be a number above 0, got 'small'"),
        ("gradcheck a.py:B --seed -1", "--seed: must be a whole number from 0, got '-1'"),
        ("gradcheck a.py:B --tol 1", "unrecognized arguments: --tol 1"),
        ("gradcheck a.py:B c.py:D", "unrecognized arguments: c.py:D"),
        ("summary", "required: FILE:NAME"),
        ("summary a.py:B --seed 1", "unrecognized arguments: --seed 1"),
        ("trace", "required: FILE\n"),
        ("parity --steps 0", "--steps: must be a whole number from 1, got '0'"),
        ("parity --steps many", "--steps: must be a whole number from 1, got 'many'"),
        ("parity --seed 1.5", "--seed: must be a whole number from 0, got '1.5'"),
        ("parity --dtype float16", "--dtype: invalid choice: 'float16'"),
        ("parity ch01", "unrecognized arguments: ch01"),
    ],
)
def test_a_wrong_command_line_is_refused(line: str, said: str, command: Command) -> None:
    code, out, err = command(*line.split())
    assert (code, out) == (2, "")
    assert said in err


def test_as_a_program_it_ends_with_the_code_of_the_command() -> None:
    def ended(*arguments: str) -> tuple[int, str]:
        line = [sys.executable, "-m", "common", *arguments]
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    code, said = ended("gradcheck", "nowhere.py:Swish")
    assert (code, said) == (2, "python -m common gradcheck: there is no file nowhere.py\n")


# FILE:NAME, for those that take one ---------------------------------------------------------------


@pytest.fixture(params=["gradcheck", "summary"])
def named(request: pytest.FixtureRequest, command: Command) -> Command:
    """gradcheck, and summary."""
    return lambda target: command(request.param, target)


def test_a_file_that_is_not_there_is_named_with_one_that_is(named: Command, write: Write) -> None:
    refused(named("layers.py:Swish"), "there is no file layers.py\n")
    write("", "layers.py")
    refused(named("layer.py:Swish"), "there is no file layer.py. Is layers.py meant?")
    refused(named("elsewhere/layers.py:Swish"), "there is no file elsewhere/layers.py\n")
    refused(named(":Swish"), "there is no file :Swish")
    refused(named(""), "is a folder")
    refused(named(".:Swish"), ". is a folder: name a file in it")


@pytest.mark.parametrize("target", ["layers.py", "layers.py:"])
def test_without_a_name_the_layers_of_the_file_are_listed(
    target: str, named: Command, write: Write
) -> None:
    write("""
        class Swish(Layer):
            def forward(self, x): return x
            def backward(self, dout): return dout
        class Helper: pass
        scale, number = Swish(), 3
        """)
    said = "layers.py: a name is missing, layers.py:NAME. It has the layers Swish, scale\n"
    refused(named(target), said)


def test_a_file_without_layers_says_so(named: Command, write: Write) -> None:
    refused(named(write("")), "It has no layers")


def test_a_name_that_is_not_there_is_answered_with_one_that_is(
    named: Command, write: Write
) -> None:
    write("""
        class Swish(Layer):
            def forward(self, x): return x
            def backward(self, dout): return dout
        """)
    refused(named("layers.py:Swihs"), "layers.py has no Swihs. Is Swish meant?")
    refused(named("layers.py:q"), "layers.py has no q. It has the layers Swish")


def test_a_windows_path_is_no_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"there is no file C:\\work\\layers.py"):
        find("C:\\work\\layers.py")


def test_a_file_that_is_no_python_is_named_with_its_line(named: Command, write: Write) -> None:
    write("x = 1\ny = (2\nz = 3\n", before="")
    refused(named("layers.py:Swish"), "layers.py, line 2: '(' was never closed: y = (2\n")
    write("x = 1\0", before="")
    refused(named("layers.py:Swish"), "null bytes")
    write("def f(:\n", "_broken_helper.py", before="")
    write("import _broken_helper", before="")
    refused(named("layers.py:Swish"), "_broken_helper.py, line 1: invalid syntax: def f(:")


def test_an_error_at_the_top_of_a_file_shows_the_lines_of_the_file(
    named: Command, write: Write
) -> None:
    write("def half(x):\n    return x.dot(3)\n", "_with_a_mistake.py", before="")
    write("import _with_a_mistake\n\nhalf = _with_a_mistake.half('2')\n", before="")
    refused(
        named("layers.py:Swish"),
        ": layers.py fails as it is loaded:\n"
        "  layers.py, line 3, in <module>\n"
        "    half = _with_a_mistake.half('2')\n"
        "  _with_a_mistake.py, line 2, in half\n"
        "    return x.dot(3)\n"
        "AttributeError: 'str' object has no attribute 'dot'\n",
        lines=6,
    )


def test_of_a_long_way_to_an_error_the_end_is_shown(named: Command, write: Write) -> None:
    write("def down(n):\n    return down(n - 1) if n else 1 / n\ndown(9)\n", before="")
    result = named("layers.py:Swish")
    refused(result, "ZeroDivisionError: division by zero", lines=None)
    assert result.err.count("in down") == 3


def test_the_lines_of_common_are_not_shown(named: Command, write: Write) -> None:
    write("layer = Linear(0, 3)")
    result = named("layers.py:layer")
    refused(result, "Linear: in_features must be at least 1, got 0", lines=None)
    assert "checks.py" not in result.err


def test_a_file_that_ends_itself_is_refused(named: Command, write: Write) -> None:
    write("import sys; sys.exit(3)")
    refused(named("layers.py:Swish"), "layers.py ended itself as it was loaded: sys.exit(3)")


def test_what_a_script_does_when_it_is_started_is_not_done(command: Command, write: Write) -> None:
    write("layer = Sigmoid()\nif __name__ == '__main__': 1 / 0")
    assert command("gradcheck", "layers.py:layer").code == 0


def test_a_class_that_needs_arguments_is_answered_with_an_example(
    named: Command, write: Write
) -> None:
    write("""
        class Scale(Layer):
            def __init__(self, size, bias): pass
            def forward(self, x): return x
            def backward(self, dout): return dout
        def make(size): return Scale(size, 0)
        """)
    refused(named("layers.py:Scale"), "layers.py:Scale needs size, bias. Write a function", lines=None)
    refused(named("layers.py:Scale"), "        return Scale(size, bias)", lines=None)
    refused(named("layers.py:make"), "layers.py:make needs size", lines=None)


def test_a_function_that_fails_shows_its_lines(named: Command, write: Write) -> None:
    write("def make():\n    return 1 / 0\n", before="")
    refused(
        named("layers.py:make"),
        "layers.py:make() fails:\n  layers.py, line 2, in make\n    return 1 / 0\nZeroDivisionError",
        lines=4,
    )


# gradcheck ----------------------------------------------------------------------------------------

RIGHT = r"{}: backward agrees with the measured slopes; largest relative error \de-\d\d\n"


def test_gradcheck_says_what_it_checked_and_how_well_it_agrees(
    command: Command, write: Write
) -> None:
    write("def affine():\n    return Affine(np.ones((4, 2)), np.ones(2)), np.ones((5, 4))")
    code, out, err = command("gradcheck", "layers.py:affine")
    assert (code, err) == (0, "")
    said = "inputs: (5, 4) float64\nparameters: (4, 2) float64, (2,) float64\n"
    assert re.fullmatch(re.escape(said) + RIGHT.format("Affine"), out)


PLAIN = """
class Plain:
    def __init__(self):
        self.params, self.grads = [np.ones(4)], [np.zeros(4)]
    def forward(self, x):
        self.x = x
        return x * self.params[0]
    def backward(self, dout):
        self.grads[0][...] = (dout * self.x).sum(axis=0)
        return dout * self.params[0]
class Net(Module):
    def __init__(self): self.w, self.layer = Parameter(np.ones((3, 2))), Linear(2, 2)
    def forward(self, x): return self.layer(x @ self.w)
class Log(Layer):
    def forward(self, x):
        self.x = x
        return np.log(x)
    def backward(self, dout): return dout / self.x
class ByNumber(Layer):
    def forward(self, x, t):
        self.t, self.shape = t, x.shape
        return -x[np.arange(len(x)), t].sum()
    def backward(self, dout=1):
        dx = np.zeros(self.shape)
        dx[np.arange(len(dx)), self.t] = -dout
        return dx
class ByRow(ByNumber):
    def forward(self, x, t):
        if t.dtype.kind != "i": raise TypeError("t must be one-hot")
        return super().forward(x, t.argmax(axis=1))
class Recurrent(Layer):
    def __init__(self):
        super().__init__(rng.normal(size=(2, 5)), rng.normal(size=(5, 5)))
    def forward(self, x, h):
        W, V = self.params
        self.x, self.h = x, h
        return x @ W + h @ V
    def backward(self, dout):
        for grad, x in zip(self.grads, (self.x, self.h)): grad[...] = x.T @ dout
        return dout @ self.params[0].T, dout @ self.params[1].T
class Product(Layer):
    def forward(self, a, b):
        self.a, self.b = a, b
        if a.ndim < 2: raise ValueError("matrices")
        return a @ b
    def backward(self, dout): return dout @ self.b.T, self.a.T @ dout
class Images(Layer):
    def __init__(self): super().__init__(np.ones((1, 5, 1, 1)))
    def forward(self, x):
        N, C, H, W = x.shape
        self.x = x
        return x * self.params[0]
    def backward(self, dout):
        self.grads[0][...] = (dout * self.x).sum(axis=(0, 2, 3), keepdims=True)
        return dout * self.params[0]
class Sentences(Layer):
    def forward(self, x):
        N, T, D = x.shape
        return 2 * x
    def backward(self, dout): return 2 * dout
class Sum(Layer):
    def forward(self, *xs):
        self.xs = xs
        return sum(xs)
    def backward(self, dout): return tuple(dout for _ in self.xs)
class Binary(SigmoidWithLoss):
    def forward(self, x, t):
        if x.ndim > 1 or t.dtype.kind != "i": raise ValueError("one score a row")
        return super().forward(x, t)
def linear(): return Linear(2, 5)
def embedding(): return Embedding(np.ones((2, 5)))
def batch_norm(): return BatchNorm(5)
def stack(): return Sequential(Linear(6, 5), ReLU(), Linear(5, 2))
ready = ReLU()
"""


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Sigmoid", "(3, 4) float64"),
        ("ready", "(3, 4) float64"),
        ("Plain", "(3, 4) float64"),
        ("linear", "(3, 2) float64"),
        ("batch_norm", "(3, 5) float64"),
        ("stack", "(3, 6) float64"),
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


def test_gradcheck_looks_at_as_many_digits_as_it_is_told(command: Command, write: Write) -> None:
    write(WRONG)
    assert command("gradcheck", "layers.py:Slightly").code == 1
    assert command("gradcheck", "layers.py:Slightly", "--tolerance", "0.001").code == 0


def test_gradcheck_draws_from_the_seed(command: Command, write: Write) -> None:
    write(WRONG)
    said = [command("gradcheck", "layers.py:Wrong", *seed).out for seed in ([], ["--seed", "1"])]
    assert said[0] != said[1]
    assert said[0] == command("gradcheck", "layers.py:Wrong", "--seed", "0").out


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
