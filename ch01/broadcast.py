"""
1.1.3 Broadcasting
==================

Arrays of different shapes can be combined, if repeating what they hold makes them fit.
"""

from ch01 import quizzes
from common import script
from common.np import np

script.options()

# %%
# A number fits everything: it is repeated for each element.

A = np.array([[1, 2], [3, 4]])
tenfold = A * 10
print("A * 10 =\n", tenfold, sep="")

# %%
# A vector of length 2 fits a matrix with 2 columns: it is repeated for each **row**. So the
# first column is multiplied by 10 and the second by 20.

b = np.array([10, 20])
scaled = A * b
print("A * b =\n", scaled, sep="")

# %%
# NumPy's rule: write the shapes under each other, flush right. Two lengths fit if they are equal
# or if one of them is 1; a missing one counts as 1.
#
# ::
#
#     A   (2, 2)
#     b      (2,)
#
# The next section adds one number to each column of a batch in this way, and calls those numbers a
# *bias*. Here four examples have three numbers each, (4, 3), and the bias has one a column, (3,).

batch, bias = np.zeros((4, 3)), np.array([1.0, 2.0, 3.0])
shifted = batch + bias
print("a bias added to 4 rows:\n", shifted, sep="")

# %%
# Before you read on: what does the rule say of a column and a row?

script.record("ch01_broadcast_quiz", quizzes.broadcast())

# %%
# The rule is a trap as well. A column minus a row is allowed, and gives a table of **all**
# differences. Say that a network answers y, of shape (4, 1), and should have answered t, of shape
# (4,). Then the mean of `(y - t)**2` is a plausible number that means nothing: below, it is not 0,
# although each answer is right. The functions of this project that compare the two (the *losses*,
# section 1.3.1) refuse such a pair.

y, t = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([1.0, 2.0, 3.0, 4.0])
table = y - t
print(f"(4, 1) minus (4,) has shape {table.shape}:\n{table}")
