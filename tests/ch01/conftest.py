import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import script

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a chapter script as the command line does; returns the names it left behind."""

    def run(name: str, *arguments: str) -> dict[str, Any]:
        path = str(script.ROOT / "ch01" / f"{name}.py")
        monkeypatch.setattr(script, "FIGURES", tmp_path)
        monkeypatch.setattr(sys, "argv", [path, *arguments])
        return runpy.run_path(path, run_name="__main__")

    return run
