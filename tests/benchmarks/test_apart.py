"""The modules that look at ours alone: growth, the tape, the look-ups of np, the GPU page."""

import cProfile
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import clock, facts, gpu, growth, hotspots, np_lookup, tape
from benchmarks.gpu import Job, Times
from common import config
from common.np import np as common_np
from common.optimizer import SGD, Adam
from tests import simulated_cupy

# Where the time goes ------------------------------------------------------------------------------


def test_the_hotspots_are_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that only the two methods move, so that the machine has no say in it."""
    ticks: list[int] = []

    def busy() -> None:
        for _ in range(10):
            ticks.extend(range(9))
            ticks.append(0)

    monkeypatch.setattr("cProfile.Profile", partial(cProfile.Profile, ticks.__len__))
    assert hotspots.rows(busy, steps=10, count=2) == [
        ["<method 'extend' of 'list' objects>", "compiled", "1", "90%"],
        ["<method 'append' of 'list' objects>", "compiled", "1", "10%"],
    ]


# How time and memory grow -------------------------------------------------------------------------


def test_the_exponent_of_made_up_numbers() -> None:
    sizes = [1.0, 10.0, 100.0, 1000.0]
    assert growth.exponent(sizes, [7 * size**1.5 for size in sizes]) == pytest.approx(1.5)


def test_the_exponent_is_that_of_the_large_sizes() -> None:
    assert growth.upper_half([1, 2, 3, 4, 5]) == [3, 4, 5]
    assert growth.upper_half([1, 2]) == [1, 2]


@pytest.mark.parametrize("power", [1.0, 1.05, 1.5])
def test_the_growth_of_time_stands_beside_that_of_the_arithmetic(power: float) -> None:
    cases = [growth.update(Adam, size) for size in (100, 1000, 10000, 100000)]
    measured = [growth.Measured(case, case.size**power, peak=0) for case in cases]
    assert growth.fit_row("made up", 1.0, measured)[2:4] == [f"{power:.2f}", "1.00"]


def test_the_memory_of_the_largest_stands_beside_what_is_stated() -> None:
    cases = [growth.update(SGD, size) for size in (10, 100)]  # 4 bytes each
    measured = [growth.Measured(case, case.size, peak=1200) for case in cases]
    assert growth.fit_row("made up", 3.5, measured)[-2:] == ["3.00", "3.5"]


def test_memory_is_a_multiple_of_parameters_and_activations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Plain descent, as it stands, holds p, g and lr · g: three times the parameters."""
    monkeypatch.setattr(config, "fused", False)
    case = growth.update(SGD, 65_000)
    measured = growth.measure(case, values=1)
    assert float(growth.size_row("SGD", measured)[-1]) == pytest.approx(3, rel=0.01)
    assert measured.seconds > 0


def test_the_arithmetic_of_an_mlp() -> None:
    case = growth.mlp(7, width=3, batch=5)
    params = sum(param.size for param in _params(784, 3, 10))
    assert case.size == 7
    assert case.floats == params + 5 * (784 + 4 * 3 + 10)


def _params(d_in: int, width: int, d_out: int) -> list[Any]:
    sizes = [(d_in, width), (width,), (width, width), (width,), (width, d_out), (d_out,)]
    return [np.empty(size) for size in sizes]


def test_what_the_readme_says_of_the_gpu() -> None:
    page = Path(gpu.PAGE).read_text(encoding="utf-8")
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| ")][1:]
    ratios = {row[1].strip(): float(row[5]) for row in rows}
    small = [ratio for name, ratio in ratios.items() if not name.startswith("MLP")]
    assert sum(ratio < 1 for ratio in small) > len(small) / 2, "most of the small ones"
    assert 1 < ratios["MLP of width 1024"] < ratios["MLP of width 8192"]


def test_all_that_is_to_grow_does() -> None:
    series = {one.name: one.cases for one in growth.series()}
    names = list(series)
    assert names[:3] == [
        "MLP: width, at batch 128",
        "MLP: batch, at width 512",
        "tape: graph length",
    ]
    sizes = {name: (cases[0].size, cases[-1].size) for name, cases in series.items()}
    assert sizes[names[0]] == (64, 4096)
    assert sizes[names[1]] == (1, 4096)
    assert sizes[names[2]] == (10, 10_000)
    assert all(sizes[name] == (1000, 10_000_000) for name in names[3:])


def test_growth_prints_two_tables(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clock, "side_by_side", lambda functions, *_: [f() or 1 for f in functions])
    monkeypatch.setattr("sys.argv", ["growth", "--smallest", "--values", "1"])
    growth.main()
    printed = capsys.readouterr().out
    assert printed.count("| Adam: parameters ") == 3, "an exponent, and two sizes"
    assert len(printed.split("\n\n")) == 2


# The tape -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", tape.GRAPHS)
def test_numpy_beside_the_tape_does_the_same(make: Callable[[], tape.Graph]) -> None:
    graph = make()
    graph.on_tape()
    for leaf, grad in zip(graph.leaves, graph.in_numpy(), strict=True):
        np.testing.assert_allclose(leaf.grad, grad, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "ops"), [(tape.polynomial, 9), (tape.two_layer_net, 6), (tape.chain, 1001)]
)
def test_the_ops_that_are_recorded(make: Callable[[], tape.Graph], ops: int) -> None:
    assert tape.recorded(make().on_tape()) == ops


