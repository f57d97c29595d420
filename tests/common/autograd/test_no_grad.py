"""`no_grad` belongs to a thread, nests, and may stand over a function."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Barrier, Thread
from typing import Any

import numpy
import pytest

from common.autograd import Parameter, Tensor, no_grad
from common.errors import ArgumentTypeError, GraphError
from common.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from common.util import to_cpu
from dataset import spiral


def records() -> bool:
    return (Parameter(np.ones(2)) * 2).requires_grad


def test_one_block_in_another_ends_alone() -> None:
    with no_grad():
        with no_grad():
            assert not records()
        assert not records()
    assert records()


def test_one_object_may_be_entered_twice() -> None:
    block = no_grad()
    with block:
        with block:
            assert not records()
        assert not records()
    assert records()


def test_blocks_may_end_in_another_order() -> None:
    first, second = no_grad(), no_grad()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert not records()
    second.__exit__()
    assert records()


def test_an_error_ends_the_block() -> None:
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0  # noqa: B018
    assert records()


def test_it_may_stand_over_a_function() -> None:
    @no_grad()
    def predict(n: int) -> bool:
        """Its name and its words stay."""
        return records() if n == 0 else predict(n - 1)

    assert (predict.__name__, predict.__doc__) == ("predict", "Its name and its words stay.")
    assert not predict(3)
    assert records()


def test_a_generator_is_refused() -> None:
    """Its code runs after the call, when the block has ended."""

    def numbers() -> Iterator[int]:
        yield 1

    async def later() -> None:
        pass

    async def sometimes() -> AsyncIterator[int]:
        yield 1

    for function in (numbers, later, sometimes):
        with pytest.raises(ArgumentTypeError, match=f"{function.__name__} is a generator or a"):
            no_grad()(function)


def in_threads(*works: Callable[[], None]) -> None:
    threads = [Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.cpu
def test_another_thread_records_meanwhile() -> None:
    meet, seen = Barrier(2, timeout=10), {}

    def without() -> None:
        with no_grad():
            meet.wait()  # both are in
            seen["without"] = records()
            meet.wait()

    def beside() -> None:
        meet.wait()
        seen["beside"] = records()
        w: Any = Parameter(np.ones(2))
        with pytest.raises(GraphError):
            w -= 1.0
        meet.wait()

    in_threads(without, beside)
    assert seen == {"without": False, "beside": True}
    assert records()


def trained(seed: int, meet: Callable[..., Any] = lambda trainer: None) -> Array:
    rng = numpy.random.default_rng(seed)
    model = Sequential(Linear(2, 8, rng), ReLU(), Linear(8, 3, rng))
    x, t = spiral.load_data()
    trainer = Trainer(model, SGD(lr=0.5), SoftmaxWithLoss(), seed=seed)
    trainer.fit(x, t, 3, held_out=(x, t), callbacks=[meet], verbose=False)
    parts = [*model.params, np.asarray([e.held_out_loss for e in trainer.history])]
    return numpy.concatenate([to_cpu(part).ravel() for part in parts])


@pytest.mark.cpu
def test_four_trainers_in_threads_end_where_they_end_alone() -> None:
    """`held_out` makes each of them leave the tape after each epoch."""
    found: dict[int, Array] = {}
    together = Barrier(4, timeout=30)

    def work(seed: int) -> Callable[[], None]:
        return lambda: found.update({seed: trained(seed, lambda trainer: together.wait())})

    in_threads(*map(work, range(4)))
    for seed in range(4):
        numpy.testing.assert_array_equal(found[seed], trained(seed))


@pytest.mark.cpu
def test_a_task_that_waits_in_the_block_does_not_switch_the_others_off() -> None:
    async def without(inside: asyncio.Event, go_on: asyncio.Event) -> None:
        with no_grad():
            inside.set()
            await go_on.wait()

    async def both() -> None:
        inside, go_on = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(without(inside, go_on))
        await inside.wait()
        assert records()
        go_on.set()
        await task

    asyncio.run(both())


def test_a_thread_of_its_own_begins_with_recording() -> None:
    seen: list[bool] = []
    with no_grad():
        in_threads(lambda: seen.append((Tensor([1.0], requires_grad=True) * 2).requires_grad))
    assert seen == [True]
