from common.layers import Affine, Linear
from tests.exercises.wrong import wrong


@wrong("grad_after", "called by hand, added")
def always_adds(dW, times, is_by_hand):
    return times * dW


@wrong("grad_after", "As if a backward on tensors set")
def always_sets(dW, times, is_by_hand):
    return dW


@wrong("grad_after", "both ways agree")
def one_too_many(dW, times, is_by_hand):
    return dW if is_by_hand else (times + 1) * dW


@wrong("grad_after", "is wanted, not 3")
def how_often(dW, times, is_by_hand):
    return 3


@wrong("linear_from_pytorch", "(outputs, inputs), as PyTorch")
def not_transposed(weight, bias):
    layer = Linear(*weight.shape[::-1])
    layer.params[0] = weight.copy()
    layer.params[1][...] = bias
    return layer


@wrong("linear_from_pytorch", "no shape gives it away")
def turned_by_shape(weight, bias):
    layer = Linear(*weight.shape[::-1])
    W = weight if weight.shape == layer.params[0].shape else weight.T
    layer.params[0][...], layer.params[1][...] = W, bias
    return layer


@wrong("linear_from_pytorch", "lies the other way")
def sizes_exchanged(weight, bias):
    return Linear(*weight.shape)


@wrong("linear_from_pytorch", "numbers of its own")
def same_memory(weight, bias):
    return Affine(weight.T, bias)


@wrong("linear_from_pytorch", "not the bias that was given")
def without_bias(weight, bias):
    layer = Linear(*weight.shape[::-1])
    layer.params[0][...] = weight.T
    return layer


@wrong("linear_from_pytorch", "No number of the weight stands in the layer")
def other_arrays_of_that_name(weight, bias):
    layer = Linear(*weight.shape[::-1])
    W, b = layer.params
    W, b = weight.T, bias
    assert len(W[0]) == len(b)
    return layer


@wrong("linear_from_pytorch", "not to transpose")
def reshaped(weight, bias):
    layer = Linear(*weight.shape[::-1])
    W, b = layer.params
    W[...], b[...] = weight.reshape(W.shape), bias
    return layer


@wrong("linear_from_pytorch", "are no arrays")
def in_lists(weight, bias):
    layer = Linear(*weight.shape[::-1])
    layer.params[:] = weight.T.tolist(), bias.tolist()
    return layer


@wrong("linear_from_pytorch", "could not broadcast")
def as_it_is(weight, bias):
    layer = Linear(*weight.shape[::-1])
    layer.params[0][...], layer.params[1][...] = weight, bias
    return layer


class Optimizer:
    def __init__(self, model, lr):
        self.model, self.lr = model, lr

    def zero_grad(self):
        self.model.zero_grads()

    def step(self):
        for param, grad in zip(self.model.params, self.model.grads, strict=True):
            param -= self.lr * grad


@wrong("TorchSGD", "those that were there when the optimizer was made")
class AskedTooEarly(Optimizer):
    def __init__(self, model, lr):
        super().__init__(model, lr)
        self.params, self.grads = model.params, model.grads

    def step(self):
        for param, grad in zip(self.params, self.grads, strict=True):
            param -= self.lr * grad


@wrong("TorchSGD", "changed in place")
class MakesNewArrays(Optimizer):
    def step(self):
        for param, grad in zip(self.model.params, self.model.grads, strict=True):
            param = param - self.lr * grad


@wrong("TorchSGD", "along the gradient")
class Uphill(Optimizer):
    def __init__(self, model, lr):
        super().__init__(model, -lr)


@wrong("TorchSGD", "still there after zero_grad")
class ClearsNothing(Optimizer):
    def zero_grad(self):
        pass


@wrong("TorchSGD", "Who has cleared them?")
class ClearsFirst(Optimizer):
    def step(self):
        self.zero_grad()
        super().step()


@wrong("TorchSGD", "not where our SGD brings them")
class Slower(Optimizer):
    def step(self):
        super().step()
        self.lr *= 0.9


@wrong("TorchSGD", "step has changed the gradients")
class ClearsInStep(Optimizer):
    def step(self):
        super().step()
        self.zero_grad()
