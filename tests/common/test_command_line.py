"""`python -m common`: what each command prints, and the code with which it ends."""

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest
from matplotlib.figure import Figure

from common import config, script
from common.__main__ import main
from common.commands import gradcheck, parity
from common.commands.calls import MOST_CALLS, Watch
from common.commands.files import CommandError, explained, find
from common.commands.gradcheck import candidates, find_inputs
from common.commands.parity import RUNGS, Step, data, differences, weights_to_start_from
from common.errors import GradientError
from common.gradient_check import check_gradients
from common.layers import Affine, Linear, Sequential, Sigmoid, SoftmaxWithLoss
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
def _nothing_of_the_program_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    """A command changes its process, as a program may: a test puts that back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name, module in [*sys.modules.items()]:
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


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
    assert out.startswith("usage: python -m common [-h] COMMAND ...\n")
    for name in COMMANDS:
        assert re.search(rf"^  {name} +\w.*[\w?]$", out, re.M)
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


def test_common_is_a_library_also_where_it_stands_beside_the_file() -> None:
    with pytest.raises(ValueError, match="in_features") as raised:
        Linear(0, 3)
    said = explained(raised.value, ROOT / "script.py")
    assert "test_command_line.py" in said
    assert "layers.py" not in said


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
    refused(
        named("layers.py:Scale"), "layers.py:Scale needs size, bias. Write a function", lines=None
    )
    refused(named("layers.py:Scale"), "        return Scale(size, bias)", lines=None)
    refused(named("layers.py:make"), "layers.py:make needs size", lines=None)


def test_a_function_that_fails_shows_its_lines(named: Command, write: Write) -> None:
    write("def make():\n    return 1 / 0\n", before="")
    refused(
        named("layers.py:make"),
        "layers.py:make() fails:\n  layers.py, line 2, in make\n    return 1 / 0\nZeroDivision",
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
class Gain(Layer):
    def __init__(self): super().__init__(np.ones((1, 5)))
    def forward(self, x):
        self.x = x
        return x * self.params[0]
    def backward(self, dout):
        self.grads[0][...] = (dout * self.x).sum(axis=0)
        return dout * self.params[0]
class Fit(Layer):
    def __init__(self): super().__init__(np.ones((2, 1)))
    def forward(self, x, t):
        self.x, self.diff = x, x @ self.params[0] - t
        return (self.diff * self.diff).sum()
    def backward(self, dout=1):
        self.grads[0][...] = self.x.T @ (2 * dout * self.diff)
        return 2 * dout * self.diff @ self.params[0].T
def narrow(): return Linear(1, 5)
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


# summary ------------------------------------------------------------------------------------------


def test_summary_shows_what_a_model_is_made_of(command: Command, write: Write) -> None:
    write("def net(): return Sequential(Linear(2, 10), Sigmoid(), Linear(10, 3))")
    assert command("summary", "layers.py:net") == (
        0,
        "name      layer    parameters          number\n"
        "--------  -------  ------------------  ------\n"
        "layers.0  Linear   W (2, 10), b (10,)      30\n"
        "layers.1  Sigmoid                           0\n"
        "layers.2  Linear   W (10, 3), b (3,)       33\n"
        "\n"
        "63 parameters: 252 bytes of float32\n",
        "",
    )


def test_summary_counts_a_shared_array_once_and_says_what_is_frozen(
    command: Command, write: Write
) -> None:
    write("""
        class Net(Module):
            def __init__(self):
                W = np.ones((30, 50))
                self.first, self.again = MatMul(W), Affine(W, np.ones(50))
                self.scale = Parameter(np.ones((), "float32"))
                self.trunk = Sequential(Linear(3, 4), BatchNorm(4))
                self.trunk[0].requires_grad = False
        """)
    assert command("summary", "layers.py:Net").out == (
        "name            layer      parameters             number  note\n"
        "--------------  ---------  ---------------------  ------  ------------------\n"
        "first           MatMul     W (30, 50)              1,500\n"
        "again           Affine     b (50,)                    50  W is that of first\n"
        "scale           Parameter  ()                          1\n"
        "trunk.layers.0  Linear     W (3, 4), b (4,)           16  frozen\n"
        "trunk.layers.1  BatchNorm  gamma (4,), beta (4,)       8\n"
        "\n"
        "1,575 parameters: 12,500 bytes of float32 and float64\n"
        "16 of them are frozen\n"
        "8 more numbers are kept, and not learned\n"
    )


@pytest.mark.parametrize(
    ("text", "rows", "total"),
    [
        ("it = Linear(2, 3)", ["- Linear W (2, 3), b (3,) 9"], "9 parameters: 36 bytes"),
        ("it = ReLU()", ["- ReLU 0"], "0 parameters\n"),
        ("it = [ReLU(), MatMul(np.ones((2, 3)))]", ["0 ReLU 0", "1 MatMul W (2, 3) 6"], "6 "),
        ("class it(Layer):\n    def __init__(self): super().__init__(np.ones(7))",
         ["- it (7,) 7"], "7 parameters: 56 bytes of float64"),
        ("""
         class it(Layer):
             def __init__(self):
                 self.inner = Linear(2, 3)
                 super().__init__(*self.inner.params, np.ones(7))
         """, ["- it (7,) 7", "inner Linear W (2, 3), b (3,) 9"], "16 parameters"),
        ("""
         class Outer(Layer):
             def __init__(self):
                 super().__init__(np.ones(7))
                 self.inner, self.requires_grad = Linear(2, 3), False
         def it(): return Sequential(Outer())
         """, ["layers.0 Outer (7,) 7 frozen", "layers.0.inner Linear W (2, 3), b (3,) 9 frozen"],
         "16 of them are frozen"),
        (PLAIN +
         "class it:\n"
         "    def __init__(self):\n"
         "        self.layers = {'a': Plain(), 'b': Sigmoid()}\n"
         "        self.params = self.layers['a'].params\n",
         ["layers.a Plain (4,) 4", "layers.b Sigmoid 0"], "4 parameters"),
        ("""
         class it:
             def __init__(self):
                 self.a, self.params = Linear(2, 1), [np.ones(5)]
         """, ["- it (5,) 5", "a Linear W (2, 1), b (1,) 3"], "8 parameters"),
        ("""
         def it():
             inner = Sequential(Linear(1, 1), ReLU())
             inner.requires_grad = False
             return Sequential(inner, inner[0])
         """, ["layers.0.layers.0 Linear W (1, 1), b (1,) 2 frozen", "layers.0.layers.1 ReLU 0"],
         "2 of them are frozen"),
    ],
)  # fmt: skip
def test_summary_finds_the_parts_of_any_model(
    text: str, rows: list[str], total: str, command: Command, write: Write
) -> None:
    code, out, _ = command("summary", f"{write(text)}:it")
    assert code == 0
    table, totals = out.split("\n\n")
    assert [" ".join(line.split()) for line in table.splitlines()[2:]] == rows
    assert total in totals


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it = 3", "layers.py:it is no model: 3 holds no layers and no Parameters"),
        ("def it(): pass", "None holds no layers"),
        ("it = []", "[] holds no layers"),
        ("class it(Module):\n    def __init__(self): self.a = {Sigmoid()}", "stands in a set"),
        ("def it(size): pass", "    def model():\n        return it(size)"),
    ],
)
def test_summary_refuses_what_is_no_model(
    text: str, said: str, command: Command, write: Write
) -> None:
    refused(command("summary", f"{write(text)}:it"), said, lines=None)


# parity -------------------------------------------------------------------------------------------


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


# trace --------------------------------------------------------------------------------------------

BY_HAND = """
x = rng.normal(size=(4, 2)).astype("float32")
t = np.array([0, 1, 2, 0])
layers, loss = [Linear(2, 5, rng), Sigmoid(), Linear(5, 3, rng)], SoftmaxWithLoss()
def forward(x):
    for layer in layers: x = layer.forward(x)
    return x
