"""What `benchmarks.parallel` has measured, as a page; and what would come of it on many processes.

The page is made of `Step`s and `Exchange`s alone. `fit` finds the latency and the bandwidth behind
the times of an exchange, and `efficiency` carries them on.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.table import duration, markdown

BATCH, FLOAT = 256, 4  # rows of each process, bytes of a number
FEWEST_TIMES, MOST_OVER = 1.6, 0.05  # the bars
SHOWN = (2, 8, 64, 1024)  # processes in the table of the projection
STEP_HEAD = (
    "parameters", "processes", "a step takes", "forward, backward, update", "Allreduce",
    "over these two", "rows per second", "over one process",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Seconds: of a step of the Trainer; of the parts of one by hand; of what ends an epoch.

    allreduces: how many a step of several processes makes.
    over: by what share the Trainer's takes longer than these parts. It is the median of many
    comparisons, each of which was made within a second; so it is not what the medians give.
    """

    params: int
    processes: int
    allreduces: int
    trainer: float
    compute: float
    exchange: float
    over: float
    epoch_end: float

    @property
    def rate(self) -> float:
        """Rows per second, of all processes."""
        return self.processes * BATCH / self.trainer


@dataclass(frozen=True)
class Exchange:
    """The seconds of an Allreduce of so many bytes."""

    processes: int
    size: int
    seconds: float


@dataclass(frozen=True)
class Link:
    """latency: seconds. bandwidth: bytes per second."""

    latency: float
    bandwidth: float

    def seconds(self, processes: int, size: int) -> float:
        """Of an Allreduce, by the formula."""
        messages, share = terms(processes)
        return messages * self.latency + share * size / self.bandwidth


ETHERNET = Link(30e-6, 25e9 / 8)


def terms(processes: int) -> tuple[float, float]:
    """How many messages an Allreduce waits for, and how often its bytes go over the network."""
    return 2 * math.log2(processes), 2 * (processes - 1) / processes


def fit(exchanges: Sequence[Exchange]) -> Link:
    """The one whose times have the least squares of relative errors."""
    messages, shares = numpy.array([terms(one.processes) for one in exchanges]).T
    sizes = numpy.array([one.size for one in exchanges])
    seconds = numpy.array([one.seconds for one in exchanges])
    columns = numpy.stack([messages, shares * sizes], axis=1) / seconds[:, None]
    latency, per_byte = numpy.linalg.lstsq(columns, numpy.ones(len(seconds)))[0]
    return Link(float(latency), float(1 / per_byte))


def with_a_processor_each(exchanges: Sequence[Exchange], processors: int) -> list[Exchange]:
    """Those to fit; where there are none, all."""
    fair = [one for one in exchanges if one.processes <= processors]
    return fair or list(exchanges)


def efficiency(one: Step, processes: int, link: Link) -> float:
    """The share of a step that is not exchange. one: the step of a process that is alone."""
    exchange = link.seconds(processes, FLOAT * one.params)
    exchange += (one.allreduces - 1) * link.seconds(processes, 0)  # each has its latency
    return one.trainer / (one.trainer + exchange)


class Pair:
    """One network on one process and on two: the medians of all rounds.

    times: in each round, how many times the rows per second of one process two have.
    overs: in each round, by what share a step of two takes longer than its parts.
    """

    def __init__(self, ones: Sequence[Step], twos: Sequence[Step]) -> None:
        self.one, self.two = typical(ones), typical(twos)
        self.times = [two.rate / one.rate for one, two in zip(ones, twos, strict=True)]
        self.overs = [two.over for two in twos]

    @property
    def speedup(self) -> float:
        """The median of `times`."""
        return statistics.median(self.times)

    @property
    def efficiency(self) -> float:
        """As it was measured: the speedup over the number of processes."""
        return self.speedup / self.two.processes


def typical(steps: Sequence[Step]) -> Step:
    """The median of each measured number."""
    names = "trainer", "compute", "exchange", "over", "epoch_end"
    medians = {name: statistics.median(getattr(step, name) for step in steps) for name in names}
    return replace(steps[0], **medians)


def pairs(rounds: Sequence[Sequence[Step]]) -> list[Pair]:
    """One for each network. A round has the steps of one process, and then those of two."""
    columns = list(zip(*rounds, strict=True))
    half = len(columns) // 2
    return [Pair(ones, twos) for ones, twos in zip(columns[:half], columns[half:], strict=True)]


