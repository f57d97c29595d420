"""What the pages on replay and on fused formulas say."""

import numpy
import pytest

from common.optimizer import adam
from tests.chapters import Runner


@pytest.mark.real
def test_what_a_compiler_does_keeps_the_calls_and_no_decision(run: Runner) -> None:
    page = run("what_a_compiler_does")
    program = page.printed[: page.printed.index("    return v11")]
    forward = [line.split()[2].split(".")[0] for line in program.split("\n") if ".forward" in line]
    assert [name.split("_")[0] for name in forward[:-1]] == [
        "mul", "add", "pow", "mul", "add", "pow", "mul", "add", "sub", "pow",
    ]  # fmt: skip
    back = [line for line in program.split("\n") if ".backward" in line]
    numbers = [int(line.split(".backward")[0].rsplit("_")[-1]) for line in back]
    assert numbers == sorted(numbers, reverse=True), "the last operation first"
    assert {3, 6}.isdisjoint(numbers), "no gradient goes to the powers of x"
    assert [line.strip()[:2] for line in program.split("\n") if "add_grad" in line] == [
        "p4", "p3", "p2", "p1",
    ]  # fmt: skip
    assert [line.split()[2].split("_")[0] for line in page["way_there"][:-1]] == [
        "mul", "add", "mul", "add", "mul", "add", "sub", "pow",
    ]  # fmt: skip
    assert program.count("fit(") == 1
    assert "for " not in program
    assert "if " not in program


@pytest.mark.real
def test_what_a_compiler_does_ends_where_the_tape_ends(run: Runner) -> None:
    page = run("what_a_compiler_does")
    ends = [[float(p.data) for p in page[name]] for name in ("tape", "again")]
    assert ends[0] == ends[1] != [float(p.data) for p in page["start"]()]
    assert "to the bit: True" in page.printed
    by_hand = [float(number) for number in page["by_hand"]]
    assert page["apart"] < 1e-5
    assert "five digits: True" in page.printed
    numpy.testing.assert_allclose(by_hand, ends[0], rtol=1e-5)
    assert list(page["times"]) == ["by hand", "on the tape", "replayed"]
    assert min(page["times"].values()) > 0
    assert page.printed.count("refused: ") == 2
    assert len(page["called"]) == 2
    assert "programs: 2, " in page.printed


@pytest.mark.real
def test_one_pass_counts_thirteen_and_makes_the_same_numbers(run: Runner) -> None:
    page = run("one_pass")
    assert len(page["passes"]) == 13
    assert adam.loop in page.printed
    assert page["apart"] < 1e-6
    assert "less than a millionth: True" in page.printed
    drawn = page.lines("ch02_one_pass")
    assert {name: list(y) for name, (_, y) in drawn.items()} == page["lines"]
    assert list(page["lines"]) == ["@fused", "passes, in pieces", "passes"]
    assert "where that is to be: True" in page.printed
    assert all(times[0] > 2 * times[2] for times in page["lines"].values()), (
        "the first point is high"
    )
    sizes = [x for x, _ in drawn.values()]
    assert all(list(x) == page["sizes"] for x in sizes)
