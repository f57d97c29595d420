"""Setting rows aside."""

from common.checks import check_data, check_number, generator
from common.errors import ArgumentError
from common.np import Array, Seed, np


def hold_out(
    x: Array, t: Array, fraction: float = 0.2, seed: Seed = 0
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Splits rows at random: ((x, t) to train on, (x, t) to judge by).

    fraction: the share that is held out, rounded to whole rows.

    >>> (x, t), (x_test, t_test) = hold_out(np.arange(20).reshape(10, 2), np.arange(10))
    >>> x.shape, x_test.shape
    ((8, 2), (2, 2))
    """
    check_number("hold_out", "fraction", fraction, above=0, below=1)
    check_data("hold_out", x, t)
    count = round(len(x) * fraction)
    if not 0 < count < len(x):
        raise ArgumentError(
            f"hold_out: a fraction of {fraction} of {len(x)} rows leaves one side with no row"
        )
    order = np.asarray(generator("hold_out", seed).permutation(len(x)))
    train, test = order[count:], order[:count]
    return (x[train], t[train]), (x[test], t[test])
