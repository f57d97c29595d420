"""`python -m common gradcheck FILE:NAME`: is the backward of a layer right?

A layer alone does not say what its forward takes. So small inputs of the usual shapes are tried,
until forward takes some, and what it returns is finite; `candidates` has them in their order. Where
there are weights, NumPy may have broadcast what was not meant, so those are preferred with which
backward runs, too, and hands back what has the shape of the inputs.
"""

import copy
import io
import itertools
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import numpy

from common.autograd import Tensor, no_grad
from common.checks import is_array, name_of
from common.commands.files import (
    CommandError,
    check_is_layer,
    explained,
    find,
    made_of,
    required,
    tried,
)
from common.commands.table import shape_text
from common.errors import GradientError
from common.gradient_check import check_gradients
from common.gradient_run import is_called_on_tensors
from common.layer_rules import Inputs, lists_in
from common.np import Array, np

EXAMPLE = """\
    def example():
        x = np.ones((3, 4))
        return {call}, x"""


def run(target: str, tolerance: float, seed: int) -> int:
    """Prints what was checked, and what came of it. Returns 0 if backward is right, else 1."""
    path, found = find(target)
    made = made_of(target, path, found, EXAMPLE)
    layer, *inputs = made if isinstance(made, tuple) and made else (made,)
    if not inputs or not callable(layer):
        check_is_layer(target, layer)
    params = tried(target, path, lambda: lists_in(layer)[0])
    inputs = inputs or [*find_inputs(target, path, layer, seed)]
    print(f"inputs: {_kinds(inputs)}")
    if params:
        print(f"parameters: {_kinds(params)}", flush=True)
    try:
        worst = check_gradients(layer, *inputs, tolerance=tolerance, seed=seed)
    except GradientError as wrong:
        print(wrong)
        return 1
    except Exception as error:
        raise CommandError(f"{target} fails:\n{explained(error, path)}") from error
    name = getattr(layer, "__name__", name_of(layer))
    print(f"{name}: backward agrees with the measured slopes; largest relative error {worst:.0e}")
    return 0


def _kinds(arrays: Any) -> str:
    return ", ".join(f"{shape_text(x)} {getattr(x, 'dtype', '')}".rstrip() for x in arrays)


# Inputs -------------------------------------------------------------------------------------------


def find_inputs(target: str, path: Path, layer: Any, seed: int) -> Inputs:
    """The first of the candidates that fit. Raises CommandError where forward takes none."""
    ending, taken = "forward returns NaN or infinity", []
    last: Inputs = ()
    for last in candidates(layer, seed):
        try:
            if _takes(layer, last):
                taken.append(last)
                if _goes_back(layer, last) or not lists_in(layer)[0]:
                    return last
        except Exception as error:
            ending = explained(error, path)
    if taken:
        return taken[0]
    example = EXAMPLE.format(call=f"{name_of(layer)}()")
    raise CommandError(
        f"{target}: no inputs were found that forward takes. The last that were tried, "
        f"{_kinds(last)}, end in\n{ending}\n"
        f"Write a function that returns the layer and its inputs, and name that:\n{example}"
    )


def _takes(layer: Any, inputs: Inputs) -> bool:
    """Whether forward runs, on a copy and in silence, and what it returns is finite."""
    layer = copy.deepcopy(layer)
    run = layer if is_called_on_tensors(layer) else layer.forward
    given = map(Tensor, inputs) if run is layer else (x.copy() for x in inputs)
    with no_grad(), numpy.errstate(all="ignore"), redirect_stdout(io.StringIO()):
        y = run(*given)
    y = y.data if isinstance(y, Tensor) else y
    return not is_array(y) or bool(np.isfinite(y).all())


def _goes_back(layer: Any, inputs: Inputs) -> bool:
    """Whether backward hands back what has the shape of the inputs."""
    layer = copy.deepcopy(layer)
    with suppress(Exception), numpy.errstate(all="ignore"), redirect_stdout(io.StringIO()):
        y = layer.forward(*(x.copy() for x in inputs))
        dx = layer.backward(np.ones_like(y))
        pairs = zip(dx if isinstance(dx, tuple) else (dx,), inputs, strict=False)
        return all(dx is None or dx.shape == x.shape for dx, x in pairs)
    return False


def candidates(layer: Any, seed: int) -> Iterator[Inputs]:
    """What forward may take, the usual first.

    - Floats of the shape (3, 4); where there are weights, also as wide as these are long or wide.
      The first input is normal, and nothing in it is near 0, where a ReLU has its kink. Those after
      it have rows that add up to 1, so that they may be targets as well.
    - One input: sequences and images; then numbers above 0 alone; then whole numbers, for an
      Embedding.
    - Two: scores, and class numbers or one-hot rows; two matrices to multiply; one score a row, and
      0 or 1.
    """
    rng = numpy.random.default_rng(seed)
    lengths = [n for param in lists_in(layer)[0] for n in param.shape]
    widths = [*dict.fromkeys([4, *lengths])]
    count = _count_inputs(layer)
    for chosen in itertools.product(widths, repeat=count):
        yield tuple((_shares if i else _floats)(rng, 3, width) for i, width in enumerate(chosen))
    if count == 1:
        yield from _alone(rng, widths)
    if count == 2:
        yield from _pairs(rng, widths)


def _alone(rng: numpy.random.Generator, widths: list[int]) -> Iterator[Inputs]:
    shapes = [(3,), *((2, 3, width) for width in widths), *((2, width, 6, 6) for width in widths)]
    for shape in shapes:
        yield (_floats(rng, *shape),)
    for width in widths:
        yield (_shares(rng, 3, width),)
    for shape in [(3,), (3, 2)]:
        yield (_whole(rng, widths, *shape),)


def _pairs(rng: numpy.random.Generator, widths: list[int]) -> Iterator[Inputs]:
    for width in widths:
        labels = _whole(rng, [width], 3)
        yield _floats(rng, 3, width), labels
        yield _floats(rng, 3, width), np.eye(width, dtype=int)[labels]
    yield _floats(rng, 3, 4), _floats(rng, 4, 2)
    yield _floats(rng, 3), np.asarray([0, 1, 1])


def _floats(rng: numpy.random.Generator, *shape: int) -> Array:
    x = rng.normal(size=shape)
    return np.asarray(x + 0.1 * numpy.sign(x))


def _shares(rng: numpy.random.Generator, *shape: int) -> Array:
    """Rows of numbers above 0 that add up to 1."""
    x = rng.uniform(0.5, 1.5, shape)
    return np.asarray(x / x.sum(axis=-1, keepdims=True))


def _whole(rng: numpy.random.Generator, widths: list[int], *shape: int) -> Array:
    """Whole numbers that are places in an array, however short the shortest is."""
    return np.asarray(rng.integers(min(widths), size=shape))


def _count_inputs(layer: Any) -> int:
    """How many inputs its forward must have; at least one, where it takes as many as one likes."""
    kinds = [parameter.kind for parameter in signature(layer.forward).parameters.values()]
    return max(len([*required(layer.forward)]), Parameter.VAR_POSITIONAL in kinds)
