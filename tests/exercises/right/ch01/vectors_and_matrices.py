from common.np import np
from tests.exercises.right import right


@right("shape_of_a_batch")
def in_numpys_whole_numbers(houses):
    return np.int64(houses), np.int64(3)


@right("batch_of_one")
def by_a_new_axis(example):
    return example[None, :]


@right("batch_of_one")
def reshaped_in_float32(example):
    return example.astype("float32").reshape(1, -1)


@right("first_and_last")
def by_their_places(batch):
    return batch[[0, -1]]