def step():
    y = loss.forward(forward(x), t)
    dout = loss.backward()
    for layer in reversed(layers): dout = layer.backward(dout)
    return y
"""


class Traced(NamedTuple):
    """What trace printed: what the script printed itself, the title, the rows, and what follows."""

    code: int
    before: str
    title: str
    rows: dict[str, dict[str, str]]
    marked: list[str]
    after: str
    names: list[str]

    def norms(self, what: str) -> list[float | None]:
        """A column of numbers, None where there is none."""
        return [float(row[what]) if row[what].strip("- ") else None for row in self.rows.values()]


@pytest.fixture
def trace(command: Command) -> Callable[..., Traced]:
    """Traces a script, and reads the table. Rows of one name get the numbers of their calls."""

    def run(*arguments: str) -> Traced:
        code, out, err = command("trace", *arguments)
        assert err == ""
        before, title, text = re.split(r"^--- (.*?) -+\n", out, maxsplit=1, flags=re.M)
        table, after = text.split("\n\n", 1)
        heads, rule, *lines = table.split("\n")
        assert max(map(len, table.split("\n"))) <= 100
        places = [match.span() for match in re.finditer("-+", rule)]
        if places[0] != (0, 1):
            places.insert(0, (0, 1))
        rows: dict[str, dict[str, str]] = {}
        names, marked = [], []
        for line in lines:
            cells = [line[start:end].strip() for start, end in places]
            names.append(cells[1])
            marked += [cells[1]] if cells[0] else []
            name = cells[1] if cells[1] not in rows else f"{cells[1]} ({names.count(cells[1])})"
            titles = [heads[start:end].strip() for start, end in places]
            rows[name] = dict(zip(titles[2:], cells[2:], strict=True))
        return Traced(code, before, title, rows, marked, after, names)

    return run


Trace = Callable[..., Traced]


def script_of(write: Write, text: str, before: str = LAYERS + BY_HAND) -> str:
    return write(text, "script.py", before)


def test_trace_shows_each_call_of_the_first_step(trace: Trace, write: Write) -> None:
    script_of(write, "for i in range(3): print('step', i, step().shape)")
    traced = trace("script.py")
    assert (traced.code, traced.title) == (0, "trace of script.py, step 1 of 3")
    assert traced.before == "step 0 ()\nstep 1 ()\nstep 2 ()\n\n"
    assert traced.after == "All numbers are finite, in all steps.\n"
    assert traced.names == ["Linear 1", "Sigmoid", "Linear 2", "SoftmaxWithLoss"]
    first, sigmoid, _, loss = traced.rows.values()
    numbers = {"|grad|": first["|grad|"], "|dx|": first["|dx|"]}
    assert first == {
        "in": "(4, 2)", "out": "(4, 5)", "dtype": "float32", "device": "CPU", "params": "15",
        **numbers, "finite": "yes",
    }  # fmt: skip
    assert (sigmoid["params"], sigmoid["|grad|"]) == ("", "")
    assert (loss["in"], loss["out"]) == ("(4, 3), (4,)", "()")
    assert traced.marked == []


def test_the_norms_are_those_of_the_gradients(trace: Trace, write: Write) -> None:
    script_of(write, "step(); step()")
    names: dict[str, Any] = {}
    exec(LAYERS + BY_HAND, names)
    names["loss"].forward(names["forward"](names["x"]), names["t"])
    douts: list[Array] = []
    dout = names["loss"].backward()
    for layer in reversed(names["layers"]):
        douts.insert(0, dout)
        dout = layer.backward(dout)
    dxs = [dout, *douts]
    grads = [[*layer.grads] for layer in names["layers"]] + [[]]
    traced = trace("script.py")
    length = [float(np.sqrt((dx.astype(float) ** 2).sum())) for dx in dxs]
    assert traced.norms("|dx|") == pytest.approx(length, rel=1e-2)
    total = [float(np.sqrt(sum((g.astype(float) ** 2).sum() for g in gs))) or None for gs in grads]
    assert traced.norms("|grad|")[::2] == pytest.approx(total[::2], rel=1e-2)


class Silent(script.Screen):
    def show(self, figure: Figure, name: str, alt: str) -> None:
        """No file."""


PAGES = {
    "ch01/train.py": ["Linear 1", "Sigmoid", "Linear 2", "SoftmaxWithLoss"],
    "ch01/train_custom_loop.py": ["Linear 1", "Sigmoid", "Linear 2", "SoftmaxWithLoss"],
    "ch02/polynomial_module.py": [
        *("Mul", "Add", "Pow", "Mul", "Add", "Pow", "Mul", "Add", "MSELoss"),
        *("Parameter a", "Parameter b", "Parameter c", "Parameter d"),
    ],
}


@pytest.mark.parametrize("page", PAGES)
def test_trace_shows_the_first_step_of_a_chapter_page(
    page: str, trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "screen", Silent())
    traced = trace(str(ROOT / page), "--steps", "20")
    count = 40 if "custom" in page else 20  # it trains twice
    assert (traced.code, traced.names) == (0, PAGES[page])
    assert traced.title == f"trace of {ROOT / page}, step 1 of {count}"
    if "ch01" in page:
        shapes = ["(30, 2)", "(30, 10)", "(30, 10)", "(30, 3), (30, 3)"]
        assert [row["in"] for row in traced.rows.values()] == shapes
        assert [row["params"] for row in traced.rows.values()] == ["30", "", "33", ""]
        assert [norm is None for norm in traced.norms("|dx|")] == [True, False, False, False]
        assert all(norm > 0 for norm in traced.norms("|grad|")[::2] if norm is not None)
    else:
        assert [row["params"] for row in traced.rows.values()][-4:] == ["1"] * 4
        assert all(norm is not None for norm in traced.norms("|grad|")[-4:])
        assert traced.rows["Pow"]["in"] == "(2000,), 2"


NAN = """
class Unlucky(Layer):
    forwards = backwards = 0
    def forward(self, x):
        self.forwards += 1
        return 2 * x if self.forwards < FORWARD else x * np.nan
    def backward(self, dout):
        self.backwards += 1
        return 2 * dout if self.backwards < BACKWARD else dout * np.nan
