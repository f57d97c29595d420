"""
1.3.2 Derivative and gradient
=============================

How much does the loss change if this weight changes a little? The gradient answers that for all
weights at once.
"""

from common import plot, script
from common.gradient_check import numerical_gradient
from common.np import np

script.options()

# %%
# The **derivative** of f at x is the slope of f there. Measure it: go a small step h to the
# right and to the left, and divide the difference by 2h. For f(x) = x² at x = 3 it is 6.


def f(x):
    return x**2


h = 1e-5
slope = (f(3 + h) - f(3 - h)) / (2 * h)
print("slope of x² at 3:", round(slope, 9))

# %%
# Why to both sides? Near x, a curve is its value, plus its slope times h, plus its bend, plus more:
#
# ::
#
#     f(x + h) = f + h f' + h²/2 f'' + h³/6 f''' + …
#     f(x - h) = f - h f' + h²/2 f'' - h³/6 f''' + …
#
# A step to one side, (f(x + h) - f(x)) / h, takes the bend f'' for slope and is wrong by h/2 f''.
# In the difference of both sides the bend cancels. What is left is h²/6 f''', which is far smaller.
# Here for exp at 1, whose slope is e: with a tenth of the step, the error of one side falls to a
# tenth, that of two sides to a hundredth.

e = float(np.exp(1.0))


def one_side(h):
    """The error of the slope of exp at 1, measured with a step to the right."""
    return abs((np.exp(1 + h) - e) / h - e)


def two_sides(h):
    """The same, with a step to each side."""
    return abs((np.exp(1 + h) - np.exp(1 - h)) / (2 * h) - e)


print("h      one side  two sides")
for h in (0.1, 0.01, 0.001, 0.00001):
    print(f"{h:<6} {float(one_side(h)):.1e}   {float(two_sides(h)):.1e}")

# %%
# The figure shows the errors for all h, on axes that are both logarithmic; read it from the right.
# Both errors fall along straight lines, one twice as steep as the other. Then both rise again: the
# two values that are subtracted agree in more and more digits, and of their difference fewer and
# fewer are right. From two sides the best steps lie around 1e-5. There ten digits are right, from
# one side five.

steps = np.logspace(-12, 0, 200)
figure = plot.curves(
    steps,
    {"a step to one side": one_side(steps), "a step to each side": two_sides(steps)},
    xlabel="step h",
    ylabel="error of the measured slope",
    log=True,
)
figure.axes[0].set_xscale("log")
script.save(
    figure,
    "ch01_step_size",
    alt="Two curves of the error of a measured slope against the step h, both axes logarithmic. "
    "Each has the shape of a V, straight on the right and jagged on the left; that of the "
    "step to each side reaches far deeper, and at a larger h.",
)

# %%
# A network has many weights, and the **gradient** has a derivative for each: how the loss L
# changes with this weight while the others stay. It has the *shape of the weights*. (The notes
# keep the word for the derivatives by a vector. Here it is used for those by a matrix as well.)

W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
gradient = numerical_gradient(lambda W: (W**2).sum(), W)
print("L = sum of W²; its gradient, 2W, has the shape of W:", gradient.shape)
print(gradient.round(6))

# %%
# The gradient points uphill, so a small step *against* it makes the loss smaller. That is all
# there is to gradient descent.

for step in range(4):
    print(f"step {step}: L = {float((W**2).sum()):.4f}")
    W = W - 0.1 * numerical_gradient(lambda W: (W**2).sum(), W)

# %%
# Measuring takes two runs of the network for *each* weight: hopeless for a million of them. The
# next sections get all derivatives from one run backward. Measuring stays useful: it needs
# no thought, so it can check the clever way.
