"""How time and memory grow with the size of the work: `python -m benchmarks.growth`.

For each size: the time of a step, and the peak of the memory that Python and NumPy take for the
model, its gradients, the optimizer's state and the step. It is measured in a pass of its own,
since counting allocations slows them down.
"""

import argparse
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from benchmarks.clock import seconds
from benchmarks.table import duration, markdown
from common.autograd import Tensor
from common.commands.options import whole
from common.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from common.optimizer import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSprop

D_IN, D_OUT, FLOAT = 784, 10, 4
SIZES_HEAD = ("growing", "size", "a step takes", "peak memory", "over params + activations")
FIT_HEAD = (
    "growing", "over the sizes", "time grows as size^", "arithmetic as size^",
    "memory of the largest", "stated",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One size. build: makes the model, and returns a step of it.

    arithmetic: additions and multiplications of a step. floats: how many numbers the parameters
    and the activations (the input and what each layer puts out) are.
    """

    size: int
    build: Callable[[], Callable[[], Any]]
    arithmetic: float
    floats: int


@dataclass(frozen=True)
class Series:
    """What grows. stated: the memory of its largest size is at most this many times its floats."""

    name: str
    cases: list[Case]
    stated: float


@dataclass(frozen=True)
class Measured:
    """What a case took: seconds and bytes."""

    case: Case
    seconds: float
    peak: int

    @property
    def multiple(self) -> float:
        """The peak, as a multiple of parameters plus activations."""
        return self.peak / (FLOAT * self.case.floats)


def mlp(size: int, width: int, batch: int) -> Case:
    """An MLP with two hidden layers, trained with Adam. size: what the table names it by."""
    weights = D_IN * width + width * width + width * D_OUT
    params = weights + 2 * width + D_OUT
    # Each weight takes part in three products, but nobody needs dL/dx of the first layer.
    products = 2 * batch * (3 * weights - D_IN * width)

    def build() -> Callable[[], None]:
        rng = numpy.random.default_rng(0)
        x = rng.normal(size=(batch, D_IN)).astype(numpy.float32)
        t = rng.integers(D_OUT, size=batch)
        hidden = Linear(D_IN, width, rng), ReLU(), Linear(width, width, rng), ReLU()
        model, loss = Sequential(*hidden, Linear(width, D_OUT, rng)), SoftmaxWithLoss()
        adam, model.needs_dx = Adam(), False

        def step() -> None:
            loss.forward(model.forward(x), t)
            model.backward(loss.backward())
            adam.update(model.params, model.grads)

        return step

    activations = batch * (D_IN + 4 * width + D_OUT)
    return Case(size, build, products + 12 * params, params + activations)


def graph(length: int, width: int = 1000) -> Case:
    """A chain of additions on the tape."""

    def build() -> Callable[[], None]:
        w = Tensor(numpy.ones(width, numpy.float32), requires_grad=True)

        def step() -> None:
            w.grad = None
            y = w
            for _ in range(length):
                y = y + 1.0
            y.sum().backward()

        return step

    return Case(length, build, width * length, width * (length + 1))


def update(optimizer: Callable[[], Any], params: int) -> Case:
    """An optimizer's update of one array."""

    def build() -> Callable[[], None]:
        p, g = (numpy.full(params, number, numpy.float32) for number in (1.0, 1e-3))
        stepper = optimizer()
        return lambda: stepper.update([p], [g])

    return Case(params, build, params, params)


def series(smallest: bool = False) -> list[Series]:
    """What grows, and its sizes; `smallest` leaves out all that take long.

    Of a wide network Adam's four arrays for each parameter count (p, g, m, v), of a large batch
    the activations, and of an optimizer p, g and its state. A tape keeps what each call returns.
    """
    widths, batches = [64 << i for i in range(7)], [4**i for i in range(7)]
    lengths, counts = [10**i for i in range(1, 5)], [10**i for i in range(3, 8)]
    if smallest:
        widths, batches, lengths, counts = widths[:2], batches[:2], lengths[:2], counts[:2]
    return [
        Series("MLP: width, at batch 128", [mlp(width, width, 128) for width in widths], 4),
        Series("MLP: batch, at width 512", [mlp(batch, 512, batch) for batch in batches], 1.5),
        Series("tape: graph length", [graph(length) for length in lengths], 1.5),
        *(parameters(kind, counts) for kind in OPTIMIZERS),
    ]


OPTIMIZERS = (SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam, AdamW)


def parameters(optimizer: type[Any], counts: Sequence[int]) -> Series:
    """The updates of one optimizer."""
    cases = [update(optimizer, count) for count in counts]
    return Series(f"{optimizer.__name__}: parameters", cases, 2.1 + len(optimizer.state_names))


def measure(case: Case, values: int) -> Measured:
    """Its time and, apart from it, its memory."""
    taken = seconds(case.build(), values)
    tracemalloc.start()
    try:
        step = case.build()
        step()
        step()  # the first step makes the optimizer's state
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Measured(case, taken, peak)


def exponent(sizes: Sequence[float], amounts: Sequence[float]) -> float:
    """The k of amount = constant · size^k, fitted by least squares to the logarithms.

    >>> round(exponent([1, 2, 4], [3, 12, 48]), 6)
    2.0
    """
    slope, _ = numpy.polyfit(numpy.log(sizes), numpy.log(amounts), 1)
    return float(slope)


def upper_half(cases: Sequence[Any]) -> Sequence[Any]:
    """The larger sizes, at least two: with the smaller ones, what a call costs is still in it."""
    return cases[min(len(cases) // 2, len(cases) - 2) :]


def fit_row(name: str, stated: float, measured: Sequence[Measured]) -> list[str]:
    """The exponent of the time against that of the arithmetic; the memory against the stated."""
    large = upper_half(measured)
    sizes = [m.case.size for m in large]
    time = exponent(sizes, [m.seconds for m in large])
    arithmetic = exponent(sizes, [m.case.arithmetic for m in large])
    multiple = measured[-1].multiple
    return [
        name,
        f"{sizes[0]:,} to {sizes[-1]:,}",
        f"{time:.2f}",
        f"{arithmetic:.2f}",
        f"{multiple:.2f}",
        f"{stated:g}",
    ]


def size_row(name: str, measured: Measured) -> list[str]:
    """The cells of one size."""
    memory = f"{measured.peak / 1e6:.3g} MB"
    size, multiple = f"{measured.case.size:,}", f"{measured.multiple:.2f}"
    return [name, size, duration(measured.seconds), memory, multiple]


def main() -> None:
    """Prints the exponents and, below them, every size."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description="How time and memory grow with the size."
    )
    parser.add_argument("--values", type=whole(1), default=5, help="of which the median is taken")
    parser.add_argument("--smallest", action="store_true", help="only the two smallest sizes")
    arguments = parser.parse_args()
    fits, sizes = [], []
    for one in series(arguments.smallest):
        measured = [measure(case, arguments.values) for case in one.cases]
        fits.append(fit_row(one.name, one.stated, measured))
        sizes += [size_row(one.name, m) for m in measured]
    print(f"{markdown(FIT_HEAD, fits)}\n\n{markdown(SIZES_HEAD, sizes)}")


if __name__ == "__main__":
    main()
