"""Each notebook that the site offers, run from top to bottom in a kernel of its own."""

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from docs import printed as printed_files
from docs.pages import CHAPTERS, ROOT, pages
from docs.printed import apart, differences_apart

pytestmark = [pytest.mark.site, pytest.mark.cpu]

PAGES = [(chapter, page) for chapter in CHAPTERS for page in pages(chapter)]


def run(chapter: str, page: str, folder: Path) -> Any:
    path = ROOT / "docs" / chapter / f"{page}.ipynb"
    assert path.exists(), f"there is no {path.name}: python -m docs makes it"
    notebook = nbformat.read(path, as_version=4)
    # Sockets that are files, with short names: a port may be taken before the kernel takes it.
    manager = {"transport": "ipc", "ip": str(folder / str(PAGES.index((chapter, page))))}
    return NotebookClient(
        notebook,
        config=Config({"KernelManager": manager}),
        startup_timeout=300,
        resources={"metadata": {"path": folder}},
    ).execute()


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    """All of them, after they ran: two at a time, since a kernel takes long to start."""
    folder = tmp_path_factory.mktemp("notebooks")
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        running = {place: processes.submit(run, *place, folder) for place in PAGES}
        return {place: ran.result() for place, ran in running.items()}


def outputs(notebook: Any, kind: str) -> list[Any]:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [output for cell in cells for output in cell.outputs if output.output_type == kind]


def printed(notebook: Any) -> list[str]:
    streams = [output.text for output in outputs(notebook, "stream") if output.name == "stdout"]
    return "".join(streams).splitlines()


def in_the_script(lines: list[str], chapter: str, page: str) -> list[str]:
    """A cell has a file of its own; where one is named, the place in the script is put for it."""
    expected = "\n".join(printed_files.read(printed_files.file_of(chapter, page))[1])
    places = iter(re.findall(r"\w+\.py, line \d+", expected))
    return [re.sub(r"\d+\.py, line \d+", lambda _: next(places), line) for line in lines]


@pytest.mark.parametrize(("chapter", "page"), PAGES)
def test_a_notebook_prints_what_the_page_prints(
    chapter: str, page: str, notebooks: dict[tuple[str, str], Any]
) -> None:
    lines = in_the_script(printed(notebooks[chapter, page]), chapter, page)
    texts = [line for line in lines if not line.startswith("figure: ")]
    _, drawn = apart(printed_files.read(printed_files.file_of(chapter, page))[1])
    texts, _ = apart(texts)
    assert differences_apart(texts, drawn, chapter, page) == []
    saved = [Path(line).stem for line in lines if line.startswith("figure: ")]
    assert saved == re.findall(r"^figure (\w+)$", "\n".join(drawn), re.M)


@pytest.mark.parametrize(("chapter", "page"), PAGES)
def test_a_notebook_shows_each_figure_with_its_words(
    chapter: str, page: str, notebooks: dict[tuple[str, str], Any]
) -> None:
    notebook = notebooks[chapter, page]
    shown = outputs(notebook, "display_data")
    count = sum(line.startswith("figure: ") for line in printed(notebook))
    assert len(shown) == count
    assert all("image/png" in output.data for output in shown)
    assert all(output.metadata["image/png"]["alt"] for output in shown)


@pytest.mark.parametrize(("chapter", "page"), PAGES)
def test_a_notebook_has_prose_and_dumps_nothing(
    chapter: str, page: str, notebooks: dict[tuple[str, str], Any]
) -> None:
    notebook = notebooks[chapter, page]
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert len(prose) > 1
    assert not any("::\n" in text for text in prose)
    assert not [cell for cell in notebook.cells if cell.source.startswith("# %%")]
    results = [output.data["text/plain"] for output in outputs(notebook, "execute_result")]
    assert all(len(result) < 300 for result in results), results