def test_the_cost_of_an_op(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six ops took 15 µs longer than NumPy's own 10 µs."""
    monkeypatch.setattr(tape, "side_by_side", lambda *_: [25e-6, 10e-6])
    assert tape.row(tape.two_layer_net(), values=1)[-1] == "2.50 µs"


# The look-ups of np -------------------------------------------------------------------------------


def test_lookups_are_counted() -> None:
    x = np.ones(3)
    counts = np_lookup.lookups(lambda: common_np.exp(common_np.exp(x)) + common_np.log(x))
    assert counts == {"exp": 2, "log": 1}


def test_np_is_what_it_was_after_the_count() -> None:
    before = type(common_np)
    with pytest.raises(ZeroDivisionError):
        np_lookup.lookups(lambda: 1 / 0)
    assert type(common_np) is before


def test_the_share_of_a_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(np_lookup, "extra_seconds", lambda values: 1e-9)
    monkeypatch.setattr(np_lookup, "seconds", lambda step, values: 100e-6)
    monkeypatch.setattr("sys.argv", ["np_lookup"])
    np_lookup.main()
    printed = capsys.readouterr().out
    assert float(re.search(r"share of the step +([\d.]+)%", printed)[1]) < 5  # type: ignore[index]


# The GPU page -------------------------------------------------------------------------------------


def mlp(width: int, cpu: float, gpu: float | None) -> Times:
    return Times(Job(f"MLP of width {width}", 3, lambda steps: lambda: 0.0, width), cpu, gpu)


def test_without_a_gpu_the_page_says_so() -> None:
    page = gpu.page([mlp(64, 1.0, None)], on_gpu=[])
    assert "| MLP of width 64 | 3     |" in page
    assert page.count("not yet run on a GPU") == 3


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([(1, 2), (1, 2)], "The GPU pays at none of these widths."),
        ([(1, 2), (3, 2), (9, 2)], "The GPU pays from width 128 on."),
        ([(3, 2), (1, 2), (9, 2)], "The GPU pays from width 256 on."),
        ([(3, 2), (3, 2)], "The GPU pays from width 64 on."),
    ],
)
def test_the_width_from_which_the_gpu_pays(pairs: list[tuple[float, float]], sentence: str) -> None:
    assert gpu.pays([mlp(64 << i, *pair) for i, pair in enumerate(pairs)]) == sentence


def test_the_page_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gpu, "jobs", lambda widths: [Job("nothing", 1, lambda _: lambda: 0.0)])
    monkeypatch.setattr(gpu, "has_gpu", lambda: False)
    page = tmp_path / "page.md"
    monkeypatch.setattr("sys.argv", ["gpu", "--save", str(page)])
    gpu.main()
    assert "| nothing " in page.read_text(encoding="utf-8")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A GPU to switch to, with a name; holds an entry for each time that it was waited for."""
    waits: list[int] = []
    device = type("Device", (), {"id": 0, "synchronize": lambda self: waits.append(1)})
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 1,
        CUDARuntimeError=RuntimeError,
        getDeviceProperties=lambda _: {"name": b"Pretended"},
    )
    cuda = SimpleNamespace(Device=device, runtime=runtime)
    monkeypatch.setattr(simulated_cupy.cupy, "cuda", cuda)
    monkeypatch.setattr(simulated_cupy.cupy, "__version__", "0", raising=False)
    monkeypatch.setitem(sys.modules, "cupy", simulated_cupy.cupy)
    return waits


@pytest.mark.parametrize("job", gpu.jobs(widths=[16]), ids=lambda job: job.name)
def test_with_a_gpu_both_columns_are_filled(job: Job, waits: list[int]) -> None:
    assert gpu.has_gpu()
    times = gpu.measure(replace(job, steps=10), values=2, gpu=True)
    assert times.gpu is not None
    assert len(waits) == 4, "before and after each value, on the GPU alone"
    assert "- Pretended, CuPy 0" in gpu.page([times], gpu.gpu_facts())


def test_hotspots_names_who_is_profiled(capsys: pytest.CaptureFixture[str]) -> None:
    with config.use_fused():  # a contestant switches it to what it needs
        hotspots.main(["two-layer-net-by-hand", "--of", "floor: fused by hand", "--rows", "30"])
    assert "two_layer_net.py" in (printed := capsys.readouterr().out)
    assert "common/layers.py" not in printed
    with pytest.raises(SystemExit):
        hotspots.main(["mlp", "--of", "nobody"])
    assert "--of: 'nobody' is none of 'this project'," in capsys.readouterr().err


@pytest.mark.usefixtures("no_cupy")
def test_no_gpu() -> None:
    assert not gpu.has_gpu()


# What it was measured on --------------------------------------------------------------------------


def test_facts() -> None:
    lines = facts.facts(1, ["numpy", "no-such-package"])
    assert f"numpy {np.__version__}, no-such-package not installed" in lines
    assert "1 thread for each" in lines


def test_the_clock_tells_slow_from_fast() -> None:
    calls = [0, 0]

    def count(i: int) -> None:
        calls[i] += 1

    taken = clock.side_by_side([lambda: count(0), lambda: count(1)], values=2, at_least=1e-5)
    assert min(taken) > 0
    assert min(calls) >= 4
