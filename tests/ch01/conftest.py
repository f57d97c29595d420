from pathlib import Path

import pytest

from tests.chapters import Run, runner


@pytest.fixture
def run(device: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    return runner("ch01", device, monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def _on_each_device(device: str) -> None:
    """Every test here runs on every device."""
