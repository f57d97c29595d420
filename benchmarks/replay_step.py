"""Plain descent with a step that is replayed; as `hips_step` and `jax_step` have it."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from benchmarks.workload import Run
from common.autograd import Tensor, no_grad, replay


def descent(error: Callable[..., Any], start: Sequence[Any], lr: float, steps: int) -> Run:
    """error: the loss as tensors of its own, of one leaf for each number or array of the start."""

    def run() -> float:
        leaves = [Tensor(copy(array), requires_grad=True) for array in start]
        step = replay(lambda: error(*leaves))
        for _ in range(steps):
            loss = step()
            with no_grad():
                for leaf in leaves:
                    leaf -= lr * leaf.grad
            for leaf in leaves:
                leaf.grad = None
        return float(loss)

    return run
