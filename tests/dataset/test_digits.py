import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from common import config
from common.errors import DataError
from dataset import digits


def test_1797_pictures_between_white_and_black() -> None:
    x, t = digits.load_data()
    assert x.shape == (1797, 64)
    assert t.shape == (1797,)
    assert x.dtype == np.float32
    assert t.dtype == np.int64
    assert (x.min(), x.max()) == (0, 1)
    assert set((x * 16).ravel()) == set(range(17))


def test_how_often_each_digit_was_written() -> None:
    _, t = digits.load_data()
    assert np.bincount(t).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_first_picture_is_a_zero() -> None:
    x, t = digits.load_data()
    assert t[0] == 0
    assert (x[0].reshape(8, 8) * 16).tolist() == [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
        [0, 3, 15, 2, 0, 11, 8, 0],
        [0, 4, 12, 0, 0, 8, 8, 0],
        [0, 5, 8, 0, 0, 9, 8, 0],
        [0, 4, 11, 0, 1, 12, 7, 0],
        [0, 2, 14, 5, 10, 12, 0, 0],
        [0, 0, 6, 13, 10, 0, 0, 0],
    ]


def test_x_has_the_dtype_of_config() -> None:
    config.dtype = np.dtype("float64")
    x, _ = digits.load_data()
    config.dtype = np.dtype("float32")
    assert x.dtype == np.float64


def test_they_are_the_pictures_that_scikit_learn_carries() -> None:
    theirs = pytest.importorskip("sklearn.datasets").load_digits()
    x, t = digits.load_data()
    np.testing.assert_array_equal(x * 16, theirs.data)
    np.testing.assert_array_equal(t, theirs.target)


@pytest.mark.parametrize("damage", ["one bit", "cut short", "empty", "another file"])
def test_a_damaged_file_is_told_by_its_sha256(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = digits.FILE.read_bytes()
    damaged = {
        "one bit": content[:500] + bytes([content[500] ^ 1]) + content[501:],
        "cut short": content[:-1],
        "empty": b"",
        "another file": gzip.compress(b"0," * 64 + b"0\n"),
    }[damage]
    file = tmp_path / "digits.csv.gz"
    file.write_bytes(damaged)
    monkeypatch.setattr(digits, "FILE", file)
    with pytest.raises(DataError, match="SHA-256") as raised:
        digits.load_data()
    assert hashlib.sha256(damaged).hexdigest() in str(raised.value)
    assert str(file) in str(raised.value)
