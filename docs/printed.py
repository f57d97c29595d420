"""What the pages print, beside what they printed when it was last looked at.

The files are `tests/ch01/printed/loss.txt` and so on. A file begins with its rules, a line each:

    rtol 1e-4          numbers with a point agree to this
    atol 1e-8          or lie this close together
    masked ^misread    on such a line only the words are compared; a test has its bounds
    skipped ^refused   such a line need only begin in this way: the rest is of another library

All else is the page's output, in which a figure stands as words and numbers. Words must agree to
the letter, numbers without a point exactly. `python -m tests.printed` makes the files anew.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from docs.pages import ROOT

NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
FIGURE = re.compile(r"figure ch\d\d_\w+")
RULE = re.compile(r"^(rtol|atol|masked|skipped) (.*)$")


@dataclass
class Rules:
    rtol: float = 1e-6
    atol: float = 1e-9
    masked: str = "(?!)"  # no line
    skipped: str = "(?!)"

    def differ(self, found: str, expected: str) -> bool:
        if re.search(self.skipped, found) and re.search(self.skipped, expected):
            return False
        if words(found) != words(expected):
            return True
        if re.search(self.masked, expected):
            return False
        numbers = zip(NUMBER.findall(found), NUMBER.findall(expected), strict=True)
        return not all(self.agree(one, other) for one, other in numbers)

    def agree(self, found: str, expected: str) -> bool:
        if found == expected:
            return True
        if found.lstrip("+-").isdigit() and expected.lstrip("+-").isdigit():
            return False
        one, other = float(found), float(expected)
        return abs(one - other) <= self.atol + self.rtol * abs(other)


def words(line: str) -> str:
    """What is left of a line without its numbers and without the spaces that align them."""
    return "".join(NUMBER.sub("#", line).split())


def folder(chapter: str) -> Path:
    return ROOT / "tests" / chapter / "printed"


def file_of(chapter: str, page: str) -> Path:
    return folder(chapter) / f"{page}.txt"


def read(path: Path) -> tuple[list[str], list[str]]:
    """The lines that say the rules, and those that the page printed."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    count = next((i for i, line in enumerate(lines) if not RULE.match(line)), len(lines))
    return lines[:count], lines[count:]


def rules_in(lines: list[str]) -> Rules:
    rules = Rules()
    for name, value in (line.split(" ", 1) for line in lines):
        setattr(rules, name, float(value) if name in ("rtol", "atol") else value)
    return rules


def differences(printed: str, chapter: str, page: str) -> list[str]:
    """Line by line, what the page prints and should not, and what it should."""
    rules, expected = _expected(chapter, page)
    return _differing(printed.splitlines(), expected, rules)


def differences_apart(texts: list[str], figures: list[str], chapter: str, page: str) -> list[str]:
    """The same where the lines of figures stand apart, and empty lines do not count."""
    rules, expected = _expected(chapter, page)
    other_texts, other_figures = apart(expected)
    return _differing(texts, other_texts, rules) + _differing(figures, other_figures, rules)


def apart(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """The lines that a page prints, without empty ones; and those that are figures in words."""
    texts: list[str] = []
    figures: list[str] = []
    in_figure = False
    for line in lines:
        in_figure = FIGURE.fullmatch(line) is not None or (in_figure and line.startswith("    "))
        if line.strip():
            (figures if in_figure else texts).append(line)
    return texts, figures


def _expected(chapter: str, page: str) -> tuple[Rules, list[str]]:
    rules, expected = read(file_of(chapter, page))
    assert expected, f"no such file: {file_of(chapter, page)}. Make it: python -m tests.printed"
    return rules_in(rules), expected


def _differing(found: list[str], expected: list[str], rules: Rules) -> list[str]:
    return [
        f"line {i + 1}\n  printed  {one}\n  expected {other}"
        for i, (one, other) in enumerate(zip_longest(found, expected, fillvalue=""))
        if rules.differ(one, other)
    ]
