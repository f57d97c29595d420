"""The tests of the pages find mistakes that are planted in the pages."""

from collections import Counter

import pytest

from docs.pages import CHAPTERS, ROOT, pages
from tests import planted

MISTAKES = planted.mistakes()


def test_every_page_has_a_mistake_of_its_own() -> None:
    counts = Counter(mistake.page for mistake in MISTAKES)
    assert len(MISTAKES) > 200
    assert [f"{c}/{p}" for c in CHAPTERS for p in pages(c) if not counts[f"{c}/{p}"]] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.page)
def test_a_mistake_can_be_planted(mistake: planted.Mistake) -> None:
    text = (ROOT / f"{mistake.page}.py").read_text(encoding="utf-8")
    assert planted.planted(mistake, text) != text


@pytest.mark.slow
def test_the_tests_find_them() -> None:
    """Every fourth; `python -m tests.planted` tries all."""
    assert list(planted.survivors(MISTAKES[::4])) == []
