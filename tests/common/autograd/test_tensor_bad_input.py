"""What the tape refuses: the right error, with a message that says what is wrong and where."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import pytest

from common import config
from common.autograd import Parameter, Tensor, concatenate, no_grad
from common.autograd.ops import Op
from common.errors import (
    ArgumentTypeError,
    CallOrderError,
    CommonError,
    DTypeError,
    GradientError,
    GraphError,
    LabelError,
    ShapeError,
    UnknownNameError,
)
from common.layers import Layer, Linear, MatMul, MSELoss, ReLU, Sequential, SoftmaxWithLoss
from common.module import Module
from common.np import np
from tests import simulated_cupy
from tests.common.table import Array, draw


@contextmanager
def refused(built_in: type[Exception], *words: str) -> Iterator[None]:
    """The block raises an error of ours, which is `built_in` too, with these words in order."""
    with pytest.raises(CommonError, match=".*".join(map(re.escape, words)) or None) as caught:
        yield
    assert isinstance(caught.value, built_in)


def leaf(*shape: int) -> Any:
    return Tensor(draw(*shape), requires_grad=True)


# backward -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2,), (2, 3), (0,)])
def test_backward_from_more_or_less_than_one_number_needs_a_gradient(
    shape: tuple[int, ...],
) -> None:
    with refused(RuntimeError, "backward", "one number", str(shape), ".sum()"):
        (leaf(*shape) * 2).backward()


def made_in_no_grad() -> Tensor:
    with no_grad():
        return leaf() * 2


@pytest.mark.parametrize(
    "make",
    [leaf, made_in_no_grad, lambda: Tensor(1.0) * 2, lambda: (leaf() * 2).detach()],
    ids=["leaf", "in no_grad", "from data alone", "detached"],
)
def test_backward_needs_something_that_was_recorded(make: Callable[[], Tensor]) -> None:
    with refused(RuntimeError, "backward", "not made by anything that was recorded"):
        make().backward()


# Changes in place -----------------------------------------------------------------------------


def add(w: Any) -> None:
    w += 1


def subtract(w: Any) -> None:
    w -= 1


def multiply(w: Any) -> None:
    w *= 2


def divide(w: Any) -> None:
    w /= 2


@pytest.mark.parametrize("change", [add, subtract, multiply, divide])
@pytest.mark.parametrize("make", [lambda: leaf(2), lambda: Parameter(draw(2))])
def test_a_leaf_does_not_change_in_place_outside_no_grad(
    change: Callable[[Any], None], make: Callable[[], Tensor]
) -> None:
    w = make()
    with refused(RuntimeError, "in place", "no_grad"):
        change(w)
    np.testing.assert_array_equal(w.data, draw(2))


@pytest.mark.parametrize("make", [lambda: leaf(2), lambda: leaf(2) * 2, lambda: Tensor([1.0, 2.0])])
def test_an_element_cannot_be_written(make: Callable[[], Any]) -> None:
    x = make()
    before = x.data.copy()
    with refused(RuntimeError, "x[...] = value", "where(mask, value, x)"):
        x[0] = 1
    np.testing.assert_array_equal(x.data, before)


# What NumPy would do behind the tape's back ---------------------------------------------------


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("exp", lambda np, x: np.exp(x)),
        ("negative", lambda np, x: np.negative(x)),
        ("sum", lambda np, x: np.sum(x)),
        ("mean", lambda np, x: np.mean(x)),
        ("concatenate", lambda np, x: np.concatenate([x, x])),
        ("where", lambda np, x: np.where(x > 0, x, 0)),
        ("add", lambda np, x: np.add(np.ones(2), x, out=np.ones(2))),
        ("add", lambda np, x: np.add.reduce(x)),
        ("less", lambda np, x: np.less(np.ones(2), x, out=np.ones(2, bool))),
    ],
)
def test_a_numpy_function_says_what_to_write_instead(
    name: str, call: Callable[[Any, Any], Any]
) -> None:
    with refused(RuntimeError, f"np.{name}", "Tensor", "lose the graph", "x.data"):
        call(numpy, leaf(2))
    with pytest.raises((GraphError, TypeError)):  # CuPy's functions say less, but refuse, too
        call(np, leaf(2))


@pytest.mark.off_cpu
@pytest.mark.parametrize("inputs", [1, 3])
@pytest.mark.parametrize("name", ["add", "less"])
def test_a_function_of_cupys_that_is_not_given_two_inputs_says_so_too(
    name: str, inputs: int
) -> None:
    with refused(RuntimeError, f"np.{name}", "lose the graph"):
        getattr(np, name)(*[leaf(2)] * inputs)


@pytest.mark.parametrize(
    "make", [lambda x: np.asarray(x), lambda x: np.array(x), lambda x: np.array([x, x])]
)
def test_an_array_is_not_made_of_a_tensor(make: Callable[[Any], Any]) -> None:
    with refused(RuntimeError, "An array of a Tensor", "lose the graph", "x.data"):
        make(leaf(2))


def test_an_array_plus_a_tensor_is_recorded() -> None:
    x = leaf(2)
    (np.ones(2) + x).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_an_array_does_not_take_up_a_tensor_in_place() -> None:
    array = np.ones(2)
    with refused(RuntimeError, "add"):
        array += leaf(2)
    assert array.tolist() == [1, 1]


# Custom layers --------------------------------------------------------------------------------


class Wrong(Layer):
    """Returns from backward what `dx` makes."""

    def __init__(self, dx: Callable[[], Any]) -> None:
        super().__init__()
        self.dx = dx

    def forward(self, *inputs: Array) -> Array:
        return inputs[0] * 1

    def backward(self, dout: Array) -> Any:
        return self.dx()


class WrongOp(Op):
    """The same as an op, whose inputs may be broadcast."""

    forward, backward = Wrong.forward, Wrong.backward

    def __init__(self, dx: Callable[[], Any]) -> None:
        self.dx = dx

    def __call__(self, x: Tensor) -> Tensor:
        return Tensor.record(self, (x,))


@pytest.mark.parametrize("kind", [Wrong, WrongOp])
@pytest.mark.parametrize(
    ("dx", "built_in", "words"),
    [
        (lambda: None, AssertionError, ["expected a gradient", "None"]),
        (lambda: (np.ones(2), np.ones(2)), AssertionError, ["1 inputs", "got 2"]),
        (lambda: (), AssertionError, ["1 inputs", "got 0"]),
        (lambda: np.ones(3), ValueError, ["shape", "(2,)", "got (3,)"]),
        (lambda: np.ones((3, 3)), ValueError, ["shape", "(2,)", "got (3, 3)"]),
        (lambda: np.ones(2, int), TypeError, ["floats", "got int64"]),
        (lambda: np.ones(2, bool), TypeError, ["floats", "got bool"]),
        (lambda: np.ones(2, complex), TypeError, ["floats", "got complex128"]),
        (lambda: "nothing", TypeError, ["array", "got str"]),
        (lambda: [1.0, 1.0], TypeError, ["array", "got list"]),
    ],
)
def test_a_backward_that_returns_something_else_is_named(
    kind: Any, dx: Callable[[], Any], built_in: type[Exception], words: list[str]
) -> None:
    with refused(built_in, f"{kind.__name__}.backward", *words):
        kind(dx)(leaf(2)).sum().backward()


class Rounded(Layer):
    """Whole numbers, and a backward that is given some."""

    def forward(self, x: Array) -> Array:
        return x.astype(int)

    def backward(self, dout: Array) -> Array:
        return dout * 1.0


def test_no_whole_numbers_come_back_not_even_to_whole_numbers() -> None:
    with refused(TypeError, "Sum.backward", "floats", "got int64"):
        Rounded()(leaf(2)).sum().backward()


@pytest.mark.parametrize("inputs", [2, 3])
def test_a_backward_returns_a_gradient_for_each_input_that_needs_one(inputs: int) -> None:
    with refused(AssertionError, "Wrong.backward", f"{inputs} inputs", "got 1"):
        Wrong(lambda: np.ones(2))(*(leaf(2) for _ in range(inputs))).sum().backward()


def test_a_loss_has_no_gradient_for_its_targets() -> None:
    y, t = leaf(2), leaf(2)
    with refused(AssertionError, "MSELoss.backward", "2 inputs", "got 1"):
        MSELoss()(y, t).backward()


# Operands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "call", "shapes"),
    [
        ("Add", lambda a: a + leaf(2), "(2, 3) and (2,)"),
        ("MatMul", lambda a: a @ a, "(2, 3) and (2, 3)"),
        ("MatMul", lambda a: a @ leaf(2), "(2, 3) and (2,)"),
        ("MatMul", lambda a: a @ 2.0, "(2, 3) and ()"),
        ("MatMul", lambda a: 2.0 @ a, "() and (2, 3)"),
        ("Concatenate", lambda a: concatenate([a, leaf(3)]), "(2, 3) and (3,)"),
        ("Concatenate", lambda a: concatenate([a, a], axis=2), "(2, 3) and (2, 3)"),
        ("Concatenate", lambda a: concatenate([leaf(), leaf()]), "() and ()"),
        ("Concatenate", lambda a: concatenate([leaf(3), 1.0]), "(3,) and ()"),
        ("Concatenate", lambda a: concatenate([]), ""),
        ("Max", lambda a: leaf(0, 3).max(), "(0, 3)"),
        ("Transpose", lambda a: a.transpose(1), "(2, 3)"),
        ("Transpose", lambda a: leaf().transpose(0), "()"),
    ],
)  # fmt: skip
def test_shapes_and_axes_that_do_not_fit_are_named(
    op: str, call: Callable[[Any], Any], shapes: str
) -> None:
    with refused(ValueError, f"{op}: ", shapes):
        call(leaf(2, 3))


@pytest.mark.off_cpu
def test_what_has_no_axes_is_of_the_wrong_shape_though_cupy_says_of_the_wrong_type() -> None:
    for call in (
        lambda: leaf(2) @ 2.0,
        lambda: concatenate([leaf(), leaf()]),
    ):
        with pytest.raises(ShapeError):
            call()


@pytest.mark.parametrize(
    "make",
    [
        lambda: 2, lambda: -3, lambda: (0, 3), lambda: (0, 0, 0), lambda: np.ones(3, bool),
    ],
    ids=["2", "-3", "(0, 3)", "(0, 0, 0)", "three booleans"],
)  # fmt: skip
def test_an_index_that_is_not_there_is_named(make: Callable[[], Any]) -> None:
    with refused(IndexError, "GetItem: ", "(2, 3)"):
        leaf(2, 3)[make()]


@pytest.mark.cpu
def test_lists_too_deep_to_be_shown_are_refused_in_short() -> None:
    deep: Any = 1.0
    for _ in range(5000):
        deep = [deep]
    with refused(TypeError, "Tensor: data must be a table of numbers", "[...]"):
        Tensor(deep)


def test_limits_the_wrong_way_round_are_refused() -> None:
    with refused(ValueError, "Clamp: min must be at most max", "got 5, 1"):
        leaf(2).clamp(5, 1)
    assert leaf(2).clamp(1, 1).data.tolist() == [1, 1]


def test_what_has_no_axes_has_no_index() -> None:
    with refused(IndexError, "GetItem: ", "shape ()"):
        leaf()[0]


@pytest.mark.parametrize("shape", [(0,), (2,)])
def test_item_of_more_or_less_than_one_number_is_refused(shape: tuple[int, ...]) -> None:
    with refused(ValueError, "item() needs one number", str(shape)):
        Tensor(np.ones(shape)).item()


@pytest.mark.parametrize(
    "index", ["a", 1.5, (0, 1.0), [0.0], (0, numpy.array([1.0])), Tensor([1.0])], ids=str
)
def test_what_is_no_index_is_an_error_of_kind(index: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"GetItem: .*\(2, 3\)"):
        leaf(2, 3)[index]


@pytest.mark.cpu  # CuPy has an answer of its own to whole numbers below 1
@pytest.mark.parametrize("power", [-1, np.array([-1, 2])], ids=str)
def test_a_whole_number_has_no_negative_power_among_its_kind(power: Any) -> None:
    with pytest.raises(DTypeError, match=r"Pow: .*Make one of them floats"):
        Tensor([1, 2]) ** power
    assert (Tensor([1, 2]) ** -1.0).data.tolist() == [1, 0.5]


def test_a_tensor_made_of_one_with_a_past_is_refused() -> None:
    """It would have none, and no gradient would come back."""
    w = leaf(2)
    for make in (Tensor, Parameter):
        for x in (w, w * 2):
            with pytest.raises(GraphError, match=r"no gradient would come back.*x.detach\(\)"):
                make(x)
        assert make(Tensor([1.0])).data.tolist() == make((w * 0).detach() + 1).data.tolist()[:1]


@pytest.mark.parametrize(
    ("make", "saying"),
    [
        (
            lambda: numpy.ma.masked_array([1.0, 2.0], [False, True]),
            r"is a masked array.*\.filled\(0\)",
        ),
        (lambda: numpy.asmatrix(numpy.eye(2)), r"is a matrix"),
    ],
)
@pytest.mark.cpu
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_an_array_that_is_more_than_an_array_is_refused(make: Any, saying: str) -> None:
    with pytest.raises(DTypeError, match=f"Tensor: data {saying}"):
        Tensor(make())
    with pytest.raises(DTypeError, match=f"ReLU: x {saying}"):
        ReLU().forward(make())


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("numpy", "to_cpu(x.data)"),
        ("view", "reshape"),
        ("unsqueeze", "x[None]"),
        ("cuda", "to_gpu"),
    ],
)
def test_a_name_from_elsewhere_is_translated(name: str, here: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        getattr(leaf(2), name)
    assert here in str(error.value)
    assert not hasattr(leaf(2), name)


@pytest.mark.cpu  # on a GPU an index in an array wraps around
def test_an_index_in_an_array_that_is_not_there_is_named() -> None:
    with refused(IndexError, "GetItem: ", "(2, 3)"):
        leaf(2, 3)[np.array([0, 2])]


@pytest.mark.parametrize(
    "call",
    [
        lambda a: leaf(3) + a,
        lambda a: a * leaf(3),
        lambda a: concatenate([leaf(3), a]),
        Tensor,
        Parameter,
    ],
)
def test_an_array_of_the_other_device_is_named(call: Callable[[Any], Any]) -> None:
    there, other = ("CPU", numpy) if config.GPU else ("GPU", simulated_cupy.cupy)
    with refused(RuntimeError, f"is on the {there}", "config.GPU"):
        call(other.ones(3))


@pytest.mark.parametrize("make", [lambda a: Tensor(a, requires_grad=True), Parameter])
@pytest.mark.parametrize(
    "data", [lambda: 1, lambda: [1, 2], lambda: np.array([1, 2]), lambda: np.array([True])]
)
def test_only_floats_have_a_gradient(
    make: Callable[[Any], Tensor], data: Callable[[], Any]
) -> None:
    with refused(TypeError, "floats", f"got {np.asarray(data()).dtype}"):
        make(data())


# Layers and Modules ---------------------------------------------------------------------------


class Doubling(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Forgetful(Layer):
    def __init__(self) -> None:
        self.scale = 2.0


class Holder(Module):
    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (ReLU, lambda: [draw(2)]),
        (lambda: Linear(3, 2), lambda: [draw(2, 3)]),
        (lambda: Sequential(ReLU()), lambda: [draw(2)]),
        (SoftmaxWithLoss, lambda: [draw(2, 3), [0, 1]]),
    ],
)
def test_a_layer_that_is_called_on_arrays_says_what_to_write(
    make: Callable[[], Layer], inputs: Callable[[], list[Any]]
) -> None:
    layer = make()
    with refused(TypeError, type(layer).__name__, "needs a Tensor", "forward"):
        layer(*inputs())


def test_a_module_has_no_backward_by_hand() -> None:
    model = Doubling()
    model(draw(2))
    with refused(RuntimeError, "Doubling", "no backward", "loss.backward()"):
        model.backward(draw(2))


def test_in_a_module_the_layer_that_forgot_its_base_class_is_named() -> None:
    with refused(AttributeError, "Forgetful has no 'params'", "super().__init__"):
        _ = Holder(Forgetful()).params


def test_a_layers_own_error_comes_through_as_it_is() -> None:
    with refused(ValueError, "Linear: x must have shape (N, 3)", "(2, 4)"):
        Linear(3, 2)(leaf(2, 4))

    class Picky(Wrong):
        def forward(self, *inputs: Array) -> Array:
            raise ValueError("not this one")

    with pytest.raises(ValueError, match=r"^not this one$"):
        Picky(lambda: None)(leaf(2))


def test_a_backwards_own_error_comes_through_as_it_is() -> None:
    class Refusing(MatMul):
        def backward(self, dout: Array) -> Array:
            raise LabelError("Refusing: no such label")

    with pytest.raises(LabelError, match=r"^Refusing: no such label$"):
        Refusing(draw(3, 2))(leaf(2, 3)).sum().backward()


def test_each_kind_of_mistake_has_its_error() -> None:
    mistakes: list[tuple[type[CommonError], Callable[[], Any]]] = [
        (GraphError, lambda: leaf(2).backward()),
        (ShapeError, lambda: leaf(2, 3) @ leaf(2, 3)),
        (DTypeError, lambda: leaf(3) + "three"),
        (GradientError, lambda: Wrong(lambda: None)(leaf(2)).sum().backward()),
        (CallOrderError, lambda: Forgetful().params),
    ]
    for error, call in mistakes:
        with pytest.raises(CommonError) as caught:
            call()
        assert type(caught.value) is error
