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
steps = np.logspace(-12, 0, 200)
one_side = abs((np.exp(1 + steps) - e) / steps - e)
two_sides = abs((np.exp(1 + steps) - np.exp(1 - steps)) / (2 * steps) - e)

print("step   one side  two sides")
errors = {}
for step in (0.1, 0.01, 0.001, 0.00001):
    one = abs((np.exp(1 + step) - e) / step - e)
    two = abs((np.exp(1 + step) - np.exp(1 - step)) / (2 * step) - e)
    errors[step] = float(one), float(two)
    print(f"{step:<6} {float(one):.1e}   {float(two):.1e}")

# %%
# The figure shows the errors for all h; read it from the right. Both fall along straight lines,
# one twice as steep as the other. Then both rise again, because f(x + h) and f(x - h) agree in so
# many digits that rounding is all that is left of their difference. From two sides the best steps
# lie around 1e-5. There ten digits are right, from one side five.

figure = plot.curves(
    steps,
    {"one side: h/2 f''": one_side, "two sides: h²/6 f'''": two_sides},
    xlabel="step h",
    ylabel="error of the measured slope",
    log=True,
)
figure.axes[0].set_xscale("log")
script.save(figure, "ch01_step_size")

# %%
# A network has many weights, and the **gradient** has a derivative for each: how the loss L
# changes with this weight while the others stay. It has the *shape of the weights*. In
# mathematics the word is used for the derivatives by a vector; in deep learning for those by a
# matrix as well.

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
