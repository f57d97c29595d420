"""The graph behind a tensor, as nodes to draw."""

from typing import Any

from matplotlib.figure import Figure

from common.autograd import Tensor
from common.graph import Node, dot, draw, graph_of
from common.layers import Linear, MatMul
from common.np import np


def leaf(value: Any) -> Tensor:
    return Tensor(np.array(value, float), requires_grad=True)


def test_each_edge_shows_what_goes_forward_and_what_comes_back() -> None:
    a, b = leaf(2), leaf(3)
    node = graph_of((a + b) * b, {"a": a, "b": b})
    total, factor = node.inputs
    assert (node.label, node.value, node.grads) == ("×", 15, [3, 5])
    assert (total.label, total.value, total.grads) == ("+", 5, [3, 3])
    assert [x.label for x in total.inputs] == ["a", "b"]
    assert total.inputs[1] is factor


def test_arrays_are_shown_by_their_shape_and_unasked_gradients_not_at_all() -> None:
    x, w = Tensor(np.ones((4, 2))), leaf(np.ones((2, 3)))
    node = graph_of((x @ w).sum(), {"w": w})
    (product,) = node.inputs
    assert (node.label, node.value, node.grads) == ("Sum", 24, ["(4, 3)"])
    assert (product.label, product.grads) == ("@", [None, "(2, 3)"])
    assert [x.label for x in product.inputs] == ["data", "w"]


def test_inputs_and_layers_that_would_read_the_same_are_numbered() -> None:
    first, second = Linear(2, 2, seed=0), Linear(2, 2, seed=1)
    node = graph_of(second(first(Tensor(np.ones((4, 2))))) + Tensor(np.ones((4, 2))))
    outer, data = node.inputs
    assert [outer.label, outer.inputs[0].label] == ["Linear 2", "Linear 1"]
    assert [outer.inputs[0].inputs[0].label, data.label] == ["data 1", "data 2"]
    a = leaf(1)
    doubled = graph_of(a * 2 + a * 2)
    assert [x.label for product in doubled.inputs for x in product.inputs] == ["1", "2", "1", "2"]


def test_equal_numbers_are_two_nodes_and_arrays_are_no_obstacle() -> None:
    w = leaf(1)
    node = graph_of(w * 2 + w * 2 * np.array(3.0))
    first, second = node.inputs
    assert first.inputs[1] is not second.inputs[0].inputs[1]
    assert first.inputs[0] is second.inputs[0].inputs[0]


def test_nothing_is_changed() -> None:
    layer, x = MatMul(np.ones((2, 2))), leaf(np.ones((3, 2)))
    y = layer(x).sum()
    graph_of(y)
    assert x.grad is None
    assert not layer.grads[0].any()
    y.backward()
    assert layer.grads[0].tolist() == [[3, 3], [3, 3]]


def test_a_layer_on_data_brings_nothing_back_to_them() -> None:
    layer = Linear(2, 3, seed=0)
    before = [grad.copy() for grad in layer.grads]
    node = graph_of(layer(Tensor(np.ones((4, 2)))).sum())
    (called,) = node.inputs
    assert (called.label, called.grads) == ("Linear", [None])
    for grad, expected in zip(layer.grads, before, strict=True):
        np.testing.assert_array_equal(grad, expected)


def test_a_leaf_is_a_graph_too() -> None:
    w = leaf(2)
    assert graph_of(w, {"w": w}).label == "w"


def test_it_can_be_drawn_and_written() -> None:
    w = leaf(3)
    node = graph_of((w * w).exp(), {"w": w})
    assert isinstance(draw(node), Figure)
    lines = dot(node).splitlines()
    assert lines[0] == "digraph {"
    assert sum("->" in line for line in lines) == 4
    assert any('label="3 | ' in line for line in lines)


def test_quotes_in_a_label_are_escaped() -> None:
    assert r'label="a \"b\" \\c"' in dot(Node('a "b" \\c'))
