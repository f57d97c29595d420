"""
What a compiler does
====================

One step of training, three times: by hand, on the tape, and replayed as a program that the tape
has written. What is saved on the way, and what one must not do any more?
"""

import math
import time

from common import script
from common.autograd import Parameter, Tensor, replay
from common.errors import GraphError
from common.np import np
from common.util import to_cpu
from dataset import sine

options = script.options(steps=500)
x, y = sine.load_data()
learning_rate = 1e-6

# %%
# The loss of chapter 2's cubic, as a formula on tensors. A parameter is a number that learns.


def start():
    return [Parameter(np.asarray(number, dtype=x.dtype)) for number in (0.1, 0.2, 0.3, 0.4)]


def loss_of(x, y, a, b, c, d):
    return ((a + b * x + c * x**2 + d * x**3 - y) ** 2).sum()


# %%
# **By hand.** Somebody has derived the gradients, and has seen what the formula does not say: that
# the powers of x are wanted twice, and that they never change, so that once is enough.


def train_by_hand(steps):
    a, b, c, d = (parameter.data for parameter in start())
    x2, x3 = x * x, x * x * x
    for _ in range(steps):
        diff = a + b * x + c * x2 + d * x3 - y
        dout = 2 * diff
        a -= learning_rate * dout.sum()
        b -= learning_rate * np.vdot(dout, x)
        c -= learning_rate * np.vdot(dout, x2)
        d -= learning_rate * np.vdot(dout, x3)
    return [a, b, c, d]


# %%
# **On the tape.** Nobody derives anything. In each step every operation is noted down, and then
# the notes are read backwards.


def train(steps, step, parameters):
    for _ in range(steps):
        for parameter in parameters:
            parameter.clear()
        step(x, y)
        for parameter in parameters:
            parameter.data -= learning_rate * parameter.grad
    return [parameter.data for parameter in parameters]


def on_the_tape(parameters):
    def step(x, y):
        loss_of(Tensor(x), Tensor(y), *parameters).backward()

    return step


# %%
# **Replayed.** What the tape notes in one step it notes in the next, with other numbers. `replay`
# writes the notes of the first step down, as Python, looks whether the second comes to the same,
# and from then on runs what it has written: no tensor is made, nothing is noted, nobody looks for
# the way back.


def replayed(parameters):
    return replay(lambda x, y: loss_of(x, y, *parameters))


parameters = start()
step = replayed(parameters)
for _ in range(2):
    step(x, y)
print(step.program)

# %%
# Read it from above. v1 is what the first operation returned, and d1 the gradient that comes back
# to it; p1 is the first parameter that was used, b, and w1 its array. Each line with `.forward` is
# an operation of the formula, in the order in which Python came to it. The powers of x are among
# them: x is given anew in each step, so they are computed anew. No gradient goes there, since x is
# data. Each line with `.backward` hands back what came to it, the last operation first, and
# `add_grad` is where a parameter gets its gradient. Where one number was added to two thousand,
# `fit` adds up what comes back.
#
# That is what a compiler begins with: it runs the program once to see what is called, or reads it,
# and keeps the calls. JAX and torch.compile go on where we end. They join operations that go over
# the same arrays into one loop (`common.fused` does so for formulas), and translate the loop for
# the machine.

tape, again = start(), start()
train(options.steps, on_the_tape(tape), tape)
train(options.steps, replayed(again), again)
are_equal = all(
    bool((one.data == other.data).all()) for one, other in zip(tape, again, strict=True)
)
print(f"the tape and its program end at the same four numbers, to the bit: {are_equal}")

# %%
# By hand they are the same numbers, up to rounding.

by_hand = train_by_hand(options.steps)
apart = max(abs(float(p.data) / float(q) - 1) for p, q in zip(tape, by_hand, strict=True))
print(f"by hand they agree to five digits: {apart < 1e-5}")

# %%
# How long does a step take? The fastest of a few runs says most about the program, and least about
# what else the machine was doing. Those are the times of this run, on this machine.


def fastest(run, runs=5):
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times) / options.steps


def timed(make):
    parameters = start()
    step = make(parameters)
    return fastest(lambda: train(options.steps, step, parameters))


times = {
    "by hand": fastest(lambda: train_by_hand(options.steps)),
    "on the tape": timed(on_the_tape),
    "replayed": timed(replayed),
}
for name, seconds in times.items():
    print(f"{name:11} {seconds * 1e6:8.1f} µs a step")

# %%
# What is saved between the last two is the noting: objects for the calls, and the search for the
# way back. What is left to the first is mathematics: a person has seen which sums are products of
# two vectors, and that the powers can be computed once.
#
# The latter our program can do, too, where x is no input of the step. An array that the function
# has by itself is taken for a constant, and what is made of constants is computed once and is one
# itself. So this way there is shorter by the powers of x:

fixed = Tensor(x), Tensor(y)
step = replay(lambda: loss_of(*fixed, *parameters))
step()
way_there = [line for line in step.program.splitlines() if ".forward" in line]
print("\n".join(way_there))

# %%
# What our program has no place for is a decision. Here one asks a number of the first step what to
# do. The answer would stand for good, so it is refused.


def unsure(x, y):
    loss = loss_of(x, y, *parameters)
    return loss if loss < 1000 else loss / 2


try:
    replay(unsure)(x, y)
except GraphError as error:
    print(f"refused: {error}")

# %%
# What decides, but is known before the step, is given by name: each depth has a program of its own.


def deeper(x, y, depth):
    a, b, c, d = parameters
    return loss_of(x, y, a, b, c, d) + sum(((d * x**k) ** 2).sum() for k in range(depth)) * 1e-3


step = replay(deeper)
for depth in (1, 2, 1, 2, 1):
    loss = step(x, y, depth=depth)
print(f"programs: {len(step.recordings)}, the last loss: {float(to_cpu(loss)):.4f}")

# %%
# What is different in the second call is found, since both are recorded and must agree. A number
# from a generator is a constant to the program. What differs only in the tenth call is not found:
# nobody looks any more.

dice = iter((0.5, 0.25, 0.125))

try:
    step = replay(lambda x, y: loss_of(x, y, *parameters) * next(dice))
    step(x, y)
    step(x, y)
except GraphError as error:
    print(f"refused: {error}")

# %%
# And what Python does besides is not done again. A list that the step fills has one entry for each
# call that was recorded, and none for those that were replayed.

called = []
step = replay(lambda x, y: called.append(math.pi) or loss_of(x, y, *parameters))
for _ in range(10):
    step(x, y)
print(f"calls of the step: 10, of its function: {len(called)}")
