"""Hints and checks of the exercises on what a compiler does."""

from common.autograd import Parameter, Tensor, replay
from common.errors import GraphError
from common.np import np
from exercises.exercise import AnswerError, Exercise, check_number, expect, same, shown

# --------------------------------------------------------------------------------------------------

calls_of_the_function = Exercise(
    "predict",
    hints=(
        "A call that is replayed does not run the function: it runs the program that was written. "
        "Which calls are recorded?",
        "The page records a step, and records the second as well, to see whether it comes to the "
        "same. And each depth has a program of its own.",
        "So each depth is recorded twice, but a depth that is asked for once only cannot be.",
    ),
)


@calls_of_the_function.check("one depth")
def _(answer):
    for depths in ([1], [1, 1], [3] * 12, [1, 1, 1]):
        said, found = _number(answer(list(depths))), _calls(depths)
        expect(said <= len(depths), "More runs than calls. Is this depth asked for twice?")
        expect(
            said == found or said != len(depths),
            "As if the function ran in each call. Then nothing would be saved.",
        )
        expect(
            said == found or said != 1,
            "As if one recording were enough. What is the second one compared with?",
        )
        expect(said == found, f"For {depths}, it runs more or less often.")


@calls_of_the_function.check("several depths")
def _(answer):
    for depths in ([1, 2, 1, 2, 1], [2, 2, 2, 4, 4, 4], [1, 2, 3], [3, 1, 3, 3, 1, 2, 3]):
        said, found = _number(answer(list(depths))), _calls(depths)
        expect(said != _calls([1] * len(depths)), "As if all depths shared a program.")
        expect(
            said == found or said != 2 * len(set(depths)),
            f"For {depths}, as if each depth were recorded twice. Is each asked for twice?",
        )
        expect(said == found, f"For {depths}, the function runs another number of times.")


def _calls(depths):
    """How many times it runs in truth."""
    w, calls = Parameter(np.array([1.0, 2.0])), []

    def function(x, depth):
        calls.append(depth)
        return sum((w * x**k).sum() for k in range(depth))

    step = replay(function)
    for depth in depths:
        step(np.array([0.5, 3.0]), depth=depth)
    return len(calls)


def _number(said):
    check_number(said)
    return said


# --------------------------------------------------------------------------------------------------

CUBIC = [
    ("x2", ["x", "x"]), ("x3", ["x2", "x"]), ("v1", ["b", "x"]), ("v2", ["c", "x2"]),
    ("v3", ["d", "x3"]), ("v4", ["a", "v1"]), ("v5", ["v4", "v2"]), ("v6", ["v5", "v3"]),
]  # fmt: skip

lines_to_run = Exercise(
    "write",
    hints=(
        "When is what a line makes the same in every step? What must hold of its inputs for that?",
        "If all inputs of a line are constant, what it makes is constant as well, and may be an "
        "input of a line below. So go from above to below, and remember.",
        "Keep a set of the names that are constant; it begins with those that are given, and "
        "grows. A line that is not constant adds its name to the list that is returned.",
    ),
)


@lines_to_run.check("one line")
def _(lines_to_run):
    for inputs, constants in (("ab", ""), ("ab", "ab"), ("aa", "a"), ("a", "a")):
        program = [("v1", list(inputs))]
        said = _names(lines_to_run, program, constants)
        expect(
            said == _changing(program, constants),
            f"A line makes v1 of {' and '.join(inputs)}. Constant: "
            f"{' and '.join(constants) or 'none'}. Must the line be run every time?",
        )


@lines_to_run.check("a line with constant inputs and one that changes")
def _(lines_to_run):
    for inputs in (["x", "a"], ["a", "x"], ["x", "x", "a"]):
        program = [("v1", ["x", "x"]), ("v2", inputs)]
        expect(
            _names(lines_to_run, program, ("x",)) == _changing(program, ("x",)),
            f"v2 is made of {' and '.join(inputs)}, and of these only x is constant. Can v2 be "
            f"the same in every step?",
        )


@lines_to_run.check("what is made of constants is one itself")
def _(lines_to_run):
    for constants in (("x",), ("x", "d"), ("a", "b"), ("x", "a", "b", "c", "d")):
        said, found = _names(lines_to_run, CUBIC, constants), _changing(CUBIC, constants)
        expect(sorted(said) != sorted(found) or said == found, "The names are in another order.")
        expect(
            not set(said) - set(found),
            "A line is run every time that makes the same every time. Its inputs are made by other "
            "lines: are those constant?",
        )
        expect(said == found, "A line is run once only, and what it is made of changes.")


@lines_to_run.check("what is given stays as it is")
def _(lines_to_run):
    program, constants = list(CUBIC), {"x"}
    lines_to_run(program, constants)
    expect(program == CUBIC, "The program that was given has changed.")
    expect(constants == {"x"}, "The set of constants that was given has changed. Make a copy.")


def _names(lines_to_run, program, constants):
    names = lines_to_run(list(program), set(constants))
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    expect(is_list, f"A list of names is wanted, not {shown(names)}.")
    return names


def _changing(program, constants):
    """What comes out otherwise when all that may change is another number."""
    values = {}
    for name, inputs in program:
        for given in inputs:
            values.setdefault(given, (1, 1) if given in constants else (1, 2))
        values[name] = tuple(map(sum, zip(*(values[given] for given in inputs), strict=True)))
    return [name for name, _ in program if len(set(values[name])) == 2]


# --------------------------------------------------------------------------------------------------

halved_if_large = Exercise(
    "mend",
    hints=(
        "A program is straight: it has no place for an if. What would a program do that goes both "
        "ways, and then takes one of the two results?",
        "Let both be computed, the loss and its half. Which one is taken is an operation, too, and "
        "stands in the program with the others.",
        "A comparison of a tensor may be the condition of where, as long as no Python if looks at "
        "it and no item() reads the number.",
    ),
)


@halved_if_large.check("on the tape")
def _(halved_if_large):
    for limit in (20.0, 3.0, 5.0):
        w, x = Parameter(np.array([1.0, 2.0])), np.array([1.0, 2.0])
        loss = halved_if_large((w * x).sum(), limit)
        expect(isinstance(loss, Tensor), f"A tensor is wanted, not {shown(loss)}.")
        share = 1 if limit > 5 else 0.5
        expect(
            same(loss.item(), 5.0 * share),
            f"A loss of 5 with a limit of {limit:g} has become {loss.item():g}.",
        )
        expect(loss.call is not None, "The loss was not made on the tape: no gradient comes back.")
        loss.backward()
        expect(
            same(w.grad, share * x),
            f"With a limit of {limit:g} the loss is right, and its gradient is not.",
        )


@halved_if_large.check("replay takes it, and decides anew each time")
def _(halved_if_large):
    w, before = Parameter(np.array([1.0, 2.0])), [3.0, 6.0, 9.0, 15.0, 4.5]
    step = replay(lambda x: halved_if_large((w * x).sum(), 10.0))
    try:
        after = [float(step(np.array([loss, loss]) / 3)) for loss in before]
    except GraphError as error:
        raise AnswerError(f"halved_if_large: the step is refused. {error}") from error
    shares = [one / other for one, other in zip(after, before, strict=True)]
    expect(
        same(shares, [1 if loss < 10 else 0.5 for loss in before]),
        f"With a limit of 10, the losses {before} become {after}, one step after the other.",
    )
