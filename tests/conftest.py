"""What every test needs: no display, nothing global left changed, and the devices to run on.

Each test for `common`, `ch01` and `ch02` runs on every device: on the CPU, on the stand-in for
CuPy (marker `simulated`), and with `pytest -m gpu` on a GPU. A test that is about one device has
its marker: `cpu`, `simulated`, `gpu`; `off_cpu` for the latter two, `real` for CPU and GPU.
"""

import os

os.environ["MPLBACKEND"] = "Agg"  # before matplotlib is imported

import copy
import functools
import pickle
import sys
from collections.abc import Generator, Iterator
from typing import Any

import numpy
import pytest

from common import config
from common.errors import DeviceError
from tests import simulated_cupy

DEVICES = [
    "cpu",
    pytest.param("simulated", marks=pytest.mark.simulated),
    pytest.param("gpu", marks=pytest.mark.gpu),
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-gpu", action="store_true", help="fail, not skip, without a GPU")
    parser.addoption("--never-skip", action="store_true", help="fail where something is missing")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Any]:
    return _never_skipped((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, Any]:
    return _never_skipped((yield), collector.config)


def _never_skipped(report: Any, config: pytest.Config) -> Any:
    if report.skipped and config.getoption("--never-skip"):
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr}"
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "device" in metafunc.fixturenames:
        metafunc.parametrize("device", devices_for(metafunc.definition), indirect=True)


def devices_for(test: pytest.Item) -> list[Any]:
    """All of them, but for a marker that keeps the test to some."""
    for i, name in enumerate(("cpu", "simulated", "gpu")):
        if test.get_closest_marker(name):
            return DEVICES[i : i + 1]
    if test.get_closest_marker("off_cpu"):
        return DEVICES[1:]
    return DEVICES[::2] if test.get_closest_marker("real") else DEVICES


@functools.cache
def missing_gpu() -> str | None:
    """Why there is no GPU to run on; None where there is one."""
    try:
        with config.use_gpu():
            return None
    except DeviceError as error:
        return str(error)


@pytest.fixture
def device(request: pytest.FixtureRequest, _nothing_global_changes: None) -> Iterator[str]:
    """The device that is on in the test."""
    if request.param == "gpu" and (reason := missing_gpu()):
        pytest.fail(reason) if request.config.getoption("--require-gpu") else pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "simulated":
            patch.setitem(sys.modules, "cupy", simulated_cupy.cupy)
        with config.use_gpu(request.param != "cpu"):
            yield request.param
            assert (request.param != "cpu") == config.GPU, "the test left the switch changed"


@pytest.fixture(autouse=True)
def _nothing_global_changes() -> Iterator[None]:
    """The global random state and the settings are after a test what they were before."""
    before = pickle.dumps(numpy.random.get_state())  # noqa: NPY002  the global state is meant
    yield
    after = pickle.dumps(numpy.random.get_state())  # noqa: NPY002
    left = (config.GPU, config.dtype.name, config.fused)
    config.GPU, config.dtype, config.fused = False, numpy.dtype("float32"), True  # or more fail
    assert after == before, "the test changed NumPy's global random state"
    assert left == (False, "float32", True), "the test left GPU, dtype or fused of config changed"


@pytest.fixture
def no_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which CuPy is not installed."""
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.fixture
def cupy_to_switch_to(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stand-in as a CuPy to switch to, off at first; a test may change its names."""
    cupy: Any = simulated_cupy.Module("cupy")
    vars(cupy).update(vars(simulated_cupy.cupy))
    cupy.cuda = copy.deepcopy(simulated_cupy.cupy.cuda)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    return cupy
