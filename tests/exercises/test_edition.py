"""The student's edition: cut from the solved sources, fit to work in, without a solution."""

import subprocess
import sys
from pathlib import Path

import pytest

from exercises import HERE, SOLVED
from exercises.__main__ import main
from exercises.edition import cut, solution, solutions, stub
from exercises.judging import load
from exercises.sections import definition, exercises_of, file_of, given, is_as_given, sections

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
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edition") / "new"
    assert main(["make", str(folder)]) == 0
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_stub_has_what_is_given_and_what_is_missing() -> None:
    assert cut(SOURCE) == STUB
    assert definition(SOURCE, "half").startswith("def half(x):")


def test_solutions_are_found_by_their_exercise() -> None:
    for section in sections():
        assert list(solutions(section)) == list(exercises_of(section)), section


def test_a_solution_is_shown_without_its_task() -> None:
    text = solution("ch01.write_your_own_layer", "Bell")
    assert text.startswith("class Bell(Layer):\n    def forward(self, x):\n        self.seen")
    assert text.endswith("np.exp(-self.seen * self.seen)")


@pytest.mark.parametrize("section", sections())
def test_shown_solutions_are_the_solved_file(section: str) -> None:
    """What the site shows of it compiles, has a body, and no mark is left."""
    for name in exercises_of(section):
        text = solution(section, name)
        assert "# ---" not in text
        assert "NotImplementedError" not in text
        names: dict[str, object] = vars(load(file_of(section, SOLVED))).copy()
        exec(compile(text, name, "exec"), names)


def test_every_mark_is_one_of_a_pair() -> None:
    for section in sections():
        assert "# ---" not in stub(section), section


def test_the_edition_has_no_solution(edition: Path) -> None:
    files = [path for path in edition.rglob("*") if path.is_file()]
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


def test_what_was_given_is_known_and_in_order(edition: Path) -> None:
    """Also where the files have the line ends of another system."""
    assert (edition / HERE.name / "given.json").read_text() == (HERE / "given.json").read_text()
    for section, names in given().items():
        source = stub(section).replace("\n", "\r\n")
        assert all(is_as_given(section, name, source) for name in names)
        solved = file_of(section, SOLVED).read_text(encoding="utf-8")
        assert not any(is_as_given(section, name, solved) for name in names)


def test_one_can_work_in_it(edition: Path) -> None:
    done = run(edition, "exercises", "check", "ch01.loss")
    assert done.stdout.endswith("ch01.loss: 0 of 3 exercises\n"), done.stderr
    path = file_of("ch01.loss", edition / HERE.name)
    before = path.read_text(encoding="utf-8")
    path.write_bytes(file_of("ch01.loss", SOLVED).read_bytes())
    done = run(edition, "exercises", "check", "ch01.loss")
    path.write_text(before, encoding="utf-8")
    assert done.stdout.endswith("ch01.loss: 3 of 3 exercises\n"), done.stderr
    assert done.returncode == 0


@pytest.mark.slow
def test_pytest_tries_all_of_it(edition: Path) -> None:
    done = run(edition, "pytest", "-q", "-p", "no:cacheprovider", "exercises")
    count = sum(len(exercises_of(section)) for section in sections())
    assert f"{count} failed in" in done.stdout
    assert "not begun: softmax_of_rows is to be written" in done.stdout


def test_it_cannot_be_made_of_itself_nor_over_something(
    edition: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(edition, "exercises", "make", "again")
    assert done.returncode == 2
    assert "choose from 'check', 'hint'" in done.stderr
    assert main(["make", str(edition)]) == 2
    assert "is not empty; nothing has been written" in capsys.readouterr().err
