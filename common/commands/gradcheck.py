"""`python -m common gradcheck FILE:NAME`: is the backward of a layer right?

A layer alone does not say what its forward takes. So inputs are tried, small ones of the usual
shapes, until forward runs and gives finite numbers. `candidates` has them in their order.
"""

import contextlib
import copy
import io
import itertools
import warnings
from collections.abc import Iterator
from inspect import Parameter, signature
from typing import Any

import numpy

from common.autograd import Tensor, no_grad
from common.checks import is_array, name_of
from common.commands.files import (
    CommandError,
    check_has_forward,
    error_text,
    explained,
    find,
    made_of,
    required,
)
from common.commands.table import shape_text
from common.errors import CommonError, GradientError
from common.gradient_check import check_gradients
from common.np import Array, np
from common.parameters import learned

EXAMPLE = """\
    def example():
        x = np.ones((3, 4))
        return Scale(4), x"""

ROWS = 3  # of an input that is tried
Inputs = tuple[Array, ...]


def run(target: str, tolerance: float, seed: int) -> int:
    """Prints what was checked, and what came of it. Returns 0 if backward is right, else 1."""
    path, found = find(target)
    made = made_of(target, path, found, EXAMPLE)
    layer, *inputs = made if isinstance(made, tuple) else (made,)
    if not callable(layer):
        check_has_forward(target, layer)
    if not inputs:
        inputs = find_inputs(target, path, layer, seed)
    print(f"inputs: {', '.join(map(_kind, inputs))}")
    if params := _params(layer):
        print(f"parameters: {', '.join(map(_kind, params))}")
    try:
        error = check_gradients(layer, *inputs, tolerance=tolerance, seed=seed)
    except GradientError as wrong:
        print(wrong)
        return 1
    except Exception as error:
        raise CommandError(f"{target} fails:\n{explained(error, path)}") from error
    name = getattr(layer, "__name__", name_of(layer))
    print(f"{name}: backward agrees with the measured slopes; largest relative error {error:.0e}")
    return 0
