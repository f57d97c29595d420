"""`python -m common summary`."""

import pytest

from tests.common.commands import PLAIN, Command, Write, refused

pytestmark = pytest.mark.cpu


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
