"""Trainings of several processes, of which one is killed: python -m tests.mpi_kills 100

At a random moment a random one of three is killed with kill -9. Then all must be gone within ten
seconds, the checkpoint must be whole and at most one interval behind, and the training goes on: to
what it comes to if nobody is killed.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common.checkpoint import read_training
from common.commands.options import whole
from tests.changed import ROOT
from tests.common.mpi_training import EVERY

COUNT, EPOCHS = 3, 60  # processes; of four steps each


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """A training in its folder, which begins or goes on."""
    for path in folder.glob("pid*"):
        path.unlink()
    training = ["-m", "tests.common.mpi_training", "train", str(folder), str(EPOCHS)]
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            ["mpiexec", "-n", str(COUNT), sys.executable, *training], cwd=ROOT,
            stdout=said, stderr=said,
        )  # fmt: skip


def pids(folder: Path, process: "subprocess.Popen[bytes]") -> list[int]:
    """The numbers of its processes, once all of them train."""
    paths = [folder / f"pid{rank}" for rank in range(COUNT)]
    while not all(path.exists() and path.read_text() for path in paths):
        assert process.poll() is None, (folder / "said").read_text()
        time.sleep(0.005)
    return [int(path.read_text()) for path in paths]


def is_there(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill_one(folder: Path, dice: random.Random, seconds: float) -> bool:
    """Whether it came to its end before that. seconds: how long a training takes."""
    process = start(folder)
    numbers = pids(folder, process)
    time.sleep(dice.uniform(0, seconds))
    killed = dice.choice(numbers)
    if not is_there(killed):
        process.wait(timeout=10)
        return True
    os.kill(killed, signal.SIGKILL)
    end = time.monotonic() + 10
    while process.poll() is None or any(map(is_there, numbers)):
        assert time.monotonic() < end, "ten seconds after a kill not all processes are gone"
        time.sleep(0.01)
    kept = read_training(folder / "run.safetensors")[1].record["step"]
    done = int((folder / "steps").read_bytes()[-4:].hex() or "0", 16)
    assert done - kept <= EVERY, f"{done - kept} steps were lost, of an interval of {EVERY}"
    return (folder / "result").exists()


def main(count: int, seed: int) -> None:
    """So many kills."""
    dice, kills, trainings = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name, "never")).mkdir()
        process = start(folder)
        pids(folder, process)
        begin = time.monotonic()
        assert process.wait() == 0
        seconds, expected = time.monotonic() - begin, (folder / "result").read_text()
        while kills < count:
            (folder := Path(name, str(trainings))).mkdir()
            trainings += 1
            for _ in range(min(dice.randint(1, 3), count - kills)):
                if kill_one(folder, dice, 0.8 * seconds):
                    break
                kills += 1
            if not (folder / "result").exists():
                assert start(folder).wait() == 0
            assert (folder / "result").read_text() == expected, "it came to something else"
    print(f"{kills} kills: all {trainings} trainings came to what they would have come to")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.mpi_kills")
    parser.add_argument("count", type=whole(1), nargs="?", default=100, help="default: 100")
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
