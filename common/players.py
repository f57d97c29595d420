"""What a page hands to the players of the site: a graph to step through, frames, a question.

Each function returns plain numbers and texts for `common.script.record`. A page that runs by
itself computes them too, so what is wrong in them is found in every run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy

from common import config, plot, script
from common.checks import check_function, check_whole
from common.errors import ArgumentError
from common.functions import target_classes
from common.graphs.node import Node, Value, text_of
from common.graphs.sketch import Box, Edge, Text, sketch_of
from common.np import Array
from common.util import to_cpu

Data = dict[str, Any]
Curve = tuple[Sequence[int], Sequence[float]]  # steps, and the loss at each

# A question --------------------------------------------------------------------------------------


class Wrong(NamedTuple):
    """A wrong answer: what somebody would say who thinks so, and why it is not so."""

    answer: Any
    idea: str
    why: str


def quiz(question: str, right: Any, why: str, wrong: Sequence[Wrong]) -> Data:
    """Predict first: a question with its right answer among wrong ones.

    The answers are sorted by their text, so their order gives nothing away.

    >>> data = quiz("What is 2 + 2 · 2?", 2 + 2 * 2, "Products come first.",
    ...             [Wrong((2 + 2) * 2, "left to right", "The product comes first.")])
    >>> [answer["text"] for answer in data["answers"]]
    ['6', '8']

    Raises ArgumentError where a wrong answer is the right one, or another wrong one.
    """
    answers = [{"text": _text(right), "right": True, "why": why}]
    for answer, idea, why_not in wrong:
        reason = f"({idea[0].upper()}{idea[1:]}?) {why_not}"
        answers.append({"text": _text(answer), "right": False, "why": reason})
    texts = [answer["text"] for answer in answers]
    for text in texts:
        if texts.count(text) > 1:
            raise ArgumentError(f"quiz: {text!r} is an answer twice, to {question!r}")
    answers.sort(key=lambda answer: str(answer["text"]))
    return {"player": "quiz", "question": question, "answers": answers}


def _text(answer: Any) -> str:
    return f"{answer:.4g}" if isinstance(answer, float | numpy.floating) else str(answer)


# A computation graph -----------------------------------------------------------------------------


def graph_steps(output: Node, caption: str, grad: Value = 1.0) -> Data:
    """The graph that ends in `output`, where `graph.draw` draws it, and the order of its numbers.

    Forward each operation takes what its inputs are and makes its value; backward, the last one
    first, each takes what came back to it and sends a gradient to each input.
    """
    sketch = sketch_of(output, grad)
    nodes, number = list(sketch.boxes), {node: i for i, node in enumerate(sketch.boxes)}
    edges = [
        _edge(edge, number[source], number[node])
        for node, into in sketch.edges.items()
        for source, edge in zip(node.inputs, into, strict=True)
    ]
    edges.append(_edge(sketch.out, number[output], None))
    sums = {number[node]: _written(total) for node, total in sketch.sums.items()}
    return {
        "player": "graph",
        "caption": caption,
        "width": _px(sketch.width),
        "height": _px(sketch.height),
        "nodes": [_node(node, box) for node, box in sketch.boxes.items()],
        "edges": edges,
        "sums": sums,
        "steps": [*_forward(nodes, edges), *_backward(nodes, edges, sums)],
    }


def _px(inches: float) -> float:
    """CSS pixels."""
    return round(script.INCH * inches, 1)


def _node(node: Node, box: Box) -> Data:
    place = {"x": _px(box.x), "y": _px(box.y), "w": _px(box.width), "h": _px(box.height)}
    return {"label": node.label, **place, "input": not node.inputs}


def _edge(edge: Edge, source: int, target: int | None) -> Data:
    path = "".join(
        letter + " ".join(f"{_px(x):g},{_px(y):g}" for x, y in points)
        for letter, points in edge.path
    )
    numbers = {
        key: _written(text) if text else None
        for key, text in (("value", edge.value), ("grad", edge.grad))
    }
    return {"source": source, "target": target, "path": path, **numbers}


def _written(text: Text) -> Data:
    return {"text": text.text, "x": _px(text.x), "y": _px(text.y)}


def _forward(nodes: Sequence[Node], edges: Sequence[Data]) -> list[Data]:
    leaves = [i for i, node in enumerate(nodes) if not node.inputs]
    known = ", ".join(
        f"{nodes[i].label} = {text_of(nodes[i].value)}" for i in leaves if _has_name(nodes[i])
    )
    from_leaves = [k for k, edge in enumerate(edges) if edge["source"] in leaves]
    steps = [_step("forward", from_leaves, None, f"Forward. What goes in: {known}.")]
    for i, node in enumerate(nodes):
        if node.inputs:
            out = [k for k, edge in enumerate(edges) if edge["source"] == i]
            came = " and ".join(text_of(source.value) for source in node.inputs)
            say = f"Forward. {node.label} takes {came}, and makes {text_of(node.value)}."
            steps.append(_step("forward", out, i, say))
    return steps


def _has_name(leaf: Node) -> bool:
    return text_of(leaf.value) not in ("", leaf.label)


def _backward(nodes: Sequence[Node], edges: Sequence[Data], sums: Mapping[int, Data]) -> list[Data]:
    say = f"Backward begins at the end, with {_came(edges, len(nodes) - 1)}."
    steps = [_step("backward", [len(edges) - 1], None, say)]
    for i, node in reversed(list(enumerate(nodes))):
        if node.inputs:
            into = [k for k, edge in enumerate(edges) if edge["target"] == i and edge["grad"]]
            sent = " and ".join(edges[k]["grad"]["text"] for k in into) or "nothing"
            say = f"Backward. {node.label} gets {_came(edges, i)}, and sends back {sent}."
            steps.append(_step("backward", into, i, say))
    for i, total in sums.items():
        adds = f"{_came(edges, i)} = {total['text'].removeprefix('sum ')}"
        say = f"{nodes[i].label} is used more than once. What comes back adds up: {adds}."
        steps.append(_step("backward", [], i, say) | {"sum": i})
    return steps


def _came(edges: Sequence[Data], i: int) -> str:
    """What came back to a node."""
    return " + ".join(e["grad"]["text"] for e in edges if e["source"] == i and e["grad"])


def _step(way: str, edges: list[int], node: int | None, say: str) -> Data:
    return {"way": way, "edges": edges, "node": node, "say": say}


# Frames of a training ----------------------------------------------------------------------------


class Frames:
    """Some forty pictures of a training of so many steps: the first, the last, and some between.

    By hand, `keep` is called at each step. For a Trainer it is a callback, and `look` says what
    there is to see: a function of the trainer.

    >>> frames = Frames(90, count=4)
    >>> for step in range(1, 91):
    ...     frames.keep(step, step**2)
    >>> frames.at
    [1, 22, 45, 68, 90]
    """

    kept = ("at", "pictures")  # where there is a Checkpoint

    def __init__(
        self, steps: int, look: Callable[[Any], Any] | None = None, count: int = 40
    ) -> None:
        check_whole(self, "steps", steps, at_least=1)
        check_whole(self, "count", count, at_least=1)
        if look is not None:
            check_function(self, "look", look, of="the trainer")
        self.turns, self.look = {round(i * steps / count) for i in range(1, count + 1)}, look
        self.at: list[int] = []
        self.pictures: list[Any] = []

    def keep(self, step: int, picture: Any) -> None:
        """Keeps a copy of the first picture, and of those whose turn it is."""
        if self._is_turn(step):
            self._add(step, picture)

    def _is_turn(self, step: int) -> bool:
        return not self.at or step in self.turns

    def _add(self, step: int, picture: Any) -> None:
        self.at.append(step)
        self.pictures.append(numpy.array(to_cpu(picture)))

    def begin(self, trainer: Any) -> None:
        self.after_step(trainer)

    def after_step(self, trainer: Any) -> None:
        if self.look is not None and self._is_turn(trainer.step):
            self._add(trainer.step, self.look(trainer))

    def end(self, trainer: Any) -> None:
        """A training ends where its last epoch does, or at Ctrl-C."""
        if self.look is not None and trainer.step not in self.at[-1:]:
            self._add(trainer.step, self.look(trainer))


PLANE = 60  # points across, and as many up


def plane(predict: Callable[[Array], Array], x: Array) -> Array:
    """The class that predict gives to each of 60 × 60 points around the rows of x, bottom first."""
    return plot.classes_in_plane(predict, to_cpu(x), PLANE)[2]


def boundary_frames(frames: Frames, x: Array, t: Array, loss: Curve, caption: str) -> Data:
    """Pictures of `plane` around the rows of x (N, 2), under them, with their classes t."""
    x, t = to_cpu(x), to_cpu(t)
    with config.use_gpu(False):
        labels = target_classes(t)
    low, high = plot.frame_around(x)
    places = (x - low) / (high - low)
    if labels.max() > 9:
        raise ArgumentError(f"boundary_frames: a digit stands for a class, got {labels.max()}")
    return _scrubber("classes", frames, loss, caption) | {
        "frames": ["".join(map(str, picture.ravel())) for picture in frames.pictures],
        "width": PLANE,
        "height": PLANE,
        "names": [f"class {label}" for label in range(int(labels.max()) + 1)],
        "points": [
            [*_rounded(place), int(label)] for place, label in zip(places, labels, strict=True)
        ],
    }


def curve_frames(
    frames: Frames, x: Array, fixed: Mapping[str, Array], moving: str, loss: Curve, caption: str
) -> Data:
    """Pictures that are values at x of one function, `moving`, beside others that stay."""
    still = {name: _rounded(to_cpu(y)) for name, y in fixed.items()}
    return _scrubber("curves", frames, loss, caption) | {
        "x": _rounded(to_cpu(x)),
        "xlabel": "x",
        "ylabel": "y",
        "fixed": still,
        "moving": moving,
        "frames": [_rounded(to_cpu(picture)) for picture in frames.pictures],
        "ylim": [min(map(min, still.values())) - 0.5, max(map(max, still.values())) + 0.5],
    }


def image_frames(frames: Frames, height: int, width: int, loss: Curve, caption: str) -> Data:
    """Pictures of weights (N, height · width): small images, white at 0."""
    pictures = [to_cpu(picture) for picture in frames.pictures]
    largest = max(float(abs(picture).max()) for picture in pictures) or 1
    return _scrubber("images", frames, loss, caption) | {
        "width": width,
        "height": height,
        "columns": 6,
        "frames": [
            (128 + 127 * picture / largest).round().astype(int).ravel().tolist()
            for picture in pictures
        ],
    }


def _scrubber(kind: str, frames: Frames, loss: Curve, caption: str) -> Data:
    steps, losses = loss
    curve = {"steps": list(steps), "losses": _rounded(losses)}
    player = {"player": "scrubber", "kind": kind, "caption": caption}
    return player | {"at": frames.at, "curve": curve}


def _rounded(numbers: Any) -> list[float]:
    """Four digits: a page is to be light."""
    return [float(f"{float(number):.4g}") for number in numbers]
