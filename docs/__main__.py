"""Builds the site: `python -m docs`. It lies in docs/_build/html, and docs/_build/site.zip has it.

Everything is made anew, since the pages show what the code does that lies beside them.
"""

import shutil
import sys

from docs import BUILT, HERE, SITE
from docs.pages import CHAPTERS


def main() -> int:
    try:
        from sphinx.cmd.build import build_main

        from docs.copies import COPIED
    except ImportError as error:
        sys.exit(f'{error}. To make the site: pip install -e ".[docs]"')
    print("The pages run, and Sphinx makes the site of them; it takes about a minute.", flush=True)
    for name in {"_build", *CHAPTERS, *(path.partition("/")[0] for path in COPIED)}:
        remove(name)
    options = ["--fail-on-warning", "--keep-going", "-q", "-b", "html"]
    code = build_main([*options, "-d", str(BUILT / "doctrees"), str(HERE), str(SITE)])
    if code:
        shutil.rmtree(SITE, ignore_errors=True)  # a site that is half right is none
        print("There is no site: see above why.", file=sys.stderr)
        return code
    shutil.make_archive(str(BUILT / "site"), "zip", SITE)
    print(f"the site: {SITE / 'index.html'}; python -m docs.serve shows it")
    return 0


def remove(name: str) -> None:
    """What an earlier build has made."""
    path = HERE / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
