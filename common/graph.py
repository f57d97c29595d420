"""A computation graph, drawn: what goes forward along each edge, and what comes back.

>>> x, y = Node("x", value=2.0), Node("y", value=5.0)
>>> figure = draw(Node("×", [x, y], value=10.0, grads=[5.0, 2.0]))
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from common.autograd import Tensor
from common.autograd.tape import Call, calls_behind, fit, one_for_each_input, walk_back
from common.base import Layer
from common.checks import check_mapping, name_of
from common.errors import ArgumentTypeError, GraphError
from common.np import np

FORWARD, BACKWARD = "#0072B2", "#D55E00"
Place = tuple[float, float]
Value = float | str  # a number, or what stands for an array: its shape


@dataclass(eq=False)
class Node:
    """A variable, or an operation on the nodes in `inputs`.

    value: what it passes on, forward. grads: what its backward sends to each of its inputs.
    """

    label: str
    inputs: Sequence["Node"] = ()
    value: Value | None = None
    grads: Sequence[Value | None] = field(default_factory=list)


def dot(output: Node, grad: Value = 1.0) -> str:
    """The graph in DOT, the language of Graphviz, which many tools read.

    >>> print(dot(Node("( )²", [Node("x", value=3.0)], value=9.0, grads=[6.0])))
    digraph {
      rankdir=LR
      n0 [label="x" shape=plaintext]
      n1 [label="( )²" shape=circle]
      n0 -> n1 [label="3 | 6"]
      end [label="" shape=plaintext]
      n1 -> end [label="9 | 1"]
    }
    """
    order = _topological(output)
    names = {node: f"n{i}" for i, node in enumerate(order)}
    lines = ["digraph {", "rankdir=LR"]
    for node in order:
        shape = "circle" if node.inputs else "plaintext"
        label = node.label.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{names[node]} [label="{label}" shape={shape}]')
        for i, source in enumerate(node.inputs):
            back = text_of(_back(node, i))
            edge = f"{names[source]} -> {names[node]}"
            lines.append(f'{edge} [label="{text_of(source.value)} | {back}"]')
    lines.append('end [label="" shape=plaintext]')
    lines.append(f'{names[output]} -> end [label="{text_of(output.value)} | {text_of(grad)}"]')
    return "\n  ".join(lines) + "\n}"


def text_of(value: Value | None) -> str:
    """A value as it stands at an edge: a number in four digits, a text as it is."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.4g}"


def draw(output: Node, grad: Value = 1.0) -> Figure:
    """The graph that ends in `output`, left to right.

    Above each edge stands the value that goes forward, below it the gradient that comes back;
    `grad` comes back from outside. Under a variable that is used more than once stands the sum
    of what it gets. Needs nothing but matplotlib.
    """
    layout = _layout(output)
    across = _across(layout)
    places = {node: (across[x], ROW * layout.row[node]) for node, x in layout.column.items()}
    sums = {node: f"sum {total:.4g}" for node, total in sums_of(list(places)).items()}
    (x, y), half = places[output], _half(output)
    end = x + half + _room(output.value, grad) + ARROW
    figure, axes = _paper(layout, places, sums, end)
    for node, place in places.items():
        _node(axes, place, node)
        for i in range(len(node.inputs)):
            _edge(axes, layout, places, across[layout.column[node] - 1], (node, i))
    _arrow(axes, Path([(x + half, y), (end, y)]))
    _numbers(axes, (x + half, end - ARROW), y, output.value, grad)
    for variable, total in sums.items():
        _text(axes, places[variable], total, (-4, -20), BACKWARD, ha="right")
    return figure


def _topological(output: Node) -> list[Node]:
    """Every node, after its inputs."""
    order: dict[Node, None] = {}
    begun: set[Node] = set()
    stack = [(output, False)]
    while stack:
        node, inputs_done = stack.pop()
        _check_is_node(node)
        if inputs_done:
            order.setdefault(node)
        elif node not in order:
            if node in begun:
                raise GraphError(f"graph: the node {node.label!r} is among its own inputs")
            begun.add(node)
            stack.append((node, True))
            stack.extend((source, False) for source in reversed(node.inputs))
    return list(order)


def _check_is_node(node: Any) -> None:
    if not isinstance(node, Node):
        advice = " graph_of(tensor) makes one." if isinstance(node, Tensor) else ""
        raise ArgumentTypeError(f"graph: expected a Node, got {node!r:.80}.{advice}")


def places_of(output: Node) -> dict[Node, Place]:
    """Where each node stands: its column, 0 for the last one, and its row, 0 for the lowest."""
    layout = _layout(output)
    lowest = min(layout.row.values())
    return {node: (x, layout.row[node] - lowest) for node, x in layout.column.items()}


