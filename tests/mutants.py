"""Changes the code of `common` by a machine, one place at a time, and looks whether a test fails.

    python -m tests.mutants                          all modules, and writes mutants.md
    python -m tests.mutants common/losses            one module
    python -m tests.mutants common/losses --count 50 --seed 1

The changes (mutants) are cosmic-ray's: another operator, comparison or number, a loop that never
runs, a decorator taken away. Of each module 200 are drawn, or all where there are fewer: first one
at each place, then a second. Annotations are left as they are, since they are not run.

A mutant is tried on the tests that run its line: first those of the module's own files, then a
thousand others, those that run little else. What they do not find, a test must be written for; or
it changes nothing that anyone could notice, and then it stands in `mutants.toml` with the reason.
"""

import argparse
import ast
import difflib
import functools
import json
import os
import random
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from common.commands.options import whole
from tests.changed import QUICK, ROOT, Copy, each

PAGE, EQUIVALENT = ROOT / "tests/mutants.md", ROOT / "tests/mutants.toml"
NAMES = """
    functions base parameters losses layers checks util optimizer schedule fused formula module
    trainer checkpoint parallel autograd training
"""
SUITE = "tests/common", "tests/dataset", "common", "dataset"
COMPILED = "common/fused", "common/formula"  # tried with numba, the others without
WITHOUT_NUMBA = ["-p", "tests.without_numba"]
NEAR = {  # what the names of a module's test files begin with, where that is not its own name
    "base": "layers module parameters frozen refusals replays tensor tape bad_input",
    "checks": "layers_bad_input bad_input refusals trainer optimizer",
    "formula": "fused",
    "layers": "layers batch_norm module",
    "losses": "layers bad_input",
    "module": "module parameters refusals",
    "optimizer": "optimizer util_moving",
    "parameters": "parameters module frozen util_moving checkpoint trainer_shared tensor",
    "schedule": "optimizer",
    "tape": "tape ops tensor no_grad frozen",
    "tensor": "tensor tape no_grad module refusals",
    "record": "attacked_files resume",
    "snapshot": "resume attacked_files",
    "packing": "resume attacked_files",
    "generators": "resume attacked_files",
    "refusal": "attacked_files resume",
    "description": "resume checkpoint",
    "checkpoint": "checkpoint resume attacked_files",
    "trainer": "trainer parallel",
    "parallel": "parallel processes",
    "alike": "parallel processes",
    "shares": "parallel trainer",
    "named": "resume parallel",
} | dict.fromkeys(
    ["conditions", "program", "recorder", "recording", "replays", "watched"], "replays"
)
NEAR |= dict.fromkeys(
    ["adapters", "arguments", "interrupt", "lists_by_hand", "lost_loss", "place", "report"],
    "trainer",
)
MEASURED = ROOT / ".cache/tests_by_line.json"
COUNT, SEED = 200, 0
FIRST, OTHERS = 25, 1000  # so many tests are run before the rest; and so many of other modules
TIME = 100  # seconds, and for each test a tenth more


class Mutant(NamedTuple):
    """A change of one place. old, new: the lines that differ."""

    file: str
    line: int
    old: str
    new: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}.py:{self.line}: {self.old!r} -> {self.new!r}"


class Trial(NamedTuple):
    """A mutant and its tests, by name or by file, in the turns in which they are to be run."""

    mutant: Mutant
    turns: list[list[str]]


# The mutants ----------------------------------------------------------------------------------


def modules() -> list[str]:
    """Their paths without the suffix: common/losses."""
    found = []
    for name in NAMES.split():
        folder = sorted((ROOT / "common" / name).glob("[!_]*.py"))
        found += folder or [ROOT / "common" / f"{name}.py"]
    return [str(path.relative_to(ROOT).with_suffix("")) for path in found]


def mutants(file: str, count: int = COUNT, seed: int = SEED) -> Iterator[Mutant]:
    """So many mutants of a module, drawn at random."""
    from cosmic_ray.mutating import mutate_code

    text = (ROOT / f"{file}.py").read_text(encoding="utf-8")
    for operator, occurrence in drawn(text, count, f"{file} {seed}"):
        mutated = mutate_code(text, operator, occurrence)
        assert mutated is not None
        yield Mutant(file, *difference(text, mutated), mutated)


