"""Pages that stand elsewhere in the repository: they are copied before Sphinx reads, as they are.

They keep their places to each other, so that a link from one to another holds here as well.
"""

import shutil

from sphinx.application import Sphinx

from docs import HERE
from docs.pages import ROOT

COPIED = [
    "benchmarks/README.md",
    "benchmarks/results.md",
    "benchmarks/gpu.md",
    "benchmarks/parallel.md",
    "images/benchmarks.png",
    "images/parallel.png",
    "CHANGELOG.md",
]


def copy(app: Sphinx) -> None:
    for name in COPIED:
        (HERE / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, HERE / name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", copy)
    return {"parallel_read_safe": True}
