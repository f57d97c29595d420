"""An answer that is taken from `common` is told so; one's own is not."""

import inspect
from pathlib import Path

import pytest

from common import layers
from exercises.exercise import Exercise
from exercises.judging import judge, load

OWN = """
from common.layers import Layer
from common.np import np

class ReLU(Layer):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask
"""
TAKEN = {
    "imported": ("from common.layers import ReLU", "This is ReLU of common.layers"),
    "renamed": ("from common import layers\nReLU = layers.ReLU", "This is ReLU of common.layers"),
    "derived": (
        "import common.layers as L\nclass ReLU(L.ReLU):\n    pass",
        "This is ReLU of common.layers",
    ),
    "used": (
        """
from common import layers
from common.layers import Layer

class ReLU(Layer):
    def __init__(self):
        super().__init__()
        self.theirs = [layers.ReLU]

    def forward(self, x):
        return self.theirs[0]().forward(x)
""",
        "Your answer uses ReLU of common.layers",
    ),
    "used, and imported inside": (
        """
class ReLU:
    def forward(self, x):
        from common import layers as l
        return l.ReLU().forward(x)
""",
        "Your answer uses ReLU",
    ),
    "used, and imported whole": (
        """
class ReLU:
    def forward(self, x):
        import common.layers
        return common.layers.ReLU().forward(x)
""",
        "Your answer uses ReLU",
    ),
    "used by a function beside it": (
        """
from common.layers import ReLU as Theirs

def relu(x):
    return Theirs().forward(x)

class ReLU:
    def forward(self, x):
        return relu(x)
""",
        "Your answer uses ReLU",
    ),
    "copied": (
        "from common.layers import *\nfrom common.layers import check_array, relu_dx, relu\n"
        + inspect.getsource(layers.ReLU).replace(': Array) -> Array', ')'),
        "This is a copy of ReLU in common/layers.py",
    ),
    "copied in part": (
        OWN.replace("        return dout * self.mask", "        pass")
        + "\n"
        + inspect.getsource(layers.ReLU.backward),
        "This is a copy of ReLU",
    ),
}  # fmt: skip


def told(tmp_path: Path, text: str) -> tuple[str, str]:
    path = tmp_path / "loss.py"
    text = text.replace(": Array) -> Array", ")")
    path.write_text(text, encoding="utf-8")
    exercise = Exercise("write", ("a", "b", "c"), asks_for="layers.ReLU")
    exercise.check("it is there")(lambda answer: None)
    verdict = judge(exercise, "ReLU", load(path))
    return verdict.status, verdict.reply


@pytest.mark.parametrize("how", TAKEN)
def test_what_is_taken_from_common_is_told_so(how: str, tmp_path: Path) -> None:
    text, words = TAKEN[how]
    status, reply = told(tmp_path, text)
    assert status == "not its own"
    assert words in reply


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        OWN.replace("x * self.mask", "np.maximum(x, 0)"),
        OWN.replace("dout * self.mask", "dout * (self.mask > 0)"),
        "from common.layers import ReLU as Theirs\n" + OWN,  # to compare with, perhaps
        OWN.replace("class ReLU(Layer)", "class Base(Layer)") + "\nclass ReLU(Base):\n    pass\n",
    ],
)
def test_ones_own_is_not(text: str, tmp_path: Path) -> None:
    assert told(tmp_path, text) == ("right", "")
