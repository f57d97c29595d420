"""`.. player:: NAME`: a figure that a page has saved, and `_static/players.js` moves; or a quiz.

The data are those that the page recorded when it ran, and stand in the page as JSON: a page that
is opened by a double-click may fetch nothing.
"""

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from docs import PLAYERS


class Player(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        text = (PLAYERS / f"{name}.json").read_text(encoding="utf-8")
        data = json.loads(text)
        still = self._question(data) if data["player"] == "quiz" else self._figure(name, data)
        begin = f'<div class="player" id="{name}" data-player="{data["player"]}">'
        script = text.replace("</", "<\\/")
        end = f'<script type="application/json">{script}</script></div>'
        return [_raw(begin), still, _raw(end)]

    def _figure(self, name: str, data: dict[str, Any]) -> nodes.Node:
        figure = nodes.figure(classes=["player-still"])
        figure += self.parse_text_to_nodes((PLAYERS / f"{name}.rst").read_text(encoding="utf-8"))
        figure += nodes.caption("", data["caption"])
        return figure

    def _question(self, data: dict[str, Any]) -> nodes.Node:
        answers = [nodes.list_item("", nodes.paragraph("", a["text"])) for a in data["answers"]]
        question = nodes.paragraph("", data["question"], classes=["player-question"])
        return nodes.container(
            "", question, nodes.bullet_list("", *answers), classes=["player-still"]
        )


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("player", Player)
    return {"parallel_read_safe": True}
