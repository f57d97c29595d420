import math

import numpy as np
import pytest

from common import config
from dataset import sine


def test_two_thousand_points_of_one_wave() -> None:
    x, t = sine.load_data()
    assert (x.shape, t.shape) == ((2000,), (2000,))
    assert x[0] == np.float32(-math.pi)
    assert x[-1] == np.float32(math.pi)
    np.testing.assert_allclose(np.diff(x), 2 * math.pi / 1999, rtol=1e-3)
    np.testing.assert_allclose(t, np.sin(x), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_have_the_dtype_of_config(dtype: str) -> None:
    config.dtype = np.dtype(dtype)
    x, t = sine.load_data()
    config.dtype = np.dtype("float32")
    assert x.dtype == t.dtype == np.dtype(dtype)
    assert abs(float(t[-1])) <= np.finfo(dtype).eps


def test_any_number_of_points() -> None:
    assert [len(sine.load_data(n)[0]) for n in (1, 2, 7)] == [1, 2, 7]
