"""The tensors of a step that `replay` records: what looks into one would freeze a number."""

import os
import sys
from pathlib import Path
from typing import Any

from common.autograd import tape
from common.autograd.tensor import Tensor, compare
from common.np import np

COMMON = f"{Path(__file__).parents[1]}{os.sep}"


class Watched(Tensor):
    """A tensor of a step that is recorded: what looks into it from outside is refused."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        recorder = tape.recorder.get()
        if recorder is not None and name[0] != "_" and not _is_ours(sys._getframe(1)):
            if name == "data" or (name == "shape" and recorder.has_loose_shapes):
                recorder.refuse(f".{name} would stay what it was in the recording")
            if type(self) is Mask and name not in ("shape", "ndim", "dtype"):
                why = f".{name} of a comparison, which is for where(...), x[...] and x * ..."
                recorder.refuse(why)
        return super().__getattribute__(name)

    def __len__(self) -> int:
        recorder = tape.recorder.get()
        if recorder is not None and recorder.has_loose_shapes:
            recorder.refuse("its length would stay what it was in the recording")
        return super().__len__()


class Mask(Watched):
    """What a comparison gives while a step is recorded: it is used, and not looked into."""

    __slots__ = ()

    def __and__(self, other: Any) -> Any:
        return compare(np.bitwise_and, self, other)

    def __or__(self, other: Any) -> Any:
        return compare(np.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Any:
        return compare(np.bitwise_xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        return compare(np.bitwise_xor, self, True)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc.__name__.removeprefix("cupy_") in ("bitwise_and", "bitwise_or", "bitwise_xor"):
            return compare(ufunc, *inputs)
        return super().__array_ufunc__(ufunc, method, *inputs, **options)


Watched.__name__ = Mask.__name__ = "Tensor"  # which is what the user has


def place() -> str:
    """The line of the function that is running, outside this package."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


def _is_ours(frame: Any) -> bool:
    return frame.f_code.co_filename.startswith(COMMON)
