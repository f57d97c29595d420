"""A gradient of another shape than it should have, and errors in a backward."""

import ast
import re

import numpy

from common.mistakes.evidence import Evidence, near, subsets


def shape_of(e: Evidence) -> str | None:
    """What a gradient that has another shape than it should looks like."""
    said, measured = e.said, e.measured
    if said.ndim >= measured.ndim:
        for axes in subsets(said.ndim):
            for keepdims in (False, True):
                if near(said.sum(axis=axes, keepdims=keepdims), measured):
                    return _missing_sum(axes)
    if near(said.T, measured):
        return "it is transposed"
    if said.size == measured.size and near(said.reshape(measured.shape), measured):
        return f"the numbers are right; give them the shape of the input: reshape{measured.shape}"
    if said.ndim == measured.ndim == 2 and 1 in measured.shape:
        numbers = measured.ravel()
        if any(near(line, numbers) for line in (said[0], said[:, 0], numpy.diag(said))):
            return (
                "keepdims=True is missing in a sum: an array of shape (N,) met one of shape (N, 1) "
                "and was broadcast to (N, N)"
            )
    return None


def _missing_sum(axes: tuple[int, ...]) -> str:
    if axes == (0,):
        return (
            "the sum over the rows of the batch is missing (axis 0): all rows share it, so what "
            "comes back from each is added up"
        )
    return f"the sum over axis {', '.join(map(str, axes))} is missing"


def error_in_words(message: str) -> str | None:
    """What an error in backward looks like, by its message."""
    if missing := re.search(r"has no (?:attribute )?'(\w+)'\.?$", message):
        return f"forward has not kept self.{missing[1]}, which backward asks for"
    if "not aligned" in message or "core dimension" in message:
        return (
            "a matrix is transposed, or the two of a product are exchanged. Go by the shapes: for "
            "y = x W, dx is dout times W.T and dW is x.T times dout"
        )
    shapes = [ast.literal_eval(shape) for shape in re.findall(r"\((?:\d+, ?)+\d*\)", message)]
    if len(shapes) < 2:
        return None
    small, large = sorted(shapes[-2:], key=len)
    more = len(large) - len(small)
    if "broadcast input array" in message or "non-broadcastable output" in message:
        return _missing_sum(tuple(range(more))) if more and large[more:] == small else None
    if "broadcast together" in message and more:
        return (
            "shapes are matched from the right, and a column is needed: keepdims=True where it "
            "comes from a sum, else x[:, None]"
        )
    return None
