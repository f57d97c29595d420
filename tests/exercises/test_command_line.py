"""What a learner reads of `python -m exercises`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exercises import SOLVED, telling
from exercises.__main__ import main
from exercises.edition import stub
from exercises.exercise import file_of

SECTION = "ch01.loss"
SOLUTION = file_of(SECTION, SOLVED).read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a text in the place of the file to work in."""
    path = tmp_path / "loss.py"
    monkeypatch.setattr(telling, "file_of", lambda section: path)

    def to_file(text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def test_of_right_answers_all_checks_are_listed(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(SOLUTION)
    assert main(["check", SECTION]) == 0
    out = capsys.readouterr().out
    assert "    ok      each row adds up to 1\n" in out
    assert "    5 of 5 public checks\n" in out
    assert out.endswith("ch01.loss: 3 of 3 exercises\n")
    assert "hint" not in out


def test_of_a_wrong_answer_the_first_failure_and_where_a_hint_is(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(SOLUTION.replace("keepdims=True))\n", "keepdims=True))\n    e = e / e.sum()\n"))
    assert main(["check", "ch01.loss.softmax_of_rows"]) == 0
    write(SOLUTION.replace("return e / e.sum(axis=1, keepdims=True)", "return e / e.sum()"))
    assert main(["check", "exercises/ch01/loss.py"]) == 1
    out = capsys.readouterr().out
    assert "    not yet each row adds up to 1\n        All the numbers together" in out
    assert "1 of 5 public checks; for a hint: python -m exercises hint ch01.loss.softmax" in out
    assert out.endswith("ch01.loss: 2 of 3 exercises\n")


def test_of_what_is_not_begun_nothing_more(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(stub(SECTION))
    assert main(["check", SECTION]) == 1
    out = capsys.readouterr().out
    assert "ch01.loss.loss_of_a_guess\n    not begun\n" in out
    assert out.endswith("ch01.loss: 0 of 3 exercises\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def loss_of_a_guess(:\n", "line 1 of loss.py is no Python: invalid syntax"),
        ("import math\nmath.nothing\n", "Line 2 of your file raises AttributeError"),
        ("import nothing_of_that_name\n", "No module named 'nothing_of_that_name'"),
        ("raise KeyboardInterrupt\n", "stopped, in line 1 of your file"),
        ("exit()\n", "Line 1 of your file raises SystemExit"),
    ],
)
def test_a_file_that_cannot_run(
    text: str, words: str, write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(text)
    assert main(["check", SECTION]) == 2
    assert words in capsys.readouterr().err


def test_an_error_in_an_answer_names_its_line(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(SOLUTION.replace("return math.log(classes)", "return classes.log()"))
    assert main(["check", SECTION]) == 1
    line = SOLUTION[: SOLUTION.index("return math.log")].count("\n") + 1
    expected = f"Line {line} of your file raises AttributeError: 'int' object has no attribute"
    assert expected in " ".join(capsys.readouterr().out.split())


def test_a_missing_file(write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", SECTION]) == 2
    assert "there is no" in capsys.readouterr().err


def test_hints_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    for number in ("1", "2", "3"):
        assert main(["hint", "ch01.loss.softmax_of_rows", number]) == 0
    first, second, third = capsys.readouterr().out.split("ch01.loss.softmax_of_rows, hint ")[1:]
    assert first.startswith("1 of 3\n        Three steps")
    assert "the next: python -m exercises hint ch01.loss.softmax_of_rows 2" in first
    assert "hint ch01.loss.softmax_of_rows 3" in second
    assert "the next" not in third


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "ch01.los"], "no section called ch01.los. Do you mean ch01.loss?"),
        (["check", "ch03.zzz"], "no section called ch03.zzz. There are ch01.backpropagation"),
        (["check", "ch01.loss.softmax_of_row"], "Do you mean softmax_of_rows?"),
        (["hint", "ch01.loss"], "of which one?"),
        (["hint", "ch01.loss.nothing_like_it"], "There are loss_of_a_guess, softmax_of_rows"),
    ],
)
def test_a_name_that_is_not_there(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["hint"], ["make"], ["hint", "ch01.loss.x", "4"]])
def test_a_command_line_that_is_none(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m exercises" in capsys.readouterr().err
