"""One process and several: `python -m benchmarks.parallel` writes parallel.md and its figure.

It starts the processes itself, with mpiexec, each with one BLAS thread. What they have measured
becomes a page in `benchmarks.parallel_page`.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy

from benchmarks import facts, race
from benchmarks.parallel_page import BATCH, FLOAT, Exchange, Step, draw, page
from common.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from common.np import Array
from common.optimizer import SGD
from common.parallel import LARGE, Workers, world
from common.trainer import Trainer

PAGE = Path(__file__).with_name("parallel.md")
FIGURE = facts.ROOT / "images" / "parallel.png"
D_IN, D_OUT = 64, 10
WIDTHS = {70: 200, 280: 60, 960: 20}  # of the hidden layers, and how many steps an epoch has
ROUNDS = 9
SIZES = [8 * 4**i for i in range(12)]  # bytes: up to 32 MB


class Net:
    """An MLP with its loss: what the Trainer trains, and the loop by hand as well."""

    def __init__(self, width: int) -> None:
        rng = numpy.random.default_rng(0)
        hidden = Linear(D_IN, width, rng), ReLU(), Linear(width, width, rng), ReLU()
        self.layers, self.loss = Sequential(*hidden, Linear(width, D_OUT, rng)), SoftmaxWithLoss()
        self.layers.needs_dx = False
        self.params, self.grads = list(self.layers.params), list(self.layers.grads)

    def forward(self, x: Array, t: Array) -> Array:
        """The loss."""
        return self.loss.forward(self.layers.forward(x), t)

    def backward(self) -> None:
        """Fills `grads`."""
        self.layers.backward(self.loss.backward())


class Watch:
    """A callback that takes the seconds of an epoch: of its steps, and of what follows them."""

    def begin(self, _: Trainer) -> None:
        """Just before the rows are put in order."""
        self.began = perf_counter()

    def after_step(self, _: Trainer) -> None:
        """So far the last one."""
        self.stepped = perf_counter()

    def after_epoch(self, _: Trainer) -> None:
        """The weights have been compared."""
        self.of_steps, self.of_rest = self.stepped - self.began, perf_counter() - self.stepped


def measure_steps(workers: Workers, quick: bool) -> list[Step]:
    """Of each network the medians. An epoch of the Trainer and one by hand take turns."""
    measured = []
    for width, usual in WIDTHS.items():
        count, turns = (3, 1) if quick else (usual, 5)  # steps, epochs
        rng, rows = numpy.random.default_rng(0), count * BATCH * workers.size
        x = rng.normal(size=(rows, D_IN)).astype(numpy.float32)
        t = rng.integers(D_OUT, size=rows)
        net, sgd, watch = Net(width), SGD(lr=0.01), Watch()
        trainer = Trainer(net, sgd, seed=0, workers=workers)
        params = sum(param.size for param in net.params)
        add_up = allreduce(FLOAT * params) if workers.size > 1 else None
        taken = []
        for _ in range(1 + turns):  # the first of which does not count
            trainer.fit(x, t, 1, BATCH, eval_interval=None, callbacks=[watch], verbose=False)
            compute, exchange = by_hand(net, sgd, x[: count * BATCH], t, add_up)
            steps = [seconds / count for seconds in (watch.of_steps, compute, exchange)]
            over = watch.of_steps / (compute + exchange) - 1
            taken.append([*steps, over, watch.of_rest])
        medians = map(statistics.median, zip(*taken[1:], strict=True))
        allreduces = 2 + sum(param.nbytes >= LARGE for param in net.params)
        measured.append(Step(params, workers.size, allreduces, *medians))
    return measured


def by_hand(
    net: Net, sgd: SGD, x: Array, t: Array, add_up: Callable[[], Any] | None
) -> tuple[float, float]:
    """The seconds of computing; and of the exchange, with its wait for the slower process."""
    exchange, began = 0.0, perf_counter()
    for start in range(0, len(x), BATCH):
        net.forward(x[start : start + BATCH], t[start : start + BATCH])
        net.backward()
        if add_up:
            before = perf_counter()
            add_up()
            exchange += perf_counter() - before
        sgd.update(net.params, net.grads)
    return perf_counter() - began - exchange, exchange


def measure_exchanges(workers: Workers, quick: bool) -> list[Exchange]:
    """Of each size the median, as the slowest process has it."""
    measured = []
    for size in SIZES:
        add_up = allreduce(size)
        count = int((0.01 if quick else 1.0) / median_seconds(add_up, 5))
        count = workers.first(min(max(count, 5), 5000))  # all make as many calls
        slowest = max(workers.gather(median_seconds(add_up, count)))
        measured.append(Exchange(workers.size, size, slowest))
    return measured


def allreduce(size: int) -> Callable[[], Any]:
    """MPI's own for so many bytes, with nothing around it."""
    from mpi4py import MPI

    buffer = numpy.zeros(size // FLOAT, numpy.float32)
    return lambda: MPI.COMM_WORLD.Allreduce(MPI.IN_PLACE, buffer)


def median_seconds(call: Callable[[], Any], count: int) -> float:
    """Of so many calls, each of which has its time: processes cannot agree on a longer loop."""
    moments = [perf_counter()]
    for _ in range(count):
        call()
        moments.append(perf_counter())
    return float(numpy.median(numpy.diff(moments)))


MEASURED_BY: dict[str, Callable[[Workers, bool], list[Any]]] = {
    "steps": measure_steps,
    "exchanges": measure_exchanges,
}


def start(what: str, processes: int, quick: bool) -> list[dict[str, Any]]:
    """What so many processes have measured, as the first of them prints it."""
    print(f"{what}, processes: {processes}", file=sys.stderr, flush=True)
    command = ["mpiexec", "-n", str(processes), sys.executable, "-m", "benchmarks.parallel"]
    command += ["--worker", what, *(["--quick"] if quick else [])]
    environment = race.environment(threads=1)
    run = subprocess.run(
        command, cwd=facts.ROOT, env=environment, stdout=subprocess.PIPE, timeout=600, check=True
    )
    return json.loads(run.stdout.splitlines()[-1])


def work(what: str, quick: bool) -> None:
    """What each of these processes does."""
    workers = world()
    measured = [asdict(one) for one in MEASURED_BY[what](workers, quick)]
    if workers.rank == 0:
        print(json.dumps(measured))


def missing() -> str:
    """What cannot be done without, and is not there."""
    names = [] if importlib.util.find_spec("mpi4py") else ["mpi4py"]
    names += [] if shutil.which("mpiexec") else ["mpiexec"]
    return " and ".join(names)


def mpi() -> str:
    """The library that mpi4py calls; it is not begun here, where it would be in mpiexec's way."""
    import mpi4py

    mpi4py.rc.initialize = False
    from mpi4py import MPI

    return " ".join(MPI.Get_library_version().splitlines()[0].split())


def processors() -> int:
    """How many this process may use, as far as the system tells it."""
    has_told = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if has_told else os.cpu_count() or 1


def main() -> None:
    """Measures, and writes the page and its figure."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.parallel",
        description="One process and several that train one network; writes a page and a figure.",
    )
    parser.add_argument("--quick", action="store_true", help="few repeats: to see whether it runs")
    parser.add_argument("--save", type=Path, default=PAGE, metavar="FILE.md", help="the page")
    parser.add_argument("--draw", type=Path, default=FIGURE, metavar="FILE.png", help="the figure")
    parser.add_argument("--worker", choices=MEASURED_BY, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker, arguments.quick)
        return
    if missing():
        print(f'there is no {missing()}: pip install -e ".[mpi]"', file=sys.stderr)
        sys.exit(2)
    rounds = [  # one and two take turns, so that a slow minute meets them both
        [Step(**row) for n in (1, 2) for row in start("steps", n, arguments.quick)]
        for _ in range(1 if arguments.quick else ROUNDS)
    ]
    exchanges = [Exchange(**r) for n in (2, 4) for r in start("exchanges", n, arguments.quick)]
    above = f"{facts.facts(1, ['mpi4py'])}\n- {mpi()}, processes may use {processors()} processors"
    figure = Path(os.path.relpath(arguments.draw, arguments.save.parent)).as_posix()
    text = page(rounds, exchanges, processors(), above, figure)
    arguments.save.write_text(text, encoding="utf-8")
    draw(rounds, exchanges, processors()).savefig(arguments.draw, dpi=120)
    print(f"page: {arguments.save}\nfigure: {arguments.draw}")


if __name__ == "__main__":
    main()
