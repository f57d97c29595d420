"""What a hand-in holds: files of answers, and perhaps checks that it brings along."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from exercises import CHECKS, HERE, SOLVED
from exercises.edition import stub
from exercises.sections import file_of, sections


class HandIn:
    """A folder that was handed in, looked through once.

    name: its author's, fit to be printed. files: of each section, the file that its answers are in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name.encode(errors="backslashreplace").decode()
        self.paths = [path.relative_to(folder) for path in python_files(folder)]
        self.files: dict[str, Path] = {}
        known = sections()
        for path in sorted(self.paths, key=_rank):
            if not {CHECKS.name, SOLVED.name} & {*path.parts} and _section(path) in known:
                self.files.setdefault(_section(path), folder / path)

    def has_begun(self, section: str) -> bool:
        """Whether somebody has worked on a section."""
        if section not in self.files:
            return False
        try:
            text = self.files[section].read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return True
        return text.strip() != stub(section).strip()

    def edited_checks(self) -> list[str]:
        """The sections for which it brings checks that are not ours."""
        known = sections()
        brought = [path for path in self.paths if _holder(path) == CHECKS.name]
        brought = [path for path in brought if _section(path) in known]
        return sorted({_section(path) for path in brought if not self._is_ours(path)})

    def _is_ours(self, check: Path) -> bool:
        ours = file_of(_section(check), CHECKS).read_bytes()
        try:
            return (self.folder / check).read_bytes().splitlines() == ours.splitlines()
        except OSError:
            return False


def python_files(folder: Path) -> Iterator[Path]:
    """All in a folder but what is hidden. A tree may be deeper than recursion could go."""
    left = [str(folder)]
    while left:
        with suppress(OSError), os.scandir(left.pop()) as entries:  # it may not be ours to read
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                elif entry.is_file() and entry.name.endswith(".py"):
                    yield Path(entry.path)


def _section(path: Path) -> str:
    """What a path would be the file of, as "ch01.loss"."""
    return f"{path.parent.name}.{path.stem}"


def _holder(path: Path) -> str:
    return path.parent.parent.name


def _rank(path: Path) -> tuple[bool, int, Path]:
    """In a whole clone the pages stand in ch01/, too: exercises/ch01/ goes before, then height."""
    return _holder(path) != HERE.name, len(path.parts), path
