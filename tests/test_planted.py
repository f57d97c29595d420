"""The tests find mistakes that are planted in the pages and in `common`."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from docs.pages import CHAPTERS, ROOT, pages
from tests import planted
from tests.changed import Copy, NotTried

MISTAKES = planted.mistakes()
COUNTS = Counter(mistake.file for mistake in MISTAKES)


def test_every_page_has_a_mistake_of_its_own() -> None:
    assert [f"{c}/{p}" for c in CHAPTERS for p in pages(c) if not COUNTS[f"{c}/{p}"]] == []


def test_there_are_as_many_as_the_readme_says() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    in_code = sum(bool(mistake.test) for mistake in MISTAKES)
    assert in_code >= 120
    assert f"plants {in_code} mistakes in the code and {len(MISTAKES) - in_code} in the pages" in (
        " ".join(readme.split())
    )


def test_those_of_the_code_name_a_test() -> None:
    for mistake in MISTAKES:
        assert bool(mistake.test) == mistake.file.startswith(("common/", "dataset/")), mistake
        file, _, name = mistake.test.partition("::")
        if name.startswith("test_"):
            text = (ROOT / file).read_text(encoding="utf-8")
            assert f"def {name.partition('[')[0]}(" in text, f"{mistake}: {mistake.test} is gone"


@pytest.mark.parametrize("words", [["ch01/nothing"], ["--every", "0"], ["--every", "-1"]])
def test_a_command_line_that_chooses_nothing_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        planted.main(words)
    assert repr(words[-1]) in capsys.readouterr().err


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.file)
def test_a_mistake_can_be_planted(mistake: planted.Mistake) -> None:
    assert planted.planted(mistake) != (ROOT / f"{mistake.file}.py").read_text(encoding="utf-8")


GONE = """
from tests import planted
row = planted.Mistake("common/errors", "x", "y", "why", "tests/test_planted.py::test_gone")
planted.mistakes = lambda: [row]
planted.main([])
"""


@pytest.mark.slow
def test_a_test_that_is_gone_is_named() -> None:
    command = [sys.executable, "-c", GONE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = "common/errors: before anything is planted: ERROR: not found: tests/test_planted.py::"
    assert done.returncode == 2
    assert f"{said}test_gone" in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_what_did_not_run_has_found_nothing(tmp_path: Path) -> None:
    copy, file, test = Copy(tmp_path), "common/errors.py", "tests/common/test_errors.py"
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not copy.finds(file, text, [test, "-q"])
    assert copy.finds(file, text.replace("class DeviceError", "class Device"), [test, "-q"])
    with pytest.raises(NotTried, match=r"does not run \['tests/gone\.py'"):
        copy.finds(file, text, ["tests/gone.py"])


@pytest.mark.slow
def test_the_tests_find_them() -> None:
    """Every eighth; `python -m tests.planted` tries all."""
    command = [sys.executable, "-m", "tests.planted", "--every", "8"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
