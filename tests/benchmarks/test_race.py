"""The race itself, and the table that it ends in; no process is timed here."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import draw, race
from benchmarks.race import Result
from benchmarks.registry import WORKLOADS, workload_of
from benchmarks.table import markdown, notes, row, table
from benchmarks.workload import FAST, OURS, Contestant, Workload
from tests.chapters import too_small

pytest.importorskip("pyperf")
worker: Any = pytest.importorskip("benchmarks.worker")


def nobody(steps: int) -> Callable[[], float]:
    return lambda: 1.0


OURSELVES = Contestant(OURS, nobody)
FASTER = Contestant(FAST, nobody, needs="numba")
PEER = Contestant("peer", nobody, needs="jax")
MISSING = Contestant("missing", nobody, needs="no_such_package")
FLOOR = Contestant("floor", nobody, has_loss=False)
WORKLOAD = Workload("work", 10, 1.0, [OURSELVES, PEER, MISSING, FLOOR])


class Measurement:
    """As much of pyperf's Benchmark as the race looks at."""

    def __init__(self, values: list[float], **metadata: float) -> None:
        self.get_values = lambda: tuple(values)
        self.get_metadata = lambda: metadata


def result(contestant: Contestant, *rounds: list[float], loss: float | None = 1.0) -> Result:
    one = Result(WORKLOAD, contestant)
    for values in rounds:
        race.note(one, Measurement(values, **({} if loss is None else {"loss": loss})))
    return one


