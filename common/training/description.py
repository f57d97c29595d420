"""What a training is, in words that can be compared: its parts, its optimizer, its fit."""

import hashlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy

from common.checks import name_of, rows_at_once
from common.errors import ArgumentError, ArgumentTypeError
from common.np import Array
from common.parameters import Part
from common.training.packing import attributes_of, is_scalar
from common.training.refusal import shown
from common.util import as_bytes, batches

LINES = 100  # of an error at most: a file may have names without end


def in_words(who: Any) -> str:
    """As it would be written in a script, numbers and strings alone; of a function, its name.

    >>> from common.layers import Dropout
    >>> in_words(Dropout(0.3))
    'Dropout(dropout_ratio=0.3)'
    """
    if hasattr(who, "__qualname__"):
        return who.__qualname__
    attributes = attributes_of(who)
    try:
        names = list(inspect.signature(type(who)).parameters) if attributes else []
    except ValueError:  # written in C
        names = []
    settings = {n: attributes[n] for n in names if n in attributes and is_scalar(attributes[n])}
    words = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    is_frozen = isinstance(who, Part) and not (who.is_container or who.requires_grad)
    return f"{name_of(who)}({words})" + (", frozen" if is_frozen else "")


def of_fit(
    batch_size: int,
    max_grad: float | None,
    eval_interval: int | None,
    data: Sequence[Array],
    held_out: Sequence[Array] | None,
    schedule: Any,
    steps: range,
    callbacks: Sequence[Any],
) -> dict[str, str]:
    """What a fit is given. steps: those for which the schedule is asked."""
    return {
        "batch_size": str(batch_size),
        "max_grad": str(max_grad),
        "eval_interval": str(eval_interval),
        "x and t": " and ".join(map(_of_data, data)),
        "held_out": "None" if held_out is None else " and ".join(map(_of_data, held_out)),
        "schedule": "None" if schedule is None else of_schedule(schedule, steps),
        "callbacks": ", ".join(map(in_words, callbacks)) or "none",
    }


def of_schedule(schedule: Any, steps: range) -> str:
    """A function cannot be compared with another; but lr can: at a thousand of the steps."""
    some = steps[:: max(len(steps) // 1000, 1)]
    with numpy.errstate(all="ignore"):  # as in the fit
        lrs = [repr(_lr(schedule, step)) for step in some]
    sha = hashlib.sha256(" ".join(lrs).encode()).hexdigest()[:16]
    first_and_last = f" from {lrs[0]} to {lrs[-1]}" if lrs else ""
    return f"lr{first_and_last} in {len(steps)} steps, with SHA-256 {sha}"


def _lr(schedule: Any, step: int) -> float:
    lr = schedule(step)
    try:
        return float(lr)
    except (TypeError, ValueError):
        raise ArgumentTypeError(
            f"Trainer: schedule({step}) must be a number, got {lr!r:.80}"
        ) from None


def _of_data(array: Array) -> str:
    """Its form, and a SHA-256 of its numbers. Some megabytes of it are in memory at a time."""
    stretches = (stretch for (stretch,) in batches(rows_at_once(array), array))
    return f"{form(array)} with SHA-256 {sha_of(stretches)}"


def sha_of(arrays: Iterable[Array]) -> str:
    """The beginning of a SHA-256 of their numbers."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(as_bytes(array))
    return sha.hexdigest()[:16]


def form(array: Array) -> str:
    """What an array is, but for its numbers."""
    return f"{array.dtype} {array.shape}"


def check_same(what: str, differences: Sequence[str]) -> None:
    """One error that has a line for each difference, up to a hundred, if there are any."""
    if differences:
        more = [f"and {len(differences) - LINES} more"] if len(differences) > LINES else []
        raise ArgumentError("\n  ".join([f"{what}:", *differences[:LINES], *more]))


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """A line for each that is another now than it was then, whatever a file says."""
    return [
        shown(f"{name}: {now.get(name, 'missing')}, and it was {then.get(name, 'missing')}")
        for name in {**then, **now}
        if now.get(name) != then.get(name)
    ]
