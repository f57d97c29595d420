"""A step that is replayed comes to what it comes to on the tape, to the bit."""

import copy
import itertools
import re
import textwrap
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import config
from common.autograd import Parameter, Tensor, concatenate, maximum, no_grad, replay, stack, where
from common.autograd.replays import Replay
from common.base import Layer
from common.checkpoint import load, save
from common.errors import ArgumentTypeError, CommonError, GraphError
from common.layers import (
    BatchNorm,
    Dropout,
    Linear,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    SoftmaxWithLoss,
    Tanh,
)
from common.losses import LOSSES
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD, Adam
from common.trainer import Trainer
from common.util import to_cpu, to_device
from tests.common.autograd.op_table import ROWS as OP_ROWS
from tests.common.autograd.op_table import OpRow
from tests.common.table import ROWS, Row, cast, draw

Step = Callable[..., Any]


def bits(arrays: Any) -> list[Any]:
    return [None if x is None else (x.shape, x.dtype.str, to_cpu(x).tobytes()) for x in arrays]


def on_tape(function: Step) -> Step:
    """The same step without a recording."""

    def step(*arrays: Array, **static: Any) -> Array:
        loss = function(*map(Tensor, arrays), **static)
        loss.backward()
        return np.asarray(loss.data)

    return step


def moved_on(array: Array, step: int) -> Array:
    """Other numbers, in another array; masks and indices move round."""
    if array.dtype.kind == "f":
        return np.asarray(array * (1 + step / 8))
    return np.roll(array, step)


# Every op and every layer ---------------------------------------------------------------------


@pytest.mark.parametrize("row", OP_ROWS, ids=str)
def test_every_op_on_what_is_learned(row: OpRow) -> None:
    runs = []
    for make in (replay, on_tape):
        leaves = [Tensor(array, requires_grad=True) for array in row.inputs()]
        dout = row.dout()
        step = make(lambda *t: (row.ours(*leaves, *t) * dout).sum())  # noqa: B023
        run = []
        for i in range(4):
            for leaf in leaves:
                leaf.grad = None
                with no_grad():
                    leaf *= 1 + i / 8
            loss = step(*(cast(constant, np.float64) for constant in row.constants))
            run.append(bits([loss, *(leaf.grad for leaf in leaves)]))
        runs.append(run)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("row", OP_ROWS, ids=str)
def test_every_op_on_what_the_step_is_given(row: OpRow) -> None:
    runs = []
    for make in (replay, on_tape):
        w, dout, count = Parameter(np.array(0.5)), row.dout(), len(row.arrays)
        step = make(lambda *t: (row.ours(*t) * dout * w).sum())  # noqa: B023
        run = []
        for i in range(4):
            w.grad = None
            given = [*row.inputs(), *(cast(constant, np.float64) for constant in row.constants)]
            arrays = [moved_on(a, i) if n < count else a for n, a in enumerate(given)]
            run.append(bits([step(*arrays), w.grad]))
        runs.append(run)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_layer(row: Row) -> None:
    """Its gradients, added up over two steps, its state, and what Dropout draws."""
    runs = []
    for make in (replay, on_tape):
        layer, dout = row.layer(), row.dout()
        first = Parameter(np.array(0.5))

        def function(*inputs: Tensor) -> Tensor:
            x = inputs[0] * first if inputs[0].dtype.kind == "f" else inputs[0]  # noqa: B023
            y = layer(x, *inputs[1:])  # noqa: B023
            return y if isinstance(layer, LOSSES) else (y * dout).sum()  # noqa: B023

        step, run = make(function), []
        for i in range(6):
            if i % 2 == 0:
                layer.zero_grads()
                first.clear()
            inputs = row.inputs()
            inputs = (moved_on(inputs[0], i), *inputs[1:])
            run.append(bits([step(*inputs), *layer.grads, *layer.state, *first.grads]))
        runs.append(run)
    assert runs[0] == runs[1]


# Models ---------------------------------------------------------------------------------------