def sums_of(nodes: Sequence[Node]) -> dict[Node, float]:
    """What comes back to each variable that is used more than once."""
    back: dict[Node, list[float]] = {}
    for node in nodes:
        for source, grad in zip(node.inputs, node.grads, strict=False):
            if isinstance(grad, float | int):
                back.setdefault(source, []).append(grad)
    return {node: sum(grads) for node, grads in back.items() if len(grads) > 1 and not node.inputs}


def bend_of(inputs: Sequence[Node], i: int) -> float:
    """0 for a straight edge; edges that join the same two nodes bend away from each other."""
    same = [j for j, source in enumerate(inputs) if source is inputs[i]]
    return 0.8 * (same.index(i) / (len(same) - 1) - 0.5) if len(same) > 1 else 0.0


# Where things stand -----------------------------------------------------------------------------

Use = tuple[Node, int]  # a node, and which of its inputs: an edge
Way = tuple[Node, int, int]  # an edge, and a column that it passes
Block = dict[Node | Way, float]  # rows of things that keep their distances


@dataclass(frozen=True)
class Layout:
    """The column and the row of each node, and the row in which each edge comes to its column."""

    column: dict[Node, int]
    row: dict[Node, float]
    level: dict[Use, float]


def _layout(output: Node) -> Layout:
    """Inputs stand below each other in their order, as close as what is left of them allows.

    A node that is used more than once stands with one of its users, the one in the next column.
    To each of the others goes an edge in a row of its own.
    """
    order = _topological(output)
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
            block = _above(block, part, column)
        depth[node] = 1 + max((depth[source] for source in node.inputs), default=-1)
        block[node] = _level(node, block, column[node] - 1, home, depth)
        blocks[node] = block
    return _read(order, column, blocks[output])


def _read(order: Sequence[Node], column: dict[Node, int], block: Block) -> Layout:
    """A variable that is used more than once stands in the middle of its edges, if it is free."""
    block = {item: round(row, 6) for item, row in block.items()}  # so that level is level
    row = {node: block[node] for node in order}
    level: dict[Use, float] = {}
    leaving: dict[Node, list[float]] = {}
    for node in order:
        for i, source in enumerate(node.inputs):
            level[node, i] = block[node, i, column[node] - 1]
            leaving.setdefault(source, []).append(block[node, i, column[source]])
    for source, rows in leaving.items():
        if not source.inputs and math.isclose(max(rows) - min(rows), len(rows) - 1):
            row[source] = round(sum(rows) / len(rows), 6)
    return Layout(column, row, level)


def _columns(order: Sequence[Node]) -> dict[Node, int]:
    """One column left of the first user."""
    column = dict.fromkeys(order, 0)
    for node in reversed(order):
        for source in node.inputs:
            column[source] = min(column[source], column[node] - 1)
    return column


def _homes(order: Sequence[Node], column: Mapping[Node, int]) -> dict[Node, Use]:
    """The use with which each node stands."""
    home: dict[Node, Use] = {}
    for node in order:
        for i, source in enumerate(node.inputs):
            if column[source] == column[node] - 1:
                home.setdefault(source, (node, i))
    return home


def _above(block: Block, part: Block, column: Mapping[Node, int]) -> Block:
    """The block above the part, at least a row apart in each column."""
    if not block:
        return part
    lowest, highest = _ends(block, column, min), _ends(part, column, max)
    drop = max(highest[x] - lowest[x] + 1 for x in lowest.keys() & highest.keys())
    return block | {item: row - drop for item, row in part.items()}


def _ends(block: Block, column: Mapping[Node, int], end: Any) -> dict[int, float]:
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


# What is drawn there, in inches -----------------------------------------------------------------

ROW, HALF = 0.55, 0.15  # from one row to the next; half the height of a node
PAD, ARROW, SLANT = (
    0.04,
    0.14,
    0.18,
)  # beside a text; for an arrowhead; for one that goes up or down
LABEL, NUMBER = 13, 11  # points


def _across(layout: Layout) -> dict[int, float]:
    """Where the columns stand: as near to each other as the numbers between them allow."""
    room: dict[int, float] = {}
    for node, i in layout.level:
        x = layout.column[node] - 1
        begin, end = _gap(layout, (node, i))
        numbers = _room(node.inputs[i].value, _back(node, i))
        room[x] = max(room.get(x, 0.0), begin + numbers + end)
    across = {min(layout.column.values()): 0.0}
    for x in sorted(room):
        across[x + 1] = across[x] + room[x]
    return across


