"""Each kind of bad input, for each argument: refused, in words that teach, with nothing changed."""

import inspect
import pkgutil
import types
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy
import pytest

import dataset
from common import (
    autograd,
    checkpoint,
    functions,
    layers,
    losses,
    optimizer,
    parallel,
    plot,
    schedule,
    trainer,
    util,
)
from common.autograd import Tensor
from common.base import Layer
from common.checks import Setting
from common.errors import CommonError, FileError
from common.fused import Fused
from common.gradient_check import check_gradients, numerical_gradient
from common.layers import Sequential
from common.trainer import Trainer
from tests import simulated_cupy
from tests.common.bad_input import BY_NAME, SUBJECTS, Subject, main, sizes
from tests.common.bad_kinds import DEVICE, Kind, its_shape, shape_of_the_first

CELLS = [
    pytest.param(subject, name, id=f"{subject}, {name}")
    for subject in SUBJECTS
    for name, arg in subject.args.items()
    if arg.slot
]


# What there was before ------------------------------------------------------------------------


def contents(x: Any, seen: dict[int, Any] | None = None) -> Any:
    """All that x holds, byte for byte, as something that can be compared."""
    seen = {} if seen is None else seen
    if id(x) in seen:
        return "seen", list(seen).index(id(x))
    if isinstance(x, str | bytes | int | float | complex | None | numpy.generic | range | Path):
        return type(x), repr(x)
    seen[id(x)] = x
    if isinstance(x, numpy.ndarray | simulated_cupy.ndarray):  # hasattr is slow to answer
        return type(x), str(x.dtype), x.shape, x.tobytes()
    if isinstance(x, numpy.random.Generator):
        return repr(x.bit_generator.state)
    if isinstance(x, list | tuple):
        return type(x), [contents(item, seen) for item in x]
    if isinstance(x, dict):
        return [(contents(key, seen), contents(value, seen)) for key, value in x.items()]
    if isinstance(x, type | types.FunctionType | types.ModuleType):
        return id(x)
    return type(x), [(name, contents(value, seen)) for name, value in attributes(x)]


KNOWN = {"_is_one_call"}  # what an object finds out about itself, once


def attributes(x: Any) -> Iterator[tuple[str, Any]]:
    yield from ((n, value) for n, value in getattr(x, "__dict__", {}).items() if n not in KNOWN)
    for cls in type(x).__mro__:
        for name in getattr(cls, "__slots__", ()):
            if hasattr(x, name):
                yield name, getattr(x, name)


# One cell -------------------------------------------------------------------------------------


def fault(subject: Subject, name: str, kind: Kind, thing: Any) -> str | None:
    """What is wrong with how it is refused; None if nothing is."""
    given = subject.good()
    given[name] = bad = kind.make(given[name])
    before = contents((thing, given))
    try:
        subject.call(thing, given)
    except Exception as error:
        if contents((thing, given)) != before:
            return f"something was changed before {error!r:.150}"
        return of_error(subject, name, kind, bad, error)
    return f"is taken: {bad!r:.80}"


def of_error(subject: Subject, name: str, kind: Kind, bad: Any, error: Exception) -> str | None:
    message = "\n".join([str(error), *getattr(error, "__notes__", ())])
    is_all = kind.shows in (its_shape, shape_of_the_first) or "cannot be done" in message
    got = message if is_all else message[max(message.find("got"), 0) :]
    named = (name, *subject.args[name].called)
    if not isinstance(error, CommonError) or not isinstance(error, kind.error):
        return f"is another error: {error!r:.150}"
    if isinstance(error, FileError):  # it names the file, which is what is wrong
        return None if any(text in message for text in kind.shows(bad)) else f"no file: {message}"
    if not any(who in message for who in subject.who):
        return f"does not say who: {message:.150}"
    if not any(word in message for word in named):
        return f"does not say which argument: {message:.150}"
    if not any(text in got for text in kind.shows(bad)):
        return f"does not say what it got, {list(kind.shows(bad))}: {message:.200}"
    return None


def faults(subject: Subject, name: str, only: Any = None) -> list[str]:
    """Of all kinds in one argument's slot. All that is refused is refused by the same thing."""
    found, thing, arg = [], subject.make(), subject.args[name]
    for title, kind in arg.slot.items():
        if only is not None and title not in only:
            continue
        if title in arg.accepts:
            given = subject.good()
            given[name] = kind.make(given[name])
            wrong = runs(subject, subject.make(), given)
        else:
            wrong = fault(subject, name, kind, thing)
        if wrong:
            found.append(f"{subject}, {name}, {title}: {wrong}")
            thing = subject.make()
    return [*found, *filter(None, [runs(subject, thing, subject.good())])]


def runs(subject: Subject, thing: Any, given: dict[str, Any]) -> str | None:
    try:
        with numpy.errstate(all="ignore"):
            subject.call(thing, given)
    except Exception as error:
        return f"{subject}: good input fails: {type(error)} {error!r:.150}"
    return None


def check_no_fault(found: list[str]) -> None:
    assert not found, "\n".join(["", *found])


