import io
import itertools

import pytest
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from matplotlib.text import Annotation, Text

from common.graph import BACKWARD, FORWARD, Node, draw

pytestmark = pytest.mark.cpu  # a graph of nodes has no arrays


def axes_of(output: Node) -> Axes:
    (axes,) = draw(output).axes
    return axes


def nodes_of(axes: Axes) -> list[Text]:
    return [text for text in axes.texts if not isinstance(text, Annotation)]


def arrows_of(axes: Axes) -> list[FancyArrowPatch]:
    return [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]


def numbers_of(axes: Axes, color: str) -> list[str]:
    return sorted(text.get_text() for text in axes.texts if text.get_color() == color)


def apples() -> Node:
    """100 a piece, 2 of them, 10% tax."""
    price, count, tax = Node("price", value=100), Node("count", value=2), Node("tax", value=1.1)
    subtotal = Node("×", [price, count], value=200, grads=[2.2, 110])
    return Node("×", [subtotal, tax], value=220, grads=[1.1, 200])


def test_each_node_stands_once_under_its_label() -> None:
    labels = [text.get_text() for text in nodes_of(axes_of(apples()))]
    assert sorted(labels) == ["count", "price", "tax", "×", "×"]


def test_values_go_forward_and_gradients_come_back() -> None:
    axes = axes_of(apples())
    assert numbers_of(axes, FORWARD) == sorted(["100", "2", "1.1", "200", "220"])
    assert numbers_of(axes, BACKWARD) == sorted(["2.2", "110", "200", "1.1", "1"])
    assert FORWARD != BACKWARD


def test_a_gradient_comes_back_along_the_edge_its_value_went() -> None:
    axes = axes_of(apples())
    edges = {text.get_text(): text for text in axes.texts if isinstance(text, Annotation)}
    for value, gradient in (("100", "2.2"), ("2", "110"), ("220", "1")):
        (x, above), (there, below) = edges[value].xy, edges[gradient].xy
        assert x == there
        assert above < below, "the value stands above; y grows downwards"


def test_what_comes_back_from_outside_is_said() -> None:
    (axes,) = draw(Node("x"), grad=-0.5).axes
    assert numbers_of(axes, BACKWARD) == ["-0.5"]


def test_what_is_unknown_is_left_out() -> None:
    axes = axes_of(Node("f", [Node("x")]))
    assert numbers_of(axes, FORWARD) == []
    assert numbers_of(axes, BACKWARD) == ["1"]


def test_zero_is_a_number_too() -> None:
    axes = axes_of(Node("f", [Node("x", value=0)], value=0, grads=[0]))
    assert numbers_of(axes, FORWARD) == ["0", "0"]
    assert numbers_of(axes, BACKWARD) == ["0", "1"]


def test_a_variable_with_several_users_gets_the_sum() -> None:
    x = Node("x", value=3)
    square = Node("×", [x, x], value=9, grads=[3, 3])
    axes = axes_of(Node("+", [square, x], value=12, grads=[1, 1]))
    assert numbers_of(axes, BACKWARD) == sorted(["3", "3", "1", "1", "1", "sum 7"])


def test_a_variable_with_one_user_needs_no_sum() -> None:
    assert not any("sum" in text for text in numbers_of(axes_of(apples()), BACKWARD))


def test_there_is_an_arrow_for_each_input_and_one_out() -> None:
    assert len(arrows_of(axes_of(apples()))) == 4 + 1


def test_a_node_stands_right_of_its_inputs() -> None:
    x = Node("x")
    y = Node("exp", [x])
    axes = axes_of(Node("+", [Node("log", [y]), x]))
    column = {text.get_text(): text.get_position()[0] for text in nodes_of(axes)}
    assert column["x"] < column["exp"] < column["log"] < column["+"]


def test_a_diamond_has_each_node_once() -> None:
    x = Node("x")
    axes = axes_of(Node("×", [Node("sin", [x]), Node("cos", [x])]))
    assert sorted(text.get_text() for text in nodes_of(axes)) == ["cos", "sin", "x", "×"]
    assert len(arrows_of(axes)) == 4 + 1


def test_one_input_given_twice_is_one_node_with_two_edges() -> None:
    x = Node("x")
    axes = axes_of(Node("+", [x, x]))
    assert len(nodes_of(axes)) == 2
    assert len({str(arrow.get_path()) for arrow in arrows_of(axes)}) == 3


