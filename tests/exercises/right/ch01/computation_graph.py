from common.layers import Layer
from common.np import np
from tests.exercises.right import right


@right("gradients_of_two_uses")
def in_a_list_of_shape_0(x, y):
    return [np.array(x + y + x), np.array(x)]


class Minus(Layer):
    def forward(self, a, b):
        return a - b


@right("Difference")
class Copied(Minus):
    def backward(self, dout):
        da, db = dout.copy(), np.zeros_like(dout)
        db -= dout
        return da, db


class Rows(Layer):
    def __init__(self, N):
        super().__init__()
        self.N = N

    def forward(self, x):
        return np.tile(x, (self.N, 1))


@right("RepeatRow")
class InALoop(Rows):
    def backward(self, dout):
        dx = np.zeros(dout.shape[1])
        for row in dout:
            dx += row
        return dx


@right("back_through_transposed")
def example_by_example(x, W, dout):
    dx, dW = np.zeros(x.shape), np.zeros(W.shape)
    for n in range(len(x)):
        dx[n] = dout[n] @ W
        dW += np.outer(dout[n], x[n])
    return [dx, dW]
