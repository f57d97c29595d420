"""Where on paper all of a graph stands, in inches: x to the right, and y down."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from matplotlib.textpath import TextPath

from common.graphs.layout import Layout, Use, layout_of
from common.graphs.node import Node, Value, grad_of, sums_of, text_of

ROW, HALF = 0.55, 0.15  # from one row to the next; half the height of a node
PAD, ARROW = 0.04, 0.14  # beside a text; for an arrowhead
SLANT = 0.18  # for the end of an edge that goes up or down
MARGIN, ABOVE, BELOW = 0.1, 0.22, 0.33  # around: at the sides, the first row, the last row
LABEL, NUMBER = 13, 11  # the size of the letters, in points
POINT = 1 / 72

Place = tuple[float, float]
Path = list[tuple[str, list[Place]]]  # M: from here; L: straight to; Q: round a corner to


@dataclass(frozen=True)
class Box:
    """Where a node stands: its middle, and how large it is."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Text:
    """Where a text stands: the middle of the line under its letters."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Edge:
    """Above it stands the value that goes forward, and below it the gradient that comes back."""

    path: Path
    value: Text | None
    grad: Text | None


@dataclass(frozen=True)
class Sketch:
    """edges: by the node at their end, in the order of its inputs. out: leaves the last node."""

    width: float
    height: float
    boxes: Mapping[Node, Box]
    edges: Mapping[Node, Sequence[Edge]]
    out: Edge
    sums: Mapping[Node, Text]


def sketch_of(output: Node, grad: Value = 1.0) -> Sketch:
    """The graph that ends in `output`; `grad` comes back from outside."""
    layout = layout_of(output)
    sums = {node: f"sum {total:.4g}" for node, total in sums_of(layout.column).items()}
    across = _across(layout, sums)
    boxes = {
        node: Box(across[x], _down(layout.row[node]), *_size(node))
        for node, x in layout.column.items()
    }
    edges = {
        node: [_edge(layout, across, boxes, (node, i)) for i in range(len(node.inputs))]
        for node in boxes
    }
    end = boxes[output].right + _room(output.value, grad) + ARROW
    return Sketch(
        width=end + MARGIN,
        height=_down(max([*layout.row.values(), *layout.level.values()])) + BELOW,
        boxes=boxes,
        edges=edges,
        out=_out(boxes[output], end, output.value, grad),
        sums={node: _sum(boxes[node], text) for node, text in sums.items()},
    )


# Columns and rows in inches ----------------------------------------------------------------------


def _down(row: float) -> float:
    return ABOVE + ROW * row


def _across(layout: Layout, sums: Mapping[Node, str]) -> list[float]:
    """Where the columns stand: as near to each other as the numbers between them allow."""
    room = [0.0] * max(layout.column.values())
    for node, i in layout.level:
        x = layout.column[node] - 1
        begin, end = _gap(layout, (node, i))
        numbers = _room(node.inputs[i].value, grad_of(node, i))
        room[x] = max(room[x], begin + numbers + end)
    across = list(accumulate(room, initial=0.0))
    left = min(across[x] - _reach(node, sums) for node, x in layout.column.items())
    return [x - left + MARGIN for x in across]


def _gap(layout: Layout, use: Use) -> tuple[float, float]:
    """How far from the columns at its two ends an edge runs level."""
    node, i = use
    source, level = node.inputs[i], layout.level[use]
    begin = _size(source)[0] / 2 if level == layout.row[source] else ARROW
    if layout.column[source] < layout.column[node] - 1:
        begin = 0.0
    return begin, _size(node)[0] / 2 + (ARROW if level == layout.row[node] else SLANT)


def _reach(node: Node, sums: Mapping[Node, str]) -> float:
    """How far to the left of its middle a node, or the sum under it, goes."""
    return max(_size(node)[0] / 2, width_of(sums.get(node, "")) + 4 * POINT)


def _size(node: Node) -> tuple[float, float]:
    """The width and the height of a node. An operation is a circle, or longer."""
    text = width_of(node.label, LABEL)
    if node.inputs:
        return max(2 * HALF, text + 2.4 * PAD), 2 * HALF
    return text + 2 * PAD, 1.4 * HALF


def _room(*values: Value | None) -> float:
    return max(width_of(text_of(value)) for value in values) + 2 * PAD


@cache
def width_of(text: str, size: float = NUMBER) -> float:
    """How wide a text is, in inches."""
    return float(TextPath((0, 0), text, size).get_extents().width) * POINT if text.strip() else 0.0


# Edges, and what is written ----------------------------------------------------------------------


def _edge(layout: Layout, across: Sequence[float], boxes: Mapping[Node, Box], use: Use) -> Edge:
    """Up or down to its row, level along that, and up or down to its node."""
    node, i = use
    source, level = node.inputs[i], _down(layout.level[use])
    path = _rounded([*_leave(boxes[source], level), *_arrive(boxes[node], level)])
    begin, end = _gap(layout, use)
    middle = (across[layout.column[node] - 1] + begin + boxes[node].x - end) / 2
    return Edge(path, *_numbers(middle, level, source.value, grad_of(node, i)))


def _out(box: Box, end: float, value: Value | None, grad: Value | None) -> Edge:
    numbers = _numbers((box.right + end - ARROW) / 2, box.y, value, grad)
    return Edge(_rounded([(box.right, box.y), (end, box.y)]), *numbers)


def _leave(box: Box, level: float) -> list[Place]:
    if level == box.y:
        return [(box.right, level)]
    return [(box.x, box.y + math.copysign(HALF, level - box.y)), (box.x, level)]


def _arrive(box: Box, level: float) -> list[Place]:
    if level == box.y:
        return [(box.left, level)]
    x, near = box.left - SLANT / 2, 0.6 * ROW
    turn = (x, min(max(level, box.y - near), box.y + near))
    return [(x, level)] * (turn[1] != level) + [turn, _rim(box, turn)]


def _rim(box: Box, corner: Place) -> Place:
    """Where a line from a corner left of a node to the middle of its left end meets it."""
    x, y = box.left + HALF, box.y
    far = math.dist((x, y), corner) / HALF
    return x + (corner[0] - x) / far, y + (corner[1] - y) / far


def _rounded(points: Sequence[Place]) -> Path:
    """A line through the points, with round corners."""
    path: Path = [("M", [points[0]])]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path += [("L", [_towards(corner, before)]), ("Q", [corner, _towards(corner, after)])]
    return [*path, ("L", [points[-1]])]


def _towards(start: Place, end: Place) -> Place:
    """A little way from one point to the other, at most half of it."""
    share = min(0.1 / math.dist(start, end), 0.5)
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _numbers(
    x: float, y: float, value: Value | None, grad: Value | None
) -> tuple[Text | None, Text | None]:
    above, below = text_of(value), text_of(grad)
    return (
        Text(above, x, y - 4 * POINT) if above else None,
        Text(below, x, y + 12 * POINT) if below else None,
    )


def _sum(box: Box, text: str) -> Text:
    """Under the variable, and left of the edges that leave it."""
    return Text(text, box.x - 4 * POINT - width_of(text) / 2, box.y + 20 * POINT)
