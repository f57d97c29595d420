from common.autograd import Tensor, no_grad
from common.gradient_check import numerical_gradient
from tests.exercises.wrong import wrong


@wrong("number_in_grad", "the slope of the loss")
def the_loss(w, times, cleared):
    return w * w


@wrong("number_in_grad", "the slope of w · w")
def one_factor(w, times, cleared):
    return w


@wrong("number_in_grad", "does not overwrite")
def overwrites(w, times, cleared):
    return 2 * w


@wrong("number_in_grad", "is still counted")
def never_cleared(w, times, cleared):
    return times * 2 * w


@wrong("number_in_grad", "not after the last one")
def nothing_left(w, times, cleared):
    return None if cleared else times * 2 * w


@wrong("number_in_grad", "not after the last one")
def zero_left(w, times, cleared):
    return 0 if cleared else times * 2 * w


@wrong("number_in_grad", "One number is wanted")
def a_tensor(w, times, cleared):
    w = Tensor(w, requires_grad=True)
    return w * w


@wrong("slopes", "requires no gradient")
def not_required(f, x):
    x = Tensor(x)
    f(x).backward()
    return x.grad


@wrong("slopes", "must be given a tensor")
def an_array(f, x):
    return f(x)


@wrong("slopes", "as if slopes were measured")
def measured(f, x):
    return numerical_gradient(lambda x: f(Tensor(x, requires_grad=True)).data, x)


@wrong("slopes", "An array of shape (3,) is wanted")
def no_backward(f, x):
    x = Tensor(x, requires_grad=True)
    f(x)
    return x.grad


@wrong("slopes", "A tensor comes back")
def in_a_tensor(f, x):
    x = Tensor(x, requires_grad=True)
    f(x).backward()
    return Tensor(x.grad)


@wrong("slopes", "The shape should be (3,)")
def the_value(f, x):
    return f(Tensor(x, requires_grad=True)).data


def descent(f, start, lr, steps, keep):
    a = Tensor(start, requires_grad=True)
    best, least = a, float("inf")
    for _ in range(steps):
        loss = f(a)
        if loss.item() < least:
            best, least = keep(a), loss.item()
        loss.backward()
        with no_grad():
            a -= lr * a.grad
        a.grad = None
    return best


@wrong("lowest", "What comes back is the place after the last step")
def detached(f, start, lr, steps):
    return float(descent(f, start, lr, steps, keep=lambda a: a.detach()))


@wrong("lowest", "What comes back is the place after the last step")
def the_array(f, start, lr, steps):
    return float(descent(f, start, lr, steps, keep=lambda a: a.data))


@wrong("lowest", "a float is wanted")
def a_copy(f, start, lr, steps):
    return descent(f, start, lr, steps, keep=lambda a: Tensor(a.item()))


@wrong("lowest", "0.000 is returned")
def the_loss_there(f, start, lr, steps):
    return float(f(Tensor(descent(f, start, lr, steps, keep=lambda a: a.item()))).item())


@wrong("lowest", "f is to be asked 12 times, and not")
def stops_at_a_bad_step(f, start, lr, steps):
    a, best, least = Tensor(start, requires_grad=True), start, float("inf")
    for _ in range(steps):
        loss = f(a)
        if loss.item() >= least:
            break
        best, least = a.item(), loss.item()
        loss.backward()
        with no_grad():
            a -= lr * a.grad
        a.grad = None
    return best


@wrong("lowest", "f was the smallest at")
def the_last_that_improved(f, start, lr, steps):
    a, best, before = Tensor(start, requires_grad=True), start, float("inf")
    for _ in range(steps):
        loss = f(a)
        if loss.item() < before:
            best = a.item()
        before = loss.item()
        loss.backward()
        with no_grad():
            a -= lr * a.grad
        a.grad = None
    return best


@wrong("lowest", "each step is worse")
def one_step_late(f, start, lr, steps):
    a, best, least = Tensor(start, requires_grad=True), start, float("inf")
    for _ in range(steps):
        loss = f(a)
        loss.backward()
        with no_grad():
            a -= lr * a.grad
        a.grad = None
        if loss.item() < least:
            best, least = a.item(), loss.item()
    return best
