"""
Several workers, one network
============================

What takes too long for one processor is done by several. Each has the whole network, and its part
of every batch; they average their gradients, and all make the same step. This page runs alone; and
where mpi4py is installed, on two processors, or on as many as there are:

::

    pip install "layer-by-layer[mpi]"
    OPENBLAS_NUM_THREADS=1 mpiexec -n 2 python -m ch01.train_parallel

Each process has one thread of BLAS there, or they would take the processors from each other.
"""

import math

import numpy

from common import parallel, script
from common.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from common.optimizer import SGD
from common.trainer import Trainer
from common.util import to_cpu, to_device
from dataset import digits, hold_out

options = script.options(seed=0, steps=460)
workers = parallel.world()


def say(text):
    if workers.rank == 0:  # or each of them would say it
        print(text)


# %%
# The program is started once for each worker, and each runs this page from the first line to the
# last, on the same data in the same order. They differ in one number, `rank`: 0, 1, and so on up to
# `size` - 1.

say(f"workers: {workers.size}")
(x, t), held_out = hold_out(*digits.load_data(), fraction=0.2, seed=options.seed)


def make_model(seed):
    rng = numpy.random.default_rng(seed)
    return Sequential(Linear(64, 100, rng), ReLU(), Linear(100, 10, rng))


# %%
# The parts of a gradient
# -----------------------
# The loss of a batch is the mean over its rows, and so is its gradient. So a batch can be cut: the
# gradient of 60 digits is the mean of that of the first 30 and that of the last 30.


def gradient(start, end):
    model, loss = make_model(options.seed), SoftmaxWithLoss()
    loss.forward(model.forward(to_device(x[start:end])), to_device(t[start:end]))
    model.backward(loss.backward())
    return to_cpu(model.grads[0])


whole = gradient(0, 60)
halves = (gradient(0, 30) + gradient(30, 60)) / 2
say(f"largest number in the gradient: {abs(whole).max():.4f}")
say(f"the mean of two halves differs by less than a millionth: {abs(halves - whole).max() < 1e-6}")

# %%
# Where the parts are of different sizes, each counts as much as it has rows.

parts = 50 / 60 * gradient(0, 50) + 10 / 60 * gradient(50, 60)
plain = (gradient(0, 50) + gradient(50, 60)) / 2
say(f"50 and 10 rows, weighted: less than a millionth: {abs(parts - whole).max() < 1e-6}")
say(f"50 and 10 rows, not weighted: {abs(plain - whole).max():.4f}")

# %%
# A training
# ----------
# That is all there is to it: before each update the Trainer lets the workers average their
# gradients. MPI calls it an Allreduce: everyone gives an array, and everyone gets the sum. All
# begin with the weights of rank 0, and the same mean makes the same step, so their weights stay the
# same.
#
# `batch_size` is what one worker takes of a step. Of the rows in their new order worker 0 of 3 has
# the first, the fourth, the seventh and so on, so of the last step, where fewer rows are left, one
# worker may have a row more than another, or all that there are. 60 rows in each step, however many
# workers share them, make the same training: alone, with two, three or four the losses are equal,
# up to rounding.
#
# By hand it is `workers.mean(grads, share)`, which changes the gradients in place, with the share
# of the rows that are this worker's. `workers.broadcast(arrays)` gives all the arrays of rank 0,
# and `workers.gather(value)` a list of what each has given.


def train(workers, epochs):
    model = make_model(options.seed + workers.rank)  # all go on with the weights of rank 0
    trainer = Trainer(
        model, SGD(lr=0.5), loss=SoftmaxWithLoss(), seed=options.seed, workers=workers
    )  # fmt: skip
    trainer.fit(
        x, t, epochs, batch_size=60 // workers.size, eval_interval=None, held_out=held_out,
        verbose=False,
    )  # fmt: skip
    return trainer


trainer = train(workers, math.ceil(options.steps / 24))
for epoch in trainer.history[::6]:
    say(
        f"step {epoch.step}: loss {epoch.loss:.3f}, held out {epoch.held_out_loss:.3f}, "
        f"accuracy {epoch.held_out_accuracy:.3f}"
    )

# %%
# Threads of one program can be workers, too. They are no faster, since they share one interpreter;
# but one can look at them without MPI. Here are three, and one alone: after two epochs their
# weights are the same, up to the rounding of float32.

if workers.rank == 0:
    threads = parallel.in_threads(3, lambda three: train(three, epochs=2).model.params[0])
    alone = train(parallel.Workers(), epochs=2).model.params[0]
    print(f"three threads, one set of weights: {all((threads[0] == W).all() for W in threads)}")
    print(f"as one alone has them: {bool(abs(threads[0] - alone).max() < 1e-5)}")

# %%
# What differs
# ------------
# **Dropout** draws other numbers in each worker, as it should: of a batch each row has a mask of
# its own, alone as well. But they are not the numbers that one alone would draw. **BatchNorm**
# takes mean and variance over the rows of its worker, not over the whole batch; its running means
# are averaged with the gradients.
#
# Each step waits for the slowest worker, and for the exchange. On n workers with b rows each, a
# step takes
#
# ::
#
#     (time for b rows) + 2 log₂(n) · latency + 2 (n - 1)/n · (bytes of all gradients) / bandwidth
#
# Two exchanges of half the gradients each, one to add them up and one to tell everyone, and a
# latency for each round of messages. (Before it goes an Allreduce of 16 bytes, which says whether
# all make the same call; the formula leaves it out.) So it pays where the rows of a worker take
# long, and not where there are many weights for little work. A network of a million weights has
# gradients of 4 MB. On 16 machines, with a network that carries 1 GB/s and takes 50 µs for a
# message, a worker is at its own rows for so much of the time, if they take it 100 ms, or 1 ms:


def share_of_work(n, seconds, size, latency=50e-6, bandwidth=1e9):
    exchange = 2 * math.log2(n) * latency + 2 * (n - 1) / n * size / bandwidth
    return seconds / (seconds + exchange)


say(f"100 ms: {share_of_work(16, 0.1, 4e6):.0%}")
say(f"1 ms: {share_of_work(16, 0.001, 4e6):.0%}")

# %%
# The formula is that of Thakur, Rabenseifner and Gropp (2005). What two processes reach on one
# machine is measured in `benchmarks/parallel.md`, with what the formula says of up to 1,024.
#
# When something fails
# --------------------
# An error in one worker would leave the others waiting for it, so it ends all of them, and says
# which one it was. Ctrl-C lets all of them finish the step. A `Checkpoint` among the callbacks is
# written by rank 0 alone, and another number of workers can go on with it, as long as a step has as
# many rows.
