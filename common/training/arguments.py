"""What a fit is given: looked at before it begins, so that nothing is wrong in its midst."""

from collections.abc import Callable, Sequence
from typing import Any

from common.checks import (
    NUMBERS,
    check_data,
    check_function,
    check_number,
    check_plain,
    check_whole,
    class_advice,
    is_array,
)
from common.errors import ArgumentTypeError, DTypeError
from common.np import Array
from common.training.packing import LARGEST
from common.util import to_device

MOMENTS = ("begin", "after_step", "after_epoch", "end")
Hooks = dict[str, list[Callable[[Any], Any]]]


def check_optimizer(optimizer: Any) -> None:
    """An object with lr and `update`."""
    is_one = callable(getattr(optimizer, "update", None)) and hasattr(optimizer, "lr")
    if isinstance(optimizer, type) or not is_one:
        raise ArgumentTypeError(
            f"Trainer: expected an optimizer, an object with lr and update(params, grads), got "
            f"{optimizer!r:.80}.{class_advice(optimizer)}"
        )


def check_settings(
    max_epoch: Any, batch_size: Any, max_grad: Any, eval_interval: Any, schedule: Any
) -> None:
    """Numbers in their ranges, and a function of the step."""
    check_whole("Trainer", "max_epoch", max_epoch, at_least=0, below=LARGEST)
    check_whole("Trainer", "batch_size", batch_size, at_least=1, below=LARGEST)
    if max_grad is not None:
        check_number("Trainer", "max_grad", max_grad, above=0)
    if eval_interval is not None:
        check_whole("Trainer", "eval_interval", eval_interval, at_least=1, below=LARGEST)
    if schedule is not None:
        check_function("Trainer", "schedule", schedule, of="the step")


def checked_data(who: str, x: Any, t: Any) -> tuple[Array, Array]:
    """x and t, as many rows of each, looked at once and on the device that is on."""
    x, t = on_device(who, "x", x), on_device(who, "t", t)
    check_data(who, x, t)
    return x, t


def on_device(who: str, name: str, array: Any) -> Array:
    """An array of numbers, moved to the device that is on."""
    if not is_array(array):
        raise DTypeError(
            f"{who}: {name} must be an array, got {type(array).__name__}. Make one with "
            f"np.array(...)."
        )
    check_plain(who, name, array)
    if array.dtype.kind not in NUMBERS:
        raise DTypeError(f"{who}: {name} must hold numbers, got {array.dtype}")
    return to_device(array)


def hooks_of(callbacks: Sequence[Any]) -> Hooks:
    """For each moment of a training, what is to be called then."""
    hooks: Hooks = {moment: [] for moment in MOMENTS}
    for callback in callbacks:
        own = [moment for moment in MOMENTS if hasattr(callback, moment)]
        if isinstance(callback, type) or not (own or callable(callback)):
            raise ArgumentTypeError(
                f"Trainer: a callback must be a function of the trainer, or an object with any of "
                f"{', '.join(MOMENTS)}; got {callback!r:.80}.{class_advice(callback)}"
            )
        for moment in own or ["after_epoch"]:
            hook = getattr(callback, moment) if own else callback
            check_function("Trainer", "a callback", hook, of="the trainer")
            hooks[moment].append(hook)
    return hooks
