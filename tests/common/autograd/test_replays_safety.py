"""What a step does behind the tape's back: replayed rightly, or refused; never wrong in silence."""

import enum
import itertools
import math
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from common.autograd import Parameter, Tensor, maximum, replay, stack
from common.autograd.conditions import are_same
from common.base import Layer
from common.errors import CommonError, NotFiniteError
from common.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from tests.common.autograd.test_replays import bits, on_tape

Step = Callable[..., Any]
Case = tuple[Step, list[Any], Any]  # the function, what it learns, and what is changed

HERE = r"replay, test_replays_safety\.py, line \d+"


def w() -> Parameter:
    return Parameter(np.array([2.0, 3.0]))


class Scale(Layer):
    def __init__(self, k: Any = 1.0) -> None:
        super().__init__()
        self.k = k

    def forward(self, x: Array) -> Array:
        return x * self.k

    def backward(self, dout: Array) -> Array:
        return dout * self.k


class Draws(Layer):
    """Its memory begins anew in every call."""

    def __init__(self) -> None:
        super().__init__()
        self.rng = numpy.random.default_rng(0)

    def forward(self, x: Array) -> Array:
        if "mask" not in vars(self):
            self.mask = np.asarray(self.rng.random(x.shape) > 0.5)
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


class Clips(Layer):
    """Returns its input itself, if that is small enough."""

    def forward(self, x: Array) -> Array:
        self.is_small = np.abs(x) <= 5
        return x if bool(self.is_small.all()) else np.clip(x, -5, 5)

    def backward(self, dout: Array) -> Array:
        return dout * self.is_small


class Holds(Module):
    def __init__(self) -> None:
        self.layers = {"first": Linear(2, 2, seed=0)}
        self.last: Any = None
        self.settings: dict[str, Any] = {"scale": 2.0, "powers": [1, 2]}

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers["first"](x * self.settings["scale"])
        powers = [y**power for power in self.settings["powers"]]
        return stack([self.last(y) if self.last else y for y in powers]).sum()


def of_a_model() -> Case:
    model = Holds()
    return (lambda x: model(x[None])), [], model


class Stretch(Layer):
    """y = w x, with a weight of its own, and a memory that is an attribute of its own."""

    def __init__(self) -> None:
        super().__init__(np.array([2.0, 3.0]))

    def forward(self, x: Array) -> Array:
        self.x = x
        return self.params[0] * x

    def backward(self, dout: Array) -> Array:
        self.grads[0][...] = dout * self.x
        return dout * self.params[0]


