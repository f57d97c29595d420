"""Exercises on 1.3.5, the whole way back.

To check them: python -m exercises check ch01.backpropagation
"""

from common.functions import sigmoid
from common.layers import Layer
from common.np import np


def gradient_of_the_right_score(p, N):
    """Predict: to one of N examples the network gives its right class with probability p.

    The loss L is softmax with cross-entropy, its mean over the N examples. What is dL/ds, if s is
    the score of this example for its right class?
    """
    raise NotImplementedError("gradient_of_the_right_score is to be written")


class Dense(Layer):
    """Mend: y = x W + b. x: (N, D), W: (D, H), b: (H,), y and dout: (N, H).

    Its forward is right. backward writes dL/dW and dL/db into the two arrays in `grads`, as
    dW[...] = ..., and returns dL/dx. One of the three is wrong.
    """

    def __init__(self, W, b):
        super().__init__(W, b)

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.matmul(x, W) + b

    def backward(self, dout):
        W, _ = self.params
        dW, db = self.grads
        dW[...] = np.matmul(self.x.T, dout)
        db[...] = dout.mean(axis=0)
        return np.matmul(dout, W.T)


class SteepSigmoid(Layer):
    """Mend: y = sigmoid(k x), element by element. The larger the number k, the steeper it is.

    Its forward is right. backward is given dL/dy and returns dL/dx; x, y and dout have one shape.
    """

    def __init__(self, k):
        super().__init__()
        self.k = k

    def forward(self, x):
        self.y = sigmoid(self.k * x)
        return self.y

    def backward(self, dout):
        y = sigmoid(self.k * self.y)
        return dout * self.k * y * (1 - y)


def train(layers, loss_layer, x, t, lr, steps):
    """Write: `steps` steps of gradient descent, each on all of x and t; returns a list of losses.

    layers: a list, in the order of forward. loss_layer has forward(scores, t), which returns the
    loss, and backward(), as SoftmaxWithLoss has. A step: forward to the loss, which goes into the
    list; the way back; then each array in `params` moves by lr times its gradient in `grads`.
    The arrays themselves change. x and t do not.
    """
    raise NotImplementedError("train is to be written")
