"""Running the pages of the chapters, as the command line does."""

import contextlib
import functools
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from common import config, graph, script
from docs.pages import described, run_page, source, texts_of

COLUMN = 740  # CSS pixels: no figure is shown wider than the text of the site
SMALLEST = 9  # points, as the site shows them; smaller letters are no pleasure


@dataclass(frozen=True)
class Run:
    """What a page left behind: its names, its figures, and all that it printed.

    Where it says that it saved a figure, `printed` says what is in the figure.
    """

    names: dict[str, Any]
    figures: dict[str, Figure]
    printed: str

    def __getitem__(self, name: str) -> Any:
        return self.names[name]

    def lines(self, figure: str) -> dict[str, tuple[Any, Any]]:
        """{label: (x, y)} of the lines in a figure, in the order in which they were drawn."""
        lines: Any = self.figures[figure].axes[0].lines
        return {line.get_label(): (line.get_xdata(), line.get_ydata()) for line in lines}

    def texts(self, figure: str) -> list[str]:
        """What is written in a drawing."""
        return texts_of(self.figures[figure].axes[0])

    def losses(self) -> dict[int, float]:
        """{step: loss} of the lines that are a step and a loss."""
        rows = [line.split() for line in self.printed.splitlines() if line[:1].isdigit()]
        return {int(row[0]): float(row[1]) for row in rows if len(row) == 2}


Runner = Callable[..., Run]


def shortened(chapter: str, page: str, steps: int = 20) -> list[str]:
    """The arguments for a run of a few steps; none where the page does not train."""
    return ["--steps", str(steps)] if "steps=" in options_of(chapter, page) else []


def options_of(chapter: str, page: str) -> str:
    """The defaults of the options that a page takes, as it writes them."""
    options = re.search(r"script\.options\((.*)\)", source(chapter, page))
    assert options, f"{chapter}/{page} asks for no options"
    return options[1]


class Foretold(numpy.random.Generator):
    """It draws the given numbers, whatever it is asked for."""

    def __init__(self, numbers: Iterable[float]) -> None:
        super().__init__(numpy.random.PCG64())
        self.numbers = iter(numbers)

    def normal(self, *, size: Any = ()) -> Any:  # type: ignore[override]
        return numpy.fromiter(self.numbers, float, int(numpy.prod(size))).reshape(size)

    def uniform(self, low: float, high: float, size: Any) -> Any:  # type: ignore[override]
        return self.normal(size=size)


class Screen(script.Screen):
    """It keeps the figures, and prints what is in them."""

    def __init__(self, is_drawn: bool) -> None:
        self.is_drawn = is_drawn
        self.figures: dict[str, Figure] = {}

    def show(self, figure: Figure, name: str, alt: str) -> None:
        assert name not in self.figures, f"two figures are called {name}"
        self.figures[name] = figure
        if self.is_drawn:
            figure.savefig(io.BytesIO(), dpi=40)  # a letter that the font lacks is a warning
        print(f"figure {name}\n{described(figure)}")


def runner(chapter: str, device: str) -> Runner:
    """run("train", "--seed", "1"): each run once, however many tests look at it.

    draws: the numbers that the page's random generator is to draw. broken: what the test has
    broken before, so that the run is not taken for one with all in order.
    On a device other than the CPU the page is started with --gpu, and has to switch by itself.
    """

    def run(
        page: str, *arguments: str, draws: tuple[float, ...] = (), broken: str | None = None
    ) -> Run:
        return _run(chapter, page, arguments, draws, broken, device, config.dtype.name)

    return run


@functools.cache
def _run(
    chapter: str,
    page: str,
    arguments: tuple[str, ...],
    draws: tuple[float, ...],
    broken: str | None,
    device: str,
    dtype: str,
) -> Run:
    gpu = device != "cpu"
    screen, printed = Screen(is_drawn=not gpu), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        if draws:
            patch.setattr(numpy.random, "default_rng", lambda seed=None: Foretold(draws))
        config.GPU = False
        names = run_page(chapter, page, screen, *["--gpu"] * gpu, *arguments)
        assert config.GPU is gpu, "the script has not switched"
    return Run(names, screen.figures, printed.getvalue())


def unreadable(run: Run) -> list[str]:
    """What a reader of a page's figures would stumble over."""
    found = []
    for name, figure in run.figures.items():
        for axes in figure.axes:
            if axes.axison and not (axes.get_xlabel() and axes.get_ylabel()):
                found.append(f"{name}: an axis without a label")
            texts = [text for text in axes.texts if not isinstance(text, Annotation)]
            nodes = [text.get_text() for text in texts]
            for label in set(nodes) - set(graph.SYMBOLS.values()):
                if nodes.count(label) > 1:
                    found.append(f"{name}: more than one node reads {label!r}")
        found += [f"{name}: {small}" for small in too_small(figure)]
    return found


def too_small(figure: Figure) -> list[str]:
    """The texts in a figure that come out too small on the site. The figure has been drawn."""
    inch = min(script.INCH, COLUMN / figure.get_figwidth())  # CSS has 96 pixels to the inch
    sizes = [(text.get_text(), inch / 96 * float(text.get_fontsize())) for text in _seen(figure)]
    return sorted({f"{text!r} in {size:.1f} points" for text, size in sizes if size < SMALLEST})


def _seen(figure: Figure) -> list[Text]:
    off = [axis for axes in figure.axes if not axes.axison for axis in (axes.xaxis, axes.yaxis)]
    hidden = {text for axis in off for text in axis.findobj(Text)}
    texts: list[Any] = figure.findobj(Text)
    return [t for t in texts if t.get_visible() and t.get_text().strip() and t not in hidden]
