"""The graph that was recorded behind a tensor, as nodes."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.autograd import Tensor
from common.autograd.tape import Call, calls_behind, fit, one_for_each_input, walk_back
from common.base import Layer
from common.checks import check_mapping, name_of
from common.errors import ArgumentTypeError
from common.graphs.node import Node, Value, topological
from common.np import np

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
    for node in topological(output):
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
