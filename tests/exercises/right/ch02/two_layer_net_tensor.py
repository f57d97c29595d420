from common.autograd import Tensor
from common.layers import Layer
from common.np import np
from tests.exercises.right import right


@right("weights_of_the_model")
def by_a_factor_in_float32(w, grad, lr, is_copied):
    return (w - lr * grad * (not is_copied)).astype("float32")


@right("train")
def by_the_tape(model, loss_fn, optimizer, x, y, steps):
    losses = []
    while len(losses) < steps:
        model.zero_grads()
        loss = loss_fn(model(Tensor(x)), y)
        loss.backward()
        optimizer.update(model.params, model.grads)
        losses.append(loss.item())
    return losses


@right("train")
def numbers_of_numpy(model, loss_fn, optimizer, x, y, steps):
    losses = np.zeros(steps)
    for step in range(steps):
        losses[step] = loss_fn.forward(model.forward(x), y)
        model.backward(loss_fn.backward())
        optimizer.update(model.params, model.grads)
    return list(losses)


@right("CountedSquares")
class ByRoots(Layer):
    def __init__(self, c):
        super().__init__()
        self.roots = np.sqrt(c).reshape(-1, 1)

    def forward(self, y_pred, y):
        self.scaled = self.roots * (y_pred - y)
        return float(np.square(self.scaled).sum())

    def backward(self, dout=1):
        return 2 * self.roots * self.scaled * dout


@right("CountedSquares")
class ExampleByExample(Layer):
    def __init__(self, c):
        super().__init__()
        self.counts = c

    def forward(self, y_pred, y):
        self.errors = y_pred - y
        squares = [error @ error for error in self.errors]
        return np.array(np.dot(self.counts, squares))

    def backward(self, dout=1.0):
        pairs = zip(self.counts, self.errors, strict=True)
        return np.array([dout * 2 * count * error for count, error in pairs])
