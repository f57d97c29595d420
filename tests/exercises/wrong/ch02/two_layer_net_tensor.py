from common.autograd import Tensor
from common.layers import Layer
from tests.exercises.wrong import wrong


@wrong("weights_of_the_model", "second one")
def model_has_its_own(w, grad, lr, is_copied):
    return w


@wrong("weights_of_the_model", "Is v the array that the model has?")
def always_moved(w, grad, lr, is_copied):
    return w - lr * grad


@wrong("weights_of_the_model", "not along it")
def uphill(w, grad, lr, is_copied):
    return w if is_copied else w + lr * grad


@wrong("weights_of_the_model", "An array of shape (4, 5) is wanted")
def in_words(w, grad, lr, is_copied):
    return "w" if is_copied else "v"


@wrong("train", "has not moved the weights")
def as_given(model, loss_fn, optimizer, x, y, steps):
    losses = []
    for _ in range(steps):
        losses.append(float(loss_fn.forward(model.forward(x), y)))
        optimizer.update(model.params, model.grads)
        model.backward(loss_fn.backward())
    return losses


@wrong("train", "has not moved the weights")
def without_update(model, loss_fn, optimizer, x, y, steps):
    losses = []
    for _ in range(steps):
        losses.append(float(loss_fn.forward(model.forward(x), y)))
        model.backward(loss_fn.backward())
    return losses


@wrong("train", "Is the step made once")
def updates_twice(model, loss_fn, optimizer, x, y, steps):
    losses = []
    for _ in range(steps):
        losses.append(float(loss_fn.forward(model.forward(x), y)))
        model.backward(loss_fn.backward())
        optimizer.update(model.params, model.grads)
        optimizer.update(model.params, model.grads)
    return losses


@wrong("train", "belongs before the first step")
def loss_after(model, loss_fn, optimizer, x, y, steps):
    losses = []
    for _ in range(steps):
        loss_fn.forward(model.forward(x), y)
        model.backward(loss_fn.backward())
        optimizer.update(model.params, model.grads)
        losses.append(float(loss_fn.forward(model.forward(x), y)))
    return losses


@wrong("train", "loss_fn gives 219.27, and the first loss is 18.27")
def mean_over_the_numbers(model, loss_fn, optimizer, x, y, steps):
    losses = []
    for _ in range(steps):
        losses.append(float(loss_fn.forward(model.forward(x), y)) / y.size)
        model.backward(loss_fn.backward())
        optimizer.update(model.params, model.grads)
    return losses


@wrong("train", "One number is wanted")
def on_tensors(model, loss_fn, optimizer, x, y, steps):
    losses = []
    for _ in range(steps):
        losses.append(loss_fn(model(Tensor(x)), y))
        model.zero_grads()
        losses[-1].backward()
        optimizer.update(model.params, model.grads)
    return losses


@wrong("train", "later ones are not")
def backward_once(model, loss_fn, optimizer, x, y, steps):
    losses = [float(loss_fn.forward(model.forward(x), y))]
    model.backward(loss_fn.backward())
    for _ in range(steps - 1):
        optimizer.update(model.params, model.grads)
        losses.append(float(loss_fn.forward(model.forward(x), y)))
    return losses


class Squares(Layer):
    def __init__(self, c):
        super().__init__()
        self.c = c

    def forward(self, y_pred, y):
        self.difference = y_pred - y
        return (self.c[:, None] * self.difference**2).sum()

    def backward(self, dout=1):
        return dout * 2 * self.c[:, None] * self.difference


@wrong("CountedSquares", "mean of the squares")
class Mean(Squares):
    def forward(self, y_pred, y):
        return super().forward(y_pred, y) / y.size


@wrong("CountedSquares", "It is half")
class Half(Squares):
    def forward(self, y_pred, y):
        return super().forward(y_pred, y) / 2


@wrong("CountedSquares", "writes into input 0")
class WritesIntoPredictions(Squares):
    def forward(self, y_pred, y):
        y_pred -= y
        self.difference = y_pred
        return (self.c[:, None] * y_pred**2).sum()


@wrong("CountedSquares", "c is squared")
class SquaredCounts(Squares):
    def forward(self, y_pred, y):
        self.difference = self.c[:, None] * (y_pred - y)
        return (self.difference**2).sum()


@wrong("CountedSquares", "broadcast")
class CountsAlongRows(Squares):
    def forward(self, y_pred, y):
        self.difference = y_pred - y
        return (self.c * self.difference**2).sum()


@wrong("CountedSquares", "factor")
class WithoutTwo(Squares):
    def backward(self, dout=1):
        return dout * self.c[:, None] * self.difference


@wrong("CountedSquares", "dout is not used")
class WithoutDout(Squares):
    def backward(self, dout=1):
        return 2 * self.c[:, None] * self.difference


@wrong("CountedSquares", "input 0")
class ForgetsCounts(Squares):
    def backward(self, dout=1):
        return dout * 2 * self.difference


@wrong("CountedSquares", "not None")
class Prints(Squares):
    def forward(self, y_pred, y):
        super().forward(y_pred, y)
