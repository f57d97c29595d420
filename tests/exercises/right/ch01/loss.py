import math

from common.np import np
from tests.exercises.right import right


@right("loss_of_a_guess")
def of_the_probability(classes):
    return -np.log(np.float32(1 / classes))


@right("softmax_of_rows")
def row_by_row(s):
    y = np.zeros(s.shape)
    for n, scores in enumerate(s):
        e = np.exp(scores - max(scores))
        y[n] = e / sum(e)
    return y


@right("softmax_of_rows")
def by_logarithms_in_float32(s):
    s = s.astype("float32")
    s = s - s.max(axis=1)[:, None]
    return np.exp(s - np.log(np.exp(s).sum(axis=1))[:, None])


@right("mean_surprise")
def by_one_hot_rows(y, t):
    return -(np.eye(y.shape[1])[t] * np.log(y)).sum() / len(y)


@right("mean_surprise")
def one_after_the_other(y, t):
    total = 0.0
    for row, label in zip(y, t, strict=True):
        total -= math.log(row[label])
    return np.float32(total / len(t))
