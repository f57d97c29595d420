from common.layers import Layer
from common.np import np
from tests.exercises.right import right


@right("shapes_of_gradients")
def in_a_list(N, D_in, H, D_out):
    return [(H, D_out), (N, H), (D_in, H)]


@right("SquareNet")
class OtherNames(Layer):
    def forward(self, x):
        self.inputs, self.z = x, x @ self.params[0]
        self.a = self.z * (self.z > 0)
        return self.a @ self.params[1]

    def backward(self, dout):
        np.matmul(self.a.T, dout, out=self.grads[1])
        dz = np.where(self.z > 0, (self.params[1] @ dout.T).T, 0)
        np.matmul(self.inputs.T, dz, out=self.grads[0])
        return dz.dot(self.params[0].T)


@right("SquareNet")
class ExampleByExample(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(x @ self.params[0], 0) @ self.params[1]

    def backward(self, dout):
        w1, w2 = self.params
        dx = np.zeros(dout.shape)
        for grad in self.grads:
            grad[...] = 0
        for n, x in enumerate(self.x):
            h = x @ w1
            dh = (w2 @ dout[n]) * (h > 0)
            self.grads[1] += np.outer(np.maximum(h, 0), dout[n])
            self.grads[0] += np.outer(x, dh)
            dx[n] = w1 @ dh
        return dx


@right("lost_steps")
def in_a_loop(w, grad, lr):
    count = 0
    for i in range(len(w)):
        if grad[i] != 0 and w[i] - np.float32(lr) * grad[i] == w[i]:
            count += 1
    return count


@right("lost_steps")
def all_that_stay_but_those_that_should(w, grad, lr):
    after = w.copy()
    after -= lr * grad
    return np.count_nonzero(after == w) - np.sum(grad == 0)
