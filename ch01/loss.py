"""
1.3.1 The loss: softmax and cross-entropy
=========================================

One number that says how wrong the network is. Training is making it small.
"""

import math

import numpy

from ch01 import quizzes, study_notes
from common import script
from common.functions import cross_entropy_error, softmax
from common.layers import SoftmaxWithLoss
from common.np import np

script.options()

# %%
# The scores that the untrained network of section 1.2 gave to its ten examples.

s = np.array(study_notes.S)
print("scores of the first example:", s[0])

# %%
# **Softmax** turns the scores of one example into probabilities: exp makes them positive, and
# dividing by their sum makes them add up to 1. Each *row* is one example, so the sum runs along
# the row.

y = softmax(s)
print("probabilities of the first example:", y[0].round(4), "sum", round(float(y[0].sum()), 6))

# %%
# The notes divide by the sum over the *whole* array instead, and take the maximum away in the
# numerator but not in the denominator. Two small slips, no error message, and the "probabilities"
# of an example add up to about 0.01:

wrong = np.exp(s - np.max(s)) / np.sum(np.exp(s))
print("with the slips =\n", wrong.round(8), sep="")
print("sum of the first row", wrong[0].sum().round(4))

# %%
# **Cross-entropy** looks at the probability of the right answer only, and takes -log of it (the
# natural logarithm): certain and right costs 0, unsure costs some, certain and wrong costs a lot.

script.record("ch01_loss_quiz", quizzes.loss())

# %%
# The loss is the mean over the examples. Say that class 0 is right for all ten. This network
# happens to say 0 ten times, so its loss is small. If class 2 were right, it would be large. A
# network that gives 1/3 to each class lies between.

right, wrong_class = np.zeros(10, dtype=int), np.full(10, 2)
loss, large_loss = cross_entropy_error(y, right), cross_entropy_error(y, wrong_class)
print(f"loss if 0 is right: {float(loss):.4f}, if 2 is right: {float(large_loss):.4f}")
print(f"of a network that gives 1/3 to each class: {math.log(3):.4f}")

# %%
# The right answers, the **targets**, may also be written as rows, with the probability that each
# class should have: (1, 0, 0) for class 0. Such a row, a 1 among zeros, is called **one-hot**. The
# loss is then the mean over the examples of
#
# ::
#
#     -Σ t log y
#
# in which only the right class is left, since all others are multiplied by 0.

t = np.eye(3)[right]  # row 0 of the identity matrix, for each example
print(f"with one-hot targets: {float(cross_entropy_error(y, t)):.4f}")

# %%
# The notes come to a loss of 99.97448063779545. (Below it comes from scores of eight digits.)
# Their probabilities are wrong, ten rows are divided by a batch size of 2, and the targets are all
# ones, as if every class were right at once. A target must be a *distribution*, a share for each
# class: nothing below 0, adding up to 1. `cross_entropy_error` insists on it. (With a GPU it
# answers NaN: to look at the targets would mean to wait for it.)

loss_of_the_notes = float(-np.sum(np.ones_like(s) * np.log(wrong)) / 2)
print("loss of the notes:", loss_of_the_notes)
try:
    print("loss of such targets:", cross_entropy_error(y, np.ones_like(y)))
except ValueError as error:
    print(error)

# %%
# Why the two are one layer in training
# -------------------------------------
# Let one score lead by 1000, and let it be the wrong one. The probability of the right answer is
# then smaller than any number the computer has: 0, and -log 0 is infinite. A popular way out adds
# 1e-7 inside the log; the loss then stops at 16.1, and the truth is 1000.

far, second = np.array([[1000.0, 0.0, 0.0]]), np.array([1])
print("probabilities, then log:", float(cross_entropy_error(softmax(far), second)))
print("with 1e-7 in the log:   ", float(-np.log(softmax(far)[0, 1] + 1e-7).round(4)))

# %%
# So do not compute the probability. Its logarithm can be written without it:
#
# ::
#
#     log softmax(s) = s - log Σ exp(s)
#
# Typed like that, it fails too: exp(1000) is larger than any number the computer has. But softmax
# stays the same if one number is taken away from all scores of an example: numerator and
# denominator get the same factor, which cancels. So take their maximum m away:
#
# ::
#
#     log softmax(s) = (s - m) - log Σ exp(s - m)
#
# The largest exponent is now 0 and the sum lies between 1 and the number of classes. Nothing can
# overflow, and log has a number to work on. `SoftmaxWithLoss` computes the loss in this way. For
# small scores, as in the second row here, both ways agree.

rows = np.array([[1000.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
with numpy.errstate(over="ignore"):  # NumPy would warn of the overflow
    literal = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
shifted = rows - rows.max(axis=1, keepdims=True)
stable = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
print("log softmax, literally =\n", literal.round(4), sep="")
print("the maximum taken away =\n", stable.round(4), sep="")
print("SoftmaxWithLoss:        ", float(SoftmaxWithLoss().forward(far, second)))
