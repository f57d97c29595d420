"""Exercises on 1.4.2, training by hand.

To check them: python -m exercises check ch01.train_custom_loop
"""


def steps_in_all(rows, batch_size, epochs):
    """Predict: how many steps does a training take?

    rows: how many there are. Each epoch goes once through all of them, batch_size at a time; its
    last batch has what is left, and the next epoch begins with a batch of its own.
    """
    raise NotImplementedError("steps_in_all is to be written")


def one_epoch(model, optimizer, x, t, batch_size, rng):
    """Mend: one epoch, in batches of shuffled rows. It runs, and the network learns nothing.

    x: (N, D), t: (N, C). rng: NumPy's Generator; rng.permutation(N) is a new order of N rows, and
    rng.permutation(x) a copy of x with its rows in a new order.
    """
    x = rng.permutation(x)
    t = rng.permutation(t)
    for place in range(0, len(x), batch_size):
        rows = slice(place, place + batch_size)
        model.forward(x[rows], t[rows])
        model.backward()
        optimizer.update(model.params, model.grads)


def step_in_halves(model, optimizer, x, t):
    """Write: one step on a batch of 2N rows, where forward can take no more than N at a time.

    x: (2N, D), t: (2N, C). Call forward and backward for the first half, and for the second. Then
    call optimizer.update once, so that the params move as in one step on the whole batch.
    The loss is a mean over rows; each backward writes its gradients into the arrays model.grads.
    """
    raise NotImplementedError("step_in_halves is to be written")
