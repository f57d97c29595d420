"""What a training script needs besides: clipping gradients, and moving to the GPU and back."""

from collections.abc import Sequence

from common.checks import check_floats, check_number
from common.device import to_cpu, to_gpu
from common.np import Array, np

__all__ = ["clip_grads", "to_cpu", "to_gpu"]


def clip_grads(grads: Sequence[Array], max_norm: float) -> Array:
    """Scales all gradients, in place, so that their common norm is at most max_norm.

    The norm is √(Σ g²) over all elements of all arrays. All are scaled by the same number, so
    the direction of the step stays. Returns the norm as it was before.

    Source: Pascanu et al. (2013); PyTorch's clip_grad_norm_, the 1e-6 included.

    >>> g = np.array([3.0, 4.0])
    >>> float(clip_grads([g], max_norm=1.0))
    5.0
    >>> g.round(4)
    array([0.6, 0.8])
    """
    check_number("clip_grads", "max_norm", max_norm, above=0)
    for i, g in enumerate(grads):
        check_floats("clip_grads", f"grads[{i}]", g)
    norm = np.sqrt(sum((g * g).sum() for g in grads))
    rate = np.minimum(max_norm / (norm + 1e-6), 1)  # no `if`: it would wait for the GPU
    for g in grads:
        g *= rate
    return norm
