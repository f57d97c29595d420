"""States of NumPy's generators, as a file has them: only one that NumPy can draw from is taken."""

from collections.abc import Mapping
from typing import Any

import numpy
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, Generator, Philox

from common.training.refusal import refused

BITS: Mapping[str, type] = {c.__name__: c for c in (PCG64, PCG64DXSM, MT19937, Philox, SFC64)}


def generator_of(state: Any) -> Generator:
    """A new one in this state, as `bit_generator.state` has it."""
    match state:
        case {"bit_generator": str(kind)} if kind in BITS:
            generator = Generator(BITS[kind](0))
            generator.bit_generator.state = checked_state(generator, state)
            return generator
    raise refused("what is kept", state)


def checked_state(generator: Generator, state: Any) -> Any:
    """The state, if it is one that this generator can have."""
    bits = type(generator.bit_generator)(0)
    try:
        bits.state = state
    except (TypeError, ValueError, LookupError, OverflowError):
        raise refused("the state of a generator", state) from None
    if not is_same_state(bits.state, state) or not _goes_on(**state):
        raise refused("the state of a generator", state)
    return state


def is_same_state(one: Any, other: Any) -> bool:
    """Of a generator, or a part of it: the same numbers, of the same types."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same_state(one[k], other[k]) for k in one)
    return numpy.array_equal(one, other)


def _goes_on(bit_generator: str, state: Any, buffer_pos: int = 0, **_: Any) -> bool:
    """Whether NumPy can draw from it: NumPy itself does not look.

    Elsewhere in its memory than where the numbers are, or without end for one that never comes.
    """
    if bit_generator in ("PCG64", "PCG64DXSM"):
        return state["inc"] % 2 == 1  # or its period may be 1
    if bit_generator == "MT19937":
        return 0 <= state["pos"] <= len(state["key"]) and state["key"][1:].any()
    return 0 <= buffer_pos <= 4
