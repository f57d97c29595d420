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
import shutil
from pathlib import Path
from typing import NamedTuple

from common.errors import ArgumentError, MissingFileError
from exercises import HERE, SOLVED
from exercises.sections import (
    DEFINITIONS,
    GIVEN,
    definition,
    digest,
    exercises_of,
    file_of,
    lines_of,
    sections,
)


def make(folder: Path) -> None:
    """Writes the student's edition into a folder that is new or empty: it holds no solution."""
    _check_has_solutions()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArgumentError(f"make: {folder} is not empty; nothing has been written")
    if folder.resolve().is_relative_to(HERE.resolve()):
        raise ArgumentError(
            f"make: {folder} is in {HERE}, all of which would go into it; nothing has been written"
        )
    copy = folder / HERE.name
    shutil.copytree(HERE, copy, ignore=_left_out)
    (copy / "README.md").rename(folder / "README.md")
    write_stubs(copy)


def _left_out(folder: str, names: list[str]) -> list[str]:
    """Solutions, and the folders to work in: somebody may have."""
    chapters = {section.partition(".")[0] for section in sections()}
    here = {SOLVED.name, *chapters} if Path(folder) == HERE else set()
    return [name for name in names if name in here | {"__pycache__"}]


def write_stubs(folder: Path) -> None:
    """Writes the files to work in, over those that are there, and digests of what is to be mended.

    The digests keep the order of the sections; a test holds it to that of the pages.
    """
    _check_has_solutions()
    digests: dict[str, dict[str, str]] = {}
    for section in sections():
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


def stub(section: str) -> str:
    """The text of a section's file to work in."""
    path = file_of(section, SOLVED)
    try:
        return cut(path.read_text(encoding="utf-8"))
    except ArgumentError as error:
        raise ArgumentError(f"{path}: {error}") from error


def cut(solved: str) -> str:
    """The text of a solved file without its solutions."""
    lines: list[str] = []
    found = pieces(solved)
    for piece, behind in zip(found, [*found[1:], None], strict=True):
        if piece.kind == "text":
            lines += piece.lines
        elif piece.kind == "given":
            lines += [_uncommented(line, i) for i, line in enumerate(piece.lines, piece.line + 1)]
        elif behind is not None and behind.kind != "given":
            lines.append(_to_be_written(solved, piece))
    text = "\n".join(lines)
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise ArgumentError(f"without its solutions it is no Python: {error}") from error
    return text


def _to_be_written(solved: str, piece: "Piece") -> str:
    name = enclosing(solved, piece.line)
    if not name:
        raise ArgumentError(f"line {piece.line}: the solution stands in no function or class")
    return f'{piece.indent}raise NotImplementedError("{name} is to be written")'


def _uncommented(line: str, number: int) -> str:
    code = line.lstrip()
    if code and not code.startswith("#"):
        raise ArgumentError(f"line {number}: what is given stands behind #")
    indent = line[: len(line) - len(code)]
    return (indent + code.removeprefix("#").removeprefix(" ")).rstrip()


class Piece(NamedTuple):
    """Lines of a solved file. kind: "text", "solution" or "given". line, indent: of its mark."""

    kind: str
    line: int
    indent: str
    lines: list[str]


BEHIND = {"text": ["solution"], "solution": ["given", "end"], "given": ["end"]}


def pieces(solved: str) -> list[Piece]:
    """A solved file, taken apart at its marks. ArgumentError for marks that do not pair."""
    found = [Piece("text", 0, "", [])]
    for number, line in enumerate(lines_of(solved), 1):
        kind, mark = found[-1].kind, mark_in(line)
        if mark is None:
            found[-1].lines.append(line)
        elif mark in BEHIND[kind]:
            indent = line[: len(line) - len(line.lstrip())]
            found.append(Piece("text" if mark == "end" else mark, number, indent, []))
        else:
            raise ArgumentError(f"line {number}: the mark {mark!r} has no place behind {kind!r}")
    if found[-1].kind != "text":
        raise ArgumentError(f"line {found[-1].line}: no end to the {found[-1].kind}")
    return found


def mark_in(line: str) -> str | None:
    """What a mark says, as "solution"; None for other lines, and for lines of dashes."""
    comment = line.strip().partition("#")
    words = comment[2].strip()
    is_mark = not comment[0] and words.startswith("---") and words.strip("-")
    return words.strip("- ") if is_mark else None


def enclosing(source: str, line: int) -> str:
    """The function or class that a line stands in, as "ReLU.backward"."""
    names = []
    for node in ast.walk(ast.parse(source)):  # those outside come before those inside
        if isinstance(node, DEFINITIONS) and _holds(node, line):
            names.append(node.name)
    return ".".join(names)


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)


def solution(section: str, name: str) -> str:
    """The text of a solved exercise, without the marks and without its task, the docstring."""
    solved = pieces(file_of(section, SOLVED).read_text(encoding="utf-8"))
    kept = [line for piece in solved if piece.kind != "given" for line in piece.lines]
    text = definition("\n".join(kept), name)
    (node,) = ast.parse(text).body
    assert isinstance(node, DEFINITIONS)
    lines = lines_of(text)
    if ast.get_docstring(node) is not None:
        task = node.body[0]
        del lines[task.lineno - 1 : task.end_lineno]
        if not lines[task.lineno - 1]:
            del lines[task.lineno - 1]
    return "\n".join(lines)
