"""
Reading handwriting
===================

The layers that learned the spiral read real handwriting. The sizes change, a ReLU takes the place
of the sigmoid, a Dropout keeps the network from learning by heart, and Adam takes the steps.
"""

import math

import numpy

from common import plot, script
from common.base import mode
from common.layers import Dropout, Linear, ReLU, Sequential, SoftmaxWithLoss
from common.optimizer import SGD, Adam
from common.trainer import Trainer
from common.util import to_cpu
from dataset import digits, hold_out

options = script.options(seed=0, steps=4500)

# %%
# 1,797 digits of 8×8 grey dots, written by 13 people. A fifth is held out: the network never
# sees it in training, so that what counts is reading, not remembering.

x, t = digits.load_data()
(x, t), (x_test, t_test) = hold_out(x, t, fraction=0.2, seed=options.seed)
print(f"{len(x)} digits to learn from, {len(x_test)} to be judged by")

# %%
# 64 inputs, one for each dot; 256 hidden neurons; 10 scores, one for each digit. In between,
# Dropout silences half of the hidden neurons at random, others at each step, so that none can
# rely on one other alone. An epoch has 45 steps of 32 digits; after each, the held-out digits are
# read. (`verbose=False` keeps `fit` from saying so a hundred times; `history` has it all.)


def train(optimizer, steps):
    rng = numpy.random.default_rng(options.seed)
    model = Sequential(Linear(64, 256, rng), ReLU(), Dropout(0.5, seed=rng), Linear(256, 10, rng))
    trainer = Trainer(model, optimizer, loss=SoftmaxWithLoss(), seed=rng)
    epochs = math.ceil(steps / 45)
    trainer.fit(x, t, epochs, 32, eval_interval=90, held_out=(x_test, t_test), verbose=False)
    return trainer


# %%
# Adam
# ----
# Plain descent multiplies each gradient by lr, so how far it goes depends on how large gradients
# happen to be. **Adam** keeps two running means for each weight, of its gradient g and of g²:
#
# ::
#
#     m ← 0.9 m + 0.1 g          v ← 0.999 v + 0.001 g²
#     W ← W - lr · m / √v
#
# (Both begin at 0 and are divided by what they lack at first; a 1e-8 beside √v keeps from dividing
# by 0.) m / √v is about 1 where the gradients agree, and less where they contradict each other. So
# lr is, nearly, the length of a step, and the default of 0.001 suits many networks.

trainer = train(Adam(), options.steps)
for epoch in trainer.history[9::10]:
    print(
        f"step {epoch.step}: loss {epoch.held_out_loss:.4f}, accuracy {epoch.held_out_accuracy:.4f}"
    )

# %%
# The training loss is that of a network with half its neurons, and the mean over 90 steps; so at
# first it lies above the loss on the held-out digits, which the whole network reads. Later it
# passes below: by then, part of what is learned holds for these digits alone.

script.save(trainer.plot(show=False), "ch01_digits_loss")

# %%
# Is Adam better? Not on this problem: the lr of 1 that suited the spiral suits the digits too, and
# after ten epochs the loss of plain descent is about half of Adam's. But somebody had to find that
# 1. With an lr of 0.01, plain descent has hardly begun.

after_ten = {"Adam()": trainer.history[:10][-1]}
for lr in (1.0, 0.01):
    after_ten[f"SGD(lr={lr})"] = train(SGD(lr), steps=min(options.steps, 450)).history[-1]
for name, epoch in after_ten.items():
    loss, share = epoch.held_out_loss, epoch.held_out_accuracy
    print(f"{name:12} after ten epochs: loss {loss:.2f}, accuracy {share:.2f}")

# %%
# The digits that the first network gets wrong. On many of them, one would hesitate oneself.

with mode(trainer.model, training=False):
    y = to_cpu(trainer.model.forward(x_test)).argmax(axis=1)
truth, pictures = to_cpu(t_test), to_cpu(x_test).reshape(-1, 8, 8)
misread = numpy.flatnonzero(y != truth)
titles = [f"{truth[i]}, read as {y[i]}" for i in misread]
script.save(plot.images(pictures[misread], titles), "ch01_digits_misread")

accuracy = 1 - len(misread) / len(truth)
print(f"misread  {len(misread)} of {len(truth)}")
print(f"accuracy {accuracy:.4f}")
