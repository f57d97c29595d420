"""Learning rates that change: each function here returns a function from step to lr.

Steps count from 0. `Trainer.fit(..., schedule=cosine(0.1, 1000))` sets `optimizer.lr` before
each update; by hand it is `optimizer.lr = schedule(step)`. A schedule of your own is any
function of the step.
"""

import math
from collections.abc import Callable

from common.checks import check_function, check_number, check_whole

Schedule = Callable[[int], float]


def step_decay(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """lr · factor^⌊step / every⌋: after each `every` steps, lr is multiplied by factor.

    >>> lr = step_decay(1.0, every=10, factor=0.5)
    >>> [lr(0), lr(9), lr(10), lr(25)]
    [1.0, 1.0, 0.5, 0.25]
    """
    check_number("step_decay", "lr", lr, at_least=0)
    check_whole("step_decay", "every", every, at_least=1)
    check_number("step_decay", "factor", factor, above=0)
    return lambda step: lr * factor ** (step // every)


def cosine(lr: float, steps: int, lr_min: float = 0.0) -> Schedule:
    """Half a cosine wave from lr, at step 0, down to lr_min, at `steps` and ever after.

    lr_min + (lr - lr_min) · (1 + cos(π · step / steps)) / 2. Source: Loshchilov & Hutter (2017).

    >>> lr = cosine(1.0, steps=100)
    >>> [lr(0), round(lr(50), 9), lr(100), lr(500)]
    [1.0, 0.5, 0.0, 0.0]
    """
    check_number("cosine", "lr", lr, at_least=0)
    check_whole("cosine", "steps", steps, at_least=1)
    check_number("cosine", "lr_min", lr_min, at_least=0, at_most=lr)
    return lambda step: (
        lr_min + (lr - lr_min) * (1 + math.cos(math.pi * min(step, steps) / steps)) / 2
    )


def warm_up(schedule: Schedule, steps: int) -> Schedule:
    """A straight line up to where `schedule` starts, for `steps` steps; then `schedule`, from 0.

    Step s < steps has schedule(0) · (s + 1) / (steps + 1). Source: Goyal et al. (2017).

    >>> lr = warm_up(cosine(1.0, steps=100), steps=3)
    >>> [lr(0), lr(1), lr(2), lr(3)]
    [0.25, 0.5, 0.75, 1.0]
    """
    check_function("warm_up", "schedule", schedule, of="the step")
    check_whole("warm_up", "steps", steps, at_least=1)
    return lambda step: (
        schedule(0) * (step + 1) / (steps + 1) if step < steps else schedule(step - steps)
    )
