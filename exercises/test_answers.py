"""`pytest exercises`: a test for each exercise."""

import pytest

from exercises.exercise import exercises_of, file_of, judge, load, sections

ALL = [(section, name) for section in sections() for name in exercises_of(section)]


@pytest.mark.parametrize(("section", "name"), ALL, ids=[".".join(pair) for pair in ALL])
def test_answer(section: str, name: str) -> None:
    """All its checks pass."""
    exercise = exercises_of(section)[name]
    verdict = judge(exercise, name, load(file_of(section)))
    if verdict.status != "right":
        title = "not begun" if verdict.status == "not begun" else verdict.failed
        pytest.fail(f"{title}: {verdict.reply}", pytrace=False)
