"""
Reading handwriting
===================

The layers that learned the spiral read real handwriting. The sizes change, a ReLU takes the place
of the sigmoid, and a Dropout keeps the network from learning by heart.
"""

import numpy

from common import plot, script
from common.base import mode
from common.layers import Dropout, Linear, ReLU, Sequential, SoftmaxWithLoss
from common.optimizer import Adam
from common.trainer import Trainer
from common.util import to_cpu
from dataset import digits, hold_out

options = script.options(seed=0, steps=4500)
rng = numpy.random.default_rng(options.seed)

# %%
# 1,797 digits of 8×8 grey dots, written by 13 people. A fifth is held out: the network never
# sees it in training, so that what counts is reading, not remembering.

x, t = digits.load_data()
(x, t), (x_test, t_test) = hold_out(x, t, fraction=0.2, seed=options.seed)
print(f"{len(x)} digits to learn from, {len(x_test)} to be judged by")

# %%
# 64 inputs, one for each dot; 256 hidden neurons; 10 scores, one for each digit. In between,
# Dropout silences half of the hidden neurons at random, others at each step, so that none can
# rely on one other alone. An epoch has 45 steps of 32 digits; after each, the held-out digits
# are read.

model = Sequential(Linear(64, 256, rng), ReLU(), Dropout(0.5, seed=rng), Linear(256, 10, rng))
trainer = Trainer(model, Adam(), loss=SoftmaxWithLoss(), seed=rng)
epochs = -(-options.steps // 45)  # whole ones
trainer.fit(x, t, epochs, batch_size=32, eval_interval=90, held_out=(x_test, t_test))

# %%
# The training loss is that of a network with half its neurons, and the mean over 90 steps; so at
# first it lies above the loss on the held-out digits, which the whole network reads. Later it
# passes below: by then, part of what is learned holds for these digits alone. The held-out loss
# has come to rest, and more steps would not make the network read better.

script.save(trainer.plot(show=False), "ch01_digits_loss")

# %%
# The digits that it gets wrong. On many of them, one would hesitate oneself.

with mode(model, training=False):
    y = to_cpu(model.forward(x_test)).argmax(axis=1)
truth, pictures = to_cpu(t_test), to_cpu(x_test).reshape(-1, 8, 8)
misread = numpy.flatnonzero(y != truth)
titles = [f"{truth[i]}, read as {y[i]}" for i in misread]
script.save(plot.images(pictures[misread], titles), "ch01_digits_misread")

accuracy = 1 - len(misread) / len(truth)
print(f"misread  {len(misread)} of {len(truth)}")
print(f"accuracy {accuracy:.4f}")
