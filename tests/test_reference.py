"""What the pages of the site say by hand, beside the code: nothing is left out."""

import re

import pytest

from common import layers, names
from docs.pages import CHAPTERS, ROOT, pages, reading_order

pytestmark = pytest.mark.cpu
DOCS = ROOT / "docs"


def directives(page: str, name: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^\.\. {name}:: (\S+)", text, re.M)


def test_each_layer_has_its_formula() -> None:
    """Once; `Layer` is what they have in common."""
    assert sorted(directives("reference/layers.rst", "layer")) == sorted(
        set(layers.__all__) - {"Layer"}
    )


def test_each_module_has_its_reference() -> None:
    described = [m for page in DOCS.glob("reference/*.rst")
                 for m in directives(f"reference/{page.name}", "automodule")]  # fmt: skip
    assert len(described) == len(set(described))
    read = {"common." + path.stem for path in (ROOT / "common").glob("[a-z]*.py")}
    inner = {f"common.{name}" for name in ("checks", "formula", "layer_rules")}
    assert read - inner - set(described) == set()


def test_the_names_from_elsewhere_are_shown_as_tables() -> None:
    """All that a class answers with; WEIGHTS and FROZEN are parts of LAYER."""
    tables = {name for name, table in vars(names).items() if name.isupper() and type(table) is dict}
    assert set(directives("from_pytorch.rst", "names-elsewhere")) == tables - {"WEIGHTS", "FROZEN"}


def test_each_page_has_a_place_in_the_reading_order() -> None:
    listed = reading_order()
    assert [page for chapter in CHAPTERS for page in pages(chapter) if page not in listed] == []
    assert len(listed) == len(set(listed))
