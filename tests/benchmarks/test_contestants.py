"""Everyone who races does the same work: from the same start to the same loss."""

import importlib

import pytest

from benchmarks.registry import WORKLOADS
from benchmarks.workload import BOTH, FAST, OURS, TORCH_COMPILE, Contestant, Workload
from common import config

STEPS = {"dynamic-net": 20, "mlp": 2}
PAIRS = [(workload, contestant) for workload in WORKLOADS for contestant in workload.contestants]
NAMES = [f"{workload.name}: {contestant.name}" for workload, contestant in PAIRS]


def final_loss(workload: Workload, contestant: Contestant) -> float | None:
    with config.use_fused(contestant.fused):
        return contestant.set_up(STEPS.get(workload.name, 10))()


@pytest.fixture(scope="module", autouse=True)
def _peers() -> None:
    """Imported before a test looks at NumPy's global random state: importing JAX draws from it."""
    for name in {contestant.needs for _, contestant in PAIRS if contestant.is_installed()} - {None}:
        importlib.import_module(str(name))


@pytest.fixture(scope="module")
def our_losses() -> dict[str, float | None]:
    return {workload.name: final_loss(workload, workload.contestants[0]) for workload in WORKLOADS}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # torch.compile, of itself
@pytest.mark.parametrize(("workload", "contestant"), PAIRS, ids=NAMES)
def test_reaches_the_same_loss(
    workload: Workload, contestant: Contestant, our_losses: dict[str, float | None]
) -> None:
    if not contestant.is_installed():
        pytest.skip(f"{contestant.needs} is not installed")
    loss = final_loss(workload, contestant)
    if loss is None:
        assert "matrix products" in contestant.name, "only these train nothing"
    else:
        tolerance = contestant.tolerance or workload.tolerance
        assert loss == pytest.approx(our_losses[workload.name], rel=tolerance)


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_the_loss_tells_how_many_steps_were_made(workload: Workload) -> None:
    ours = workload.contestants[0]
    assert workload.is_reached(ours.set_up(workload.steps)(), ours)
    assert not workload.is_reached(ours.set_up(9 * workload.steps // 10)(), ours)


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_a_second_run_begins_at_the_start_again(workload: Workload) -> None:
    for contestant in workload.contestants:
        if contestant.needs is None:
            run = contestant.set_up(STEPS.get(workload.name, 10))
            assert run() == run(), contestant.name


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_ours_comes_first_and_names_differ(workload: Workload) -> None:
    names = [contestant.name for contestant in workload.contestants]
    assert names[0] == OURS
    assert len(set(names)) == len(names)


def test_all_that_is_to_be_raced_is_there() -> None:
    assert [workload.name for workload in WORKLOADS] == [
        "polynomial-by-hand",
        "polynomial-with-layers",
        "polynomial-with-autograd",
        "polynomial-with-sequential",
        "polynomial-with-rmsprop",
        "legendre",
        "dynamic-net",
        "two-layer-net-by-hand",
        "two-layer-net-with-autograd",
        "spiral",
        "mlp",
    ]


def test_a_compiled_contestant_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = [c for _, c in PAIRS if c.calls]
    assert {c.name for c in compiled} == {TORCH_COMPILE}
    monkeypatch.setenv("PATH", "")
    assert not any(c.is_installed() for c in compiled)


def test_only_ours_and_with_fast_are_fused() -> None:
    assert {c.name for _, c in PAIRS if c.fused} == {FAST, BOTH}
