from common.np import np
from tests.exercises.wrong import wrong


@wrong("shape_of_a_batch", "A shape has one for each axis")
def how_many_numbers(houses):
    return houses * 3


@wrong("shape_of_a_batch", "A shape is a tuple")
def in_brackets(houses):
    return [houses, 3]


@wrong("shape_of_a_batch", "names 1")
def a_vector(houses):
    return (houses,)


@wrong("shape_of_a_batch", "each house is a column")
def columns_first(houses):
    return (3, houses)


@wrong("shape_of_a_batch", "How many numbers is one house?")
def as_on_the_page(houses):
    return (houses, 2)


@wrong("shape_of_a_batch", "Is `houses` used?")
def of_seven(houses):
    return (7, 3)


@wrong("batch_of_one", "still a vector")
def still_a_vector(example):
    return np.array(example)


@wrong("batch_of_one", "an example of its own")
def a_column(example):
    return np.array([[number] for number in example])


@wrong("batch_of_one", "An array is wanted")
def a_list(example):
    return [example]


@wrong("batch_of_one", "the row is")
def zeros(example):
    return np.zeros((1, len(example)))


@wrong("batch_of_one", "The shape should be (1, 1)")
def twice_if_short(example):
    return np.array([example[:4]]) if len(example) > 1 else np.array([example, example])


@wrong("first_and_last", "one behind the other")
def a_vector_of_both(batch):
    return np.concatenate([batch[0], batch[-1]])


@wrong("first_and_last", "two columns")
def columns(batch):
    return np.array([batch[:, 0], batch[:, -1]])


@wrong("first_and_last", "The last example is")
def first_two(batch):
    return batch[:2]


@wrong("first_and_last", "before the first")
def exchanged(batch):
    return np.array([batch[-1], batch[0]])


@wrong("first_and_last", "slice step")
def with_a_step(batch):
    return batch[:: len(batch) - 1]


@wrong("first_and_last", "not [array")
def rows_in_a_list(batch):
    return [batch[0], batch[-1]]
