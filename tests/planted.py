"""Plants mistakes in the pages, one at a time, and looks whether the tests find them.

The mistakes are in `planted.toml`: a page, a piece of its text that stands there once, what is put
in its place, and why that is wrong. The tests of the page's chapter that have its name in theirs
are run on a copy of the project. They must pass before, and fail with the mistake.

    python -m tests.planted                 all of them
    python -m tests.planted ch01/loss       those of one page
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from docs.pages import ROOT, pages, source

FILE = Path(__file__).with_suffix(".toml")
QUICK = "not slow and not gpu and not torch"
FOLDERS: dict[str, list[str]] = {  # and what is left out of each
    "ch01": [],
    "ch02": [],
    "common": [],
    "dataset": [],
    "docs": ["_build", "ch0?"],
    "tests": ["node_modules"],
}


class Mistake(NamedTuple):
    page: str
    old: str
    new: str
    why: str


def mistakes() -> list[Mistake]:
    return [Mistake(**row) for row in tomllib.loads(FILE.read_text(encoding="utf-8"))["mistake"]]


def planted(mistake: Mistake, text: str) -> str:
    if text.count(mistake.old) != 1 or mistake.old == mistake.new:
        count = text.count(mistake.old)
        raise ValueError(f"{mistake.page}: {mistake.old!r} stands there {count} times, not once")
    wrong = text.replace(mistake.old, mistake.new)
    compile(wrong, mistake.page, "exec")  # a page that cannot start would be found by any test
    return wrong


def survivors(chosen: Sequence[Mistake]) -> Iterator[Mistake]:
    """The mistakes that no test finds. Without them the tests must pass."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:

        def is_found(i: int) -> bool:
            return not passes(copy_of_project(Path(folder, str(i)), chosen[i]), chosen[i].page)

        names = sorted({mistake.page for mistake in chosen})
        healthy = copy_of_project(Path(folder, "healthy"))
        well = list(pool.map(lambda page: passes(healthy, page), names))
        if not all(well):
            page = names[well.index(False)]
            raise RuntimeError(f"{page}: its tests fail before anything is planted")
        for mistake, found in zip(chosen, pool.map(is_found, range(len(chosen))), strict=True):
            if not found:
                yield mistake


def copy_of_project(to: Path, mistake: Mistake | None = None) -> Path:
    for name, left_out in FOLDERS.items():
        ignored = shutil.ignore_patterns("__pycache__", *left_out)
        shutil.copytree(ROOT / name, to / name, ignore=ignored)
    shutil.copy(ROOT / "setup.cfg", to)
    if mistake:
        path = to / f"{mistake.page}.py"
        path.write_text(planted(mistake, path.read_text(encoding="utf-8")), encoding="utf-8")
    return to


def passes(project: Path, page: str) -> bool:
    """Do the quick tests of a page pass, in this copy of the project?"""
    chapter, name = page.split("/")
    if name in pages(chapter):
        longer = [other for other in pages(chapter) if name in other and name != other]
        only = " and not ".join([name, *longer])
    else:  # a module: the tests of the pages that import it
        users = [page for page in pages(chapter) if name in source(chapter, page)]
        only = " or ".join([name, *users])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-k", only, "-m", QUICK, f"tests/{chapter}"],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(project),
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONUTF8": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1) or not re.search(r"\d+ (passed|failed)", done.stdout):
        raise RuntimeError(f"{page}: pytest did not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def main(names: Sequence[str]) -> int:
    chosen = [mistake for mistake in mistakes() if not names or mistake.page in names]
    left = 0
    for mistake in survivors(chosen):
        left += 1
        print(f"not found: {mistake.page}: {mistake.old!r} -> {mistake.new!r}: {mistake.why}")
    print(f"{len(chosen) - left} of {len(chosen)} mistakes are found")
    return min(left, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
