from common.np import np
from tests.exercises.right import right


@right("one_element")
def factored_of_shape_0(p, q, n):
    return np.array(p * (p + q))


@right("distances")
def hypotenuses(x, y):
    return np.hypot(x, y)


@right("takings")
def multiplied_out_in_float32(prices, sold, returned):
    return (prices * sold - prices * returned).astype("float32")


@right("takings")
def one_after_the_other(prices, sold, returned):
    taken = np.zeros(prices.shape)
    for at in np.ndindex(prices.shape):
        taken[at] = prices[at] * (sold[at] - returned[at])
    return taken
