"""One process and several: the fit, the page from made-up measurements, and a short real run."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import parallel
from benchmarks.facts import ROOT
from benchmarks.parallel_page import (
    ETHERNET,
    Exchange,
    Link,
    Step,
    bars,
    draw,
    efficiency,
    fit,
    fitted,
    page,
    pairs,
    with_a_processor_each,
)
from common.parallel import Workers

MEMORY = Link(latency=2e-6, bandwidth=4e9)
EXCHANGES = [Exchange(n, s, MEMORY.seconds(n, s)) for n in (2, 4) for s in parallel.SIZES]


def a_round(seconds_of_two: float, over: float = 0.04) -> list[Step]:
    """Three networks; one process takes 10 ms for a step."""
    sizes = 10_000, 100_000, 1_000_000
    ones = [Step(size, 1, 2, 10e-3, 9.5e-3, 0.0, 0.0526, 1e-4) for size in sizes]
    two = seconds_of_two, seconds_of_two / (1 + over) - 1e-3, 1e-3
    return [*ones, *(Step(one.params, 2, 2, *two, over, 7e-3) for one in ones)]


def test_the_time_of_an_exchange() -> None:
    """On 8 processes 6 messages, and 7/4 of the bytes."""
    assert Link(1e-3, 1e6).seconds(8, 400_000) == pytest.approx(6e-3 + 0.7)
    assert ETHERNET.seconds(1, 10**9) == 0


@pytest.mark.parametrize("link", [MEMORY, ETHERNET, Link(1e-2, 1e5)])
def test_the_fit_finds_latency_and_bandwidth(link: Link) -> None:
    made_up = [Exchange(n, s, link.seconds(n, s)) for n in (2, 4) for s in parallel.SIZES]
    found = fit(made_up)
    assert found.latency == pytest.approx(link.latency)
    assert found.bandwidth == pytest.approx(link.bandwidth)


def test_small_and_large_errors_count_by_their_share() -> None:
    """Twice the time at 32 MB, which absolute errors would follow, hardly moves the latency."""
    late = [*EXCHANGES[:11], Exchange(2, parallel.SIZES[11], 2 * EXCHANGES[11].seconds)]
    assert fit(late).latency == pytest.approx(MEMORY.latency, rel=0.1)


def test_processes_that_share_a_processor_are_not_fitted() -> None:
    assert with_a_processor_each(EXCHANGES, 2) == EXCHANGES[:12]
    assert with_a_processor_each(EXCHANGES, 4) == EXCHANGES
    assert with_a_processor_each(EXCHANGES, 1) == EXCHANGES, "or nothing would be left"
    said = "fitted to the times of {} processes"
    assert said.format("2") in fitted(EXCHANGES, EXCHANGES[:12], MEMORY)
    assert "Of 4 processes, more than" in fitted(EXCHANGES, EXCHANGES[:12], MEMORY)
    assert fitted(EXCHANGES, EXCHANGES, MEMORY).endswith("by 0% in the median, and by 0% at most.")
    assert said.format("2 and 4") in fitted(EXCHANGES, EXCHANGES, MEMORY)


def test_a_fit_that_is_off_says_so() -> None:
    twice = Link(2 * MEMORY.latency, MEMORY.bandwidth / 2)
    assert "by 100% in the median, and by 100% at most" in fitted(EXCHANGES, EXCHANGES, twice)


def test_the_efficiency() -> None:
    """1 ms of exchange to 9 ms of the rest; and one process alone exchanges nothing."""
    one = Step(1_000_000, 1, 1, 9e-3, 9e-3, 0.0, 0.0, 0.0)
    assert efficiency(one, 2, Link(0.0, 4e9)) == pytest.approx(0.9)
    assert efficiency(one, 1, ETHERNET) == 1
    more = replace(one, allreduces=3)
    assert efficiency(more, 8, Link(1e-4, 1e20)) == pytest.approx(9 / (9 + 3 * 0.6))


def test_the_median_of_the_rounds_counts() -> None:
    *_, largest = pairs([a_round(10e-3), a_round(12.5e-3), a_round(20e-3), a_round(12.5e-3)])
    assert largest.times == pytest.approx([2, 1.6, 1, 1.6])
    assert (largest.one.processes, largest.two.processes) == (1, 2)
    assert largest.two.trainer == 12.5e-3
    *_, largest = pairs([a_round(10e-3, 0.03), a_round(10e-3, 0.09), a_round(10e-3, 0.01)])
    assert largest.two.over == 0.03
    assert "3.0% over its parts, 1.0% to 9.0% in the rounds" in bars(largest)
    assert f"{largest.two.params:,}" == "1,000,000"


@pytest.mark.parametrize(
    ("seconds", "over", "times", "is_faster", "is_lean"),
    [
        (12.4e-3, 0.049, "1.61", "kept", "kept"),
        (12.6e-3, 0.051, "1.59", "**not kept**", "**not kept**"),
    ],
)
def test_the_bars(seconds: float, over: float, times: str, is_faster: str, is_lean: str) -> None:
    *_, largest = pairs([a_round(seconds, over)])
    faster, lean, end = bars(largest).split("\n\n")
    assert faster.startswith(f"With 1,000,000 parameters, two processes do {times} times the rows")
    assert faster.endswith(f"At least 1.6 are asked for: {is_faster}.")
    assert f"{over:.1%} over" in lean
    assert lean.endswith(f"Less than 5% is asked for: {is_lean}.")
    assert "7 ms, once" in end


def test_the_page_has_all_its_parts() -> None:
    text = page([a_round(12.5e-3)], EXCHANGES, 4, "- a machine", "figure.png")
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == [
        "# One process and several",
        "## Two processes beside one",
        "## The exchange",
        "## A projection to 1,024 processes",
    ]
    assert "\n\n- a machine\n\n" in text
    assert "(figure.png)" in text
    assert "on 256 rows for each" in text
    assert "25 Gbit/s and 30 µs, which are assumed" in text
    assert pytest.approx((30e-6, 25e9 / 8)) == (ETHERNET.latency, ETHERNET.bandwidth)
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    assert [
        "1,000,000", "2", "12.5 ms", "11 ms", "1 ms", "+4.0%", "40,960", "1.60"
    ] in table  # fmt: skip
    assert ["10,000", "1", "10 ms", "9.5 ms", "", "+5.3%", "25,600", ""] in table
    assert ["8", "2", "4 µs", "4 µs", "8 µs", "8 µs"] not in table
    assert ["8", "4 µs", "4 µs", "8 µs", "8 µs"] in table
    assert "A latency of 2 µs and a bandwidth of 4 GB/s" in text
    # 1 ms of exchange and 8 µs for its messages; with 30 µs and 3.125 GB/s, 1.4 ms.
    assert ["1,000,000", "memory", "90.8%"] in [row[:3] for row in table]
    assert ["1,000,000", "Ethernet", "87.7%"] in [row[:3] for row in table]
    assert "2 with 10,000 parameters, 2 with 100,000 parameters, 2 with 1,000,000" in text
    assert [row[6] for row in table if row[1:2] in (["memory"], ["Ethernet"])] == [
        "80.0%", "", "80.0%", "", "80.0%", ""
    ]  # fmt: skip


def test_the_figure_tells_what_is_projected_from_what_is_measured() -> None:
    (axes,) = draw([a_round(12.5e-3)], EXCHANGES, 4).axes
    fitted_line, assumed, point = axes.get_lines()[-3:]
    assert (fitted_line.get_linestyle(), assumed.get_linestyle()) == ("-", "--")
    *_, largest = pairs([a_round(12.5e-3)])
    for line, link in ((fitted_line, MEMORY), (assumed, ETHERNET)):
        first, *_, last = np.asarray(line.get_xydata()).tolist()
        assert first == [1, 1]
        assert last == pytest.approx([1024, efficiency(largest.one, 1024, link)])
    np.testing.assert_allclose(np.asarray(point.get_xydata()), [[2, 0.8]])
    assert axes.get_title() == "A projection: only the points are measured"


def test_the_networks_have_about_the_sizes_that_were_asked_for() -> None:
    sizes = [sum(p.size for p in parallel.Net(width).params) for width in parallel.WIDTHS]
    assert sizes == pytest.approx([1e4, 1e5, 1e6], rel=0.03)
    assert (parallel.SIZES[0], parallel.SIZES[-1]) == (8, 32 * 2**20)


def test_one_that_is_alone_exchanges_nothing() -> None:
    steps = parallel.measure_steps(Workers(), quick=True)
    assert [step.processes for step in steps] == [1, 1, 1]
    assert [step.exchange for step in steps] == [0, 0, 0]
    assert [step.allreduces for step in steps] == [2, 2, 3], "W of 960 by 960 is large"
    assert all(step.compute > 0 and step.epoch_end > 0 for step in steps)
    assert [step.over for step in steps] == pytest.approx(
        [step.trainer / step.compute - 1 for step in steps]
    ), "of one comparison"


@pytest.mark.parametrize("lacks", ["mpi4py", "mpiexec"])
def test_what_is_missing_is_told_in_one_line(
    lacks: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == lacks else 1)
    monkeypatch.setattr("shutil.which", lambda name: None if name == lacks else "/bin/it")
    monkeypatch.setattr("sys.argv", ["parallel"])
    with pytest.raises(SystemExit) as ended:
        parallel.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f'there is no {lacks}: pip install -e ".[mpi]"\n'


@pytest.mark.slow
def test_two_processes_are_measured(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    if not shutil.which("mpiexec"):
        pytest.skip("there is no mpiexec")
    files = tmp_path / "page.md", tmp_path / "figure.png"
    command = [sys.executable, "-m", "benchmarks.parallel", "--quick"]
    command += ["--save", str(files[0]), "--draw", str(files[1])]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    text = files[0].read_text(encoding="utf-8")
    assert "| 994,570    | 2         |" in text
    assert "| 33,554,432 |" in text
    assert "(figure.png)" in text
    assert files[1].read_bytes().startswith(b"\x89PNG")
