from common.fused import fused
from common.np import Array, np
from tests.exercises.right import right


@right("passes")
def of_shape_0(n):
    return np.array(n + 1.0)


@right("momentum_step")
@fused
def moves_first(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    p += decay * v - lr * g
    v *= decay
    v -= g * lr


@right("momentum_step")
def not_fused(p, g, v, lr, decay):
    v[...] = decay * v - lr * g
    p[...] = p + v


@right("signed_step")
def closer_to_g(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m += (1 - beta) * (g - m)
    p += -lr * np.sign(m)


@right("signed_step")
def with_names(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    after = m * beta + (g - beta * g)
    sign = np.sign(after)
    m *= 0
    m += after
    p -= sign * lr
