"""How the pages of the chapters become pages of the site: run, looked at, compared.

sphinx-gallery runs each page, cell by cell, and asks `scrape` after each what there is to show.
While it does, `script.save` and `script.record` are the two functions here, which keep what they
are given. In the end what a page printed and drew is compared with `tests/ch01/printed/` and so
on, which say what it must.
"""

import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util import logging

from common import config, script
from tests import printed
from tests.chapters import CHAPTERS, ROOT, described, pages

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
PIXELS_PER_INCH = 120  # of a page; a file has twice as many, for fine screens
FIRST_CELL = (
    "*This notebook needs the project: `pip install -e .` in a clone of its repository installs "
    "it. It runs as it is, from top to bottom.*"
)

OURS = script.save, script.record


@dataclass
class Shown:
    """What a cell shows: a figure, a player in the place of one, or a quiz, which needs none."""

    figure: Figure | None
    alt: str
    data: Mapping[str, Any] | None = None


in_cell: dict[str, Shown] = {}  # what the cell that runs has shown so far, by name
figures: list[str] = []  # in words, those of the page that runs
figures_of: dict[str, list[str]] = {}  # and of each page that has run, by its name


def save(figure: Figure, name: str, *, alt: str = "to be written.") -> None:
    """`script.save`, while the site is built."""
    if not alt.strip():
        raise ValueError(f"the figure {name} has no alt text: say what there is to see")
    in_cell[name] = Shown(figure, alt)
    figures.append(f"figure {name}\n{described(figure)}")


def record(name: str, data: Mapping[str, Any]) -> None:
    """`script.record`, while the site is built."""
    if name in in_cell:
        in_cell[name].data = data
    elif data["player"] == "quiz":
        in_cell[name] = Shown(None, "", data)
    else:
        raise ValueError(f"the cell that records the player {name} saves no figure of that name")


def reset(_: Any, page: str, when: str) -> None:
    """Before and after each page: the settings are those of a new process."""
    script.save, script.record = (save, record) if when == "before" else OURS
    config.GPU, config.dtype, config.fused = False, numpy.dtype("float32"), True
    if when == "after":
        figures_of[Path(page).stem] = list(figures)
    figures.clear()


def scrape(_: Any, block: dict[str, Any], __: Any) -> str:
    """What the cell that has just run shows, as text for Sphinx."""
    shown = [_placed(name, one, block["image_path_iterator"]) for name, one in in_cell.items()]
    in_cell.clear()
    return "\n\n".join(shown)


def _placed(name: str, shown: Shown, paths: Any) -> str:
    image = "" if shown.figure is None else _image(shown.figure, shown.alt, Path(next(paths)))
    if shown.data is None:
        return image
    data = HERE / "_build" / "players" / f"{name}.json"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(json.dumps(shown.data, allow_nan=False), encoding="utf-8")
    return f".. player:: {name}\n\n{textwrap.indent(image, '   ')}\n"


def _image(figure: Figure, alt: str, path: Path) -> str:
    figure.savefig(path, dpi=2 * PIXELS_PER_INCH)
    width = round(figure.get_figwidth() * PIXELS_PER_INCH)
    return (
        f".. image:: /{path.relative_to(HERE).as_posix()}\n   :alt: {' '.join(alt.split())}\n"
        f"   :width: {width}px\n   :class: figure\n"
    )


def no_pages() -> str:
    """A pattern of the files in the chapters' folders that are modules, not pages."""
    modules = [
        path.name
        for chapter in CHAPTERS
        for path in (ROOT / chapter).glob("*.py")
        if path.stem not in pages(chapter)
    ]
    return "|".join(map(re.escape, modules))


class InReadingOrder:
    """The order of the pages in the README's tables."""

    def __init__(self, _: Any) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        self.order = re.findall(r"`(\w+)`", readme.split("## The chapters")[1])

    def __call__(self, file: str) -> int:
        return self.order.index(Path(file).stem)


# What it printed, beside what it must ------------------------------------------------------------


def printed_on(rst: str) -> list[str]:
    """The lines that stand on a page as its output."""
    blocks = re.findall(r"script-out\n\n \.\. code-block:: none\n\n((?:    .*\n|\s*\n)+)", rst)
    return [line for block in blocks for line in textwrap.dedent(block).splitlines()]


def differences(chapter: str, page: str, lines: list[str], drawn: list[str]) -> list[str]:
    """Where a page of the site differs from what `tests.printed` keeps of the script."""
    rules, expected = printed.read(printed.file_of(chapter, page))
    differ = printed.rules_in(rules).differ
    is_figure = _figure_lines(expected)
    texts = [line for line, of_figure in zip(expected, is_figure, strict=True) if not of_figure]
    pairs = [
        *zip_longest(_filled(lines), _filled(texts), fillvalue=""),
        *zip_longest("\n".join(drawn).splitlines(), words_of_figures(chapter, page), fillvalue=""),
    ]
    if not lines and not drawn:
        return ["it shows nothing: no figure, no line of output"]
    return [f"it has {one!r}, expected {other!r}" for one, other in pairs if differ(one, other)]


def words_of_figures(chapter: str, page: str) -> list[str]:
    """What a page must draw, in words, from what `tests.printed` keeps."""
    _, expected = printed.read(printed.file_of(chapter, page))
    return [line for line, of in zip(expected, _figure_lines(expected), strict=True) if of]


def _filled(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _figure_lines(lines: list[str]) -> list[bool]:
    """Whether each line is of a figure in words: `figure NAME`, and the indented ones below."""
    found: list[bool] = []
    for line in lines:
        begins = re.fullmatch(r"figure ch\d\d_\w+", line) is not None
        found.append(begins or (bool(found) and found[-1] and line.startswith("    ")))
    return found


def finish(_: Sphinx) -> None:
    """What is left to do when all pages have run. One that differs is a warning: the build ends."""
    seen: set[bytes] = set()
    for chapter in CHAPTERS:
        for page in pages(chapter):
            rst = (HERE / chapter / f"{page}.rst").read_text(encoding="utf-8")
            drawn = figures_of.get(page, [])
            for difference in differences(chapter, page, printed_on(rst), drawn):
                log.warning("%s/%s: %s", chapter, page, difference)
            mend_notebook(HERE / chapter / f"{page}.ipynb")
            thumbnail = HERE / chapter / "images" / "thumb" / f"sphx_glr_{page}_thumb.png"
            if not drawn or thumbnail.read_bytes() in seen:
                _picture_text(_filled(printed_on(rst)), thumbnail)
            seen.add(thumbnail.read_bytes())


def mend_notebook(path: Path) -> None:
    """The first cell is prose, and what is indented in prose needs no sign before it."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    first = notebook["cells"][0]
    notebook["cells"][0] = {key: first[key] for key in ("metadata", "source")} | {
        "cell_type": "markdown"
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            cell["source"] = [re.sub(r"^::\n\n", "", text, flags=re.M)]
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _picture_text(lines: list[str], path: Path) -> None:
    """For the overview: what a page prints that draws nothing, or what another one has drawn."""
    figure = Figure(figsize=(4, 2.8))
    text = "\n".join(line[:36] for line in lines[:9])
    figure.text(0.04, 0.93, text, family="monospace", fontsize=11, va="top")
    figure.savefig(path, dpi=100)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", finish, priority=900)  # after the gallery has run the pages
    return {"parallel_read_safe": True}
