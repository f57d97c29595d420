"""Workers that are processes under mpiexec; of threads there is more in test_parallel.py."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from common.checkpoint import read_training
from tests.changed import ROOT
from tests.common.mpi_training import FAILURES

pytestmark = [pytest.mark.slow, pytest.mark.cpu]
pytest.importorskip("mpi4py")
if shutil.which("mpiexec") is None:
    pytest.skip("there is no mpiexec", allow_module_level=True)


ERRORS = {
    "error": "ZeroDivisionError: by hand",
    "nan": "NotFiniteError",
    "another weight": "has become another than worker 0",
    "exit": "SystemExit: 3",
}


def command(count: int, *arguments: str | Path) -> list[str]:
    """Of so many processes."""
    python = [sys.executable, "-W", "error", "-m", "tests.common.mpi_training"]
    return ["mpiexec", "-n", str(count), *python, *map(str, arguments)]


def run(count: int, *arguments: str | Path) -> Any:
    """They must have ended after ten seconds at most, besides those that they take to begin."""
    return subprocess.run(
        command(count, *arguments),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_processes_are_one_and_as_threads_are(count: int) -> None:
    done = run(count, "compare")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 12
    for dtype, alone, threads in rows:
        tolerance = {"float64": 1e-12, "float32": 1e-5}[dtype]
        assert max(alone, threads) < tolerance


@pytest.mark.parametrize(("what", "rank"), [*((what, 2) for what in FAILURES), ("error", 0)])
def test_one_that_fails_ends_all(what: str, rank: int) -> None:
    start = time.monotonic()
    done = run(3, "fail", what, str(rank))
    assert time.monotonic() - start < 10
    assert done.returncode != 0
    said = re.findall(r"worker (\d) of 3 has failed: all end", done.stderr)
    assert len(said) == (what in ERRORS)
    assert ERRORS.get(what, "") in done.stderr
    if what == "kill":
        assert "BAD TERMINATION" in done.stdout
    if what in ERRORS and what != "another weight":  # which all of them find
        assert said == [str(rank)]


@pytest.mark.parametrize("ranks", ["1", "012"])
def test_where_all_fail_one_speaks(ranks: str) -> None:
    done = run(3, "fail_before", ranks)
    assert done.returncode != 0
    assert re.findall(r"worker (\d) of 3 has failed", done.stderr) == [ranks[0]]
    assert done.stderr.count("ZeroDivisionError: before") == 1


def test_nobody_waits_in_mpi_for_one_that_has_not_come_so_far() -> None:
    start = time.monotonic()
    done = run(3, "fail_before_world", "1")
    assert time.monotonic() - start < 15
    assert done.returncode != 0
    assert re.findall(r"worker (\d) of 3 has failed", done.stderr) == ["1"]
    assert done.stderr.count("ZeroDivisionError: before the world") == 1


def test_what_a_script_sends_is_not_taken_for_ours() -> None:
    done = run(2, "send_and_fail")
    assert done.stderr.count("ZeroDivisionError: by hand") == 1
    assert re.findall(r"worker (\d) of 2 has failed", done.stderr) == ["1"]


def test_nobody_waits_for_one_that_has_left() -> None:
    done = run(3, "leave")
    assert done.returncode != 0
    assert "and worker 1 to the end of the program" in done.stderr


def test_who_catches_that_does_not_wait_either() -> None:
    done = run(3, "leave_and_catch")
    assert (done.returncode, done.stdout.count("left")) == (0, 3), done.stderr


def test_without_mpi4py_nobody_trains_alone() -> None:
    done = run(3, "without")
    assert done.returncode != 0
    assert "WorkersError: mpiexec has started 3 processes, and without mpi4py each" in done.stderr
    assert done.stderr.count("Traceback") == 1
    assert "worker 0 of 3 has failed: all end" in done.stderr


def test_copies_that_train_alike_are_warned_of_once() -> None:
    done = run(2, "unlike")  # warnings are errors there
    assert done.stderr.count("UserWarning: mpiexec has started 2 processes") == 1


def test_ctrl_c_ends_all_after_the_same_step(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(3, "train", tmp_path, "10000"), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        while not (tmp_path / "run.previous.safetensors").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0
    step = (tmp_path / "result").read_text().split()[0]
    assert read_training(tmp_path / "run.safetensors")[1].record["step"] == int(step) >= 7


def test_the_page_prints_the_same_however_many_there_are() -> None:
    page = [sys.executable, "-m", "ch01.train_parallel"]
    printed = [
        subprocess.run(
            [*start, *page], cwd=ROOT, capture_output=True, text=True, check=True, timeout=100
        ).stdout.splitlines()
        for start in ([], ["mpiexec", "-n", "2"], ["mpiexec", "-n", "4"])
    ]
    assert [lines[0] for lines in printed] == [f"workers: {n}" for n in (1, 2, 4)]
    assert printed[0][1:] == printed[1][1:] == printed[2][1:]


def test_trainings_of_which_one_process_was_killed_go_on() -> None:
    """A few of the hundred that python -m tests.mpi_kills makes."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.mpi_kills", "4"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "4 kills" in done.stdout
