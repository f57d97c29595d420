"""Timing within one process: what `growth`, `tape`, `gpu` and `np_lookup` need of it."""

import gc
import statistics
import timeit
from collections.abc import Callable, Sequence
from typing import Any


def seconds(function: Callable[[], Any], values: int = 5, at_least: float = 0.02) -> float:
    """The median seconds of a call. A value is many calls, if one would be over too soon."""
    return side_by_side([function], values, at_least)[0]


def side_by_side(
    functions: Sequence[Callable[[], Any]], values: int = 5, at_least: float = 0.02
) -> list[float]:
    """The median seconds of each, taken in turns, so that a slow moment meets them all."""
    # timeit would switch the garbage collector off; a training has it on.
    timers = [timeit.Timer(function, "gc.enable()", globals={"gc": gc}) for function in functions]
    numbers = [1 + int(at_least / min(timer.repeat(2, 1))) for timer in timers]
    taken: list[list[float]] = [[] for _ in functions]
    for _ in range(values):
        for timer, number, mine in zip(timers, numbers, taken, strict=True):
            mine.append(timer.timeit(number) / number)
    return [statistics.median(mine) for mine in taken]