@pytest.fixture
def instead_of_processes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing is started; who would have run is written down, and takes as long as its place."""
    ran: list[str] = []

    def run_once(one: Result, values: int, threads: int) -> None:
        ran.append(one.contestant.name)
        seconds = float(1 + list(one.workload.contestants).index(one.contestant))
        race.note(one, Measurement([seconds] * values, loss=one.workload.loss))

    monkeypatch.setattr(race, "_run_once", run_once)
    monkeypatch.setattr(race, "_first_step", lambda result, threads: (2.0, 1.0))
    return ran


def test_contestants_run_in_turns(instead_of_processes: list[str]) -> None:
    race.race(WORKLOAD, rounds=2, values=1, threads=1, say=lambda _: None)
    assert instead_of_processes == [OURS, "peer", "floor", OURS, "peer", "floor"]


def test_a_missing_peer_has_empty_cells(instead_of_processes: list[str]) -> None:
    results = race.race(WORKLOAD, rounds=1, values=1, threads=1, say=lambda _: None)
    assert row(results[2], results) == ["work", "missing", *[""] * 8]
    assert not race.is_refused(results)


def test_a_time_stands_beside_ours_and_beside_the_fastest_of_ours() -> None:
    ours, fast, peer = result(OURSELVES, [4.0]), result(FASTER, [2.0]), result(PEER, [3.0])
    results = [ours, fast, peer]
    assert [row(one, results)[3:5] for one in results] == [
        ["", "2.00"], ["0.50", ""], ["0.75", "1.50"],
    ]  # fmt: skip
    assert race.fastest_of_ours([ours, Result(WORKLOAD, FASTER)]) is ours


def test_a_compiler_pays_after_some_steps() -> None:
    ours, fast, slow = result(OURSELVES, [4.0]), result(FASTER, [2.0]), result(PEER, [5.0])
    ours.first, fast.first, fast.again, slow.first = 1.0, 21.0, 2.0, 1.0
    assert fast.pays_after(ours) == 10
    assert slow.pays_after(ours) is None
    assert row(fast, [ours, fast])[7:] == ["21 s", "2 s", "10 steps"]
    assert row(ours, [ours, fast])[7:] == ["1 s", "", ""]
    assert result(FASTER, [1.0]).pays_after(ours) is None  # its first step was not timed


def test_the_ratio_is_the_median_over_the_rounds() -> None:
    """In the second round the machine was ten times as slow, for both."""
    ours = result(OURSELVES, [1.0, 1.0, 5.0], [10.0, 10.0, 10.0], [1.0, 1.0, 1.0])
    peer = result(PEER, [2.0, 2.0, 2.0], [30.0, 30.0, 30.0], [4.0, 4.0, 4.0])
    assert peer.ratio_to(ours) == 3
    assert peer.seconds == 4
    assert row(peer, [ours, peer])[2:6] == ["4 s", "3.00", "3.00", "2.00 to 4.00"]


@pytest.mark.parametrize("loss", [1.1, float("nan")])
def test_a_wrong_loss_is_refused(loss: float) -> None:
    ours, peer = result(OURSELVES, [1.0]), result(PEER, [2.0], loss=loss)
    assert peer.refused == f"refused: loss {loss:.4g} instead of 1"
    assert row(peer, [ours, peer])[2:6] == [peer.refused, "", "", ""]
    assert race.is_refused([ours, peer])


def test_nothing_is_held_against_a_refused_time_of_ours() -> None:
    ours, peer = result(OURSELVES, [1.0], loss=2.0), result(PEER, [2.0])
    assert row(peer, [ours, peer])[3:6] == ["", "", ""]


def test_what_has_no_loss_is_not_refused() -> None:
    assert result(FLOOR, [1.0], loss=None).refused == ""
    assert result(PEER, [1.0], loss=None).refused == "refused: loss none instead of 1"


def test_every_run_that_is_timed_must_end_as_the_first_one() -> None:
    losses = iter([1.0, 1.0 + 1e-12, 2.0])
    assert worker._time(2, lambda: next(losses), expected=1.0) > 0
    with pytest.raises(ValueError, match=r"a run ended at 2.0, the first one at 1.0"):
        worker._time(1, lambda: next(losses), expected=1.0)


def test_a_part_that_fails_leaves_the_rest_of_the_report(tmp_path: Path) -> None:
    report, code = command.of_module("no_such_module", threads=1)
    assert report.startswith("no_such_module failed: ")
    assert code


@pytest.mark.parametrize("option", ["--save", "--draw", "--json"])
def test_a_file_that_cannot_be_written_is_refused_before_the_race(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.parse([option, "/no/such/folder/file.png"])
    assert "no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--draw", "a.xyz"], "a.xyz must end in .png"),
        (["--draw", "a.png", "--only", "tape"], "--only leaves none"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_refused_before_the_race(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.parse(arguments)
    assert words in capsys.readouterr().err


def test_a_contestant_may_have_a_tolerance_of_its_own() -> None:
    assert WORKLOAD.is_reached(1.05, Contestant("shuffles", nobody, tolerance=0.1))
    assert not WORKLOAD.is_reached(1.05, PEER)


def test_a_process_that_fails_is_refused_with_its_error() -> None:
    one = Result(Workload("no such workload", 1, 1.0, [OURSELVES]), OURSELVES)
    race._run_once(one, values=1, threads=1)
    assert one.refused.startswith("failed: ")
    assert "StopIteration" in one.refused


def test_a_contestant_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "_limit", lambda values: 1)
    one = Result(WORKLOADS[0], WORKLOADS[0].contestants[0])
    race._run_once(one, values=100, threads=1)
    assert one.refused == "failed: no end within 1 seconds"


def test_the_table_lines_up_and_ends_in_the_notes() -> None:
    noted = Contestant("noted", nobody, note="says something")
    lines = table([[result(OURSELVES, [1.0]), result(noted, [2.0])]]).splitlines()
    assert len({len(line) for line in lines[:4]}) == 1
    assert lines[-1] == "noted (work): says something."


def test_a_note_is_said_once_and_of_the_contestant_that_has_it() -> None:
    """A name stands in several workloads, and need not have a note in each."""
    results = [[Result(workload, c) for c in workload.contestants] for workload in WORKLOADS]
    script = [note for note in notes(results) if note.startswith("the documents' NumPy script")]
    assert [note.split(": ")[0] for note in script] == [
        "the documents' NumPy script (polynomial-by-hand, polynomial-with-layers)",
        "the documents' NumPy script (two-layer-net-by-hand)",
    ]


def test_markdown() -> None:
    assert markdown(["a", "b", "c"], [["x", "yy", "1"]]).splitlines()[2] == "| x | yy | 1 |"


def test_every_library_is_told_the_number_of_threads() -> None:
    environment = race.environment(threads=3)
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "3"
    assert "multi_thread_eigen=true" in environment["XLA_FLAGS"]
    assert "multi_thread_eigen=false" in race.environment(threads=1)["XLA_FLAGS"]


def start(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["benchmarks", *arguments])
    return command.main()


def test_the_command(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    instead_of_processes: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The table on stdout and in a file, the picture, and the figures."""
    page, picture, figures = (tmp_path / name for name in ("t.md", "t.png", "t.json"))
    files = ["--save", str(page), "--draw", str(picture), "--json", str(figures)]
    assert start(monkeypatch, "--only", "legendre", "mlp", "--rounds", "2", *files) == 0
    printed = capsys.readouterr().out
    assert "| legendre " in printed
    assert "| spiral" not in printed
    assert page.read_text(encoding="utf-8") == printed
    assert picture.stat().st_size > 1000
    first: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))[0]
    assert first["seconds_per_step"] == [[1.0] * 5] * 2