layers.insert(2, Unlucky())
for i in range(6): step()
"""


def test_trace_shows_the_step_in_which_a_number_was_lost_and_where(
    trace: Trace, write: Write
) -> None:
    script_of(write, NAN.replace("FORWARD", "3").replace("BACKWARD", "9"))
    traced = trace("script.py")
    assert (traced.code, traced.marked) == (1, ["Unlucky"])
    assert traced.title == "trace of script.py, step 3 of 6: a number is not finite"
    said = "First not finite: the output of Unlucky, in forward; what it was given is finite.\n"
    assert traced.after == said
    assert [row["finite"] for row in traced.rows.values()] == [
        *("no: grad, dx", "no: dx", "no: out, dx", "no: out, grad, dx", "no: out, dx"),
    ]


def test_a_number_may_be_lost_on_the_way_back(trace: Trace, write: Write) -> None:
    script_of(write, NAN.replace("FORWARD", "9").replace("BACKWARD", "2"))
    traced = trace("script.py")
    assert (traced.code, traced.marked) == (1, ["Unlucky"])
    assert "step 2 of 6" in traced.title
    assert "the dx of Unlucky, in backward; what it was given is finite." in traced.after
    assert [row["finite"] for row in traced.rows.values()] == [
        *("no: grad, dx", "no: dx", "no: dx", "yes", "yes"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step(); x[0] = np.nan; step()",
         "the output of Linear 1, in forward; what it was given is not finite, either."),
        ("step(); layers[2].params[0][0] = np.nan; step()",
         "the output of Linear 2, in forward; its parameters are not finite: an earlier update"),
        ("step()\nwith no_grad(): Tanh()(Tensor(x * np.nan))\nstep()",
         "the output of Tanh, in forward; what it was given is not finite, either."),
        ("step(); forward(x * np.nan); step()",
         "the output of Linear 1, in forward; what it was given is not finite, either."),
        ("step(); y = forward(x); layers[2].backward(y * np.nan)",
         "the gradient and dx of Linear 2, in backward; what it was given is not finite, either."),
    ],
)  # fmt: skip
def test_trace_says_what_was_lost_before(text: str, said: str, trace: Trace, write: Write) -> None:
    script_of(write, text)
    traced = trace("script.py")
    assert traced.code == 1
    assert "step 2" in traced.title
    assert said in traced.after


def test_a_script_that_fails_shows_its_step_up_to_the_layer_that_failed(
    trace: Trace, write: Write
) -> None:
    script_of(write, "step()\nlayers[2] = Linear(4, 3)\nstep()\nstep()")
    traced = trace("script.py")
    assert (traced.code, traced.marked) == (1, ["Linear 2"])
    assert traced.title == "trace of script.py, step 2: the script failed"
    assert traced.names == ["Linear 1", "Sigmoid", "Linear 2"]
    assert traced.rows["Linear 2"]["finite"] == "failed"
    assert (traced.rows["Linear 2"]["in"], traced.rows["Linear 2"]["out"]) == ("(4, 5)", "")
    assert traced.after == (
        "The script failed in this step:\n"
        "  script.py, line 24, in <module>\n"
        "    step()\n"
        "  script.py, line 18, in step\n"
        "    y = loss.forward(forward(x), t)\n"
        "  script.py, line 15, in forward\n"
        "    for layer in layers: x = layer.forward(x)\n"
        "ShapeError: Linear: x must have shape (N, 4) with N at least 1, got (4, 5)\n"
    )


def test_a_backward_may_fail(trace: Trace, write: Write) -> None:
    script_of(write, "loss.forward(forward(x), t); layers[2].backward(loss.backward()[:2])")
    traced = trace("script.py")
    assert (traced.code, traced.marked) == (1, ["Linear 2"])
    assert [row["finite"] for row in traced.rows.values()] == ["yes", "yes", "failed", "yes"]
    assert "ShapeError: Linear: dout must have shape (4, 3), got (2, 3)" in traced.after


def test_a_script_may_fail_beside_its_layers(trace: Trace, write: Write) -> None:
    script_of(write, "step(); step(); 1 / 0")
    traced = trace("script.py")
    assert (traced.code, traced.marked, len(traced.names)) == (1, [], 4)
    assert traced.title == "trace of script.py, step 2 of 2: the script failed"
    assert traced.after.endswith("    step(); step(); 1 / 0\nZeroDivisionError: division by zero\n")


def test_a_number_that_was_lost_is_shown_also_if_the_script_fails_later(
    trace: Trace, write: Write
) -> None:
    script_of(write, NAN.replace("FORWARD", "2").replace("BACKWARD", "9") + "\n1 / 0")
    traced = trace("script.py")
    assert (traced.code, traced.marked) == (1, ["Unlucky"])
    assert traced.title == "trace of script.py, step 2 of 6: a number is not finite"
    assert "\nThe script failed in step 6:\n" in traced.after


def test_an_error_that_the_script_catches_is_no_end(trace: Trace, write: Write) -> None:
    script_of(write, "step()\ntry: layers[0].forward(t)\nexcept ValueError: pass\nstep()")
    traced = trace("script.py")
    assert (traced.code, traced.marked, len(traced.names)) == (0, [], 4)


PLAIN_SCRIPT = """
import numpy as np
class Affine:
    def __init__(self, W, b):
        self.params, self.grads = [W, b], [np.zeros_like(W), np.zeros_like(b)]
    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.dot(x, W) + b
    def backward(self, dout):
        self.grads[0][...] = np.dot(self.x.T, dout)
        self.grads[1][...] = dout.sum(axis=0)
        return np.dot(dout, self.params[0].T)
