"""Exercises on what a compiler does.

To check them: python -m exercises check ch02.what_a_compiler_does
"""

from common.autograd import where


def calls_of_the_function(depths):
    """Predict: step = replay(function), and then step(x, y, depth=depth) for each depth of a list.

    How many times does Python run the function itself? x and y keep their shapes, and what the
    function does depends on nothing but depth. depths: a list such as [1, 2, 1, 1], with fewer than
    8 different numbers. Return one number.
    """
    # --- solution
    return sum(min(depths.count(depth), 2) for depth in set(depths))
    # --- end


def lines_to_run(program, constants):
    """Write: which lines of a program must be run in every step? The others are run once, before.

    program: a list of lines (name, inputs), from above to below, with one input or more.
    ("v1", ["x", "a"]) is a line that makes v1 of x and a. constants: a set, the names of what is
    given and never changes. Return the names that are made by the lines for every step, a list, in
    their order.
    """
    # --- solution
    constant, names = set(constants), []
    for name, inputs in program:
        if constant.issuperset(inputs):
            constant.add(name)
        else:
            names.append(name)
    return names
    # --- end


def halved_if_large(loss, limit):
    """Mend: a loss, or half of it if it is not below the limit. loss: a tensor, one number.

    On the tape it is right, but replay refuses a step that calls it. Write it so that a program can
    do it, for each loss anew. where(condition, a, b) of common.autograd takes a if the condition
    holds, and else b.
    """
    # --- solution
    return where(loss < limit, loss, loss / 2)
    # --- given
    # return loss if loss.item() < limit else loss / 2
    # --- end
