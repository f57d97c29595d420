"""One gradient for each parameter array, told by identity."""

import gc

from common import base
from common.base import gradient_of, has_repeats
from common.layers import MatMul
from common.np import np


def test_an_array_has_one_gradient_whoever_uses_it() -> None:
    W = np.ones((2, 2))
    first, second, equal = MatMul(W), MatMul(W), MatMul(W.copy())
    assert first.grads[0] is second.grads[0] is gradient_of(W).array
    assert first.grads[0] is not equal.grads[0]


def test_the_gradient_goes_with_its_array() -> None:
    gc.collect()
    before = len(base._gradients)
    W = np.ones(3)
    gradient_of(W)
    assert len(base._gradients) == before + 1
    del W
    gc.collect()
    assert len(base._gradients) == before


def test_the_first_gradient_after_a_clear_is_written_and_the_next_added() -> None:
    gradient = gradient_of(np.zeros(2))
    array = gradient.array
    for fill in (np.nan, 1.0):  # what stood there before must not come through
        gradient.array[...] = fill
        gradient.clear()
        gradient.add(np.array([1.0, 2.0]))
        gradient.add(np.array([10.0, 20.0]))
        assert gradient.array.tolist() == [11, 22]
    assert gradient.array is array


def test_repeats_are_told_by_identity() -> None:
    a, b, equal_to_a = np.ones(2), np.zeros(2), np.ones(2)
    assert not has_repeats([a, b, equal_to_a])
    assert has_repeats([a, b, a])
