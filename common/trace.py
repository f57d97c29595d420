"""The graph behind a tensor, as nodes that `common.graph` draws."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.checks import name_of
from common.graph import Node, Value
from common.layer import gradients_of
from common.np import np
from common.operands import array_of
from common.walk import Call, calls_behind, layer_of, walk_back

SYMBOLS = {"Add": "+", "Sub": "−", "Neg": "−", "Mul": "×", "Div": "÷", "Pow": "^", "MatMul": "@"}


def graph_of(output: Any, names: Mapping[str, Any] | None = None) -> Node:
    """What was recorded on the way to a tensor, and what its backward would bring back.

    names: {name: tensor} for the leaves, which do not know their names. An array is shown by its
    shape. Nothing is changed: the gradients are computed on the side.

    >>> from common.autograd import Tensor
    >>> w = Tensor(np.array(3.0), requires_grad=True)
    >>> node = graph_of(w * w, {"w": w})
    >>> node.label, node.value, node.grads, node.inputs[0].label
    ('×', 9.0, [3.0, 3.0], 'w')
    """
    labels = {id(tensor): name for name, tensor in (names or {}).items()}
    nodes: dict[Any, Node] = {}
    root = _node_of(output, nodes, labels)
    calls = [call for call, _ in calls_behind(output)]
    back = _what_comes_back(output, calls)
    for call in calls:
        node, grads = nodes[id(call)], iter(back.get(id(call), []))
        uses = enumerate(call.inputs)
        node.inputs = [_node_of(x, nodes, labels, use=(call.serial, i)) for i, x in uses]
        node.grads = [next(grads) if needed else None for needed in call.needs]
    return root


def _what_comes_back(output: Any, calls: Sequence[Any]) -> dict[int, list[Value]]:
    """By the id of each call, what it brings back to those of its inputs that need a gradient."""
    back: dict[int, list[Value]] = {}

    def watch(call: Any, dx: Any) -> None:
        back.setdefault(id(call), []).append(_value(dx))

    weights = [g for call in calls if isinstance(call, Call) for g in gradients_of(call.of)]
    before = [(g, g.array.copy(), g.fresh) for g in weights]
    try:
        if calls:
            for _ in walk_back(output.call, np.ones_like(output.data), watch):
                pass
    finally:
        for g, array, fresh in before:
            g.array[...], g.fresh = array, fresh
    return back


def _node_of(x: Any, nodes: dict[Any, Node], labels: Mapping[int, str], use: Any = None) -> Node:
    """The node of the call that made x, or of the leaf x: one for each. A number has one a use."""
    call = getattr(x, "call", None)
    key = id(call) if call is not None else id(x) if hasattr(x, "record") else use
    if key not in nodes:
        value = _value(array_of(x))
        unnamed = "data" if isinstance(value, str) else f"{value:g}"
        name = labels.get(id(x), unnamed) if call is None else name_of(layer_of(call))
        nodes[key] = Node(SYMBOLS.get(name, name), value=value)
    return nodes[key]


def _value(array: Any) -> Value:
    return float(array) if np.ndim(array) == 0 else str(np.shape(array))