class Shared(Module):
    """One weight used in three places, a layer called twice, a diamond."""

    def __init__(self) -> None:
        rng = numpy.random.default_rng(0)
        self.layer, self.norm, self.drop = Linear(3, 3, rng), BatchNorm(3), Dropout(0.3, rng)
        self.scale = Parameter(np.asarray(rng.normal(size=3)))
        self.other, self.depth, self.more = self.scale, 2, Sequential(Sigmoid())

    def forward(self, x: Tensor, depth: int | None = None) -> Tensor:
        for _ in range(depth or self.depth):
            x = self.norm(self.more(self.layer(x) * self.scale))
        left, right = x.tanh(), self.drop(x)
        y = left * right + where(x > 0, left, right) + self.other
        return y + y[:, ::-1] * self.scale if self.training else y


def data(step: int, rows: int = 6) -> tuple[Array, Array]:
    rng = numpy.random.default_rng(step)
    return np.asarray(rng.normal(size=(rows, 3))), np.asarray(rng.integers(3, size=rows))


Event = Callable[[Any], Any]


def nothing(model: Any) -> None:
    pass


def frozen(model: Any) -> None:
    model.layer.requires_grad = False


def other_weights(model: Any) -> None:
    model.layer = Linear(3, 3, seed=9)


def another_array(model: Any) -> None:
    model.scale.replace_arrays(lambda array: array * 2)


def new_setting(model: Any) -> None:
    model.drop.dropout_ratio = 0.6
    model.norm.momentum = 0.9


def written_over(model: Any) -> None:
    for param in model.params:
        param[...] = param / 2