def test_the_command_fails_if_a_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(one: Result, values: int, threads: int) -> None:
        race.note(one, Measurement([1.0], loss=0.0))

    monkeypatch.setattr(race, "_run_once", wrong)
    monkeypatch.setattr(race, "_first_step", lambda result, threads: (2.0, 1.0))
    assert start(monkeypatch, "--only", "legendre") == 1


@pytest.mark.parametrize("wrong", [["--only", "nothing"], ["--rounds", "0"], ["--threads", "x"]])
def test_a_wrong_command_line(
    monkeypatch: pytest.MonkeyPatch, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        start(monkeypatch, *wrong)
    assert wrong[0] in capsys.readouterr().err


def test_growth_and_tape_run_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "of_module", lambda name, threads: (f"{name} of {threads}", 0))
    assert start(monkeypatch, "--only", "tape", "growth", "--threads", "2") == 0
    assert capsys.readouterr().out.endswith("growth of 2\n\ntape of 2\n")


def test_the_picture_has_a_panel_for_each_workload_and_a_bar_for_all_that_ran() -> None:
    ours, peer, missing = result(OURSELVES, [1.0]), result(PEER, [2.0]), Result(WORKLOAD, MISSING)
    figure = draw.draw([[ours, peer, missing], [ours], [ours]])
    first, second, _, empty = figure.axes
    assert [first.get_title(), second.get_title()] == ["work", "work"]
    assert [bar.get_width() for bar in first.containers[0]] == [
        1e6,
        2e6,
    ]  # µs, also where it is an axis
    assert not empty.axison
    figure.savefig(io.BytesIO())
    assert too_small(figure) == []


def test_every_contestant_has_a_colour_of_the_legend() -> None:
    families = {draw.family(c) for workload in WORKLOADS for c in workload.contestants}
    assert families == set(draw.LEGEND.values()) == set(draw.FAMILIES)


def test_the_first_step_is_timed_from_nothing_and_once_more() -> None:
    mlp = workload_of("mlp")
    first, again = race._first_step(Result(mlp, mlp.contestants[0]), threads=1)
    assert min(first, again) > 0


def test_a_contestant_keeps_to_as_many_processors_as_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: list[Any] = []
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1, 5}, raising=False)
    monkeypatch.setattr("os.sched_setaffinity", lambda *to: kept.append(to), raising=False)
    worker.keep_to(2)
    assert kept == [(0, [1, 5])]


def test_one_contestant_in_a_process_of_its_own() -> None:
    """The one test that starts processes: the smallest workload, once."""
    mlp = workload_of("mlp")
    one = Result(mlp, mlp.contestants[0])
    race._run_once(one, values=2, threads=1)
    assert one.refused == ""
    assert len(one.rounds[0]) == 2
    assert one.loss == pytest.approx(mlp.loss, rel=mlp.tolerance)