def fan(users: int) -> Node:
    x = Node("x")
    return Node("sum", [Node(f"f{i}", [x]) for i in range(users)])


def beside_a_leaf() -> Node:
    """b stands one column left of the end, and so does ×."""
    a, b, c = Node("a", value=1), Node("b", value=2), Node("c", value=3)
    return Node("+", [a, b, Node("×", [a, c])])


def used_again_later() -> Node:
    """An edge from x passes × and one from exp passes log."""
    x = Node("x", value=0.0004663)
    square = Node("×", [x, x], value=-8.044e-05, grads=[-0.09106, -0.09106])
    exp = Node("exp", [square], value=1, grads=[1])
    last = Node("÷", [Node("log", [exp], 0, grads=[1]), exp], value=0, grads=[-32.92, 1])
    return Node("+", [last, x], value=0.0004663, grads=[1, 1])


def ladder() -> Node:
    """Products of variables, added up one by one."""
    total = Node("a", value=0.0004663)
    for name in "bcd":
        inputs = [Node(name, value=-8.044e-05), Node(f"x{name}", value="(2000,)")]
        product = Node("×", inputs, "(2000,)", grads=[-0.1389])
        total = Node("+", [total, product], "(2000,)", grads=["(2000,)", "(2000,)"])
    return total


def drawn(output: Node) -> Axes:
    """Drawn in pixels, so that everything knows where it is."""
    figure = draw(output)
    figure.savefig(io.BytesIO())
    (axes,) = figure.axes
    return axes


GRAPHS = [
    apples(), fan(2), fan(3), fan(10), beside_a_leaf(), used_again_later(), ladder(), Node("x"),
]  # fmt: skip


@pytest.mark.parametrize("output", GRAPHS)
def test_nothing_lies_on_what_is_written(output: Node) -> None:
    axes = drawn(output)
    legend = axes.get_legend()
    assert legend is not None
    written = {text: text.get_window_extent() for text in [*axes.texts, *legend.get_texts()]}
    for (one, box), (other, other_box) in itertools.combinations(written.items(), 2):
        assert not box.padded(-0.5).overlaps(other_box), (one.get_text(), other.get_text())
    for arrow, (text, box) in itertools.product(arrows_of(axes), written.items()):
        path = arrow.get_transform().transform_path(arrow.get_path())
        for part in path.to_polygons(closed_only=False):  # the line, and its head
            assert not Path(part).intersects_bbox(box, filled=False), text.get_text()


@pytest.mark.parametrize("output", GRAPHS)
def test_all_that_is_written_is_inside_the_picture(output: Node) -> None:
    axes = drawn(output)
    for text in axes.texts:
        box = text.get_window_extent()
        assert box.x0 >= axes.bbox.x0
        assert box.y0 >= axes.bbox.y0
        assert box.x1 <= axes.bbox.x1
        assert box.y1 <= axes.bbox.y1


def test_a_node_is_level_with_what_comes_from_farthest() -> None:
    chain = Node("x")
    for name in ("f", "g", "h"):
        chain = Node(name, [chain])
    last = Node("end", [Node("y"), chain])
    level = {text.get_text(): text.get_position()[1] for text in nodes_of(axes_of(last))}
    assert level["x"] == level["f"] == level["g"] == level["h"] == level["end"] > level["y"]


def test_equal_leaves_are_two_nodes() -> None:
    assert len(nodes_of(axes_of(Node("+", [Node("x", value=1.0), Node("x", value=1.0)])))) == 3


def test_every_node_is_inside_the_picture() -> None:
    axes = axes_of(apples())
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for text in nodes_of(axes):
        x, y = text.get_position()
        assert left < x < right
        assert top < y < bottom


def test_the_legend_tells_forward_from_backward() -> None:
    legend = axes_of(apples()).get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "forward: value",
        "backward: gradient",
    ]


def test_a_chain_of_a_thousand_nodes_is_drawn() -> None:
    node = Node("x")
    for _ in range(999):
        node = Node("f", [node])
    assert len(nodes_of(axes_of(node))) == 1000


def test_a_node_that_is_reached_in_many_ways_is_visited_once() -> None:
    node = Node("x")
    for _ in range(60):
        node = Node("+", [node, node])  # 2^60 ways from the end to x
    assert len(nodes_of(axes_of(node))) == 61
