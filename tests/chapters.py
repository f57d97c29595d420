"""Running chapter scripts as the command line does."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import script

Run = Callable[..., dict[str, Any]]


def runner(chapter: str, monkeypatch: pytest.MonkeyPatch, figures: Path) -> Run:
    """run("train", "--seed", "1") runs a script, and returns the names that it left behind."""

    def run(name: str, *arguments: str) -> dict[str, Any]:
        path = str(script.ROOT / chapter / f"{name}.py")
        monkeypatch.setattr(script, "FIGURES", figures)
        monkeypatch.setattr(sys, "argv", [path, *arguments])
        return runpy.run_path(path, run_name="__main__")

    return run


def pages_without_test(chapter: str, tests: Path) -> list[str]:
    """The scripts of a chapter that no test in the folder runs."""
    text = "".join(path.read_text() for path in tests.glob("test_*.py"))
    pages = [p.stem for p in (script.ROOT / chapter).glob("*.py") if "# %%" in p.read_text()]
    assert pages
    return [page for page in pages if f'"{page}"' not in text]