def _gap(layout: Layout, use: Use) -> tuple[float, float]:
    """How far from the columns at its two ends an edge runs level."""
    node, i = use
    source, level = node.inputs[i], layout.level[use]
    begin = _half(source) if level == layout.row[source] else ARROW
    if layout.column[source] < layout.column[node] - 1:
        begin = 0.0
    return begin, _half(node) + (ARROW if level == layout.row[node] else SLANT)


def _back(node: Node, i: int) -> Value | None:
    """What a node sends back to one of its inputs."""
    return node.grads[i] if i < len(node.grads) else None


def _half(node: Node) -> float:
    """Half the width of a node."""
    text = _width(node.label, LABEL) / 2
    return max(HALF, text + 1.2 * PAD) if node.inputs else text + PAD


def _room(*values: Value | None) -> float:
    return max(_width(text_of(value)) for value in values) + 2 * PAD


@cache
def _width(text: str, size: float = NUMBER) -> float:
    return float(TextPath((0, 0), text, size).get_extents().width) / 72 if text.strip() else 0.0


def _paper(
    layout: Layout, places: Mapping[Node, Place], sums: Mapping[Node, str], right: float
) -> tuple[Figure, Axes]:
    """A figure as large as the graph, whose axes count in inches, with a legend at its top."""
    left = min(
        x - max(_half(node), _width(sums.get(node, "")) + PAD) for node, (x, _) in places.items()
    )
    rows = [*layout.row.values(), *layout.level.values()]
    low, high = ROW * min(rows) - 0.33, ROW * max(rows) + 0.6
    texts = {"forward: value": FORWARD, "backward: gradient": BACKWARD}
    width = max(right - left, sum(map(_width, texts)) + 0.3) + 0.2
    figure, middle = Figure(figsize=(width, high - low)), (left + right) / 2
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(middle - width / 2, middle + width / 2), ylim=(low, high))
    axes.set_axis_off()
    for text, color in texts.items():
        axes.plot([], [], color=color, label=text)
    axes.legend(
        loc="upper center", ncols=2, frameon=False, labelcolor="linecolor", fontsize=NUMBER,
        handlelength=0, handletextpad=0, columnspacing=1.5, borderaxespad=0.2,
    )  # fmt: skip
    return figure, axes


def _node(axes: Axes, place: Place, node: Node) -> None:
    (x, y), half = place, _half(node)
    high = HALF if node.inputs else 0.7 * HALF
    style = "circle,pad=0" if half == high else f"round,pad=0,rounding_size={high}"
    shape = FancyBboxPatch(
        (x - half, y - high), 2 * half, 2 * high, boxstyle=style,
        facecolor="white", edgecolor="black" if node.inputs else "white", zorder=3,
    )  # fmt: skip
    axes.add_patch(shape)
    axes.text(x, y, node.label, ha="center", va="center_baseline", fontsize=LABEL, zorder=3)


def _edge(
    axes: Axes, layout: Layout, places: Mapping[Node, Place], before: float, use: Use
) -> None:
    """Up or down to its row, level along that, and up or down to its node."""
    node, i = use
    source, level = node.inputs[i], ROW * layout.level[use]
    (x0, y0), (x1, y1), (begin, end) = places[source], places[node], _gap(layout, use)
    points = [(x0 + _half(source), level)]
    if level != y0:
        points = [(x0, y0 + (HALF if level > y0 else -HALF)), (x0, level)]
    if level == y1:
        points += [(x1 - _half(node), level)]
    else:
        corner = (x1 - end + SLANT / 2, level)
        turn = (corner[0], min(max(level, y1 - 0.6 * ROW), y1 + 0.6 * ROW))
        points += [corner] * (turn != corner) + [turn, _rim(node, (x1, y1), turn)]
    _arrow(axes, _rounded(points))
    _numbers(axes, (before + begin, x1 - end), level, source.value, _back(node, i))


def _rim(node: Node, place: Place, corner: Place) -> Place:
    """Where a line from a corner left of a node to the middle of its left end meets it."""
    x, y = place[0] - _half(node) + HALF, place[1]
    far = math.dist((x, y), corner) / HALF
    return x + (corner[0] - x) / far, y + (corner[1] - y) / far


def _rounded(points: Sequence[Place]) -> Path:
    """A line through the points, with round corners."""
    path, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*path, points[-1]], [*codes, Path.LINETO])


def _towards(start: Place, end: Place) -> Place:
    """A little way from one point to the other, at most half of it."""
    share = min(0.1 / math.dist(start, end), 0.5)
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _arrow(axes: Axes, path: Path) -> None:
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=11, color="0.4"))


