"""The moving picture of the README: `python -m docs.animation` runs ch01/train and draws it.

It shows what the page of the site shows: the plane as the network divides it, and the loss.
"""

from pathlib import Path
from typing import Any

import numpy
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from common import plot
from tests.chapters import ROOT, Run, runner

PICTURE = ROOT / "images" / "spiral.gif"
HOLD = 12  # times the last frame is shown, before all begins again


def animation(page: Run) -> FuncAnimation:
    """Frame by frame, what `ch01.train` kept while it trained."""
    frames, steps, losses = page["frames"], page["trainer"].loss_steps, page["trainer"].loss_list
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    plane, curve = figure.subplots(1, 2, width_ratios=(1, 1.1))
    area = _draw_points(plane, page["x"], page["t"], frames.pictures[0])
    curve.plot(steps, losses, color="0.8")
    (line,) = curve.plot([], [], color=plot.COLORS[0])
    curve.set(xlabel="step", ylabel="loss", ylim=(0, None))

    def show(i: int) -> list[Any]:
        area.set_data(frames.pictures[i])
        count = numpy.searchsorted(steps, frames.at[i], side="right")
        line.set_data(steps[:count], losses[:count])
        plane.set_title(f"step {frames.at[i]}", fontsize=10)
        return [area, line]

    order = [*range(len(frames.at)), *[len(frames.at) - 1] * HOLD]
    return FuncAnimation(figure, show, order)


def _draw_points(axes: Any, x: Any, t: Any, picture: Any) -> Any:
    colors = ListedColormap(plot.COLORS[:3])
    low, high = x.min(axis=0), x.max(axis=0)
    (left, bottom), (right, top) = low - 0.1 * (high - low), high + 0.1 * (high - low)
    area = axes.imshow(
        picture, colors, alpha=0.3, vmin=-0.5, vmax=2.5, origin="lower",
        extent=(left, right, bottom, top),
    )  # fmt: skip
    for label, marker in zip(range(3), plot.MARKERS, strict=False):
        rows = x[t.argmax(axis=1) == label]
        axes.scatter(*rows.T, s=9, color=plot.COLORS[label], marker=marker)
    axes.set_axis_off()
    return area


def main(path: Path = PICTURE) -> None:
    animation(runner("ch01", "cpu")("train")).save(path, PillowWriter(fps=8), dpi=100)
    print(f"picture: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
