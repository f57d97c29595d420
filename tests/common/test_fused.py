"""A formula in one pass makes the numbers that it makes as it stands."""

import copy
import functools
import gc
import importlib
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import common
import common.fused as fused_module
from common import config
from common.autograd import Tensor
from common.errors import ArgumentError, CommonError, ShapeError
from common.fused import PIECE, Fused, fused
from common.layers import relu_dx
from common.np import Array, np
from common.optimizer import adam, rmsprop, sgd
from common.util import to_cpu

NUMBERS = {
    "lr": 0.01,
    "factor": 0.9,
    "decay": 0.9,
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "step": 3,
}
SPECIAL = [0.0, -0.0, numpy.inf, -numpy.inf, numpy.nan, 1.0, -1.5, 1e-40, -1e-40, 3e38, 1e-3]


def formulas() -> list[Fused]:
    """All of the package: each module's own."""
    found = []
    for module in pkgutil.iter_modules(common.__path__, "common."):
        names = vars(importlib.import_module(module.name)).items()
        found += [x for _, x in names if isinstance(x, Fused) and x.__module__ == module.name]
    return found


each_formula = pytest.mark.parametrize("formula", formulas(), ids=lambda f: f.formula.name)
with_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="numba is not installed"
)


def numbers_of(formula: Fused) -> list[float]:
    return [NUMBERS[name] for name in formula.formula.numbers]


def drawn(formula: Fused, shape: Any, dtype: str, special: bool = False) -> list[Array]:
    """One array each; what an optimizer keeps of squares is not negative."""
    rng = numpy.random.default_rng(0)
    arrays = []
    for name in formula.formula.arrays:
        host = rng.choice(SPECIAL, shape) if special else rng.normal(size=shape)
        with numpy.errstate(over="ignore"):
            host = host.astype(dtype)
        arrays.append(np.asarray(abs(host) if name in ("h", "v") else host))
    return arrays


@numpy.errstate(all="ignore")
def results(formula: Fused, arrays: list[Array], *, in_one_pass: bool) -> list[Array]:
    """What is in the arrays afterwards, and what is returned."""
    arrays = [array.copy() for array in arrays]
    with config.use_fused(in_one_pass):
        runs_as_it_stands = formula.formula.name == "_sigmoid" and not config.GPU
        assert (formula._fast is None) == (not in_one_pass or runs_as_it_stands)
        y = formula(*arrays, *numbers_of(formula))
    return [to_cpu(array) for array in (*arrays, *([] if y is None else [y]))]


def test_the_formulas_are_found() -> None:
    names = {formula.formula.name for formula in formulas()}
    assert {"sgd", "adam", "relu_dx", "_relu", "_sigmoid"} <= names
    assert len(names) == len(formulas()) >= 11


