"""Training steps under `jax.jit`: called once a step, or with the whole loop compiled as one."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.workload import Run


def compiled(
    step: Callable[..., Any], *example: Any, donated: Sequence[int] = ()
) -> Callable[..., Any]:
    """The step under jit, compiled.

    The arguments are an example of what the step will be called with. donated: those whose memory
    the step may write its results into.
    """
    import jax

    jitted = jax.jit(step, donate_argnums=donated)
    jitted.lower(*example).compile()
    return jitted


def descent(error: Callable[[Any], Any], start: Any, lr: float, steps: int) -> Run:
    """Plain descent on a function of the parameters; loss, gradients and update are one program."""
    step = _step_of(error, lr)
    step = compiled(step, start)

    def run() -> float:
        params = start
        for _ in range(steps):
            params, loss = step(params)
        return float(loss)

    return run


def whole_descent(error: Callable[[Any], Any], start: Any, lr: float, steps: int) -> Run:
    """The same, with all its steps in one program: Python is not asked in between."""
    import jax

    step = _step_of(error, lr)

    def all_steps(params: Any) -> Any:
        _, losses = jax.lax.scan(lambda params, _: step(params), params, length=steps)
        return losses[-1]

    all_steps = compiled(all_steps, start)
    return lambda: float(all_steps(start))


def _step_of(error: Callable[[Any], Any], lr: float) -> Callable[[Any], Any]:
    import jax

    def step(params: Any) -> Any:
        loss, grads = jax.value_and_grad(error)(params)
        return [p - lr * g for p, g in zip(params, grads, strict=True)], loss

    return step
