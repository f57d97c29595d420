"""The table of bad input: every argument of what the framework offers, with the slot that it is.

    python -m tests.common.bad_input        prints the size of the matrix

A row says how to make a thing, how to call it, and for each argument a good value and its slot: a
dictionary of the ways to be wrong, from `tests.common.bad_kinds`. `test_bad_input` tries each, and
fails where a public name, or an argument, has no row.
"""

import argparse
import datetime
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from matplotlib.figure import Figure

from common import (
    autograd,
    checkpoint,
    config,
    functions,
    gradient_check,
    layers,
    optimizer,
    parallel,
    players,
    plot,
    util,
)
from common import schedule as schedules
from common import trainer as trainers
from common.autograd import Parameter, Tensor
from common.base import Layer
from common.layers import Linear, MSELoss, ReLU, Sequential, Sigmoid, SoftmaxWithLoss
from common.np import np
from common.optimizer import SGD, Momentum
from common.parallel import Workers
from common.trainer import Trainer
from common.util import to_cpu
from dataset import digits, hold_out, random_regression, sine, spiral
from tests.common import bad_kinds as bad
from tests.common import table
from tests.common.bad_kinds import Slot
from tests.common.table import BINARY, INDICES, ONE_HOT, draw

Row = table.Row


@dataclass(frozen=True)
class Arg:
    """An argument. good: makes a good value. accepts: the kinds of its slot that are good here.

    called: words by which messages may call it instead of its name.
    """

    slot: Slot
    good: Callable[[], Any]
    accepts: frozenset[str]
    called: tuple[str, ...]

    def kinds(self) -> list[str]:
        """Those that are to be refused."""
        return [name for name in self.slot if name not in self.accepts]


def arg(slot: Slot, good: Callable[[], Any], accepts: Iterable[str] = (), called: str = "") -> Arg:
    unasked = {name for name, kind in slot.items() if not kind.error}
    assert set(accepts) <= set(slot), set(accepts) - set(slot)
    return Arg(slot, good, frozenset(accepts) | unasked, tuple(filter(None, called.split(" | "))))


def given(array: Any) -> Callable[[], Any]:
    """A copy of it, on the device that is on."""
    return lambda: np.array(array)


@dataclass(frozen=True)
class Subject:
    """Something that is called.

    name: unique. make: a fresh thing. call: calls it with its arguments by name. who: how messages
    may call it. of: the public name that this row is about; method: of a class, which one.
    """

    name: str
    of: Any
    method: str
    make: Callable[[], Any]
    call: Callable[[Any, dict[str, Any]], Any]
    who: tuple[str, ...]
    args: dict[str, Arg]

    def __str__(self) -> str:
        return self.name

    def good(self) -> dict[str, Any]:
        return {name: arg.good() for name, arg in self.args.items()}


