"""Training steps with HIPS autograd, which differentiates a function of plain NumPy."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.workload import Run


def descent(error: Callable[[Any], Any], start: Sequence[Any], lr: float, steps: int) -> Run:
    """Plain descent on a function of the parameters; they keep the dtype in which they start."""
    from autograd import value_and_grad

    loss_and_grads = value_and_grad(error)

    def run() -> float:
        params = list(start)
        for _ in range(steps):
            loss, grads = loss_and_grads(params)
            params = [p - lr * g for p, g in zip(params, grads, strict=True)]
        return float(loss)

    return run
