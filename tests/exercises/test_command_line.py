"""What a learner reads of `python -m exercises`."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from exercises import HERE, SOLVED, telling
from exercises.__main__ import find, main
from exercises.edition import stub
from exercises.sections import file_of, sections
from exercises.telling import check_section

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
    assert "    6 of 6 public checks\n" in out
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
    assert "1 of 6 public checks\n    a hint: python -m exercises hint ch01.loss.softmax" in out
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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_a_file_may_have_been_written_elsewhere(
    encoding: str, write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the mark that Notepad writes, or in an encoding that its first line names."""
    text = "# é: \n" + SOLUTION
    text = f"# coding: {encoding}\n{text}" if encoding == "latin-1" else text
    write("").write_bytes(text.encode(encoding, errors="replace"))
    assert main(["check", SECTION]) == 0, capsys.readouterr()


def test_a_file_of_another_encoding_is_no_python(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for encoding in ("utf-16", "latin-1"):
        write("").write_bytes(("# é\n" + SOLUTION).encode(encoding, errors="replace"))
        assert main(["check", SECTION]) == 2
        assert "of loss.py is no Python" in capsys.readouterr().err


def instead(body: str) -> str:
    """All right but for the first answer, which does this."""
    return SOLUTION.replace("return math.log(classes)", body)


def test_what_an_error_says_is_cut_and_may_fail(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(instead("raise ValueError('long' * 10**6)"))
    assert main(["check", SECTION]) == 1
    assert len(capsys.readouterr().out) < 5000
    odd = "class Odd(Exception):\n        def __str__(self):\n            return 1 / 0\n"
    write(instead(f"{odd}    raise Odd"))
    assert main(["check", SECTION]) == 1
    out = capsys.readouterr().out
    assert "raises Odd: " in out
    assert out.endswith("ch01.loss: 2 of 3 exercises\n")


@pytest.mark.parametrize(
    "where",
    [
        "ch01.loss",
        "ch01/loss.py",
        "ch01\\loss.py",
        "exercises/ch01/loss.py",
        "./exercises/ch01/loss.py",
        "../exercises/ch01/loss.py",
        "exercises.ch01.loss",
        "ch01.loss.",
        "CH01.LOSS",
        str(HERE / "ch01/loss.py"),
    ],
)
def test_a_section_has_many_names(where: str) -> None:
    assert find(where) == [("ch01.loss", [])]


def test_a_folder_is_all_that_is_in_it() -> None:
    assert [section for section, _ in find("exercises")] == sections()
    assert find("exercises/") == find("./exercises") == find("exercises")
    assert find("exercises/ch01/") == find("ch01") == find(str(HERE / "ch01"))


def test_a_chapter_is_all_its_sections_in_reading_order() -> None:
    names = [section for section, _ in find("ch02")]
    assert names[0] == "ch02.polynomial_numpy"
    assert names == [section for section in sections() if section.startswith("ch02")]


def test_no_line_is_wider_than_a_terminal(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(SOLUTION.replace("axis=1", "axis=0"))
    main(["check", SECTION])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there is no alarm to set")
def test_a_loop_without_end_is_ended(
    write: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also one that goes on after each error."""
    endless = "while True:\n        try:\n            while True:\n                pass"
    write(instead(f"{endless}\n        except Exception:\n            pass"))
    line = SOLUTION[: SOLUTION.index("return math.log")].count("\n") + 3
    assert check_section(SECTION, [], seconds=0.2) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "It has run for 0.2 seconds" in out
    assert f"in line {line} of your file" in out or f"in line {line + 1} of your file" in out
    assert out.endswith("ch01.loss: 2 of 3 exercises")
    write("while True:\n    pass\n")
    assert check_section(SECTION, [], seconds=0.2) == 2
    assert "It has run for 0.2 seconds" in capsys.readouterr().err


def test_ctrl_c_ends_all(
    write: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In an answer, whose line it tells, and elsewhere."""
    write(instead("raise KeyboardInterrupt"))
    line = SOLUTION[: SOLUTION.index("return math.log")].count("\n") + 1
    assert main(["check", SECTION, SECTION]) == 2
    assert capsys.readouterr().err == f"ch01.loss: stopped, in line {line} of your file\n"

    def interrupted(section: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(telling, "verdicts", lambda *a, **k: interrupted(SECTION))
    assert main(["check", SECTION, SECTION]) == 2
    assert capsys.readouterr().err == "ch01.loss: stopped\n"


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
        (["check", "ch03.zzz"], "no section called ch03.zzz. There are: ch01.vectors_and_matrices"),
        (["check", "ch01.loss.softmax_of_row"], "Do you mean softmax_of_rows?"),
        (["check", "ch01.loss.softmax_of_rows.more"], "no section called ch01.loss.softmax_of"),
        (["check", "/elsewhere/ch01/loss.py"], "no section called /elsewhere/ch01/loss.py."),
        (["check", "ch01.vector"], "Do you mean ch01.vectors_and_matrices?"),
        (["hint", "ch01.loss"], "of which? loss_of_a_guess, softmax_of_rows, mean_surprise"),
        (["hint", "ch01.loss.nothing_like_it"], "There are: loss_of_a_guess, softmax_of_rows"),
    ],
)
def test_a_name_that_is_not_there(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "python -m exercises check ch01.loss" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("arguments", [["hint"], ["make"], ["hint", "ch01.loss.x", "4"]])
def test_a_command_line_that_is_none(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m exercises" in capsys.readouterr().err