def drawn(text: str, count: int, seed: str) -> list[tuple[Any, int]]:
    """cosmic-ray's operators, and at which of its places each is to be used."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    at: dict[Any, list[tuple[Any, int]]] = defaultdict(list)
    left_out, tree = annotations(text), get_ast(text)
    for operator in (get_operator(name) for name in operator_names()):
        if operator.arguments():  # it wants to be told what to do
            continue
        places = [p for node in ast_nodes(tree) for p in operator().mutation_positions(node)]
        for occurrence, place in enumerate(places):
            if not any(start <= place[0] < end for start, end in left_out):
                at[place].append((operator(), occurrence))
    rng = random.Random(seed)
    piles = [rng.sample(pile, len(pile)) for pile in at.values()]
    rng.shuffle(piles)
    turns = range(max(map(len, piles), default=0))
    return [pile[i] for i in turns for pile in piles if i < len(pile)][:count]


def annotations(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where they begin and end."""
    nodes = []
    for node in ast.walk(ast.parse(text)):
        nodes += [getattr(node, name, None) for name in ("annotation", "returns")]
    return [
        ((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in nodes if n
    ]


def difference(text: str, mutated: str) -> tuple[int, str, str]:
    """The first line that differs and is not empty; and all that do, before and after."""
    before, after = text.splitlines(), mutated.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    start, end = codes[0][1], codes[-1][2]
    old, new = before[start:end], after[start : len(after) - len(before) + end]
    first = start + 1 + next((i for i, line in enumerate(old) if line.strip()), 0)
    return first, "\n".join(map(str.strip, old)), "\n".join(map(str.strip, new))


# Trying them ----------------------------------------------------------------------------------


class Chosen:
    """A plugin for pytest: of the tests that are there these, in this order; then new ones."""

    def __init__(self, names: Sequence[str]):
        self.place = {name: i for i, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        old = frozenset(measurement()[0])
        items[:] = [i for i in items if i.nodeid in self.place or i.nodeid not in old]
        items.sort(key=lambda item: self.place.get(item.nodeid, len(self.place)))


@functools.cache
def measurement() -> tuple[list[str], dict[str, dict[str, list[int]]]]:
    """The names of all tests, those first that run little else; and who runs which line.

    Measured by the tests themselves: they run once under coverage, which takes some minutes. It is
    kept until one of their files, or of the code's, changes.
    """
    files = {str(path): path.stat().st_mtime for path in _sources()}
    if not MEASURED.exists() or json.loads(MEASURED.read_text(encoding="utf-8"))[0] != files:
        MEASURED.parent.mkdir(exist_ok=True)
        MEASURED.write_text(json.dumps([files, *_measure()]), encoding="utf-8")
    _, names, of_lines = json.loads(MEASURED.read_text(encoding="utf-8"))
    return names, of_lines


@functools.cache
def measured() -> dict[str, dict[int, list[str]]]:
    """For each module and line the tests that run it, those first that run little else."""
    names, files = measurement()
    return {
        file: {int(line): [names[i] for i in tests] for line, tests in lines.items()}
        for file, lines in files.items()
    }


def _sources() -> list[Path]:
    folders = [path for name in SUITE for path in (ROOT / name).rglob("*.py")]
    return folders + list((ROOT / "tests").glob("*.py"))


def _measure() -> tuple[list[str], dict[str, dict[int, list[int]]]]:
    """The names of all tests; and for each module and line, which of them run it."""
    from coverage import CoverageData

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        Copy(folder)
        tests = ["-m", QUICK, "-n", "auto", *WITHOUT_NUMBA, "-p", "no:cacheprovider", *SUITE]
        coverage = ["--cov=common", "--cov-context=test", "--cov-report="]
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *tests, *coverage],
            cwd=name, env={**os.environ, "PYTHONPATH": name, "OPENBLAS_NUM_THREADS": "1"},
            check=True,
        )  # fmt: skip
        data = CoverageData(f"{name}/.coverage")
        data.read()
        lines = {
            str(Path(path).relative_to(folder).with_suffix("")): {
                line: sorted({test.rsplit("|", 1)[0] for test in tests if test})
                for line, tests in data.contexts_by_lineno(path).items()
            }
            for path in data.measured_files()
        }
    size = Counter(test for file in lines.values() for tests in file.values() for test in tests)
    names = sorted(size, key=lambda test: ("simulated" in test, size[test]))
    place = {name: i for i, name in enumerate(names)}
    return names, {
        file: {line: sorted(place[test] for test in tests) for line, tests in of_line.items()}
        for file, of_line in lines.items()
    }


def tests_of(mutant: Mutant, text: str) -> list[str]:
    """The tests that run the statement; if it is run at an import, those of what it belongs to."""
    lines = measured().get(mutant.file, {})
    for start, end in spans(mutant.line, ast.parse(text)):
        tests = [test for line in sorted(lines) if start <= line <= end for test in lines[line]]
        if tests:
            return list(dict.fromkeys(tests))
    return []


def spans(line: int, tree: ast.Module) -> list[tuple[int, int]]:
    """From small to large: the statement in which a line stands, its functions, its classes, all.

    What stands in no function's body is run when its module is imported, by whichever test is the
    first: then a function that is made there, or its class, is the smallest.
    """
    found, statements, is_in_body = [(0, 10**6)], [(line, line)], False
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        start, end = node.lineno, node.end_lineno or node.lineno
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            body = node.body[0].lineno
            first = min([start, *(decorator.lineno for decorator in node.decorator_list)])
            if first <= line <= end:
                found.append((body, end))
                is_in_body |= isinstance(node, ast.FunctionDef) and line >= body
        elif start <= line <= end:
            statements.append((start, end))
    return sorted(found + statements * is_in_body, key=lambda span: span[1] - span[0])


def caught(copy: Copy, trial: Trial) -> bool:
    """Does a test fail, or is it not done in time?"""
    file = trial.mutant.file
    without = [] if file in COMPILED else WITHOUT_NUMBA
    for tests in filter(None, trial.turns):
        files = sorted({test.split("::")[0] for test in tests})
        options = {
            "plugins": [] if files == tests else [Chosen(tests)],
            "timeout": TIME + len(tests) / 10,
        }
        arguments = ["-x", "-q", "-m", QUICK, *without, *files]
        if copy.finds(f"{file}.py", trial.mutant.text, arguments, **options):
            return True
    return False


def near(file: str) -> list[str]:
    """The test files of a module."""
    name = Path(file).stem
    found = {
        str(path.relative_to(ROOT))
        for begin in NEAR.get(name, name).split()
        for path in (ROOT / "tests/common").rglob(f"test_{begin}*.py")
    }
    return sorted(found)


def trial_of(mutant: Mutant, text: str, only_near: bool) -> Trial:
    """What is to be run: all tests near, or of all tests those that run the statement."""
    files = near(mutant.file)
    if only_near:
        return Trial(mutant, [files])
    tests = tests_of(mutant, text)
    own = [test for test in tests if test.split("::")[0] in files]
    others = [test for test in tests if test.split("::")[0] not in files]
    # Of the others on the stand-in for CuPy what does not run it on the CPU.
    on_cpu = {test for test in others if "[simulated" not in test}
    others = [t for t in others if t in on_cpu or t.replace("[simulated", "[cpu") not in on_cpu]
    others = others[:OTHERS]
    if mutant.file in COMPILED:  # what runs which line was measured without numba
        return Trial(mutant, [files, others])
    return Trial(mutant, [own[:FIRST], own[FIRST:], others])


# The page -------------------------------------------------------------------------------------

HEAD = """\
# How strong the tests of `common` are

Made by `python -m tests.mutants`, which changes the code by a machine, one place at a time, and
runs the tests. The score is the share that they notice, of the changes that do something.

| module | mutants | caught | equivalent | survived | score |
|---|---|---|---|---|---|
"""


class Result(NamedTuple):
    """What became of the mutants of a module."""

    file: str
    caught: int
    equivalent: int
    survived: list[Mutant]

    def row(self) -> str:
        """Its line in the page's table."""
        count = self.caught + len(self.survived)
        score = f"{100 * self.caught / count:.1f}%" if count else "–"
        numbers = count + self.equivalent, self.caught, self.equivalent, len(self.survived)
        return f"| `{self.file}` | {' | '.join(map(str, numbers))} | {score} |"


def equivalents() -> dict[tuple[str, str, str], str]:
    """The mutants that nobody could notice, by file, old and new; with the reason."""
    rows = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["mutant"]
    return {(row["file"], row["old"], new): row["why"] for row in rows for new in row["new"]}


def tried(file: str, count: int, seed: int, only_near: bool) -> Result:
    """The mutants of a module, tried one after the other. Without any the tests must pass."""
    text, known = (ROOT / f"{file}.py").read_text(encoding="utf-8"), equivalents()
    everything = list(mutants(file, count, seed))
    new = [mutant for mutant in everything if (mutant.file, mutant.old, mutant.new) not in known]
    healthy = Mutant(file, 0, "", "", text)
    trials = [trial_of(mutant, text, only_near) for mutant in (healthy, *new)]
    found = each(caught, trials)
    if next(found)[1]:
        raise RuntimeError(f"{file}: its tests fail before anything is changed")
    survived = []
    for trial, is_caught in found:
        if not is_caught:
            survived.append(trial.mutant)
            print(f"survived: {trial.mutant}", flush=True)
    return Result(file, len(new) - len(survived), len(everything) - len(new), survived)


def write_page(result: Result) -> None:
    """With this result in it; those of the other modules stay."""
    before = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    name = f"`{result.file}`"
    rows = {line.split(" | ")[0][2:]: line for line in before if line.startswith("| `")}
    survived = [
        line for line in before if line.startswith("- ") and not line.startswith(f"- {name}")
    ]
    rows[name] = result.row()
    survived += [f"- {name}, `{m.old}` → `{m.new}`" for m in result.survived]
    lines = [rows[f"`{file}`"] for file in modules() if f"`{file}`" in rows]
    lines += ["", "## Survived", "", *(sorted(survived) or ["None."]), "", "## Equivalent", ""]
    lines += ["In `mutants.toml`, with the reason of each."]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("modules", nargs="*", help="such as common/losses; without any: all")
    parser.add_argument(
        "--count", type=whole(1), default=COUNT, help="how many mutants of a module"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="which")
    parser.add_argument("--near", action="store_true", help="only the tests of the same name")
    given = parser.parse_args(arguments)
    for name in set(given.modules) - set(modules()):
        parser.error(f"there is no module {name!r}; one is named as common/losses")
    left = 0
    for file in given.modules or modules():
        result = tried(file, given.count, given.seed, given.near)
        print(result.row(), flush=True)
        if (given.count, given.seed, given.near) == (COUNT, SEED, False):
            write_page(result)
        left += len(result.survived)
    return min(left, 1)


if __name__ == "__main__":
    sys.exit(main())
