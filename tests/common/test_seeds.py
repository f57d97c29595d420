"""Wherever a seed is taken: a number, a Generator, or None.

A row says what comes of a seed. What takes one and has no row fails a test.
"""

import inspect
import pkgutil
import random
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy
import pytest

import common
import dataset
from ch01 import two_layer_net
from common.checks import generator
from common.layers import Dropout, Linear
from common.np import Array, Seed
from common.optimizer import SGD
from common.trainer import Trainer
from dataset import random_regression
from dataset.hold_out import hold_out
from tests.common.training import Recorder

pytestmark = pytest.mark.cpu  # numbers are drawn there, and moved

ROWS = numpy.arange(70)


def orders(seed: Any) -> list[Array]:
    """In which the rows come to a model in two epochs."""
    model = Recorder()
    Trainer(model, SGD(), seed=seed).fit(ROWS, 10 * ROWS, 2, batch_size=70, verbose=False)
    return list(map(numpy.array, model.batches))


def masks(seed: Any) -> list[Array]:
    layer = Dropout(0.5, seed=seed)
    return [layer.forward(numpy.ones((5, 9))) for _ in range(2)]


TAKEN: dict[Any, Callable[[Any], list[Array]]] = {
    Dropout: masks,
    Linear: lambda seed: Linear(2, 3, seed=seed).params,
    Trainer: orders,
    hold_out: lambda seed: [array for side in hold_out(ROWS, ROWS, seed=seed) for array in side],
    random_regression.load_data: lambda seed: [*random_regression.load_data(4, 3, 2, seed)],
    two_layer_net.TwoLayerNet: lambda seed: two_layer_net.TwoLayerNet(2, 3, 2, seed).params,
}
NUMBERS_ALONE = {  # each is tested with all else that it does
    "common.gradient_check.check_gradients",
    "common.script.Options",
    "common.script.options",
    "common.commands.gradcheck.candidates",
    "common.commands.gradcheck.find_inputs",
    "common.commands.gradcheck.run",
    "common.commands.parity.run",
    "common.commands.parity.weights_to_start_from",
    "dataset.spiral.load_data",
}
each = pytest.mark.parametrize("draw", TAKEN.values(), ids=[f.__name__ for f in TAKEN])


def drawn(draw: Callable[[Any], list[Array]], seed: Any) -> list[bytes]:
    return [array.tobytes() for array in draw(seed)]


def takers() -> Iterator[tuple[Any, Any]]:
    """All functions and classes that have an argument `seed`, with its type."""
    modules = [two_layer_net]
    for package in (common, dataset):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                modules.append(import_module(found.name))
    for module in modules:
        for thing in vars(module).values():
            is_own = getattr(thing, "__module__", None) == module.__name__
            f = vars(thing).get("__init__") if inspect.isclass(thing) else thing
            if is_own and inspect.isfunction(f) and "seed" in inspect.signature(f).parameters:
                yield thing, inspect.signature(f).parameters["seed"].annotation


def test_what_takes_a_seed_has_a_row() -> None:
    kinds = dict(takers())
    del kinds[generator]  # which makes one of a seed
    assert {thing for thing, kind in kinds.items() if kind == Seed} == set(TAKEN)
    others = {f"{thing.__module__}.{thing.__name__}" for thing in kinds.keys() - set(TAKEN)}
    assert others == NUMBERS_ALONE


@each
def test_a_number_is_the_generator_that_it_starts(draw: Callable[[Any], list[Array]]) -> None:
    assert drawn(draw, 3) == drawn(draw, 3) == drawn(draw, numpy.random.default_rng(3))
    assert drawn(draw, 3) != drawn(draw, 4)
    assert drawn(draw, 0) == drawn(draw, 0)  # which is no None


@each
def test_a_generator_is_used_itself_and_goes_on(draw: Callable[[Any], list[Array]]) -> None:
    rng = numpy.random.default_rng(3)
    first, second, third = (drawn(draw, rng) for _ in range(3))
    assert first != second != third != first


@each
def test_without_a_seed_each_time_is_another(draw: Callable[[Any], list[Array]]) -> None:
    """Also where the state that the whole process shares is the same."""
    state, pythons, runs = numpy.random.get_state(), random.getstate(), []  # noqa: NPY002
    for _ in range(2):
        numpy.random.set_state(state)  # noqa: NPY002
        random.setstate(pythons)
        runs.append(drawn(draw, None))
    assert runs[0] != runs[1]
    assert random.getstate() == pythons
