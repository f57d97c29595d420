"""An answer that is taken from `common` is told so; one's own is not."""

import importlib
import inspect
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import functions, gradient_check, layers
from common.functions import softmax
from common.np import np
from exercises.exercise import Exercise
from exercises.judging import judge, load

RELU = """
from common import layers
from common.layers import Layer
from common.layers import ReLU as Theirs
from common.np import np

class ReLU(Layer):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask
"""
SOFTMAX = """
import functools
from common import functions
from common.functions import softmax
from common.np import np

def f(s):
    e = np.exp(s)
    return e / e.sum(axis=-1, keepdims=True)
"""


def relu(body: str, before: str = "", after: str = "") -> str:
    """A ReLU with this forward, and lines before and after it."""
    forward = "self.mask = x > 0\n        return x * self.mask"
    assert forward in RELU
    return RELU.replace("\nclass", f"{before}\n\nclass").replace(forward, body) + after


USED = "Your answer uses ReLU of common.layers"
IS = "This is ReLU of common.layers"
RELUS = {
    "imported": ("from common.layers import ReLU", IS),
    "renamed": ("from common import layers\nReLU = layers.ReLU", IS),
    "an instance": ("from common import layers\nReLU = layers.ReLU()", IS),
    "derived": ("import common.layers as L\nclass ReLU(L.ReLU):\n    pass", IS),
    "its methods, put in": (relu("pass", after="\nReLU.forward = Theirs.forward\n"), IS),
    "its methods, in a type": ("from common import layers\n"
        "ReLU = type('ReLU', (layers.Layer,), dict(vars(layers.ReLU)))", IS),
    "used": (relu("return [Theirs][0]().forward(x)"), USED),
    "used, and imported inside": (
        relu("from common import layers as l\n        return l.ReLU().forward(x)"), USED),
    "used by a function beside it": (
        relu("return helper(x)", "def helper(x):\n    return Theirs().forward(x)"), USED),
    "used, made beside it": (relu("return theirs.forward(x)", "theirs = Theirs()"), USED),
    "used, in an attribute": (relu("return self.theirs.forward(x)",
        after="\n    theirs = Theirs()\n"), USED),
}  # fmt: skip
USED = "Your answer uses softmax of common.functions"
SOFTMAXES = {
    "partial": (SOFTMAX + "\nf = functools.partial(softmax)", "This is softmax"),
    "lambda": (SOFTMAX + "\nf = lambda s: softmax(s)", USED),
    "default": (SOFTMAX.replace("(s):", "(s, g=softmax):\n    return g(s)"), USED),
    "by its name": (SOFTMAX + "\ndef f(s):\n    return getattr(functions, 'softmax')(s)", USED),
    "closure": (
        SOFTMAX + "\ndef make(g):\n    def f(s):\n        return g(s)\n    return f\n"
        "f = make(softmax)",
        USED,
    ),
    "the layer": (
        "from common.layers import Softmax\ndef f(s):\n    return Softmax().forward(s)",
        USED,
    ),
    "used, and an error": (SOFTMAX.replace("e = np.exp(s)", "softmax(s)\n    1 / 0"), USED),
}


def try_relu(answer: Any) -> None:
    layer, x = answer if isinstance(answer, layers.Layer) else answer(), np.array([[1.0, -2.0]])
    assert np.array_equal(layer.forward(x), layers.ReLU().forward(x))


def try_softmax(answer: Any) -> None:
    assert np.allclose(answer(np.eye(2)), softmax(np.eye(2)))


def judged(
    tmp_path: Path, text: str, name: str, asks_for: str, check: Callable[[Any], None]
) -> tuple[str, str]:
    path = tmp_path / "loss.py"
    path.write_text(text, encoding="utf-8")
    exercise = Exercise("write", ("a", "b", "c"), asks_for=asks_for)
    exercise.check("it is right")(check)
    verdict = judge(exercise, name, load(path))
    return verdict.status, verdict.reply


def told_of_relu(tmp_path: Path, text: str) -> tuple[str, str]:
    return judged(tmp_path, text, "ReLU", "layers.ReLU", try_relu)


def told_of_softmax(tmp_path: Path, text: str) -> tuple[str, str]:
    return judged(tmp_path, text, "f", "functions.softmax", try_softmax)


@pytest.mark.parametrize("how", RELUS)
def test_a_layer_of_common_is_told_so(how: str, tmp_path: Path) -> None:
    text, words = RELUS[how]
    status, reply = told_of_relu(tmp_path, text)
    assert (status, words in reply) == ("not its own", True), reply


@pytest.mark.parametrize("how", SOFTMAXES)
def test_a_function_of_common_is_told_so(how: str, tmp_path: Path) -> None:
    text, words = SOFTMAXES[how]
    status, reply = told_of_softmax(tmp_path, text)
    assert (status, words in reply) == ("not its own", True), reply


