"""The exercises at the end of each page: what is to be done, hints and solution behind folds."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from docs.pages import CHAPTERS
from exercises import CHECKS, SOLVED
from exercises.edition import solution, stub
from exercises.sections import definition, exercises_of, file_of

PAGE = re.compile(rf"({'|'.join(CHAPTERS)})/(?!index$|sg_)\w+$")
FOOT = ".. _sphx_glr_download_"  # what sphinx-gallery writes at the end of a page


def append(app: Sphinx, name: str, source: list[str]) -> None:
    """A section of exercises, before the links at the foot of a page."""
    if PAGE.match(name):
        title = "Exercises"
        section = f"{title}\n{'-' * len(title)}\n\n.. exercises:: {name.replace('/', '.')}\n\n"
        before, foot, after = source[0].rpartition(FOOT)
        source[0] = before + section + foot + after


class Exercises(SphinxDirective):
    """`.. exercises:: ch01.loss`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        section = self.arguments[0]
        file = file_of(section).name
        for folder in (CHECKS, SOLVED):  # the hints, and the rest
            self.env.note_dependency(str(file_of(section, folder)))
        words = (
            f"They are in ``exercises/{section.partition('.')[0]}/{file}``. Write your answers "
            f"there, and ask whether they are right, and if not, what is wrong:"
        )
        command = code(f"python -m exercises check {section}", "shell")
        found: list[nodes.Node] = [*self.parse_text_to_nodes(words), command]
        return found + [self.exercise(section, name) for name in exercises_of(section)]

    def exercise(self, section: str, name: str) -> nodes.Node:
        """Its text, three folded hints, and its solution, folded too."""
        place = f"exercise-{name.lower().replace('_', '-')}"
        found: list[nodes.Node] = [code(definition(stub(section), name))]
        for i, hint in enumerate(exercises_of(section)[name].hints, 1):
            found += fold(f"Hint {i}", nodes.paragraph("", hint))
        found += fold("Solution", code(solution(section, name)), "solution")
        return nodes.container("", *found, ids=[place])


def code(text: str, language: str = "python") -> nodes.literal_block:
    return nodes.literal_block("", text, language=language)


def fold(title: str, content: nodes.Node, kind: str = "hint") -> list[nodes.Node]:
    """What is shown when somebody opens it."""
    begin = f'<details class="fold {kind}"><summary>{title}</summary>'
    return [
        nodes.raw("", begin, format="html"),
        content,
        nodes.raw("", "</details>", format="html"),
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", append)
    app.add_directive("exercises", Exercises)
    return {"parallel_read_safe": True}