class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y
    def backward(self, dout): return dout * self.y * (1 - self.y)
class Net:
    def __init__(self):
        one, other = Affine(np.ones((2, 4)), np.ones(4)), Affine(np.ones((4, 3)), np.ones(3))
        self.layers, self.params = [one, Sigmoid(), other], [*one.params, *other.params]
    def forward(self, x):
        for layer in self.layers: x = layer.forward(x)
        return x
    def backward(self, dout):
        for layer in reversed(self.layers): dout = layer.backward(dout)
net = Net()
for _ in range(2):
    net.forward(np.ones((5, 2)))
    net.backward(np.ones((5, 3)))
"""


def test_plain_classes_are_layers_and_what_calls_them_has_no_row(
    trace: Trace, write: Write
) -> None:
    script_of(write, "", PLAIN_SCRIPT)
    traced = trace("script.py")
    assert traced.names == ["Affine 1", "Sigmoid", "Affine 2"]
    assert [row["params"] for row in traced.rows.values()] == ["12", "", "15"]
    assert traced.norms("|grad|")[2] == pytest.approx(
        float(np.sqrt(4 * 3 * (5 / (1 + np.exp(-3))) ** 2 + 3 * 25)), rel=1e-2
    )
    assert "step 1 of 2" in traced.title


TAPE = """
x, t = Tensor(rng.normal(size=(4, 2))), np.array([0, 1, 2, 0])
first, shared, last = Linear(2, 5, rng), Linear(5, 5, rng), Linear(5, 3, rng)
loss = SoftmaxWithLoss()
class Net(Module):
    def __init__(self):
        self.first, self.shared, self.last = first, shared, last
        self.scale = Parameter(np.ones(5))
    def forward(self, x):
        x = self.shared(self.first(x).tanh())
        return self.last(self.shared(x) * self.scale)