def _numbers(
    axes: Axes, between: tuple[float, float], y: float, value: Value | None, grad: Value | None
) -> None:
    middle = (sum(between) / 2, y)
    if value is not None:
        _text(axes, middle, text_of(value), (0, 4), FORWARD)
    if grad is not None:
        _text(axes, middle, text_of(grad), (0, -12), BACKWARD)


def _text(
    axes: Axes, place: Place, text: str, aside: Place, color: str, ha: str = "center"
) -> None:
    axes.annotate(
        text, place, aside, textcoords="offset points", ha=ha, color=color, fontsize=NUMBER
    )


# The graph behind a tensor ----------------------------------------------------------------------

SYMBOLS = {"Add": "+", "Sub": "−", "Neg": "−", "Mul": "×", "Div": "÷", "Pow": "^", "MatMul": "@"}


def graph_of(output: Any, names: Mapping[str, Any] | None = None) -> Node:
    """What was recorded on the way to a tensor, and what its backward would bring back.

    names: {name: tensor} for the leaves, which do not know their names. An array is shown by its
    shape. Inputs or layers that would read the same are numbered. Nothing is changed: what a
    backward writes into `grads` of layers is put back.

    >>> from common.autograd import Tensor
    >>> w = Tensor(np.array(3.0), requires_grad=True)
    >>> node = graph_of(w * w, {"w": w})
    >>> node.label, node.value, node.grads, node.inputs[0].label
    ('×', 9.0, [3.0, 3.0], 'w')
    """
    if not isinstance(output, Tensor):
        raise ArgumentTypeError(f"graph_of: expected a Tensor, got {output!r:.80}")
    names = {} if names is None else names
    check_mapping("graph_of", "names", names, to="tensor")
    labels = {id(tensor): name for name, tensor in names.items()}
    nodes: dict[Any, Node] = {}
    root = _node_of(output, nodes, labels)
    calls = [call for call, _ in calls_behind(output)]
    back = _what_comes_back(output, calls)
    for call in calls:
        node, grads = nodes[id(call)], iter(back.get(id(call), []))
        uses = enumerate(call.inputs)
        node.inputs = [_node_of(x, nodes, labels, use=(call.serial, i)) for i, x in uses]
        node.grads = [next(grads) if needed else None for needed in call.needs]
    _tell_apart(root)
    return root


def _tell_apart(output: Node) -> None:
    """Numbers the inputs and layers that would read the same: Linear 1, Linear 2."""
    alike: dict[str, list[Node]] = {}
    for node in _topological(output):
        is_constant = not node.inputs and isinstance(node.value, float)
        if node.label not in SYMBOLS.values() and not is_constant:
            alike.setdefault(node.label, []).append(node)
    for label, nodes in alike.items():
        for i, node in enumerate(nodes if len(nodes) > 1 else []):
            node.label = f"{label} {i + 1}"


def _what_comes_back(output: Any, calls: Sequence[Call]) -> dict[int, list[Value]]:
    """By the id of each call, what it brings back to those of its inputs that need a gradient."""
    back: dict[int, list[Value]] = {}

    def watch(call: Call, dxs: Any) -> None:
        dxs = zip(call.inputs, one_for_each_input(call, dxs), call.needs, strict=True)
        back[id(call)] = [_value(fit(call.of, dx, x.shape)) for x, dx, needed in dxs if needed]

    layers = {id(call.of): call.of for call in calls if isinstance(call.of, Layer)}.values()
    before = [([grad.copy() for grad in layer.grads], layer.has_grads) for layer in layers]
    try:
        if calls:
            for _ in walk_back(output.call, np.ones_like(output.data), watch):
                pass
    finally:
        for layer, (grads, has_grads) in zip(layers, before, strict=True):
            layer.has_grads = has_grads
            for grad, was in zip(layer.grads, grads, strict=True):
                grad[...] = was
    return back


def _node_of(x: Any, nodes: dict[Any, Node], labels: Mapping[int, str], use: Any = None) -> Node:
    """The node of the call that made x, or of the leaf x: one for each. A number has one a use."""
    is_tensor = isinstance(x, Tensor)
    call = x.call if is_tensor else None
    key = id(x) if is_tensor and call is None else use if call is None else id(call)
    if key not in nodes:
        value = _value(x.data if is_tensor else x)
        unnamed = "data" if isinstance(value, str) else f"{value:g}"
        name = labels.get(id(x), unnamed) if call is None else name_of(call.of)
        nodes[key] = Node(SYMBOLS.get(name, name), value=value)
    return nodes[key]


def _value(array: Any) -> Value:
    return float(array) if np.ndim(array) == 0 else str(np.shape(array))
