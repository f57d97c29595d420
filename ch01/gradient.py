"""
1.3.2 Derivative and gradient
=============================

How much does the loss change if this weight changes a little? The gradient answers that for all
weights at once.
"""

from matplotlib.figure import Figure

from common import script
from common.gradient_check import numerical_gradient
from common.np import np
from common.util import to_cpu

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
# How small must h be? For exp at 1, whose slope is e, the figure shows the error for all h. From
# the right, it falls with h²: a hundredth of the error for a tenth of the step, because over a
# short stretch the curve is all but straight. Then it rises again: f(x + h) and
# f(x - h) agree in so many digits that rounding is all that is left of their difference. In
# between, near 1e-5, ten digits are right.

steps = np.logspace(-12, 0, 200)
errors = np.abs((np.exp(1 + steps) - np.exp(1 - steps)) / (2 * steps) - np.exp(1.0))
best = float(steps[errors.argmin()])
print(f"smallest error {float(errors.min()):.1g} at h = {best:.1g}")

figure = Figure(layout="constrained")
axes = figure.add_subplot()
axes.loglog(to_cpu(steps), to_cpu(errors))
axes.set(xlabel="step h", ylabel="error of the measured slope")
axes.grid(alpha=0.3)
script.save(figure, "ch01_step_size")

# %%
# A network has many weights, and the **gradient** has a derivative for each: how the loss L
# changes with this weight while the others stay. It has the *shape of the weights*. In deep
# learning the word is used for matrices as well as for vectors.

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
# next two sections get all derivatives from one run backward. Measuring stays useful: it needs
# no thought, so it can check the clever way.
