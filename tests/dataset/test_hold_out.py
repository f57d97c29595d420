from typing import Any

import numpy as np
import pytest

from common.errors import ArgumentError
from common.np import Array
from dataset import hold_out


def rows(n: int) -> tuple[Array, Array]:
    """n rows that can be told apart, and each row's number."""
    return np.arange(2.0 * n).reshape(n, 2), np.arange(n)


def held_out(n: int, **options: Any) -> list[int]:
    _, (_, t) = hold_out(*rows(n), **options)
    return list(t)


@pytest.mark.parametrize("n", [2, 3, 10, 101])
@pytest.mark.parametrize("fraction", [0.4, 0.5])
def test_every_row_is_on_one_side_with_its_t(n: int, fraction: float) -> None:
    x, t = rows(n)
    (x_train, t_train), (x_test, t_test) = hold_out(x, t, fraction)
    assert sorted([*t_train, *t_test]) == list(range(n))
    assert len(t_test) == round(n * fraction)
    np.testing.assert_array_equal(x_train, x[t_train])
    np.testing.assert_array_equal(x_test, x[t_test])


def test_a_fifth_is_held_out_if_nothing_is_said() -> None:
    assert len(held_out(100)) == 20


def test_dtypes_are_kept_and_the_data_is_copied() -> None:
    x, t = rows(10)
    (x_train, t_train), _ = hold_out(x.astype(np.float32), t.astype(np.uint8))
    assert x_train.dtype == np.float32
    assert t_train.dtype == np.uint8
    (x_train, _), (x_test, _) = hold_out(x, t)
    x_train += 1
    x_test += 1
    np.testing.assert_array_equal(x, rows(10)[0])


def test_a_seed_gives_one_split_and_another_seed_another() -> None:
    assert held_out(100, seed=1) == held_out(100, seed=1) != held_out(100, seed=2)
    assert held_out(100) == held_out(100)


def test_the_rows_held_out_are_drawn_at_random() -> None:
    drawn = held_out(1000, fraction=0.5)
    assert drawn != sorted(drawn)
    assert 200 < sum(row < 500 for row in drawn) < 300


@pytest.mark.parametrize(("n", "fraction"), [(1, 0.5), (3, 0.1), (3, 0.9)])
def test_no_side_may_be_left_empty(n: int, fraction: float) -> None:
    with pytest.raises(ArgumentError, match=f"{fraction} of {n} rows leaves one side with no row"):
        hold_out(*rows(n), fraction)
