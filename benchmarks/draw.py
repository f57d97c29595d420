"""The times as a picture: a small panel for each workload, a bar for each contestant."""

import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from benchmarks.race import Result
from benchmarks.table import duration
from benchmarks.workload import OURS, SCAN, TORCH_COMPILE, Contestant

COLUMNS, WIDTH, LETTERS = 2, 7.7, 9  # inches and points: a page shows it in its full size
# The first of these that a contestant's name begins with, or that it needs, says its colour.
FAMILIES = {
    OURS: "tab:blue",
    SCAN: "palegreen",
    TORCH_COMPILE: "sandybrown",
    "torch": "tab:orange",
    "jax": "tab:green",
    "autograd": "tab:purple",
    "sklearn": "tab:pink",
    "floor": "lightgray",
    "": "tab:gray",
}
LEGEND = {
    "this project": OURS,
    "PyTorch": "torch",
    "torch.compile": TORCH_COMPILE,
    "JAX, jit": "jax",
    "JAX, the whole loop": SCAN,
    "HIPS autograd": "autograd",
    "scikit-learn": "sklearn",
    "plain NumPy": "",
    "floor": "floor",
}


def family(contestant: Contestant) -> str:
    """To which of the families it belongs."""
    names = contestant.name, contestant.needs or ""
    return next(known for known in FAMILIES if any(name.startswith(known) for name in names))


def draw(races: Sequence[Sequence[Result]]) -> Figure:
    """How long a step takes, in each workload; of ours, each way has a bar and its name."""
    rows = math.ceil(len(races) / COLUMNS)
    figure = Figure(figsize=(WIDTH, 1.2 + 1.9 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).flat
    for race, axes in zip(races, panels, strict=False):
        timed = [result for result in race if result.seconds is not None]
        times = [(result.seconds or 0) * 1e6 for result in timed]
        colours = [FAMILIES[family(result.contestant)] for result in timed]
        places = range(len(timed), 0, -1)
        axes.barh(places, times, color=colours)
        for place, time, result in zip(places, times, timed, strict=True):
            way = result.contestant.name.removeprefix(OURS).strip(", ")
            name = f" {way}" if result.contestant.is_ours and way else ""
            text = f" {duration(result.seconds)}{name}"
            axes.annotate(text, (time, place), va="center", fontsize=LETTERS)
        axes.set(yticks=[], xlim=(0, 1.45 * max(times, default=1)))
        axes.set_title(race[0].workload.name, fontsize=LETTERS + 1)
        axes.tick_params(labelsize=LETTERS)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in list(panels):
        axes.set_axis_off()
    patches = [Patch(color=FAMILIES[known], label=label) for label, known in LEGEND.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=5, fontsize=LETTERS)
    figure.suptitle("a step takes, in µs")
    return figure


def save(races: Sequence[Sequence[Result]], path: Path) -> None:
    """The picture as a file."""
    draw(races).savefig(path, dpi=120)
