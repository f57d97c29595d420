import numpy as np

from common import config
from dataset import random_regression


def test_the_sizes_of_the_tutorial() -> None:
    x, t = random_regression.load_data()
    assert (x.shape, t.shape) == ((64, 1000), (64, 10))
    assert x.dtype == t.dtype == np.float32


def test_any_other_sizes() -> None:
    x, t = random_regression.load_data(n=3, d_in=5, d_out=2)
    assert (x.shape, t.shape) == ((3, 5), (3, 2))


def test_x_and_t_are_standard_normal() -> None:
    x, t = random_regression.load_data(n=500, d_in=40, d_out=40, seed=1)
    for array in (x, t):
        assert abs(array.mean()) < 0.03
        assert abs(array.std() - 1) < 0.03
    assert abs(np.corrcoef(x.ravel(), t.ravel())[0, 1]) < 0.03


def test_both_have_the_dtype_of_config() -> None:
    config.dtype = np.dtype("float64")
    x, t = random_regression.load_data(n=2)
    config.dtype = np.dtype("float32")
    assert x.dtype == t.dtype == np.float64


def data(seed: int | np.random.Generator) -> bytes:
    x, t = random_regression.load_data(n=4, d_in=3, d_out=2, seed=seed)
    return x.tobytes() + t.tobytes()


def test_a_seed_gives_one_data_set_and_another_seed_another() -> None:
    assert data(seed=1) == data(seed=1) != data(seed=2)


def test_a_generator_goes_on_where_it_was() -> None:
    rng = np.random.default_rng(1)
    assert data(rng) == data(seed=1)
    assert data(rng) != data(seed=1)
