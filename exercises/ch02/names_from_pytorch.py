"""Exercises on PyTorch's names, and ours.

To check them: python -m exercises check ch02.names_from_pytorch
"""

from common.layers import Linear


def grad_after(dW, times, is_by_hand):
    """Predict: a layer ran forward once, and a backward of it finds dW as the gradient of its W.

    It goes backward `times` times, 1 or more: by layer.backward(dout), by hand, if is_by_hand, and
    else by y.backward(dout), on a tensor. Nothing is cleared in between. What stands in
    layer.grads[0] then, if zeros stood there before? Return an array of the shape of dW.
    """
    raise NotImplementedError("grad_after is to be written")


def linear_from_pytorch(weight, bias):
    """Write: a Linear that computes what PyTorch's nn.Linear computes, from its weight and bias.

    weight: as PyTorch keeps it; bias: one number for each output. Both are arrays of float32.
    Return the Linear. To train it later must not change the arrays weight and bias.
    """
    raise NotImplementedError("linear_from_pytorch is to be written")


class TorchSGD:
    """Write: plain descent that is called as in PyTorch: optimizer = TorchSGD(model, lr).

    A step is then optimizer.zero_grad(), loss.backward() and optimizer.step(), each without an
    argument. As there, step leaves the gradients as they are. model: a Sequential or a Module of
    ours, with params, grads and zero_grads.
    """

    def __init__(self, model, lr):
        raise NotImplementedError("TorchSGD.__init__ is to be written")

    def zero_grad(self):
        raise NotImplementedError("TorchSGD.zero_grad is to be written")

    def step(self):
        raise NotImplementedError("TorchSGD.step is to be written")
