from common.gradient_check import numerical_gradient
from common.np import np
from tests.exercises.right import right


@right("error_with_a_smaller_step")
def of_shape_0(error, k):
    return np.array(error * k**-2)


@right("measure_gradient")
def stepped_there_and_back(f, W, h):
    gradient = np.empty_like(W)
    for index in np.ndindex(W.shape):
        before = W[index]
        W[index] = before + h
        right_of_it = f(W)
        W[index] = before - h
        gradient[index] = (right_of_it - f(W)) / (2 * h)
        W[index] = before
    return gradient


@right("measure_gradient")
def along_rows_of_the_unit_matrix(f, W, h):
    steps = [row.reshape(W.shape) for row in h * np.eye(W.size)]
    slopes = [(f(W + step) - f(W - step)) / 2 / h for step in steps]
    return np.array(slopes, "float32").reshape(W.shape)


@right("descend")
def in_place_on_a_copy(f, W, lr, steps):
    W = W.copy()
    for _ in range(steps):
        W -= lr * numerical_gradient(f, W)
    return W


@right("descend")
def gradient_at_the_end_of_each_step(f, W, lr, steps):
    gradient = numerical_gradient(f, W)
    while steps:
        W = W + -lr * gradient
        gradient = numerical_gradient(f, W)
        steps -= 1
    return W
