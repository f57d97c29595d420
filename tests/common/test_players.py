"""What a page hands to the players of the site."""

import functools
import re
from typing import Any

import pytest

from common import graph, players, script
from common.autograd import Tensor
from common.graph import Node
from common.layers import Linear, Sequential, SoftmaxWithLoss
from common.np import np
from common.optimizer import SGD
from common.players import Frames, Wrong, quiz
from common.trainer import Trainer
from common.util import to_cpu
from dataset import spiral

# quiz


def test_a_quiz_has_its_right_answer_once_and_a_reason_for_each() -> None:
    data = quiz(
        "Which?", (4, 3), "So.", [Wrong((3, 4), "no", "Not so."), Wrong(7.0, "never", "Never.")]
    )
    script.record("quiz", data)
    answers = {answer["text"]: answer for answer in data["answers"]}
    assert list(answers) == ["(3, 4)", "(4, 3)", "7"]
    assert [text for text, answer in answers.items() if answer["right"]] == ["(4, 3)"]
    assert answers["(3, 4)"]["why"] == "(No?) Not so."


@pytest.mark.parametrize("wrong", [[Wrong(6, "a", "")], [Wrong(7, "a", ""), Wrong(7.0, "b", "")]])
def test_a_quiz_in_which_an_answer_stands_twice_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"is an answer twice, to 'How many\?'"):
        quiz("How many?", 6, "", wrong)


# graph_steps


def small_graph() -> Node:
    """L = (a + b) · a, with a = 3 and b = 2."""
    a, b = Node("a", value=3.0), Node("b", value=2.0)
    plus = Node("+", [a, b], 5.0, grads=[3.0, 3.0])
    return Node("×", [plus, a], 15.0, grads=[3.0, 5.0])


def test_a_graph_goes_forward_and_back_and_adds_up_what_is_used_twice() -> None:
    data = players.graph_steps(small_graph(), "A graph.")
    script.record("graph", data)
    assert [step["say"] for step in data["steps"]] == [
        "Forward. What goes in: a = 3, b = 2.",
        "Forward. + takes 3 and 2, and makes 5.",
        "Forward. × takes 5 and 3, and makes 15.",
        "Backward begins at the end, with 1.",
        "Backward. × gets 1, and sends back 3 and 5.",
        "Backward. + gets 3, and sends back 3 and 3.",
        "a is used more than once. What comes back adds up: 3 + 5 = 8.",
    ]


def test_each_number_of_a_graph_appears_in_one_step() -> None:
    data = players.graph_steps(small_graph(), "A graph.")
    for way, key in (("forward", "value"), ("backward", "grad")):
        shown = [k for step in data["steps"] if step["way"] == way for k in step["edges"]]
        assert sorted(shown) == [k for k, edge in enumerate(data["edges"]) if edge[key]]
    assert {step["sum"] for step in data["steps"] if "sum" in step} == set(data["sums"])


def test_a_graph_stands_as_it_does_in_its_picture() -> None:
    data = players.graph_steps(small_graph(), "A graph.")
    (axes,) = graph.draw(small_graph()).axes
    inches = [(text.get_text(), *text.get_position()) for text in axes.texts]
    there = sorted((text, round(120 * x, 1), round(120 * y, 1)) for text, x, y in inches)
    numbers = [edge[key] for edge in data["edges"] for key in ("value", "grad")]
    here = [(text["text"], text["x"], text["y"]) for text in [*numbers, *data["sums"].values()]]
    assert sorted([*here, *((n["label"], n["x"], n["y"]) for n in data["nodes"])]) == there


def test_an_edge_of_a_graph_leads_from_its_source_to_its_target() -> None:
    data = players.graph_steps(small_graph(), "A graph.")
    for edge in data["edges"]:
        assert re.fullmatch(r"M[\d.,]+(L[\d.,]+Q[\d., ]+)*L[\d.,]+", edge["path"])
        points = re.findall(r"([\d.]+),([\d.]+)", edge["path"])
        for (x, y), i in zip(
            (points[0], points[-1]), (edge["source"], edge["target"]), strict=True
        ):
            if i is not None:
                node = data["nodes"][i]
                assert abs(float(x) - node["x"]) <= node["w"] / 2 + 0.1
                assert abs(float(y) - node["y"]) <= 18.1


