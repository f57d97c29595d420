"""What the tape costs for each operation that it records: `python -m benchmarks.tape`.

A step here is a forward and a backward. Beside each graph stand the NumPy calls that it makes;
what the step takes longer than these is the tape's own, and is shared out over the recorded ops.
The arrays are small: with large ones the difference would drown in the noise.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy

from benchmarks.clock import side_by_side
from benchmarks.table import duration, markdown
from common.autograd import Tensor
from common.commands.options import whole
from common.np import Array

HEAD = ("graph", "ops", "on the tape", "NumPy's calls", "tape's own, per op")
RNG = numpy.random.default_rng(0)


@dataclass(frozen=True)
class Graph:
    """leaves: what is learned. on_tape: a step; returns the loss. in_numpy: the same, by hand;
    returns the gradients of the leaves.
    """

    name: str
    leaves: Sequence[Tensor]
    on_tape: Callable[[], Tensor]
    in_numpy: Callable[[], list[Array]]


def spread(total: Array, summands: Array) -> Array:
    """The gradient of a sum: 1 for each summand."""
    dx = numpy.empty(summands.shape, summands.dtype)
    dx[...] = numpy.ones((), total.dtype)
    return dx


def polynomial() -> Graph:
    """Chapter 2's loss; x² and x³ are computed from data alone, so they are not recorded."""
    x, y = Tensor(numpy.linspace(-3, 3, 100)), Tensor(numpy.ones(100))
    leaves = [Tensor(numpy.array(start), requires_grad=True) for start in (0.1, 0.2, 0.3, 0.4)]
    a, b, c, d = leaves

    def on_tape() -> Tensor:
        a.grad = b.grad = c.grad = d.grad = None
        loss = ((a + b * x + c * x**2 + d * x**3 - y) ** 2).sum()
        loss.backward()
        return loss

    def in_numpy() -> list[Array]:
        X, A, B, C, D = x.data, a.data, b.data, c.data, d.data
        X2, X3 = X * X, X * X * X
        diff = A + B * X + C * X2 + D * X3 - y.data
        loss = (diff * diff).sum()
        dout = spread(loss, diff) * (2 * diff)
        return [dout.sum(), *(numpy.vdot(dout, power) for power in (X, X2, X3))]

    return Graph("polynomial of 100 points", leaves, on_tape, in_numpy)


def two_layer_net() -> Graph:
    """Chapter 2's older net, much smaller."""
    x, y = Tensor(RNG.normal(size=(8, 10))), Tensor(RNG.normal(size=(8, 10)))
    leaves = [Tensor(RNG.normal(size=(10, 10)), requires_grad=True) for _ in range(2)]
    w1, w2 = leaves

    def on_tape() -> Tensor:
        w1.grad = w2.grad = None
        loss = (((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum()
        loss.backward()
        return loss

    def in_numpy() -> list[Array]:
        X, W1, W2 = x.data, w1.data, w2.data
        h = numpy.matmul(X, W1)
        h_relu = numpy.clip(h, 0, None)
        diff = numpy.matmul(h_relu, W2) - y.data
        loss = (diff * diff).sum()
        dout = spread(loss, diff) * (2 * diff)
        dh = numpy.matmul(dout, W2.T) * (h >= 0)
        return [numpy.matmul(X.T, dh), numpy.matmul(h_relu.T, dout)]

    return Graph("two-layer net of 10 neurons", leaves, on_tape, in_numpy)


def chain(length: int = 1000) -> Graph:
    """As many additions, one after another, and a sum."""
    w = Tensor(numpy.ones(10), requires_grad=True)

    def on_tape() -> Tensor:
        w.grad = None
        y = w
        for _ in range(length):
            y = y + 1.0
        loss: Tensor = y.sum()
        loss.backward()
        return loss

    def in_numpy() -> list[Array]:
        y = w.data
        for _ in range(length):
            y = y + 1.0
        return [spread(y.sum(), y)]

    return Graph(f"chain of {length:,} additions", [w], on_tape, in_numpy)


GRAPHS = (polynomial, two_layer_net, chain)


def recorded(loss: Tensor) -> int:
    """The number of calls behind a tensor."""
    seen, stack = set(), [loss.call]
    while stack:
        call = stack.pop()
        if call is not None and call.serial not in seen:
            seen.add(call.serial)
            stack += [getattr(x, "call", None) for x in call.inputs]
    return len(seen)


def row(graph: Graph, values: int) -> list[str]:
    """The cells of one graph."""
    ops = recorded(graph.on_tape())
    on_tape, in_numpy = side_by_side([graph.on_tape, graph.in_numpy], values)
    per_op = (on_tape - in_numpy) / ops
    times = [duration(on_tape), duration(in_numpy), f"{per_op * 1e6:.2f} µs"]
    return [graph.name, str(ops), *times]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tape", description="What the tape costs for each recorded op."
    )
    parser.add_argument("--values", type=whole(1), default=25, help="of which the median is taken")
    values = parser.parse_args().values
    print(markdown(HEAD, [row(make(), values) for make in GRAPHS]))


if __name__ == "__main__":
    main()