def page(
    rounds: Sequence[Sequence[Step]],
    exchanges: Sequence[Exchange],
    processors: int,
    above: str,
    figure: str,
) -> str:
    """The page, in Markdown. above: what it was measured on. figure: where it is, from the page."""
    networks, fair = pairs(rounds), with_a_processor_each(exchanges, processors)
    memory = fit(fair)
    sections = [
        "# One process and several",
        INTRODUCTION,
        above,
        "## Two processes beside one",
        STEPS,
        markdown(STEP_HEAD, [row for pair in networks for row in step_rows(pair)]),
        bars(networks[-1]),
        "## The exchange",
        EXCHANGES,
        exchange_table(exchanges, memory),
        fitted(exchanges, fair, memory),
        "## A projection to 1,024 processes",
        PROJECTION.format(counts=_in_steps(networks)),
        projection(networks, memory),
        f"![A projection of the efficiency to 1,024 processes]({figure})",
    ]
    return "\n\n".join(sections) + "\n"


INTRODUCTION = """\
What it costs on one machine that several processes train one network, written by
`python -m benchmarks.parallel`. Each process has one BLAS thread, and runs on any processor, as
mpiexec leaves it. It is about `common.parallel`."""

STEPS = f"""\
The network is an MLP of float32 with two hidden layers, trained with SGD on {BATCH} rows for each
process. A step is one of the Trainer, over a whole epoch. Beside it stand the parts of a step that
is made by hand: what is computed, and an Allreduce of one array as large as all gradients, with the
wait for the slower process. What the Trainer takes over these two: it weighs gradients by
their rows, copies the small ones into one array and out of it, puts rows in a new order, and looks
at the loss. Each epoch of the Trainer is compared with the one by hand that follows it, and the
median of these is told. Where two compute more slowly than one, they share caches and memory."""

EXCHANGES = """\
The median of many calls of Allreduce, one right after another, and beside it what a formula says:
2 log₂(n) · latency + 2 (n - 1)/n · bytes / bandwidth."""

PROJECTION = """\
**This is computed, not measured.** The formula is carried on, beside the step of a process that is
alone. It assumes that all processes are as fast as that one, that none waits for a slower one, and
that the exchange begins when all gradients are done. Efficiency is the share of a step that is not
exchange; measured, the rows per second of two over twice those of one, which is less: they share
caches and memory, and a step of the Trainer has more to do than the exchange. A step makes one
Allreduce of 16 bytes, which compares the calls, one of each array from 1 MB on, and one of all that
are smaller: {counts}.

Of the two links "memory" has the latency and the bandwidth that were fitted above, and no
machine has a memory for 1,024 processes. "Ethernet" has 25 Gbit/s and 30 µs, which are assumed."""


def _in_steps(networks: Sequence[Pair]) -> str:
    """How many Allreduces their steps make."""
    counts = [f"{pair.one.allreduces} with {pair.one.params:,} parameters" for pair in networks]
    return ", ".join(counts)


def step_rows(pair: Pair) -> list[list[str]]:
    """One process, and two."""
    return [
        [
            f"{step.params:,}",
            str(step.processes),
            duration(step.trainer),
            duration(step.compute),
            duration(step.exchange) if step.processes > 1 else "",
            f"{step.over:+.1%}",
            f"{step.rate:,.0f}",
            f"{pair.speedup:.2f}" if step.processes > 1 else "",
        ]
        for step in (pair.one, pair.two)
    ]


def bars(pair: Pair) -> str:
    """What is asked of the largest network, and whether it is so; and how its epoch ends."""
    two = pair.two
    return (
        f"With {two.params:,} parameters, two processes do {pair.speedup:.2f} times the rows per "
        f"second of one, {min(pair.times):.2f} to {max(pair.times):.2f} in the rounds. At least "
        f"{FEWEST_TIMES:g} are asked for: {kept(pair.speedup >= FEWEST_TIMES)}.\n\n"
        f"A step of two takes {two.over:.1%} over its parts, {min(pair.overs):.1%} to "
        f"{max(pair.overs):.1%} in the rounds. Less than {MOST_OVER:.0%} is asked for: "
        f"{kept(two.over < MOST_OVER)}.\n\n"
        f"At the end of an epoch the weights are looked at, and compared between the processes: "
        f"{duration(two.epoch_end)}, once, beside {duration(two.trainer)} for each step."
    )


