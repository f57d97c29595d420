"""Columns of text, as a terminal shows them."""

from collections.abc import Collection, Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]) -> str:
    """A table with a line under its heads. What `numbers` names is set to the right.

    >>> print(table(["layer", "params"], [["Affine", "33"], ["Sigmoid", "0"]], ["params"]))
    layer    params
    -------  ------
    Affine       33
    Sigmoid       0
    """
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(_line(heads, widths, cells, numbers) for cells in lines)


def _line(
    heads: Sequence[str], widths: Sequence[int], cells: Sequence[str], numbers: Collection[str]
) -> str:
    columns = zip(heads, widths, cells, strict=True)
    return "  ".join(
        cell.rjust(width) if head in numbers else cell.ljust(width) for head, width, cell in columns
    ).rstrip()


def shape_text(x: object) -> str:
    """The shape of an array, or of a tensor; of all else, what it is.

    >>> import numpy
    >>> shape_text(numpy.zeros((3, 4))), shape_text(2.5), shape_text(None)
    ('(3, 4)', '2.5', 'None')
    """
    shape = getattr(x, "shape", None)
    if isinstance(shape, tuple):
        return str(shape)
    is_plain = x is None or isinstance(x, int | float)
    return f"{x!r:.10}" if is_plain else type(x).__name__
