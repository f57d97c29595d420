"""
An operation of your own: Legendre's polynomial
===============================================

The same fit with another formula, a + b P₃(c + d x), and P₃ is an operation that the framework
does not have. A few lines add it.
"""

from common import plot, script
from common.autograd import Tensor, no_grad
from common.gradient_check import check_gradients
from common.layers import Layer
from common.np import np
from dataset import sine

options = script.options(steps=2000)

# %%
# P₃(x) = (5 x³ - 3 x) / 2 is the third Legendre polynomial, and its derivative is
# 3 (5 x² - 1) / 2. An operation of your own is a **layer** as in chapter 1: `forward` keeps what
# `backward` will need. It is used on tensors by calling it.
#
# In PyTorch the same is a `torch.autograd.Function`, with two static methods and a context `ctx`:
#
# - `ctx.save_for_backward(x)` is our `self.x = x`, and `ctx.saved_tensors` our `self.x`;
# - `LegendreP3.apply(z)` is our `LegendreP3()(z)`.
#
# We need no context, because each call on tensors is an object of its own: a copy of the layer,
# which remembers its own x.


class LegendreP3(Layer):
    """y = (5 x³ - 3 x) / 2."""

    def forward(self, x):
        self.x = x
        return 0.5 * (5 * x * x * x - 3 * x)

    def backward(self, dout):
        return dout * 1.5 * (5 * self.x * self.x - 1)


# %%
# Is the derivative right? Measured at a single point, a wrong one may pass: at 1 the derivative is
# 6, so at ones a backward that always says 6 looks right. So choose points that tell.

points = np.linspace(-1.5, 1.5, 6).reshape(2, 3)
print(f"LegendreP3: largest relative error {check_gradients(LegendreP3(), points):.1g}")

# %%
# Here the start is not random, so the losses below are those that PyTorch prints, to five digits
# and mostly to six of the seven that float32 has. The order in which 2,000 numbers are added up
# shows in the last ones.

x, y = map(Tensor, sine.load_data())
a, b, c, d = (Tensor(start, requires_grad=True) for start in (0.0, -1.0, 0.0, 0.3))
P3 = LegendreP3()
learning_rate = 5e-6

for t in range(options.steps):
    y_pred = a + b * P3(c + d * x)
    loss = ((y_pred - y) ** 2).sum()
    if t % 100 == 99:
        print(t, loss.item())

    loss.backward()

    with no_grad():
        a -= learning_rate * a.grad
        b -= learning_rate * b.grad
        c -= learning_rate * c.grad
        d -= learning_rate * d.grad
    a.grad = b.grad = c.grad = d.grad = None

print(f"Result: y = {a.item()} + {b.item()} * P3({c.item()} + {d.item()} x)")

# %%
# a and c stay at 0, up to rounding: both P₃ and the sine are odd, so their gradients are sums of
# numbers that cancel.

figure = plot.curves(x.data, {"sin(x)": y.data, "a + b P₃(c + d x)": y_pred.data})
script.save(
    figure,
    "ch02_polynomial_custom_function",
    alt="The sine over one period, and the fitted a + b P₃(c + d x), which has the same crest and "
    "trough but for a small shift, and overshoots zero at both ends.",
)
