"""
1.2.1 Inference: from an input to scores
========================================

A network with two inputs, four hidden neurons and three outputs, computed by hand for ten
examples at once.
"""

from ch01 import study_notes
from common import script
from common.functions import sigmoid
from common.np import np
from common.plot import curves

script.options()

# %%
# A **neuron** multiplies each of its inputs by a number of its own, a **weight**, and adds up; to
# the sum it adds one more number, its **bias**. Neurons side by side make a layer. The first layer
# here is called *hidden*, because only the second one's results are seen.
#
# So there are ten examples, and weights that nobody has trained yet. The shape of a weight matrix
# says what it connects: `W1` has a row for each of the two inputs and a column for each of the four
# neurons (their number is often called H). `b1` has a number for each neuron.
#
# The study notes that this chapter follows drew all of these at random. Ours are chosen so that
# the numbers below are the ones that the notes print, give or take one in the eighth digit. The end
# of the page says how.

x, W1, b1, W2, b2 = study_notes.network()
print("x", x.shape, "W1", W1.shape, "b1", b1.shape, "W2", W2.shape, "b2", b2.shape)

# %%
# A fully connected layer: each neuron is connected with each input. All ten examples
# take one matrix product, (10, 2) · (2, 4) = (10, 4), and the bias is broadcast over the rows.

h = np.matmul(x, W1) + b1
print("h =\n", h, sep="")

# %%
# Now something that is not a straight line. Without it a second layer would be for nothing: two
# matrix products in a row are one, x W1 W2 = x (W1 W2). The **sigmoid**, 1 / (1 + exp(-x)),
# squeezes every number into 0..1; look how flat it is at both ends.

a = sigmoid(h)
print("a =\n", a, sep="")

z = np.linspace(-8, 8, 200)
figure = curves(z, {"sigmoid(x)": sigmoid(z)}, ylabel="sigmoid(x)")
script.save(
    figure,
    "ch01_sigmoid",
    alt="The curve of the sigmoid, a flat S: it leaves zero slowly, is steepest in the middle, "
    "and comes to rest just below one.",
)

# %%
# The second layer gives each example three numbers, one for each class: its **scores**. The
# highest is the network's answer, and here it is class 0 ten times. So far the answers mean
# nothing; the rest of the chapter is about making them mean something.

s = np.matmul(a, W2) + b2
print("s =\n", s, sep="")
answers = s.argmax(axis=1)
print("answers", answers)

# %%
# That the sigmoid matters can be checked: without it, the two layers collapse into one.

without = np.matmul(np.matmul(x, W1) + b1, W2) + b2
collapsed = np.matmul(x, np.matmul(W1, W2)) + (np.matmul(b1, W2) + b2)
print("without the sigmoid, two layers are one:", bool(np.allclose(without, collapsed)))

# %%
# Where the weights come from
# ---------------------------
# The notes print h, a and s, and neither x nor any weight. But what goes into a layer and what
# comes out of it tells its weights: ten rows of a and of s are 30 equations for the 12 numbers of
# W2 and the 3 of b2. They are solved in `ch01/study_notes.py`. That one solution fits all 30 so
# well shows that it is theirs.
#
# For the first layer only h is known, and many inputs give the same h: rotate them all, and rotate
# W1 back. So x is a choice. But h has four columns and comes from two inputs, so only two of its
# columns can be free, and the other two follow from them. They do:

for name, ours, printed in (("h", h, study_notes.H), ("s", s, study_notes.S)):
    print(f"{name}: farthest from the notes {float(abs(ours - np.array(printed)).max()):.0e}")
