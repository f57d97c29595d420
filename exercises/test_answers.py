"""`pytest exercises`: a test for each exercise."""

import pytest

from exercises.judging import load, verdict_on
from exercises.sections import exercises_of, file_of, sections

ALL = [(section, name) for section in sections() for name in exercises_of(section)]


@pytest.mark.parametrize(("section", "name"), ALL, ids=[".".join(pair) for pair in ALL])
def test_answer(section: str, name: str) -> None:
    """All its checks pass."""
    verdict = verdict_on(section, name, load(file_of(section)))
    if verdict.status != "right":
        title = "not begun" if verdict.status == "not begun" else verdict.failed
        pytest.fail(f"{title}: {verdict.reply}", pytrace=False)
