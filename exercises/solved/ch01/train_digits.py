"""Exercises on reading handwriting. To check them: python -m exercises check ch01.train_digits"""

from itertools import pairwise  # pairwise([64, 256, 10]) has (64, 256), then (256, 10)

from common.layers import Layer
from common.np import np


def numbers_learned(sizes):
    """Predict: how many numbers does a network of fully connected layers learn?

    sizes: how many inputs it has, then how many neurons each layer has: [64, 256, 10] is the
    network of the page. sizes has two numbers or more.
    """
    # --- solution
    count = 0
    for inputs, neurons in pairwise(sizes):
        count += inputs * neurons + neurons
    return count
    # --- end


def set_aside(x, t, count, rng):
    """Mend: `count` rows, drawn at random, are held out; all others are to learn from.

    x: (N, D), t: (N,). rng: NumPy's Generator; rng.permutation(N) is a new order of N row numbers.
    Returns (x, t) to learn from, and (x, t) held out. The sizes are right, and yet a network is
    judged better by the held-out rows than it deserves.
    """
    # --- solution
    order = rng.permutation(len(x))
    test, train = order[:count], order[count:]
    # --- given
    # test = rng.permutation(len(x))[:count]
    # train = rng.permutation(len(x))[count:]
    # --- end
    return (x[train], t[train]), (x[test], t[test])


def first_step_of_adam(g, lr):
    """Predict: how far does the first step of Adam(lr) move the weights W, and which way?

    g: their gradient in this step, of any shape, nowhere 0. m and v begin at 0. Return W after the
    step minus W before it, an array of g's shape. (Leave out the 1e-8.)
    """
    # --- solution
    return -lr * np.sign(g)
    # --- end


class LoudDropout(Layer):
    """Write: a Dropout with its loudness made up for in training, as PyTorch has it.

    In training (self.training is True) each element of x becomes 0 with probability self.ratio,
    others at each forward, and the rest is divided by 1 - self.ratio, so that the average stays.
    In evaluation y = x. self.rng.random(x.shape) draws numbers between 0 and 1. x: any shape.
    """

    def __init__(self, ratio, seed=None):
        super().__init__()
        self.ratio, self.rng = ratio, np.random.default_rng(seed)

    def forward(self, x):
        # --- solution
        if self.training:
            self.mask = (self.rng.random(x.shape) >= self.ratio) / (1 - self.ratio)
        else:
            self.mask = np.ones(x.shape)
        return x * self.mask
        # --- end

    def backward(self, dout):
        # --- solution
        return dout * self.mask
        # --- end
