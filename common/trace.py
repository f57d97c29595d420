"""The graph behind a tensor, as nodes that `common.graph` draws."""

import copy
from collections.abc import Mapping
from typing import Any

from common.checks import name_of
from common.graph import Node, Value
from common.np import Array, np
from common.operands import array_of
from common.walk import Call, input_gradients, walk_back

SYMBOLS = {"Add": "+", "Sub": "−", "Neg": "−", "Mul": "×", "Div": "÷", "Pow": "^", "MatMul": "@"}


class _Aside(Call):
    """A call that keeps its weights' gradients to itself."""

    def __init__(self, call: Any) -> None:
        layer = copy.copy(call.layer)
        layer.grads = [np.zeros_like(param) for param in layer.params]
        super().__init__(layer, call.of, call.inputs, call.needs)
        self.serial = call.serial

    def backward(self, dout: Array) -> Any:
        return self.layer.backward(dout)


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

    def step(call: Call, dout: Array) -> list[tuple[Any, Array]]:
        """Fills in the node of a call, and keeps its weights' gradients out of it."""
        node, pairs = nodes[id(call)], input_gradients(_Aside(call), dout)
        uses = enumerate(call.inputs)
        node.inputs = [_node_of(x, nodes, labels, use=(call.serial, i)) for i, x in uses]
        grads = iter(pairs)
        node.grads = [_value(next(grads)[1]) if needed else None for needed in call.needs]
        return pairs

    if output.call is not None:
        walk_back(output.call, np.ones_like(output.data), step, lambda *_: None)
    return root


def _node_of(x: Any, nodes: dict[Any, Node], labels: Mapping[int, str], use: Any = None) -> Node:
    """The node of the call that made x, or of the leaf x: one for each. A number has one a use."""
    call = getattr(x, "call", None)
    key = id(call) if call is not None else id(x) if hasattr(x, "record") else use
    if key not in nodes:
        value = _value(array_of(x))
        unnamed = "data" if isinstance(value, str) else f"{value:g}"
        name = labels.get(id(x), unnamed) if call is None else name_of(call.layer)
        nodes[key] = Node(SYMBOLS.get(name, name), value=value)
    return nodes[key]


def _value(array: Any) -> Value:
    return float(array) if np.ndim(array) == 0 else str(np.shape(array))
