"""A stand-in for CuPy on machines without a GPU: NumPy's arrays behind CuPy's rules.

It computes with NumPy, so it proves nothing about a GPU's numbers or speed. What it proves is that
code keeps to what CuPy allows. It refuses what CuPy refuses:

- to become a NumPy array unasked, and to be mixed with one in an operation;
- lists where arrays are expected; the one way in is `array` and its kin;
- names and parameters that CuPy lacks (`data/cupy_names.json` was read off a real one).

As on a GPU, what NumPy makes a scalar is a 0-d array here, an array of indices that is out of
range wraps around in silence, 1.5 is taken as the index 1, and no warning is given of a division
by zero. `shares_memory` misses what a 0-d array shares. `counts` counts each
copy to the host, and each other wait: where a shape depends on the numbers, the GPU must be done.

Stricter than CuPy on purpose: `*_like` of a NumPy array and indexing with one are refused, and so
is `cupy.random`, since this project draws its numbers on the CPU; and a fused kernel refuses a
number of Python's, which on a GPU becomes a float16 in silence.
"""

import json
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy

NAMES: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "cupy_names.json").read_text())

CONVERT = {"array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray"}
ASK = {
    "ndim",
    "shape",
    "size",
    "isscalar",
    "result_type",
    "can_cast",
    "may_share_memory",
}  # of the host alone
WAIT = {"nonzero", "flatnonzero", "argwhere", "unique", "compress", "extract", "bincount"}
ARRAYS = {"a", "b", "a1", "a2", "ary", "arr", "array", "v", "m", "condition", "element"}
LISTS = {"tup", "arrays"}
HOST_NUMBERS = {"axis", "axes", "shape", "newshape", "reps", "repeats", "indices_or_sections"}
FETCH = {"item", "tolist", "tobytes"}
PLAIN = (bool, int, float, complex, numpy.generic)
SETTINGS = (*PLAIN, str, type, numpy.dtype, slice, types.NoneType, types.EllipsisType)


@dataclass
class Counts:
    """What has been waited for: copies to the host, and shapes that depend on numbers."""

    transfers: int = 0
    waits: int = 0


counts = Counts()


