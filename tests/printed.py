"""Prints the pages anew, into the files with which `docs.printed` compares them.

python -m tests.printed                all pages; then look at `git diff`
python -m tests.printed ch01/loss      this page only
"""

import sys

from docs.pages import CHAPTERS, ROOT, pages
from docs.printed import file_of, read
from tests.chapters import runner


def main(chosen: list[str]) -> None:
    for chapter in CHAPTERS:
        for page in pages(chapter):
            if not chosen or f"{chapter}/{page}" in chosen:
                path = file_of(chapter, page)
                rules, _ = read(path)
                printed = runner(chapter, "cpu")(page).printed
                path.write_text("".join(f"{line}\n" for line in rules) + printed, encoding="utf-8")
                print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
