"""Builds the site: `python -m docs`. It lies in docs/_build/html, and docs/_build/site.zip has it.

Everything is made anew, since the pages show what the code does that lies beside them.
"""

import shutil
import sys

from sphinx.cmd.build import build_main

from docs import BUILT, HERE, SITE
from docs.copies import COPIED
from docs.pages import CHAPTERS


def main() -> int:
    print("The pages run, and Sphinx makes the site of them; it takes about a minute.", flush=True)
    for name in ("_build", *CHAPTERS, *COPIED):
        remove(name)
    options = ["--fail-on-warning", "--keep-going", "-q", "-b", "html"]
    code = build_main([*options, "-d", str(BUILT / "doctrees"), str(HERE), str(SITE)])
    if code == 0:
        shutil.make_archive(str(BUILT / "site"), "zip", SITE)
        print(f"the site: {SITE / 'index.html'}; python -m docs.serve shows it")
    return code


def remove(name: str) -> None:
    """What an earlier build has made."""
    path = HERE / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
