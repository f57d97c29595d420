"""The operations that change a tensor's shape: sums over axes, views, parts, rows of parts."""

from itertools import accumulate
from types import EllipsisType
from typing import Any

from common.np import Array, np
from common.ops import Op

Axis = int | tuple[int, ...] | None


class Sum(Op):
    """The sum over `axis` (all of them for None). Each summand gets what came back."""

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
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


class Max(Sum):
    """The largest over `axis` (all of them for None). Equal largest ones share what came back."""

    def forward(self, a: Array) -> Array:
        self.shape = a.shape
        y = a.max(axis=self.axis, keepdims=self.keepdims)
        self.largest = a == self._with_axes(y)
        return y

    def backward(self, dout: Array) -> Array:
        count = self.largest.sum(axis=self.axis, keepdims=True, dtype=dout.dtype)
        return self._with_axes(dout) * self.largest / count


class Reshape(Op):
    """The same numbers in another shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.y_shape = shape

    def forward(self, a: Array) -> Array:
        self.shape = a.shape
        return a.reshape(self.y_shape)

    def backward(self, dout: Array) -> Array:
        return dout.reshape(self.shape)


class Transpose(Op):
    """The axes in another order; reversed where `axes` is empty."""

    def __init__(self, axes: tuple[int, ...] = ()) -> None:
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
        self.shape = a.shape
        return a[self.index]

    def backward(self, dout: Array) -> Array:
        da = np.zeros(self.shape, dout.dtype)
        if self._takes_each_once():
            da[self.index] = dout
        else:
            np.add.at(da, self.index, dout)
        return da

    def _takes_each_once(self) -> bool:
        """Numbers, slices, None and ... do; a list or an array may name an element twice."""
        parts = self.index if isinstance(self.index, tuple) else (self.index,)
        return all(part is None or isinstance(part, int | slice | EllipsisType) for part in parts)


class Concatenate(Op):
    """Arrays one after another along `axis`. Each gets its stretch of what came back."""

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def forward(self, *arrays: Array) -> Array:
        y = np.concatenate(arrays, axis=self.axis)
        self.lengths = [array.shape[self.axis] for array in arrays]
        return y

    def backward(self, dout: Array) -> tuple[Array, ...]:
        cuts = list(accumulate(self.lengths))[:-1]
        return tuple(np.split(dout, cuts, axis=self.axis))
