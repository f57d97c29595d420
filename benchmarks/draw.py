"""The ratios as a picture: a bar for each peer, on a logarithmic axis."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.race import Result

COLOURS = {None: "tab:gray", "torch": "tab:orange", "jax": "tab:green"}  # else blue
AT_THE_RIGHT = ("axes fraction", "data")


def draw(races: Sequence[Sequence[Result]]) -> Figure:
    """Each peer's time over ours; what reaches beyond the line at 1 is slower than we are."""
    bars = [
        (f"{r.workload.name} · {r.contestant.name}", ratio, r.contestant)
        for race in races
        for r in race[1:]
        if (ratio := r.ratio_to(race[0])) is not None
    ]
    figure = Figure(figsize=(10, 1.5 + 0.25 * len(bars)), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(bars), 0, -1)
    ratios = [ratio for _, ratio, _ in bars]
    colours = [COLOURS.get(contestant.needs, "tab:blue") for _, _, contestant in bars]
    axes.barh(places, [ratio - 1 for ratio in ratios], left=1, color=colours)
    for place, (_, ratio, contestant) in zip(places, bars, strict=True):
        axes.annotate(f"{ratio:.2f}", (1.01, place), xycoords=AT_THE_RIGHT, va="center")
        if contestant.bar is not None:
            axes.plot([contestant.bar] * 2, [place - 0.45, place + 0.45], color="black", lw=2)
    axes.axvline(1, color="black", lw=1)
    axes.set_yticks(places, [label for label, _, _ in bars])
    axes.set(xscale="log", ylim=(0.3, len(bars) + 0.7))
    axes.set_xlabel("time over ours; a black mark is a bar that is to be reached")
    axes.grid(axis="x", which="both", alpha=0.3)
    return figure


def save(races: Sequence[Sequence[Result]], path: Path) -> None:
    """The picture as a file."""
    draw(races).savefig(path, dpi=120)
