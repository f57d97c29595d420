import math

from common.np import np
from tests.exercises.wrong import wrong


@wrong("one_element", "belong to the matrix product")
def matrix_products(p, q, n):
    return n * p * p + n * p * q


@wrong("one_element", "belong to the matrix product")
def one_matrix_product(p, q, n):
    return p**2 + n * p * q


@wrong("one_element", "sum of all elements")
def sum_of_all(p, q, n):
    return n * n * (p**2 + p * q)


@wrong("one_element", "compute it")
def square_of_the_sum(p, q, n):
    return (p + q) ** 2


@wrong("one_element", "One number is wanted")
def whole_matrix(p, q, n):
    P, Q = np.full((n, n), p), np.full((n, n), q)
    return P**2 + P * Q


@wrong("distances", "The shape should be (4,)")
def one_for_all(x, y):
    return np.sqrt((x**2 + y**2).sum())


@wrong("distances", "One step is missing")
def no_root(x, y):
    return x**2 + y**2


@wrong("distances", "not the sum of the roots")
def root_of_each(x, y):
    return np.sqrt(x**2) + np.sqrt(y**2)


@wrong("distances", "not the sum of the roots")
def root_of_the_squared_sum(x, y):
    return np.sqrt((x + y) ** 2)


@wrong("distances", "are others than [")
def larger_coordinate(x, y):
    return np.maximum(abs(x), abs(y))


@wrong("distances", "raises TypeError")
def point_by_point(x, y):
    return np.array([math.sqrt(a * a + b * b) for a, b in zip(x, y, strict=True)])


@wrong("distances", "An array of shape (4,) is wanted, not [")
def a_list(x, y):
    return [(a**2 + b**2) ** 0.5 for a, b in zip(x, y, strict=True)]


@wrong("takings", "Which price belongs to which number")
def matrix_product(prices, sold, returned):
    return prices @ (sold - returned)


@wrong("takings", "Pieces have been taken away from money")
def pieces_from_money(prices, sold, returned):
    return prices * sold - returned


@wrong("takings", "for that there is a matrix product")
def returns_by_matrix_product(prices, sold, returned):
    return prices * sold - prices @ returned


@wrong("takings", "makes the takings larger")
def added(prices, sold, returned):
    return prices * (sold + returned)


@wrong("takings", "The shape should be (3, 3)")
def one_sum(prices, sold, returned):
    return (prices * (sold - returned)).sum()


@wrong("takings", "has not been taken away")
def without_returns(prices, sold, returned):
    return prices * sold
