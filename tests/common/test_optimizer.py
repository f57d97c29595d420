"""The optimizers, row by row of the table against PyTorch; what they refuse; the schedules."""

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy
import pytest
from numpy.typing import DTypeLike

from common import optimizer as optimizer_module
from common.errors import (
    ArgumentError,
    CommonError,
    DTypeError,
    ShapeError,
    SharedLayerError,
)
from common.fused import PIECE
from common.np import np
from common.optimizer import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
)
from common.schedule import Schedule, cosine, step_decay, warm_up
from tests.common.table import (
    LEARNING_RATES,
    OPTIMIZERS,
    Array,
    OptimizerRow,
    draw,
    flat,
    gradients,
    start,
    trajectory,
)
from tests.make_torch_reference import FILE, torch_trajectory

each_row = pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
each_optimizer = pytest.mark.parametrize(
    "row", [row for row in OPTIMIZERS if "(" not in row.name], ids=str
)
each_lr = pytest.mark.parametrize("lr", LEARNING_RATES)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def test_every_optimizer_has_a_row() -> None:
    public = {
        value
        for value in vars(optimizer_module).values()
        if inspect.isclass(value) and issubclass(value, Optimizer) and value is not Optimizer
    }
    assert public == {type(row.make(0.1)) for row in OPTIMIZERS}


# PyTorch --------------------------------------------------------------------------------------


@each_row
@each_lr
def test_100_steps_agree_with_the_values_that_pytorch_gave(row: OptimizerRow, lr: str) -> None:
    with numpy.load(FILE) as file:
        theirs = file[f"{row}, lr {lr}"]
    assert theirs.shape == (100, 3)
    np.testing.assert_allclose(trajectory(row, LEARNING_RATES[lr]), theirs, rtol=1e-10)


@pytest.mark.torch
@each_row
@each_lr
def test_100_steps_agree_with_pytorch(row: OptimizerRow, lr: str) -> None:
    theirs = torch_trajectory(row, LEARNING_RATES[lr])
    np.testing.assert_allclose(trajectory(row, LEARNING_RATES[lr]), theirs, rtol=1e-10)


