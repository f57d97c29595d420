"""Plants mistakes in the project, one at a time, and looks whether the tests find them.

    python -m tests.planted                         all of them
    python -m tests.planted ch01/loss common/base   those of these files

A mistake is a file, a piece of its text that stands there once, what is put in its place, and why
that is wrong. `planted_code.toml` has those of `common` and `dataset`, each with the test that must
turn red; `planted_pages.toml` those of the pages: there the tests of the chapter that have the
page's name in theirs are run. The tests must pass before, and fail with the mistake.
"""

import argparse
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from common.commands.options import whole
from tests.changed import PASSED, QUICK, ROOT, Copy, NotTried, each

FILES = ROOT / "tests/planted_pages.toml", ROOT / "tests/planted_code.toml"


class Mistake(NamedTuple):
    """file: its path without the suffix, ch01/loss. test: the one that must find it."""

    file: str
    old: str
    new: str
    why: str
    test: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.old!r} -> {self.new!r}: {self.why}"


def mistakes() -> list[Mistake]:
    tables = [tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES]
    return [Mistake(**row) for table in tables for row in table["mistake"]]


def planted(mistake: Mistake) -> str:
    """The file's text with the mistake."""
    text = (ROOT / f"{mistake.file}.py").read_text(encoding="utf-8")
    if (count := text.count(mistake.old)) != 1:
        raise NotTried(f"{mistake.file}: {mistake.old!r} stands there {count} times, not once")
    wrong = text.replace(mistake.old, mistake.new)
    compile(wrong, mistake.file, "exec")  # a file that cannot start would be found by any test
    return wrong


def survivors(chosen: Sequence[Mistake]) -> Iterator[Mistake]:
    """The mistakes that no test finds. Without them the tests must pass."""
    tests: dict[str, list[str]] = defaultdict(list)
    for mistake in chosen:
        tests[mistake.file] += [
            test for test in tests_of(mistake) if test not in tests[mistake.file]
        ]
    for (file, _), failed in each(_failed, tests.items()):
        if failed:
            raise NotTried(f"{file}: before anything is planted: {'; '.join(failed)}")
    for mistake, found in each(_is_found, chosen):
        if not found:
            yield mistake


def tests_of(mistake: Mistake) -> list[str]:
    """What pytest is to run: the one test, or those of the page."""
    return [mistake.test] if mistake.test else _tests_of_page(*mistake.file.split("/"))


def _tests_of_page(chapter: str, name: str) -> list[str]:
    from docs.pages import pages, source  # here: it loads NumPy, with as many threads as it likes

    if name in pages(chapter):
        longer = [other for other in pages(chapter) if name in other and name != other]
        only = " and not ".join([name, *longer])
    else:  # a module: the tests of the pages that import it
        only = " or ".join(
            [name, *(page for page in pages(chapter) if name in source(chapter, page))]
        )
    return [f"tests/{chapter}", "-k", only]


def _failed(copy: Copy, file_and_tests: tuple[str, list[str]]) -> list[str]:
    """What pytest says of the tests that fail, or are not there; nothing if all pass."""
    status = copy.run([*file_and_tests[1], "-m", QUICK, "-q"], keeps_bytecode=True)
    if status == PASSED:
        return []
    lines = copy.output().replace(f"{copy.folder}/", "").splitlines()
    said = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return said or [f"pytest ended with {status}"]


def _is_found(copy: Copy, mistake: Mistake) -> bool:
    arguments = [*tests_of(mistake), "-m", QUICK, "-q", "-x"]
    return copy.finds(f"{mistake.file}.py", planted(mistake), arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.planted")
    parser.add_argument("files", nargs="*", help="such as ch01/loss; without any: all")
    parser.add_argument("--every", type=whole(1), default=1, help="only every so many of them")
    given, everything = parser.parse_args(arguments), mistakes()
    for file in set(given.files) - {mistake.file for mistake in everything}:
        parser.error(f"no mistake is planted in {file!r}; a file is named as ch01/loss")
    chosen = [m for m in everything if not given.files or m.file in given.files][:: given.every]
    left = 0
    try:
        for mistake in survivors(chosen):
            left += 1
            print(f"not found: {mistake}", flush=True)
    except NotTried as error:
        parser.error(str(error))
    print(f"{len(chosen) - left} of {len(chosen)} mistakes are found")
    return min(left, 1)


if __name__ == "__main__":
    sys.exit(main())
