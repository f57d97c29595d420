"""
PyTorch's names, and ours
=========================

Whoever goes from here to PyTorch, or comes from there, finds the same ideas under other names. This
page has them in one table, and shows what differs by more than a name.
"""

from common import script
from common.autograd import Tensor
from common.layers import Linear
from common.np import np
from common.optimizer import SGD

script.options()

# %%
# ::
#
#     PyTorch                         here                              what differs
#     ------------------------------  --------------------------------  -------------------------
#     torch.tensor(3.0)               Tensor(3.0)
#     x.detach().numpy()              x.data                            an array
#     loss.item()                     loss.item()
#     w.grad                          w.grad                            an array (1)
#     w.grad = None                   w.grad = None
#     w.grad.zero_()                  w.grad = None                     (1)
#     x.mm(w), w.t()                  x @ w, w.T
#     x.unsqueeze(-1).pow(p)          x[:, None] ** p
#     x.clamp(min=0)                  x.clamp(min=0)                    (2)
#     torch.relu(x)                   x.relu()                          (2)
#     torch.no_grad()                 no_grad()
#     torch.autograd.Function         Layer                             (3)
#     ctx.save_for_backward(x)        self.x = x                        (3)
#     MyReLU.apply(x)                 MyReLU()(x)                       (3)
#     nn.Linear(3, 1)                 Linear(3, 1)                      (4)
#     layer.weight, layer.bias        layer.params                      (4)
#     nn.Flatten, nn.Sequential       Flatten, Sequential
#     nn.MSELoss(reduction="sum")     MSELoss(reduction="sum")
#     nn.CrossEntropyLoss()           SoftmaxWithLoss()
#     nn.Module, nn.Parameter         Module, Parameter
#     model.parameters()              model.params, model.grads         two lists of arrays
#     SGD(model.parameters(), lr)     SGD(lr)                           (5)
#     optimizer.zero_grad()           model.zero_grads()                (1)
#     optimizer.step()                optimizer.update(params, grads)   (5)
#     SGD(..., momentum=0.9)          Momentum(lr, momentum=0.9)
#
# **(1) Clearing.** A backward on tensors adds to the gradients, in both. (A layer's `backward`,
# called by hand, sets them.) PyTorch's `zero_grad` sets them to None, and an optimizer leaves out
# what has none. Here `zero_grads` of a model makes them zero, as PyTorch's did when the tutorial
# was written. So a weight that a step does not use stands still there, and here it goes on if the
# optimizer has momentum. A gradient of a plain Tensor is an array, and None clears it, too.

layer = Linear(2, 1, seed=0)
layer(Tensor(np.ones((1, 2), "float32"))).sum().backward()
print("after a backward:", [grad.tolist() for grad in layer.grads])
layer.zero_grads()
print("zero_grads:      ", [grad.tolist() for grad in layer.grads])

# %%
# **(2) A ReLU at 0** has no derivative: to the left it is 0, to the right 1. `relu` takes the 0,
# and `clamp` the 1, in PyTorch as here. By hand, the documents write `grad_h[h < 0] = 0`, which is
# 1 at 0, and our two-layer nets `grad_h_relu * (h > 0)`, which is 0. In float32 their hidden sums
# become exactly 0 now and then, late in the training, and the losses differ in the last digits.

slopes = {}
for name in ("clamp", "relu"):
    x = Tensor(np.array([-1.0, 0.0, 1.0]), requires_grad=True)
    y = x.clamp(min=0) if name == "clamp" else x.relu()
    y.sum().backward()
    slopes[name] = x.grad
    print(f"slope of {name} at -1, 0 and 1:", slopes[name])

# %%
# **(3) An operation of one's own** is a layer, as in chapter 1: `forward` keeps in `self` what
# `backward` needs, and each call on tensors is a copy of its own. See the page on Legendre's
# polynomial.
#
# **(4) A weight is (inputs, outputs)**, as in the book, so that a layer is x W. PyTorch keeps
# (outputs, inputs) and computes x Wᵀ; there, W[i, j] is our W[j, i].

W, b = Linear(3, 2, seed=0).params
print("Linear(3, 2): W", W.shape, "b", b.shape)

# %%
# **(5) An optimizer** is given its parameters and gradients at each update, not when it is made.
# The arrays are changed in place.

optimizer, params, grads = SGD(lr=0.1), [np.array([1.0])], [np.array([2.0])]
optimizer.update(params, grads)
print("1 - 0.1 · 2 =", float(params[0][0]))
