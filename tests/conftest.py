"""What every test needs: no display, nothing global left changed, and a GPU to pretend with."""

import os

os.environ["MPLBACKEND"] = "Agg"  # before matplotlib is imported

import pickle
import sys
import types
from collections.abc import Iterator

import numpy
import pytest

from common import config


@pytest.fixture(autouse=True)
def _nothing_global_changes() -> Iterator[None]:
    """The global random state, the device and the dtype are after a test what they were before."""
    before = pickle.dumps(numpy.random.get_state())  # noqa: NPY002  the global state is meant
    yield
    after = pickle.dumps(numpy.random.get_state())  # noqa: NPY002
    left = (config.GPU, config.dtype.name)
    config.GPU, config.dtype = False, numpy.dtype("float32")  # one failure is enough
    assert after == before, "the test changed NumPy's global random state"
    assert left == (False, "float32"), "the test left config.GPU or config.dtype changed"


@pytest.fixture
def no_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which CuPy is not installed."""
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.fixture
def pretend_cupy(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """CuPy as far as the switch can tell: NumPy under its name, and one GPU.

    A test may add names to it that NumPy does not have, or change what its runtime says.
    """

    class CUDARuntimeError(RuntimeError):
        pass

    cupy = types.ModuleType("cupy")
    vars(cupy).update({name: value for name, value in vars(numpy).items() if name[0] != "_"})
    runtime = types.SimpleNamespace(getDeviceCount=lambda: 1, CUDARuntimeError=CUDARuntimeError)
    vars(cupy)["cuda"] = types.SimpleNamespace(runtime=runtime)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    return cupy
