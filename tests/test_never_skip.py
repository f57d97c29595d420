"""With `--never-skip` a test that would be skipped fails: for where nothing may be missing."""

import subprocess
import sys
from pathlib import Path

from tests.changed import ROOT

NOWHERE = "import pytest\n\npytest.importorskip('nowhere')\n"
SOME = (
    "import pytest\n\ndef test_well(): pass\n\ndef test_skips(): pytest.importorskip('nowhere')\n"
)


def test_a_skipped_test_and_a_skipped_file_fail(tmp_path: Path) -> None:
    for name, text in {"test_some.py": SOME, "test_none.py": NOWHERE}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    options = ["-p", "tests.conftest", "--never-skip", "--continue-on-collection-errors"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), "."],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 failed, 1 passed, 1 error" in done.stdout, done.stdout + done.stderr
