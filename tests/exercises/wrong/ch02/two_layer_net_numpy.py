from common.layers import Layer
from common.np import np
from tests.exercises.wrong import wrong


@wrong("shapes_of_gradients", "the number of examples")
def one_for_each_example(N, D_in, H, D_out):
    return (N, D_out), (N, H), (N, H)


@wrong("shapes_of_gradients", "rows and columns of grad_w2")
def as_pytorch_keeps_them(N, D_in, H, D_out):
    return (D_out, H), (N, H), (H, D_in)


@wrong("shapes_of_gradients", "in another order")
def forwards(N, D_in, H, D_out):
    return (D_in, H), (N, H), (H, D_out)


@wrong("shapes_of_gradients", "Three tuples are wanted, not None")
def prints(N, D_in, H, D_out):
    assert [(H, D_out), (N, H), (D_in, H)]


class Net(Layer):
    def forward(self, x):
        w1, w2 = self.params
        self.x, self.h = x, np.matmul(x, w1)
        self.h_relu = np.maximum(self.h, 0)
        return np.matmul(self.h_relu, w2)

    def from_hidden(self, grad_h_relu, dout):
        grad_w1, grad_w2 = self.grads
        grad_w2[...] = np.matmul(self.h_relu.T, dout)
        grad_h = grad_h_relu * (self.h > 0)
        grad_w1[...] = np.matmul(self.x.T, grad_h)
        return np.matmul(grad_h, self.params[0].T)


@wrong("SquareNet", "transposed")
class AsGiven(Net):
    def backward(self, dout):
        return self.from_hidden(np.matmul(dout, self.params[1]), dout)


@wrong("SquareNet", "input 0")
class BothTurned(Net):
    def backward(self, dout):
        w1, w2 = self.params
        self.from_hidden(np.matmul(dout, w2.T), dout)
        return np.matmul(np.matmul(dout, w2.T) * (self.h > 0), w1)


@wrong("SquareNet", "gradient of w2 was right")
class OtherRowsTurned(Net):
    def backward(self, dout):
        dx = self.from_hidden(np.matmul(dout, self.params[1].T), dout)
        self.grads[1][...] = np.matmul(dout.T, self.h_relu)
        return dx


@wrong("SquareNet", "The forward was right")
class OtherForward(Net):
    def forward(self, x):
        return super().forward(x).dot(self.params[1].T)

    def backward(self, dout):
        return self.from_hidden(np.matmul(dout, self.params[1]), dout)


@wrong("lost_steps", "sixteen digits")
def with_sixteen_digits(w, grad, lr):
    w, grad = w.astype("float64"), grad.astype("float64")
    return ((w - lr * grad == w) & (grad != 0)).sum()


@wrong("lost_steps", "whose gradient is 0")
def with_resting_ones(w, grad, lr):
    return (w - lr * grad == w).sum()


@wrong("lost_steps", "w has changed")
def writes(w, grad, lr):
    before = w.copy()
    w -= lr * grad
    return ((w == before) & (grad != 0)).sum()


@wrong("lost_steps", "One number is wanted")
def which(w, grad, lr):
    return (w - lr * grad == w) & (grad != 0)


@wrong("lost_steps", "exactly what it was")
def uphill(w, grad, lr):
    return ((w + lr * grad == w) & (grad != 0)).sum()


@wrong("lost_steps", "exactly what it was")
def nearly(w, grad, lr):
    return (np.isclose(w - lr * grad, w, rtol=1e-6) & (grad != 0)).sum()
