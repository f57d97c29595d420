"""The student's edition: the files to work in, cut from the solved ones, and what checks them.

In a solved file a solution stands between two lines of comment:

    # --- solution
    return x * self.mask
    # --- end

In its place the file to work in has `raise NotImplementedError(...)`, which names the exercise; or,
where something is to be mended, what stands as comments between `# --- given` and `# --- end`.
"""

import ast
import json
import re
import shutil
from pathlib import Path

from common.errors import ArgumentError, MissingFileError
from exercises import HERE, SOLVED
from exercises.sections import GIVEN, definition, digest, exercises_of, file_of, sections

SOLUTION = re.compile(
    r"^(?P<indent> *)# --- solution\n(?P<solution>.*?)"
    r"(?:^ *# --- given\n(?P<given>.*?))?^ *# --- end\n",
    re.MULTILINE | re.DOTALL,
)


def make(folder: Path) -> None:
    """Writes the student's edition into a folder that is new or empty: it holds no solution."""
    _check_has_solutions()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArgumentError(f"make: {folder} is not empty; nothing has been written")
    copy = folder / HERE.name
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("__pycache__", SOLVED.name))
    (copy / "README.md").rename(folder / "README.md")
    write_stubs(copy)


def write_stubs(folder: Path) -> None:
    """Writes the files to work in, over those that are there, and digests of what is to be mended.

    With the digests goes the order of the sections, that of the pages.
    """
    _check_has_solutions()
    digests: dict[str, dict[str, str]] = {}
    for section in sorted(sections(), key=_place):
        to, text = file_of(section, folder), stub(section)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text, encoding="utf-8")
        kinds = {name: exercise.kind for name, exercise in exercises_of(section).items()}
        broken = [name for name, kind in kinds.items() if kind == "mend"]
        digests[section] = {name: digest(definition(text, name)) for name in broken}
    text = json.dumps(digests, indent=1) + "\n"
    (folder / GIVEN.name).write_text(text, encoding="utf-8")


def _check_has_solutions() -> None:
    if not SOLVED.is_dir():
        raise MissingFileError("make: this is a student's edition; it is made where solved/ is")


def _place(section: str) -> tuple[str, int]:
    """Where a page stands in the README's tables."""
    from docs.pages import reading_order  # which no student's edition has

    chapter, page = section.split(".")
    return chapter, reading_order().index(page)


def stub(section: str) -> str:
    """The text of a section's file to work in."""
    return cut(file_of(section, SOLVED).read_text(encoding="utf-8"))


def cut(solved: str) -> str:
    """The text of a solved file without its solutions."""

    def blank(found: re.Match[str]) -> str:
        if found["given"] is not None:
            given = re.sub(r"^( *)# ?", r"\1", found["given"], flags=re.MULTILINE)
            return re.sub(r" +$", "", given, flags=re.MULTILINE)
        line = solved.count("\n", 0, found.start()) + 1
        name = enclosing(solved, line)
        return f'{found["indent"]}raise NotImplementedError("{name} is to be written")\n'

    return SOLUTION.sub(blank, solved)


def enclosing(source: str, line: int) -> str:
    """The function or class that a line stands in, as "ReLU.backward"."""
    names = []
    for node in ast.walk(ast.parse(source)):  # those outside come before those inside
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _holds(node, line):
            names.append(node.name)
    return ".".join(names)


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)


def solutions(section: str) -> dict[str, list[str]]:
    """The solutions of a section, by exercise."""
    solved = file_of(section, SOLVED).read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for match in SOLUTION.finditer(solved):
        line = solved.count("\n", 0, match.start()) + 1
        found.setdefault(enclosing(solved, line).partition(".")[0], []).append(match["solution"])
    return found


def solution(section: str, name: str) -> str:
    """The text of a solved exercise, without the marks and without its task."""
    solved = file_of(section, SOLVED).read_text(encoding="utf-8")
    text = definition(SOLUTION.sub(lambda found: found["solution"], solved), name)
    (node,) = ast.parse(text).body
    task = node.body[0] if isinstance(node, ast.FunctionDef | ast.ClassDef) else node
    lines = text.splitlines()
    del lines[task.lineno - 1 : task.end_lineno]
    return "\n".join(lines).replace(":\n\n", ":\n", 1)
