"""What the two README say of the runs that are kept in results.md and parallel.md."""

from pathlib import Path

import pytest

from benchmarks.registry import WORKLOADS
from benchmarks.workload import OURS

HERE = Path(__file__).parents[2] / "benchmarks"


def rows(file: str, head: str) -> list[list[str]]:
    """The cells of the table that begins with this head."""
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.replace(" ", "").startswith(head))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


RESULTS = rows("results.md", "|workload|contestant|")
TOLD = rows("README.md", "|workload|ourfastestway|")


def over_ours(workload: str, peer: str) -> list[float]:
    """Their times over our fastest, of those whose name begins so."""
    cells = [row for row in RESULTS if row[0] == workload and row[1].startswith(peer)]
    return [float(row[4]) for row in cells]


def over_plain(workload: str, peer: str) -> float:
    (cell,) = [row[3] for row in RESULTS if row[:2] == [workload, peer]]
    return float(cell)


def test_every_workload_and_contestant_is_in_the_results() -> None:
    names = [[workload.name, c.name] for workload in WORKLOADS for c in workload.contestants]
    assert [row[:2] for row in RESULTS] == names
    assert [row[0] for row in TOLD] == [workload.name for workload in WORKLOADS]
    assert not any("failed" in row[2] or "refused" in row[2] for row in RESULTS)


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told[0])
def test_what_is_told_of_a_workload_is_what_was_measured(told: list[str]) -> None:
    workload, way, torch, jax = told
    ours = [row for row in RESULTS if row[0] == workload and row[1].startswith(OURS)]
    (fastest,) = [row[1] for row in ours if not row[4]]
    assert fastest == (OURS if way == "plain" else f"{OURS}, {way}")
    assert float(torch) == min(over_ours(workload, "PyTorch"))
    assert [float(jax)] == over_ours(workload, "JAX, jit")


def test_what_is_told_of_all() -> None:
    """Here, and in the README of the project."""
    assert all(float(torch) > 1 for _, _, torch, _ in TOLD)
    assert sum(float(jax) > 1 for *_, jax in TOLD) == 4
    assert len(TOLD) == 11


def test_what_is_told_of_the_ends() -> None:
    (products,) = over_ours("mlp", "floor: the matrix products")
    (jax,) = over_ours("mlp", "JAX, jit")
    assert jax < products
    assert products == pytest.approx(0.9, abs=0.05), "nine tenths"
    (whole_step,) = over_ours("two-layer-net-by-hand", "JAX, jit")
    assert whole_step < over_ours("two-layer-net-by-hand", "floor: ")[0], "mostly products"
    (plainest,) = over_ours("spiral", "the plainest NumPy layers")
    assert plainest == pytest.approx(0.8, abs=0.05), "four fifths"
    assert over_ours("legendre", "JAX, jit")[0] < 1
    for workload in ("polynomial-by-hand", "legendre", "two-layer-net-by-hand"):
        (whole,) = over_ours(workload, "JAX, the whole loop")
        assert whole < over_ours(workload, "JAX, jit")[0]
    pays = {row[0]: row[9] for row in RESULTS if row[1] == f"{OURS}, with fast"}
    steps = {name: int(cell.split()[0].replace(",", "")) for name, cell in pays.items() if cell}
    assert 1000 < steps["mlp"] < 10_000, "a few thousand"
    assert 100_000 < steps["spiral"] < 1_000_000, "hundreds of thousands"
    powers = over_plain("polynomial-by-hand", "the same, powers computed once")
    assert over_plain("polynomial-by-hand", "the documents' NumPy script") > 2 * powers, (
        "most of it"
    )


def test_what_is_told_of_several_processes() -> None:
    """In the README of the project, of the largest network and the smallest."""
    two = [row for row in rows("parallel.md", "|parameters|processes|") if row[1] == "2"]
    smallest, *_, largest = ((int(row[0].replace(",", "")), row[7]) for row in two)
    assert (round(smallest[0], -3), round(largest[0], -4)) == (10_000, 990_000)
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8")
    assert f"two processors do {largest[1]} times the rows per second of one" in readme
    assert f"with ten thousand, {smallest[1]} times" in readme
