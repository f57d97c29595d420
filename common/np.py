"""`np`: NumPy, or CuPy while `config.GPU` is on; and the names of what it computes with.

    from common.np import np

Code that says `np.exp(x)` then runs on either device. The name is looked up at each use, so it
does not matter whether the switch came before or after the import. What has been looked up once
is kept until the switch changes: `np.exp` costs about what it costs on the module itself.

Random numbers are the exception. They are drawn on the CPU by a generator of NumPy's and then
moved with `np.asarray`, so that one seed starts the same run on both devices.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from common import config

__all__ = ["np"]

Array = NDArray[Any]  # an array of either device
Seed = int | numpy.random.Generator | None  # what a function that draws numbers takes


class AbstractTensor:
    """What `common.autograd.Tensor` is one of: so the modules below the tape can tell a tensor."""

    __slots__ = ()
    data: Array
    grad: Any
    changed: int
    record: Callable[..., Any]
    enters: Callable[..., None]
    replace_arrays: Callable[[Callable[[Any], Any]], None]


class _ArrayModule:
    """Stands for NumPy or CuPy; a name is resolved at its first use after a switch."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(config.array_module, name)
        vars(self)[name] = value
        return value

    def __dir__(self) -> list[str]:
        return dir(config.array_module)

    def __repr__(self) -> str:
        return f"<common.np: {config.array_module.__name__}>"


if TYPE_CHECKING:
    import numpy as np
else:
    np = _ArrayModule()
    config.on_switch.append(vars(np).clear)
