"""What tensors record: each operation beside its derivative.

An op works as a layer without weights does, with one difference: its inputs may have different
shapes, as far as NumPy's broadcasting goes. `backward` returns a gradient for each input in the
shape of the output; the tape adds it up over what was broadcast. An input whose gradient nobody
needs (`needs` says so) may get None.
"""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from types import EllipsisType
from typing import Any

import numpy

from common.checks import check_flag, check_whole
from common.errors import ArgumentError, ShapeError
from common.functions import inner, log_softmax
from common.np import Array, np

Operand = Array | float
Axis = int | tuple[int, ...] | None


class Op:
    """An operation on arrays, and its derivative; one is made for each use.

    needs: for each input, whether its gradient is wanted.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    params: Sequence[Array] = ()  # an op learns nothing
    needs: Sequence[bool] = (True, True)


# Arithmetic, element by element, and the matrix product ------------------------------------------


class Neg(Op):
    """y = -a."""

    def forward(self, a: Array) -> Array:
        return -a

    def backward(self, dout: Array) -> Array:
        return -dout


class Add(Op):
    """y = a + b."""

    def forward(self, a: Operand, b: Operand) -> Operand:
        return a + b

    def backward(self, dout: Array) -> tuple[Array, Array]:
        return dout, dout


class Sub(Op):
    """y = a - b."""

    def forward(self, a: Operand, b: Operand) -> Operand:
        return a - b

    def backward(self, dout: Array) -> tuple[Array, Array | None]:
        return dout, -dout if self.needs[1] else None


class Mul(Op):
    """y = a · b. Each input gets what came back, times the other input."""

    def forward(self, a: Operand, b: Operand) -> Operand:
        self.a, self.b = a, b
        return a * b

    def backward(self, dout: Array) -> tuple[Array | None, Array | None]:
        da = _product(dout, self.b, self.a) if self.needs[0] else None
        db = _product(dout, self.a, self.b) if self.needs[1] else None
        return da, db


def _product(dout: Array, other: Operand, x: Any) -> Array:
    """dout · other, the gradient of x; where x is one number, added up at once."""
    if x.ndim or not dout.ndim:
        return dout * other
    return np.asarray(inner(dout, other))


class Div(Op):
    """y = a / b. da = dout / b, db = -dout · a / b²."""

    def forward(self, a: Operand, b: Operand) -> Operand:
        self.b, self.y = b, a / b
        return self.y

    def backward(self, dout: Array) -> tuple[Array, Array | None]:
        da = dout / self.b
        return da, -da * self.y if self.needs[1] else None


class Pow(Op):
    """y = a ** b. da = dout · b · a^(b-1), db = dout · y · log a.

    Small whole powers are multiplied out, which is many times faster. At a = 0, y · log a goes to
    0 for every b above 0, and is taken as 0 for b = 0, too; below, it is minus infinity.
    """

    def forward(self, a: Operand, b: Operand) -> Operand:
        y = power(a, b)
        self.a, self.b, self.y = a, b, 1 * a if y is a else y  # never the input's own array
        return self.y

    def backward(self, dout: Array) -> tuple[Array | None, Array | None]:
        a, b, da, db = self.a, self.b, None, None
        if self.needs[0]:
            # Where b is 0, so is its product with a^0, also for an infinite a.
            less = b - (b != 0) if isinstance(b, (float, int)) else np.where(b == 0, 0, b - 1)
            da = dout * (b * power(a, less))
        if self.needs[1]:
            db = dout * self.y * self._log(a, b).astype(dout.dtype)
        return da, db

    @staticmethod
    @numpy.errstate(divide="ignore")  # log 0 = -inf is meant
    def _log(a: Operand, b: Operand) -> Array:
        """log a; and 0 where a is 0, unless b is below 0."""
        return np.log(np.where(np.equal(a, 0) & np.greater_equal(b, 0), 1, a))


def power(a: Operand, b: Operand) -> Operand:
    """a ** b; a small whole b by multiplication.

    >>> power(np.array([2.0, 3.0]), 3)
    array([ 8., 27.])
    """
    if not isinstance(b, int) or not 0 < b <= 8:
        return a**b
    if b == 1:
        return a
    half = a if b < 4 else power(a, b // 2)
    return half * half * a if b % 2 else half * half


class MatMul(Op):
    """y = a @ b, as `np.matmul`: vectors, matrices, or stacks of them.

    da = dout bᵀ, db = aᵀ dout, where a vector counts as a row on the left, a column on the right.
    """

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        return np.matmul(a, b)

    def backward(self, dout: Array) -> tuple[Array | None, Array | None]:
        a = self.a[None, :] if self.a.ndim == 1 else self.a
        b = self.b[:, None] if self.b.ndim == 1 else self.b
        dout = dout[..., None] if self.b.ndim == 1 else dout
        dout = dout[..., None, :] if self.a.ndim == 1 else dout
        da = np.matmul(dout, b.swapaxes(-1, -2)) if self.needs[0] else None
        db = np.matmul(a.swapaxes(-1, -2), dout) if self.needs[1] else None
        return _without_row(da, self.a), _without_column(db, self.b)


def _without_row(da: Array | None, a: Array) -> Array | None:
    return da[..., 0, :] if da is not None and a.ndim == 1 else da


def _without_column(db: Array | None, b: Array) -> Array | None:
    return db[..., :, 0] if db is not None and b.ndim == 1 else db


class Maximum(Op):
    """y = max(a, b), element by element. Where they are equal, each gets half."""

    def forward(self, a: Operand, b: Operand) -> Operand:
        self.a, self.b = a, b
        return np.maximum(a, b)

    def backward(self, dout: Array) -> tuple[Array | None, Array | None]:
        share = np.asarray((self.a > self.b) + 0.5 * (self.a == self.b), dout.dtype)
        da = dout * share if self.needs[0] else None
        return da, dout * (1 - share) if self.needs[1] else None


class Where(Op):
    """y = a where the condition holds, else b."""

    def forward(self, condition: Array, a: Operand, b: Operand) -> Operand:
        self.condition = condition.astype(bool, copy=False)
        return np.where(self.condition, a, b)

    def backward(self, dout: Array) -> tuple[None, Array | None, Array | None]:
        da = dout * self.condition if self.needs[1] else None
        return None, da, dout * ~self.condition if self.needs[2] else None


class Exp(Op):
    """y = exp(a). da = dout · y."""

    def forward(self, a: Array) -> Array:
        self.y = np.exp(a)
        return self.y

    def backward(self, dout: Array) -> Array:
        return dout * self.y


class Log(Op):
    """y = log(a). da = dout / a."""

    def forward(self, a: Array) -> Array:
        self.a = a
        return np.log(a)

    def backward(self, dout: Array) -> Array:
        return dout / self.a


class Sin(Op):
    """y = sin(a). da = dout · cos(a)."""

    def forward(self, a: Array) -> Array:
        self.a = a
        return np.sin(a)

    def backward(self, dout: Array) -> Array:
        return dout * np.cos(self.a)


class Cos(Op):
    """y = cos(a). da = -dout · sin(a)."""

    def forward(self, a: Array) -> Array:
        self.a = a
        return np.cos(a)

    def backward(self, dout: Array) -> Array:
        return -dout * np.sin(self.a)


class Sqrt(Op):
    """y = √a. da = dout / 2y."""

    def forward(self, a: Array) -> Array:
        self.y = np.sqrt(a)
        return self.y

    def backward(self, dout: Array) -> Array:
        return dout / (2 * self.y)


class Abs(Op):
    """y = |a|. da = dout · sign(a), which is 0 at 0."""

    def forward(self, a: Array) -> Array:
        self.a = a
        return np.abs(a)

    def backward(self, dout: Array) -> Array:
        return dout * np.sign(self.a)


class LogSoftmax(Op):
    """y = log(softmax(a)) along the last axis. da_i = dout_i - softmax(a)_i · Σ_j dout_j."""

    def forward(self, a: Array) -> Array:
        self.y = log_softmax(a)
        return self.y

    def backward(self, dout: Array) -> Array:
        return dout - np.exp(self.y) * dout.sum(axis=-1, keepdims=True)


class Clamp(Op):
    """y = a, but at least `min`, at most `max`. da = dout where min <= a <= max, else 0."""

    def __init__(self, min: float | None, max: float | None) -> None:
        low = min if isinstance(min, (float, int)) else -math.inf  # into an array nobody looks:
        high = max if isinstance(max, (float, int)) else math.inf  # on a GPU that would be to wait
        if not low <= high:
            raise ArgumentError(f"Clamp: min must be at most max, and none NaN, got {min}, {max}")
        self.min, self.max = min, max

    def forward(self, a: Array) -> Array:
        self.a = a
        return np.clip(a, self.min, self.max)

    def backward(self, dout: Array) -> Array:
        above = True if self.min is None else self.a >= self.min
        below = True if self.max is None else self.a <= self.max
        return dout * (above & below)


# Sums over axes, other shapes, parts --------------------------------------------------------------


class Sum(Op):
    """The sum over `axis` (all of them for None). Each summand gets what came back."""

    def __init__(self, axis: Axis, keepdims: bool) -> None:
        if keepdims is not False:
            keepdims = check_flag(self, "keepdims", keepdims)
        self.axis, self.keepdims = axis, keepdims

    def forward(self, a: Array) -> Array:
        self.shape = a.shape
        return a.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, dout: Array) -> Array:
        da = np.empty(self.shape, dout.dtype)
        da[...] = self._with_axes(dout)
        return da

    def _with_axes(self, y: Array) -> Array:
        """y with the axes that were summed away, of length 1."""
        if self.keepdims or self.axis is None:
            return y
        return np.expand_dims(y, self.axis)


class Mean(Sum):
    """The mean over `axis` (all of them for None). Each gets its share of what came back."""

    def forward(self, a: Array) -> Array:
        y = super().forward(a)
        self.count = a.size // max(np.size(y), 1)
        return y / self.count

    def backward(self, dout: Array) -> Array:
        return super().backward(dout / self.count)


class Var(Sum):
    """The variance over `axis` (all of them for None): Σ (a - mean)² / (N - ddof).

    da = dout · 2 (a - mean) / (N - ddof): what moves the mean adds up to 0.
    """

    def __init__(self, axis: Axis, keepdims: bool, ddof: int) -> None:
        super().__init__(axis, keepdims)
        self.ddof = check_whole(self, "ddof", ddof, at_least=0)

    def forward(self, a: Array) -> Array:
        self.diff = a - a.mean(axis=self.axis, keepdims=True)
        y = super().forward(self.diff * self.diff)
        self.count = a.size // max(np.size(y), 1) - self.ddof
        if self.count <= 0 < a.size:
            raise ShapeError(
                f"Var: needs more than {self.ddof} numbers, got shape {a.shape}, ddof={self.ddof}"
            )
        return y / self.count

    def backward(self, dout: Array) -> Array:
        return super().backward(2 * dout / self.count) * self.diff


class Max(Sum):
    """The largest over `axis` (all of them for None). Equal largest ones share what came back."""

    method = "max"

    def forward(self, a: Array) -> Array:
        y = getattr(a, self.method)(axis=self.axis, keepdims=self.keepdims)
        self.is_chosen = a == self._with_axes(y)
        return y

    def backward(self, dout: Array) -> Array:
        count = self.is_chosen.sum(axis=self.axis, keepdims=True, dtype=dout.dtype)
        return self._with_axes(dout) * self.is_chosen / count


class Min(Max):
    """The smallest over `axis` (all of them for None). Equal smallest ones share what came back."""

    method = "min"


class Reshape(Op):
    """The same numbers in another shape."""

    def __init__(self, y_shape: tuple[int, ...]) -> None:
        self.y_shape = y_shape

    def forward(self, a: Array) -> Array:
        self.shape = a.shape
        return a.reshape(self.y_shape)

    def backward(self, dout: Array) -> Array:
        return dout.reshape(self.shape)


class Squeeze(Reshape):
    """Without the axes of length 1: those in `axis`, or all of them for None."""

    def __init__(self, axis: Axis) -> None:
        self.axis = axis

    def forward(self, a: Array) -> Array:
        self.shape = a.shape
        return a.squeeze(self.axis)


class Transpose(Op):
    """The axes in another order; reversed where `axes` is empty."""

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = axes

    def forward(self, a: Array) -> Array:
        y = a.transpose(self.axes or None)
        self.axes = tuple(axis % a.ndim for axis in self.axes) or tuple(range(a.ndim))[::-1]
        return y

    def backward(self, dout: Array) -> Array:
        back = sorted(range(len(self.axes)), key=self.axes.__getitem__)
        return dout.transpose(back)


class GetItem(Op):
    """y = a[index]. An element that was taken twice gets both gradients."""

    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, a: Array) -> Array:
        if not (self._takes_each_once() or self._is_index()):
            raise TypeError("an index is made of whole numbers, booleans, slices, None and ...")
        self.shape = a.shape
        return a[self.index]

    def backward(self, dout: Array) -> Array:
        da = np.zeros(self.shape, dout.dtype)
        if self._takes_each_once():
            da[self.index] = dout
        else:
            np.add.at(da, self.index, dout)
        return da

    def _parts(self) -> tuple[Any, ...]:
        return self.index if isinstance(self.index, tuple) else (self.index,)

    def _takes_each_once(self) -> bool:
        """Numbers, slices, None and ... do; a list or an array may name an element twice."""
        return all(
            part is None or isinstance(part, int | slice | EllipsisType) for part in self._parts()
        )

    def _is_index(self) -> bool:
        """Whether it is of the kinds that an index may be. CuPy takes 1.5 in silence, as 1."""
        chosen = [p for p in self._parts() if not isinstance(p, slice | EllipsisType | None)]
        try:
            arrays = [p if hasattr(p, "dtype") else numpy.asarray(p) for p in chosen]
        except ValueError:  # lists of different lengths
            return False
        return all(array.dtype.kind in "iub" for array in arrays)


class Concatenate(Op):
    """Arrays one after another along `axis`. Each gets its stretch of what came back."""

    def __init__(self, axis: int) -> None:
        self.axis = check_whole(self, "axis", axis)

    def forward(self, *arrays: Array) -> Array:
        y = np.concatenate(arrays, axis=self.axis)
        self.lengths = [array.shape[self.axis] for array in arrays]
        return y

    def backward(self, dout: Array) -> tuple[Array, ...]:
        cuts = list(accumulate(self.lengths))[:-1]
        return tuple(np.split(dout, cuts, axis=self.axis))


class Stack(Op):
    """Arrays of one shape, side by side along a new axis. Each gets its slice of what came back."""

    def __init__(self, axis: int) -> None:
        self.axis = check_whole(self, "axis", axis)

    def forward(self, *arrays: Array) -> Array:
        self.count = len(arrays)
        return np.stack(arrays, axis=self.axis)

    def backward(self, dout: Array) -> tuple[Array, ...]:
        slices = np.moveaxis(dout, self.axis, 0)
        return tuple(slices[i, ...] for i in range(self.count))