def test_a_graph_of_the_tape_has_its_numbers() -> None:
    a = Tensor(np.array(3.0), requires_grad=True)
    b = Tensor(np.array(2.0), requires_grad=True)
    y = (a + b) * a
    data = players.graph_steps(graph.graph_of(y, {"a": a, "b": b}), "A graph.")
    y.backward()
    assert data["edges"][-1]["value"]["text"] == f"{y.item():.4g}"
    ((place, total),) = data["sums"].items()
    assert data["nodes"][place]["label"] == "a"
    assert total["text"] == f"sum {float(a.grad):.4g}"


def test_nothing_comes_back_where_nobody_asked() -> None:
    x, w = Tensor(np.array(3.0)), Tensor(np.array(2.0), requires_grad=True)
    data = players.graph_steps(graph.graph_of(x * w, {"x": x, "w": w}), "A graph.")
    grads = [edge["grad"] for edge in data["edges"]]
    assert [grad and grad["text"] for grad in grads] == [None, "3", "1"]
    assert data["steps"][-1]["say"] == "Backward. × gets 1, and sends back 3."


# frames


@pytest.fixture
def trained() -> tuple[Trainer, Frames]:
    x, t = spiral.load_data()
    model = Sequential(Linear(2, 3, seed=0))
    trainer = Trainer(model, SGD(lr=0.1), SoftmaxWithLoss(), seed=0)
    frames = Frames(40, lambda trainer: players.plane(trainer.predict, x), count=4)
    trainer.fit(x, t, max_epoch=4, eval_interval=10, verbose=False, callbacks=[frames])
    return trainer, frames


def test_a_trainer_keeps_frames_from_before_its_first_step_on(
    trained: tuple[Trainer, Frames],
) -> None:
    assert trained[1].at == [0, 10, 20, 30, 40]


def test_the_last_frame_is_what_the_model_says_in_the_end(trained: tuple[Trainer, Frames]) -> None:
    trainer, frames = trained
    x, t = spiral.load_data()
    loss = (trainer.loss_steps, trainer.loss_list)
    data = players.boundary_frames(frames, x, t, loss, "A boundary.")
    script.record("boundary", data)
    last = players.plane(trainer.predict, x)
    assert data["frames"][-1] == "".join(str(int(label)) for row in last for label in row)
    assert data["frames"][0] != data["frames"][-1]
    assert data["curve"]["steps"] == trainer.loss_steps
    assert data["curve"]["losses"] == pytest.approx(trainer.loss_list, rel=1e-3)
    assert all(0 < px < 1 and 0 < py < 1 for px, py, _ in data["points"])


def sides(axis: int, z: Any) -> Any:
    """A score for each side of 0."""
    return np.stack([-z[:, axis], z[:, axis]], 1)


def test_a_point_lies_in_the_frame_where_its_coordinates_say() -> None:
    """A model that tells left from right, and then one that tells up from down."""
    x = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    for axis in (0, 1):
        frames = Frames(1)
        frames.keep(1, players.plane(functools.partial(sides, axis), x))
        t = (to_cpu(x)[:, axis] > 0).astype(int)
        data = players.boundary_frames(frames, x, np.asarray(t), ([1], [0.5]), "Two halves.")
        for px, py, label in data["points"]:
            place = int(py * data["height"]) * data["width"] + int(px * data["width"])
            assert data["frames"][0][place] == str(label)


def test_what_is_kept_is_a_copy() -> None:
    frames, numbers = Frames(2, count=2), np.zeros(3)
    frames.keep(1, numbers)
    numbers += 1
    frames.keep(2, numbers)
    assert [picture.tolist() for picture in frames.pictures] == [[0, 0, 0], [1, 1, 1]]


def test_curves_and_images_as_they_were_kept() -> None:
    frames = Frames(2, count=2)
    frames.keep(1, np.array([[-2.0, 0.0], [1.0, 2.0]]))
    images = players.image_frames(frames, 1, 2, ([1], [0.5]), "Weights.")
    assert images["frames"] == [[1, 128, 192, 255]]  # white at 0
    frames = Frames(2, count=2)
    frames.keep(1, np.array([[-2.0, 0.0], [1.0, 1.0]]))
    images = players.image_frames(frames, 1, 2, ([1], [0.5]), "The darkest is the largest.")
    assert images["frames"] == [[1, 128, 192, 192]]
    frames = Frames(2, count=2)
    frames.keep(1, np.array([0.125, 1.0]))
    x = np.array([0.0, 1.0])
    curves = players.curve_frames(frames, x, {"line": x}, "model", ([1], [0.5]), "Curves.")
    script.record("curves", curves)
    assert (curves["x"], curves["frames"], curves["fixed"]) == (
        [0, 1],
        [[0.125, 1]],
        {"line": [0, 1]},
    )
