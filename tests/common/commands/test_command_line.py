"""The command line itself, and FILE:NAME, which two commands take."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.commands.files import CommandError, explained, find
from common.layers import Linear
from docs.pages import ROOT
from tests.common.commands import Command, Write, refused

pytestmark = pytest.mark.cpu
COMMANDS = ("gradcheck", "trace", "summary", "parity")


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
