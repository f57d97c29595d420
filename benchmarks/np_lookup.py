"""What looking up `np` in common.np costs in a training step: `python -m benchmarks.np_lookup`.

`np.exp` there is an attribute of an object that stands for NumPy or CuPy. The step is one of
chapter 1's, on a batch of 30 of the spiral: so small that a look-up weighs as much as it can.
"""

import argparse
import timeit
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy

from benchmarks.clock import seconds
from ch01.two_layer_net import TwoLayerNet
from common.commands.options import whole
from common.np import np
from common.optimizer import SGD
from dataset import spiral


def training_step() -> Callable[[], None]:
    """One step of chapter 1's network, as its loop has it."""
    x, t = (array[::10] for array in spiral.load_data())
    model, optimizer = TwoLayerNet(2, 10, 3, seed=0), SGD(lr=1.0)

    def step() -> None:
        model.forward(x, t)
        model.backward()
        optimizer.update(model.params, model.grads)

    return step


def lookups(step: Callable[[], Any]) -> Counter[str]:
    """How often each name is looked up in `np` during a step."""
    counts: Counter[str] = Counter()
    stand_in: Any = np
    plain = type(stand_in)

    def counting(self: Any, name: str) -> Any:
        counts[name] += 1
        return object.__getattribute__(self, name)

    step()  # the first step looks more closely than the others
    stand_in.__class__ = type("Counting", (plain,), {"__getattribute__": counting})
    try:
        step()
    finally:
        stand_in.__class__ = plain
    return counts


def extra_seconds(values: int) -> float:
    """What `np.exp` takes longer through common.np than on NumPy itself."""
    here = timeit.Timer("np.exp", globals={"np": np})
    there = timeit.Timer("np.exp", globals={"np": numpy})
    number = 200_000
    pairs = [(here.timeit(number), there.timeit(number)) for _ in range(values)]
    return max(0.0, min(a for a, _ in pairs) - min(b for _, b in pairs)) / number


def main() -> None:
    """Prints the count, the cost of one, and their share of the step."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.np_lookup", description="What the look-ups of np cost in a step."
    )
    parser.add_argument("--values", type=whole(1), default=15, help="times that it is measured")
    values = parser.parse_args().values
    step = training_step()
    counts, extra = lookups(step), extra_seconds(values)
    taken = seconds(step, values)
    share = counts.total() * extra / taken
    names = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    print(f"look-ups in a step   {counts.total()} ({names})")
    print(f"one costs            {extra * 1e9:.1f} ns more than on NumPy itself")
    print(f"the step takes       {taken * 1e6:.1f} µs")
    print(f"share of the step    {share:.2%}")


if __name__ == "__main__":
    main()
