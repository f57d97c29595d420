"""The table of what the five documents have, `documents.md`: all that it names is there."""

import ast
import functools
import re
from typing import NamedTuple

import pytest

from docs import printed
from docs.pages import ROOT, source

TABLE = ROOT / "tests" / "documents.md"
DOCUMENTS = ROOT.parent / "shared" / "documents"  # beside the repository, not part of it
NUMBERS = ("000", "001", "002", "003", "004")


class Row(NamedTuple):
    document: str
    where: str
    what: str
    page: str
    test: str


def rows() -> list[Row]:
    """The rows of all tables, with the number in the heading above them."""
    found, document = [], ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d+): ", line):
            document = heading[1]
        elif line.startswith("| ") and not line.startswith("| where |"):
            where, what, page, test = line.strip("| ").split(" | ")
            found.append(Row(document, where, what, page.strip("`"), test.strip("`")))
    return found


ROWS = rows()
SAID = "test_documents.py::test_a_page_says_it"
QUOTES = [
    pytest.param(row.page, quote, id=f"{row.document}: {row.where}")
    for row in ROWS
    if row.test == SAID
    for quote in re.findall(r"“([^”]+)”", row.what)
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.document}: {row.where}")
def test_a_row_names_a_page_and_a_test_that_is_about_it(row: Row) -> None:
    assert (row.page == "-") == (row.test == "-")
    if row.page == "-":
        assert ": " in row.what, "it says why there is none"
    else:
        assert (ROOT / f"{row.page}.py").is_file()
        path, test = row.test.split("::")
        assert test.startswith("test_")
        assert isinstance(definitions(path).get(test), ast.FunctionDef)
        assert is_about(path, test, row.page)


def is_about(path: str, test: str, page: str) -> bool:
    """Does the test run this page, as far as one can tell without running anything?"""
    chapter, stem = page.split("/")
    if path == f"{chapter}/test_pages.py":
        return printed.file_of(chapter, stem).is_file()
    if f"{path}::{test}" == SAID:
        return page in {param.values[0] for param in QUOTES}
    # A string that stands behind a name, as in page["loss"], is not the name of a page.
    is_named = re.compile(rf"(?<!\w\[)'{stem}'")
    return path.startswith(f"{chapter}/") and bool(is_named.search(text_of(path, test)))


def text_of(path: str, name: str) -> str:
    """A test with its parameters, and with the helpers and constants that they come from."""
    defined, found, names = definitions(path), dict[str, str](), [name]
    while names:
        node = defined.get(name := names.pop())
        if node and name not in found:
            found[name] = ast.unparse(node)
            names += [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    return "\n".join(found.values())


@functools.cache
def definitions(path: str) -> dict[str, ast.stmt]:
    """{name: what a test file defines under it}."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize(("page", "quote"), QUOTES)
def test_a_page_says_it(page: str, quote: str) -> None:
    """What is stated and shows in no number: the table quotes the page."""
    text = re.sub(r"\n(# ?)?", " ", source(*page.split("/")))
    assert quote in " ".join(text.split())


def test_the_documents_stand_in_their_order_and_no_place_twice() -> None:
    assert (
        tuple(re.findall(r"^## (\d+): ", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
        == NUMBERS
    )
    places = [(row.document, row.where) for row in ROWS]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_document_has_rows_for_each_of_its_cells(number: str) -> None:
    paths = list(DOCUMENTS.glob(f"{number}_*.txt"))
    if not paths:
        pytest.skip("the documents are not part of the repository")
    cells = cells_of(paths[0].read_text(encoding="utf-8"))
    places = [row.where for row in ROWS if row.document == number]
    assert len(places) >= len(cells) > 0
    for cell in cells:
        assert any(re.search(rf"{re.escape(cell)}(,|$)", place) for place in places), cell


def cells_of(text: str) -> list[str]:
    """`In [3]` where a notebook has numbered its cells, else `cell 3`, for the blocks of code."""
    numbered = re.findall(r"^In \[\d+\]", text, re.MULTILINE)
    fences = re.findall(r"^```", text, re.MULTILINE)
    return numbered or [f"cell {i + 1}" for i in range(len(fences) // 2)]