EVENTS: dict[str, Event] = {
    "nothing": nothing,
    "eval": lambda model: model.eval(),
    "frozen": frozen,
    "another number of layers": lambda model: model.more.append(ReLU()),
    "another depth": lambda model: setattr(model, "depth", 1),
    "a layer in another mode": lambda model: model.norm.eval(),
    "another layer": other_weights,
    "another array": another_array,
    "other settings": new_setting,
    "written over": written_over,
    "a parameter that is frozen": lambda model: setattr(model.scale, "requires_grad", False),
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_a_model_that_changed_after_the_recording(event: Event) -> None:
    runs = []
    for make in (replay, on_tape):
        model, loss = Shared(), SoftmaxWithLoss()
        step = make(lambda x, t: loss(model(x), t) + 0.5 * (model.scale**2).sum())  # noqa: B023
        run = []
        for i in range(9):
            if i == 4:
                event(model)
            if i == 7:
                model.train()
            model.zero_grads()
            loss_now = step(*data(i))
            kept = model.scale.grad, *model.layer.grads, *model.norm.state
            run.append(bits([loss_now, *model.grads, *kept]))
        runs.append(run)
    assert runs[0] == runs[1]


def test_a_model_that_was_loaded_or_moved(tmp_path: Any) -> None:
    model, other, loss = Shared(), Shared(), SoftmaxWithLoss()
    with no_grad():
        other.scale += 1
    save(other, tmp_path / "model.safetensors")
    step = replay(lambda x, t: loss(model(x), t))
    for i in range(3):
        step(*data(i))
    load(model, tmp_path / "model.safetensors")
    model.eval()
    other.eval()
    expected = on_tape(lambda x, t: loss(other(x), t))
    assert bits([step(*data(5))]) == bits([expected(*data(5))])
    for one in (model, other):
        one.scale.replace_arrays(lambda array: array.copy())
    assert bits([step(*data(6))]) == bits([expected(*data(6))])


@pytest.mark.off_cpu
def test_a_model_that_was_moved_between_devices() -> None:
    model, loss = Shared().eval(), SoftmaxWithLoss()
    step, expected = (make(lambda x, t: loss(model(x), t)) for make in (replay, on_tape))
    for i in range(3):
        step(*data(i))
    with config.use_gpu(False):
        to_device(model)
        for i in range(3):
            assert bits([step(*data(i))]) == bits([expected(*data(i))])
    to_device(model)
    assert bits([step(*data(3))]) == bits([expected(*data(3))])


def test_what_is_given_by_name_chooses_among_recordings() -> None:
    runs = []
    for make in (replay, on_tape):
        model = Shared()
        step = make(lambda x, t, depth: SoftmaxWithLoss()(model(x, depth), t))  # noqa: B023
        run = []
        for i in range(12):
            model.zero_grads()
            run.append(bits([step(*data(i, 4 + i % 2), depth=i % 3), *model.grads]))
        runs.append(run)
        if isinstance(step, Replay):
            assert len(step.recordings) == 6
    assert runs[0] == runs[1]


def test_two_losses_and_a_metric_that_nobody_needs() -> None:
    runs = []
    for make in (replay, on_tape):
        a, b = Parameter(np.array([1.0, 2.0])), Parameter(np.array([3.0, -1.0]))

        def function(x: Tensor, t: Tensor) -> Tensor:
            y = a * x + b  # noqa: B023
            y.max()
            return MSELoss()(y, t) + 0.1 * MSELoss("sum")(a, Tensor(np.zeros(2)))  # noqa: B023

        step, run = make(function), []
        for i in range(4):
            a.clear()
            x = np.asarray(np.array([1.0, -2.0]) * i)
            run.append(bits([step(x, x + 1), a.grad, b.grad]))  # b's gradients add up
        runs.append(run)
    assert runs[0] == runs[1]


def test_what_a_layer_hands_on_as_it_is_has_a_name_of_its_own() -> None:
    """It may be its own input at first, and another array later."""

    class Limit(Layer):
        def forward(self, x: Array) -> Array:
            self.is_inside = abs(x) <= 2
            return x if self.is_inside.all() else np.clip(x, -2, 2)

        def backward(self, dout: Array) -> Array:
            return dout * self.is_inside

    runs = []
    for make in (replay, on_tape):
        w, limit = Parameter(np.array([1.0, 2.0])), Limit()
        step, run = make(lambda x: (limit(x) * w + x * w * w).sum()), []  # noqa: B023
        for i in range(4):
            w.clear()
            run.append(bits([step(np.array([1.0, -2.0]) * i), w.grad]))
        runs.append(run)
    assert runs[0] == runs[1]


def test_a_layer_with_targets_is_asked_for_the_gradient_of_its_first_input() -> None:
    class Half(Layer):
        def forward(self, x: Array, t: Array) -> Array:
            self.diff = x - t
            return np.asarray(0.5 * (self.diff * self.diff).sum())

        def backward(self, dout: Array) -> Array | None:
            return dout * self.diff if self.needs_dx else None

    w, half = Parameter(np.ones(2)), Half()
    step = replay(lambda x, t: half(w * x, t))
    for _ in range(3):
        w.clear()
        step(np.array([1.0, 2.0]), np.zeros(2))
        assert w.grad.tolist() == [1.0, 4.0]


# Random graphs --------------------------------------------------------------------------------

BINARY = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, maximum,
    lambda a, b: where(a > b, a, b * 2), lambda a, b: (concatenate([a, b]) * 0.5)[1:-1].mean() * a,
    lambda a, b: a / (b * b + 1), lambda a, b: stack([a, b]).sum(axis=0),
]  # fmt: skip
UNARY = [
    lambda a: a.tanh(), lambda a: a**2 * 0.1, lambda a: a.sum() * a, lambda a: a[::-1],
    lambda a: (a * 0.1).exp(), lambda a: a.reshape(2, 2).T.reshape(4), lambda a: a.clamp(-1, 1),
    lambda a: a[a > 0].sum() + a,
]  # fmt: skip


@pytest.mark.cpu
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*BINARY, *UNARY]), st.integers(0, 99), st.integers(0, 99)),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_random_graphs(graph: list[tuple[Step, int, int]]) -> None:
    runs = []
    for make in (replay, on_tape):
        leaves = [Parameter(draw(4)), Parameter(draw(4, seed=1))]

        def function(x: Tensor) -> Tensor:
            values = [*leaves, x]  # noqa: B023
            for f, i, j in graph:
                a, b = values[i % len(values)], values[j % len(values)]
                values.append(f(a, b) if f in BINARY else f(a))
            # Each of them once more: to all of these sums comes back one and the same array.
            return sum(values[1:], start=values[0]).sum()

        step, run = make(function), []
        with numpy.errstate(all="ignore"):
            for i in range(3):
                for leaf in leaves:
                    leaf.clear()
                loss = step(draw(4, seed=2 + i))
                run.append(bits([loss, *(leaf.grad for leaf in leaves)]))
        runs.append(run)
    assert runs[0] == runs[1]


