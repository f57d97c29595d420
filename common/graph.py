"""A computation graph, drawn: what goes forward along each edge, and what comes back.

>>> x, y = Node("x", value=2.0), Node("y", value=5.0)
>>> figure = draw(Node("×", [x, y], value=10.0, grads=[5.0, 2.0]))

What it is made of is in `common/graphs/`.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from common.graphs.node import Node, Value, grad_of, text_of, topological
from common.graphs.recorded import SYMBOLS, graph_of
from common.graphs.sketch import LABEL, NUMBER, Box, Edge, Sketch, Text, sketch_of, width_of

__all__ = ["BACKWARD", "FORWARD", "SYMBOLS", "Node", "Value", "dot", "draw", "graph_of"]

FORWARD, BACKWARD = "#0072B2", "#D55E00"
LEGEND = {"forward: value": FORWARD, "backward: gradient": BACKWARD}
CODES = {"M": [Path.MOVETO], "L": [Path.LINETO], "Q": [Path.CURVE3, Path.CURVE3]}


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
    order = topological(output)
    names = {node: f"n{i}" for i, node in enumerate(order)}
    lines = ["digraph {", "rankdir=LR"]
    for node in order:
        shape = "circle" if node.inputs else "plaintext"
        label = node.label.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{names[node]} [label="{label}" shape={shape}]')
        for i, source in enumerate(node.inputs):
            back = text_of(grad_of(node, i))
            edge = f"{names[source]} -> {names[node]}"
            lines.append(f'{edge} [label="{text_of(source.value)} | {back}"]')
    lines.append('end [label="" shape=plaintext]')
    lines.append(f'{names[output]} -> end [label="{text_of(output.value)} | {text_of(grad)}"]')
    return "\n  ".join(lines) + "\n}"


def draw(output: Node, grad: Value = 1.0) -> Figure:
    """The graph that ends in `output`, left to right.

    Above each edge stands the value that goes forward, below it the gradient that comes back;
    `grad` comes back from outside. Under a variable that is used more than once stands the sum
    of what it gets. Needs nothing but matplotlib.
    """
    sketch = sketch_of(output, grad)
    figure, axes = _paper(sketch)
    for node, box in sketch.boxes.items():
        _draw_node(axes, node, box)
        for edge in sketch.edges[node]:
            _draw_edge(axes, edge)
    _draw_edge(axes, sketch.out)
    for total in sketch.sums.values():
        _write(axes, total, BACKWARD)
    return figure


def _paper(sketch: Sketch) -> tuple[Figure, Axes]:
    """A figure as large as the sketch, whose axes count in inches, and a legend at its top."""
    top = 0.38
    width = max(sketch.width, sum(map(width_of, LEGEND)) + 0.5)
    figure, side = Figure(figsize=(width, sketch.height + top)), (width - sketch.width) / 2
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-side, sketch.width + side), ylim=(sketch.height, -top))
    axes.set_axis_off()
    for text, color in LEGEND.items():
        axes.plot([], [], color=color, label=text)
    axes.legend(
        loc="upper center", ncols=2, frameon=False, labelcolor="linecolor", fontsize=NUMBER,
        handlelength=0, handletextpad=0, columnspacing=1.5, borderaxespad=0.2,
    )  # fmt: skip
    return figure, axes


def _draw_node(axes: Axes, node: Node, box: Box) -> None:
    round_ends = f"round,pad=0,rounding_size={box.height / 2}"
    shape = FancyBboxPatch(
        (box.left, box.y - box.height / 2), box.width, box.height,
        boxstyle="circle,pad=0" if box.width == box.height else round_ends,
        facecolor="white", edgecolor="black" if node.inputs else "white", zorder=3,
    )  # fmt: skip
    axes.add_patch(shape)
    axes.text(box.x, box.y, node.label, ha="center", va="center_baseline", fontsize=LABEL, zorder=3)


def _draw_edge(axes: Axes, edge: Edge) -> None:
    points = [point for _, points in edge.path for point in points]
    path = Path(points, [code for letter, _ in edge.path for code in CODES[letter]])
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=11, color="0.4"))
    for text, color in ((edge.value, FORWARD), (edge.grad, BACKWARD)):
        if text is not None:
            _write(axes, text, color)


def _write(axes: Axes, text: Text, color: str) -> None:
    axes.annotate(text.text, (text.x, text.y), ha="center", color=color, fontsize=NUMBER)
