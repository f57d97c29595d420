"""Formulas as MathML, which browsers draw by themselves: no script, no fonts, nothing fetched."""

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.application import Sphinx


def inline(self: object, node: nodes.math) -> None:
    self.body.append(latex2mathml.tex2mathml(node.astext()))  # type: ignore[attr-defined]
    raise nodes.SkipNode


def block(self: object, node: nodes.math_block) -> None:
    formula = latex2mathml.tex2mathml(node.astext(), as_block=True)
    self.body.append(f'<div class="math" tabindex="0">{formula}</div>\n')  # type: ignore[attr-defined]
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True}
