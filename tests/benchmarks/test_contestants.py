"""Everyone who races does the same work: from the same start to the same loss."""

import importlib

import pytest

from benchmarks.registry import WORKLOADS
from benchmarks.workload import OURS, Compiled, Contestant, Workload

STEPS = {"dynamic-net": 20, "mlp": 2, "spiral": 10}
PAIRS = [(workload, contestant) for workload in WORKLOADS for contestant in workload.contestants]
NAMES = [f"{workload.name}: {contestant.name}" for workload, contestant in PAIRS]


def final_loss(workload: Workload, contestant: Contestant) -> float | None:
    return contestant.set_up(STEPS.get(workload.name, 10))()


@pytest.fixture(scope="module", autouse=True)
def _peers() -> None:
    """Imported before a test looks at NumPy's global random state: importing JAX draws from it."""
    for name in {contestant.needs for _, contestant in PAIRS if contestant.is_installed()} - {None}:
        importlib.import_module(str(name))


@pytest.fixture(scope="module")
def our_losses() -> dict[str, float | None]:
    return {workload.name: final_loss(workload, workload.contestants[0]) for workload in WORKLOADS}


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


def test_the_bars() -> None:
    bars = {(w.name, c.name): c.bar for w, c in PAIRS if c.bar is not None}
    assert bars == {
        ("polynomial-with-layers", "the documents' NumPy script"): 12,
        ("polynomial-with-layers", "the same, powers computed once"): 3,
        ("polynomial-with-layers", "PyTorch, tensors"): 4,
        ("polynomial-with-autograd", "PyTorch, autograd"): 2.5,
        ("polynomial-with-sequential", "PyTorch, nn"): 8,
        ("polynomial-with-rmsprop", "PyTorch, nn and optim"): 6,
        ("legendre", "PyTorch, a Function"): 2.2,
        ("dynamic-net", "PyTorch, nn.Module"): 2.5,
        ("two-layer-net-by-hand", "PyTorch, tensors"): 1.15,
        ("two-layer-net-by-hand", "JAX, jit"): 1,
        ("two-layer-net-with-autograd", "PyTorch, autograd"): 1.1,
        ("spiral", "the plainest NumPy layers"): 1.2,
        ("spiral", "PyTorch, a loop"): 6,
        ("spiral", "JAX, jit"): 1,
        ("mlp", "PyTorch, a loop"): 1.25,
        ("mlp", "JAX, jit"): 1,
        ("mlp", "floor: the matrix products alone"): 0.65,
    }


def test_compiling_is_timed_apart() -> None:
    pytest.importorskip("jax")
    legendre = next(workload for workload in WORKLOADS if workload.name == "legendre")
    run = legendre.contestant("JAX, jit").set_up(2)
    assert isinstance(run, Compiled)
    assert run.seconds > 0
