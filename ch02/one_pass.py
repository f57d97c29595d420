"""
One pass instead of thirteen
============================

Adam is a short formula. NumPy goes over all the parameters thirteen times for it. What is a pass,
what does it cost, and how does one loop do the same?
"""

import time

import numpy

from common import config, plot, script
from common.np import np
from common.optimizer import adam
from common.util import to_cpu

options = script.options(seed=0, steps=3)
lr, beta1, beta2, eps = 0.001, 0.9, 0.999, 1e-8

# %%
# This is the formula, as `common.optimizer` has it. p are the parameters, g their gradient, m and v
# the running means of g and of its square.
#
# ::
#
#     m *= beta1
#     m += (1 - beta1) * g
#     v *= beta2
#     v += (1 - beta2) * g * g
#     v_hat = v / (1 - beta2**step)
#     p -= lr / (1 - beta1**step) * m / (np.sqrt(v_hat) + eps)
#
# Each operation between arrays is one call of NumPy, and each call goes over its arrays from the
# first number to the last: that is a pass. To count them, let something that only counts stand for
# the arrays. (Of what is no array, NumPy's sqrt(x) calls x.sqrt().)

passes = []


class Counted:
    def operate(self, *_):
        passes.append(1)
        return Counted()

    __add__ = __mul__ = __rmul__ = __truediv__ = __iadd__ = __isub__ = __imul__ = sqrt = operate


with config.use_gpu(False):  # with NumPy's sqrt
    adam.function(*[Counted() for _ in range(4)], lr, beta1, beta2, eps, 1)
print(f"passes: {len(passes)}")

# %%
# A pass fetches its numbers from memory, changes them a little, and takes them back. The processor
# could do much more with them in that time: it waits. And the more there are, the longer it waits,
# since less of them fits into the small memory beside it, the cache. So NumPy's passes over
# millions of parameters are best made in pieces that fit: all thirteen over one, and then over the
# next.
#
# One loop fetches p, g, m and v once, does all of the formula with them, and writes three of them
# back. This is the loop that `@fused` makes of the formula:

print(adam.loop)

# %%
# Python itself would take far longer over it than NumPy over its thirteen passes. But where numba
# is installed, it is compiled to the machine's own instructions, for several numbers at a time; on
# a GPU the formula becomes one kernel. Without either it runs as it stands, in such pieces.
#
# The same numbers come out, whichever way it ran: on the CPU to the bit, on a GPU up to rounding.


def arrays(count):
    rng = numpy.random.default_rng(options.seed)
    p, m, g = (np.asarray(rng.normal(size=count).astype("float32")) for _ in range(3))
    return [p, g, m, np.asarray(rng.random(count).astype("float32"))]


one_pass, as_it_stands = arrays(1000), arrays(1000)
for step in range(1, options.steps + 1):
    adam(*one_pass, lr, beta1, beta2, eps, step)
    adam.function(*as_it_stands, lr, beta1, beta2, eps, step)
apart = max(
    abs(to_cpu(one) - to_cpu(other)).max() / abs(to_cpu(other)).max()
    for one, other in zip(one_pass, as_it_stands, strict=True)
)
print(f"the two differ by less than a millionth: {bool(apart < 1e-6)}")
print(f"to the bit, where that is to be: {bool(apart == 0) or config.GPU}")

# %%
# And the time? For each size, the fastest of a few updates, per parameter, on this machine.


def fastest(update, count):
    p, g, m, v = np.full((4, count), 0.5, dtype="float32")
    update(p, g, m, v, lr, beta1, beta2, eps, 1)  # the first may compile
    times = []
    for step in range(2, 2 + max(options.steps, 10**6 // count)):
        began = time.perf_counter()
        update(p, g, m, v, lr, beta1, beta2, eps, step)
        float(p[0])  # a GPU has done all of it only now
        times.append((time.perf_counter() - began) / count)
    return min(times)


sizes = [10**3, 10**4, 10**5, 10**6, 10**7]
lines = {"@fused": [fastest(adam, count) * 1e9 for count in sizes]}
with config.use_fused(False):
    lines["passes, in pieces"] = [fastest(adam, count) * 1e9 for count in sizes]
lines["passes"] = [fastest(adam.function, count) * 1e9 for count in sizes]
print("parameters ", *(f"{name:>18}" for name in lines))
for i, count in enumerate(sizes):
    print(f"{count:10,} ", *(f"{times[i]:15.3f} ns" for times in lines.values()))

figure = plot.curves(
    sizes, lines, xlabel="parameters", ylabel="nanoseconds for each of them", log=True
)
figure.axes[0].set_xscale("log")
script.save(
    figure,
    "ch02_one_pass",
    alt="The time of an update for each parameter against the number of parameters, both axes "
    "logarithmic: a line for the fused formula, one for passes in pieces, one for passes over "
    "whole arrays. Where the fused formula is compiled, its line is the lowest.",
)

# %%
# On a CPU without numba the first two lines are one, since both are NumPy: install it with
# `pip install -e ".[fast]"`, and run the page again. The first point of all is high: a call takes
# its microseconds, however few numbers it is for. On the right one sees what the pieces are for:
# where the arrays no longer fit into the cache, the plain passes wait for the memory.
