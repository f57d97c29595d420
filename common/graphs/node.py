"""A computation graph as nodes: each knows its inputs, and the last one stands for all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.autograd import Tensor
from common.errors import ArgumentTypeError, GraphError

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


def topological(output: Node) -> list[Node]:
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


def grad_of(node: Node, i: int) -> Value | None:
    """What a node sends back to one of its inputs."""
    return node.grads[i] if i < len(node.grads) else None


def sums_of(nodes: Iterable[Node]) -> dict[Node, float]:
    """What comes back to each variable that is used more than once."""
    back: dict[Node, list[float]] = {}
    for node in nodes:
        for source, grad in zip(node.inputs, node.grads, strict=False):
            if isinstance(grad, float | int):
                back.setdefault(source, []).append(grad)
    return {node: sum(grads) for node, grads in back.items() if len(grads) > 1 and not node.inputs}


def text_of(value: Value | None) -> str:
    """A value as it stands at an edge: a number in four digits, a text as it is."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.4g}"
