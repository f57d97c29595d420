"""What PyTorch computes for each row of the tables, in float64: live, or from the checked-in file.

    python -m tests.make_torch_reference

writes tests/data/torch_reference.npz. Run it after a change of the tables.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

from common.util import to_cpu
from tests.common.table import (
    LEARNING_RATES,
    OPTIMIZERS,
    ROWS,
    STEPS,
    Array,
    OptimizerRow,
    Result,
    Row,
    gradients,
    start,
)

FILE = Path(__file__).parent / "data" / "torch_reference.npz"


def import_torch() -> Any:
    """PyTorch; the test that asks for it is skipped where it is not installed."""
    return pytest.importorskip("torch")


def torch_layer(row: Row) -> Result:
    torch = import_torch()
    assert row.peer is not None
    inputs, weights = (
        [torch.tensor(to_cpu(a), requires_grad=a.dtype.kind == "f") for a in arrays]
        for arrays in (row.inputs(), row.weights)
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        y = row.peer(torch.nn.functional, *inputs, *weights)
    y.backward(torch.tensor(to_cpu(row.dout())))
    dx = None if inputs[0].grad is None else inputs[0].grad.numpy()
    return Result(y.detach().numpy(), dx, [w.grad.numpy() for w in weights])


def torch_trajectory(row: OptimizerRow, lr: Callable[[int], float]) -> Array:
    torch, places = import_torch(), []
    params = [torch.tensor(to_cpu(p), requires_grad=True) for p in start()]
    optimizer = row.peer(torch.optim, params, lr(0))
    for step in range(STEPS):
        for p, g in zip(params, gradients(step), strict=True):
            p.grad = torch.tensor(to_cpu(g))
        optimizer.step()
        optimizer.param_groups[0]["lr"] = lr(step + 1)
        places.append(numpy.concatenate([p.detach().numpy().ravel() for p in params]))
    return numpy.array(places)


def main() -> None:
    reference: dict[str, Any] = {}
    for row in ROWS:
        if row.peer:
            arrays = torch_layer(row).arrays()
            reference |= {f"{row}: {name}": array for name, array in arrays.items()}
    for optimizer in OPTIMIZERS:
        for name, lr in LEARNING_RATES.items():
            reference[f"{optimizer}, lr {name}"] = torch_trajectory(optimizer, lr)
    FILE.parent.mkdir(exist_ok=True)
    numpy.savez_compressed(FILE, **reference)


if __name__ == "__main__":
    main()
