"""What a user switches: the device and the dtype.

    from common import config

    config.GPU = True               # from here on, `common.np.np` is CuPy
    config.GPU = False              # and NumPy again

    with config.use_gpu():          # CuPy inside, whatever it was before outside
        ...

    config.dtype = "float64"        # what weights and data sets are created with
    config.fused = False            # formulas run as they stand, see common.fused
    with config.use_fused(False):   # in the block alone
        ...

The switch works at any moment. Read it as `config.GPU`: `from common.config import GPU` would
copy the value that it has now.
"""

import functools
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy
from numpy.typing import DTypeLike

from common.errors import ArgumentError, ArgumentTypeError, DeviceError, UnknownNameError

GPU: bool
dtype: numpy.dtype[Any]
array_module: types.ModuleType  # NumPy or CuPy
fused: bool
on_switch: list[Callable[[], None]]  # called when the device changes, or `fused`


def use_gpu(on: bool = True) -> AbstractContextManager[None]:
    """Switches the GPU on (or off) for the block, and back to what it was after it."""
    return _for_a_block("GPU", on)


def use_fused(on: bool = True) -> AbstractContextManager[None]:
    """Formulas run in one pass in the block (or as they stand), and after it as before it."""
    return _for_a_block("fused", on)


@contextmanager
def _for_a_block(name: str, value: bool) -> Iterator[None]:
    config: Any = sys.modules[__name__]
    before = getattr(config, name)
    setattr(config, name, value)
    try:
        yield
    finally:
        setattr(config, name, before)


def find_cupy() -> types.ModuleType:
    """CuPy, if it is installed and finds a GPU."""
    try:
        import cupy
    except ImportError as error:
        raise DeviceError(
            "The GPU needs CuPy, which is not installed. Install it for your CUDA: "
            'pip install "cupy-cuda12x[ctk]" (or "cupy-cuda13x[ctk]").'
        ) from error
    try:
        found = cupy.cuda.runtime.getDeviceCount() > 0
    except cupy.cuda.runtime.CUDARuntimeError:  # no driver, or one that is too old
        found = False
    if not found:
        raise DeviceError(
            "There is no NVIDIA GPU to switch to. CuPy is installed but finds none with a working "
            "driver: see what the command nvidia-smi says, and install the driver."
        )
    _multiply_once(cupy)
    return cupy


@functools.cache
def _multiply_once(cupy: Any) -> None:
    """A driver alone is not enough: CuPy loads CUDA's libraries when it first needs them."""
    try:
        cupy.ones((1, 1)).dot(cupy.ones((1, 1)))
    except (ImportError, RuntimeError) as error:
        raise DeviceError(
            f"There is a GPU, but CuPy cannot compute on it: {error}. If a library of CUDA is "
            f'missing, pip install "cupy-cuda12x[ctk]" (or "cupy-cuda13x[ctk]") brings it.'
        ) from error


class _Config(types.ModuleType):
    """The class of this module, so that setting a name can check it first."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (hasattr(self, name) or name.startswith("_")):
            raise UnknownNameError(
                f"config has no {name!r} to be set: there are GPU, dtype and fused, spelled so"
            )
        if callable(getattr(self, name, None)) and not callable(value):
            raise ArgumentTypeError(f"config.{name} is a function: with config.{name}(): ...")
        super().__setattr__(name, value)

    array_module: types.ModuleType = numpy
    _fused = True
    on_switch: list[Callable[[], None]] = []  # noqa: RUF012  there is one config
    _dtype: numpy.dtype[Any] = numpy.dtype("float32")

    @property
    def GPU(self) -> bool:  # noqa: N802
        return self.array_module is not numpy

    @GPU.setter
    def GPU(self, on: bool) -> None:  # noqa: N802
        if not isinstance(on, bool | numpy.bool):
            raise ArgumentTypeError(f"config.GPU: expected True or False, got {on!r}")
        if bool(on) == self.GPU:
            return
        self.array_module = find_cupy() if on else numpy
        self._switched()

    def _switched(self) -> None:
        for forget in self.on_switch:
            forget()

    @property
    def fused(self) -> bool:
        return self._fused

    @fused.setter
    def fused(self, on: bool) -> None:
        if not isinstance(on, bool | numpy.bool):
            raise ArgumentTypeError(f"config.fused: expected True or False, got {on!r}")
        self._fused = bool(on)
        self._switched()

    @property
    def dtype(self) -> numpy.dtype[Any]:
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: DTypeLike) -> None:
        try:
            if dtype is None:
                raise TypeError  # NumPy would take it as float64
            new = numpy.dtype(dtype)
        except TypeError as error:
            raise ArgumentTypeError(f"config.dtype: {dtype!r} is not a dtype") from error
        if new not in (numpy.float32, numpy.float64):
            raise ArgumentError(f"config.dtype: expected float32 or float64, got {new}")
        self._dtype = new


sys.modules[__name__].__class__ = _Config
