"""
1.4.1 The spiral data set
=========================

The problem that the next pages solve: three classes that no straight line can part.
"""

from common import plot, script
from dataset import spiral

options = script.options(seed=1984)

# %%
# 300 points in the plane, 100 for each of three spirals. `x` has a point a row. `t` says which
# spiral it is on, as a **one-hot** row: a 1 at the place of the right class, 0 elsewhere.

x, t = spiral.load_data(seed=options.seed)
print("x", x.shape, x.dtype)
print("t", t.shape, t.dtype)
print("point 150 is", x[150], "and its class", t[150])

# %%
# Each colour winds around the others. A network without a hidden layer can only cut the plane by
# straight lines, and any straight line through the middle crosses all three arms.

script.save(
    plot.points(x, t),
    "ch01_spiral",
    alt="Points in the plane, in a colour and a shape for each of three classes. Each class is an "
    "arm of a spiral, and the three arms wind around the same centre.",
)