@each_formula
@pytest.mark.parametrize("shape", [(7,), (30, 10), (257, 300), (0, 3)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("special", [False, True], ids=["numbers", "special numbers"])
def test_one_pass_agrees_with_the_formula(
    formula: Fused, shape: tuple[int, ...], dtype: str, special: bool
) -> None:
    """To the bit in a loop, up to rounding in a kernel."""
    if not config.GPU and importlib.util.find_spec("numba") is None:
        pytest.skip("numba is not installed")
    arrays = drawn(formula, shape, dtype, special)
    fast = results(formula, arrays, in_one_pass=True)
    plain = results(formula, arrays, in_one_pass=False)
    for ours, theirs in zip(fast, plain, strict=True):
        assert ours.dtype == theirs.dtype == dtype
        if config.GPU:
            bound = 1e-6 if dtype == "float32" else 1e-12
            largest = 1 if special else abs(theirs).max(initial=0)
            numpy.testing.assert_allclose(ours, theirs, rtol=bound, atol=bound * largest)
        else:
            numpy.testing.assert_array_equal(ours, theirs)
            chosen = (ours == 0) & ("maximum" in formula.formula.functions)
            looked_at = ~numpy.isnan(ours) & ~chosen  # NumPy's own maximum takes 0 or -0, too
            signs = numpy.signbit(ours)[looked_at], numpy.signbit(theirs)[looked_at]
            numpy.testing.assert_array_equal(*signs)


# What runs as it stands -----------------------------------------------------------------------


@with_numba
@pytest.mark.cpu
def test_a_loop_takes_arrays_of_up_to_two_axes() -> None:
    """Who calls the formula would notice by a clock alone."""
    for formula, taken in ((sgd, (0, 1, 2)), (relu_dx, (1, 2))):
        assert formula._fast is not None
        for ndim in range(4):
            x, y = np.ones((2,) * ndim), np.ones((2,) * ndim)
            is_taken = formula._fast(x, y, *numbers_of(formula)) is not NotImplemented
            assert is_taken == (ndim in taken)


LAYOUTS: dict[str, Callable[[], list[Array]]] = {
    "columns": lambda: [np.ones((4, 6), "float32")[:, ::2], np.ones((4, 3), "float32")],
    "transposed": lambda: [np.ones((4, 3), "float32"), np.ones((3, 4), "float32").T],
    "one number": lambda: [np.ones(()), np.ones(())],
    "three axes": lambda: [np.ones((2, 3, 4)), np.ones((2, 3, 4))],
    "two dtypes": lambda: [np.ones((2, 3), "float32"), np.ones((2, 3), "float64")],
    "a step of a large array": lambda: [np.ones((PIECE, 4))[:, 0], np.ones(PIECE)],
}


@pytest.mark.parametrize("make", LAYOUTS.values(), ids=LAYOUTS)
def test_any_arrays_of_one_shape_are_changed_in_place(make: Callable[[], list[Array]]) -> None:
    p, g = make()
    before, dtype = p, p.dtype
    sgd(p, g, 0.25)
    assert p is before
    assert p.dtype == dtype
    assert (p == 0.75).all()


@pytest.mark.parametrize(
    "dtypes",
    [("int64", "int64"), ("float32", "float64"), ("float64", "int32"), ("bool", "bool")],
)
def test_what_is_returned_has_the_numbers_and_dtype_that_numpy_gives_it(
    dtypes: tuple[str, str],
) -> None:
    @fused
    def product(a: Array, b: Array) -> Array:
        return a * b * 0.1

    a, b = (np.ones((2, 3), dtype) for dtype in dtypes)
    y, plain = product(a, b), product.function(a, b)
    assert y.dtype == plain.dtype
    assert (y == plain).all()


@pytest.mark.cpu
def test_without_numba_a_formula_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)

    @fused
    def less(p: Array, lr: float) -> None:
        p -= lr

    p = np.ones((2, 3))
    less(p, 0.5)
    assert less._fast is None
    assert (p == 0.5).all()


def test_the_switch_is_looked_at_in_every_call() -> None:
    calls = []

    @fused
    def minus(x: Array) -> Array:
        return -x

    def spy(x: Array) -> Array:
        calls.append(1)
        return -x

    minus.function = spy
    x = np.ones((2, 3))
    config.fused = False
    minus(x)
    assert len(calls) == 1
    config.fused = True
    is_fast = minus._fast is not None
    minus(x)
    assert len(calls) == (1 if is_fast else 2)
    config.fused = False
    assert (minus(x) == -1).all()
    config.fused = True
    assert len(calls) == (2 if is_fast else 3)


@pytest.mark.cpu
@pytest.mark.parametrize("value", [1, "yes", None])
def test_the_switch_is_true_or_false(value: Any) -> None:
    with pytest.raises(TypeError, match=r"config\.fused: expected True or False"):
        config.fused = value
    assert config.fused is True


@pytest.mark.cpu
def test_what_cupy_refuses_runs_as_it_stands_and_says_so(cupy_to_switch_to: Any) -> None:
    def fuse(kernel_name: str) -> Any:
        def refuse(*args: Any) -> None:
            raise NotImplementedError("no such kernel")

        return lambda function: refuse

    cupy_to_switch_to.fuse = fuse

    @fused
    def half(x: Array) -> Array:
        return x / 2

    with config.use_gpu():
        x = np.ones((2, 3))
        says = "half cannot run in one pass: no such kernel"
        with pytest.warns(RuntimeWarning, match=says) as warnings:
            assert float(half(x).sum()) == 3
        assert warnings[0].filename == __file__  # where it was called
        assert float(half(x).sum()) == 3  # and does not say it again


@with_numba
@pytest.mark.cpu
def test_what_numba_cannot_compile_runs_as_it_stands_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import numba

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError("no such library")

    monkeypatch.setattr(numba, "njit", broken)

    @fused
    def halve(x: Array) -> None:
        x /= 2

    x = np.ones((2, 3))
    with pytest.warns(RuntimeWarning, match="halve cannot run in one pass: no such library"):
        halve(x)
    halve(x)  # and does not say it again
    assert (x == 0.25).all()


@with_numba
@pytest.mark.cpu
def test_what_cannot_be_kept_on_disk_is_compiled_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    kept = []

    def njit(*_: Any, cache: bool, **__: Any) -> Any:
        kept.append(cache)
        if cache:
            raise OSError("read-only")
        return lambda function: function  # to compile it takes a second

    monkeypatch.setattr(numba, "njit", njit)

    @fused
    def halve(x: Array) -> None:
        x /= 2

    x = np.ones((2, 3))
    halve(x)
    assert (x == 0.5).all()
    assert kept == [True, False]


@with_numba
@pytest.mark.cpu
@pytest.mark.slow
def test_a_loop_is_compiled_once_and_kept() -> None:
    code = """if True:
        import numpy as np
        from common.optimizer import adam
        ones = [np.ones((2, 3)) for _ in range(4)]
        adam(*ones, 0.1, 0.9, 0.99, 1e-8, 1)
        print(sum(adam._loop.stats.cache_hits.values()))
    """
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(2)]
    assert [run.stderr for run in runs] == [b"", b""]
    assert int(runs[1].stdout) == 6  # of 0, 1 and 2 axes, in two dtypes


# Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_fused", [True, False])
@pytest.mark.parametrize("arrays", [((2, 3), (3,)), ((2, 3), (3, 2)), ((6,), (2, 3)), ((1,), ())])
def test_arrays_of_several_shapes_are_refused(arrays: Any, is_fused: bool) -> None:
    p, g = (np.ones(shape) for shape in arrays)
    says = r"sgd: g must have shape \(.*\), got \("
    with config.use_fused(is_fused), pytest.raises(ShapeError, match=says):
        sgd(p, g, 0.1)
    assert (p == 1).all()


@pytest.mark.parametrize("is_fused", [True, False])
@pytest.mark.parametrize("odd", [0, 1, 2])
def test_one_array_of_three_of_another_shape_is_refused(odd: int, is_fused: bool) -> None:
    shapes = [(2, 3) if i == odd else (3, 2) for i in range(3)]
    arrays = [np.ones(shape) for shape in shapes]
    with (
        config.use_fused(is_fused),
        pytest.raises(ShapeError, match=r"rmsprop: [gh] must have shape \(.*\), got \("),
    ):
        rmsprop(*arrays, 0.1, 0.9, 1e-8)
    assert all((array == 1).all() for array in arrays)


@pytest.mark.parametrize("is_fused", [True, False])
def test_what_is_no_array_or_not_there_is_refused(is_fused: bool) -> None:
    with config.use_fused(is_fused):
        with pytest.raises(
            TypeError, match=r"sgd\(\) missing 1 required positional argument: 'lr'"
        ):
            sgd(np.ones(2), np.ones(2))
        with pytest.raises(TypeError, match="sgd: g must be an array, got float"):
            sgd(np.ones(2), 1.0, 0.1)
        with pytest.raises(TypeError, match=r"adam\(\) missing 9 required"):
            adam()