@pytest.mark.parametrize(
    ("optimizer", "defaults"),
    [
        (SGD, {"lr": 0.01}),
        (Momentum, {"lr": 0.01, "momentum": 0.9}),
        (Nesterov, {"lr": 0.01, "momentum": 0.9}),
        (AdaGrad, {"lr": 0.01, "eps": 1e-10}),
        (RMSprop, {"lr": 0.01, "decay_rate": 0.99, "eps": 1e-8}),
        (Adam, {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
        (
            AdamW,
            {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
        ),
    ],
)
def test_settings_have_the_books_names_and_these_defaults(
    optimizer: type[Optimizer], defaults: dict[str, float]
) -> None:
    parameters = inspect.signature(optimizer).parameters
    assert {name: p.default for name, p in parameters.items()} == defaults
    made: Any = optimizer()  # type: ignore[call-arg]
    assert {name: getattr(made, name) for name in defaults} == defaults


# The docstrings -------------------------------------------------------------------------------

SIGNS = {"·": "*", "^": "**", "²": "**2", "√h": "np.sqrt(h)", "√v_hat": "np.sqrt(v_hat)"}


def formulas(optimizer: type[Optimizer]) -> list[str]:
    """What a class's docstring says that a step does, line by line in Python."""
    text = (optimizer.__doc__ or "").replace("\N{COMBINING CIRCUMFLEX ACCENT}", "_hat")
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    hats = re.findall(r"(\w+_hat = .+?)(?: and|\.\n)", text)
    *states, step = re.findall(r"\b(\w+ ← [^;:,\n]+)", text)
    return [line.replace("←", "=").rstrip(".") for line in [*states, *hats, step]]


@pytest.mark.cpu
@each_row
def test_the_formula_in_the_docstring_is_what_a_step_does(row: OptimizerRow) -> None:
    """AdamW's begins with a line of its own, and goes on with Adam's."""
    (p,), (by_docstring,), optimizer = start()[:1], start()[:1], row.make(0.05)
    chain = [AdamW, Adam] if isinstance(optimizer, AdamW) else [type(optimizer)]
    names = {"np": np, **dict.fromkeys("mvh", 0), **vars(optimizer), "p": by_docstring}
    for step in range(1, 4):
        names |= {"g": gradients(step)[0], "step": step}
        for line in (line for one in chain for line in formulas(one)):
            exec(line, names)
        optimizer.update([p], [gradients(step)[0]])
        np.testing.assert_allclose(p, names["p"], rtol=1e-12)


# The contract ---------------------------------------------------------------------------------


@each_row
@each_dtype
def test_params_are_changed_in_place_and_the_dtype_is_kept(
    row: OptimizerRow, dtype: DTypeLike
) -> None:
    params, optimizer = start(dtype), row.make(0.05)
    before = list(params)
    optimizer.update(params, gradients(0, dtype))
    optimizer.update(params, gradients(1, np.float64))
    assert all(a is b for a, b in zip(params, before, strict=True))
    arrays = [*params, *(array for slot in optimizer.slots for array in slot.state)]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert [array.shape for array in params] == [(1, 2), ()]


@each_row
def test_float32_follows_float64(row: OptimizerRow) -> None:
    single, double = (start(dtype) for dtype in (np.float32, np.float64))
    for params in (single, double):
        optimizer = row.make(0.05)
        for step in range(10):
            optimizer.update(params, gradients(step, params[0].dtype))
    np.testing.assert_allclose(flat(single), flat(double), rtol=1e-5)


@each_row
def test_every_parameter_moves_and_no_gradient_does(row: OptimizerRow) -> None:
    params, grads = start(), gradients(0)
    row.make(0.05).update(params, grads)
    assert (flat(params) != flat(start())).all()
    assert flat(grads).tobytes() == flat(gradients(0)).tobytes()


@each_row
def test_a_learning_rate_of_zero_leaves_the_parameters(row: OptimizerRow) -> None:
    params = start()
    row.make(0.0).update(params, gradients(0))
    np.testing.assert_array_equal(flat(params), flat(start()))


@pytest.mark.parametrize("lr", [1, np.float64(0.5), np.float32(0.5), Fraction(1, 2)], ids=repr)
def test_a_learning_rate_is_kept_as_a_plain_float(lr: Any) -> None:
    assert type(SGD(lr).lr) is float
    assert SGD(lr).lr == lr


@each_row
def test_a_gradient_of_zero_is_no_division_by_zero(row: OptimizerRow) -> None:
    params = start()
    row.make(0.05).update(params, [np.zeros_like(p) for p in params])
    assert np.isfinite(flat(params)).all()


@each_row
def test_lists_made_anew_at_each_step_change_nothing(row: OptimizerRow) -> None:
    params, again = start(), start()
    optimizer, same = row.make(0.05), row.make(0.05)
    grads = gradients(0)
    for step in range(3):
        optimizer.update(params, gradients(step))
        for grad, new in zip(grads, gradients(step), strict=True):
            grad[...] = new
        same.update(tuple(again), grads)
    np.testing.assert_array_equal(flat(again), flat(params))


# Bad input ------------------------------------------------------------------------------------


def other_shapes(params: list[Array], grads: list[Array]) -> tuple[list[Array], list[Array]]:
    return [np.ones(5), np.ones(1)], [np.ones(5), np.ones(1)]


def copies(params: list[Array], grads: list[Array]) -> tuple[list[Array], list[Array]]:
    return [p.copy() for p in params], grads


BAD_UPDATES: list[tuple[Any, type[CommonError], str]] = [
    (lambda p, g: (p, [g[0], g[1][None]]), ShapeError, r"grads\[1\].*\(\), got \(1,\)"),
    (
        lambda p, g: ([p[0], p[1].astype(int)], g), DTypeError,
        r"params\[1\] must hold floats, got int64",
    ),
    (lambda p, g: (p, [g[0], p[1]]), ArgumentError, r"grads\[1\] is params\[1\] itself"),
    (lambda p, g: (p, [p[0][:], g[1]]), ArgumentError, r"grads\[0\] is params\[0\] itself"),
    (lambda p, g: (p, [g[0], None]), DTypeError, r"grads\[1\] must be an array, got NoneType"),
    (
        lambda p, g: ([p[0], p[0][0, 1:].reshape(())], g), SharedLayerError,
        r"of shapes \(1, 2\) and \(\), are views of the same memory.*as it is and as .T",
    ),
    (
        lambda p, g: ([p[0], p[1], p[0][:, :1]], [*g, g[0][:, :1]]), SharedLayerError,
        r"of shapes \(1, 2\) and \(1, 1\), are views of the same memory",
    ),
]  # fmt: skip

BAD_MODELS: list[tuple[Any, type[CommonError], str]] = [
    (other_shapes, ArgumentError, "knows none of these.*Make a new optimizer"),
    (copies, ArgumentError, "knows none of these.*Make a new optimizer"),
]

BAD_CASES = [
    pytest.param(row, *case, id=f"{row}, {i}")
    for row in OPTIMIZERS
    for i, case in enumerate(BAD_UPDATES + (BAD_MODELS if row.make(0.1).state_names else []))
]


@pytest.mark.parametrize(("row", "change", "error", "saying"), BAD_CASES)
def test_an_update_that_does_not_fit_changes_nothing(
    row: OptimizerRow, change: Any, error: type[CommonError], saying: str
) -> None:
    (params, optimizer), (expected, undisturbed) = [(start(), row.make(0.05)) for _ in range(2)]
    for step in range(3):
        optimizer.update(params, gradients(step))
        undisturbed.update(expected, gradients(step))
    grads = gradients(3)
    with pytest.raises(error, match=rf"^{type(optimizer).__name__}: .*{saying}"):
        optimizer.update(*change(params, grads))
    assert flat(params).tobytes() == flat(expected).tobytes()
    assert flat(grads).tobytes() == flat(gradients(3)).tobytes()
    assert optimizer.steps == 3
    optimizer.update(params, gradients(3))  # as if nothing had happened: the state is the same
    undisturbed.update(expected, gradients(3))
    assert flat(params).tobytes() == flat(expected).tobytes()


class Rebinds(Optimizer):
    """What one writes first."""

    def __init__(self, lr: float, right: bool = False) -> None:
        super().__init__(lr)
        self.right = right

    def update_one(self, p: Array, g: Array, step: int) -> None:
        if self.right:
            p -= self.lr * g
        p = p - self.lr * g


@pytest.mark.cpu
def test_an_optimizer_of_ones_own_that_changes_nothing_is_told_so() -> None:
    p, g = [np.ones(2), np.ones(3)], [np.zeros(2), np.ones(3)]
    with pytest.raises(ArgumentError, match=r"Rebinds.update_one has moved no parameter.*in place"):
        Rebinds(0.1).update(p, g)
    Rebinds(0.0).update(p, g)
    Rebinds(0.1).update(p, [np.zeros(2), np.zeros(3)])
    Rebinds(0.1, right=True).update(p, g)
    assert p[1].tolist() == [0.9] * 3


@pytest.mark.cpu
def test_so_it_is_in_a_script_and_none_of_ours_is_suspected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Rebinds, "__module__", "__main__")
    p, g = [np.ones(2)], [np.ones(2)]
    with pytest.raises(ArgumentError, match="has moved no parameter"):
        Rebinds(0.1).update(p, g)
    SGD(1e-30).update(p, g)  # less than the rounding of p
    assert p[0].tolist() == [1, 1]


@pytest.mark.cpu  # CuPy has no read-only arrays
def test_a_read_only_parameter_is_refused() -> None:
    params = start()
    params[1].flags.writeable = False
    with pytest.raises(DTypeError, match=r"SGD: params\[1\] is read-only"):
        SGD().update(params, gradients(0))
    assert flat(params).tobytes() == flat(start()).tobytes()


@pytest.mark.cpu
@pytest.mark.parametrize("cls", [AdaGrad, RMSprop, Adam, AdamW])
@pytest.mark.parametrize(("dtype", "too_small", "eps"), [("f2", 1e-10, 1e-4), ("f4", 1e-50, 1e-8)])
def test_an_eps_that_is_0_in_the_dtype_of_a_parameter_is_refused(
    cls: Any, dtype: str, too_small: float, eps: float
) -> None:
    """Where the gradient is 0, too, it would be 0 / 0."""
    p, g = np.ones(3, dtype), np.zeros(3, dtype)
    with pytest.raises(ArgumentError, match=r"eps=.* is 0 in float.., the dtype of params\[0\]"):
        cls(eps=too_small).update([p], [g])
    cls(eps=eps).update([p], [g])
    assert np.isfinite(p).all()


@pytest.mark.cpu
@each_row
def test_a_step_that_fails_is_not_counted(row: OptimizerRow) -> None:
    params, grads, optimizer = start(), gradients(0), row.make(0.05)
    optimizer.update(params, grads)
    params[1].flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        optimizer.update(params, grads)
    assert optimizer.steps == 1
    assert [slot.step for slot in optimizer.slots] == [2, 1]


def test_an_adam_that_remembers_nothing_steps_by_the_sign_of_the_gradient() -> None:
    p = np.zeros(2)
    for g in ([3.0, -0.5], [4.0, 0.25]):
        Adam(0.1, beta1=0, beta2=0).update([p], [np.array(g)])
    np.testing.assert_allclose(p, [-0.2, 0], atol=1e-8)


# State belongs to its array -------------------------------------------------------------------


@each_row
def test_the_order_of_the_list_is_no_matter(row: OptimizerRow) -> None:
    (params, optimizer), (expected, straight) = [(start(), row.make(0.05)) for _ in range(2)]
    for step in range(4):
        order = slice(None, None, 1 if step % 2 else -1)
        optimizer.update(params[order], gradients(step)[order])
        straight.update(expected, gradients(step))
    np.testing.assert_array_equal(flat(params), flat(expected))


@each_row
def test_an_array_that_is_new_starts_anew_and_the_others_go_on(row: OptimizerRow) -> None:
    old, new = start()
    optimizer, of_old, of_new = (row.make(0.05) for _ in range(3))
    expected_old, expected_new = start()
    for step in range(5):
        g_old, g_new = gradients(step)
        of_old.update([expected_old], [g_old])
        if step < 2:
            optimizer.update([old], [g_old])
        else:
            optimizer.update([new, old], [g_new, g_old])
            of_new.update([expected_new], [g_new])
    np.testing.assert_array_equal(flat([old, new]), flat([expected_old, expected_new]))


@each_row
def test_an_array_that_was_left_out_for_a_while_goes_on_where_it_was(row: OptimizerRow) -> None:
    params, optimizer = start(), row.make(0.05)
    expected, alone = start()[:1], row.make(0.05)
    for step in range(6):
        g = gradients(step)
        if step in (2, 3):
            optimizer.update(params[1:], g[1:])
        else:
            optimizer.update(params, g)
            alone.update(expected, g[:1])
    np.testing.assert_array_equal(params[0], expected[0])


@each_row
def test_an_array_that_stands_twice_takes_one_step_along_the_sum(row: OptimizerRow) -> None:
    p, once = draw(3), draw(3)
    twice, optimizer = row.make(0.05), row.make(0.05)
    for step in range(3):
        first, second = draw(3, seed=step + 1), draw(3, seed=step + 10)
        kept = first.copy(), second.copy()
        twice.update([p, p], [first, second])
        optimizer.update([once], [first + second])
        np.testing.assert_array_equal(np.array([first, second]), np.array(kept))
    np.testing.assert_array_equal(p, once)


def test_an_optimizer_without_state_serves_any_model() -> None:
    optimizer = SGD(0.5)
    for _ in range(2):
        p = draw(3)
        optimizer.update([p], [np.ones(3)])
        np.testing.assert_array_equal(p, draw(3) - 0.5)


COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
}


@each_row
@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("together", [True, False])
def test_a_copy_goes_on_alone_or_with_its_parameters(
    row: OptimizerRow, copied: str, together: bool
) -> None:
    params, optimizer = start(), row.make(0.05)
    optimizer.update(params, gradients(0))
    if together:
        others, twin = COPIES[copied]((params, optimizer))
    else:
        others, twin = [p.copy() for p in params], COPIES[copied](optimizer)
    assert twin.slots[0] not in optimizer.slots  # though its arrays hold the same numbers
    for pair in ((params, optimizer), (others, twin)):
        pair[1].update(pair[0], gradients(1))
    np.testing.assert_array_equal(flat(others), flat(params))
    if twin.state_names:
        with pytest.raises(ArgumentError, match="knows none of these"):
            twin.update(start(), gradients(2))


@each_row
def test_a_copy_checks_as_the_original_does(row: OptimizerRow) -> None:
    params, optimizer = start(), row.make(0.05)
    optimizer.update(params, gradients(0))
    twin = copy.deepcopy(optimizer)
    with pytest.raises(ShapeError):
        twin.update(params, [np.ones(5), np.ones(1)])


# Schedules ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (lambda: step_decay(1.0, every=10), {0: 1, 9: 1, 10: 0.1, 19: 0.1, 20: 0.01}),
        (lambda: step_decay(0.5, every=1, factor=0.5), {0: 0.5, 1: 0.25, 2: 0.125}),
        (lambda: step_decay(1.0, every=3, factor=2), {0: 1, 2: 1, 3: 2, 6: 4}),
        (lambda: cosine(1.0, 100), {0: 1, 50: 0.5, 100: 0, 1000: 0}),
        (lambda: cosine(1.0, 3), {1: 0.75, 2: 0.25, 3: 0}),
        (lambda: cosine(0.5, 8, lr_min=0.1), {0: 0.5, 4: 0.3, 8: 0.1, 9: 0.1}),
        (lambda: cosine(0.1, 1), {0: 0.1, 1: 0}),
        (lambda: warm_up(lambda step: 1.0 + step, 4), {0: 0.2, 1: 0.4, 3: 0.8, 4: 1, 5: 2, 9: 6}),
        (lambda: warm_up(cosine(1.0, 100), 1), {0: 0.5, 1: 1, 51: 0.5, 101: 0}),
        (lambda: warm_up(warm_up(lambda step: 1.0, 1), 1), {0: 0.25, 1: 0.5, 2: 1}),
    ],
)
def test_schedules_at_their_ends_and_between(
    make: Callable[[], Schedule], values: dict[int, float]
) -> None:
    schedule = make()
    for step, lr in values.items():
        assert schedule(step) == pytest.approx(lr, rel=1e-14, abs=1e-16), step


