"""A gradient of another shape than it should have, and errors in a backward."""

import ast
import re
from typing import Any

import numpy

from common.checks import is_array
from common.mistakes.evidence import Evidence, near, subsets
from common.parameters import leaves_of


def shape_of(e: Evidence) -> str | None:
    """What a gradient that has another shape than it should looks like."""
    said, measured = e.said, e.measured
    if near(said.T, measured):
        return "it is transposed"
    if said.size == measured.size and near(said.reshape(measured.shape), measured):
        return _wrong_shape(e)
    for axes in subsets(said.ndim) if said.ndim >= measured.ndim else ():
        if any(near(said.sum(axis=axes, keepdims=keep), measured) for keep in (False, True)):
            return _missing_sum(axes, is_of_rows=len(said) == e.rows)
    if said.shape == (measured.size, measured.size) and near(numpy.diag(said), measured.ravel()):
        return (
            "keepdims=True is missing in a sum: an array of shape (N,) met one of shape (N, 1) "
            "and was broadcast to (N, N)"
        )
    return None


def _wrong_shape(e: Evidence) -> str:
    """The right numbers; of a batch of one row, the sum over the rows changes no number."""
    words = f"the numbers are right; give them the shape of {e.name}: reshape{e.p.shape}"
    is_one_row = e.rows == 1 and e.said.shape == (1, *e.p.shape)
    return f"{words}, or a sum over the rows (axis 0)" if is_one_row else words


def _missing_sum(axes: tuple[int, ...], is_of_rows: bool = True) -> str:
    if axes == (0,) and is_of_rows:
        return (
            "the sum over the rows of the batch is missing (axis 0): all rows share it, so what "
            "comes back from each is added up"
        )
    return f"the sum over axis {', '.join(map(str, axes))} is missing"


def error_in_words(error: Exception, layer: Any) -> str | None:
    """What an error in a layer's backward looks like."""
    if isinstance(error, AttributeError):
        return _not_kept(error, layer)
    message = str(error)
    shapes = [ast.literal_eval(shape) for shape in re.findall(r"\((?:\d+, ?)+\d*\)", message)]
    if "not aligned" in message or "core dimension" in message:
        return _product(shapes[:2], layer)
    return _broadcast(message, *shapes[-2:]) if len(shapes) > 1 else None


def _not_kept(error: AttributeError, layer: Any) -> str | None:
    """What the layer, or a layer in it, was asked for: not a module, an array or None."""
    if any(error.obj is part for part in (layer, *leaves_of(layer))):
        return f"forward has not kept self.{error.name}, which backward asks for"
    return None


def _product(shapes: list[tuple[int, ...]], layer: Any) -> str | None:
    """Two matrices that do not fit; of what has one axis, or three, .T makes no such matrix."""
    held = [x for x in vars(layer).values() if is_array(x) and x.dtype.kind == "f"]
    fit_if_turned = all(len(shape) == 2 for shape in shapes) and (
        not shapes or bool({*shapes[0]} & {*shapes[1]})
    )
    if not fit_if_turned or any(x.ndim != 2 for x in held):
        return None
    return (
        "a matrix is transposed, or the two of a product are exchanged. Go by the shapes: for "
        "y = x W, dx is dout times W.T and dW is x.T times dout"
    )


def _broadcast(message: str, *shapes: tuple[int, ...]) -> str | None:
    """Two shapes that do not fit, where one would with a sum or as a column."""
    small, large = sorted(shapes, key=len)
    more = len(large) - len(small)
    if "broadcast input array" in message or "non-broadcastable output" in message:
        return _missing_sum(tuple(range(more))) if more and large[more:] == small else None
    if "broadcast together" in message and more and large[: len(small)] == small:
        return (
            "shapes are matched from the right, and a column is needed: keepdims=True where it "
            "comes from a sum, else x[:, None]"
        )
    return None
