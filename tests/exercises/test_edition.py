"""The student's edition: cut from the solved sources, fit to work in, without a solution."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.errors import ArgumentError
from exercises import HERE, SOLVED, edition
from exercises.__main__ import main
from exercises.edition import cut, enclosing, pieces, solution, stub, write_stubs
from exercises.judging import load
from exercises.sections import (
    definition,
    digest,
    exercises_of,
    file_of,
    given,
    is_as_given,
    sections,
)

SECTION = "ch01.loss"
SOURCE = '''class Twice:
    """Write: y = 2 x."""

    def forward(self, x):
        # --- solution
        y = 2 * x

        return y
        # --- end

    def backward(self, dout):
        # --- solution
        return 2 * dout
        # --- given
        # if True:
        #     return dout
        #
        # return 0
        # --- end


def half(x):
    # --- solution
    return x / 2
    # --- end
'''
STUB = '''class Twice:
    """Write: y = 2 x."""

    def forward(self, x):
        raise NotImplementedError("Twice.forward is to be written")

    def backward(self, dout):
        if True:
            return dout

        return 0


def half(x):
    raise NotImplementedError("half is to be written")
'''


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edition") / "new"
    assert main(["make", str(folder)]) == 0
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def solutions(section: str) -> dict[str, list[str]]:
    """The solutions of a section, by exercise."""
    solved = file_of(section, SOLVED).read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for piece in pieces(solved):
        if piece.kind == "solution":
            name = enclosing(solved, piece.line).partition(".")[0]
            found.setdefault(name, []).append("\n".join(piece.lines))
    return found


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_stub_has_what_is_given_and_what_is_missing() -> None:
    assert cut(SOURCE) == STUB
    assert definition(SOURCE, "half").startswith("def half(x):")


HIDDEN = "def f(x):\n    # --- solution\n    return SECRET\n    # --- end\n"
SHOWN = 'def f(x):\n    raise NotImplementedError("f is to be written")\n'


@pytest.mark.parametrize(
    ("solved", "expected"),
    [
        (HIDDEN.rstrip("\n"), SHOWN.rstrip("\n")),
        (HIDDEN.replace("solution", "solution "), SHOWN),
        (HIDDEN.replace("end", "end  "), SHOWN),
        (HIDDEN.replace("    ", "\t"), SHOWN.replace("    ", "\t")),
        (HIDDEN.replace("\n", "\r\n"), None),
        ("async " + HIDDEN, "async " + SHOWN),
        (HIDDEN.replace("SECRET", "SECRET  # ----"), SHOWN),
    ],
)
def test_marks_may_be_written_otherwise(solved: str, expected: str | None) -> None:
    assert "SECRET" not in cut(solved)
    assert expected in (None, cut(solved))


@pytest.mark.parametrize(
    ("solved", "words"),
    [
        (HIDDEN.replace("    # --- end\n", ""), "line 2: no end"),
        (HIDDEN.replace("    # --- end\n", "\n") + HIDDEN.replace("f", "g"), "line 6: .*solution"),
        (HIDDEN.replace("end", "and"), "line 4: .*and"),
        (HIDDEN.replace("# --- solution", "#--- solutoin"), "line 2: .*solutoin"),
        (HIDDEN.replace("solution", "given"), "line 2: .*given"),
        (HIDDEN.replace("    # --- end", "    # --- given\n    # --- end"), "no Python"),
        (HIDDEN.replace("    # --- end", "    # --- given\n    x\n    # --- end"), "line 5: .*#"),
        ("# --- solution\nX = SECRET\n# --- end\n", "line 1: .*in no function"),
    ],
)
def test_what_might_show_a_solution_is_refused(solved: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        cut(solved)


def test_a_definition_has_its_decorators() -> None:
    source = "import functools\n\n@functools.cache\nasync def f(x):\n    '\x0c'\n    return x\n"
    assert definition(source, "f") == source.partition("\n\n")[2].rstrip()


@pytest.mark.parametrize(
    ("code", "is_the_same"),
    [
        ("def f(xs):\n  for x in xs:\n    y = [x, # why\n     1]\n\n  return y\n", True),
        ("def f(xs):\n    for x in xs:\n        y = [x, 1]\n        return y", False),
        ("def f(xs):\n    for x in xs:\n        y = [x, 2]\n    return y", False),
    ],
)
def test_an_indentation_is_a_mending(code: str, is_the_same: bool) -> None:
    """Comments, blank lines and the width of an indentation are none."""
    given = "def f(xs):\n    for x in xs:\n        y = [x, 1]\n    return y"
    assert (digest(code) == digest(given)) is is_the_same


def test_solutions_are_found_by_their_exercise() -> None:
    for section in sections():
        assert list(solutions(section)) == list(exercises_of(section)), section


def test_a_solution_is_shown_without_its_task() -> None:
    text = solution("ch01.write_your_own_layer", "Bell")
    assert text.startswith("class Bell(Layer):\n    def forward(self, x):\n        self.seen")
    assert text.endswith("np.exp(-self.seen * self.seen)")


@pytest.mark.parametrize("section", sections())
def test_shown_solutions_are_the_solved_file(section: str, tmp_path: Path) -> None:
    """What the site shows of it compiles, has a body, and no mark is left."""
    for name in exercises_of(section):
        text = solution(section, name)
        assert "# ---" not in text
        assert "NotImplementedError" not in text
        names: dict[str, object] = vars(load(file_of(section, SOLVED))).copy()
        path = tmp_path / f"{name}.py"  # a formula that is @fused must stand in a file
        path.write_text(text, encoding="utf-8")
        exec(compile(text, str(path), "exec"), names)


def test_every_mark_is_one_of_a_pair() -> None:
    for section in sections():
        assert "# ---" not in stub(section), section


def test_the_edition_has_no_solution(made: Path) -> None:
    files = [path for path in made.rglob("*") if path.is_file()]
    texts = {path: squeezed(path.read_text(encoding="utf-8")) for path in files}
    assert len(texts) > 2 * len(sections())
    assert not [path for path in files if SOLVED.name in path.parts]
    leaks = [
        f"{path}: {text}"
        for section in sections()
        for blocks in solutions(section).values()
        for text in blocks
        for path in files
        if squeezed(text) in texts[path]
    ]
    assert leaks == []


def test_answers_are_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those worked into our own files, and what lies beside them; make --here takes them back."""
    here = tmp_path / "project" / HERE.name
    shutil.copytree(HERE, here, ignore=shutil.ignore_patterns("__pycache__"))
    path, beside = file_of(SECTION, here), here / "ch01/mine.py"
    for answers in (path, beside):
        answers.write_text("SECRET = 1", encoding="utf-8")
    monkeypatch.setattr(edition, "HERE", here)
    edition.make(tmp_path / "new")
    texts = [file.read_text("utf-8") for file in (tmp_path / "new").rglob("*.*") if file.is_file()]
    assert not [text for text in texts if "SECRET" in text]
    write_stubs(here)
    assert path.read_text(encoding="utf-8") == stub(SECTION)
    assert beside.exists()


