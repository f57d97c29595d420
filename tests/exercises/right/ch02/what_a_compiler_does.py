from common.autograd import where
from common.np import np
from tests.exercises.right import right


@right("calls_of_the_function")
def of_counts(depths):
    _, counts = np.unique(depths, return_counts=True)
    return np.minimum(counts, 2).sum()


@right("lines_to_run")
def what_is_left(program, constants):
    known = constants
    for name, inputs in program:
        if set(inputs) <= known:
            known = known | {name}
    return [line[0] for line in program if line[0] not in known]


@right("halved_if_large")
def the_other_way_round(loss, limit):
    return where(loss >= limit, 0.5 * loss, loss)


@right("halved_if_large")
def by_a_divisor(loss, limit):
    return loss / where(loss < limit, 1.0, 2.0)
