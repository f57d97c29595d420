"""Names in prose lead to their entries; the names of other frameworks beside ours, as a table.

In single backticks stands code: `Affine`, `x + y`. Where it is the name of something that the
reference describes, it becomes a link (the default role, `name`).
"""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst.states import Inliner
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from common import names

REFERENCE = Path(__file__).parent / "reference"


def described_modules() -> list[str]:
    """Those that the pages of the reference name."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(REFERENCE.glob("*.rst")))
    return [name for text in texts for name in re.findall(r"^\.\. automodule:: (\S+)", text, re.M)]


def entries() -> dict[str, str]:
    """{name: where its entry stands} of modules, classes and functions.

    Not of what a class has for a method as well, nor of a small word, as `points`: in prose it is
    a variable.
    """
    found = {name: name for name in described_modules()}
    methods: set[str] = set()
    for name in list(found):
        for short, thing in vars(importlib.import_module(name)).items():
            if getattr(thing, "__module__", None) == name and thing.__doc__:
                methods |= set(vars(thing)) if inspect.isclass(thing) else set()
                if not re.fullmatch(r"_.*|[a-z]+", short):
                    found[short] = f"{name}.{short}"
    return {name: target for name, target in found.items() if name not in methods}


ENTRIES = entries()


def name(
    role: str, rawtext: str, text: str, lineno: int, inliner: Inliner, *_: Any
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """The default role."""
    code = nodes.literal(rawtext, text)
    target = ENTRIES.get(text)
    if target is None:
        return [code], []
    kind = "mod" if target == text else "obj"
    link = addnodes.pending_xref(
        rawtext, code, refdomain="py", reftype=kind, reftarget=target, refexplicit=True
    )
    return [link], []


class NamesElsewhere(SphinxDirective):  # type: ignore[misc]  # without its types it is Any
    """`.. names-elsewhere:: LAYER`: a table of `common.names`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rows = getattr(names, self.arguments[0])
        lines = ["elsewhere,here", *(f'"`{there}`","`{here}`"' for there, here in rows.items())]
        text = "\n".join(["", *(f"   {line}" for line in lines)])
        return self.parse_text_to_nodes(f".. csv-table::\n   :header-rows: 1\n{text}\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_role("name", name)
    app.add_directive("names-elsewhere", NamesElsewhere)
    return {"parallel_read_safe": True}
