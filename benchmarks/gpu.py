"""CPU against GPU: `python -m benchmarks.gpu` writes the page gpu.md.

Only this project runs, with the switch off and on. Where there is no GPU the page has the times
of the CPU, and says that the rest is missing.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import dynamic_net, facts, legendre, mlp, polynomial, spiral, two_layer_net
from benchmarks.table import duration, markdown
from benchmarks.workload import Run
from common import config
from common.commands.options import whole
from common.errors import DeviceError

PAGE = Path(__file__).with_name("gpu.md")
WIDTHS = [64 << i for i in range(8)]
HEAD = ("workload", "steps", "CPU, a step", "GPU, a step", "CPU over GPU")
NOT_YET = "not yet run on a GPU"


@dataclass(frozen=True)
class Job:
    """A training of ours. width: of an MLP's hidden layers; None for the others."""

    name: str
    steps: int
    set_up: Callable[[int], Run]
    width: int | None = None


@dataclass(frozen=True)
class Times:
    """Seconds per step; no GPU, no time."""

    job: Job
    cpu: float
    gpu: float | None


def jobs(widths: Sequence[int] = WIDTHS) -> list[Job]:
    """The chapters' trainings, and MLPs that grow."""
    small = [
        Job("spiral with the Trainer", 3000, spiral.with_trainer),
        Job("two-layer net by hand", 200, two_layer_net.by_hand),
        Job("two-layer net with autograd", 200, two_layer_net.with_autograd),
        Job("polynomial with layers", 2000, polynomial.with_layers),
        Job("polynomial with autograd", 2000, polynomial.with_autograd),
        Job("Legendre's polynomial", 2000, legendre.with_a_layer),
        Job("dynamic net", 3000, dynamic_net.with_a_module),
    ]
    return small + [_mlp(width) for width in widths]


def _mlp(width: int) -> Job:
    steps = max(3, 20 * 512 // width)
    return Job(f"MLP of width {width}", steps, lambda steps: mlp.by_hand(steps, width), width)


def measure(job: Job, values: int, gpu: bool) -> Times:
    """Its times on the CPU and, if there is one, on the GPU."""
    return Times(job, per_step(job, values), per_step(job, values, gpu=True) if gpu else None)


def per_step(job: Job, values: int, gpu: bool = False) -> float:
    """The median seconds per step on one device, after a run that nobody times."""
    taken = []
    with config.use_gpu(gpu):
        run = job.set_up(job.steps)
        run()
        for _ in range(values):
            wait()
            began = time.perf_counter()
            run()
            wait()
            taken.append((time.perf_counter() - began) / job.steps)
    return statistics.median(taken)


def wait() -> None:
    """Until the GPU has done all that it was told; Python is told to go on before."""
    if config.GPU:
        import cupy

        cupy.cuda.Device().synchronize()


def has_gpu() -> bool:
    """Whether the switch can be turned on."""
    try:
        with config.use_gpu():
            return True
    except DeviceError:
        return False


def gpu_facts() -> list[str]:
    """The name of the GPU and the version of CuPy."""
    import cupy

    name: Any = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)["name"]
    name = name.decode() if isinstance(name, bytes) else name
    return [f"- {name}, CuPy {cupy.__version__}"]


def page(times: Sequence[Times], on_gpu: Sequence[str]) -> str:
    """The page, in Markdown. on_gpu: what `gpu_facts` says; empty where there is no GPU."""
    measured_on = "\n".join([facts.facts(), *(on_gpu or [f"- {NOT_YET}"])])
    sections = ["# CPU and GPU", INTRODUCTION, measured_on, markdown(HEAD, list(map(row, times)))]
    return "\n\n".join([*sections, pays(times)]) + "\n"


INTRODUCTION = """\
The same trainings with `config.GPU` off and on, written by `python -m benchmarks.gpu`. The clock
stops when the GPU has finished. A ratio above 1 says that the GPU is faster.

What to expect: each call of a function of arrays must be started on the GPU, which takes some
microseconds however small the arrays are. A step on the spiral makes about a hundred such calls
on next to no numbers, so it is slower on any GPU. What a GPU is good at is the wide network."""


def row(times: Times) -> list[str]:
    """The cells of one training."""
    job, cpu, gpu = times.job, times.cpu, times.gpu
    ratio = "" if gpu is None else f"{cpu / gpu:.2f}"
    return [job.name, str(job.steps), duration(cpu), duration(gpu) or NOT_YET, ratio]


def pays(times: Iterable[Times]) -> str:
    """From which width on the GPU is faster."""
    wide = [(t.job.width, t.gpu < t.cpu) for t in times if t.job.width and t.gpu is not None]
    if not wide:
        return f"The width from which the GPU pays: {NOT_YET}."
    slower = [i for i, (_, is_faster) in enumerate(wide) if not is_faster]
    first = slower[-1] + 1 if slower else 0
    if first == len(wide):
        return "The GPU pays at none of these widths."
    return f"The GPU pays from width {wide[first][0]} on."


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description="CPU against GPU; writes a page."
    )
    parser.add_argument("--save", type=Path, default=PAGE, metavar="FILE.md", help="the page")
    parser.add_argument("--values", type=whole(1), default=5, help="of which the median is taken")
    parser.add_argument("--max-width", type=whole(1), default=WIDTHS[-1], help="of the MLPs")
    arguments = parser.parse_args()
    gpu = has_gpu()
    widths = [width for width in WIDTHS if width <= arguments.max_width]
    times = []
    for job in jobs(widths):
        print(job.name, flush=True)
        times.append(measure(job, arguments.values, gpu))
    on_gpu = gpu_facts() if gpu else []
    arguments.save.write_text(page(times, on_gpu), encoding="utf-8")
    print(f"page: {arguments.save}")


if __name__ == "__main__":
    main()