def kept(is_so: bool) -> str:
    """Of a bar."""
    return "kept" if is_so else "**not kept**"


def exchange_table(exchanges: Sequence[Exchange], link: Link) -> str:
    """A row for each size; for each number of processes what was measured, and the formula."""
    processes = sorted({one.processes for one in exchanges})
    seconds = {(one.size, one.processes): one.seconds for one in exchanges}
    rows = []
    for size in sorted({one.size for one in exchanges}):
        times = [(seconds[size, n], link.seconds(n, size)) for n in processes]
        rows.append([f"{size:,}", *(duration(time) for pair in times for time in pair)])
    heads = [head for n in processes for head in (f"{n} processes", "formula")]
    return markdown(["bytes", *heads], rows)


def fitted(exchanges: Sequence[Exchange], fair: Sequence[Exchange], link: Link) -> str:
    """The numbers of the formula, to what they were fitted, and how well they fit."""
    off = [abs(link.seconds(one.processes, one.size) / one.seconds - 1) for one in fair]
    said = (
        f"A latency of {duration(link.latency)} and a bandwidth of "
        f"{link.bandwidth / 1e9:.3g} GB/s are fitted to the times of {counts(fair)} processes, "
        f"by the least squares of relative errors. The formula is off by "
        f"{statistics.median(off):.0%} in the median, and by {max(off):.0%} at most."
    )
    left_out = [one for one in exchanges if one not in fair]
    if left_out:
        said += (
            f" Of {counts(left_out)} processes, more than there are processors, one waits for the "
            f"turn of another: their times are not in the fit."
        )
    return said


def counts(exchanges: Sequence[Exchange]) -> str:
    """Of how many processes they are."""
    return " and ".join(map(str, sorted({one.processes for one in exchanges})))


def projection(networks: Sequence[Pair], memory: Link) -> str:
    """The efficiency of each network on some numbers of processes; of two, also the measured."""
    rows = [
        [
            f"{pair.one.params:,}",
            name,
            *(f"{efficiency(pair.one, n, link):.1%}" for n in SHOWN),
            f"{pair.efficiency:.1%}" if link is memory else "",
        ]
        for pair in networks
        for name, link in (("memory", memory), ("Ethernet", ETHERNET))
    ]
    return markdown(["parameters", "link", *(f"on {n:,}" for n in SHOWN), "measured on 2"], rows)


def draw(
    rounds: Sequence[Sequence[Step]], exchanges: Sequence[Exchange], processors: int
) -> Figure:
    """The efficiency against the number of processes: lines are projected, points measured."""
    memory = fit(with_a_processor_each(exchanges, processors))
    figure = Figure(figsize=(7.7, 4.6), layout="constrained")
    axes = figure.subplots()
    processes = [2**i for i in range(11)]
    looks = (("tab:blue", 10), ("tab:orange", 7), ("tab:green", 4))  # rings may lie on each other
    for pair, (colour, size) in zip(pairs(rounds), looks, strict=True):
        for link, style in ((memory, "-"), (ETHERNET, "--")):
            values = [efficiency(pair.one, n, link) for n in processes]
            axes.plot(
                processes, values, style, color=colour, label=f"{pair.one.params:,} parameters"
            )
        axes.plot([2], [pair.efficiency], "o", color=colour, fillstyle="none", markersize=size)
    axes.set_xscale("log", base=2)
    axes.set_xticks(processes, [f"{n:,}" for n in processes])
    axes.set(xlabel="processes", ylabel="efficiency", ylim=(0, 1.05))
    axes.set_title("A projection: only the points are measured", fontsize=11)
    styles = [
        Line2D([], [], color="gray", label="projected: one machine's memory, fitted"),
        Line2D(
            [], [], color="gray", ls="--", label="projected: Ethernet, 25 Gbit/s and 30 µs, assumed"
        ),
        Line2D(
            [],
            [],
            color="gray",
            ls="",
            marker="o",
            fillstyle="none",
            label="measured on two processes",
        ),
    ]
    lines = axes.get_lines()[::3]
    figure.legend(handles=[*lines, *styles], loc="outside lower center", ncols=2, fontsize=9)
    return figure
