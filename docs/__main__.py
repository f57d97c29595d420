"""Builds the site: `python -m docs`. It lies in docs/_build/html, and docs/_build/site.zip has it.

Everything is made anew, since the pages show what the code does that lies beside them.
"""

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from tests.chapters import CHAPTERS

HERE = Path(__file__).parent
BUILT = HERE / "_build"
SITE = BUILT / "html"


def main() -> int:
    print("The pages run, and Sphinx makes the site of them; it takes about a minute.", flush=True)
    for folder in (BUILT, *(HERE / chapter for chapter in CHAPTERS)):
        shutil.rmtree(folder, ignore_errors=True)
    code = build_main(["--fail-on-warning", "--keep-going", "-q", "-b", "html", "-d",
                       str(BUILT / "doctrees"), str(HERE), str(SITE)])  # fmt: skip
    if code == 0:
        shutil.make_archive(str(BUILT / "site"), "zip", SITE)
        print(f"the site: {SITE / 'index.html'}; python -m docs.serve shows it")
    return code


if __name__ == "__main__":
    sys.exit(main())
