from common.np import np
from tests.exercises.right import right


@right("element_of_the_product")
def corner_of_the_product(a, b, k):
    return (np.full((2, k), a) @ np.full((k, 5), b))[0, 0]


@right("element_at")
def of_the_whole_product(A, B, i, j):
    return np.array((A @ B)[i, j])


@right("element_at")
def in_a_loop(A, B, i, j):
    total = 0.0
    for k in range(A.shape[1]):
        total += A[i, k] * B[k, j]
    return total


@right("cosine")
def of_unit_vectors(a, b):
    return (a / np.linalg.norm(a)) @ (b / np.linalg.norm(b))


@right("cosine")
def in_float32(a, b):
    a, b = a.astype("float32"), b.astype("float32")
    return (a * b).sum() / (a * a).sum() ** 0.5 / (b * b).sum() ** 0.5


@right("turned")
def group_by_group(points, turns):
    return np.stack([np.dot(group, turn) for group, turn in zip(points, turns, strict=True)])
