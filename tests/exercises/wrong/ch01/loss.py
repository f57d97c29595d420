from math import log

from common.np import np
from tests.exercises.wrong import wrong


@wrong("loss_of_a_guess", "The sign")
def negative(classes):
    return log(1 / classes)


@wrong("loss_of_a_guess", "the probability of the right class, not yet the loss")
def probability(classes):
    return 1 / classes


@wrong("loss_of_a_guess", "sum over all classes")
def of_all(classes):
    return classes * log(classes)


@wrong("loss_of_a_guess", "Is `classes` used?")
def of_three(classes):
    return log(3)


@wrong("softmax_of_rows", "not along a row")
def over_all(s):
    return np.exp(s) / np.exp(s).sum()


@wrong("softmax_of_rows", "over the examples")
def over_columns(s):
    return np.exp(s) / np.exp(s).sum(axis=0)


@wrong("softmax_of_rows", "exp of them is too large")
def overflows(s):
    return np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "but NumPy warns")
def only_if_it_overflows(s):
    e = np.exp(s)
    if not np.isfinite(e).all():
        e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "but NumPy warns")
def of_differences(s):
    return 1 / np.exp(s[:, None, :] - s[:, :, None]).sum(axis=2)


@wrong("softmax_of_rows", "Some are NaN")
def a_fixed_number_taken_away(s):
    e = np.exp(s - 1000)
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "you give other shares")
def cut_off(s):
    e = np.exp(np.minimum(s, 700))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "Is it exp that is taken?")
def powers_of_two(s):
    e = 2.0 ** (s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "each row's own maximum")
def one_maximum(s):
    e = np.exp(s - s.max())
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "Is exp taken of the scores?")
def no_exp(s):
    return s / s.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "Is it the largest score that is taken away?")
def mean_taken_away(s):
    e = np.exp(s - s.mean(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "writes into s")
def in_place(s):
    s -= s.max(axis=1, keepdims=True)
    e = np.exp(s)
    return e / e.sum(axis=1, keepdims=True)


@wrong("softmax_of_rows", "None. Is there a return")
def printed(s):
    print(s)


@wrong("mean_surprise", "16 probabilities are looked at")
def of_all_pairs(y, t):
    return -np.log(y[:, list(t)]).mean()


@wrong("mean_surprise", "the sum over the examples")
def total(y, t):
    return -np.log(y[np.arange(len(t)), t]).sum()


@wrong("mean_surprise", "the largest probability")
def of_the_largest(y, t):
    return -np.log(y.max(axis=1)).mean()


@wrong("mean_surprise", "The sign")
def below_zero(y, t):
    return np.log(y[np.arange(len(t)), t]).mean()


@wrong("mean_surprise", "you say")
def log_of_the_mean(y, t):
    return -np.log(y[np.arange(len(t)), t].mean())
