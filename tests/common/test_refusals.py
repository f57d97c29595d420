"""What a learner types by mistake, and the words that answer: one row each."""

import re
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from common import config, graph, names, plot
from common.autograd import Tensor, no_grad
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CallOrderError,
    CommonError,
    DataError,
    DTypeError,
    GraphError,
    OutOfRangeError,
    ShapeError,
    UnknownNameError,
)
from common.functions import accuracy
from common.gradient_check import numerical_gradient
from common.layers import (
    Affine,
    BatchNorm,
    Dropout,
    Embedding,
    Layer,
    Linear,
    MatMul,
    MSELoss,
    ReLU,
    Sequential,
    SoftmaxWithLoss,
)
from common.np import Array, np
from common.optimizer import SGD, Adam
from common.trainer import Trainer
from common.util import batches, clip_grads
from tests.common.table import draw


def network() -> Sequential:
    return Sequential(Linear(2, 3, seed=0), ReLU(), Linear(3, 3, seed=1))


def trainer() -> Trainer:
    return Trainer(network(), SGD(), SoftmaxWithLoss())


def set_to(thing: Any, name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(thing, name, value)


def own_input() -> graph.Node:
    node = graph.Node("x")
    node.inputs = [node]
    return node


def circle() -> graph.Node:
    first = graph.Node("first")
    second = graph.Node("second", [first])
    first.inputs = [second]
    return graph.Node("last", [second])


class Frame:
    """Looks like a table of pandas."""

    shape, dtype = (3, 2), numpy.dtype("float32")


ROWS: dict[str, tuple[Callable[[], Any], type[CommonError], str]] = {
    # Settings that are of another kind than they seem
    "config.gpu": (set_to(config, "gpu", True), UnknownNameError, "there are GPU, dtype and fused"),
    "config.use_gpu = True": (
        set_to(config, "use_gpu", True), ArgumentTypeError, r"with config.use_gpu\(\)",
    ),
    "config.DTYPE": (set_to(config, "DTYPE", "float64"), UnknownNameError, "has no 'DTYPE'"),
    # Settings that are changed later
    "learning_rate = 1": (set_to(SGD(), "learning_rate", 1), UnknownNameError, "Here it is lr"),
    "ratio = 5": (set_to(Dropout(), "dropout_ratio", 5), ArgumentError, "dropout_ratio must be"),
    "BatchNorm.eps = 0": (set_to(BatchNorm(2), "eps", 0), ArgumentError, "eps must be above 0"),
    "lr beyond all floats": (
        lambda: SGD(10**400), ArgumentError, "lr must be at least 0 and finite, got inf$",
    ),
    "lr below all floats": (lambda: SGD(-(10**400)), ArgumentError, "and finite, got -inf$"),
    # Arrays
    "a table as x": (
        lambda: trainer().fit(Frame(), np.array([0, 1, 2])),  # type: ignore[arg-type]
        DTypeError, "x must be an array, got Frame. Make one with np.array",
    ),
    "a table in a layer": (
        lambda: ReLU().forward(Frame()), DTypeError, "x must be an array, got Frame",  # type: ignore[arg-type]
    ),
    # Layers
    "a loss in a Sequential": (
        lambda: Sequential(Linear(2, 3), SoftmaxWithLoss()), ArgumentTypeError,
        "SoftmaxWithLoss needs labels.*give the loss to the Trainer",
    ),
    "append(MSELoss())": (lambda: network().append(MSELoss()), ArgumentTypeError, "MSELoss ne"),
    "a class in a Sequential": (
        lambda: Sequential(ReLU), ArgumentTypeError, "Make one of the class first",  # type: ignore[arg-type]
    ),
    "one class": (
        lambda: SoftmaxWithLoss().forward(np.ones((2, 1)), np.zeros(2, int)), ShapeError,
        "C at least 2, got .*SigmoidWithLoss",
    ),
    "model[99]": (lambda: network()[99], OutOfRangeError, "there is no layer 99: it has 3"),
    "model[-4] = layer": (
        lambda: network().__setitem__(-4, ReLU()), OutOfRangeError, "there is no layer -4",
    ),
    # Graphs
    "draw(tensor)": (
        lambda: graph.draw(Tensor([1.0])), ArgumentTypeError, "expected a Node.*graph_of",  # type: ignore[arg-type]
    ),
    "dot(2)": (lambda: graph.dot(2), ArgumentTypeError, "expected a Node, got 2"),  # type: ignore[arg-type]
    "draw([node])": (lambda: graph.draw([graph.Node("x")]), ArgumentTypeError, "expected a Node"),  # type: ignore[arg-type]
    "@no_grad": (lambda: no_grad(network), ArgumentTypeError, r"write @no_grad\(\)"),
    "no_grad(1, 2)": (lambda: no_grad(1, 2), ArgumentTypeError, "takes nothing, got 1"),
    "layer.W = array": (
        set_to(Linear(2, 3), "W", np.ones((2, 3))), UnknownNameError, r"Here it is params\[0\]",
    ),
    "require_grad = False": (
        set_to(network()[0], "require_grad", False), UnknownNameError, "Here it is requires_grad",
    ),
    "Adam.weight_decay": (set_to(Adam(), "weight_decay", 1e-4), UnknownNameError, "of AdamW"),
    "SGD.momentum": (set_to(SGD(), "momentum", 0.9), UnknownNameError, "an argument of Momentum"),
    "Adam(params)": (lambda: Adam(network().params), ArgumentTypeError, "lr must be a number, g"),  # type: ignore[arg-type]
    "accuracy of classes": (
        lambda: accuracy(np.array([0, 2]), np.array([0, 2])), DTypeError, "y must hold scores",
    ),
    "del model[3]": (lambda: network().__delitem__(3), OutOfRangeError, "there is no layer 3"),
    "trainable of a layer without weights": (
        lambda: set_to(ReLU(), "trainable", False)(), UnknownNameError, "Here it is requires_grad",
    ),
    "trainable = False": (
        set_to(network()[0], "trainable", False), UnknownNameError, "Here it is requires_grad",
    ),
    "append to params": (
        lambda: network().params.append(np.ones(2)), ArgumentTypeError, "would not reach it",
    ),
    "extend grads": (
        lambda: network().grads.extend([np.ones(2)]), ArgumentTypeError, "would not reach it",
    ),
    "x is masked": (
        lambda: trainer().fit(numpy.ma.masked_array(numpy.ones((3, 2))), np.arange(3)), DTypeError,
        "x is a masked array",
    ),
    "dot of its own input": (lambda: graph.dot(own_input()), GraphError, "'x' is among its own in"),
    "draw a circle": (lambda: graph.draw(circle()), GraphError, "is among its own inputs"),
    # Figures
    "loss_curve": (
        lambda: plot.loss_curve({"a": ([1, 2], [1.0])}), ShapeError,
        "steps of 'a' has 2, but losses has 1",
    ),
    "loss_curve of losses": (
        lambda: plot.loss_curve({"a": [1.0, 0.5, 0.2]}), ArgumentTypeError,  # type: ignore[dict-item]
        "what 'a' stands for in curves must be a list or tu",
    ),
    "a model as predict": (
        lambda: plot.decision_boundary(network(), draw(3, 2), np.array([0, 1, 2])),
        ArgumentTypeError, "Give it model.forward, or trainer.predict",
    ),
    "a Trainer as predict": (
        lambda: plot.decision_boundary(trainer(), draw(3, 2), np.array([0, 1, 2])),  # type: ignore[arg-type]
        ArgumentTypeError, "predict must be a function of points",
    ),
    "graph_of(model)": (lambda: graph.graph_of(network()), ArgumentTypeError, "expected a Tensor"),
    "graph_of, names in a list": (
        lambda: graph.graph_of(Tensor([1.0]), ["w"]), ArgumentTypeError, "names must be a dictio",  # type: ignore[arg-type]
    ),
    # Gradients
    "the slope of many numbers": (
        lambda: numerical_gradient(lambda x: x**2, np.ones(2)), ShapeError, "must return one num",
    ),
    "grads and params": (
        lambda: SGD().update(network().grads, network().params), ArgumentError,
        "got the grads of a model as its params",
    ),
    "clip_grads(params)": (
        lambda: clip_grads(network().params, 1.0), ArgumentError, "got the params of a model as",
    ),
    "update(model, grads)": (
        lambda: SGD().update(network(), network().grads), ArgumentTypeError, "params must be a l",  # type: ignore[arg-type]
    ),
    "model.params()": (lambda: network().params(), ArgumentTypeError, "write model.params"),  # type: ignore[operator]
    "the grad of a result": (
        lambda: (Tensor([1.0], requires_grad=True) * 2).grad, GraphError, "only leaves keep a grad",
    ),
    "batches of other lengths": (
        lambda: batches(2, np.ones(3), np.ones(4)), DataError, "there are 3 rows and 4",
    ),
    "ReLU(10)": (lambda: ReLU(10), DTypeError, r"params\[0\] must be an array, got int"),  # type: ignore[arg-type]
    "ReLU(tensor)": (lambda: ReLU(Tensor([1.0])), DTypeError, r"On tensors, call the layer itself"),  # type: ignore[arg-type]
    "a list of layers": (lambda: Sequential([ReLU()]), ArgumentTypeError, "without brackets"),  # type: ignore[arg-type]
    "W transposed": (
        lambda: Affine(np.ones((10, 2)), np.ones(10)), ShapeError,
        r"b must have shape \(2,\), got \(10,\): W, of shape \(10, 2\), is \(inputs, outputs\)",
    ),
    "an optimizer's class": (
        lambda: Trainer(network(), Adam, SoftmaxWithLoss()), ArgumentTypeError, "Make one of the",  # type: ignore[arg-type]
    ),
    "targets in a column": (
        lambda: MSELoss().forward(np.ones(3), np.ones((3, 1))), ShapeError, r"t\.reshape\(3,\)",
    ),
    "labels in a column": (
        lambda: SoftmaxWithLoss().forward(np.ones((3, 2)), np.zeros((3, 1), int)), CommonError,
        r"t\.reshape\(-1\)",
    ),
    "fewer targets": (
        lambda: MSELoss().forward(np.ones((2, 3)), np.ones(3)), ShapeError, r"got \(3,\)$",
    ),
    "more targets": (
        lambda: MSELoss().forward(np.ones((2, 3)), np.ones(9)), ShapeError, r"got \(9,\)$",
    ),
    "a W of one axis": (
        lambda: MatMul(np.ones(3)), ShapeError, r"must have 2 axes, not empty, got shape \(3,\)",
    ),
    "a b of two axes": (
        lambda: Affine(np.ones((2, 3)), np.ones((1, 3))), ShapeError, "must have 1 axis, not empty",
    ),
    "nothing as x": (lambda: ReLU().forward(None), DTypeError, "Does the function that it comes"),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_it_is_refused_and_says_why(row: str) -> None:
    act, error, saying = ROWS[row]
    with pytest.raises(error, match=saying):
        act()


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names.LAYER)
def test_what_a_layer_and_a_model_are_asked_for(name: str) -> None:
    for thing in (Linear(2, 3), network()):
        if name in dir(thing):
            continue
        with pytest.raises(UnknownNameError) as error:
            getattr(thing, name)
        assert f"has no {name!r}. Here it is {names.LAYER[name]}." in str(error.value)


@pytest.mark.parametrize(
    ("thing", "table"),
    [
        (lambda: Tensor([1.0]), names.TENSOR),
        (SGD, names.OPTIMIZER),
        (trainer, names.TRAINER),
    ],
    ids=["tensor", "optimizer", "trainer"],
)
def test_what_else_is_asked_for(thing: Callable[[], Any], table: dict[str, str]) -> None:
    for name, here in table.items():
        with pytest.raises(UnknownNameError, match=re.escape(f"Here it is {here}.")):
            getattr(thing(), name)


@pytest.mark.parametrize(
    ("thing", "typed", "meant"),
    [
        (network, "foward", "forward"),
        (network, "zero_grds", "zero_grads"),
    ],
)
def test_a_name_that_is_nearly_right(thing: Callable[[], Any], typed: str, meant: str) -> None:
    with pytest.raises(UnknownNameError, match=f"has no '{typed}'. Is '{meant}' meant"):
        getattr(thing(), typed)


def test_a_name_like_no_other_gets_no_advice() -> None:
    with pytest.raises(UnknownNameError, match=r"^ReLU has no 'qqq'\.$"):
        ReLU().qqq  # noqa: B018


def test_what_a_method_asks_of_other_things_is_not_what_it_sets() -> None:
    for name, saying in {"mean": "no", "result_type": "no", "running_var": "state"}.items():
        with pytest.raises(UnknownNameError, match=saying):
            getattr(BatchNorm(2), name)


def test_what_forward_sets_is_told_apart_from_what_nobody_sets() -> None:
    class Shift(Layer):
        def forward(self, x: Array) -> Array:
            self._keep(x)
            return x + 1

        def _keep(self, x: Array) -> None:
            self.weight = x  # a name of the table, too

        def backward(self, dout: Array) -> Array:
            return dout * (self.weight != 0)

    for layer, name in ((Shift(), "weight"), (MatMul(np.ones((2, 2))), "x")):
        with pytest.raises(CallOrderError, match=rf"no '{name}'.*call forward before backward"):
            getattr(layer, "".join([*name]))  # a text of its own, with the same letters
    with pytest.raises(UnknownNameError):
        Shift().bias  # noqa: B018


@pytest.mark.cpu
def test_to_set_a_weight_by_its_name_in_the_book_changes_none_and_is_refused() -> None:
    for layer in (
        MatMul(draw(2, 2)),
        Affine(draw(2, 3), draw(3)),
        BatchNorm(2),
        Embedding(draw(2, 2)),
    ):
        for name, here in names.WEIGHTS.items():
            with pytest.raises(UnknownNameError, match=re.escape(f"Here it is {here}.")):
                setattr(layer, name, np.ones(2))


def test_python_may_ask_for_what_it_likes() -> None:
    for thing in (Tensor([1.0]), ReLU(), network(), SGD(), trainer()):
        assert not hasattr(thing, "__cuda_array_interface__")
        assert not hasattr(thing, "_repr_html_")


def test_an_optimizer_takes_an_attribute_of_ones_own() -> None:
    """Also under a name that others have."""
    optimizer: Any = SGD()
    optimizer.step = 3
    assert optimizer.step == 3
    mine: Any = type("MySGD", (SGD,), {})()
    mine.learning_rate = mine.param_groups = 0.5
    assert mine.learning_rate == 0.5
    trainer_of_mine: Any = trainer()
    trainer_of_mine.test = "mine"
    assert trainer_of_mine.test == "mine"
    with pytest.raises(UnknownNameError, match=r"Here it is optimizer\.lr"):
        trainer_of_mine.lr = 0.1


def test_names_from_elsewhere_are_not_offered() -> None:
    assert "lr" in dir(SGD())
    assert not set(names.OPTIMIZER) & set(dir(SGD()))
    assert not set(names.TENSOR) & set(dir(Tensor([1.0])))


# What holds itself --------------------------------------------------------------------------------


def test_a_layer_can_be_taken_out() -> None:
    model = network()
    last = model[-1]
    del model[1]
    assert len(model) == 2
    assert model[-1] is last


def test_a_layer_of_ones_own_may_have_such_names() -> None:
    class Shift(Linear):
        def __init__(self) -> None:
            super().__init__(2, 3, 0)
            self.W, self.b = self.params

        def forward(self, x: Array) -> Array:
            self.trainable = True
            return x @ self.W + self.b

    layer = Shift()
    assert layer.forward(draw(4, 2)).shape == (4, 3)
    assert layer.W is layer.params[0]


def test_a_model_is_no_layer_of_itself() -> None:
    model, other = network(), network()
    other.append(model)
    for holds_it in (model, other):
        with pytest.raises(ArgumentError, match="a model cannot be a layer of itself"):
            model.append(holds_it)
        with pytest.raises(ArgumentError, match="a model cannot be a layer of itself"):
            model[0] = holds_it
    assert len(model) == 3


def test_what_was_put_into_the_list_of_layers_itself_is_looked_at_by_hand() -> None:
    model, other = network(), network()
    other.layers.append(model)
    for wrong in (model, other):
        model.layers.append(wrong)
        with pytest.raises(ArgumentError, match="a model cannot be a layer of itself"):
            model.forward(draw(5, 4))
        with pytest.raises(ArgumentError, match="a model cannot be a layer of itself"):
            Trainer(model, SGD(), SoftmaxWithLoss())
        del model.layers[-1]
    model.layers.append(None)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="Sequential: expected layers, got None"):
        model.forward(draw(5, 4))
