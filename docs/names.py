"""Names in prose lead to their entries; the names of other frameworks beside ours, as a table.

In single backticks stands code: `Affine`, `x + y`. Where it is the name of something that the
reference describes, it becomes a link (the default role, `name`).
"""

import functools
import importlib
import inspect
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from common import names
from docs import HERE


def described_modules() -> list[str]:
    """Those that the pages of the reference name."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(HERE.glob("reference/*.rst")))
    return [name for text in texts for name in re.findall(r"^\.\. automodule:: (\S+)", text, re.M)]


OPS = "common.autograd.ops"  # what `+` and `@` call: by name nobody does, and a layer is MatMul too


@functools.cache
def entries() -> dict[str, str]:
    """{name: where its entry stands} of modules, classes and functions.

    Not of what a class has for a method as well, nor of a small word, as `points`: in prose it is
    a variable.
    """
    found = {name: name for name in described_modules()}
    methods: set[str] = set()
    for module in found.keys() - {OPS}:
        for short, thing in vars(importlib.import_module(module)).items():
            is_entry = inspect.isclass(thing) or inspect.isfunction(thing)
            if is_entry and thing.__module__ == module and thing.__doc__:
                methods |= set(vars(thing)) if inspect.isclass(thing) else set()
                if not re.fullmatch(r"_.*|[a-z]+", short):
                    if short in found:
                        raise ValueError(f"{short} is {found[short]} and {module}.{short}")
                    found[short] = f"{module}.{short}"
    return {name: target for name, target in found.items() if name not in methods}


class Name(SphinxRole):
    """The default role."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        code = nodes.literal(self.rawtext, self.text)
        target = entries().get(self.text)
        if target is None:
            return [code], []
        kind = "mod" if target == self.text else "obj"
        link = addnodes.pending_xref(
            self.rawtext, code, refdomain="py", reftype=kind, reftarget=target, refexplicit=True
        )
        return [link], []


class NamesElsewhere(SphinxDirective):
    """`.. names-elsewhere:: LAYER`: a table of `common.names`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rows = getattr(names, self.arguments[0])
        lines = ["elsewhere,here", *(f'"`{there}`","`{here}`"' for there, here in rows.items())]
        text = "\n".join(["", *(f"   {line}" for line in lines)])
        return self.parse_text_to_nodes(f".. csv-table::\n   :header-rows: 1\n{text}\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_role("name", Name())
    app.add_directive("names-elsewhere", NamesElsewhere)
    return {"parallel_read_safe": True}
