"""`.. layer:: Affine`: the words and formulas in it, and below them the layer's own code."""

import inspect
import textwrap
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from common import functions, layers, losses
from common.base import Layer

HOMES = {functions.__name__, layers.__name__, losses.__name__}  # of formulas; checks are not shown


class LayerEntry(SphinxDirective):
    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        layer = getattr(layers, name)
        section = nodes.section(ids=[f"formula-{name.lower()}"], names=[name.lower()])
        section += nodes.title("", name)
        section += self.parse_content_to_nodes()
        code = nodes.literal_block("", code_of(layer), language="python")
        section += code
        section += self.parse_text_to_nodes(f"All of it: :class:`{layer.__module__}.{name}`.")
        return [section]


def code_of(layer: type[Layer]) -> str:
    """The two methods as they stand in the source, and before them the formulas that they call."""
    own = [vars(layer)[name] for name in ("forward", "backward") if name in vars(layer)]
    methods = own or [vars(layer)["__init__"]]
    names = dict.fromkeys(name for method in methods for name in method.__code__.co_names)
    parts = [vars(layer).get(name) for name in names if name[0] == "_"]
    methods += [part for part in parts if inspect.isfunction(part)]
    formulas: dict[Any, None] = {}
    for method in methods:
        _add_formulas(method, formulas)
    return "\n\n".join(_source(part) for part in [*formulas, *methods])


def _add_formulas(function: Any, found: dict[Any, None]) -> None:
    """Those that it calls by name, and those that they call, each after what it calls."""
    python = inspect.unwrap(function)
    for name in python.__code__.co_names:
        called = python.__globals__.get(name)
        is_formula = getattr(called, "__module__", None) in HOMES and not inspect.isclass(called)
        if is_formula and called not in found and not inspect.isgeneratorfunction(called):
            _add_formulas(called, found)
            found.setdefault(called)


def _source(part: Any) -> str:
    return textwrap.dedent(inspect.getsource(inspect.unwrap(part))).rstrip()


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("layer", LayerEntry)
    return {"parallel_read_safe": True}
