import itertools

import numpy as np

from common import config
from dataset import spiral


def test_three_spirals_of_a_hundred_points() -> None:
    x, t = spiral.load_data()
    assert x.shape == (300, 2)
    assert x.dtype == np.float32
    assert t.dtype.kind == "i"
    np.testing.assert_array_equal(t, np.repeat(np.eye(3), 100, axis=0))


def test_x_has_the_dtype_of_config() -> None:
    config.dtype = np.dtype("float64")
    x, _ = spiral.load_data()
    config.dtype = np.dtype("float32")
    assert x.dtype == np.float64
    np.testing.assert_array_equal(x.astype(np.float32), spiral.load_data()[0])


def test_the_radius_grows_by_a_hundredth_from_point_to_point() -> None:
    x, _ = spiral.load_data(seed=3)
    radius = np.linalg.norm(x.reshape(3, 100, 2), axis=-1)
    np.testing.assert_allclose(radius, np.tile(np.arange(100) / 100, (3, 1)), atol=1e-6)


def test_the_points_are_those_of_the_book() -> None:
    """The same numbers as a global seed and one randn() a point gave."""
    x, _ = spiral.load_data(seed=1984)
    draws = np.random.RandomState(1984)
    for row, (j, i) in zip(x, itertools.product(range(3), range(100)), strict=True):
        angle = 4.0 * j + 4.0 * i / 100 + 0.2 * draws.randn()
        expected = i / 100 * np.array([np.sin(angle), np.cos(angle)])
        np.testing.assert_allclose(row, expected, atol=1e-6)


def test_1984_is_the_seed_if_none_is_given() -> None:
    np.testing.assert_array_equal(spiral.load_data()[0], spiral.load_data(1984)[0])


def test_a_seed_gives_one_data_set_and_another_seed_another() -> None:
    assert spiral.load_data(5)[0].tobytes() == spiral.load_data(5)[0].tobytes()
    assert spiral.load_data(5)[0].tobytes() != spiral.load_data(6)[0].tobytes()