# The program ----------------------------------------------------------------------------------


@pytest.mark.cpu
def test_what_the_program_looks_like() -> None:
    a, b, linear = leaf(), leaf(), Linear(2, 2, seed=0)
    step = replay(lambda x, t: (where(x > t, a * linear(x), b) - 0.5).sum())
    step(np.array([[1.0, 2.0]]), np.array([2.0, 1.0]))
    expected = """
        def step(x, t):
            v1 = np.greater(x, t)
            v2 = linear_2.forward(x)
            v3 = mul_3.forward(w1, v2)
            v4 = where_4.forward(v1, v3, w2)
            v5 = sub_5.forward(v4, 0.5)
            v6 = np.asarray(sum_6.forward(v5))
            d6 = one
            d5 = sum_6.backward(d6)
            d4, _ = sub_5.backward(d5)
            _, d3, g2 = where_4.backward(d4)
            p2.add_grad(fit(where_4, g2, (2,)))
            g0, d2 = mul_3.backward(d3)
            p1.add_grad(fit(mul_3, g0, (2,)))
            back(call2, d2)
            return v6
    """
    assert step.program == textwrap.dedent(expected).strip()


@pytest.mark.cpu
@pytest.mark.parametrize(
    "make",
    [
        lambda w: lambda slice, t: (w * slice * t).sum(),  # a name of Python's
        lambda w: lambda np, t: (w * np * t).sum(),  # one of the program's own
        lambda w: lambda x, d1: (w * x * d1).sum(),  # that of a gradient
        lambda w: lambda *inputs: (w * inputs[0] * inputs[1]).sum(),
    ],
)
def test_inputs_are_numbered_where_the_program_could_not_have_their_names(make: Any) -> None:
    step = replay(make(leaf()))
    step(np.array([1.0, 2.0]), np.array([2.0, 1.0]))
    assert step.program.startswith("def step(x1, x2):")


# What it costs --------------------------------------------------------------------------------


@pytest.mark.cpu
def test_ten_thousand_steps_leave_memory_flat() -> None:
    """Of two shapes in turns, with a layer of one's own, which is copied in each."""

    class Own(Layer):
        def forward(self, x: Array) -> Array:
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout: Array) -> Array:
            return dout * (1 - self.y**2)

    w, own = Parameter(draw(3)), Own()
    step = replay(lambda x: (own(w * x) ** 2).sum())
    inputs = draw(2, 3), draw(5, 3)
    for i in range(10):
        step(inputs[i % 2])
    tracemalloc.start()
    try:
        for i in range(10_000):
            w.clear()
            step(inputs[i % 2])
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert left < 10_000


@pytest.mark.cpu
def test_the_number_of_recordings_is_bounded() -> None:
    w = Parameter(np.array(1.0))
    step = replay(lambda x: (w * x).sum())
    for n in range(1, 101):
        step(np.ones(n))
    assert len(step.recordings) == 8
    for _ in range(20):
        w.replace_arrays(lambda array: array + 1)
        step(np.ones(100))
    assert max(map(len, step.recordings.values())) == 4


def test_what_does_not_depend_on_the_inputs_is_computed_once() -> None:
    w, calls = Parameter(np.array(1.0)), []

    class Counts(Layer):
        def forward(self, x: Array) -> Array:
            calls.append(1)
            return 2 * x

        def backward(self, dout: Array) -> Array:
            return 2 * dout

    table, count = Tensor(draw(3)), Counts()
    step = replay(lambda x: (w * x * table.exp()).sum() + (count(x) * w).sum())
    for _ in range(5):
        step(draw(3))
    assert "exp" not in step.program
    assert len(calls) == 5