@pytest.mark.cpu
@pytest.mark.parametrize("is_fused", [True, False])
@pytest.mark.parametrize(
    "wrong",
    [
        numpy.ones((2, 2)).view(numpy.matrix),
        numpy.ma.masked_array(numpy.ones(2), [True, False]),
        numpy.ones(2, "complex"),
        numpy.array(["a", "b"]),
        numpy.float32(3),
        Tensor([1.0, 2.0]),
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_what_is_more_or_less_than_an_array_of_numbers_is_refused(
    wrong: Any, is_fused: bool
) -> None:
    @fused
    def square(x: Array) -> Array:
        return x * x

    p = np.ones(wrong.shape)
    with config.use_fused(is_fused):
        if type(wrong) is not numpy.float32:  # as NumPy's 0-d arithmetic returns
            with pytest.raises(CommonError, match=r"square: x (must|is a)"):
                square(wrong)
        with pytest.raises(CommonError, match=r"sgd: g (must|is a)"):
            sgd(p, wrong, 0.1)
    assert (p == 1).all()


@pytest.mark.off_cpu
@pytest.mark.parametrize("is_fused", [True, False])
def test_arrays_of_the_other_device_are_refused(is_fused: bool) -> None:
    p, g = np.ones((2, 3)), numpy.ones((2, 3))
    with config.use_fused(is_fused):
        for arrays in ((p, g), (g, p), (g, g)):
            with pytest.raises(CommonError, match=r"sgd: [pg] is on the CPU"):
                sgd(*arrays, 0.1)
    assert (p == 1).all()


def sums(p: Array, g: Array) -> None:
    p -= g.sum()


def first(p: Array) -> Array:
    return p[0] + p


def branch(p: Array) -> Array:
    return p if p > 0 else -p


def compares(p: Array) -> Array:
    return p > 0


def chain(p: Array) -> Array:
    return p * (0 < p < 1)


def power(p: Array) -> Array:
    return p**3


def rebinds(p: Array, g: Array, lr: float) -> None:
    p = p - lr * g


def nothing(p: Array) -> None:
    """Only says what it might do."""


def both(p: Array) -> Array:
    p -= 1
    return p


def two_values(p: Array) -> Any:
    return p + 1, p - 1


def a_constant(p: Array) -> Any:
    return 1.0


def unknown(p: Array) -> Array:
    return p * PIECE


def no_ufunc(p: Array) -> Array:
    return np.where(p, p, p)


def product(p: Array, g: Array) -> None:
    p -= np.matmul(g, g)


def two_results(p: Array) -> Any:
    return np.modf(p)


def three_arguments(p: Array, g: Array) -> Array:
    return np.maximum(p, g, g)


def default(p: Array, lr: float = 0.5) -> None:
    p -= lr


def keyword(p: Array) -> Array:
    return np.add(p, 1, out=p)


def number_first(lr: float, p: Array) -> None:
    p -= lr


def changes_a_number(p: Array, lr: float) -> None:
    lr *= 2
    p -= lr


def names_a_number(p: Array, lr: float) -> None:
    twice = 2 * lr
    p -= twice


def a_loop(p: Array) -> None:
    for _ in range(3):
        p -= 1


def a_number_times_a_comparison(p: Array, k: float) -> None:
    p -= k * (p > 0)


def is_in(p: Array) -> Array:
    return p * (p in p)


def second_name(p: Array, g: Array) -> None:
    old = p
    p -= g
    g -= old


def goes_on(p: Array) -> Array:
    return p + 1
    return p + 2  # type: ignore[unreachable]


def takes_run(run: Array) -> Array:
    return run * 2


def takes_float(p: Array, float: float) -> None:
    p *= float


def ndarray(p: Array) -> Array:
    return p * 2


def takes_all_p(p: Array) -> Array:
    all_p = p * 2
    return all_p + p


def takes_i(p: Array) -> Array:
    i = p * 2
    return i + p


def out(out: Array, g: Array) -> None:
    out -= g


def by_place(p: Array, /) -> Array:
    return p + 1


def by_name(p: Array, *, g: Array) -> Array:
    return p + g


def of_any_count(p: Array, *more: Array) -> Array:
    return p + 1


def of_any_names(p: Array, **more: Array) -> Array:
    return p + 1


def number_between(p: Array, lr: float, g: Array) -> None:
    p -= lr * g


def no_arrays(lr: float) -> float:
    return lr


REFUSED: list[tuple[Any, str]] = [
    (sums, r"g.sum\(\): arrays stand in"),
    (first, r"p\[0\]: arrays stand in"),
    (branch, "p if p > 0 else -p: arrays stand in"),
    (compares, "p > 0: arrays stand in"),
    (chain, "0 < p < 1: arrays stand in"),
    (power, r"p \*\* 3: arrays stand in"),
    (rebinds, r"p = p - lr \* g: a line makes a name, changes an array in place"),
    (nothing, "it changes arrays, p -= ..., or returns a value"),
    (both, "it changes arrays, p -= ..., or returns a value"),
    (two_values, r"\(p \+ 1, p - 1\): arrays stand in"),
    (a_constant, "return 1.0: a line makes a name"),
    (unknown, "PIECE: it has no number of the name PIECE"),
    (no_ufunc, r"np.where\(p, p, p\): arrays stand in"),
    (product, r"np.matmul\(g, g\): arrays stand in"),
    (two_results, r"np.modf\(p\): arrays stand in"),
    (three_arguments, r"np.maximum\(p, g, g\): arrays stand in"),
    (default, "its parameters are plain names, without defaults"),
    (keyword, r"np.add\(p, 1, out=p\): arrays stand in"),
    (number_first, "its arrays come first, then numbers"),
    (changes_a_number, r"lr \*= 2: it changes arrays that it was given"),
    (names_a_number, r"twice = 2 \* lr: without an array in it"),
    (a_loop, r"for _ in range\(3\):: a line makes a name"),
    (a_number_times_a_comparison, r"p > 0: arrays stand in"),
    (is_in, "arrays stand in"),
    (second_name, "old = p: a second name for p, which may change"),
    (goes_on, r"return p \+ 2: it comes after the return"),
    (takes_all_p, "the loop has a use of its own for all_p"),
    (takes_i, "the loop has a use of its own for i"),
    (takes_run, "the loop has a use of its own for run"),
    (takes_float, "the loop has a use of its own for float"),
    (ndarray, "the loop has a use of its own for ndarray"),
    (out, "the loop has a use of its own for out"),
    (by_place, "its parameters are plain names, without defaults"),
    (by_name, "its parameters are plain names, without defaults"),
    (of_any_count, "its parameters are plain names, without defaults"),
    (of_any_names, "its parameters are plain names, without defaults"),
    (number_between, "its arrays come first, then numbers"),
    (no_arrays, "its arrays come first"),
]


@pytest.mark.cpu
@pytest.mark.parametrize(("function", "why"), REFUSED, ids=lambda x: getattr(x, "__name__", ""))
def test_what_is_no_formula_is_refused_where_it_is_written(function: Any, why: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^fused: {function.__name__}, line \d+, .*{why}"):
        fused(function)


@pytest.mark.cpu
@pytest.mark.parametrize(
    ("function", "below"),
    [(default, 0), *((one, 1) for one in (first, branch, compares, chain, power)), (goes_on, 2)],
)
def test_the_line_that_is_no_formula_is_named(function: Any, below: int) -> None:
    line = function.__code__.co_firstlineno + below
    with pytest.raises(ArgumentError, match=f"^fused: {function.__name__}, line {line}, "):
        fused(function)


@pytest.mark.cpu
def test_an_array_may_be_annotated_as_anything_but_a_number() -> None:
    def plus(x: numpy.ndarray, y: Any, z) -> Any:  # type: ignore[no-untyped-def]
        return x + y + z

    formula = fused(plus)
    assert (formula.formula.arrays, formula.formula.numbers) == (["x", "y", "z"], [])
    assert formula(np.ones(2), np.ones(2), np.ones(2)).tolist() == [3, 3]


@pytest.mark.cpu
@each_formula
def test_what_is_made_of_a_formula_stands_in_its_place(formula: Fused) -> None:
    """A traceback and a profile name it; numba finds by it what it has kept."""
    made = formula.formula.define(formula.formula.kernel_text(), np=numpy).__code__
    code = formula.formula.code
    assert (made.co_filename, made.co_firstlineno) == (code.co_filename, code.co_firstlineno)


@pytest.mark.cpu
def test_a_formula_must_have_its_source() -> None:
    names: dict[str, Any] = {}
    exec("def typed(p):\n    return p + 1", names)
    with pytest.raises(ArgumentError, match="fused: typed: it must stand in a file"):
        fused(names["typed"])
    with pytest.raises(ArgumentError, match="a formula is made with def"):
        fused(lambda p: p + 1)

    @functools.wraps(sums)
    def wrapper(*args: Any) -> None:
        sums(*args)

    with pytest.raises(ArgumentError, match="fused must be its innermost decorator"):
        fused(wrapper)


@pytest.mark.cpu
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "number", [numpy.float64(0.1), numpy.float32(0.1), numpy.float16(0.1), 0.1]
)
@pytest.mark.parametrize("formula", [sgd, rmsprop, adam])
def test_numbers_count_as_pythons(formula: Fused, number: Any, dtype: str) -> None:
    """NumPy's own would make everything float64, or 1 - beta less exact than it may be."""
    results = []
    for is_fused in (True, False):
        arrays = drawn(formula, (3, 4), dtype)
        with config.use_fused(is_fused):
            formula(*arrays, *[number] * len(formula.formula.numbers))
        results.append([array.tobytes() for array in arrays])
    assert results[0] == results[1]
    plainly = drawn(formula, (3, 4), dtype)
    formula.function(*plainly, *[float(number)] * len(formula.formula.numbers))
    assert results[1] == [array.tobytes() for array in plainly]


@pytest.mark.parametrize("is_fused", [True, False])
@pytest.mark.parametrize("is_whole", [True, False])
def test_what_fails_halfway_is_not_begun_again(is_fused: bool, is_whole: bool) -> None:
    @fused
    def adds(v: Array, p: Array) -> None:
        v += p
        p -= v / 2

    v, p = np.ones((4, 3)) if is_whole else np.ones((4, 6))[:, ::2], np.ones((4, 3), "int64")
    with config.use_fused(is_fused), pytest.raises((TypeError, ValueError)):
        adds(v, p)
    assert (v == 2).all()


def test_numbers_may_be_given_by_name_and_a_formula_may_be_pickled() -> None:
    p = np.ones((2, 3))
    sgd(p, lr=0.25, g=np.ones((2, 3)))
    assert (p == 0.75).all()
    with pytest.raises(TypeError, match="missing a required argument: 'lr'"):
        sgd(p, g=p)
    assert pickle.loads(pickle.dumps(adam)) is copy.deepcopy(adam) is adam


@pytest.mark.cpu
def test_a_formula_that_nobody_holds_is_forgotten() -> None:
    def make() -> Fused:
        @fused
        def twice(x: Array) -> Array:
            return x + x

        return twice

    gc.collect()
    before = len(fused_module._all)
    made = make()
    assert len(fused_module._all) == before + 1
    del made
    gc.collect()
    assert len(fused_module._all) == before