def test_nothing_is_made_inside_of_what_is_copied(capsys: pytest.CaptureFixture[str]) -> None:
    folder = HERE / "ch01" / "new"
    assert main(["make", str(folder)]) == 2
    assert "nothing has been written" in capsys.readouterr().err
    assert not folder.exists()


def test_the_files_to_work_in_are_those_that_are_cut() -> None:
    for section in sections():
        kinds = {name: exercise.kind for name, exercise in exercises_of(section).items()}
        mend = [name for name, kind in kinds.items() if kind == "mend"]
        assert given()[section] == {n: digest(definition(stub(section), n)) for n in mend}


def test_what_was_given_is_known_and_in_order(made: Path) -> None:
    """Also where the files have the line ends of another system."""
    assert (made / HERE.name / "given.json").read_text() == (HERE / "given.json").read_text()
    for section, names in given().items():
        source = stub(section).replace("\n", "\r\n")
        assert all(is_as_given(section, name, source) for name in names)
        solved = file_of(section, SOLVED).read_text(encoding="utf-8")
        assert not any(is_as_given(section, name, solved) for name in names)


def test_one_can_work_in_it(made: Path) -> None:
    done = run(made, "exercises", "check", "ch01.loss")
    assert done.stdout.endswith("ch01.loss: 0 of 3 exercises\n"), done.stderr
    path = file_of("ch01.loss", made / HERE.name)
    before = path.read_text(encoding="utf-8")
    path.write_bytes(file_of("ch01.loss", SOLVED).read_bytes())
    done = run(made, "exercises", "check", "ch01.loss")
    path.write_text(before, encoding="utf-8")
    assert done.stdout.endswith("ch01.loss: 3 of 3 exercises\n"), done.stderr
    assert done.returncode == 0


@pytest.mark.slow
def test_pytest_tries_all_of_it(made: Path) -> None:
    done = run(made, "pytest", "-q", "-p", "no:cacheprovider", "exercises")
    count = sum(len(exercises_of(section)) for section in sections())
    assert f"{count} failed in" in done.stdout
    assert "not begun: softmax_of_rows is to be written" in done.stdout


def test_it_cannot_be_made_of_itself_nor_over_something(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(made, "exercises", "make", "again")
    assert done.returncode == 2
    assert "choose from 'check', 'hint'" in done.stderr
    assert main(["make", str(made)]) == 2
    assert "is not empty; nothing has been written" in capsys.readouterr().err
