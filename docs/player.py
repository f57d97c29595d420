"""`.. player:: NAME`: the figure in it comes alive; `_static/players.js` brings it to life.

The data are those that the page recorded when it ran, and stand in the page as JSON: a page that
is opened by a double-click may fetch nothing.
"""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DATA = Path(__file__).parent / "_build" / "players"


class Player(SphinxDirective):  # type: ignore[misc]  # without its types it is Any
    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        text = (DATA / f"{name}.json").read_text(encoding="utf-8")
        data = json.loads(text)
        still = self._question(data) if data["player"] == "quiz" else self._figure(data)
        begin = f'<div class="player" id="{name}" data-player="{data["player"]}">'
        script = text.replace("</", "<\\/")
        end = f'<script type="application/json">{script}</script></div>'
        return [_raw(begin), still, _raw(end)]

    def _figure(self, data: dict[str, Any]) -> nodes.Node:
        figure = nodes.figure(classes=["player-still"])
        figure += self.parse_content_to_nodes()
        figure += nodes.caption("", data["caption"])
        return figure

    def _question(self, data: dict[str, Any]) -> nodes.Node:
        answers = [nodes.list_item("", _paragraph(a["text"])) for a in data["answers"]]
        question = nodes.paragraph("", data["question"], classes=["player-question"])
        return nodes.container(
            "", question, nodes.bullet_list("", *answers), classes=["player-still"]
        )


def _paragraph(text: str) -> nodes.paragraph:
    return nodes.paragraph("", text)


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("player", Player)
    return {"parallel_read_safe": True}
