"""The form of a training's record: a file may come from a stranger, so all of it is looked at.

`check_record` looks at the record alone, when it is read; `check_for` at what it says to a trainer,
before any of it is put back. What either finds is a FileError. Then nothing is left that could fail
amid a change.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy

from common.checks import is_array
from common.errors import CommonError, FileError
from common.np import Array
from common.optimizer import BOOKKEEPING, Optimizer
from common.training.generators import checked_state, is_same_state
from common.training.packing import LARGEST, Unpacking
from common.training.refusal import refused, shown
from common.training.report import Epoch

APART = {"training", "requires_grad", "has_grads"}  # attributes of layers, kept in other ways
Form = Callable[[str, Any], None]  # raises a FileError if the value of that name has another


@contextmanager
def as_file_error(path: Path) -> Iterator[None]:
    """What is wrong with a record is wrong with its file."""
    try:
        yield
    except (CommonError, ValueError, RecursionError, MemoryError) as error:
        raise FileError(
            f"{path} has a training that no Checkpoint has written: {shown(str(error))}"
        ) from None


def whole(name: str, value: Any, at_least: int = 0) -> None:
    """A number of steps, rows, epochs."""
    if type(value) is not int or not at_least <= value <= LARGEST:
        raise refused(name, value)


def at_least_one(name: str, value: Any) -> None:
    """Such a number, and not 0."""
    whole(name, value, at_least=1)


def number(name: str, value: Any) -> None:
    """A float, NaN and infinity too; or a whole number that is exact as one."""
    if type(value) is not float and (type(value) is not int or abs(value) > LARGEST):
        raise refused(name, value)


def positive(name: str, value: Any) -> None:
    """A number above 0, and finite."""
    number(name, value)
    if not 0 < value < math.inf:
        raise refused(name, value)


def not_negative(name: str, value: Any) -> None:
    """A number from 0, and finite."""
    number(name, value)
    if not 0 <= value < math.inf:
        raise refused(name, value)


def of_type(kind: type) -> Form:
    """Of exactly this type."""

    def form(name: str, value: Any) -> None:
        if type(value) is not kind:
            raise refused(name, value)

    return form


def optional(form: Form) -> Form:
    """None, or of this form."""
    return lambda name, value: None if value is None else form(name, value)


def list_of(form: Form) -> Form:
    """A list, each of it of this form."""

    def form_of_list(name: str, value: Any) -> None:
        a_list(name, value)
        for i, item in enumerate(value):
            form(f"{name}.{i}", item)

    return form_of_list


def names_to(form: Form) -> Form:
    """An object with any names, each value of this form."""

    def form_of_all(name: str, value: Any) -> None:
        an_object(name, value)
        for key, item in value.items():
            form(f"{name}.{shown(key):.40}", item)

    return form_of_all


def row(*forms: Form) -> Form:
    """A list with one of each of these forms."""

    def form_of_row(name: str, value: Any) -> None:
        a_list(name, value)
        if len(value) != len(forms):
            raise refused(name, value)
        for i, (form, item) in enumerate(zip(forms, value, strict=True)):
            form(f"{name}.{i}", item)

    return form_of_row


def with_names(forms: Mapping[str, Form]) -> Form:
    """An object with these names, none missing and none more."""

    def form_of_object(name: str, value: Any) -> None:
        an_object(name, value)
        check_names(name, value, forms)
        for key, form in forms.items():
            form(f"{name}.{key}", value[key])

    return form_of_object


def anything(name: str, value: Any) -> None:
    """A packed value: `Unpacking` looks at it."""


def version(name: str, value: Any) -> None:
    """0.1.0, say."""
    text(name, value)
    if len(value) > 40 or not value.isprintable():
        raise refused(name, value)


a_list, an_object, text, flag = map(of_type, (list, dict, str, bool))
mean = row(number, whole)
packed_attributes = names_to(anything)
# As `Snapshot.of` makes it.
RECORD = with_names(
    {
        "versions": with_names({"framework": version, "numpy": version}),
        "checkpoints": list_of(text),
        "made": names_to(text),
        "step": whole,
        "epoch": whole,
        "history": anything,
        "loss_list": anything,
        "loss_steps": anything,
        "fit": names_to(text),
        "steps": row(whole, whole),
        "epochs_before": whole,
        "lr": anything,
        "numbers": with_names(
            {
                "batch_size": anything,
                "max_grad": anything,
                "eval_interval": anything,
            }
        ),
        "batches": whole,
        "is_over": flag,
        "seconds": number,
        "loss": mean,
        "interval": mean,
        "order": anything,
        "callbacks": list_of(packed_attributes),
        "kinds": names_to(text),
        "attributes": names_to(packed_attributes),
        "frozen": list_of(text),
        "evaluating": list_of(text),
        "learners": list_of(text),
        "unreached": list_of(text),
        "generators": names_to(anything),
        "optimizer": packed_attributes,
        "slots": list_of(row(text, whole, anything)),
    }
)
NUMBERS_OF_FIT = {
    "batch_size": at_least_one,
    "max_grad": optional(positive),
    "eval_interval": optional(at_least_one),
}


def check_record(record: Any, arrays: Mapping[str, Array]) -> None:
    """That it has the form that `Snapshot.of` gives it."""
    RECORD("record", record)
    unpack = Unpacking(arrays, arrays).unpack  # to look at: no copies
    for key, form in NUMBERS_OF_FIT.items():
        form(key, plain(unpack(record["numbers"][key])))
    not_negative("lr", plain(unpack(record["lr"])))
    losses, steps = unpack(record["loss_list"]), unpack(record["loss_steps"])
    if not (_is_row(losses, "f") and _is_row(steps, "i") and len(losses) == len(steps)):
        raise refused("loss_list", [losses, steps])
    order = unpack(record["order"])
    if order is not None and not (_is_row(order, "i") and _is_permutation(order)):
        raise refused("order", order)
    history = unpack(record["history"])
    if not _is_history(history):
        raise refused("history", history)
    if record["epochs_before"] > len(history):
        raise refused("epochs_before", record["epochs_before"])
    for packed in record["callbacks"]:
        for value in packed.values():
            unpack(value)


def plain(value: Any) -> Any:
    """A number of NumPy as one of Python; an array without axes is one, too."""
    is_number = isinstance(value, numpy.generic) or (is_array(value) and value.ndim == 0)
    return value.item() if is_number else value


def _is_row(array: Any, kind: str) -> bool:
    return isinstance(array, numpy.ndarray) and array.ndim == 1 and array.dtype.kind == kind


def _is_history(table: Any) -> bool:
    """A row for each epoch; in the first two columns whole numbers from 1 on."""
    if not (is_array(table) and table.dtype == float and table.shape[1:] == (len(fields(Epoch)),)):
        return False
    counts = table[:, :2]
    return bool(((counts >= 1) & (counts <= LARGEST) & (counts % 1 == 0)).all())


def _is_permutation(order: Array) -> bool:
    """Each of its rows is one, and all are there. Negative ones would count from the end."""
    if ((order < 0) | (order >= len(order))).any():
        return False
    is_there = numpy.zeros(len(order), bool)
    is_there[order] = True
    return bool(is_there.all())


def check_for(
    record: Mapping[str, Any],
    optimizer: Any,
    objects: Mapping[str, Any],
    generators: Mapping[str, numpy.random.Generator],
    unpacking: Unpacking,
) -> None:
    """That all it sets in a trainer is there, and a training's to set.

    objects, generators: of the trainer, by name.
    """
    with_attributes = {n: item for n, item in objects.items() if hasattr(item, "__dict__")}
    check_names("attributes", record["attributes"], with_attributes)
    for name, item in with_attributes.items():
        unpacking.check_attributes(item, record["attributes"][name], APART)
    check_names("generators", record["generators"], generators)
    states: dict[int, Any] = {}
    for name, generator in generators.items():
        state = checked_state(generator, unpacking.unpack(record["generators"][name]))
        if not is_same_state(states.setdefault(id(generator), state), state):
            raise FileError(f"the generator {name} is another's too, which has another state")
    is_ours = isinstance(optimizer, Optimizer)
    unpacking.check_attributes(optimizer, record["optimizer"], BOOKKEEPING if is_ours else ())
    if is_ours:
        whole("optimizer.steps", record["optimizer"].get("steps"))
        check_some("slots", [name for name, _, _ in record["slots"]], unpacking.own)
        taken = set(map(id, unpacking.own.values()))
        for name, _, packed in record["slots"]:
            _check_state(name, unpacking.unpack(packed), optimizer, unpacking.own[name], taken)


def check_names(name: str, value: Any, names: Collection[str]) -> None:
    """These, none missing and none more."""
    for key in value.keys() ^ set(names):
        raise refused(name, f"{'with' if key in value else 'without'} {key:.40}")


def check_some(name: str, value: list[str], names: Collection[str]) -> None:
    """Some of these names, each once."""
    if len(set(value)) < len(value) or not set(value).issubset(names):
        raise refused(name, value)


def _check_state(
    name: str, state: Any, optimizer: Optimizer, param: Array, taken: set[int]
) -> None:
    """For each that the formula keeps an array of its own, of the form of the parameter."""
    if type(state) is not dict or tuple(state) != optimizer.state_names:
        raise refused(f"what the optimizer keeps for {name}", state)
    for array in state.values():
        is_own = is_array(array) and id(array) not in taken
        if not is_own or (array.shape, array.dtype) != (param.shape, param.dtype):
            raise refused(f"what the optimizer keeps for {name}", array)
        taken.add(id(array))
