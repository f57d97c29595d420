"""One seed is one training: in every process, whatever the order of Python's sets and hashes."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.layers import BatchNorm, Dropout, Linear, ReLU, Sequential, SoftmaxWithLoss
from common.optimizer import SGD, Adam
from common.trainer import Trainer
from dataset import spiral
from dataset.hold_out import hold_out
from tests.changed import ROOT
from tests.common.resuming import others, outcome
from tests.common.training import BookNet

pytestmark = pytest.mark.cpu
SEEDS, HASH_SEEDS, PROCESSES = (0, 1, 2), ("0", "31"), 10


def network(seed: int) -> Sequential:
    drop = Dropout(0.2, seed=seed)
    return Sequential(Linear(2, 8, seed), BatchNorm(8), ReLU(), drop, Linear(8, 3, seed))


def trainers(seed: int) -> Iterator[Trainer]:
    """By hand, on the tape, and on the tape replayed."""
    yield Trainer(BookNet(*network(seed)), Adam(0.01), seed=seed)
    yield Trainer(network(seed), SGD(0.1), SoftmaxWithLoss(), seed=seed)
    yield Trainer(network(seed), Adam(0.01), SoftmaxWithLoss(), seed=seed, replay=True)


def digest(seed: int) -> str:
    """Of the data, and of all that three trainings with this seed come to and go through."""
    sides = hold_out(*spiral.load_data(seed), seed=seed)
    data = [array.tobytes() for side in sides for array in side]
    outcomes = [
        sorted(
            (name, repr(value))
            for found in outcome(trainer, *others())
            for name, value in found.items()
        )
        for trainer in trainers(seed)
    ]
    return hashlib.sha256(repr((data, outcomes)).encode()).hexdigest()


def digests(hash_seed: str) -> str:
    """Of all seeds, a line each, from a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.common.test_determinism"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.slow
def test_a_seed_has_one_result_in_all_processes() -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(digests, HASH_SEEDS * PROCESSES))
    assert len(found) == len(HASH_SEEDS) * PROCESSES
    assert len(set(found)) == 1
    assert len(set(found[0].split())) == len(SEEDS)


if __name__ == "__main__":
    for seed in SEEDS:
        print(digest(seed))
