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

from tests.changed import FAILED, PASSED, ROOT, TIMEOUT, UNCOLLECTED, Copy, each

FILES = ROOT / "tests/planted_pages.toml", ROOT / "tests/planted_code.toml"
QUICK = "not slow and not gpu and not site"


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
    if text.count(mistake.old) != 1 or mistake.old == mistake.new:
        count = text.count(mistake.old)
        raise ValueError(f"{mistake.file}: {mistake.old!r} stands there {count} times, not once")
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
    for (file, _), passed in each(_passes, tests.items()):
        if not passed:
            raise RuntimeError(f"{file}: its tests fail before anything is planted")
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


def _passes(copy: Copy, file_and_tests: tuple[str, list[str]]) -> bool:
    file, tests = file_and_tests
    status = copy.run([*tests, "-m", QUICK, "-q"], keeps_bytecode=True)
    if status not in (PASSED, FAILED):
        raise RuntimeError(f"{file}: pytest did not run:\n{copy.output()}")
    return status == PASSED


def _is_found(copy: Copy, mistake: Mistake) -> bool:
    with copy.changed(f"{mistake.file}.py", planted(mistake)):
        status = copy.run([*tests_of(mistake), "-m", QUICK, "-q", "-x"])
    if status not in (PASSED, FAILED, UNCOLLECTED, TIMEOUT):
        raise RuntimeError(f"{mistake}: pytest did not run:\n{copy.output()}")
    return status != PASSED


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.planted")
    parser.add_argument("files", nargs="*", help="such as ch01/loss; without any: all")
    parser.add_argument("--every", type=int, default=1, help="only every so many of them")
    given = parser.parse_args(arguments)
    chosen = [m for m in mistakes() if not given.files or m.file in given.files][:: given.every]
    left = 0
    for mistake in survivors(chosen):
        left += 1
        print(f"not found: {mistake}", flush=True)
    print(f"{len(chosen) - left} of {len(chosen)} mistakes are found")
    return min(left, 1)


if __name__ == "__main__":
    sys.exit(main())