@pytest.mark.parametrize("make", [lambda: cosine(0.7, 37), lambda: step_decay(0.7, 5, 0.3)])
def test_a_decay_never_rises(make: Callable[[], Schedule]) -> None:
    schedule = make()
    rates = [schedule(step) for step in range(50)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 0.7


def test_a_schedule_may_end_where_it_begins() -> None:
    assert [cosine(0.25, 10, lr_min=0.25)(step) for step in range(12)] == [0.25] * 12


@pytest.mark.cpu
def test_after_a_warm_up_the_first_rate_is_that_of_the_schedule_to_the_bit() -> None:
    assert warm_up(lambda step: 0.1, 2)(2) == 0.1 != 0.1 * 3 / 3


# Large arrays, which are gone through piece by piece ------------------------------------------


@pytest.mark.cpu  # on a GPU there are no pieces
@each_row
@pytest.mark.parametrize("layout", [lambda x: x, lambda x: x.T, lambda x: x[:, ::2]])
def test_a_large_array_is_changed_as_its_rows_would_be(
    row: OptimizerRow, layout: Callable[[Array], Array]
) -> None:
    whole, rows = row.make(0.1), row.make(0.1)
    p = layout(draw(300, 700))
    assert p.size > PIECE
    parts = [part.copy() for part in p]
    for step in range(3):
        g = layout(draw(300, 700, seed=step))
        whole.update([p], [g])
        rows.update(parts, list(g))
    np.testing.assert_array_equal(p, np.stack(parts))
