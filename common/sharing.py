"""Weights that stand in more than one place, told by identity: two arrays with equal numbers
are two weights.
"""

from collections.abc import Iterable, Sequence

from common.errors import SharedLayerError
from common.np import Array


def has_repeats(items: Iterable[object]) -> bool:
    """Whether one object stands in two places.

    >>> a, b = [1], [1]
    >>> has_repeats([a, b]), has_repeats([a, b, a])
    (False, True)
    """
    ids = [id(item) for item in items]
    return len(set(ids)) < len(ids)


def repeats(params: Sequence[Array], grads: Sequence[Array]) -> list[tuple[int, int]]:
    """(i, j) for each params[j] that is the very array params[i], i being the first such.

    Each place must have a gradient of its own: where two share one, the second layer's backward
    has overwritten the first's.
    """
    first: dict[int, int] = {}
    pairs = [(first.setdefault(id(param), j), j) for j, param in enumerate(params)]
    for i, j in (pairs := [(i, j) for i, j in pairs if i != j]):
        if grads[i] is grads[j]:
            raise SharedLayerError(
                f"params[{i}] and params[{j}] are one array and share one gradient, so the "
                f"second layer overwrites the first's. Make two layers on the same array."
            )
    return pairs


def merged(
    params: list[Array], grads: list[Array], pairs: Sequence[tuple[int, int]]
) -> tuple[list[Array], list[Array]]:
    """Each parameter once, with the sum of its gradients; `pairs` comes from `repeats`."""
    if not pairs:
        return params, grads
    for i, j in pairs:
        grads[i] += grads[j]
    again = {j for _, j in pairs}
    once = [i for i in range(len(params)) if i not in again]
    return [params[i] for i in once], [grads[i] for i in once]
