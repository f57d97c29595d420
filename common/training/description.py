"""What a training is, in words that can be compared: its parts, its optimizer, its fit."""

import functools
import hashlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from common.checks import STRETCH, name_of
from common.np import Array
from common.parameters import Part
from common.training.packing import SCALARS
from common.util import as_bytes, batches


def settings_of(who: Any) -> dict[str, Any]:
    """The numbers and strings that it was made with, and whether it learns.

    >>> from common.optimizer import Momentum
    >>> settings_of(Momentum(lr=0.1))
    {'lr': 0.1, 'momentum': 0.9}
    """
    own = getattr(who, "__dict__", {})
    kind: Any = type(who)
    names = _arguments_of(kind) if own else ()
    settings = {n: own[n] for n in names if n in own and isinstance(own[n], SCALARS)}
    if isinstance(who, Part) and not who.is_container and who.params:
        settings["requires_grad"] = bool(who.requires_grad)
    return settings


@functools.cache
def _arguments_of(kind: type) -> tuple[str, ...]:
    return tuple(inspect.signature(kind).parameters)


def in_words(who: Any) -> str:
    """As it would be written in a script; of a function, its name.

    >>> from common.layers import Dropout
    >>> in_words(Dropout(0.3))
    'Dropout(dropout_ratio=0.3)'
    """
    if hasattr(who, "__qualname__"):
        return who.__qualname__
    settings = ", ".join(f"{name}={value!r}" for name, value in settings_of(who).items())
    return f"{name_of(who)}({settings})"


def of_parts(parts: Mapping[str, Any], optimizer: Any) -> dict[str, str]:
    """Each part of the model, and the optimizer."""
    return {**{n: in_words(p) for n, p in parts.items()}, "optimizer": in_words(optimizer)}


def of_fit(
    numbers: Mapping[str, Any],
    data: Mapping[str, Array],
    schedule: Any,
    callbacks: Sequence[Any],
) -> dict[str, str]:
    """What a fit was given."""
    said = {name: repr(value) for name, value in numbers.items()}
    said |= {name: of_data(array) for name, array in data.items()}
    said["schedule"] = "None" if schedule is None else _of_schedule(schedule)
    said["callbacks"] = ", ".join(map(in_words, callbacks)) or "none"
    return said


def _of_schedule(schedule: Any) -> str:
    """A function cannot be compared with another; but lr at some steps can."""
    lrs = []
    for step in (0, *(10**n for n in range(7))):
        try:
            lrs.append(f"{float(schedule(step))!r} at step {step}")
        except Exception:  # it ends before; a mistake in it shows at its step
            break
    return ", ".join(lrs)


def of_data(array: Array) -> str:
    """Its form, and a SHA-256 of its numbers. Some megabytes of it are in memory at a time."""
    sha = hashlib.sha256()
    rows = max(STRETCH * len(array) // max(array.nbytes, 1), 1)
    for (stretch,) in batches(rows, array):
        sha.update(as_bytes(stretch))
    return f"{array.dtype} {array.shape} with SHA-256 {sha.hexdigest()[:16]}"


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """A line for each that is another now than it was then."""
    return [
        f"{name}: {now.get(name, 'missing')}, and it was {then.get(name, 'missing')}"
        for name in {**then, **now}
        if now.get(name) != then.get(name)
    ]
