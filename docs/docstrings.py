"""Our docstrings, as Sphinx reads them.

In the source they are plain text: indented lines are code, a table is drawn with bars, |x| is an
absolute value. Sphinx has other signs for these, which would be in the way of one who reads the
source.
"""

import ast
import functools
import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# How Python shows `common.np.Array`.
ARRAY = re.compile(
    r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.{3}\], ~?numpy\.dtype\[~?typing\.Any\]\]"
)


def translated(lines: list[str]) -> list[str]:
    r"""The lines of a docstring, with the signs of Sphinx.

    >>> translated(["Write:", "", "    y = |x|", "", "|x| is y."])
    ['Write:', '', '::', '', '    y = |x|', '', '\\|x\\| is y.']
    """
    found: list[str] = []
    for block in _blocks(lines):
        if block[0].startswith("    "):
            marked = found[-1:] == [""] and "::" in found[-2:-1]
            found += [*([] if marked else [_sign(block), ""]), *block, ""]
        elif block[0].startswith("|") and block[1:] and set(block[1]) == set("|-"):
            found += [*_table(block), ""]
        elif block[0].startswith(">>>"):
            found += [*block, ""]
        else:
            found += [*map(_escaped, block), ""]
    return found[:-1]


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Runs of lines without an empty one; code goes on behind one, if it is indented there."""
    block: list[str] = []
    for line in [*lines, ""]:
        in_code = bool(block) and block[0].startswith("    ")
        if line.strip() and not (in_code and not line.startswith("    ")):
            block.append(line)
        elif in_code and not line.strip():
            block.append("")
        else:
            if block:
                yield _stripped(block)
            block = [line] if line.strip() else []
    if block:
        yield _stripped(block)


def _sign(block: list[str]) -> str:
    """Says whether it is Python, which gets its colours, or a formula."""
    try:
        ast.parse(textwrap.dedent("\n".join(block)))
    except SyntaxError:
        return "::"
    return ".. code-block:: python"


def _stripped(block: list[str]) -> list[str]:
    while not block[-1]:
        block = block[:-1]
    return block


def _table(rows: list[str]) -> list[str]:
    filled = [row.strip("|").split("|") for row in rows if "--" not in row]
    lines = ["    " + ", ".join(f'"{_escaped(cell.strip())}"' for cell in row) for row in filled]
    return [".. csv-table::", "    :header-rows: 1", "", *lines]


def _escaped(line: str) -> str:
    """Outside code, a bar and a last underscore are themselves."""
    parts = line.split("`")
    parts[::2] = [re.sub(r"\||(?<=\w)_(?!\w)", r"\\\g<0>", part) for part in parts[::2]]
    return "`".join(parts)


def translate(
    app: "Sphinx", what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = translated(lines)


def skip_values(
    app: "Sphinx", what: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """What is no function, class or property has no words of its own, but those of its type."""
    has_words = callable(member) or isinstance(member, property | functools.cached_property)
    return None if has_words else True


def name_arrays(
    app: "Sphinx",
    what: str,
    name: str,
    obj: Any,
    options: Any,
    signature: str | None,
    result: str | None,
) -> tuple[str | None, str | None]:
    """A type that is written `Array` in the source is read so in a signature."""
    short = [text and ARRAY.sub("Array", text) for text in (signature, result)]
    return short[0], short[1]


def setup(app: "Sphinx") -> dict[str, bool]:
    app.connect("autodoc-process-docstring", translate)
    app.connect("autodoc-process-signature", name_arrays)
    app.connect("autodoc-skip-member", skip_values)
    return {"parallel_read_safe": True}
