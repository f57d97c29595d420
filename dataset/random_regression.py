"""Random inputs with random targets: nothing to understand, only something to fit."""

from common import config
from common.checks import check_sizes, generator
from common.np import Array, Seed, np


def load_data(
    n: int = 64, d_in: int = 1000, d_out: int = 10, seed: Seed = 0
) -> tuple[Array, Array]:
    """x (n, d_in) and t (n, d_out), all from the standard normal distribution.

    Source: documents 001 and 002, the older edition of "Learning PyTorch with Examples".
    """
    who = "random_regression.load_data"
    check_sizes(who, n=n, d_in=d_in)
    check_sizes(who, n=n, d_out=d_out)
    rng = generator(who, seed)
    x, t = rng.normal(size=(n, d_in)), rng.normal(size=(n, d_out))
    return np.asarray(x.astype(config.dtype)), np.asarray(t.astype(config.dtype))
