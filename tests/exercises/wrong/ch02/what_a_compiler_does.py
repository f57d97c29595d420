from common.autograd import where
from tests.exercises.wrong import wrong


@wrong("calls_of_the_function", "As if one recording were enough")
def one_for_each_depth(depths):
    return len(set(depths))


@wrong("calls_of_the_function", "it runs more or less often")
def three_for_each_depth(depths):
    return sum(min(depths.count(depth), 3) for depth in set(depths))


@wrong("calls_of_the_function", "nothing would be saved")
def each_call(depths):
    return len(depths)


@wrong("calls_of_the_function", "As if all depths shared a program")
def first_two_calls(depths):
    return min(len(depths), 2)


@wrong("calls_of_the_function", "asked for twice?")
def two_for_each_depth(depths):
    return 2 * len(set(depths))


@wrong("lines_to_run", "only x is constant")
def any_constant_will_do(program, constants):
    return [name for name, inputs in program if not constants.intersection(inputs)]


@wrong("lines_to_run", "made by other lines")
def without_what_is_made(program, constants):
    return [name for name, inputs in program if not constants.issuperset(inputs)]


@wrong("lines_to_run", "v2 is made of x and x and a")
def of_two_inputs(program, constants):
    constant, names = set(constants), []
    for name, inputs in program:
        if inputs[0] in constant and inputs[:2][-1] in constant:
            constant.add(name)
        else:
            names.append(name)
    return names


@wrong("lines_to_run", "Make a copy")
def grows_what_is_given(program, constants):
    names = []
    for name, inputs in program:
        if constants.issuperset(inputs):
            constants.add(name)
        else:
            names.append(name)
    return names


@wrong("lines_to_run", "A list of names is wanted")
def whole_lines(program, constants):
    return [line for line in program if not constants.issuperset(line[1])]


@wrong("lines_to_run", "Must the line be run every time?")
def constant_ones(program, constants):
    return [name for name, inputs in program if constants.issuperset(inputs)]


@wrong("halved_if_large", "the step is refused")
def as_given(loss, limit):
    return loss if loss.item() < limit else loss / 2


@wrong("halved_if_large", "the step is refused")
def python_if(loss, limit):
    return loss if loss < limit else loss / 2


@wrong("halved_if_large", "the step is refused")
def looks_at_data(loss, limit):
    return where(loss.data < limit, loss, loss / 2)


@wrong("halved_if_large", "has become 2.5")
def other_way_round(loss, limit):
    return where(loss < limit, loss / 2, loss)


@wrong("halved_if_large", "has become 0")
def mask(loss, limit):
    return loss * (loss < limit)


@wrong("halved_if_large", "A tensor is wanted")
def returns_a_number(loss, limit):
    return float(loss.data if loss.data < limit else loss.data / 2)
