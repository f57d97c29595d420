"""Running chapter scripts as the command line does."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import config, script

ROOT = Path(__file__).resolve().parents[1]
Run = Callable[..., dict[str, Any]]


def runner(chapter: str, device: str, monkeypatch: pytest.MonkeyPatch, figures: Path) -> Run:
    """run("train", "--seed", "1") runs a script, and returns the names that it left behind.

    On a device other than the CPU it is started with --gpu, and has to switch by itself.
    """
    gpu = device != "cpu"

    def run(name: str, *arguments: str) -> dict[str, Any]:
        path = str(ROOT / chapter / f"{name}.py")
        monkeypatch.setattr(script, "FIGURES", figures)
        monkeypatch.setattr(sys, "argv", [path, *["--gpu"] * gpu, *arguments])
        config.GPU = False
        names = runpy.run_path(path, run_name="__main__")
        assert config.GPU is gpu, "the script has not switched"
        return names

    return run


def shortened(device: str, steps: int) -> list[str]:
    """What to add to a long run on the stand-in, which is slow; elsewhere nothing."""
    return ["--steps", str(steps)] if device == "simulated" else []


def pages_without_test(chapter: str, tests: Path) -> list[str]:
    """The scripts of a chapter that no test in the folder runs."""
    text = "".join(path.read_text() for path in tests.glob("test_*.py"))
    pages = [p.stem for p in (ROOT / chapter).glob("*.py") if "# %%" in p.read_text()]
    assert pages
    return [page for page in pages if f'"{page}"' not in text]
