"""A class hands in, and the table says of each exactly what it has."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from exercises import CHECKS, SOLVED
from exercises.__main__ import main
from exercises.edition import stub
from exercises.sections import exercises_of, file_of

SECTION = "ch01.loss"
NAMES = list(exercises_of(SECTION))
RIGHT = {name: f"{len(e.checks)}/{len(e.checks)}" for name, e in exercises_of(SECTION).items()}
CHECKS_OF_SOFTMAX = len(exercises_of(SECTION)["softmax_of_rows"].checks)
SOLUTION = file_of(SECTION, SOLVED).read_text(encoding="utf-8")


def hand_in(folder: Path, name: str, text: str, at: str = "exercises/ch01/loss.py") -> Path:
    path = folder / name / at
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def instead(body: str) -> str:
    """All right but for the softmax, which does this."""
    start = SOLUTION.index("    e = np.exp(")
    return SOLUTION[:start] + body + SOLUTION[SOLUTION.index("    # --- end", start) :]


def line_of(text: str) -> int:
    return SOLUTION[: SOLUTION.index(text)].count("\n") + 1


def row(*cells: str) -> list[str]:
    """What is said of the three exercises, and how many of them are right."""
    right = sum(cell == RIGHT[name] for name, cell in zip(NAMES, cells, strict=True))
    return [*cells, str(right)]


def only_softmax(cell: str) -> list[str]:
    return row(RIGHT["loss_of_a_guess"], cell, RIGHT["mean_surprise"])


GOLDEN: dict[str, tuple[Callable[[], str], list[str]]] = {
    "ada": (lambda: SOLUTION, row(*RIGHT.values())),
    "ben": (lambda: SOLUTION.replace("return math", "return return math"), row(*3 * ["no Python"])),
    "cem": (lambda: instead("    while True:\n        pass\n"), only_softmax("too long")),
    "dora": (lambda: SOLUTION.replace("def softmax_of_rows", "def other"), only_softmax("missing")),
    "eve": (lambda: stub(SECTION), row(*3 * ["not begun"])),
    "fay": (
        lambda: instead("    return np.ones((10**6, 10**6), dtype=complex)\n"),
        only_softmax("memory"),
    ),
    "gus": (lambda: instead("    import os\n    os._exit(0)\n"), only_softmax("ended")),
    "hal": (
        lambda: instead("    from common.functions import softmax\n    return softmax(s)\n"),
        only_softmax("not its own"),
    ),
    "ina": (
        lambda: instead("    return np.exp(s) / np.exp(s).sum()\n"),
        only_softmax(f"1/{CHECKS_OF_SOFTMAX}"),
    ),
    "jo": (lambda: "while True:\n    pass\n", row(*3 * ["too long"])),
    "kim": (lambda: SOLUTION + "\nimport nothing_of_that_name\n", row(*3 * ["error"])),
}


@pytest.mark.slow
def test_a_golden_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, feedback = tmp_path / "class", tmp_path / "feedback"
    for name, (text, _) in GOLDEN.items():
        hand_in(folder, name, text())
    # One has made the checks easier, in a copy that nobody looks at.
    shutil.copytree(CHECKS, folder / "eve/exercises/checks")
    file_of(SECTION, folder / "eve/exercises/checks").write_text("", encoding="utf-8")
    hand_in(folder, "lea", SOLUTION, at="ch01/loss.py")
    hand_in(folder, "max", "", at="notes.txt")
    options = ["--csv", "--seconds", "10", "--feedback", str(feedback)]
    assert main(["report", str(folder), *options]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [
        ["hand-in", *(f"{SECTION}.{name}" for name in NAMES), "right"],
        *([name, *expected] for name, (_, expected) in GOLDEN.items()),
        ["lea", *row(*RIGHT.values())],
        ["max", *row(*3 * ["no file"])],
    ]
    pages = {path.stem: path.read_text(encoding="utf-8") for path in feedback.glob("*.md")}
    assert pages.keys() == {*GOLDEN, "lea", "max"}
    told = {
        "ada": "3 of 3 exercises are right",
        "ben": f"line {line_of('return math')} of loss.py is no Python",
        "cem": "more than 10 seconds",
        "dora": "has no softmax_of_rows",
        "eve": "Checks in this hand-in differ from ours and were not used: ch01.loss.",
        "fay": "more memory",
        "gus": "ended the program",
        "hal": "uses softmax of common.functions",
        "ina": "not along a row",
        "jo": "more than 10 seconds",
        "kim": "No module named 'nothing_of_that_name'",
    }
    for name, words in told.items():
        assert words in " ".join(pages[name].split()), pages[name]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "there is no folder"),
        (lambda folder: folder.mkdir(), "holds no folders"),
        (lambda folder: hand_in(folder, "ada", "", at="a.py"), "no file like ch01/loss.py"),
    ],
)
def test_a_folder_without_hand_ins(
    make: Callable[[Path], object],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make(tmp_path / "class")
    assert main(["report", str(tmp_path / "class"), "--feedback", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
