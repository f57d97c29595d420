from common.np import np
from tests.exercises.wrong import wrong


@wrong("shape_of_the_sum", "the sum has as many as")
def two_axes(N, D, H):
    return (N, D)


@wrong("shape_of_the_sum", "Look at axis 1")
def shape_of_x(N, D, H):
    return (N, 1, D)


@wrong("shape_of_the_sum", "Look at axis 2")
def flush_left(N, D, H):
    return (N, H, 1)


@wrong("shape_of_the_sum", "Look at axis 0")
def first_is_missing(N, D, H):
    return (1, H, D)


@wrong("shape_of_the_sum", "A shape is a tuple")
def no_sum(N, D, H):
    return "they do not fit"


@wrong("shape_of_the_sum", "Are all three used?")
def of_the_example(N, D, H):
    return (5, 4, 3)


@wrong("scale_rows", "Each column has a factor of its own")
def scale_columns(x, factors):
    return x * factors


@wrong("scale_rows", "have become rows")
def transposed(x, factors):
    return x.T * factors.reshape(-1, 1)


@wrong("scale_rows", "has become a column")
def not_transposed_back(x, factors):
    return x.T * factors


@wrong("scale_rows", "The shape should be (3, 3)")
def one_axis_more(x, factors):
    return x * factors.reshape(-1, 1, 1)


@wrong("scale_rows", "writes into x")
def in_place(x, factors):
    for i in range(len(x)):
        x[i] *= factors[i]
    return x


@wrong("scale_rows", "Row 1 was")
def one_factor(x, factors):
    return x * factors[0]


@wrong("error_of_answers", "meet its own target, or all of them")
def still_a_table(y, t):
    return ((y - t.reshape(1, len(t))) ** 2).mean()


@wrong("error_of_answers", "not their mean")
def sum_of_squares(y, t):
    return ((y[:, 0] - t) ** 2).sum()


@wrong("error_of_answers", "you divide by more than N")
def diagonal_of_the_table(y, t):
    return np.diag((y - t) ** 2).sum() / (y - t).size


@wrong("error_of_answers", "square of the mean")
def means_first(y, t):
    return (y.mean() - t.mean()) ** 2


@wrong("error_of_answers", "have a mean square of 9.5, not 1.5")
def no_squares(y, t):
    return (y[:, 0] - t).mean()


@wrong("error_of_answers", "have a mean square of 9.5, not 1")
def median(y, t):
    return np.median((y[:, 0] - t) ** 2)


@wrong("error_of_answers", "One number is wanted")
def not_yet_a_mean(y, t):
    return (y[:, 0] - t) ** 2
