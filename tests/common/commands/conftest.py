import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.__main__ import main
from tests.common.commands import LAYERS, Command, Result, Write


@pytest.fixture(autouse=True)
def _nothing_of_the_program_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    """A command changes its process, as a program may: a test puts that back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name, module in [*sys.modules.items()]:
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line, as the program does."""

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse's own
            code = int(ended.code or 0)
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file into the folder where the command stands; the names of LAYERS come first."""

    def write(text: str, name: str = "layers.py", before: str = LAYERS) -> str:
        (tmp_path / name).write_text(before + textwrap.dedent(text), encoding="utf-8")
        return name

    return write
