from common.np import np
from tests.exercises.wrong import wrong


@wrong("element_of_the_product", "That is one product")
def one_pair(a, b, k):
    return a * b


@wrong("element_of_the_product", "sum of all elements")
def all_elements(a, b, k):
    return 2 * 5 * k * a * b


@wrong("element_of_the_product", "NumPy has another number")
def sums_multiplied(a, b, k):
    return k * a * k * b


@wrong("element_of_the_product", "there is one pair")
def rows_counted(a, b, k):
    return 2 * a * b


@wrong("element_of_the_product", "One number is wanted")
def whole_product(a, b, k):
    return np.matmul(np.full((2, k), a), np.full((k, 5), b))


@wrong("element_at", "a column of A and a row of B")
def column_and_row(A, B, i, j):
    return np.dot(A[:, i], B[j])


@wrong("element_at", "two rows")
def two_rows(A, B, i, j):
    return np.dot(A[i], B[j])


@wrong("element_at", "element-wise product")
def element_wise(A, B, i, j):
    return A[i, j] * B[i, j]


@wrong("element_at", "not at (0, 1)")
def other_place(A, B, i, j):
    return np.matmul(A, B)[j, i]


@wrong("element_at", "been added up")
def not_added(A, B, i, j):
    return A[i] * B[:, j]


@wrong("element_at", "a whole row of A B")
def row_of_the_product(A, B, i, j):
    return np.dot(A[i], B)


@wrong("element_at", "One number is wanted")
def one_by_one(A, B, i, j):
    return np.matmul(A[i : i + 1], B[:, j : j + 1])


@wrong("cosine", "divide by both")
def dot_product(a, b):
    return np.dot(a, b)


@wrong("cosine", "The roots are missing")
def no_roots(a, b):
    return np.dot(a, b) / (np.dot(a, a) * np.dot(b, b))


@wrong("cosine", "Which length")
def one_length(a, b):
    return np.dot(a, b) / np.dot(a, a)


@wrong("cosine", "the sign should say so")
def no_sign(a, b):
    return np.sqrt(np.dot(a, b) ** 2 / (np.dot(a, a) * np.dot(b, b)))


@wrong("cosine", "not the cosine of the angle")
def squared(a, b):
    return np.dot(a, b) * abs(np.dot(a, b)) / (np.dot(a, a) * np.dot(b, b))


@wrong("turned", "by the first matrix")
def first_matrix(points, turns):
    return np.matmul(points, turns[0])


@wrong("turned", "turned backwards")
def backwards(points, turns):
    return np.matmul(points, turns.transpose(0, 2, 1))


@wrong("turned", "raises ValueError")
def matrices_first(points, turns):
    return np.matmul(turns, points)


@wrong("turned", "The shape should be (4, 3, 2)")
def first_of_the_table(points, turns):
    return np.dot(points, turns)[0]