def by_signature(f: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Calls f by place, where it lets one: what is given for *layers is then one of them."""
    by_place, by_name = [], {}
    for parameter in inspect.signature(f).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            by_name[parameter.name] = given[parameter.name]
        elif parameter.name in given:
            by_place.append(given[parameter.name])
    return f(*by_place, **by_name)


def function(f: Any, name: str = "", /, *who: str, **args: Arg) -> Subject:
    """A function, or a class that is made."""
    name = name or f.__name__
    return Subject(name, f, "", lambda: f, by_signature, who or (f.__name__,), args)


def method(
    of: type, method: str, make: Callable[[], Any], name: str = "", /, *who: str, **args: Arg
) -> Subject:
    """A method of what is made."""

    def call(thing: Any, given: Mapping[str, Any]) -> Any:
        return by_signature(getattr(thing, method), given)

    name = name or f"{of.__name__}.{method}"
    return Subject(name, of, method, make, call, who or (of.__name__,), args)


def setting(of: type, name: str, make: Callable[[], Any], value: Arg, who: str = "") -> Subject:
    """An attribute that is set."""

    def call(thing: Any, given: Mapping[str, Any]) -> Any:
        return setattr(thing, name, given[name])

    full = f"{of.__name__}.{name} = "
    return Subject(full, of, name, make, call, (who or of.__name__,), {name: value})


# Layers and losses ----------------------------------------------------------------------------

BATCH_SIZE = ["a row more", "a row fewer", "one row"]
ANY_SHAPE = [*bad.AXES, *bad.ROWS, *bad.COLUMNS]
ANY_NUMBERS = [*bad.NOT_FINITE]  # what is not finite goes on; the Trainer finds it
NOTHING = [*bad.EMPTY, *bad.NO_COLUMNS]
ELEMENTS = arg(bad.TABLE, lambda: draw(4, 3), [*ANY_SHAPE, *ANY_NUMBERS, *NOTHING])
FLAT = [kind for kind in ANY_SHAPE if kind not in ("no axis", "flat")]
BATCH = [*BATCH_SIZE, *ANY_NUMBERS]
BATCH_OF_TWO = [kind for kind in BATCH if kind != "one row"]
FEWER_CLASSES = bad.unsaid(bad.TABLE, "a column fewer", "one column")


def layer_rows() -> Iterable[Subject]:
    """The layers and losses of `tests.common.table`, forward and backward."""
    forward: dict[str, dict[str, Arg]] = {
        "MatMul": {"x": arg(bad.TABLE, lambda: draw(5, 4), BATCH)},
        "Affine": {"x": arg(bad.TABLE, lambda: draw(5, 4), BATCH)},
        "Linear": {"x": arg(bad.TABLE, lambda: draw(5, 4), BATCH)},
        "BatchNorm, training": {"x": arg(bad.TABLE, lambda: draw(5, 3), BATCH_OF_TWO)},
        "BatchNorm, evaluation": {"x": arg(bad.TABLE, lambda: draw(5, 3), BATCH)},
        "Sigmoid": {"x": ELEMENTS}, "Tanh": {"x": ELEMENTS}, "ReLU": {"x": ELEMENTS},
        "Dropout, training": {"x": ELEMENTS, "train_flg": arg(bad.FLAG, lambda: True)},
        "Softmax": {"x": arg(bad.TABLE, lambda: draw(4, 3), [*ANY_SHAPE, *ANY_NUMBERS])},
        "Flatten": {"x": arg(bad.TABLE, lambda: draw(2, 3, 4), [*FLAT, *ANY_NUMBERS])},
        "Embedding": {"idx": arg(bad.INDICES, given(INDICES), [*bad.AXES, *bad.ROWS])},
        "SoftmaxWithLoss, indices": {
            "x": arg(FEWER_CLASSES, lambda: draw(5, 3), ["a column more", *ANY_NUMBERS], "t must"),
            "t": arg(bad.CLASSES, given(INDICES)),
        },
        "SoftmaxWithLoss, one-hot": {
            "x": arg(bad.TABLE, lambda: draw(5, 3), ANY_NUMBERS, "t must"),
            "t": arg(bad.DISTRIBUTIONS, given(ONE_HOT)),
        },
        "SigmoidWithLoss, 0 or 1": {
            "x": arg(bad.TABLE, lambda: draw(4, 3), ANY_NUMBERS, "t must"),
            "t": arg(bad.BINARY, given(BINARY)),
        },
        "MSELoss, mean": {
            "y": arg(bad.TABLE, lambda: draw(4, 3), ANY_NUMBERS, "t must"),
            "t": arg(bad.TABLE, lambda: draw(4, 3, seed=1), ANY_NUMBERS),
        },
        "Sequential": {"x": arg(bad.TABLE, lambda: draw(5, 4), BATCH)},
    }  # fmt: skip
    rows = {row.name: row for row in table.ROWS}
    for name, args in forward.items():
        row = rows[name]
        yield forward_of(row, args)
        yield backward_of(row)


def used(row: Row) -> Layer:
    """After a forward and a backward: its gradients are not zero."""
    layer = row.layer()
    table.run(layer, row.inputs(), row.dout())
    return layer


def forward_of(row: Row, args: dict[str, Arg]) -> Subject:
    cls = type(row.layer())
    who = (cls.__name__, "Affine") if cls is Sequential else (cls.__name__,)
    return method(cls, "forward", lambda: used(row), f"{row}.forward", *who, **args)


def backward_of(row: Row) -> Subject:
    cls = type(row.layer())
    who = (cls.__name__, "Affine") if cls is Sequential else (cls.__name__,)
    if row.dout().ndim:
        dout = arg(bad.TABLE, row.dout, ANY_NUMBERS)
    else:
        dout = arg(bad.ONE_NUMBER, lambda: 1.0)
    return method(cls, "backward", lambda: used(row), f"{row}.backward", *who, dout=dout)


WHOLE_FIRST = ["whole numbers first", "booleans first"]
OWN_PARAMS = {
    "params": arg(bad.TABLE, lambda: draw(3, 2), [*ANY_SHAPE, *NOTHING, *ANY_NUMBERS]),
    "state": arg(bad.ARRAYS, lambda: [draw(3, 2)], WHOLE_FIRST),
}  # fmt: skip


def W() -> Arg:
    return arg(bad.WEIGHT, lambda: draw(4, 3), ["a row more", "a row fewer", "one row", *WIDTHS])


WIDTHS = ["a column more", "a column fewer", "one column", "transposed"]
POSITIVE = {"zero": 0, "minus_1": -1}
LAYERS = [
    *layer_rows(),
    *(function(cls, **OWN_PARAMS) for cls in (Layer, Sigmoid, layers.Tanh, ReLU, layers.Softmax,
                                             SoftmaxWithLoss, layers.SigmoidWithLoss)),
    function(layers.MatMul, W=W()),
    function(layers.Embedding, W=W()),
    function(layers.Affine, W=arg(bad.WEIGHT, lambda: draw(4, 3), BATCH_SIZE),
             b=arg(bad.BIAS, lambda: draw(3))),
    function(Linear, in_features=arg(bad.SIZE, lambda: 4),
             out_features=arg(bad.SIZE, lambda: 3), seed=arg(bad.SEED, lambda: 0)),
    function(layers.BatchNorm, features=arg(bad.SIZE, lambda: 3),
             momentum=arg(bad.number(below_0=-0.1, above_1=1.1), lambda: 0.1),
             eps=arg(bad.number(**POSITIVE), lambda: 1e-5)),
    function(layers.Dropout, dropout_ratio=arg(bad.number(below_0=-0.1, one=1), lambda: 0.5),
             seed=arg(bad.SEED, lambda: 0)),
    function(layers.Flatten,
             start_dim=arg(bad.whole(), lambda: 1), end_dim=arg(bad.whole(), lambda: 2)),
    function(MSELoss, reduction=arg(bad.choice(), lambda: "sum")),
    function(Sequential, layers=arg(bad.LAYER, ReLU, called="the loss")),
    *(method(Sequential, name, lambda: Sequential(ReLU(), Sigmoid()), **args) for name, args in {
        "append": {"layer": arg(bad.LAYER, ReLU, called="the loss")},
        "__setitem__": {"index": arg(bad.INDEX, lambda: 0, called="layer"),
                        "layer": arg(bad.LAYER, ReLU, called="the loss")},
        "__getitem__": {"index": arg(bad.INDEX, lambda: 0, ["a slice"], "layer")},
        "__delitem__": {"index": arg(bad.INDEX, lambda: 0, called="layer")},
    }.items()),
]  # fmt: skip

# Functions of arrays ------------------------------------------------------------------------------

PROBABILITIES = table.SOFT[:, ::-1]
SCORES = [*bad.ROWS, *bad.COLUMNS, "an axis fewer", *ANY_NUMBERS]
OTHER_ROWS = bad.unsaid(bad.DISTRIBUTIONS, *bad.COLUMNS)
FUNCTIONS = [
    *(function(f, x=ELEMENTS) for f in (functions.sigmoid, functions.relu)),
    *(function(f, x=arg(bad.TABLE, lambda: draw(4, 3), [*ANY_SHAPE, *ANY_NUMBERS]))
      for f in (functions.softmax, functions.log_softmax)),
    function(functions.cross_entropy_error,
             y=arg(OTHER_ROWS, given(PROBABILITIES), called="t must"),
             t=arg(bad.CLASSES, given(INDICES))),
    function(functions.cross_entropy_error, "cross_entropy_error, one-hot",
             y=arg(OTHER_ROWS, given(PROBABILITIES), called="t must"),
             t=arg(bad.DISTRIBUTIONS, given(ONE_HOT))),
    function(functions.predicted_classes, y=arg(bad.TABLE, lambda: draw(4, 3), SCORES)),
    function(functions.target_classes,
             t=arg(bad.TABLE, given(ONE_HOT), [s for s in SCORES if s not in ANY_NUMBERS])),
    function(functions.accuracy,
             y=arg(FEWER_CLASSES, lambda: draw(5, 3), ["a column more", *ANY_NUMBERS], "t must"),
             t=arg(bad.CLASSES, given(INDICES))),
    function(functions.accuracy, "accuracy, one score",
             y=arg(bad.ARRAY, lambda: draw(4), ["an axis at the end", *ANY_NUMBERS], "t must"),
             t=arg(bad.ARRAY, given(BINARY[:, 0]), ["an axis more", "an axis at the end"])),
]  # fmt: skip

# Optimizers and schedules -------------------------------------------------------------------------

NUMBERS = {
    "lr": arg(bad.number(minus_1=-1), lambda: 0.1),
    **{name: arg(bad.number(minus_1=-1, one=1), lambda: 0.5)
       for name in ("momentum", "decay_rate", "beta1", "beta2")},
    "eps": arg(bad.number(**POSITIVE), lambda: 1e-8),
    "weight_decay": arg(bad.number(minus_1=-1), lambda: 0.1),
}  # fmt: skip
OPTIMIZERS = [
    cls
    for cls in vars(optimizer).values()
    if isinstance(cls, type) and optimizer.Optimizer in cls.__mro__[1:]
]
PARAMS = bad.ARRAYS | bad.AS_MANY | bad.AS_LARGE


def arrays() -> list[Any]:
    return [draw(3, 2), draw(2)]


@functools.cache
def known_to_all(is_on_gpu: bool) -> list[Any]:
    """Parameters for all optimizers: each goes on with arrays that it knows."""
    return arrays()


def known() -> list[Any]:
    return list(known_to_all(config.GPU))


def stepped(cls: Any) -> Any:
    """After a step: there is state to be changed."""
    optimizer = cls()
    optimizer.update(known(), arrays())
    return optimizer


def optimizer_rows(cls: Any) -> Iterable[Subject]:
    names = inspect.signature(cls).parameters
    yield function(cls, **{name: NUMBERS[name] for name in names})
    yield method(
        cls,
        "update",
        lambda: stepped(cls),
        params=arg(PARAMS, known, called="grads[0]"),
        grads=arg(PARAMS, arrays),
    )
    for name in names:
        yield setting(cls, name, lambda: stepped(cls), NUMBERS[name])


STEPS = arg(bad.whole(**POSITIVE), lambda: 3)


SCHEDULES = [
    function(schedules.step_decay, lr=NUMBERS["lr"], every=STEPS,
             factor=arg(bad.number(**POSITIVE), lambda: 0.5)),
    function(schedules.cosine, lr=NUMBERS["lr"], steps=STEPS,
             lr_min=arg(bad.number(minus_1=-1, above_lr=5.0), lambda: 0.1)),
    function(schedules.warm_up, schedule=arg(bad.FUNCTION, lambda: lambda step: 0.1), steps=STEPS),
]  # fmt: skip

# The tape -----------------------------------------------------------------------------------------


def leaf(*shape: int) -> Any:
    return Tensor(draw(*shape) + 3, requires_grad=True)


OPERAND = arg(bad.OPERAND, lambda: draw(4, 3), called="operand | int too large")
MATRIX = arg(bad.OPERAND | bad.NO_AXES, lambda: draw(3, 4), called="operand | int too large")
AXIS = arg(bad.AXIS, lambda: 0)
REDUCTION = {"axis": AXIS, "keepdims": arg(bad.FLAG, lambda: True)}
LIMIT = arg(bad.LIMIT, lambda: np.ones(3), called="a limit")
TENSORS = arg(bad.TENSORS, lambda: [leaf(4, 3), draw(4, 3)], called="operand | with shape")
ONE_AXIS = arg(bad.ONE_AXIS, lambda: 0)
WAYS: dict[str, tuple[str, dict[str, Arg]]] = {
    "sum": ("Sum", REDUCTION), "mean": ("Mean", REDUCTION), "max": ("Max", REDUCTION),
    "min": ("Min", REDUCTION),
    "var": ("Var", REDUCTION | {
        "axis": arg(bad.without(bad.AXIS, "no axes"), lambda: 0),
        "ddof": arg(bad.whole(too_many=4, minus_1=-1), lambda: 1)}),
    "reshape": ("Reshape", {"shape": arg(bad.SHAPE, lambda: (2, 6))}),
    "transpose": ("Transpose", {"axes": arg(bad.ORDER, lambda: (1, 0))}),
    "clamp": ("Clamp", {"min": LIMIT, "max": LIMIT}),
    "__getitem__": ("GetItem", {"index": arg(bad.INDEX_OF_TENSOR, lambda: 0)}),
    **{f"__{sign}{name}__": (op, {"other": OPERAND}) for sign in ("", "r") for name, op in {
        "add": "Add", "sub": "Sub", "mul": "Mul", "truediv": "Div", "pow": "Pow"}.items()},
    "__matmul__": ("MatMul", {"other": MATRIX}), "__rmatmul__": ("MatMul", {"other": MATRIX}),
    **{f"__{name}__": (op, {"other": OPERAND}) for name, op in {
        "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
        "ge": "greater_equal"}.items()},
}  # fmt: skip


def squeezable() -> Any:
    return Tensor(draw(4, 1, 3), requires_grad=True)


def change_in_place(thing: Any, given: dict[str, Any]) -> None:
    with autograd.no_grad():
        thing -= given["other"]


TAPE = [
    *(method(Tensor, name, lambda: leaf(4, 3), "", "Tensor", op, **args)
      for name, (op, args) in WAYS.items()),
    method(Tensor, "squeeze", squeezable, "", "Squeeze", axis=arg(bad.AXIS, lambda: 1)),
    method(Tensor, "backward", lambda: leaf(4, 3) * 2, "", "backward",
           grad=arg(bad.GRAD, lambda: draw(4, 3))),
    setting(Tensor, "grad", lambda: leaf(4, 3),
            arg(bad.GRAD | bad.slot((), bad.any_text, None_=bad.always(None)), lambda: draw(4, 3))),
    Subject("Tensor -= ", Tensor, "__isub__", lambda: leaf(4, 3), change_in_place, ("Tensor",),
            {"other": OPERAND}),
    function(Tensor,
             data=arg(bad.DATA, lambda: draw(2)), requires_grad=arg(bad.FLAG, lambda: True)),
    function(Parameter, data=arg(bad.DATA | bad.NOT_FINITE | bad.NOT_FLOATS | bad.READ_ONLY,
                                 lambda: draw(2))),
    function(autograd.where, "where", "where", "Where",
             condition=arg(bad.MASK, lambda: draw(4, 3) > 0, called="with shape"),
             a=OPERAND, b=OPERAND),
    function(autograd.maximum, "maximum", "Maximum", a=OPERAND, b=OPERAND),
    function(autograd.concatenate, "concatenate", "concatenate", "Concatenate", tensors=TENSORS,
        axis=ONE_AXIS),
    function(autograd.stack, "stack", "stack", "Stack", tensors=TENSORS, axis=ONE_AXIS),
    function(autograd.replay, function=arg(bad.FUNCTION, lambda: lambda x: (x * leaf(3)).sum(),
                                           ["of two", "of none"], called="a function")),
    *(method(type(layer()), "__call__", layer, f"{type(layer()).__name__}(...)",
             inputs=arg(bad.NO_TENSOR, lambda: Tensor(draw(5, 4)), called="Tensor"))
      for layer in (ReLU, lambda: Linear(4, 3), layers.Flatten, layers.Dropout)),
    method(Sequential, "__call__", lambda: Sequential(Linear(4, 3)),
           x=arg(bad.NO_TENSOR, lambda: Tensor(draw(5, 4)), called="Tensor")),
]  # fmt: skip

# Data sets ----------------------------------------------------------------------------------------

SIZE = arg(bad.SIZE, lambda: 5)
ROWS_OF_DATA = 1200  # so that the last of them is not among the first thousand


def data_x() -> Any:
    """On the CPU: a Trainer moves what it is given."""
    return to_cpu(draw(ROWS_OF_DATA, 2)).astype("float32")


def data_t() -> Any:
    return (data_x()[:, 0] > 0) * 1 + (data_x()[:, 1] > 0)


def one_hot() -> Any:
    return numpy.eye(3, dtype=int)[data_t()]


ANY_DATA = ["the other device"]  # they are moved
DATA_X = (
    bad.ANY_ARRAY | bad.AXES | bad.ROWS | bad.COLUMNS | bad.EMPTY | bad.NO_COLUMNS | bad.NOT_FINITE
)
ANY_COLUMNS = ["a column more", "a column fewer", "one column", "an axis at the end"]
DATA = [
    function(spiral.load_data, "spiral.load_data", "spiral.load_data",
             seed=arg(bad.whole(minus_1=-1, too_large=2**32), lambda: 0)),
    function(sine.load_data, "sine.load_data", "sine.load_data", n=SIZE),
    function(random_regression.load_data, *["random_regression.load_data"] * 2,
             n=SIZE, d_in=SIZE, d_out=SIZE, seed=arg(bad.SEED, lambda: 0)),
    function(digits.load_data, "digits.load_data"),
    function(hold_out, x=arg(DATA_X, given(data_x()), ANY_COLUMNS),
             t=arg(DATA_X, given(data_x()), ANY_COLUMNS), seed=arg(bad.SEED, lambda: 0),
             fraction=arg(bad.number(zero=0, one=1, minus=-0.1, too_small=1e-9), lambda: 0.25)),
]  # fmt: skip

# The Trainer --------------------------------------------------------------------------------------


def model() -> Sequential:
    return Sequential(
        Linear(2, 4, seed=0), Sigmoid(), layers.Dropout(0.1, seed=0), Linear(4, 3, seed=1)
    )


def watch(trainer: Trainer) -> None:
    """Does nothing."""


def trained() -> Trainer:
    """After a fit: it has a history, its optimizer has state."""
    trainer = Trainer(model(), Momentum(0.1), SoftmaxWithLoss(), seed=0)
    trainer.fit(data_x(), data_t(), 1, 400, verbose=False)
    return trainer


def of_numbers() -> Trainer:
    """One whose targets are no classes, after a fit."""
    trainer = Trainer(model(), Momentum(0.1), MSELoss(), seed=0)
    trainer.fit(data_x(), one_hot() / 2, 1, 400, verbose=False)
    return trainer


def schedule() -> Any:
    return schedules.cosine(0.1, 100)


WHO = ("Trainer", "Linear", "SoftmaxWithLoss")
X = arg(DATA_X, data_x, ANY_DATA)
T = arg(bad.but(bad.ANY_ARRAY, ValueError) | bad.AXES | bad.ROWS | bad.EMPTY | bad.NOT_WHOLE
        | bad.OUT_OF_RANGE | bad.NOT_FINITE, data_t, ANY_DATA)  # fmt: skip
SHARES = arg(DATA_X, lambda: one_hot() / 2, ANY_DATA)
HOT = arg(bad.DISTRIBUTIONS, one_hot, ANY_DATA)
BATCH_ARG = arg(bad.whole(**POSITIVE), lambda: 600)
FIT = {
    "max_epoch": arg(bad.whole(minus_1=-1, two_to_53=2**53), lambda: 1),
    "batch_size": arg(bad.whole(**POSITIVE, two_to_53=2**53), lambda: 600),
    "max_grad": arg(bad.number(**POSITIVE), lambda: 5.0, ["None"]),
    "eval_interval": arg(bad.whole(**POSITIVE, two_to_53=2**53), lambda: 2, ["None"]),
    "held_out": arg(bad.HELD_OUT, lambda: (data_x(), data_t())),
    "schedule": arg(bad.FUNCTION, schedule, ["None"]),
    "callbacks": arg(bad.CALLBACKS, lambda: [watch], called="a callback"),
    "verbose": arg(bad.FLAG, lambda: False),
}
LIKE_FIT = {name: arg({}, other.good) for name, other in ({"x": X} | FIT).items()}
MAKE = {
    "model": arg(bad.MODEL, model), "optimizer": arg(bad.OPTIMIZER, SGD),
    "loss": arg(bad.without(bad.MODEL, "None"), SoftmaxWithLoss), "seed": arg(bad.SEED, lambda: 0),
    "replay": arg(bad.FLAG, lambda: False), "workers": arg(bad.WORKERS, Workers),
}  # fmt: skip


def resumable() -> Trainer:
    """In a folder with a file to resume from."""
    trainer = Trainer(model(), Momentum(0.1), SoftmaxWithLoss(), seed=0)
    checkpoint_ = checkpoint.Checkpoint("good.safetensors")
    trainer.fit(data_x(), data_t(), 1, 400, callbacks=[checkpoint_], verbose=False)
    return with_files(Trainer(model(), Momentum(0.1), SoftmaxWithLoss(), seed=0))


def with_files(thing: Any) -> Any:
    Path("folder").mkdir(exist_ok=True)
    Path("text.safetensors").write_text("no file of ours")
    Path("empty.safetensors").write_text("")
    Path("file.safetensors").write_text("")
    return thing


def loadable() -> Any:
    checkpoint.save(model(), "good.safetensors")
    return with_files(checkpoint.load)


FILE = arg(bad.PATH | bad.TO_READ, lambda: "good.safetensors")
NEW_FILE = arg(bad.PATH | bad.TO_WRITE, lambda: "new.safetensors")
SAVED = arg(bad.but(bad.MODEL, ValueError), model)
EVERY = arg(
    bad.without(bad.whole(**POSITIVE), "a time")
    | bad.slot(
        (TypeError, ValueError),
        bad.its_value,
        another_word=bad.always("step"),
        no_time=bad.always(datetime.timedelta(0)),
    ),
    lambda: 5,
)
TRAINER = [
    function(Trainer, **MAKE),
    method(Trainer, "fit", trained, "", *WHO, x=X, t=T, **FIT),
    method(Trainer, "fit", trained, "Trainer.fit, one-hot", *WHO, t=HOT, **LIKE_FIT),
    method(Trainer, "fit", of_numbers, "Trainer.fit, numbers", *WHO, "MSELoss", t=SHARES,
           **LIKE_FIT | {"held_out": arg({}, lambda: (data_x(), one_hot() / 2))}),
    method(Trainer, "evaluate", trained, "", *WHO, x=X, t=T, batch_size=BATCH_ARG),
    method(Trainer, "predict", trained, "", *WHO,
           x=arg(bad.unsaid(DATA_X, "flat"), data_x, [*ANY_DATA, *BATCH_SIZE]),
           batch_size=BATCH_ARG),
    method(Trainer, "resume", resumable, "", *WHO, path=FILE),
    method(Trainer, "plot", trained, "", "loss_curve", "Trainer",
           ylim=arg(bad.YLIM, lambda: (0, 1)), show=arg(bad.FLAG, lambda: False)),
    function(parallel.in_threads, size=arg(bad.whole(**POSITIVE), lambda: 3),
             work=arg(bad.FUNCTION, lambda: lambda _: 1)),
    function(parallel.world, cuda=arg(bad.FLAG, lambda: False)),
    function(trainers.early_stopping, patience=STEPS, restore_best=arg(bad.FLAG, lambda: True)),
    function(checkpoint.Checkpoint, path=arg(bad.PATH, lambda: "good.safetensors"), every=EVERY),
    Subject("save", checkpoint.save, "", lambda: with_files(checkpoint.save), by_signature,
            ("save",), {"model": SAVED, "path": NEW_FILE}),
    Subject("load", checkpoint.load, "", loadable, by_signature, ("load",),
            {"model": SAVED, "path": FILE, "foreign": arg(bad.FLAG, lambda: False)}),
]  # fmt: skip

# Tools --------------------------------------------------------------------------------------------


def predict(x: Any) -> Any:
    return np.stack([x[:, 0], x[:, 1], x[:, 0] - x[:, 1]], axis=1)


POINTS = arg(bad.POINTS, lambda: draw(6, 2), ANY_DATA)
POINT_CLASSES = arg(
    bad.POINT_CLASSES, lambda: np.array([0, 1, 2, 0, 1, 2]), [*ANY_DATA, "an axis at the end"]
)
GRADS = arg(bad.ARRAYS, arrays)
TOOLS = [
    function(util.batches, size=STEPS, arrays=arg(
        bad.ANY_ARRAY | bad.slot(ValueError, bad.its_shape, no_axis=lambda good: np.array(1.0)),
        lambda: draw(5, 2), called="array 0")),
    function(util.clip_grads, grads=GRADS, max_norm=arg(bad.number(**POSITIVE), lambda: 1.0)),
    function(util.grad_norm, grads=arg(bad.ARRAYS, arrays, WHOLE_FIRST)),
    function(gradient_check.check_gradients, "check_gradients", "check_gradients", "Sigmoid",
             f=arg(bad.FUNCTION, Sigmoid),
             inputs=arg(bad.ANY_ARRAY, lambda: draw(2, 3), called="input 0"),
             seed=arg(bad.whole(minus_1=-1), lambda: 0),
             tolerance=arg(bad.number(**POSITIVE), lambda: 1e-6)),
    function(gradient_check.numerical_gradient, f=arg(bad.FUNCTION, lambda: lambda x: (x**2).sum()),
             x=arg(bad.ANY_ARRAY, lambda: draw(2, 3))),
]  # fmt: skip
LOG = arg(bad.FLAG, lambda: False)
TEXT = arg(bad.TEXT, lambda: "x")
PLOT = [
    function(plot.loss_curve,
             curves=arg(bad.CURVES, lambda: {"a": ([1, 2], [2.0, 1.0])}, called="steps of"),
             ylim=arg(bad.YLIM, lambda: (0.1, 1)), log=LOG),
    function(plot.points, x=POINTS, t=POINT_CLASSES),
    function(plot.decision_boundary, predict=arg(bad.FUNCTION | bad.PREDICT, lambda: predict),
             x=POINTS, t=POINT_CLASSES),
    function(plot.curves,
             x=arg(bad.NUMBERS_TO_DRAW, lambda: draw(5), [*ANY_DATA, "a list", "a tuple"]),
             ys=arg(bad.YS, lambda: {"y": draw(5)}), xlabel=TEXT, ylabel=TEXT, log=LOG),
    function(plot.images, pictures=arg(bad.PICTURES, lambda: draw(4, 3, 3), ANY_DATA),
             titles=arg(bad.TITLES, lambda: ["a", "b", "c", "d"]), columns=STEPS, signed=LOG),
    function(plot.show, figure=arg(bad.FIGURE, Figure)),
    function(players.Frames, steps=STEPS, look=arg(bad.FUNCTION, lambda: watch, ["None"]),
             count=STEPS),
]  # fmt: skip

SUBJECTS = [
    *LAYERS, *FUNCTIONS, *(row for cls in OPTIMIZERS for row in optimizer_rows(cls)), *SCHEDULES,
    *TAPE, *DATA, *TRAINER, *TOOLS, *PLOT,
]  # fmt: skip
BY_NAME = {subject.name: subject for subject in SUBJECTS}


def sizes() -> dict[str, tuple[int, int]]:
    """For each subject the number of cells that are refused, and of those that work."""
    return {
        subject.name: (
            sum(len(arg.kinds()) for arg in subject.args.values()),
            sum(len(arg.slot) - len(arg.kinds()) for arg in subject.args.values()),
        )
        for subject in SUBJECTS
    }


def main() -> None:
    counts = sizes()
    for name, (refused, works) in counts.items():
        print(f"{name:32} {len(BY_NAME[name].args)} arguments {refused:5} refused {works:4} work")
    refused, works = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"{len(counts)} subjects: {refused} kinds of bad input are refused, {works} others work")


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m tests.common.bad_input").parse_args()  # it has none
    main()
