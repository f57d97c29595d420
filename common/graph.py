"""A computation graph, drawn: what goes forward along each edge, and what comes back.

>>> x, y = Node("x", value=2.0), Node("y", value=5.0)
>>> figure = draw(Node("×", [x, y], value=10.0, grads=[5.0, 2.0]))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
            back = _text_of(node.grads[i] if i < len(node.grads) else None)
            edge = f"{names[source]} -> {names[node]}"
            lines.append(f'{edge} [label="{_text_of(source.value)} | {back}"]')
    lines.append('end [label="" shape=plaintext]')
    lines.append(f'{names[output]} -> end [label="{_text_of(output.value)} | {_text_of(grad)}"]')
    return "\n  ".join(lines) + "\n}"


def _text_of(value: Value | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.4g}"


def draw(output: Node, grad: Value = 1.0) -> Figure:
    """The graph that ends in `output`, left to right.

    Above each edge stands the value that goes forward, below it the gradient that comes back;
    `grad` comes back from outside. Under a variable that is used more than once stands the sum
    of what it gets. Needs nothing but matplotlib.
    """
    places = _places(output)
    (end_x, end_y), columns = places[output], 2 - min(x for x, _ in places.values())
    rows = 1 + max(y for _, y in places.values())
    figure = Figure(figsize=(1.4 * columns, 0.9 * rows + 0.9), layout="constrained")
    axes = figure.add_subplot()
    for node, place in places.items():
        _node(axes, place, node)
        for i, source in enumerate(node.inputs):
            grad_back = node.grads[i] if i < len(node.grads) else None
            bend = _bend(node.inputs, i)
            _edge(axes, places[source], place, source.value, grad_back, bend)
    _edge(axes, (end_x, end_y), (end_x + 1, end_y), output.value, grad)
    for variable, total in _sums(list(places)).items():
        _text(axes, places[variable], f"sum {total:.4g}", -20, BACKWARD)
    axes.plot([], [], color=FORWARD, label="forward: value")
    axes.plot([], [], color=BACKWARD, label="backward: gradient")
    axes.legend(loc="upper right", frameon=False, ncols=2)
    axes.set(xlim=(end_x - columns + 1.6, end_x + 1.1), ylim=(-0.5, rows - 0.1))
    axes.set_axis_off()
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


def _places(output: Node) -> dict[Node, Place]:
    """Where each node stands: one column left of its first user, level with its inputs."""
    order = _topological(output)
    column = dict.fromkeys(order, 0)
    for node in reversed(order):
        for source in node.inputs:
            column[source] = min(column[source], column[node] - 1)
    leaves = [node for node in order if not node.inputs]
    row = {leaf: float(len(leaves) - 1 - i) for i, leaf in enumerate(leaves)}
    taken = {(column[leaf], row[leaf]) for leaf in leaves}
    for node in order:
        if node.inputs:
            level = sum(row[source] for source in node.inputs) / len(node.inputs)
            while (column[node], level) in taken:
                level += 0.5
            row[node] = level
            taken.add((column[node], level))
    return {node: (column[node], row[node]) for node in order}


def _sums(nodes: Sequence[Node]) -> dict[Node, float]:
    """What comes back to each variable that is used more than once."""
    back: dict[Node, list[float]] = {}
    for node in nodes:
        for source, grad in zip(node.inputs, node.grads, strict=False):
            if isinstance(grad, float | int):
                back.setdefault(source, []).append(grad)
    return {node: sum(grads) for node, grads in back.items() if len(grads) > 1 and not node.inputs}


def _bend(inputs: Sequence[Node], i: int) -> float:
    """0 for a straight edge; edges that join the same two nodes bend away from each other."""
    same = [j for j, source in enumerate(inputs) if source is inputs[i]]
    return 0.8 * (same.index(i) / (len(same) - 1) - 0.5) if len(same) > 1 else 0.0


def _node(axes: Axes, place: Place, node: Node) -> None:
    box = {
        "boxstyle": "circle,pad=0.35" if len(node.label) <= 4 else "round,pad=0.35",
        "facecolor": "white",
        "edgecolor": "black" if node.inputs else "white",
    }
    axes.text(*place, node.label, ha="center", va="center", fontsize=13, bbox=box, zorder=3)


def _edge(
    axes: Axes,
    start: Place,
    end: Place,
    value: Value | None,
    grad: Value | None,
    bend: float = 0,
) -> None:
    arrow = {"arrowstyle": "-|>", "shrinkA": 18, "shrinkB": 18, "color": "0.4"}
    arrow["connectionstyle"] = f"arc3,rad={bend}"
    axes.annotate("", end, start, arrowprops=arrow)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    aside = -50 * bend  # points that a bent edge lies above its straight line
    if value is not None:
        _text(axes, middle, _text_of(value), aside + 7, FORWARD)
    if grad is not None:
        _text(axes, middle, _text_of(grad), aside - 7, BACKWARD)


def _text(axes: Axes, place: Place, text: str, above: float, color: str) -> None:
    box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    axes.annotate(
        text, place, (0, above), textcoords="offset points",
        ha="center", va="center", color=color, fontsize=10, bbox=box,
    )  # fmt: skip


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
