from common.functions import sigmoid
from common.np import np
from tests.exercises.wrong import wrong


@wrong("how_many_numbers", "What does a neuron have besides them")
def weights_alone(D, H, C):
    return D * H + H * C


@wrong("how_many_numbers", "The biases of one of the two layers")
def one_bias(D, H, C):
    return D * H + H + H * C


@wrong("how_many_numbers", "not connected directly")
def multiplied(D, H, C):
    return D * H * C


@wrong("how_many_numbers", "The inputs have no biases")
def biases_of_the_inputs(D, H, C):
    return D + D * H + H + H * C + C


@wrong("how_many_numbers", "Count each by its shape")
def a_bias_of_one_number(D, H, C):
    return D * H + 1 + H * C + 1


@wrong("how_many_numbers", "With D = 7")
def without_arguments(D, H, C):
    return 3 * 5 + 5 + 5 * 4 + 4


@wrong("score_in_the_middle", "need not have the score 0")
def zero(left, right):
    return 0


@wrong("score_in_the_middle", "sum of both scores")
def added(left, right):
    return left + right


@wrong("score_in_the_middle", "and you say")
def larger(left, right):
    return max(left, right)


@wrong("score_in_the_middle", "need not have the score 0")
def half_the_difference(left, right):
    return (right - left) / 2


@wrong("score_in_the_middle", "One number is wanted")
def unknown(left, right):
    return None


@wrong("hill", "With one hidden neuron they go one way only")
def one_neuron():
    return np.array([[1.0]]), np.array([0.0]), np.array([[2.0]]), np.array([0.0])


@wrong("hill", "With one hidden neuron they go one way only")
def one_neuron_that_goes_up_by_almost_enough():
    return np.array([[1.0]]), np.array([0.0]), np.array([[1.0]]), np.array([0.0])


@wrong("hill", "b2 is of shape (1,), and not ()")
def a_bias_without_an_axis():
    W2 = np.array([[1.0], [-1.0]])
    return np.ones((1, 2)), np.array([5.0, -5.0]), W2, np.array(0.0)


@wrong("hill", "they should come down")
def two_that_go_up():
    return np.ones((1, 2)), np.array([5.0, -5.0]), np.ones((2, 1)), np.zeros(1)


@wrong("hill", "they should go up")
def a_valley():
    W2 = np.array([[-1.0], [1.0]])
    return np.ones((1, 2)), np.array([5.0, -5.0]), W2, np.zeros(1)


@wrong("hill", "they should go up")
def without_biases():
    return np.array([[1.0, -1.0]]), np.zeros(2), np.ones((2, 1)), np.zeros(1)


@wrong("hill", "a row for each input")
def transposed():
    return np.ones((2, 1)), np.array([5.0, -5.0]), np.array([[1.0, -1.0]]), np.zeros(1)


@wrong("hill", "should be an array")
def lists():
    return [[1.0, 1.0]], [5.0, -5.0], [[1.0], [-1.0]], [0.0]


@wrong("scores_of", "after the last layer there should be no sigmoid")
def sigmoid_everywhere(x, layers):
    for W, b in layers:
        x = sigmoid(np.matmul(x, W) + b)
    return x


@wrong("scores_of", "There is no bend")
def no_sigmoid(x, layers):
    for W, b in layers:
        x = np.matmul(x, W) + b
    return x


@wrong("scores_of", "The bias is missing")
def no_bias(x, layers):
    for W, _ in layers[:-1]:
        x = sigmoid(np.matmul(x, W))
    return np.matmul(x, layers[-1][0])


@wrong("scores_of", "With 3 layers the scores differ")
def one_sigmoid(x, layers):
    for i, (W, b) in enumerate(layers):
        x = np.matmul(x, W) + b
        if i == 0 and len(layers) > 1:
            x = sigmoid(x)
    return x


@wrong("scores_of", "takes layers out of the list")
def pops(x, layers):
    last_W, last_b = layers.pop()
    for W, b in layers:
        x = sigmoid(np.matmul(x, W) + b)
    return np.matmul(x, last_W) + last_b
