from common.functions import sigmoid
from common.layers import Affine, Sequential, Sigmoid
from common.np import np
from tests.exercises.right import right


@right("how_many_numbers")
def with_a_row_of_biases(D, H, C):
    return np.array((D + 1) * H + (H + 1) * C)


@right("scores_of")
def sigmoid_before_each_but_the_first(x, layers):
    for i, (W, b) in enumerate(layers):
        x = (sigmoid(x) if i else x) @ W + b
    return x


@right("scores_of")
def by_layers_of_the_book(x, layers):
    parts = []
    for W, b in layers:
        parts += [Affine(W, b), Sigmoid()]
    return Sequential(*parts[:-1]).forward(x)


@right("score_in_the_middle")
def on_the_line(left, right):
    return np.float32(left + (right - left) / 2)


@right("hill")
def two_slopes_of_whole_numbers():
    return [np.array([[1, -1]]), np.array([5, 5]), np.array([[1], [1]]), np.array([0])]


@right("hill")
def steep_in_float32():
    W1, b1 = np.array([[90, -90, 0]], "float32"), np.array([450, 450, 3], "float32")
    return W1, b1, np.array([[9], [9], [1]], "float32"), np.full(1, -3, "float32")