model = Net()
def step():
    model.zero_grads()
    y = loss(model(x), t)
    y.backward()
"""


def test_on_the_tape_a_call_is_that_of_its_layer(trace: Trace, write: Write) -> None:
    script_of(write, "step(); step()", LAYERS + TAPE)
    traced = trace("script.py")
    names = ["Linear 1", "Tanh", "Linear 2", "Linear 2", "Mul", "Linear 3", "SoftmaxWithLoss"]
    assert traced.names == [*names, "Parameter scale"]
    one, other = (traced.rows[name]["|grad|"] for name in ("Linear 2", "Linear 2 (2)"))
    assert float(one) != float(other)  # each call has a gradient of its own
    assert traced.rows["Parameter scale"]["out"] == "(5,)"
    assert traced.norms("|grad|")[-1] is not None
    assert "step 1 of 2" in traced.title
    script_of(write, "model(x)\nstep()", LAYERS + TAPE)
    assert trace("script.py").names == traced.names
    script_of(write, "x = x / x.sum()\nmodel(x)\nstep()", LAYERS + TAPE)
    assert trace("script.py").names == traced.names
    script_of(write, "x = x / x.sum()\nstep()", LAYERS + TAPE)
    assert trace("script.py").names == ["Sum", "Div", *traced.names]


def test_leaves_without_a_model_have_their_places(trace: Trace, write: Write) -> None:
    script_of(
        write,
        """
        w1, w2 = (Tensor(rng.normal(size=shape), requires_grad=True) for shape in [(2, 5), (5, 3)])
        ((Tensor(np.ones((4, 2))) @ w1).tanh() @ w2).sum().backward()
        """,
        LAYERS,
    )
    traced = trace("script.py")
    assert traced.names == ["MatMul", "Tanh", "MatMul", "Sum", "Tensor 1", "Tensor 2"]
    assert [row["out"] for row in traced.rows.values()][-2:] == ["(2, 5)", "(5, 3)"]


def test_calls_and_backwards_need_not_stand_in_pairs(trace: Trace, write: Write) -> None:
    """A cell that is called twice in a step; and a layer that waits for its backward."""
    script_of(
        write,
        """
        class Cell:
            def __init__(self): self.kept = []
            def forward(self, x): self.kept.append(x); return 2 * x
            def backward(self, dout): return dout * self.kept.pop()
        cell, waits, other = Cell(), ReLU(), ReLU()
        y = waits.forward(np.ones((4, 2)))
        dout = cell.backward(cell.backward(np.ones(cell.forward(cell.forward(y)).shape)))
        other.forward(y)
        waits.backward(dout)
        raise ValueError("that is all")
        """,
        LAYERS,
    )
    traced = trace("script.py")
    assert traced.names == ["ReLU 1", "ReLU 2"]
    assert [row["in"] for row in traced.rows.values()] == ["(4, 2)", ""]
    assert [norm is None for norm in traced.norms("|dx|")] == [True, False]
    write(
        (Path("script.py")).read_text("utf-8").replace("raise ValueError", "print"), "script.py", ""
    )
    traced = trace("script.py")
    assert traced.names == ["ReLU", "Cell", "Cell"]
    assert [norm is None for norm in traced.norms("|dx|")] == [True, False, False]


def test_a_forward_on_the_way_back_begins_no_step(trace: Trace, write: Write) -> None:
    script_of(
        write,
        """
        class Again(Layer):
            def forward(self, x): self.x = x; return 1 / (1 + np.exp(-x))
            def backward(self, dout):
                sigmoid = Sigmoid()
                sigmoid.forward(self.x)
                return sigmoid.backward(dout)
        layers[1] = Again()
        step()
        """,
    )
    assert "step 1 of 1" in trace("script.py").title


def test_what_calls_layers_is_marked_if_it_fails_itself(trace: Trace, write: Write) -> None:
    """Or loses a number; and not if a layer in it does."""
    own = "        for layer in self.layers: x = layer.forward(x)\n"
    script_of(write, "", PLAIN_SCRIPT.replace(own, own + "        x.nothing\n"))
    traced = trace("script.py")
    assert traced.names == ["Net", "Affine 1", "Sigmoid", "Affine 2"]
    assert traced.marked == ["Net"]
    script_of(write, "", PLAIN_SCRIPT.replace(own, own + "        x = x * np.nan\n"))
    traced = trace("script.py")
    assert traced.marked == ["Net"]
    assert "the output of Net, in forward; what it was given is finite." in traced.after
    assert traced.rows["Net"]["params"] == ""  # they are those of the layers
    script_of(write, "", PLAIN_SCRIPT.replace("np.ones((4, 3))", "np.ones((7, 3))"))
    traced = trace("script.py")
    assert (traced.names, traced.marked) == (["Affine 1", "Sigmoid", "Affine 2"], ["Affine 2"])


def test_an_error_of_the_trainer_is_none_of_a_layer(trace: Trace, write: Write) -> None:
    script_of(
        write,
        """
        from common.trainer import Trainer
        class Net:
            def __init__(self):
                self.layer = Linear(2, 3)
                self.params, self.grads = self.layer.params, self.layer.grads
            def forward(self, x, t): return self.layer.forward(x)
            def backward(self): self.layer.backward(1)
        Trainer(Net(), SGD(0.1)).fit(np.ones((4, 2), "float32"), np.ones(4, int))
        """,
        LAYERS,
    )
    traced = trace("script.py")
    assert (traced.names, traced.marked) == (["Linear"], [])
    assert "the loss must be one number, got shape (4, 3)" in traced.after


@pytest.mark.parametrize("extra", ["", ", replay=True"])
def test_the_trainer_calls_layers_as_a_loop_does(extra: str, trace: Trace, write: Write) -> None:
    script_of(
        write,
        f"""
        from common.trainer import Trainer
        x = rng.normal(size=(40, 2)).astype("float32")
        model = Sequential(Linear(2, 5, rng), Sequential(ReLU(), Linear(5, 3, rng)))
        trainer = Trainer(model, SGD(0.1), SoftmaxWithLoss(), seed=0{extra})
        trainer.fit(x, np.arange(40) % 3, max_epoch=2, batch_size=10, eval_interval=None)
        """,
        LAYERS,
    )
    traced = trace("script.py")
    assert traced.names == ["Linear 1", "ReLU", "Linear 2", "SoftmaxWithLoss"]
    assert traced.rows["Linear 1"]["in"] == "(10, 2)"
    assert "step 1 of 8" in traced.title


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # a subclass that goes on with what its base does
        ("""
         class Twice(Linear):
             def forward(self, x): return super().forward(x)[:, :2]
             def backward(self, dout): return super().backward(np.ones((4, 3)))
         layer = Twice(2, 3)
         """, ["Twice"]),
        # a layer within a layer, which both go through it
        ("""
         class Outer(Layer):
             def __init__(self): self.inner = Linear(2, 3); super().__init__(*self.inner.params)
             def forward(self, x): return self.inner.forward(x)
             def backward(self, dout): return self.inner.backward(dout)
         layer = Outer()
         """, ["Linear"]),
        # one that helps in forward, and is left out on the way back
        ("""
         class Helped(Layer):
             def forward(self, x): self.y = Sigmoid().forward(x); return self.y
             def backward(self, dout): return dout * self.y * (1 - self.y)
         layer = Helped()
         """, ["Helped"]),
        # names that are no methods of a layer, and methods that run later
        ("""
         def forward(x): return x
         class Half:
             def forward(self, x): return x
         class Later:
             def forward(self, x): yield x
             def backward(self, dout): yield dout
         forward(3); Half().forward(3); list(Later().forward(3))
         layer = ReLU()
         """, ["ReLU"]),
        # a row of layers that is not asked to go back
        ("""
         layer = Sequential(ReLU())
         layer.needs_dx = False
         """, ["ReLU"]),
        # an argument that is no input
        ("layer = Dropout()", ["Dropout"]),
        # attributes that fail
        ("""
         class Shy:
             @property
             def params(self): raise RuntimeError("not now")
             grads = params
             def forward(self, x): return x
             def backward(self, dout): return dout
         layer = Shy()
         """, ["Shy"]),
        # several inputs and outputs, and numbers
        ("""
         class Several(Layer):
             def forward(self, *xs, scale=2.0): return tuple(scale * x for x in xs)
             def backward(self, dout): return (dout, dout)
         several, layer = Several(), ReLU()
         several.forward(x, np.ones(3), 2)
         several.backward(x)
         """, ["Several"]),
    ],
)  # fmt: skip
def test_a_layer_has_a_row_if_it_calls_no_other(
    text: str, names: list[str], trace: Trace, write: Write
) -> None:
    script_of(write, "x = np.ones((4, 2))\n" + textwrap.dedent(text), LAYERS)
    with (Path("script.py")).open("a", encoding="utf-8") as file:
        file.write("\ny = layer.forward(x); layer.backward(np.ones(np.shape(y)))\n")
    traced = trace("script.py")
    assert (traced.code, traced.names) == (0, names)
    if names == ["Twice"]:
        assert (traced.rows["Twice"]["out"], traced.rows["Twice"]["params"]) == ("(4, 2)", "9")
    if names == ["Dropout"]:
        assert traced.rows["Dropout"]["in"] == "(4, 2)"
    if names == ["Several"]:
        assert traced.rows["Several"]["in"] == "(4, 2), (3,), 2"
        assert traced.rows["Several"]["out"] == "(4, 2), (3,), ()"


@pytest.mark.parametrize(
    "before",
    [
        "loss.forward(forward(x), t)",
        "forward(np.ones((7, 2), 'float32'))",
        "SoftmaxWithLoss().forward(Linear(2, 3).forward(x), t)",
        "from common.gradient_check import check_gradients; check_gradients(Sigmoid(), np.ones(3))",
        "with no_grad(): Tanh()(Tensor(x))",
    ],
)
def test_what_is_called_before_a_step_is_none_of_it(
    before: str, trace: Trace, write: Write
) -> None:
    script_of(write, f"{before}\nstep()\nstep()")
    traced = trace("script.py")
    assert traced.names == ["Linear 1", "Sigmoid", "Linear 2", "SoftmaxWithLoss"]
    assert "step 1 of 2" in traced.title
    assert traced.rows["Linear 1"]["in"] == "(4, 2)"


def test_a_layer_that_is_left_out_on_the_way_back_is_shown(trace: Trace, write: Write) -> None:
    script_of(write, "loss.forward(forward(x), t); layers[2].backward(loss.backward())")
    traced = trace("script.py")
    assert traced.names == ["Linear 1", "Sigmoid", "Linear 2", "SoftmaxWithLoss"]
    assert [row["|dx|"] for row in traced.rows.values()][:2] == ["-", "-"]


def test_a_script_without_backward_shows_its_last_pass(trace: Trace, write: Write) -> None:
    script_of(write, "for n in (2, 3): forward(np.ones((n, 2), 'float32'))")
    traced = trace("script.py")
    assert traced.title == "trace of script.py: no backward was called"
    assert [row["in"] for row in traced.rows.values()] == ["(3, 2)", "(3, 5)", "(3, 5)"]


def test_a_script_without_layers_says_so(command: Command, write: Write) -> None:
    script_of(write, "print('done')", "")
    code, out, _ = command("trace", "script.py")
    assert code == 0
    assert out.startswith("done\n\nNo layer was called. A layer is an object with a forward and ")
    assert "finite" not in out


def test_a_script_is_run_as_python_runs_it(command: Command, write: Write) -> None:
    write("value = 7", "_beside_the_script.py", before="")
    text = """
        import sys, _beside_the_script
        print(__name__, sys.argv, sys.path[0], sys.modules["__main__"].__dict__ is globals())
        print(_beside_the_script.value, __file__)
        """
    script_of(write, text, "")
    sys.setprofile(lambda *_: None)
    before = sys.argv, [*sys.path], sys.modules["__main__"], sys.getprofile()
    _, out, _ = command("trace", "script.py", "--help", "-x", "3")
    after = sys.argv, sys.path, sys.modules["__main__"], sys.getprofile()
    sys.setprofile(None)
    here = str(Path.cwd())
    assert out.startswith(
        f"__main__ ['script.py', '--help', '-x', '3'] {here} True\n7 {Path.cwd() / 'script.py'}\n"
    )
    assert after == before


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        ("sys.exit()", 0, "All numbers are finite"),
        ("sys.exit(0)", 0, "All numbers are finite"),
        ("sys.exit(3)", 3, "The script ended itself: sys.exit(3)"),
        ("sys.exit('no data')", 1, "The script ended itself: sys.exit(no data)"),
        ("raise KeyboardInterrupt", 130, "Interrupted in step 2."),
        ("raise Exception", 1, "raise Exception\nException\n"),
    ],
)
def test_a_script_may_end_as_it_likes(
    ending: str, code: int, said: str, trace: Trace, write: Write
) -> None:
    script_of(write, f"import sys\nstep()\nstep()\n{ending}")
    traced = trace("script.py")
    assert traced.code == code
    assert said in traced.after
    assert f"step {2 if 'Exception' in ending else 1} of 2" in traced.title


def test_trace_refuses_what_is_no_script(command: Command, write: Write, tmp_path: Path) -> None:
    refused(command("trace", "script.py"), "trace: there is no file script.py\n")
    refused(command("trace", str(tmp_path)), "is a folder: name a file in it")
    script_of(write, "y = (2\n", "")
    refused(command("trace", "script.py"), "script.py, line 1: '(' was never closed: y = (2")
    refused(command("trace", "scrip.py"), "there is no file scrip.py. Is script.py meant?")


def test_a_script_with_an_unknown_option_ends_with_its_own_code(command: Command) -> None:
    code, out, err = command("trace", str(ROOT / "ch01/train.py"), "--epochs", "3")
    assert code == 2
    assert "unrecognized arguments: --epochs 3" in err
    assert "No layer was called" in out


def test_trace_says_what_is_on_the_gpu(trace: Trace, write: Write, cupy_to_switch_to: Any) -> None:
    script_of(
        write,
        """
        from common import config
        with config.use_gpu():
            layer = Linear(2, 3)
            layer.forward(np.ones((4, 2), "float32"))
            layer.backward(np.ones((4, 3), "float32"))
        """,
        LAYERS,
    )
    traced = trace("script.py")
    assert not config.GPU
    assert traced.rows["Linear"]["device"] == "GPU"
    assert traced.norms("|grad|")[0] == pytest.approx(float(np.sqrt(6 * 16 + 3 * 16)), rel=1e-2)


def test_an_endless_forward_is_not_kept() -> None:
    layer = Linear(2, 2)
    with Watch() as watch:
        for _ in range(MOST_CALLS + 5):
            layer.forward(np.ones((1, 2)))
    assert len(watch.step.calls) == MOST_CALLS


# The README ---------------------------------------------------------------------------------------

README = ROOT / "README.md"


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.torch if n == "parity" else ()) for n in COMMANDS]
)
def test_the_readme_shows_what_a_command_prints(
    name: str, command: Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, section = README.read_text("utf-8").partition("## For a class: the command line\n")
    section = section.partition("\n## ")[0]
    (file,) = re.findall(r"```python\n(.*?)```", section, re.S)
    write(file, "swish.py", before="")
    pattern = rf"```\n\$ python -m common ({name} .*?|{name})\n(.*?)```"
    ((line, shown),) = re.findall(pattern, section, re.S)
    if name == "parity":
        import_torch()
    monkeypatch.setattr(script, "screen", Silent())
    out = command(*line.replace("ch01", str(ROOT / "ch01")).split()).out
    out = re.sub(r" -+$", "", out.replace(str(ROOT / "ch01"), "ch01"), flags=re.M)
    shown = re.sub(r" -+$", "", shown, flags=re.M)
    if name == "trace":  # what the page prints is left out
        out = out[out.index("---") :]
    assert rounded(out) == rounded(shown)


def rounded(text: str) -> list[list[str]]:
    """The words of each line; a ~ for 0, and for what rounding alone may have made."""
    is_rounding = re.compile(r"0|\d\.\de-1\d").fullmatch
    return [["~" if is_rounding(w) else w for w in line.split()] for line in text.splitlines()]
