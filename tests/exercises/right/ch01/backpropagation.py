from common.functions import sigmoid
from common.layers import Layer
from common.np import np
from common.optimizer import SGD
from tests.exercises.right import right


@right("gradient_of_the_right_score")
def in_float32(p, N):
    return np.float32(-(1 - p) / N)


class Affine(Layer):
    def __init__(self, W, b):
        super().__init__(W, b)

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.matmul(x, W) + b


@right("Dense")
class IntoTheArrays(Affine):
    def backward(self, dout):
        dW, db = self.grads
        np.matmul(self.x.T, dout, out=dW)
        np.sum(dout, axis=0, out=db)
        return dout.dot(self.params[0].T)


@right("Dense")
class ExampleByExample(Affine):
    def backward(self, dout):
        dW, db = self.grads
        dW[:] = 0
        db[:] = 0
        for x, dy in zip(self.x, dout, strict=True):
            dW += np.outer(x, dy)
            db += dy
        return np.array([self.params[0] @ dy for dy in dout])


class Steep(Layer):
    def __init__(self, k):
        super().__init__()
        self.k = k


@right("SteepSigmoid")
class FromTheInput(Steep):
    def forward(self, x):
        self.kx = self.k * x
        return sigmoid(self.kx)

    def backward(self, dout):
        return self.k * dout * sigmoid(self.kx) * sigmoid(-self.kx)


@right("SteepSigmoid")
class KeepsTheSlope(Steep):
    def forward(self, x):
        y = sigmoid(self.k * x)
        self.slope = self.k * (y - y**2)
        return y

    def backward(self, dout):
        return self.slope * dout


@right("train")
def by_the_optimizer(layers, loss_layer, x, t, lr, steps):
    optimizer, losses = SGD(lr), []
    while len(losses) < steps:
        y = x
        for layer in layers:
            y = layer.forward(y)
        losses.append(loss_layer.forward(y, t))
        dy = loss_layer.backward()
        for layer in layers[::-1]:
            dy = layer.backward(dy)
        for layer in layers:
            optimizer.update(layer.params, layer.grads)
    return losses


@right("train")
def moved_on_the_way_back(layers, loss_layer, x, t, lr, steps):
    losses = [None] * steps
    for step in range(steps):
        y = x
        for layer in layers:
            y = layer.forward(y)
        losses[step] = np.array(loss_layer.forward(y, t))
        dy = loss_layer.backward()
        for layer in reversed(layers):
            dy = layer.backward(dy)
            for i in range(len(layer.params)):
                layer.params[i][...] = layer.params[i] - lr * layer.grads[i]
    return losses