class ndarray:  # noqa: N801  CuPy's name
    """An array on the GPU, simulated: `host` is where the numbers really are."""

    __slots__ = ("__weakref__", "host")
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 100
    host: numpy.ndarray[Any, Any]

    def __getattr__(self, name: str) -> Any:
        if name not in NAMES["ndarray"]:
            raise AttributeError(f"'ndarray' object has no attribute {name!r}")
        if NAMES["ndarray"][name] is not None:
            return OfArrays(name, NAMES["ndarray"][name], getattr(self.host, name), of=self)
        value = getattr(self.host, name)
        return _on_device(value, [self]) if isinstance(value, numpy.ndarray) else value

    @property
    def T(self) -> "ndarray":
        return self if self.host.ndim < 2 else _array(self.host.T)

    @property
    def flags(self) -> Any:
        flags = self.host.flags
        names = ("c_contiguous", "f_contiguous", "owndata")
        return types.SimpleNamespace(**{name: getattr(flags, name) for name in names})

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {"shape": self.host.shape, "typestr": self.host.dtype.str, "version": 3}

    # To the host ----------------------------------------------------------------------------------

    def get(self) -> Any:
        counts.transfers += 1
        return self.host.copy()

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __float__(self) -> float:
        return float(self.get())

    def __int__(self) -> int:
        return int(self.get())

    def __bool__(self) -> bool:
        if self.host.size != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous")
        return bool(self.get())

    def __repr__(self) -> str:
        return repr(self.get())

    def __str__(self) -> str:
        return str(self.get())

    def __format__(self, spec: str) -> str:
        return format(self.get(), spec)

    # A container ----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.host)

    def __iter__(self) -> Iterator["ndarray"]:
        if self.host.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> "ndarray":
        return _array(self.host[_host_index(index, self.host.shape)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.host[_host_index(index, self.host.shape)] = _operand(value)

    def __copy__(self) -> "ndarray":
        return _array(self.host.copy())

    def __deepcopy__(self, _: Any) -> "ndarray":
        return _array(self.host.copy())

    def __reduce__(self) -> Any:
        return Convert("array"), (self.get(),)

    # Arithmetic -----------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or ufunc.__name__ not in NAMES["ufuncs"]:
            return NotImplemented
        known = (ndarray, numpy.ndarray, *PLAIN)
        if not all(isinstance(x, known) for x in (*inputs, *options.get("out", ()))):
            return NotImplemented
        if "out" in options:
            (options["out"],) = options["out"]
        if ufunc.__name__ in COMPARE.values():  # NumPy makes its scalars 0-d arrays there
            inputs = tuple(_unpacked(x) for x in inputs)
        return Ufunc(ufunc.__name__)(*inputs, **options)

    def __array_function__(self, function: Any, kinds: Any, args: Any, options: Any) -> Any:
        known = all(kind in (ndarray, numpy.ndarray) for kind in kinds)
        if not known or function.__name__ not in NAMES["cupy"]:
            return NotImplemented
        return getattr(cupy, function.__name__)(*args, **options)


def _unpacked(x: Any) -> Any:
    return x.item() if isinstance(x, numpy.ndarray) and x.ndim == 0 else x


def _array(host: Any) -> ndarray:
    array = object.__new__(ndarray)
    array.host = numpy.asarray(host)
    return array


def _on_device(value: Any, given: list[ndarray]) -> Any:
    """What NumPy returned, as CuPy would: `out` as itself, a scalar as a 0-d array."""
    if isinstance(value, tuple | list):
        return type(value)(_on_device(item, given) for item in value)
    for array in given:
        if array.host is value:
            return array
    return _array(value) if isinstance(value, (numpy.ndarray, *PLAIN)) else value


def _operand(x: Any) -> Any:
    """What may stand in an operation: an array of the device, or a number."""
    if isinstance(x, ndarray):
        return x.host
    if isinstance(x, PLAIN):
        return x
    raise TypeError(f"Unsupported type {type(x)}")


def _argument(x: Any) -> Any:
    """What a function may be given: besides these, settings, and lists of all of them."""
    if isinstance(x, tuple | list):
        return type(x)(map(_argument, x))
    return x if isinstance(x, SETTINGS) else _operand(x)


def _arrays_in(arguments: Any) -> Iterator[ndarray]:
    for x in arguments:
        if isinstance(x, ndarray):
            yield x
        elif isinstance(x, tuple | list):
            yield from _arrays_in(x)


# Indexing -------------------------------------------------------------------------------------


def _host_index(index: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The index for NumPy, wrapped around; the `...` at its end keeps even one element an array."""
    parts = list(index) if isinstance(index, tuple) else [index]
    parts = [Convert("array")(part) if isinstance(part, list) else part for part in parts]
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    lengths = [_length(part) for part in parts]
    axis, host = 0, []
    for part, length in zip(parts, lengths, strict=True):
        host.append(_wrapped(part, shape[axis]) if isinstance(part, ndarray) else _plain(part))
        axis += len(shape) - sum(lengths) if part is Ellipsis else length
    return tuple(host)


def _length(part: Any) -> int:
    """How many axes a part of an index takes."""
    if part is None or part is Ellipsis:
        return 0
    return part.host.ndim if isinstance(part, ndarray) and part.dtype.kind == "b" else 1


def _wrapped(indices: ndarray, count: int) -> Any:
    if indices.dtype.kind == "b":
        counts.waits += 1  # how many are true?
        return indices.host
    return indices.host % count if indices.dtype.kind in "iu" and count else indices.host


def _plain(part: Any) -> Any:
    if isinstance(part, int | numpy.integer | slice | None | types.EllipsisType):
        return part
    if isinstance(part, float):
        return int(part)  # in silence, as on a GPU
    raise IndexError(f"an index must be a number, a slice or an array of the GPU, got {part!r}")


# Functions ------------------------------------------------------------------------------------


class Function:
    """A function or method by its name, with the parameters that CuPy's has."""

    def __init__(
        self, name: str, parameters: str, numpys: Callable[..., Any], of: ndarray | None = None
    ) -> None:
        self.name, self.parameters, self.numpys, self.of = name, parameters.split(), numpys, of

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.check_parameters(args, options)
        counts.waits += self.name in WAIT
        counts.transfers += self.name in FETCH
        hosts = {name: _argument(value) for name, value in options.items()}
        with numpy.errstate(all="ignore"):
            y = self.numpys(*map(self.host_of, args), **hosts)
        return self.result(y, list(_arrays_in([self.of, *args, *options.values()])))

    def check_parameters(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        starred = [parameter for parameter in self.parameters if parameter.startswith("*")]
        unknown = set() if "**kwargs" in starred else set(options) - set(self.parameters)
        if unknown or (len(args) > len(self.parameters) and not starred):
            got = ", ".join(sorted(unknown)) or f"{len(args)} arguments"
            raise TypeError(f"{self.name}() got unexpected {got}")

    def host_of(self, argument: Any) -> Any:
        return _argument(argument)

    def result(self, y: Any, given: list[ndarray]) -> Any:
        if getattr(y, "dtype", numpy.dtype(float)).kind not in "biufc":
            raise ValueError(f"Unsupported dtype {y.dtype}")
        return y if self.name in FETCH else _on_device(y, given)


class OfArrays(Function):
    """A function that computes with arrays: what it takes by these names is on the GPU."""

    def check_parameters(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        super().check_parameters(args, options)
        for name, value in [*zip(self.parameters, args, strict=False), *options.items()]:
            if name in LISTS and not value:
                raise ValueError(f"{self.name}: needs at least one array")
            arrays = value if name in LISTS else [value] if name in ARRAYS else []
            if self.name == "concatenate" and any(
                getattr(array, "ndim", 1) == 0 for array in arrays
            ):
                raise TypeError("zero-dimensional arrays cannot be concatenated")
            if not all(isinstance(array, ndarray) for array in arrays):
                raise TypeError(f"{self.name}: {name} must be on the GPU, got {value!r:.80}")
            if name in HOST_NUMBERS and any(True for _ in _arrays_in([value])):
                raise TypeError(f"{self.name}: {name} must be numbers of the host")


class Ask(Function):
    """A question to the host about anything; its answer is one of Python's own."""

    def host_of(self, argument: Any) -> Any:
        return _fetched(argument)

    def result(self, y: Any, given: list[ndarray]) -> Any:
        return y


class Ufunc(Function):
    """A function of NumPy's that goes element by element: of arrays and numbers, not of lists."""

    def __init__(self, name: str) -> None:
        self.numpys: Any
        super().__init__(f"cupy_{name}", NAMES["cupy"][name], getattr(numpy, name))
        self.__name__ = self.name

    def __call__(self, *args: Any, **options: Any) -> Any:
        for x in args:  # what is no array may have its own way with CuPy's functions
            if hasattr(x, "__cupy_override_elementwise_kernel__"):
                return x.__cupy_override_elementwise_kernel__(self, *args, **options)
        if self.numpys is numpy.matmul and not all(isinstance(x, ndarray) for x in args):
            raise TypeError(f"matmul: expected arrays of the GPU, got {args!r:.80}")
        return super().__call__(*args, **options)

    def host_of(self, argument: Any) -> Any:
        return _operand(argument)

    def reduce(self, a: ndarray, axis: Any = 0, **options: Any) -> Any:
        if self.numpys not in (numpy.add, numpy.multiply):
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return Function(self.name, "a axis dtype out keepdims", self.numpys.reduce)(
            a, axis, **options
        )

    def at(self, a: ndarray, index: Any, b: Any) -> None:
        if self.numpys not in (numpy.add, numpy.subtract, numpy.maximum, numpy.minimum):
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        self.numpys.at(a.host, _host_index(index, a.host.shape), _operand(b))


class Convert(Function):
    """The way to the device. An array that is there already is taken as it is."""

    def __init__(self, name: str) -> None:
        super().__init__(name, NAMES["cupy"][name], getattr(numpy, name))

    def __call__(self, x: Any, dtype: Any = None, **options: Any) -> ndarray:
        self.check_parameters((x, dtype), options)
        here = isinstance(x, ndarray)
        host = x.host if here else numpy.asarray(_fetched(x))
        array = self.numpys(host, dtype, **options)
        if array.dtype.kind not in "biufc":
            raise ValueError(f"Unsupported dtype {array.dtype}")
        if here and array is host:
            return x
        return _array(array if array is not host else array.copy(order="K"))


def _fetched(x: Any) -> Any:
    """A list as NumPy takes it. CuPy joins arrays of the GPU in it without a copy to the host."""
    if isinstance(x, ndarray):
        return x.host
    return type(x)(map(_fetched, x)) if isinstance(x, tuple | list) else x


# Operators ------------------------------------------------------------------------------------

BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "matmul": "matmul",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
COMPARE = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal",
    "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def _binary(name: str, swapped: bool = False) -> Callable[[ndarray, Any], Any]:
    def operate(self: ndarray, other: Any) -> Any:
        if isinstance(other, ndarray):
            return Ufunc(name)(self, other)
        if other is None and name in ("equal", "not_equal"):
            return _array(numpy.full(self.host.shape, name == "not_equal"))
        # As CuPy does: NumPy asks the other one, too, whether it knows what to do.
        return getattr(numpy, name)(*((other, self) if swapped else (self, other)))

    return operate


def _unary(name: str) -> Callable[[ndarray], Any]:
    return lambda self: Ufunc(name)(self)


def _in_place(name: str) -> Callable[[ndarray, Any], Any]:
    return lambda self, other: Ufunc(name)(self, other, out=self)


for _symbol, _name in BINARY.items():
    setattr(ndarray, f"__{_symbol}__", _binary(_name))
    setattr(ndarray, f"__r{_symbol}__", _binary(_name, swapped=True))
    setattr(ndarray, f"__i{_symbol}__", _in_place(_name))
for _symbol, _name in COMPARE.items():
    setattr(ndarray, f"__{_symbol}__", _binary(_name))
for _symbol, _name in UNARY.items():
    setattr(ndarray, f"__{_symbol}__", _unary(_name))


# The modules ----------------------------------------------------------------------------------


class Module(types.ModuleType):
    """`cupy`, with the names that it has and no others."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in NAMES["cupy"]:
            raise AttributeError(f"module 'cupy' has no attribute {name!r}")
        value = _resolved(name)
        vars(self)[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted(NAMES["cupy"])


@cache
def _resolved(name: str) -> Any:
    if name in NAMES["ufuncs"]:
        return Ufunc(name)
    if name in CONVERT:
        return Convert(name)
    numpys, parameters = getattr(numpy, name), NAMES["cupy"][name]
    if parameters is None:
        return numpys  # a type or a constant
    return (Ask if name in ASK else OfArrays)(name, parameters, numpys)


def _testing(name: str) -> Callable[..., None]:
    def check(*args: Any, **options: Any) -> None:
        getattr(numpy.testing, name)(*map(_fetched, args), **options)

    return check


def _shares_memory(a: ndarray, b: ndarray) -> bool:
    return bool(a.ndim and b.ndim and numpy.shares_memory(a.host, b.host))


def _fuse(kernel_name: str) -> Callable[..., Any]:
    """A kernel of this name, made of a function."""

    def made_of(function: Callable[..., Any]) -> Callable[..., Any]:
        def kernel(*args: Any) -> Any:
            if lost := [x for x in args if not isinstance(x, ndarray | numpy.generic)]:
                raise TypeError(f"{kernel_name}: a kernel takes what has a dtype, not {lost}")
            return function(*args)

        return kernel

    return made_of


class CUDARuntimeError(RuntimeError):
    """What the driver says."""


cupy: Any = Module("cupy")
cupy.ndarray = ndarray
cupy.fuse = _fuse
cupy.shares_memory = _shares_memory
cupy.asnumpy = lambda x: x.get() if isinstance(x, ndarray) else numpy.asarray(x)
cupy.testing = types.SimpleNamespace(**{name: _testing(name) for name in NAMES["testing"]})
cupy.linalg = types.SimpleNamespace(
    **{
        name: OfArrays(name, parameters, getattr(numpy.linalg, name))
        for name, parameters in NAMES["linalg"].items()
        if parameters and hasattr(numpy.linalg, name)
    }
)
cupy.cuda = types.SimpleNamespace(
    runtime=types.SimpleNamespace(getDeviceCount=lambda: 1, CUDARuntimeError=CUDARuntimeError)
)
