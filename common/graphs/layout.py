"""The columns and rows in which the nodes and edges of a graph stand."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from common.graphs.node import Node, topological

Use = tuple[Node, int]  # a node, and which of its inputs: an edge
Way = tuple[Node, int, int]  # an edge, and a column that it passes
Block = dict[Node | Way, float]  # rows of things that keep their distances


@dataclass(frozen=True)
class Layout:
    """The column and the row of each node, and the row in which each edge comes to its column.

    Columns count from the left, and rows, which may be in between, from the top.
    """

    column: dict[Node, int]
    row: dict[Node, float]
    level: dict[Use, float]


def layout_of(output: Node) -> Layout:
    """Inputs stand below each other in their order, as close as what is left of them allows.

    A node that is used more than once stands with one of its users, the one in the next column.
    To each of the others goes an edge in a row of its own.
    """
    order = topological(output)
    column = _columns(order)
    home = _homes(order, column)
    blocks: dict[Node, Block] = {}  # a node with all that stands left of it
    depth: dict[Node, int] = {}
    for node in order:
        block: Block = {}
        for i, source in enumerate(node.inputs):
            part = blocks.pop(source) if home[source] == (node, i) else {}
            level = part.get(source, 0.0)
            part |= {(node, i, x): level for x in range(column[source], column[node])}
            block = _under(block, part, column)
        depth[node] = 1 + max((depth[source] for source in node.inputs), default=-1)
        block[node] = _level(node, block, column[node] - 1, home, depth)
        blocks[node] = block
    return _read(order, column, blocks[output])


def _columns(order: Sequence[Node]) -> dict[Node, int]:
    """One column left of the first user."""
    column = dict.fromkeys(order, 0)
    for node in reversed(order):
        for source in node.inputs:
            column[source] = min(column[source], column[node] - 1)
    first = min(column.values())
    return {node: x - first for node, x in column.items()}


def _homes(order: Sequence[Node], column: Mapping[Node, int]) -> dict[Node, Use]:
    """The use with which each node stands."""
    home: dict[Node, Use] = {}
    for node in order:
        for i, source in enumerate(node.inputs):
            if column[source] == column[node] - 1:
                home.setdefault(source, (node, i))
    return home


def _under(block: Block, part: Block, column: Mapping[Node, int]) -> Block:
    """The block, and the part under it, at least a row apart in each column."""
    if not block:
        return part
    lowest, highest = _ends(block, column, max), _ends(part, column, min)
    drop = max(lowest[x] - highest[x] + 1 for x in lowest.keys() & highest.keys())
    return block | {item: row + drop for item, row in part.items()}


def _ends(
    block: Block, column: Mapping[Node, int], end: Callable[[float, float], float]
) -> dict[int, float]:
    """The lowest row in each column, or the highest: end is max or min."""
    ends: dict[int, float] = {}
    for item, row in block.items():
        x = item[2] if isinstance(item, tuple) else column[item]
        ends[x] = end(row, ends.get(x, row))
    return ends


def _level(
    node: Node, block: Block, before: int, home: Mapping[Node, Use], depth: Mapping[Node, int]
) -> float:
    """Level with the input at the end of the longest chain, or in the middle of several."""
    levels: dict[int, list[float]] = {}
    for i, source in enumerate(node.inputs):
        is_beside = not source.inputs or home[source] == (node, i)
        levels.setdefault(depth[source] if is_beside else -1, []).append(block[node, i, before])
    longest = levels[max(levels)] if levels else [0.0]
    return sum(longest) / len(longest)


def _read(order: Sequence[Node], column: dict[Node, int], block: Block) -> Layout:
    """A variable that is used more than once stands in the middle of its edges, if it is free."""
    top = min(block.values())
    block = {item: round(row - top, 6) for item, row in block.items()}  # so that level is level
    row = {node: block[node] for node in order}
    level: dict[Use, float] = {}
    leaving: dict[Node, list[float]] = {}
    for node in order:
        for i, source in enumerate(node.inputs):
            level[node, i] = block[node, i, column[source]]
            leaving.setdefault(source, []).append(level[node, i])
    for source, rows in leaving.items():
        if not source.inputs and math.isclose(max(rows) - min(rows), len(rows) - 1):
            row[source] = round(sum(rows) / len(rows), 6)
    return Layout(column, row, level)
