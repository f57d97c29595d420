from common.fused import fused
from common.np import Array, np
from tests.exercises.wrong import wrong


@wrong("passes", "Is += counted")
def without_the_addition(n):
    return n


@wrong("passes", "between two numbers")
def all_operations(n):
    return n + 3


@wrong("passes", "What does one x more")
def of_one_or_two(n):
    return 2 if n == 1 else 3


@wrong("passes", "One number is wanted")
def in_words(n):
    return "one"


@wrong("momentum_step", "has not moved in the first step")
@fused
def as_given(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    p += v
    v *= decay
    v -= lr * g


@wrong("momentum_step", "too short")
@fused
def slowed_at_once(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    v -= lr * g
    v *= decay
    p += v


@wrong("momentum_step", "along the gradient")
@fused
def uphill(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    v *= decay
    v -= lr * g
    p -= v


@wrong("momentum_step", "not where Momentum brings it")
@fused
def forgets(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    v *= 0 * decay
    v -= lr * g
    p += v


@wrong("momentum_step", "g has changed")
@fused
def writes_into_g(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    g *= lr
    v *= decay
    v -= g
    p += v


@wrong("momentum_step", "what stands in v after the step")
@fused
def slowed_at_the_end(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    v -= lr * g
    p += v
    v *= decay


@wrong("momentum_step", "what stands in v after the step")
@fused
def other_sign_of_v(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    v *= decay
    v += lr * g
    p -= v


@wrong("momentum_step", "Is v changed in place?")
def new_velocity(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    v = decay * v - lr * g
    p += v


@wrong("signed_step", "makes a new array")
def new_arrays(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m = beta * m + (1 - beta) * g
    p = p - lr * np.sign(m)


@wrong("signed_step", "The sign is that of g")
def sign_of_g(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m *= beta
    m += (1 - beta) * g
    p -= lr * np.sign(g)


@wrong("signed_step", "before it has changed")
def sign_of_old_m(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    p -= lr * np.sign(m)
    m *= beta
    m += (1 - beta) * g


@wrong("signed_step", "The share of g")
def adds_all_of_g(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m *= beta
    m += g
    p -= lr * np.sign(m)


@wrong("signed_step", "the size of m")
def without_sign(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m *= beta
    m += (1 - beta) * g
    p -= lr * m


@wrong("signed_step", "its sign is 0, and p stays")
def sign_by_division(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m *= beta
    m += (1 - beta) * g
    p -= lr * (m / np.abs(m))


@wrong("signed_step", "Is that line as it was given?")
def nothing_said(p, g, m, lr, beta):
    m *= beta
    m += (1 - beta) * g
    p -= lr * np.sign(m)


@wrong("signed_step", "a loop cannot be made of it")
def slices(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m[...] = beta * m + (1 - beta) * g
    p[...] = p - lr * np.sign(m)


@wrong("signed_step", "a loop cannot be made of it")
def where(p: Array, g: Array, m: Array, lr: float, beta: float) -> None:
    m *= beta
    m += (1 - beta) * g
    p -= np.where(m > 0, lr, np.where(m < 0, -lr, 0))
