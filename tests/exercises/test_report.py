"""A class hands in, and the table says of each exactly what it has."""

import csv
import io
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exercises import CHECKS, HERE, SOLVED, report, trial
from exercises.__main__ import main
from exercises.edition import make, stub
from exercises.hand_in import HandIn
from exercises.sections import exercises_of, file_of
from exercises.trial import Limits, Outcome, Task, tried
from exercises.worker import limit_memory, work

SECTION = "ch01.loss"
NAMES = list(exercises_of(SECTION))
RIGHT = {name: f"{len(e.checks)}/{len(e.checks)}" for name, e in exercises_of(SECTION).items()}
CHECKS_OF_SOFTMAX = len(exercises_of(SECTION)["softmax_of_rows"].checks)
SOLUTION = file_of(SECTION, SOLVED).read_text(encoding="utf-8")


def hand_in(folder: Path, name: str, text: str, at: str = "exercises/ch01/loss.py") -> Path:
    path = folder / name / at
    path.parent.mkdir(parents=True, exist_ok=True)
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
    ("prepare", "words"),
    [
        (lambda folder: None, "there is no folder"),
        (lambda folder: folder.mkdir(), "holds no folders"),
        (lambda folder: hand_in(folder, "ada", "", at="a.py"), "no file like ch01/loss.py"),
    ],
)
def test_a_folder_without_hand_ins(
    prepare: Callable[[Path], object],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare(tmp_path / "class")
    assert main(["report", str(tmp_path / "class"), "--feedback", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# Without a loop that has no end -------------------------------------------------------------------


def table(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, list[str]]:
    """The rows of the report, by hand-in; `sections` has the sections that it speaks of."""
    feedback = str(folder.parent / "feedback")
    assert main(["report", str(folder), "--csv", "--feedback", feedback, *options]) == 0
    (_, *names, _), *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    sections = [name.rpartition(".")[0] for name in names]
    return {"sections": [*dict.fromkeys(sections)]} | {name: cells for name, *cells in rows}


def test_answers_that_do_odd_things(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each gets its row, and does no harm to those beside it."""
    odd = (
        "class Odd(Exception):\n        def __str__(self):\n            return 1 / 0\n    raise Odd"
    )
    crash = "    import ctypes\n    print('lost', file=sys.stderr)\n    ctypes.string_at(0)\n"
    first = f"0/{CHECKS_OF_SOFTMAX}"
    softmaxes = {
        "crash": ("    import sys\n" + crash, "crashed"),
        "exit": ("    exit('see you')\n", "ended"),
        "fork": (
            "    import os, time\n    if os.fork() == 0:\n        time.sleep(60)\n    return s\n",
            f"1/{CHECKS_OF_SOFTMAX}",
        ),
        "odd": (f"    {odd}\n", first),
        "surrogate": ("    raise ValueError('\\udc80')\n", first),
        "fence": ("    raise ValueError('````' + 'x' * 10**6)\n", first),
    }
    for name, (body, _) in softmaxes.items():
        hand_in(tmp_path / "class", name, instead(body))
    rows = table(tmp_path / "class", capsys)
    assert rows == {
        "sections": [SECTION],
        **{name: only_softmax(cell) for name, (_, cell) in sorted(softmaxes.items())},
    }
    pages = {path.stem: path.read_text("utf-8") for path in (tmp_path / "feedback").iterdir()}
    assert "SIGSEGV" in pages["crash"]
    assert "\\udc80" in pages["surrogate"]
    assert len(pages["fence"]) < 5000
    assert "`````\nch01.loss.softmax_of_rows: " in pages["fence"]


def test_names_and_folders_that_are_odd(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is begun in them, and each still gets its row and its page."""
    folder = tmp_path / "class"
    long = "n" * 253
    hand_in(folder, long, "")
    hand_in(folder, "\udcff", "")
    hand_in(folder, "deep", "", at="a/" * 300 + "ch01/loss.py")
    rows = table(folder, capsys)
    assert {*rows} == {"sections", "\\udcff", "deep", long}
    assert len([*(tmp_path / "feedback").iterdir()]) == 3


def test_the_pages_are_no_hand_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path, "ada", "")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["report", ".", "--csv"]) == 0
        assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == [
            "hand-in",
            "ada",
        ]


def test_a_whole_clone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its pages are no answers; what nobody has touched does not stand in the table."""
    folder = tmp_path / "class"
    make(folder / "clone/repo")
    (folder / "clone/repo/ch01").mkdir()
    shutil.copy(HERE.parent / "ch01/loss.py", folder / "clone/repo/ch01")
    shutil.copytree(SOLVED, folder / "clone/repo/exercises/solved")
    hand_in(folder, "clone/repo", SOLUTION)
    hand_in(folder, "clone/repo/.backup", "", at="ch01/loss.py")
    hand_in(folder, "file", SOLUTION, at="ch01/loss.py")
    right = row(*RIGHT.values())
    assert table(folder, capsys) == {"sections": [SECTION], "clone": right, "file": right}


def test_of_two_files_the_one_in_exercises_and_then_the_upper(tmp_path: Path) -> None:
    for at in ("ch01/loss.py", "a/ch01/loss.py", "a/b/exercises/ch01/loss.py"):
        hand_in(tmp_path, "ada", "", at)
    assert HandIn(tmp_path / "ada").files == {SECTION: tmp_path / "ada/a/b/exercises/ch01/loss.py"}
    (tmp_path / "ada/a/b/exercises/ch01/loss.py").unlink()
    assert HandIn(tmp_path / "ada").files == {SECTION: tmp_path / "ada/ch01/loss.py"}


def test_what_fails_here_is_not_laid_upon_the_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hand-in that cannot be tried says why, and the table has the others."""
    for name in ("ada", "ben"):
        hand_in(tmp_path / "class", name, "X = 1")
    right = Outcome("3/3", ["    ok"], is_right=True)

    def fails(section: str, path: Path, names: list[str], limits: Limits) -> dict[str, Outcome]:
        if "ada" in path.parts:
            raise OSError("the disk is full")
        return dict.fromkeys(names, right)

    monkeypatch.setattr(report, "tried", fails)
    rows = table(tmp_path / "class", capsys)
    assert rows["ada"] == [*3 * ["not tried"], "0"]
    assert rows["ben"] == [*3 * ["3/3"], "3"]
    page = (tmp_path / "feedback/ada.md").read_text(encoding="utf-8")
    assert "OSError: the disk is full" in page


@pytest.mark.parametrize("option", ["--seconds=nan", "--seconds=-1", "--seconds=0", "--memory=0"])
def test_limits_that_are_none(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(tmp_path / "class", "ada", "")
    assert main(["report", str(tmp_path / "class"), option]) == 2
    assert f"report: {option.partition('=')[0]} must be" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes")
def test_what_an_answer_has_started_ends_with_it(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    text = f"""import os, subprocess, sys
from pathlib import Path
endless = "import time\\nwhile True:\\n open({str(trace)!r}, 'a').write('x'); time.sleep(0.02)"
subprocess.Popen([sys.executable, "-c", endless])
while not Path({str(trace)!r}).exists():
    pass
os._exit(0)
"""
    path = hand_in(tmp_path, "ada", text)
    outcomes = tried(SECTION, path, NAMES, Limits())
    assert {outcome.cell for outcome in outcomes.values()} == {"ended"}
    size = trace.stat().st_size
    time.sleep(0.1)
    assert trace.stat().st_size == size


def test_what_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = "import time; time.sleep(60)"
    monkeypatch.setattr(trial, "WORKER", [sys.executable, "-c", sleep])
    outcomes = tried(SECTION, tmp_path / "loss.py", NAMES, Limits(seconds=0.1))
    assert {outcome.cell for outcome in outcomes.values()} == {"too long"}
    assert "more than 0.1 seconds" in " ".join(outcomes[NAMES[0]].lines)


@pytest.mark.parametrize(
    ("program", "cells"),
    [
        ("import sys; sys.exit('no module: common')", 3 * ["not tried"]),
        ("import os; os.kill(os.getpid(), 9)", 3 * ["crashed"]),
        ("pass", 3 * ["ended"]),
        ("tell(NAMES[0], right); tell(NAMES[1]); print('{', file=out)", ["3/3", "ended", "ended"]),
        ("for answer in right, wrong:\n [tell(n, answer) for n in NAMES]", 3 * ["3/3"]),
        ("tell('', wrong)", 3 * ["0/3"]),
    ],
)
def test_what_the_worker_leaves_is_read(
    program: str, cells: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its facts, also twice or cut off, and else how it ended."""
    worker = tmp_path / "worker.py"
    before = f"""import json, sys
task = json.load(sys.stdin)
out = open(task["out"], "a")
NAMES = {NAMES}
if NAMES[0] not in task["names"]:
    sys.exit()
right, wrong = ["3/3", ["is right"], True], ["0/3", ["is wrong"], False]
def tell(*fact):
    print(json.dumps(fact), file=out, flush=True)
"""
    worker.write_text(before + program, encoding="utf-8")
    monkeypatch.setattr(trial, "WORKER", [sys.executable, str(worker)])
    outcomes = tried(SECTION, tmp_path / "loss.py", NAMES, Limits())
    assert [outcomes[name].cell for name in NAMES] == cells
    if cells[0] == "not tried":
        assert "no module: common" in " ".join(outcomes[NAMES[0]].lines)


def facts(tmp_path: Path, text: str) -> list[list[Any]]:
    """What the worker writes, here in this process."""
    path, out = tmp_path / "loss.py", tmp_path / "facts"
    path.write_text(text, encoding="utf-8")
    work(Task(SECTION, str(path), NAMES, str(out), memory=2048))
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_the_worker_says_what_it_begins_and_what_it_finds(tmp_path: Path) -> None:
    written = facts(tmp_path, instead("    raise MemoryError\n"))
    assert [name for name, _ in written] == [name for name in NAMES for _ in range(2)]
    assert [outcome for _, outcome in written[::2]] == [None, None, None]
    cells = [Outcome(*outcome) for _, outcome in written[1::2]]
    assert [o.cell for o in cells] == [RIGHT[NAMES[0]], "memory", RIGHT[NAMES[2]]]
    assert [o.is_right for o in cells] == [True, False, True]
    assert "more memory" in " ".join(cells[1].lines)
    assert "public checks" in cells[0].lines[-1]


@pytest.mark.parametrize(
    ("top", "cell"),
    [
        ("raise MemoryError", "memory"),
        ("def (", "no Python"),
        ("\0", "no Python"),
        ("1 / 0", "error"),
        ("exit()", "ended"),
    ],
)
def test_the_worker_says_it_of_the_whole_file(top: str, cell: str, tmp_path: Path) -> None:
    ((name, outcome),) = facts(tmp_path, top)
    assert name == ""
    assert Outcome(*outcome).cell == cell


def test_the_limit_of_memory_is_no_wider_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda what, both: limits.append(both))
    monkeypatch.setattr(resource, "getrlimit", lambda what: (-1, 100 << 20))
    limit_memory(2048)
    limit_memory(50)
    monkeypatch.setattr(resource, "getrlimit", lambda what: (-1, resource.RLIM_INFINITY))
    limit_memory(2048)
    assert limits == [(n << 20, n << 20) for n in (100, 50, 2048)]

    def refuse(what: int, both: tuple[int, int]) -> None:
        raise ValueError("not here")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    limit_memory(2048)
