"""One training step under `jax.jit`, with its compilation timed apart."""

import time
from collections.abc import Callable, Sequence
from typing import Any


def compiled(
    step: Callable[..., Any], *example: Any, donated: Sequence[int] = ()
) -> tuple[Callable[..., Any], float]:
    """The step under jit, and the seconds from Python to machine code.

    The arguments are an example of what the step will be called with. donated: those whose memory
    the step may write its results into.
    """
    import jax

    jitted = jax.jit(step, donate_argnums=donated)
    began = time.perf_counter()
    jitted.lower(*example).compile()
    return jitted, time.perf_counter() - began
