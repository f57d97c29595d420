"""How the pages of the chapters become pages of the site: run, looked at, compared.

sphinx-gallery runs each page, cell by cell, and asks `scrape` after each what there is to show.
What the cell has handed to `script.save` and `script.record` is then in `stage`. In the end what a
page printed and drew is compared with what it must, see `docs.printed`.
"""

import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util import logging

from common import config, script
from docs import HERE, PLAYERS
from docs.pages import CHAPTERS, ROOT, described, pages, reading_order
from docs.printed import apart, differences_apart

log = logging.getLogger(__name__)

FIRST_CELL = (
    "*This notebook needs the project: `pip install -e .` in a clone of its repository installs "
    "it. It runs as it is, from top to bottom.*"
)
FILES, DTYPE = script.screen, config.dtype  # as in a new process


class Stage(script.Screen):
    """What the cell that runs has shown so far, and what its page has drawn."""

    def __init__(self) -> None:
        self.figures: dict[str, tuple[Figure, str]] = {}
        self.players: dict[str, Mapping[str, Any]] = {}
        self.words: list[str] = []  # the page's figures
        self.words_of: dict[str, list[str]] = {}  # and those of the pages before, by name

    def show(self, figure: Figure, name: str, alt: str) -> None:
        self.figures[name] = (figure, alt)
        self.words += f"figure {name}\n{described(figure)}".splitlines()

    def play(self, name: str, data: Mapping[str, Any]) -> None:
        if data["player"] != "quiz" and name not in self.figures:
            raise ValueError(
                f"the cell that records the player {name} saves no figure of that name"
            )
        self.players[name] = data

    def clear(self) -> None:
        self.figures.clear()
        self.players.clear()


stage = Stage()


def reset(gallery_conf: Any, page: str, when: str) -> None:
    """Before and after each page: the settings are those of a new process."""
    script.screen = stage if when == "before" else FILES
    config.GPU, config.dtype, config.fused = False, DTYPE, True
    if when == "after":
        stage.words_of[Path(page).stem] = stage.words
    stage.words = []


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: Any) -> str:
    """What the cell that has just run shows, as text for Sphinx."""
    images = {
        name: _image(figure, alt, Path(next(block_vars["image_path_iterator"])))
        for name, (figure, alt) in stage.figures.items()
    }
    shown = images | {name: f".. player:: {name}" for name in stage.players}
    for name, data in stage.players.items():
        PLAYERS.mkdir(parents=True, exist_ok=True)
        (PLAYERS / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
        (PLAYERS / f"{name}.rst").write_text(images.get(name, ""), encoding="utf-8")
    stage.clear()
    return "\n\n".join(shown.values())


def _image(figure: Figure, alt: str, path: Path) -> str:
    figure.savefig(path, dpi=2 * script.INCH)  # two dots a pixel, for fine screens
    width = round(figure.get_figwidth() * script.INCH)
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
    """The order of the pages in the overview of a chapter."""

    def __init__(self, folder: str) -> None:
        self.order = reading_order()

    def __call__(self, file: str) -> int:
        return self.order.index(Path(file).stem)


# When all have run -------------------------------------------------------------------------------


def finish(app: Sphinx) -> None:
    """A page that differs from what it must be is a warning, and so the end of the build."""
    seen: set[bytes] = set()
    for chapter in CHAPTERS:
        for page in pages(chapter):
            printed, drawn = printed_on(HERE / chapter / f"{page}.rst"), stage.words_of[page]
            if not printed and not drawn:
                log.warning("%s/%s shows nothing: no figure, no line of output", chapter, page)
            for difference in differences_apart(printed, drawn, chapter, page):
                log.warning("%s/%s: %s", chapter, page, difference)
            mend_notebook(HERE / chapter / f"{page}.ipynb")
            thumbnail = HERE / chapter / "images" / "thumb" / f"sphx_glr_{page}_thumb.png"
            if not drawn or thumbnail.read_bytes() in seen:
                _picture_text(printed, thumbnail)
            seen.add(thumbnail.read_bytes())


def printed_on(page: Path) -> list[str]:
    """The lines that stand on a page as its output."""
    rst = page.read_text(encoding="utf-8")
    blocks = re.findall(r"script-out\n\n \.\. code-block:: none\n\n((?:    .*\n|\s*\n)+)", rst)
    texts, _ = apart(line for block in blocks for line in textwrap.dedent(block).splitlines())
    return texts


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