def test_a_copy_begins_anew() -> None:
    """A recording holds the arrays of the model that it was made of."""
    model = Shared()
    trainer = Trainer(model, SGD(0.1), SoftmaxWithLoss(), seed=0, replay=True)
    trainer.fit(*data(0, 8), 3, 4, verbose=False)
    twin = copy.deepcopy(trainer)
    twin.fit(*data(0, 8), 3, 4, verbose=False)
    trainer.fit(*data(0, 8), 3, 4, verbose=False)
    assert bits(twin.model.params) == bits(model.params)
    assert twin.model.params[0] is not model.params[0]


# Trainer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_grad", [None, 0.1])
@pytest.mark.parametrize("make", [lambda: SGD(0.1), lambda: Adam(0.01)])
def test_a_trainer_that_replays_comes_to_the_same_numbers(make: Any, max_grad: Any) -> None:
    outcomes = []
    for replays in (True, False):
        model = Shared()
        trainer = Trainer(model, make(), SoftmaxWithLoss(), seed=0, replay=replays)
        held_out = data(99, 5)
        trainer.fit(
            *data(0, 22), 4, 5, max_grad=max_grad, eval_interval=3, held_out=held_out,
            verbose=False,
        )  # fmt: skip
        numbers = [trainer.loss_list, [e.held_out_loss for e in trainer.history]]
        outcomes.append((bits(model.params), numbers, trainer.evaluate(*data(5))))
        if replays:
            recordings = trainer.network.step.recordings.values()
            assert {len(known) for known in recordings} == {1}
            assert [known[0].is_checked for known in recordings] == [True, True]
    assert outcomes[0] == outcomes[1]


def test_a_trainer_by_hand_has_nothing_to_replay() -> None:
    with pytest.raises(ValueError, match="Trainer: what is replayed is the tape: give it a loss"):
        Trainer(Sequential(Linear(2, 3)), SGD(), replay=True)


# Bad input ------------------------------------------------------------------------------------


def leaf() -> Parameter:
    return Parameter(np.array([1.0, 2.0]))


def refused(function: Step, calls: int, error: type[CommonError], says: str) -> str:
    """Every call works but for the last of them, which is refused and says why."""
    step = replay(function)
    for i in range(calls - 1):
        step(np.array([1.0, 2.0]) + i)
    with pytest.raises(error, match=says) as caught:
        step(np.array([6.0, 5.0]))
    return str(caught.value)


HERE = r"test_replays\.py, line \d+"


def test_what_is_no_loss_is_refused() -> None:
    w = leaf()
    refused(lambda x: w * x, 1, GraphError, r"must return a loss, one number, got shape \(2,\)")
    refused(lambda x: (w * x)[:0], 1, GraphError, r"one number, got shape \(0,\)")
    refused(lambda x: 1.0, 1, GraphError, "must return a loss, one number, got float")
    refused(lambda x: x.sum(), 1, GraphError, "was not made by anything that was recorded")
    made_before = (w * 2).sum()
    refused(lambda x: made_before, 1, GraphError, "must compute its loss anew")
    refused(lambda x: (made_before * x).sum(), 1, GraphError, f"{HERE}: it uses a tensor that Sum")


@pytest.mark.parametrize("read", [float, bool, Tensor.item, lambda x: f"{x:.2f}", lambda x: x > 0])
def test_a_number_that_is_read_is_an_error_at_once(read: Step) -> None:
    w = leaf()

    def function(x: Tensor) -> Tensor:
        loss = (w * x).sum()
        return loss if read(loss * 1) else -loss

    refused(function, 1, GraphError, f"{HERE}: a number that is read would stay")


def test_comparisons_are_combined_as_masks() -> None:
    runs = []
    for make in (replay, on_tape):
        w = leaf()

        def function(x: Tensor) -> Tensor:
            mask = ((x > 0) & (w < 2)) | ~(x == 1)  # noqa: B023
            return (where(mask, x, 2.0) * w * mask).sum()  # noqa: B023

        step, run = make(function), []
        for i in range(5):
            w.clear()
            run.append(bits([step(np.array([1.0, i - 2.0])), w.grad]))
        runs.append(run)
    assert runs[0] == runs[1]
    w = leaf()
    for name in ("any", "all", "astype"):

        def asks(x: Tensor) -> Tensor:
            return (w * x * getattr(x > 0, name)()).sum()  # noqa: B023

        refused(asks, 1, GraphError, rf"{HERE}: \.{name} of a comparison")


