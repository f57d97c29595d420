"""The pages of the chapters: which there are and in which order, a run, their figures in words."""

import re
import runpy
import sys
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from common import script

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ("ch01", "ch02")


def pages(chapter: str) -> list[str]:
    """The scripts that are pages, not modules."""
    names = [path.stem for path in (ROOT / chapter).glob("*.py")]
    found = sorted(name for name in names if "# %%" in source(chapter, name))
    assert found
    return found


def source(chapter: str, page: str) -> str:
    return (ROOT / chapter / f"{page}.py").read_text(encoding="utf-8")


def run_page(chapter: str, page: str, screen: script.Screen, *arguments: str) -> dict[str, Any]:
    """The names of a page after it has run as the main script, with its figures on the screen."""
    path, before = str(ROOT / chapter / f"{page}.py"), (script.screen, sys.argv)
    script.screen, sys.argv = screen, [path, *arguments]
    try:
        return runpy.run_path(path, run_name="__main__")
    finally:
        script.screen, sys.argv = before


def reading_order() -> list[str]:
    """The names in the README's tables of the chapters, from top to bottom."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("## The chapters")
    rows = [line for line in lines[start:] if re.match(r"\| .* \| .*`\w+`", line)]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def described(figure: Figure) -> str:
    """A figure in words and numbers: its axes, and some points of all that is drawn in them."""
    lines = [line for axes in figure.axes for line in _axes(axes)]
    count = sum(len(axes.images) for axes in figure.axes)
    return "\n".join(f"    {line}" for line in lines or [f"{count} images"])


def _axes(axes: Any) -> list[str]:
    scales = f"{axes.get_xscale()} and {axes.get_yscale()}"
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    limits = f"{left:.3g} to {right:.3g} and {low:.3g} to {high:.3g}"
    labels = f"{axes.get_xlabel()} | {axes.get_ylabel()}, {scales}, {limits}"
    lines = [] if axes.images else [f"axes: {labels}" if axes.axison else "no axes"]
    for line in axes.lines:
        points = list(zip(line.get_xdata(), line.get_ydata(), strict=True))
        if not points:  # it is there for the legend
            continue
        some = [points[round(i * (len(points) - 1) / 4)] for i in range(5)]
        at = " ".join(f"({x:.4g}, {y:.4g})" for x, y in some)
        lines.append(f"line {line.get_label()!r} of {len(points)}: {at}")
    for drawn in axes.collections:
        x, y = drawn.get_offsets().mean(axis=0)
        values = drawn.get_array()
        inside = "" if values is None else f", mean {values.mean():.4g}"
        lines.append(f"{type(drawn).__name__} {drawn.get_label()!r}: ({x:.4g}, {y:.4g}){inside}")
    texts = texts_of(axes)
    return lines + ([f"texts: {' ; '.join(texts)}"] if texts else [])


def texts_of(axes: Any) -> list[str]:
    """What is written in a drawing."""
    return [text.get_text() for text in axes.texts if text.get_text()]
