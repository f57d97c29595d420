from pathlib import Path

import pytest

from tests.chapters import Run, runner


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    return runner("ch02", monkeypatch, tmp_path)
