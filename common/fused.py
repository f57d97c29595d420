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
- Else it runs as it stands: for arrays of two dtypes, of three axes or in another order, and while
  `config.fused` is False. If it changes large arrays, it goes in pieces.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from warnings import warn
from weakref import WeakSet

import numpy

from common import config
from common.checks import check_array
from common.errors import DTypeError, ShapeError
from common.formula import Formula
from common.np import Array, np

PIECE = 2**16  # elements: they stay in the processor's cache from one pass to the next
EXACT = {"absolute", "maximum", "minimum", "sqrt"}  # in a loop the same to the bit, and as fast


class Fused:
    """A formula that is called as the function that it is. loop: the loop, as text."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function, self.formula = function, Formula(function)
        self.count = len(self.formula.arrays)
        self.loop = self.formula.loop_text()
        # Where arrays have one shape and need no pieces, the formula is called without detours.
        self._plain = self.formula.define(self.formula.call_text(most=PIECE), run=function)
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
        try:
            y = self._plain(*args)
        except AttributeError:
            y = NotImplemented
        if y is NotImplemented:
            y = self._as_it_stands(*args)  # raises where the arguments are at fault
        if refused is not None and config.GPU and _are_alike(args[: self.count]):
            name = self.formula.name
            warn(f"{name} cannot be one kernel: {refused}", RuntimeWarning, stacklevel=2)
            self._fast = None
        return y

    def __reduce__(self) -> str:
        return self.function.__qualname__

    def _as_it_stands(self, *args: Any) -> Any:
        arrays = args[: self.count]
        for name, x in zip(self.formula.arrays, arrays, strict=True):
            check_array(self.formula.name, name, x)
        if any(array.shape != arrays[0].shape for array in arrays):
            got = " and ".join(str(array.shape) for array in arrays)
            raise ShapeError(f"{self.formula.name}: expected arrays of one shape, got {got}")
        numbers = [*map(float, args[self.count :])]
        if self.formula.returned or config.GPU:
            return self.function(*arrays, *numbers)
        for piece in pieces(*arrays):
            self.function(*piece, *numbers)
        return None

    @functools.cached_property
    def _fast(self) -> Callable[..., Any] | None:
        """What runs it in one pass, as long as the switches stand as they do."""
        run = (self._kernel if config.GPU else self._loop) if config.fused else None
        return run and self.formula.define(self.formula.call_text(), run=run)

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
        ndims = range(3) if self.formula.changed else (1, 2)
        kinds = [numba.types.Array(real, ndim, "C") for real in floats for ndim in ndims]
        numbers = (numba.float64,) * len(self.formula.constants)
        signatures = [(kind,) * self.count + numbers for kind in kinds]
        function = self.formula.define(self.loop, np=numpy)
        try:
            return numba.njit(signatures, error_model="numpy", cache=True)(function)
        except Exception:  # it stands in no file, say, or what was kept is damaged
            return numba.njit(signatures, error_model="numpy")(function)

    @functools.cached_property
    def _kernel(self) -> Any:
        """One kernel on the GPU."""
        function = self.formula.define(self.formula.kernel_text(), np=np)
        kernel = config.array_module.fuse(kernel_name=self.formula.name)(function)

        def run(*args: Any) -> Any:
            if not _are_alike(args[: self.count]):
                raise DTypeError("a kernel takes arrays of one shape and one dtype, of floats")
            real = args[0].dtype.type  # a number of Python's would become a float16 there
            return kernel(*args[: self.count], *map(real, args[self.count :]))

        return run


_all = WeakSet[Fused]()


def _forget() -> None:
    """After a switch each formula looks anew for what runs it."""
    for formula in _all:
        vars(formula).pop("_fast", None)


config.on_switch.append(_forget)


def _are_alike(arrays: tuple[Array, ...]) -> bool:
    """Whether they have one shape and one dtype, of floats."""
    first = arrays[0]
    return first.dtype.kind == "f" and len({(x.shape, x.dtype) for x in arrays}) == 1


def fused(function: Callable[..., Any]) -> Fused:
    """The formula, which from now on runs in one pass where it can.

    What it may be, `common.formula` says; anything else is an error that names the line.
    """
    return Fused(function)


def pieces(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Views of large arrays of one shape, PIECE elements at a time.

    They stay in the cache from one pass to the next. Others come as they are.

    >>> for a, b in pieces(np.zeros((100, 800)), np.ones((100, 800))):
    ...     print(a.shape, b.shape)
    (65536,) (65536,)
    (14464,) (14464,)
    """
    if not all(array.flags.c_contiguous for array in arrays):
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, PIECE):
        yield tuple(array[start : start + PIECE] for array in flat)