def test_what_escapes_is_found_in_the_second_call() -> None:
    w, rng, count = leaf(), numpy.random.default_rng(0), itertools.count(1)
    turns = itertools.cycle([Tensor.exp, Tensor.sin])

    def random(x: Tensor) -> Tensor:
        return (w * x * float(rng.normal())).sum()

    def noise(x: Tensor) -> Tensor:
        return (w * x * np.asarray(rng.normal(size=2))).sum()

    def counts(x: Tensor) -> Tensor:
        for _ in range(next(count)):
            x = x * 2
        return (w * x).sum()

    def index(x: Tensor) -> Tensor:
        return (w * x)[next(count) % 2]

    def another(x: Tensor) -> Tensor:
        return (w * next(turns)(x)).sum()

    for function, says in [
        (another, r"the second call does 'v1 = sin_1\.forward\(x\)', the first did 'v1 = exp_1"),
        (random, r"the second call does 'v\d = mul"),
        (noise, "the second call computes with"),
        (counts, "What decides about the steps is given by name"),
        (index, "the second call"),
    ]:
        message = refused(function, 2, GraphError, says)
        line = function.__code__.co_firstlineno
        found = re.search(r"line (\d+)", message)
        assert found
        assert line < int(found[1]) <= line + 3


def test_a_step_changes_neither_its_inputs_nor_its_parameters() -> None:
    w = leaf()

    array = np.array([6.0, 5.0])

    def writes(x: Tensor, number: float) -> Tensor:
        array[...] = number
        return (w * x).sum()

    def updates(x: Tensor) -> Tensor:
        with no_grad():
            w.__isub__(0.1)
        return (w * x).sum()

    def goes_back(x: Tensor) -> Tensor:
        loss = (w * x).sum()
        loss.backward()
        return loss

    for number in (0.0, 7.0):
        with pytest.raises(GraphError, match="the function writes into its input x"):
            replay(writes)(array, number=number)
    refused(updates, 1, GraphError, f"{HERE}: a parameter that changes: update it after the step")
    refused(goes_back, 1, GraphError, f"{HERE}: backward: return the loss")
    assert (w.data == np.array([1.0, 2.0])).all()
    assert w.grad is None


def test_inputs_are_arrays_and_names_can_be_told_apart() -> None:
    w = leaf()
    step = replay(lambda x, depth=1: (w * x).sum())
    wrong: Any
    for wrong in (2.0, [1.0, 2.0], Tensor([1.0, 2.0]), None):
        with pytest.raises(TypeError, match="replay: input 0 must be an array"):
            step(wrong)
    with pytest.raises(ArgumentTypeError, match="what is given by name chooses among recordings"):
        step(np.ones(2), depth=[1])
    with pytest.raises(ArgumentTypeError, match="what is given by name chooses among recordings"):
        step(np.ones(2), depth=np.ones(2))
    with pytest.raises(ArgumentTypeError, match="replay: expected a function of tensors, got 3"):
        replay(3)  # type: ignore[arg-type]


CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "append": lambda outer, inner: inner.append(Linear(3, 3, seed=5)),
    "another": lambda outer, inner: inner.__setitem__(0, Linear(2, 3, seed=5)),
    "one less": lambda outer, inner: outer.__delitem__(1),
    "another list": lambda outer, inner: setattr(inner, "layers", [Linear(2, 3, seed=5)]),
    "one in front": lambda outer, inner: inner.layers.insert(0, Tanh()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_sequential_whose_layers_change_is_recorded_anew(change: Any) -> None:
    inner = Sequential(Linear(2, 3, seed=0))
    outer, loss = Sequential(inner, Sigmoid()), SoftmaxWithLoss()
    step = replay(lambda x, t: loss(outer(x), t))
    x, t = np.asarray(numpy.random.default_rng(0).normal(size=(6, 2))), np.asarray([0, 1, 2] * 2)
    for i in range(6):
        if i == 3:
            change(outer, inner)
        outer.zero_grads()
        replayed = float(step(x, t))
        assert replayed == pytest.approx(float(loss.forward(outer.forward(x), t)), rel=1e-6)
