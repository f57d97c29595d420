from common.np import np
from tests.exercises.right import right


@right("shape_of_the_sum")
def in_numpys_whole_numbers(N, D, H):
    return tuple(np.maximum((N, 1, D), (1, H, 1)))


@right("scale_rows")
def transposed(x, factors):
    return (x.T * factors).T


@right("scale_rows")
def row_by_row(x, factors):
    y = x.copy()
    for n in range(len(y)):
        y[n] *= factors[n]
    return y


@right("error_of_answers")
def in_columns(y, t):
    return ((y - t[:, None]) ** 2).mean()


@right("error_of_answers")
def in_a_loop(y, t):
    total = 0
    for row, target in zip(y, t, strict=True):
        total += (row[0] - target) ** 2
    return total / len(t)
