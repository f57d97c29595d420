"""The reference as it was built: what is described, and how it reads."""

import importlib
import inspect
import re

import pytest
from sphinx.util.inventory import InventoryFile

from common import layers
from docs import SITE
from docs.layer import code_of
from docs.names import described_modules, entries

pytestmark = [pytest.mark.site, pytest.mark.cpu]


@pytest.fixture(scope="module")
def described() -> set[str]:
    """The full names of all that has an entry."""
    inventory = InventoryFile.loads((SITE / "objects.inv").read_bytes(), uri="")
    return {name for kind, names in inventory.data.items() if "py:" in kind for name in names}


def test_what_a_module_offers_has_an_entry(described: set[str]) -> None:
    offered = {
        f"{module}.{name}"
        for module in described_modules()
        for name, thing in vars(importlib.import_module(module)).items()
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and name[0] != "_"
        if thing.__module__ == module and vars(thing).get("__doc__", thing.__doc__)
    }
    assert len(offered) > 100
    assert offered - described == set()


def test_the_methods_of_a_layer_have_entries_and_the_names_of_others_have_none(
    described: set[str],
) -> None:
    assert {"common.trainer.Trainer.fit", "common.optimizer.Optimizer.update"} <= described
    assert "common.autograd.tensor.Tensor.numpy" not in described


def test_every_name_that_prose_links_to_has_an_entry(described: set[str]) -> None:
    assert set(entries().values()) - described == set()
    assert entries()["MatMul"] == "common.layers.MatMul"


def test_types_read_as_they_are_written() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (SITE / "reference").glob("*.html")]
    texts = [re.sub(r"<[^>]+>", "", page) for page in pages]
    assert any("x: Array" in text for text in texts)
    assert not any(re.search(r"\w: ndarray|→ ndarray", text) for text in texts)


@pytest.mark.parametrize("name", sorted(set(layers.__all__) - {"Layer", "Linear"}))
def test_the_code_of_a_layer_is_its_two_methods(name: str) -> None:
    code = code_of(getattr(layers, name))
    assert len(re.findall(r"^def forward\(self", code, re.M)) == 1
    assert len(re.findall(r"^def backward\(self", code, re.M)) == 1


def test_the_code_of_a_layer_has_the_formulas_that_it_calls() -> None:
    assert "return dout * y * (1 - y)" in code_of(layers.Sigmoid)
    assert "def log_softmax" in code_of(layers.SoftmaxWithLoss)
    assert "rng.uniform(-bound, bound" in code_of(layers.Linear)