class AsLeaf:
    """The weight of a layer, looked at as a leaf is."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    @property
    def grad(self) -> Array:
        return self.layer.grads[0]

    def clear(self) -> None:
        self.layer.clear()


def stretched() -> Case:
    leaf, layer = w(), Stretch()
    return (lambda x: layer(leaf * x).sum()), [leaf, AsLeaf(layer)], layer


def of_two(first: Callable[[], Layer], second: Callable[[], Layer]) -> Callable[[], Case]:
    def make() -> Case:
        leaf, layers = w(), [first(), second()]
        return (lambda x: layers[1](layers[0](leaf * x)).sum()), [leaf], layers

    return make


class D(Scale):
    """Called as something in the program is, d1."""


def with_leaf(make: Callable[[Parameter], Step]) -> Callable[[], Case]:
    def case() -> Case:
        leaf = w()
        return make(leaf), [leaf], leaf

    return case


def nothing(step: int, changed: Any) -> None:
    pass


def at(when: int, change: Callable[[Any], Any]) -> Callable[[int, Any], Any]:
    return lambda step, changed: change(changed) if step == when else None


def grown(step: int, leaf: Parameter) -> None:
    leaf.data[...] = leaf.data * np.array([1.25, 0.5])


def clipped(leaf: Parameter) -> Step:
    clips = Clips()
    return lambda x: (clips(x * 3) * leaf + 10 * x * leaf).sum()


def combined(x: Tensor) -> Any:
    return (np.array([True, False]) & (x > 1)) | ((x > 1) ^ (x > 2))


class Settings:
    """What a model may hold: an object of plain numbers."""

    def __init__(self, k: float) -> None:
        self.k = k

    def __repr__(self) -> str:
        return "Settings()"


class Inner(Module):
    def __init__(self) -> None:
        self.w, self.k, self.settings = w(), 1.0, Settings(2.0)
        self.shift, self.relu, self.training = Tensor(np.array([1.0, 2.0])), ReLU(), True
        self.spare = 1.0

    def forward(self, x: Tensor) -> Tensor:
        y = self.w * x * self.k * self.settings.k + self.shift * getattr(self, "spare", 5.0)
        return self.relu(y) if self.training else y * 3


class Outer(Module):
    """Its parts are used, and not all of them are called."""

    def __init__(self) -> None:
        self.inner, self.k = Inner(), Settings(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return (self.inner.forward(x) * self.inner.k * self.k.k).sum()


def of_parts() -> Case:
    model = Outer()
    return (lambda x: model(x)), [model.inner.w], model


def by_hand(step: int, layers: Any) -> None:
    """What one may do between two steps, to look at a model."""
    layers[0].forward(np.array([1.0, -step]))


class Weighed(Layer):
    def forward(self, x: Array, by: Any = 1) -> Array:
        self.by = by
        return x * by

    def backward(self, dout: Array) -> Array:
        return dout * self.by


def weighed(leaf: Parameter) -> Step:
    layer = Weighed()
    return lambda x: layer(leaf * x, by=x > 2).sum()


class Counted(Layer):
    """It writes down its calls in a list that it is given."""

    def forward(self, x: Array, calls: list[int]) -> Array:
        calls.append(1)
        self.count = len(calls)
        return x * self.count

    def backward(self, dout: Array) -> Array:
        return dout * self.count


def counted(leaf: Parameter) -> Step:
    layer, calls = Counted(), list[int]()
    return lambda x: layer(leaf * x, calls=calls).sum()


class InTuple(Scale):
    """A gradient for each input, also where that is one."""

    def backward(self, dout: Array) -> Any:
        return (dout * self.k,)


class Writes(Scale):
    """Its backward writes into an array of the shape of dout."""

    def backward(self, dout: Array) -> Array:
        dx = dout.copy()
        dx[...] = dout * self.k
        return dx


def used_twice(leaf: Parameter) -> Step:
    layer = Writes(3.0)

    def function(x: Tensor) -> Tensor:
        y = layer((leaf * x).sum())
        return y * y

    return function


def first_of_all(returns: Any) -> Callable[[], Case]:
    """A layer that is given data alone, and says that nothing comes back to it."""

    class First(Stretch):
        def backward(self, dout: Array) -> Any:
            super().backward(dout)
            return returns

    def make() -> Case:
        layer = First()
        return (lambda x: layer(x).sum()), [AsLeaf(layer)], layer

    return make


class Choice(enum.IntEnum):
    ONE = 1


AS_ON_THE_TAPE: dict[str, tuple[Callable[[], Case], Callable[[int, Any], Any]]] = {
    "a layer in a dictionary": (
        of_a_model, at(3, lambda m: m.layers.update(first=Linear(2, 2, seed=5)))
    ),
    "a layer in the place of None": (of_a_model, at(3, lambda m: setattr(m, "last", Scale(3.0)))),
    "a setting in a dictionary": (of_a_model, at(3, lambda m: m.settings.update(scale=5.0))),
    "a setting in a list there": (of_a_model, at(3, lambda m: m.settings["powers"].append(3))),
    "a change between the first calls": (of_a_model, at(1, lambda m: m.settings.update(scale=5.0))),
    "an attribute that is no name": (of_a_model, at(0, lambda m: setattr(m, "layer-0", ReLU()))),
    "another setting": (of_two(Scale, Scale), at(3, lambda s: setattr(s[0], "k", 7.0))),
    "a setting that is an array": (
        of_two(Scale, Scale), at(3, lambda s: setattr(s[0], "k", np.array([1.0, 4.0])))
    ),
    "infinity and an enum": (
        of_two(Scale, Scale),
        at(0, lambda s: vars(s[0]).update(best=math.inf, choice=Choice.ONE)),
    ),
    "memory of a call": (of_two(Draws, Draws), nothing),
    "memory of a layer with a weight": (stretched, nothing),
    "layers of the class D": (of_two(lambda: D(2.0), lambda: D(3.0)), nothing),
    "a layer that returns its input": (
        with_leaf(clipped), nothing
    ),
    "a detached parameter": (
        with_leaf(lambda p: lambda x: (p / p.detach().abs().max() * x).sum()), grown
    ),
    "masks with arrays": (
        with_leaf(lambda p: lambda x: (p * x * ((x > 2) & np.array([2, 1]))).sum()), nothing
    ),
    "arrays with masks": (with_leaf(lambda p: lambda x: (p * combined(x)).sum()), nothing),
    "a look by hand": (of_two(ReLU, ReLU), by_hand),
    "a comparison given by name": (with_leaf(weighed), nothing),
    "a comparison that is asked what it is": (
        with_leaf(lambda p: lambda x: (p * (x if isinstance(x > 2, float) else x > 2)).sum()),
        nothing,
    ),
    "the length of an input": (with_leaf(lambda p: lambda x: (p * x).sum() / len(x)), nothing),
    "an input with a name of Python's": (
        with_leaf(lambda p: lambda slice: (p * slice)[1:].sum()), nothing
    ),
    "inputs without names": (with_leaf(lambda p: lambda *x, k=1: (p * x[0] * k).sum()), nothing),
    "what is chosen by a mask": (
        with_leaf(lambda p: lambda x: (x[x > 2].reshape(-1, 1) * p * 2).sum()), nothing
    ),
    "a mask within an index": (
        with_leaf(lambda p: lambda x: ((p * x)[None][:, x > 2].reshape(-1, 1) * 2).sum()), nothing
    ),
    "an infinite number": (
        with_leaf(lambda p: lambda x: (maximum(x, -math.inf) * p).sum()), nothing
    ),
    "a list given by name": (with_leaf(counted), nothing),
    "gradients in a tuple": (of_two(lambda: InTuple(2.0), lambda: InTuple(3.0)), nothing),
    "two gradients of one number": (with_leaf(used_twice), nothing),
    "no gradient for data": (first_of_all(None), nothing),
    "an empty tuple for data": (first_of_all(()), nothing),
}  # fmt: skip


class Alternates(Module):
    """Its own forward changes it, there and back."""

    def __init__(self) -> None:
        self.w, self.flip = w(), False

    def forward(self, x: Tensor) -> Tensor:
        self.flip = not self.flip
        return (self.w * x).sum() * (2 if self.flip else 1)


def of_alternates() -> Case:
    model = Alternates()
    return (lambda x: model(x)), [model.w], model


AS_ON_THE_TAPE["a model that its own forward changes"] = of_alternates, nothing
for _name, _change in {
    "a number of a part": lambda m: setattr(m.inner, "k", 7.0),
    "a number behind two attributes": lambda m: setattr(m.inner.settings, "k", 7.0),
    "an object": lambda m: setattr(m, "k", Settings(7.0)),
    "the numbers of a tensor": lambda m: setattr(m.inner.shift, "data", np.array([5.0, 6.0])),
    "the mode of a part": lambda m: m.inner.eval(),
    "an attribute for another": lambda m: vars(m.inner).update(other=vars(m.inner).pop("spare")),
}.items():
    AS_ON_THE_TAPE[f"parts that are not called: {_name}"] = of_parts, at(3, _change)


@pytest.mark.parametrize("case", AS_ON_THE_TAPE.values(), ids=AS_ON_THE_TAPE)
def test_it_comes_to_what_the_tape_comes_to(case: Any) -> None:
    make, change = case
    runs = []
    for way in (replay, on_tape):
        function, leaves, changed = make()
        step, run = way(function), []
        for i in range(6):
            change(i, changed)
            for leaf in leaves:
                leaf.clear()
            run.append(bits([step(np.array([1.0, 2.0]) + i), *(leaf.grad for leaf in leaves)]))
        runs.append(run)
    assert runs[0] == runs[1]


def choosing() -> Step:
    leaves, count = [w(), w()], itertools.count()
    return lambda x: (leaves[next(count) % 2] * x).sum()


def choosing_layers() -> Step:
    layers = itertools.cycle([Linear(2, 2, seed=0), Linear(2, 2, seed=1)])
    return lambda x: next(layers)(x[None]).sum()


def learning_input() -> Step:
    def function(x: Tensor) -> Tensor:
        x.requires_grad = True
        return (x * x).sum()

    return function


def setting() -> Step:
    scale, leaf, numbers = Scale(), w(), itertools.count(0.5)

    def function(x: Tensor) -> Tensor:
        scale.k = next(numbers)
        return scale(leaf * x).sum()

    return function


def array_setting() -> Step:
    scale, leaf, numbers = Scale(), w(), itertools.count(0.5)

    def function(x: Tensor) -> Tensor:
        scale.k = np.asarray([next(numbers), 1.0])
        return scale(leaf * x).sum()

    return function


def buffer() -> Step:
    numbers, leaf = np.zeros(2), w()

    def function(x: Tensor) -> Tensor:
        numbers[...] += 1
        return (leaf * x * Tensor(numbers)).sum()

    return function


def buffer_of_a_layer() -> Step:
    layer, leaf, numbers = Weighed(), w(), itertools.count(0.5)
    return lambda x: layer(leaf * x, by=np.asarray([next(numbers), 1.0])).sum()


def data_of_input() -> Step:
    leaf = w()
    return lambda x: (leaf * Tensor(x.data * 2)).sum()


def data_of_result() -> Step:
    leaf = w()
    return lambda x: (leaf * x).sum() * (1.0 if (x * 2).data[0] > 0 else 2.0)


def data_of_mask() -> Step:
    leaf = w()
    return lambda x: (leaf * x * (x > 2).data).sum()


def length() -> Step:
    leaf = w()

    def mean(x: Tensor) -> Tensor:
        y = (leaf * x)[x > 2]
        return y.sum() / y.shape[0]

    return mean


def length_by_len() -> Step:
    leaf = w()
    return lambda x: (leaf * x)[x > 2].sum() / len(x[x > 2])


def one_by_one() -> Step:
    leaf = w()
    return lambda x: sum(y for y in (leaf * x)[x > 2])


def detached() -> Step:
    leaf = w()
    return lambda x: (leaf * x).sum() / x.detach().data.max()


def wrapped() -> Step:
    leaf = w()
    return lambda x: (leaf * x).sum() / Tensor(x).data.max()


def made_each_time() -> Step:
    leaf, numbers = w(), itertools.count(1.0)
    return lambda x: Scale(Settings(next(numbers)).k)(leaf * x).sum()


def objects_that_read_the_same() -> Step:
    class Scaled(Scale):
        def forward(self, x: Array) -> Array:
            return x * self.k.k

        def backward(self, dout: Array) -> Array:
            return dout * self.k.k

    leaf, numbers = w(), itertools.count(1.0)
    return lambda x: Scaled(Settings(next(numbers)))(leaf * x).sum()


def more_attributes() -> Step:
    leaf, first, second = w(), ReLU(), ReLU()
    vars(second)["note"] = 1
    layers = itertools.cycle([second, first])
    return lambda x: next(layers)(leaf * x).sum()


class Counts(Module):
    def __init__(self) -> None:
        self.w, self.calls = w(), 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return (self.w * x).sum()


def within() -> Step:
    leaf = w()
    inner = replay(lambda x: (leaf * x).sum())
    return lambda x: (leaf * x).sum() * inner(np.ones(2))


def mask_mean() -> Step:
    return lambda x: (x * (x > 2).mean()).sum()


def mask_turned() -> Step:
    return lambda x: (x * (x > 2).T).sum()


@pytest.mark.parametrize(
    ("make", "calls", "says"),
    [
        (choosing, 2, "the second call finds"),
        (choosing_layers, 2, "the second call finds Linear.* where the first found Linear"),
        (learning_input, 1, f"{HERE}: an input of the step is no leaf that learns"),
        (setting, 2, "the second call finds .* where the first"),
        (array_setting, 2, "the second call finds array"),
        (buffer, 2, f"{HERE}: the second call computes with array"),
        (buffer_of_a_layer, 2, f"{HERE}: the second call computes with array"),
        (data_of_input, 1, rf"{HERE}: \.data would stay what it was"),
        (data_of_result, 1, rf"{HERE}: \.data would stay what it was"),
        (data_of_mask, 1, rf"{HERE}: \.data would stay what it was"),
        (length, 1, rf"{HERE}: \.shape would stay what it was"),
        (length_by_len, 1, f"{HERE}: its length would stay what it was"),
        (one_by_one, 1, f"{HERE}: its length would stay what it was"),
        (detached, 1, rf"{HERE}: \.data would stay what it was"),
        (wrapped, 1, rf"{HERE}: \.data would stay what it was"),
        (made_each_time, 2, "the second call finds 2.0 where the first found 1.0"),
        (objects_that_read_the_same, 2, "the second call finds"),
        (more_attributes, 2, "the second call finds .* where the first found"),
        (Counts, 52, r"each of 50 calls found another model .*Counts\.calls is not what it was"),
        (within, 1, f"{HERE}: a step within a step"),
        (mask_mean, 1, rf"{HERE}: \.mean of a comparison"),
        (mask_turned, 1, rf"{HERE}: \.T of a comparison"),
    ],
)
def test_it_is_refused(make: Callable[[], Step], calls: int, says: str) -> None:
    step = replay(make())
    for i in range(calls - 1):
        step(np.array([1.0, 2.0]) + i)
    with pytest.raises(CommonError, match=says):
        step(np.array([5.0, 6.0]))


def test_what_is_refused_leaves_no_gradient_and_is_refused_again() -> None:
    leaf = w()
    numbers = itertools.count(1.0)
    step = replay(lambda x: (leaf * np.asarray([next(numbers), 1.0]) * x).sum())
    step(np.array([1.0, 2.0]))
    for i in range(3):
        with pytest.raises(CommonError, match="the second call computes with array"):
            step(np.array([5.0, 6.0]) + i)
        assert leaf.grad is None


def test_inputs_are_told_apart_though_they_were_one_array_at_first() -> None:
    leaf, a = w(), [np.array([1.0, 2.0]) + i for i in range(4)]
    step = replay(lambda x, t: (leaf * x * t * t + x).sum())
    expected = on_tape(lambda x, t: (leaf * x * t * t + x).sum())
    for x, t in [(a[0], a[0]), (a[0], a[0]), (a[1], a[2]), (a[3], a[1])]:
        assert float(step(x, t)) == float(expected(x, t))


def test_what_is_given_by_name_is_told_apart_by_its_type() -> None:
    leaf = w()
    step = replay(lambda x, flag: (leaf * x).sum() * (5 if flag is True else 1))
    x = np.array([1.0, 1.0])
    assert [float(step(x, flag=flag)) for flag in (1, 1, True, True, 1.0)] == [5, 5, 25, 25, 5]


def test_the_shape_of_what_is_chosen_by_whole_numbers_is_that_of_every_call() -> None:
    """Unlike what is chosen by a mask."""
    leaf = w()

    def mean(x: Tensor, rows: Tensor) -> Any:
        y = (leaf * x)[None, rows]
        return y.sum() / (y.shape[1] * len(y))

    step = replay(mean)
    for rows in ([0, 1], [1, 1], [0, 0]):
        loss = step(np.array([1.0, 2.0]), np.array(rows))
    assert float(loss) == 2


@pytest.mark.parametrize("calls", [1, 4])
@pytest.mark.parametrize("is_last", [False, True])
def test_a_forward_that_fails_leaves_the_gradients_of_before(calls: int, is_last: bool) -> None:
    """As on the tape, where the gradients of several steps may be added up."""

    class Fails(Scale):
        def forward(self, x: Array) -> Array:
            return np.asarray(x * (1 / int(float(x.max()) < 100)))

    first, second, layer = w(), w(), Fails()

    def function(x: Tensor) -> Any:
        if is_last:
            return layer((first * x + second * x).sum())
        return (second * x).sum() + layer(first * x).sum()

    step = replay(function)
    for _ in range(calls):
        step(np.array([1.0, 2.0]))
    before = bits([first.grad, second.grad])
    with pytest.raises(ZeroDivisionError):
        step(np.array([1.0, 200.0]))
    assert bits([first.grad, second.grad]) == before


def test_what_is_equal_is_the_same_model() -> None:
    """A number that is set anew in each step, by a schedule say, and is what it was."""
    scale, leaf = Scale(), w()
    step = replay(lambda x: scale(leaf * x).sum())
    for i in range(60):
        scale.k = float(np.float64(0.5 + i // 30))
        step(np.array([1.0, 2.0]))
    assert sum(map(len, step.recordings.values())) == 2


def renamed(inner: Inner, i: int) -> None:
    vars(inner)[f"spare_{i}"] = vars(inner).pop(f"spare_{i - 1}" if i else "spare")


def one_each_time_and_one_once(inner: Inner, i: int) -> None:
    inner.settings.k, inner.k = float(i), float(i > 48)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda inner, i: setattr(inner, "k", float(i)), "k"),
        (one_each_time_and_one_once, r"settings\.k"),
        (renamed, "spare_50"),
    ],
    ids=["a number", "two numbers", "an attribute"],
)
def test_a_model_that_is_changed_before_each_step_is_refused_in_the_end(
    change: Callable[[Inner, int], None], named: str
) -> None:
    model = Outer()
    step = replay(lambda x: model(x))
    for i in range(51):
        change(model.inner, i)
        step(np.array([1.0, 2.0]))
    change(model.inner, 51)
    with pytest.raises(CommonError, match=rf"each of 50 calls .*Inner\.{named} is not what it was"):
        step(np.array([1.0, 2.0]))


def test_a_model_that_is_changed_now_and_then_goes_on() -> None:
    model = Outer()
    step = replay(lambda x: model(x))
    for i in range(52):
        model.inner.k = float(i)
        for _ in range(3):  # recorded, checked, played
            step(np.array([1.0, 2.0]))


def test_a_model_may_hold_what_holds_it() -> None:
    """Its step, a Trainer, itself, a long chain: what is no part of it is not looked into."""
    model, chain = Outer(), SimpleNamespace()
    for _ in range(3000):
        chain = SimpleNamespace(next=chain)
    step = replay(lambda x: model(x))
    vars(model).update(step=step, me=model, chain=chain, rate=numpy.float64(1), shape=(1, 2.5))
    conditions = []
    for i in range(6):
        step(np.array([1.0, 2.0]))
        vars(model).update(rate=numpy.float64(1) * 1, shape=(1, 2.5 * (i >= 0)))
        known = next(iter(step.recordings.values()))
        conditions.append(len(known[-1].conditions.all))
    assert max(conditions) < 100
    assert step.in_a_row == 0


@pytest.mark.cpu
@pytest.mark.parametrize(("deep", "recordings"), [(10, 2), (11, 1)])
@pytest.mark.parametrize("put_into", [lambda x: [x], lambda x: SimpleNamespace(next=x)])
def test_a_model_is_looked_into_ten_deep(put_into: Any, deep: int, recordings: int) -> None:
    model, innermost = Outer(), [1.0]
    chain: Any = innermost
    for _ in range(deep - 1):
        chain = put_into(chain)
    vars(model).update(chain=chain)
    step = replay(lambda x: model(x))
    for i in range(4):
        innermost[0] = float(i > 2)
        step(np.array([1.0, 2.0]))
    assert sum(map(len, step.recordings.values())) == recordings


ZEROS = [np.zeros(3), np.zeros(3, int), np.zeros((3, 1)), np.zeros((1, 3))]
OTHERS: list[tuple[Any, Any]] = [
    (1, 1.0), (1, True), (1, 2), (0.0, -0.0), (1.0, numpy.float64(1)), (object(), object()),
    ([1], (1,)), ([1], [2]), ([1], [1, 1]), ((1, [2]), (1, [3])),
    ({"a": 1}, {"a": 2}), ({"a": 1}, {"b": 1}), ({"a": 1}, {"a": 1, "b": 1}),
    *itertools.combinations(ZEROS, 2),
]  # fmt: skip


@pytest.mark.cpu
@pytest.mark.parametrize("pair", OTHERS)
def test_what_may_not_stand_for_another(pair: tuple[Any, Any]) -> None:
    one, other = pair
    assert not are_same(one, other)
    assert not are_same(other, one)


@pytest.mark.cpu
@pytest.mark.parametrize(
    "make",
    [
        lambda: math.inf - math.inf, lambda: numpy.float32(0.5), lambda: slice(1, 2.0),
        lambda: [0.5] * 300, lambda: {"a": [0.5], "b": ({"c": 1},)}, lambda: np.zeros((2, 3)),
        lambda: pickle.loads(pickle.dumps(np.zeros(3))),
    ],
)  # fmt: skip
def test_what_reads_the_same_may_stand_for_another(make: Callable[[], Any]) -> None:
    assert are_same(make(), make())


def test_a_look_by_hand_between_steps_makes_no_other_model() -> None:
    model, loss, calls = Sequential(Linear(2, 3, seed=0), ReLU(), Linear(3, 3, seed=1)), [], []
    softmax = SoftmaxWithLoss()

    def function(x: Tensor, t: Tensor) -> Any:
        calls.append(1)
        return softmax(model(x), t)

    step = replay(function)
    for i in range(60):
        loss.append(float(step(np.ones((2, 2)), np.array([0, 2]))))
        model.forward(np.ones((1, 2)) * i)
    assert len({*loss}) == 1
    assert len(calls) <= 4


def test_the_function_is_called_twice() -> None:
    calls = []
    model, loss = Sequential(Linear(2, 3, seed=0), ReLU()), SoftmaxWithLoss()

    def function(x: Tensor, t: Tensor) -> Any:
        calls.append(1)
        return loss(model(x), t)

    step = replay(function)
    for _ in range(5):
        step(np.ones((2, 2)), np.array([0, 2]))
    assert len(calls) == 2


@pytest.mark.parametrize("is_last", [False, True])
def test_a_backward_that_fails_leaves_no_gradient(is_last: bool) -> None:
    class Fails(Scale):
        """From some step on."""

    first, second, layer = w(), w(), Fails()

    def function(x: Tensor) -> Any:
        if is_last:
            return layer((first * x + second * x).sum())
        return (layer(first * x) + second * x).sum()

    step = replay(function)
    for _ in range(3):
        step(np.array([1.0, 2.0]))
    Fails.backward = lambda self, dout: 1 / 0  # type: ignore[method-assign,return-value,assignment]
    with pytest.raises(ZeroDivisionError):
        step(np.array([1.0, 2.0]))
    assert first.grad is second.grad is None


class OwnCode(Module):
    """Its numbers are lost in no layer."""

    def __init__(self, lose: Callable[[Tensor, Any], Any]) -> None:
        self.linear, self.k, self.lose = Linear(3, 3, seed=0), np.ones(3, "float32"), lose

    def forward(self, x: Tensor) -> Any:
        return self.lose(self.linear(x), self.k)


LOST: dict[str, tuple[Callable[[], Any], float]] = {
    "layer": (lambda: Sequential(Linear(3, 8, seed=0), ReLU(), Linear(8, 3, seed=1)), 1e25),
    "Exp": (lambda: OwnCode(lambda y, k: (y * 1000 * k).exp()), 1e25),
    "own code": (lambda: OwnCode(lambda y, k: y * k), 0.1),
}


@pytest.mark.cpu
@pytest.mark.parametrize("where", LOST)
def test_a_trainer_that_replays_says_where_a_loss_was_lost(where: str) -> None:
    rng = numpy.random.default_rng(0)
    x, t = rng.normal(size=(64, 3)).astype("float32"), rng.integers(3, size=64)
    says = []

    class Lose:
        def after_step(self, trainer: Any) -> None:
            if where == "own code" and trainer.step == 5:
                trainer.model.k[1] = math.nan

    for replays in (True, False):
        make, lr = LOST[where]
        trainer = Trainer(make(), SGD(lr), SoftmaxWithLoss(), seed=0, replay=replays)
        with pytest.raises(NotFiniteError) as caught:
            trainer.fit(x, t, 3, 16, verbose=False, callbacks=[Lose()])
        says.append(str(caught.value))
    assert says[0] == says[1]
    assert where in says[0]


@pytest.mark.parametrize("wrong", [None, "yes", 1])
def test_a_trainer_replays_or_not(wrong: Any) -> None:
    with pytest.raises(TypeError, match="Trainer: replay must be True or False, got"):
        Trainer(Sequential(Linear(2, 3)), SGD(), SoftmaxWithLoss(), replay=wrong)
