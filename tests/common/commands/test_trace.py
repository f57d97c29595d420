"""`python -m common trace`."""

import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from common import config, script
from common.commands.calls import MOST_CALLS, Watch
from common.layers import Linear
from common.np import Array, np
from docs.pages import ROOT
from tests.common.commands import LAYERS, Command, Silent, Write, refused

pytestmark = pytest.mark.cpu


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
