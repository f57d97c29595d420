from common.np import np
from tests.exercises.wrong import wrong


@wrong("shape_of_the_product", "That is the inner length")
def not_transposed(N, D, H):
    return (N, H)


@wrong("shape_of_the_product", "the other way round")
def exchanged(N, D, H):
    return (H, D)


@wrong("shape_of_the_product", "names 3")
def all_lengths(N, D, H):
    return (D, N, H)


@wrong("shape_of_the_product", "A shape is a tuple")
def how_many_numbers(N, D, H):
    return D * H


@wrong("ones_between", "the inner lengths")
def exchanged_rows(x, y):
    return np.ones((y.shape[1], x.shape[1]))


@wrong("ones_between", "do not agree")
def rows_of_x(x, y):
    return np.ones((x.shape[0], y.shape[1]))


@wrong("ones_between", "and y has")
def square(x, y):
    return np.ones((x.shape[1], x.shape[1]))


@wrong("ones_between", "An array is wanted")
def shape_alone(x, y):
    return (x.shape[1], y.shape[1])


@wrong("ones_between", "other numbers than 1")
def zeros(x, y):
    return np.zeros((x.shape[1], y.shape[1]))


@wrong("ones_between", "other numbers than 1, as 0.0")
def ones_on_the_diagonal(x, y):
    return np.eye(x.shape[1], y.shape[1])


@wrong("first_misfit", "the place of the one before")
def one_before(shapes):
    for i in range(len(shapes) - 1):
        if shapes[i][1] != shapes[i + 1][0]:
            return i
    return None


@wrong("first_misfit", "what is to be returned at the end")
def minus_one(shapes):
    for i in range(1, len(shapes)):
        if shapes[i][0] != shapes[i - 1][1]:
            return i
    return -1


@wrong("first_misfit", "do not fit: the inner lengths")
def outer_lengths(shapes):
    for i in range(1, len(shapes)):
        if shapes[i][1] != shapes[i - 1][0]:
            return i
    return None


@wrong("first_misfit", "Which lengths meet")
def numbers_of_rows(shapes):
    for i in range(1, len(shapes)):
        if shapes[i][0] != shapes[i - 1][0]:
            return i
    return None


@wrong("first_misfit", "not return the first of them")
def last_misfit(shapes):
    found = None
    for i in range(1, len(shapes)):
        if shapes[i][0] != shapes[i - 1][1]:
            found = i
    return found


@wrong("first_misfit", "each pair of neighbours")
def first_two_only(shapes):
    if len(shapes) > 1 and shapes[0][1] != shapes[1][0]:
        return 1
    return None


@wrong("first_misfit", "whole number, not False")
def yes_or_no(shapes):
    return all(shapes[i][0] == shapes[i - 1][1] for i in range(1, len(shapes)))


@wrong("every_pair", "reshape lays out the numbers anew")
def reshaped(X):
    return np.matmul(X, X.reshape(X.shape[1], X.shape[0]))


@wrong("every_pair", "have another dot product")
def sums_multiplied(X):
    sums = np.array([row.sum() for row in X])
    return sums.reshape(len(X), 1) * sums


@wrong("every_pair", "raises ValueError")
def no_transpose(X):
    return np.matmul(X, X)


@wrong("every_pair", "The shape should be (4, 4)")
def squares_alone(X):
    return np.array([np.dot(row, row) for row in X])
