from common.np import np
from tests.exercises.wrong import wrong


@wrong("three_shapes", "for xx. Rows and columns")
def exponents_as_rows(n, k, m):
    return (k, n), (k, m), (n, m)


@wrong("three_shapes", "for W. Rows and columns")
def as_in_pytorch(n, k, m):
    return (n, k), (m, k), (n, m)


@wrong("three_shapes", "An axis is missing")
def flat(n, k, m):
    return (n, k), (k, m), (n,)


@wrong("three_shapes", "it has both rows and columns")
def one_row_of_weights(n, k, m):
    return (n, k), (k,), (n, m)


@wrong("three_shapes", "Three tuples are wanted")
def numbers(n, k, m):
    return n * k, k * m, n * m


@wrong("three_shapes", "for W, and it has another shape")
def with_the_bias(n, k, m):
    return (n, k), (k + 1, m), (n, m)


def run(model, loss_fn, xx, y, steps, update, clear=True):
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(xx), y)
        losses.append(loss.item())
        if clear:
            model.zero_grads()
        loss.backward()
        update(model)
    return losses


@wrong("train", "Is anything written into them?")
def nowhere(model, loss_fn, xx, y, lr, steps):
    def update(model):
        for param, grad in zip(model.params, model.grads, strict=True):
            np.subtract(param, lr * grad)

    return run(model, loss_fn, xx, y, steps, update)


@wrong("train", "looked up anew each time")
def into_the_list(model, loss_fn, xx, y, lr, steps):
    def update(model):
        for i, grad in enumerate(model.grads):
            model.params[i] = model.params[i] - lr * grad

    return run(model, loss_fn, xx, y, steps, update)


@wrong("train", "goes uphill")
def uphill(model, loss_fn, xx, y, lr, steps):
    def update(model):
        for param, grad in zip(model.params, model.grads, strict=True):
            param += lr * grad

    return run(model, loss_fn, xx, y, steps, update)


@wrong("train", "not lr times the gradient")
def the_gradient_itself(model, loss_fn, xx, y, lr, steps):
    def update(model):
        for param, grad in zip(model.params, model.grads, strict=True):
            param[...] = -lr * grad

    return run(model, loss_fn, xx, y, steps, update)


@wrong("train", "left in grads cleared?")
def never_cleared(model, loss_fn, xx, y, lr, steps):
    def update(model):
        for param, grad in zip(model.params, model.grads, strict=True):
            param -= lr * grad

    return run(model, loss_fn, xx, y, steps, update, clear=False)


@wrong("train", "tensors stand in the list")
def keeps_tensors(model, loss_fn, xx, y, lr, steps):
    losses = []
    for _ in range(steps):
        losses.append(loss_fn(model(xx), y))
        model.zero_grads()
        losses[-1].backward()
        for param, grad in zip(model.params, model.grads, strict=True):
            param -= lr * grad
    return losses


@wrong("train", "where the first step has brought them")
def updates_at_the_end(model, loss_fn, xx, y, lr, steps):
    losses = run(model, loss_fn, xx, y, steps, update=lambda model: None)
    for param, grad in zip(model.params, model.grads, strict=True):
        param -= lr * grad
    return losses


@wrong("train", "a list of three losses")
def returns_nothing(model, loss_fn, xx, y, lr, steps):
    for _ in range(steps):
        loss = loss_fn(model(xx), y)
        model.zero_grads()
        loss.backward()
        for param, grad in zip(model.params, model.grads, strict=True):
            param -= lr * grad


@wrong("table_of_waves", "The shape should be (4, 3)")
def a_row_for_each_wave(x, k):
    return np.sin(np.arange(1, k + 1)[:, None] * x)


@wrong("table_of_waves", "They begin with 1")
def from_zero(x, k):
    return np.sin(x[:, None] * np.arange(k))


@wrong("table_of_waves", "The number belongs inside the sine")
def number_outside(x, k):
    return np.sin(x)[:, None] * np.arange(1, k + 1)


@wrong("table_of_waves", "the square of sin(x)")
def powers(x, k):
    return np.sin(x)[:, None] ** np.arange(1, k + 1)


@wrong("table_of_waves", "not to its power")
def waves_of_powers(x, k):
    return np.sin(x[:, None] ** np.arange(1, k + 1))


@wrong("table_of_waves", "For x in float32 the table is in float64")
def longer(x, k):
    return np.sin(x[:, None] * np.arange(1, k + 1))


@wrong("table_of_waves", "x itself")
def no_sine(x, k):
    return x[:, None] * np.arange(1, k + 1)
