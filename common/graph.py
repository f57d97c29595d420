"""A computation graph, drawn: what went forward along each edge, and what came back.

>>> x, y = Node("x", value=2.0, grad=5.0), Node("y", value=5.0, grad=2.0)
>>> figure = draw(Node("×", [x, y], value=10.0, grad=1.0))
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure

FORWARD, BACKWARD = "#0072B2", "#D55E00"


@dataclass(eq=False)
class Node:
    """A variable, or an operation on the nodes in `inputs`.

    value: what it passes on, forward. grad: the derivative of the last node's value by this
    one's, as it comes back. Numbers, or text such as a shape.
    """

    label: str
    inputs: Sequence["Node"] = field(default_factory=list)
    value: float | str | None = None
    grad: float | str | None = None


def draw(output: Node) -> Figure:
    """The graph that ends in `output`, left to right.

    On each edge stands, above it, the value that goes forward, and below it the gradient that
    comes back. Needs nothing but matplotlib.
    """
    places = _places(output)
    columns = 2 + max(x for x, _ in places.values()) - min(x for x, _ in places.values())
    rows = 1 + max(y for _, y in places.values())
    figure = Figure(figsize=(1.4 * columns, 0.9 * rows + 0.9), layout="constrained")
    axes = figure.add_subplot()
    for node in places:
        for source in node.inputs:
            _edge(axes, places[source], places[node], source)
        _node(axes, places[node], node)
    end_x, end_y = places[output]
    _edge(axes, (end_x, end_y), (end_x + 1, end_y), output)
    axes.plot([], [], color=FORWARD, label="forward: value")
    axes.plot([], [], color=BACKWARD, label="backward: gradient")
    axes.legend(loc="upper right", frameon=False, ncols=2, bbox_to_anchor=(1, 1.0))
    axes.set(xlim=(end_x - columns + 1.6, end_x + 1.1), ylim=(-0.5, rows - 0.1))
    axes.set_axis_off()
    return figure


def _topological(output: Node) -> list[Node]:
    """Every node after its inputs."""
    order: dict[Node, None] = {}
    stack = [(output, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.setdefault(node)
        elif node not in order:
            stack.append((node, True))
            stack.extend((source, False) for source in reversed(node.inputs))
    return list(order)


def _places(output: Node) -> dict[Node, tuple[float, float]]:
    """Where each node stands: one column left of its first user, level with its inputs."""
    order = _topological(output)
    column = dict.fromkeys(order, 0)
    for node in reversed(order):
        for source in node.inputs:
            column[source] = min(column[source], column[node] - 1)
    leaves = [node for node in order if not node.inputs]
    row = {leaf: float(len(leaves) - 1 - i) for i, leaf in enumerate(leaves)}
    taken: set[tuple[int, float]] = {(column[leaf], row[leaf]) for leaf in leaves}
    for node in order:
        if node.inputs:
            level = sum(row[source] for source in node.inputs) / len(node.inputs)
            while (column[node], level) in taken:
                level += 0.5
            row[node] = level
            taken.add((column[node], level))
    return {node: (column[node], row[node]) for node in order}


def _node(axes: Axes, place: tuple[float, float], node: Node) -> None:
    box = {
        "boxstyle": "circle,pad=0.35" if node.inputs else "square,pad=0.3",
        "facecolor": "white",
        "edgecolor": "black" if node.inputs else "white",
    }
    axes.text(*place, node.label, ha="center", va="center", fontsize=13, bbox=box, zorder=3)


def _edge(axes: Axes, start: tuple[float, float], end: tuple[float, float], source: Node) -> None:
    arrow = {"arrowstyle": "-|>", "shrinkA": 18, "shrinkB": 18, "color": "0.4"}
    axes.annotate("", end, start, arrowprops=arrow)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    for text, color, side in ((source.value, FORWARD, 1), (source.grad, BACKWARD, -1)):
        if text is not None:
            axes.annotate(
                text if isinstance(text, str) else f"{text:.4g}", middle, (0, 7 * side),
                textcoords="offset points", ha="center", va="center", color=color, fontsize=10,
                bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            )  # fmt: skip
