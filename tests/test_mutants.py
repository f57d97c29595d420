"""The command that changes the code by a machine, and its page."""

import re
import subprocess
import sys

import pytest

from tests import mutants
from tests.changed import ROOT

pytest.importorskip("cosmic_ray")
TEXT = "def f(a: int | None, b: int = 3) -> int | None:\n    return a + b if b > 2 else None\n"


def changed(count: int, seed: str = "0") -> list[str]:
    from cosmic_ray.mutating import mutate_code

    return [mutate_code(TEXT, *mutant) for mutant in mutants.drawn(TEXT, count, seed)]


def test_each_place_is_changed_once_before_any_is_twice() -> None:
    """A default, a sum, a condition with its comparison and number; and no annotation."""
    first = TEXT.splitlines()[0]
    texts = changed(5)
    assert sum(first not in text for text in texts) == 1
    assert sum("a + b" not in text for text in texts) == 1
    assert {mutants.difference(TEXT, text)[0] for text in texts} == {1, 2}
    assert all("a: int | None" in text and "-> int | None" in text for text in changed(10**6))


def test_a_seed_draws_the_same_mutants() -> None:
    assert changed(8) == changed(8) != changed(8, "1")


def test_what_differs_is_told_line_by_line() -> None:
    assert mutants.difference("a\n  b\nc\n", "a\n  d\n  e\nc\n") == (2, "b", "d\ne")


def test_what_is_said_to_be_equivalent_is_about_code_of_today() -> None:
    texts = {file: (ROOT / f"{file}.py").read_text(encoding="utf-8") for file in mutants.modules()}
    for file, old, new in mutants.equivalents():
        lines = "\n".join([*map(str.strip, texts[file].splitlines()), ""])
        assert f"\n{old}\n" in lines, (file, old)
        assert new != old


def test_of_each_module_at_least_98_in_a_hundred_are_caught() -> None:
    page = mutants.PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` .* (\S+)% \|$", page, re.MULTILINE)
    assert [name for name, _ in rows] == mutants.modules()
    assert min(float(score) for _, score in rows) >= 98


@pytest.mark.slow
def test_the_command_finds_what_is_caught() -> None:
    command = [sys.executable, "-m", "tests.mutants", "common/schedule", "--near", "--count", "6"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    row = re.search(
        r"^\| `common/schedule` \| (\d) \| (\d) \| (\d) \| (\d) \|", done.stdout, re.MULTILINE
    )
    assert row, done.stdout + done.stderr
    count, caught, equivalent, survived = map(int, row.groups())
    assert count == 6 == caught + equivalent + survived
    assert caught >= 4
    assert (
        done.stdout.count("survived: common/schedule.py:") == survived == done.returncode * survived
    )
