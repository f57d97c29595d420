from common.autograd import Tensor
from common.np import np
from tests.exercises.right import right


@right("coefficients_that_move")
def from_behind(k):
    return "ca" if k % 2 == 0 else "db"


@right("gradients")
def by_a_table_of_powers(w, x, y):
    table = np.vander(x, len(w), increasing=True)
    return 2 * table.T @ (table @ w - y)


@right("gradients")
def asked_of_the_tape(w, x, y):
    w = Tensor(w, requires_grad=True)
    powers = [x**k for k in range(len(w.data))]
    ((Tensor(np.stack(powers, axis=1)) @ w - y) ** 2).sum().backward()
    return w.grad


@right("fit_line")
def in_one_array(x, y, lr, steps):
    w = np.zeros(2)
    for _ in range(steps):
        error = w[0] + w[1] * x - y
        w -= 2 * lr * np.array([error.sum(), np.dot(error, x)])
    return w


@right("fit_line")
def two_arrays_of_shape_0(x, y, lr, steps):
    a, b = np.array(0.0), np.array(0.0)
    while steps:
        slopes = 2 * (a + b * x - y)
        a -= lr * slopes.sum()
        b -= lr * (slopes * x).sum()
        steps -= 1
    return [a, b]
