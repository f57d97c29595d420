"""The moving picture of the README: `python -m docs.animation` runs ch01/train and draws it.

It shows what the page of the site shows: the plane as the network divides it, and the loss.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from common import plot, script
from docs.pages import ROOT, run_page

PICTURE = ROOT / "images" / "spiral.gif"
HOLD = 12  # times the last frame is shown, before all begins again


class Nowhere(script.Screen):
    """The figures of the page itself are not wanted."""

    def show(self, figure: Figure, name: str, alt: str) -> None:
        pass


def trained() -> dict[str, Any]:
    """The names of ch01/train, after it has run without a word."""
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        return run_page("ch01", "train", Nowhere())


def animation(page: Mapping[str, Any]) -> FuncAnimation:
    """Frame by frame, what the page kept while it trained."""
    frames, steps, losses = page["frames"], page["trainer"].loss_steps, page["trainer"].loss_list
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    plane, curve = figure.subplots(1, 2, width_ratios=(1, 1.1))
    area = _draw_plane(plane, page["x"], page["t"], frames.pictures[0])
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


def _draw_plane(axes: Any, x: Any, t: Any, picture: Any) -> Any:
    (left, low), (right, high) = plot.frame_around(x)
    extent, colors = (left, right, low, high), ListedColormap(plot.COLORS[:3])
    area = axes.imshow(
        picture, colors, alpha=0.3, vmin=-0.5, vmax=2.5, origin="lower", extent=extent
    )
    plot.draw_points(axes, x, t, size=9)
    axes.set_axis_off()
    return area


def main(path: Path = PICTURE) -> None:
    animation(trained()).save(path, PillowWriter(fps=8), dpi=100)
    print(f"picture: {path}")


if __name__ == "__main__":
    main()