@pytest.mark.cpu
@pytest.mark.parametrize(("subject", "name"), CELLS)
def test_bad_input_is_refused_and_nothing_changes(
    subject: Subject, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_no_fault(faults(subject, name))


OF_DATA = [cell for cell in CELLS if cell.id in ("Trainer.fit, x", "Trainer.fit, t")]


@pytest.mark.off_cpu
@pytest.mark.parametrize(("subject", "name"), OF_DATA)
def test_data_are_looked_at_wherever_they_are_moved_to(subject: Subject, name: str) -> None:
    check_no_fault(faults(subject, name))


ARRAYS = [
    pytest.param(subject, name, id=f"{subject}, {name}")
    for subject in SUBJECTS
    for name, arg in subject.args.items()
    if {*DEVICE} & {*arg.kinds()}
]


@pytest.mark.off_cpu
@pytest.mark.parametrize(("subject", "name"), ARRAYS)
def test_an_array_that_was_left_on_the_cpu_is_refused(
    subject: Subject, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_no_fault(faults(subject, name, only=DEVICE))


# The table is complete ------------------------------------------------------------------------


def public_of(module: types.ModuleType, kind: type = object) -> set[Any]:
    """Its own public classes and functions."""
    return {
        value
        for name, value in vars(module).items()
        if callable(value)
        and not isinstance(value, Fused)  # a formula, which its class calls
        and getattr(value, "__module__", None) == module.__name__
        and not name.startswith("_")
        and (kind is object or (isinstance(value, type) and issubclass(value, kind)))
    }


def rows_of(of: Any, method: str = "") -> list[Subject]:
    return [row for row in SUBJECTS if row.of is of and row.method == method]


def arguments(f: Any) -> set[str]:
    named = inspect.signature(f).parameters.values()
    return {p.name for p in named if p.kind is not p.VAR_KEYWORD and p.name != "self"}


# What is no argument of a user: what others have looked at already, or what may be anything.
INNER = {
    functions.floats, functions.inner, functions.mean_surprise,
    plot.frame_around, plot.classes_in_plane, plot.draw_points,
    optimizer.Optimizer, optimizer.Slot, optimizer.check_no_views,
}  # fmt: skip
DATA_SETS = [
    import_module(f"dataset.{found.name}")
    for found in pkgutil.iter_modules(dataset.__path__)
    if found.name != "hold_out"
]
FUNCTIONS = sorted({
    *public_of(functions), *public_of(schedule), *public_of(plot), *public_of(trainer),
    *public_of(optimizer), *public_of(layers, Layer), *public_of(losses, Layer), Layer,
    *(getattr(autograd, name) for name in autograd.__all__ if name != "no_grad"),
    *(data.load_data for data in DATA_SETS), dataset.hold_out,
    checkpoint.Checkpoint, checkpoint.save, checkpoint.load, parallel.in_threads, parallel.world,
    util.batches, util.clip_grads, util.grad_norm, check_gradients, numerical_gradient,
} - INNER, key=lambda f: f"{f.__module__}.{f.__qualname__}")  # fmt: skip


@pytest.mark.cpu
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__qualname__)
def test_each_argument_has_a_row(f: Any) -> None:
    rows = rows_of(f)
    assert rows, "it has no row in tests/common/bad_input.py"
    for row in rows:
        assert {*row.args} == arguments(f)


# Of a class: the methods that take something, but for what Python or the Trainer calls.
OF_THE_TAPE = {"record", "enters", "add_grad", "replace_arrays", "change"}
CLASSES: dict[type, set[str]] = {
    Tensor: OF_THE_TAPE,
    Trainer: {"check_weights"},
    Sequential: {"forward", "backward"},
}


def methods(cls: type) -> set[str]:
    """Public ones, and those that operators call."""
    found = {n: f for c in cls.__mro__ for n, f in vars(c).items() if inspect.isfunction(f)}
    asked = {name for name, f in found.items() if not name.startswith("_") and arguments(f)}
    return asked | ({*found} & OPERATORS)


OPERATORS = {
    f"__{sign}{name}__"
    for sign in ("", "r")
    for name in ("add", "sub", "mul", "truediv", "pow", "matmul")
} | {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__getitem__", "__delitem__"}


@pytest.mark.cpu
@pytest.mark.parametrize("cls", CLASSES)
def test_each_method_has_a_row(cls: type) -> None:
    for name in methods(cls) - CLASSES[cls]:
        rows = rows_of(cls, name)
        assert rows, f"{cls.__name__}.{name} has no row in tests/common/bad_input.py"
        for row in rows:
            assert {*row.args} == arguments(getattr(cls, name))


@pytest.mark.cpu
@pytest.mark.parametrize(
    "cls", [cls for cls in FUNCTIONS if isinstance(cls, type) and issubclass(cls, Layer)]
)
def test_each_layer_has_a_row_for_its_forward_and_its_backward(cls: type[Layer]) -> None:
    if cls is Layer:
        return
    for name in ("forward", "backward"):
        rows = rows_of(cls, name)
        assert rows
        for row in rows:
            assert {*row.args} == arguments(getattr(cls, name))


@pytest.mark.cpu
def test_each_setting_of_an_optimizer_is_set_later_too() -> None:
    for cls in public_of(optimizer, optimizer.Optimizer) - INNER:
        settings = {n for c in cls.__mro__ for n, s in vars(c).items() if isinstance(s, Setting)}
        assert {row.method for row in SUBJECTS if row.of is cls} == {"", "update", *settings}


@pytest.mark.cpu
def test_each_row_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(SUBJECTS)


@pytest.mark.cpu
def test_the_matrix_is_as_large_as_it_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    refused = sum(cells for cells, _ in sizes().values())
    assert refused > 10_000
    main()
    assert f"{refused} kinds of bad input are refused" in capsys.readouterr().out
