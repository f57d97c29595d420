from common.autograd import Parameter, Tensor, no_grad
from common.np import np
from tests.exercises.right import right


@right("number_in_grad")
def asked_of_the_tape(w, times, cleared):
    w = Tensor(w, requires_grad=True)
    for _ in range(times):
        if cleared:
            w.grad = None
        (w * w).backward()
    return w.grad


@right("slopes")
def of_a_parameter(f, x):
    place = Parameter(x.copy())
    loss = f(place)
    loss.backward()
    return np.array(place.grad)


@right("slopes")
def in_float32(f, x):
    x = Tensor(x.astype("float32"), requires_grad=True)
    f(x).sum().backward()
    return x.grad.reshape(x.shape)


@right("lowest")
def lowest_of_all(f, start, lr, steps):
    a, places = Tensor(start, requires_grad=True), []
    for _ in range(steps):
        loss = f(a)
        places.append((loss.item(), a.item()))
        loss.backward()
        with no_grad():
            a -= lr * a.grad
        a.grad = None
    return min(places)[1]


@right("lowest")
def a_new_tensor_for_each_place(f, start, lr, steps):
    a = Tensor(start, requires_grad=True)
    best, least = a, float("inf")
    for _ in range(steps):
        loss = f(a)
        if loss.item() < least:
            best, least = a, loss.item()
        loss.backward()
        a = Tensor(a.data - lr * a.grad, requires_grad=True)
    return float(best.item())
