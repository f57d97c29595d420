"""What is wrong on a page ends the build: a small site, whole at first, is broken in one place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.pages import ROOT

pytestmark = [pytest.mark.site, pytest.mark.cpu]

PAGES = {"ch01": ["broadcast", "show_spiral"], "ch02": ["polynomial_module"]}
INDEX = """
A small site
============

.. toctree::

   ch01/index
   ch02/index
   benchmarks/README
   benchmarks/results
   benchmarks/gpu
   benchmarks/parallel
   CHANGELOG
   for_a_class
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with three pages, without the reference and what refers to other pages."""
    root = tmp_path_factory.mktemp("small") / "site"
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in filter(is_needed, names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, root / name)
    (root / "docs" / "index.rst").write_text(INDEX)
    return root


def is_needed(name: str) -> bool:
    folder, *_, file = Path(name).parts if "/" in name else ("", name)
    if folder in PAGES and file.endswith(".py"):
        return Path(file).stem in PAGES[folder] or "# %%" not in (ROOT / name).read_text()
    if folder == "docs":
        return not file.endswith(".rst")
    return folder in {"", "benchmarks", "common", "dataset", "exercises", "images", "tests", *PAGES}


def build(root: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "docs"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} does not stand in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_small_site_is_whole(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "site")
    code, said = build(tmp_path / "site")
    assert (code, "WARNING" in said) == (0, False), said


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        pytest.param(
            "tests/ch01/printed/broadcast.txt",
            "[[10 20]",
            "[[10 21]",
            "printed  [[10 20]",
            id="a number that is printed",
        ),
        pytest.param(
            "tests/ch01/printed/show_spiral.txt",
            "'class 0'",
            "'class 9'",
            "expected     PathCollection 'class 9'",
            id="a number in a figure",
        ),
        pytest.param(
            "ch01/broadcast.py",
            "from common import",
            "print = lambda *_, **__: None\n\nfrom common import",
            "ch01/broadcast shows nothing",
            id="a page that prints nothing",
        ),
        pytest.param(
            "ch01/show_spiral.py",
            "script.save(",
            'script.save(plot.points(x, t), "no_words")\nscript.save(',
            "argument: 'alt'",
            id="a figure without words",
        ),
        pytest.param(
            "ch01/show_spiral.py", 'alt="', 'alt="" and "', "needs a sentence", id="empty words"
        ),
        pytest.param(
            "ch01/show_spiral.py",
            "options = ",
            'script.record("nothing", {"player": "graph"})\noptions = ',
            "saves no figure of that name",
            id="a player without its figure",
        ),
        pytest.param(
            "ch01/show_spiral.py",
            "options = ",
            'script.record("quiz", {"player": "quiz", "right": float("nan")})\noptions = ',
            "not JSON compliant",
            id="a player of no numbers",
        ),
        pytest.param(
            "docs/index.rst",
            "==\n\n",
            "==\n\n.. image:: /images/benchmarks.png\n\n",
            "has no alt text",
            id="an image without words",
        ),
        pytest.param(
            "docs/index.rst", "==\n\n", "==\n\n:doc:`nowhere`\n\n", "nowhere", id="a broken link"
        ),
        pytest.param(
            "docs/index.rst",
            "==\n\n",
            "==\n\n:class:`common.layers.Nothing`\n\n",
            "there is no common.layers.Nothing",
            id="a name that is not there",
        ),
        pytest.param(
            "ch01/broadcast.py",
            "# A number fits everything",
            "# A `number fits everything",
            "start-string without end-string",
            id="prose that Sphinx does not understand",
        ),
    ],
)
def test_a_site_that_is_broken_is_not_built(
    file: str, old: str, new: str, complaint: str, whole: Path, tmp_path: Path
) -> None:
    root = tmp_path / "site"
    shutil.copytree(whole, root)
    change(root / file, old, new)
    code, said = build(root)
    assert code != 0, said
    assert complaint in said
    assert not (root / "docs" / "_build" / "site.zip").exists()


def test_the_site_is_made_without_what_tests_need() -> None:
    modules = "docs.__main__, docs.gallery, docs.animation, docs.serve"
    code = f"import sys; sys.modules['pytest'] = sys.modules['tests'] = None; import {modules}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