OWN = "self.mask = x > 0"
OWN_RELUS = {
    "plain": RELU,
    "another formula": relu("return np.maximum(x, 0)"),
    "a base of one's own": RELU.replace("class ReLU(Layer)", "class Base(Layer)")
    + "\nclass ReLU(Base):\n    pass\n",
    "with a check": relu(
        "check_array(self, 'x', x)\n        return np.maximum(x, 0)",
        "from common.checks import check_array",
    ),
    "compared with theirs, elsewhere": RELU + "\ndef compare():\n    return Theirs().forward(1)\n",
    "compared with theirs, before": RELU + "\nassert Theirs().forward(np.ones(1)) == 1\n",
    "theirs in an annotation": RELU.replace("(self, x)", "(self, x: Theirs)"),
    "theirs in isinstance": relu(
        "assert not isinstance(self, Theirs)\n        return np.maximum(x, 0)"
    ),
}
OWN_SOFTMAXES = {
    "plain": SOFTMAX,
    "a variable of its name": SOFTMAX.replace("return ", "softmax = ") + "    return softmax\n",
    "a parameter of its name": SOFTMAX.replace("(s):", "(s, softmax=None):"),
}


@pytest.mark.parametrize("how", OWN_RELUS)
def test_a_layer_of_ones_own_is_not(how: str, tmp_path: Path) -> None:
    assert told_of_relu(tmp_path, OWN_RELUS[how]) == ("right", "")


@pytest.mark.parametrize("how", OWN_SOFTMAXES)
def test_a_function_of_ones_own_is_not(how: str, tmp_path: Path) -> None:
    assert told_of_softmax(tmp_path, OWN_SOFTMAXES[how]) == ("right", "")


@pytest.mark.parametrize("name", ["common.nothing", "commonx"])
def test_an_import_of_what_is_not_there_is_an_error_of_its_line(name: str, tmp_path: Path) -> None:
    status, reply = told_of_relu(tmp_path, relu(f"from {name} import ReLU as q"))
    assert status == "wrong"
    assert "of your file raises ModuleNotFoundError" in reply


def test_the_checks_may_use_what_is_asked_for(tmp_path: Path) -> None:
    """Where they are called, and in a function that they hand to the answer."""
    checks = importlib.import_module("exercises.checks.ch01.loss")
    check = "def check(answer):\n    assert answer(lambda: softmax(np.eye(2))) is not None\n"
    names: dict[str, Any] = {"softmax": softmax, "np": np}
    exec(compile(check, str(checks.__file__), "exec"), names)
    text = "def f(g):\n    return g()\n"
    assert judged(tmp_path, text, "f", "functions.softmax", names["check"]) == ("right", "")


# Copies -------------------------------------------------------------------------------------------


def copied(thing: Any) -> str:
    return "from common.layers import *\nSetting = dict\n" + inspect.getsource(
        inspect.unwrap(thing)
    )


def without(text: str, pattern: str) -> str:
    assert re.search(pattern, text, flags=re.MULTILINE)
    return re.sub(pattern, "", text, flags=re.MULTILINE)


DROPOUT = copied(layers.Dropout)
FORWARD = inspect.getsource(layers.Dropout.forward)
SLOPES = copied(gradient_check.numerical_gradient)
COPIES: dict[str, tuple[str, str]] = {
    "a class": (DROPOUT, "layers.Dropout"),
    "without annotations": (without(DROPOUT, r": Array| -> Array"), "layers.Dropout"),
    "without the docstring": (without(DROPOUT, r'(?s)    """.*?"""\n'), "layers.Dropout"),
    "without our checks": (without(DROPOUT, r"^ *check_.*\n"), "layers.Dropout"),
    "with other names": (re.sub(r"\bx\b", "a", DROPOUT), "layers.Dropout"),
    "one method": (f"class Dropout:\n{FORWARD}", "layers.Dropout"),
    "a function": (SLOPES, "gradient_check.numerical_gradient"),
    "a function, with another name": (
        re.sub(r"\bgradient\b", "g", SLOPES),
        "gradient_check.numerical_gradient",
    ),
    "a function, by its check": (copied(functions.softmax), "functions.softmax"),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_told_so(how: str, tmp_path: Path) -> None:
    text, asks_for = COPIES[how]
    text = "from __future__ import annotations\n" + text
    name = asks_for.partition(".")[2]
    status, reply = judged(tmp_path, text, name, asks_for, lambda answer: None)
    assert status == "not its own"
    assert f"This is a copy of {name} in common/" in reply


NATURAL = {
    "layers.Tanh": """
        class Tanh(Layer):
            def forward(self, x):
                check_array(self, "x", x)
                self.y = np.tanh(x)
                return self.y
        """,
    "layers.Affine": """
        class Affine(Layer):
            def forward(self, x):
                W, b = self.params
                self.x = x
                return x.dot(W) + b
        """,
    "layers.Sequential": """
        class Sequential:
            def forward(self, x):
                for layer in self.layers:
                    x = layer.forward(x)
                return x
        """,
}


@pytest.mark.parametrize("asks_for", NATURAL)
def test_what_everybody_would_write_is_no_copy(asks_for: str, tmp_path: Path) -> None:
    text = "from common.layers import Layer\n" + textwrap.dedent(NATURAL[asks_for])
    name = asks_for.partition(".")[2]
    assert judged(tmp_path, text, name, asks_for, lambda answer: None) == ("right", "")
