"""
1.3.1 The loss: softmax and cross-entropy
=========================================

One number that says how wrong the network is. Training is making it small.
"""

import math

from common import script
from common.functions import cross_entropy_error, softmax
from common.layers import SoftmaxWithLoss
from common.np import np

script.options()

# %%
# The scores that the untrained network of the study notes gave to its ten examples.

s = np.array(
    [
        [1.95164769, -1.3578117, -1.20031984],
        [1.96582921, -1.31783951, -0.75124818],
        [1.20870387, -1.34757497, -1.92128665],
        [1.40297331, -1.43181297, -2.11690024],
        [1.31355344, -1.39938784, -2.09597185],
        [1.12337676, -1.29845856, -1.14170738],
        [2.19848644, -1.30120507, -0.3370698],
        [1.1269915, -1.33851035, -1.95384532],
        [1.91663256, -1.30042158, -0.45500835],
        [2.10591097, -1.41861765, -1.33555061],
    ]
)

# %%
# **Softmax** turns the scores of one example into probabilities: exp makes them positive, and
# dividing by their sum makes them add up to 1. Each *row* is one example, so the sum runs along
# the row.

y = softmax(s)
print("probabilities of the first example:", y[0].round(4), "sum", round(float(y[0].sum()), 6))

# %%
# The notes divide by the sum over the *whole* array instead, and take the maximum away above the
# line but not below. Two small slips, no error message, and the "probabilities" of an example
# add up to about 0.01:

wrong = np.exp(s - np.max(s)) / np.sum(np.exp(s))
print("with the slips:                    ", wrong[0].round(8), "sum", wrong[0].sum().round(4))

# %%
# **Cross-entropy** looks at the probability of the right answer only, and takes -log of it:
# certain and right costs 0, unsure costs some, certain and wrong costs a lot. The loss is the
# mean over the examples. Say that class 0 is right for all ten:

t = np.zeros(10, dtype=int)
loss = cross_entropy_error(y, t)
print("loss:", round(float(loss), 4))
print("of a network that knows nothing, 1/3 for each class:", round(math.log(3), 4))

# %%
# In the notes it is 99.97: their probabilities are wrong, ten rows are divided by a batch size of
# 2, and the targets are all ones, as if every class were right at once. A target must be a
# distribution: nothing below 0, adding up to 1. `cross_entropy_error` insists on it. (With a GPU it
# answers NaN: to look at the targets would mean to wait for it.)

print("loss of the notes:", -np.sum(np.ones_like(s) * np.log(wrong)) / 2)
try:
    print("loss of such targets:", cross_entropy_error(y, np.ones_like(y)))
except ValueError as error:
    print(error)

# %%
# Why the two are one layer in training
# -------------------------------------
# Let one score lead by 1000, and let it be the wrong one. The probability of the right answer is
# then smaller than any number the computer has: 0, and -log 0 is infinite. A popular way out adds
# 1e-7 inside the log; the loss then stops at 16.1, and the truth is 1000. `SoftmaxWithLoss` never
# computes the probability: log softmax(s) is s minus the logarithm of Σ exp(s), which is exact.

far = np.array([[1000.0, 0.0, 0.0]])
right = np.array([1])
print("probabilities, then log:", float(cross_entropy_error(softmax(far), right)))
print("with 1e-7 in the log:   ", float(-np.log(softmax(far)[0, 1] + 1e-7).round(4)))
print("SoftmaxWithLoss:        ", float(SoftmaxWithLoss().forward(far, right)))
