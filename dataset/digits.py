"""Handwritten digits: 1,797 small pictures of the digits 0 to 9, written by 13 people.

Each was scanned as 32×32 black or white dots; the dots that are black are counted in blocks of
4×4, which leaves 8×8 numbers from 0 to 16.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
Learning Repository (1998), https://doi.org/10.24432/C50P49, its test set. Licence: CC BY 4.0,
https://creativecommons.org/licenses/by/4.0/. The file is the one that scikit-learn carries,
byte for byte: a row for each picture, 64 numbers and then the digit.
"""

import gzip
import hashlib
import io
from pathlib import Path

import numpy

from common import config
from common.errors import DataError
from common.np import Array, np

FILE = Path(__file__).with_name("digits.csv.gz")
SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"


def load_data() -> tuple[Array, Array]:
    """x (1797, 64), the pictures row by row, from 0 (white) to 1, and t (1797,), the digits.

    A file that is not the one described above raises DataError.
    """
    content = FILE.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise DataError(
            f"{FILE} is damaged: its SHA-256 is {found}, not {SHA256}. Fetch the file again: "
            f"git checkout -- dataset/digits.csv.gz"
        )
    rows = numpy.loadtxt(io.BytesIO(gzip.decompress(content)), delimiter=",")
    x, t = rows[:, :64] / 16, rows[:, 64]
    return np.asarray(x.astype(config.dtype)), np.asarray(t.astype(numpy.int64))
