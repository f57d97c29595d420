"""`@fused`: a formula that works element by element, in one pass over its arrays.

    @fused
    def momentum(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
        v *= decay
        v += g
        p -= lr * v

The decorator changes nothing but the speed. NumPy goes over the arrays once for each operation,
four times here and thirteen for Adam, and what is in between goes to memory and back. One loop
keeps it in the processor's registers:

>>> from common.optimizer import momentum
>>> print(momentum.loop)
def momentum(p_array, g_array, v_array, c0, c1):
    real = p_array.dtype.type
    c0 = real(c0)  # decay
    c1 = real(c1)  # lr
    all_p = p_array.ravel()
    all_g = g_array.ravel()
    all_v = v_array.ravel()
    if not p_array.shape == g_array.shape == v_array.shape:
        raise ValueError
    for i in range(all_p.size):
        p = all_p[i]
        g = all_g[i]
        v = all_v[i]
        v *= c0
        v += g
        p -= c1 * v
        all_v[i] = v
        all_p[i] = p

- On the CPU, where the extra `fast` is installed, numba compiles this loop at the formula's first
  use, and keeps it on disk. Its numbers are NumPy's, to the bit; of 0 and -0 a maximum may take the
  other. A formula with `exp` or its like, which NumPy has in a faster form, runs as it stands.
- On a GPU `cupy.fuse` makes one kernel of it, whose numbers agree up to rounding.
- Else it runs as it stands: while `config.fused` is False, for arrays of two dtypes, and on the CPU
  for more than two axes or rows in another order. If it changes large arrays, it goes in pieces.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any
from warnings import warn
from weakref import WeakSet

import numpy

from common import config
from common.checks import check_array
from common.formula import Formula
from common.np import np

PIECE = 2**16  # elements: they stay in the processor's cache from one pass to the next
EXACT = {"absolute", "maximum", "minimum", "sqrt"}  # in a loop the same to the bit, and as fast


class Fused:
    """A formula that is called as the function that it is. loop: the loop, as text.

    A call goes one of three ways: `_fast`, the loop or the kernel; `_plain`, the formula itself,
    after a quick look; `_as_it_stands`, the formula after all checks, and in pieces if it must be.
    The first two return NotImplemented for arrays that they are not made for.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function, self.formula = function, Formula(function)
        self.count = len(self.formula.arrays)
        self.loop = self.formula.loop_text()
        self.ndims = (0, 1, 2) if self.formula.changed else (1, 2)  # NumPy returns no 0-d arrays
        _all.add(self)

    def __call__(self, *args: Any, **named: Any) -> Any:
        if named:
            args = inspect.signature(self.function).bind(*args, **named).args
        refused = None
        if self._fast is not None:
            try:
                y = self._fast(*args)
                if y is not NotImplemented:
                    return y
            except MemoryError:
                raise
            except Exception as error:  # no compiler has one way of saying that it cannot
                refused = error
        y = self._plain(*args)
        if y is NotImplemented:
            y = self._as_it_stands(*args)  # raises where the arguments are at fault
        if refused is not None and config.GPU:  # a loop refuses arrays, a kernel the formula
            self._warn(refused)
            self._fast = None
        return y

    def _warn(self, refused: Exception) -> None:
        warn(f"{self.formula.name} cannot run in one pass: {refused}", RuntimeWarning, stacklevel=3)

    def __reduce__(self) -> str:
        return self.function.__qualname__

    def _as_it_stands(self, *args: Any) -> Any:
        arrays = args[: self.count]
        if self.formula.returned:  # what NumPy makes of arrays without an axis may go in again
            arrays = tuple(np.asarray(x) if isinstance(x, numpy.generic) else x for x in arrays)
        shape = getattr(arrays[0], "shape", None)
        for name, x in zip(self.formula.arrays, arrays, strict=True):
            check_array(self.formula.name, name, x, shape)
        numbers = [*map(float, args[self.count :])]
        if self.formula.returned or config.GPU or not all(x.flags.c_contiguous for x in arrays):
            return self.function(*arrays, *numbers)
        flat = [array.reshape(-1) for array in arrays]
        for start in range(0, flat[0].size, PIECE):
            self.function(*(array[start : start + PIECE] for array in flat), *numbers)
        return None

    @functools.cached_property
    def _plain(self) -> Callable[..., Any]:
        """The formula itself, for floats of one shape and dtype that need no pieces."""
        x, *others = self.formula.arrays
        usual = f"{x}.dtype.char in 'efd' and {x}.size <= {PIECE}" + "".join(
            f" and {y}.shape == {x}.shape and {y}.dtype is {x}.dtype" for y in others
        )
        return self._called(self.function, usual, self.formula.numbers)

    @functools.cached_property
    def _fast(self) -> Callable[..., Any] | None:
        """What runs it in one pass, as long as the switches stand as they do."""
        if not config.fused:
            return None
        x, constants = self.formula.arrays[0], self.formula.constants
        if config.GPU:
            return self._called(self._kernel, "True", constants)
        usual = f"{x}.ndim in {self.ndims} and {x}.flags.c_contiguous"
        return self._loop and self._called(self._loop, usual, constants)

    def _called(self, run: Any, usual: str, numbers: Iterable[str]) -> Any:
        text = self.formula.call_text(usual, numbers)
        return self.formula.define(text, run=run, ndarray=np.ndarray)

    @functools.cached_property
    def _loop(self) -> Any:
        """The compiled loop; None where there is no numba, or where NumPy is as fast."""
        if not self.formula.functions <= EXACT:
            return None
        try:
            import numba
        except ImportError:
            return None
        floats = numba.float32, numba.float64
        kinds = [numba.types.Array(real, ndim, "C") for real in floats for ndim in self.ndims]
        numbers = (numba.float64,) * len(self.formula.constants)
        signatures = [(kind,) * self.count + numbers for kind in kinds]
        function = self.formula.define(self.loop, np=numpy)
        for is_kept in (True, False):  # on disk; where that fails, in memory alone
            try:
                return numba.njit(signatures, error_model="numpy", cache=is_kept)(function)
            except Exception as error:
                refused = error
        self._warn(refused)
        return None

    @functools.cached_property
    def _kernel(self) -> Any:
        """One kernel on the GPU."""
        function = self.formula.define(self.formula.kernel_text(), np=np)
        kernel = config.array_module.fuse(kernel_name=self.formula.name)(function)

        def run(*args: Any) -> Any:
            arrays, numbers = args[: self.count], args[self.count :]
            shape, dtype = arrays[0].shape, arrays[0].dtype
            if dtype.kind != "f" or any(x.shape != shape or x.dtype != dtype for x in arrays):
                return NotImplemented
            # A number of Python's would become a float16 there.
            return kernel(*arrays, *map(dtype.type, numbers))

        return run


_all = WeakSet[Fused]()


def _forget() -> None:
    """After a switch each formula looks anew for what runs it."""
    for formula in _all:
        vars(formula).pop("_fast", None)
        vars(formula).pop("_plain", None)


config.on_switch.append(_forget)


def fused(function: Callable[..., Any]) -> Fused:
    """The formula, which from now on runs in one pass where it can.

    What it may be, `common.formula` says; anything else is an error that names the line.
    """
    return Fused(function)
