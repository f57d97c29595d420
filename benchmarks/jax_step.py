"""Training steps under `jax.jit`, with their compilation timed apart."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.workload import Compiled, Run


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


def descent(error: Callable[[Any], Any], start: Any, lr: float, steps: int) -> Run:
    """Plain descent on a function of the parameters; loss, gradients and update are one program."""
    import jax

    def step(params: Any) -> Any:
        loss, grads = jax.value_and_grad(error)(params)
        return [p - lr * g for p, g in zip(params, grads, strict=True)], loss

    step, seconds = compiled(step, start)

    def run() -> float:
        params = start
        for _ in range(steps):
            params, loss = step(params)
        return float(loss)

    return Compiled(run, seconds)
