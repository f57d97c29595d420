"""All that can be seen of things: so that a test can tell whether a look has changed any of it."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy

from common import config
from common.autograd.tape import no_grad_blocks
from common.checks import is_array
from common.np import AbstractTensor
from common.util import to_cpu


@contextmanager
def left_as_found(*things: Any) -> Iterator[None]:
    """In the block nothing of these things changes, nor of what a process has one of."""
    before = seen(things)
    yield
    now = seen(things)
    changed = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
    assert not changed, sorted(changed)


def seen(things: tuple[Any, ...]) -> dict[str, Any]:
    """Each part of the things, and of theirs, under its name: arrays by identity and bytes."""
    found: dict[str, Any] = {
        "rcParams": dict(mpl.rcParams), "random": random.getstate(), "profile": sys.getprofile(),
        "errstate": numpy.geterr(), "print": numpy.get_printoptions(), "GPU": config.GPU,
        "no_grad": no_grad_blocks.get(), "dtype": config.dtype,
    }  # fmt: skip
    for i, thing in enumerate(things):
        _see(f"{type(thing).__name__} {i}", thing, found, set())
    return found


def _see(name: str, x: Any, found: dict[str, Any], known: set[int]) -> None:
    if is_array(x):
        found[name] = id(x), x.dtype, x.shape, to_cpu(x).tobytes()
    elif isinstance(x, numpy.random.Generator):
        found[name] = id(x), str(x.bit_generator.state)
    elif (parts := _parts(x)) is None:
        found[name] = repr(x) if isinstance(x, int | float | str | None) else id(x)
    else:
        found[name] = id(x), [*parts]
        if id(x) not in known:
            known.add(id(x))
            for key, part in parts.items():
                _see(f"{name}.{key}", part, found, known)


def _parts(x: Any) -> dict[Any, Any] | None:
    if isinstance(x, dict):
        return x
    if isinstance(x, list | tuple):
        return dict(enumerate(x))
    if isinstance(x, AbstractTensor):
        return {name: getattr(x, name) for name in ("data", "_grad", "call", "requires_grad")}
    return None if isinstance(x, type) or not hasattr(x, "__dict__") else vars(x)
