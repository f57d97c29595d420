import subprocess
import sys
from typing import Any

import numpy
import pytest

from common import config as config_module
from common.errors import ArgumentError, ArgumentTypeError, DeviceError
from common.layers import Linear
from common.np import np as np_
from tests.conftest import missing_gpu

# A type checker takes `np` for NumPy itself, and believes each setting to stay as it was set.
config: Any = config_module
np: Any = np_

# The switch is off at first, and each test says what there is to switch to.
pytestmark = pytest.mark.cpu


def raises_device_error(saying: str) -> None:
    """Each way to switch on says what is missing, and leaves the GPU off."""
    with pytest.raises(DeviceError, match=saying):
        config.GPU = True
    with pytest.raises(DeviceError, match=saying), config.use_gpu():
        pytest.fail("the block ran without a GPU")
    assert config.GPU is False
    assert np.asarray is numpy.asarray


# The switch, where there is nothing to switch to


@pytest.mark.usefixtures("no_cupy")
def test_without_cupy_the_error_says_what_to_install() -> None:
    raises_device_error(r"CuPy, which is not installed.*pip install \"cupy-cuda12x")


def test_without_a_driver_the_error_asks_for_one(
    cupy_to_switch_to: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = cupy_to_switch_to.cuda.runtime

    def no_driver() -> int:
        raise runtime.CUDARuntimeError("cudaErrorInsufficientDriver")

    monkeypatch.setattr(runtime, "getDeviceCount", no_driver)
    raises_device_error(r"NVIDIA GPU.*install the driver")


def test_without_a_device_the_error_asks_for_one(
    cupy_to_switch_to: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cupy_to_switch_to.cuda.runtime, "getDeviceCount", lambda: 0)
    raises_device_error(r"NVIDIA GPU.*nvidia-smi")


def test_a_gpu_that_cannot_compute_is_not_switched_to(
    cupy_to_switch_to: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_library(*_: Any) -> None:
        raise ImportError("libcublasLt.so is missing")

    monkeypatch.setattr(cupy_to_switch_to, "ones", no_library)
    raises_device_error(r"cannot compute on it: libcublasLt.so is missing.*cupy-cuda12x\[ctk\]")


@pytest.mark.filterwarnings("default")
def test_cupy_itself_without_a_driver() -> None:
    """As above, but with the real one: CuPy installs and imports without a GPU."""
    pytest.importorskip("cupy")
    if missing_gpu() is None:
        pytest.skip("here is a GPU")
    raises_device_error(r"NVIDIA GPU.*install the driver")


@pytest.mark.parametrize("value", ["yes", 1, 0, None, "False"])
def test_the_switch_takes_true_or_false_alone(value: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"config\.GPU.*True or False"):
        config.GPU = value
    assert config.GPU is False


# The switch, with a GPU to switch to


def test_np_is_looked_up_at_each_use(cupy_to_switch_to: Any) -> None:
    vars(cupy_to_switch_to)["exp"] = lambda x: "from the GPU"
    assert np.exp(0.0) == 1
    config.GPU = True
    assert config.GPU is True
    assert np.exp(0.0) == "from the GPU"
    config.GPU = False
    assert np.exp(0.0) == 1


def test_np_forgets_what_only_the_other_module_has(cupy_to_switch_to: Any) -> None:
    vars(cupy_to_switch_to)["RawKernel"] = "here"
    with config.use_gpu():
        assert np.RawKernel == "here"
        assert "RawKernel" in dir(np)
    with pytest.raises(AttributeError, match="RawKernel"):
        _ = np.RawKernel
    assert "RawKernel" not in dir(np)


def test_np_says_what_it_stands_for(cupy_to_switch_to: Any) -> None:
    assert "numpy" in repr(np)
    with config.use_gpu():
        assert "cupy" in repr(np)


def test_a_name_that_neither_module_has_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="scatter_plus"):
        _ = np.scatter_plus


def test_what_was_imported_before_follows_the_switch_back_and_forth(
    cupy_to_switch_to: Any,
) -> None:
    for on in (True, False, True, False):
        config.GPU = on
        y = Linear(2, 3, seed=0).forward(np.ones((4, 2), config.dtype))
        assert type(y) is np.ndarray is (cupy_to_switch_to.ndarray if on else numpy.ndarray)


def test_use_gpu_ends_with_the_block(cupy_to_switch_to: Any) -> None:
    with config.use_gpu():
        assert config.GPU
        assert type(np.zeros(1)) is cupy_to_switch_to.ndarray
        with config.use_gpu(False):
            assert not config.GPU
            assert type(np.zeros(1)) is numpy.ndarray
        assert config.GPU
        assert type(np.zeros(1)) is cupy_to_switch_to.ndarray
    assert not config.GPU
    assert type(np.zeros(1)) is numpy.ndarray


@pytest.mark.usefixtures("cupy_to_switch_to")
def test_use_gpu_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), config.use_gpu():
        _ = 1 / 0
    assert not config.GPU


# What an import brings


def test_a_star_import_gives_np_alone() -> None:
    names: dict[str, Any] = {}
    exec("from common.np import *", names)
    del names["__builtins__"]
    assert names == {"np": np}


def test_importing_everything_needs_no_gpu_no_peer_and_no_display() -> None:
    script = """
import importlib, pkgutil, sys, common, dataset
for package in (common, dataset):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(*sorted({"cupy", "torch", "matplotlib.pyplot", "common.trainer"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ran.stdout.split(), ran.stderr) == (["common.trainer"], "")


# dtype


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("float32", "float32"),
        ("f4", "float32"),
        (numpy.float32, "float32"),
        (numpy.dtype("float32"), "float32"),
        ("float64", "float64"),
        ("d", "float64"),
        (numpy.float64, "float64"),
        (numpy.dtype("float64"), "float64"),
        (float, "float64"),
    ],
)
def test_dtype_takes_both_floats_in_every_spelling(spelling: Any, name: str) -> None:
    config.dtype = "float32" if name == "float64" else "float64"
    config.dtype = spelling
    assert isinstance(config.dtype, numpy.dtype)
    assert config.dtype.name == name
    config.dtype = "float32"


@pytest.mark.parametrize("dtype", ["int32", int, "float16", "complex64", bool, ">f4"])
def test_dtype_refuses_what_nothing_can_learn_in(dtype: Any) -> None:
    with pytest.raises(ArgumentError, match=r"config\.dtype.*float32 or float64"):
        config.dtype = dtype
    assert config.dtype == numpy.float32


@pytest.mark.parametrize("dtype", ["fast", 32, None, [1]])
def test_dtype_refuses_what_is_no_dtype(dtype: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"config\.dtype"):
        config.dtype = dtype
    assert config.dtype == numpy.float32
