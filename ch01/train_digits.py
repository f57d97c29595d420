"""
Reading handwriting
===================

The layers that learned the spiral read real handwriting. The sizes change, a ReLU takes the place
of the sigmoid, a Dropout keeps the network from learning by heart, and Adam takes the steps.
"""

import math

import numpy

from common import players, plot, script
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
# 64 inputs, one for each dot; 256 hidden neurons; 10 scores, one for each digit.
#
# - The **ReLU**, max(x, 0), lets positive numbers through and makes negative ones 0. It bends, as
#   the sigmoid does, and is not flat where its input is large.
# - **Dropout** silences half of the hidden neurons at random, others at each step, so that none can
#   rely on another one. When the network is used, all of them speak, at half their loudness.
#
# An epoch has 45 steps of 32 digits; after each epoch the held-out digits are read.
# (`verbose=False` keeps `fit` from saying so a hundred times; `history` has it all.) The network's
# `forward` gives scores, so the Trainer is told the loss.


def train(optimizer, steps, callbacks=()):
    rng = numpy.random.default_rng(options.seed)
    model = Sequential(Linear(64, 256, rng), ReLU(), Dropout(0.5, seed=rng), Linear(256, 10, rng))
    trainer = Trainer(model, optimizer, loss=SoftmaxWithLoss(), seed=rng)
    epochs = math.ceil(steps / 45)
    trainer.fit(
        x, t, epochs, 32, eval_interval=90, held_out=(x_test, t_test), verbose=False,
        callbacks=callbacks,
    )  # fmt: skip
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
# (Both begin at 0 and are too small at first; after t steps they are divided by 1 - 0.9ᵗ and by
# 1 - 0.999ᵗ. And 1e-8 is added to √v, so that nothing is divided by 0.) m / √v is 1 where the
# gradients agree, and less where they contradict each other. So whatever the size of the gradients,
# a step is about lr long, or shorter. The default of 0.001 is a careful choice for many networks.


def hidden_layer(trainer):
    return trainer.model[0].params[0][:, :18].T  # a row for each of 18 neurons


frames = players.Frames(options.steps, hidden_layer, count=50)
trainer = train(Adam(), options.steps, [frames])
for epoch in trainer.history[9::10]:
    print(
        f"step {epoch.step}: loss {epoch.held_out_loss:.4f}, accuracy {epoch.held_out_accuracy:.4f}"
    )

# %%
# The training loss is that of a network with half its neurons, and the mean over 90 steps; so at
# first it lies above the loss on the held-out digits, which the whole network reads. Later it
# passes below: by then, part of what is learned holds for the training digits alone.

figure = trainer.plot(show=False)
figure.axes[0].set_yscale("log")
script.save(
    figure,
    "ch01_digits_loss",
    alt="Two curves of the loss against the step, on a logarithmic scale. The training loss lies "
    "above the loss on the held-out digits at first, crosses it, and goes on falling where "
    "the other flattens.",
)

# %%
# A hidden neuron has a weight for each of the 64 dots, so what it looks for can be drawn: where its
# picture is orange, ink speaks for it, and where it is blue, against it. Here are 18 of the 256,
# after the training.

drawn = to_cpu(hidden_layer(trainer)).reshape(-1, 8, 8)
figure = plot.images(drawn, [f"neuron {i}" for i in range(len(drawn))], signed=True)
script.save(
    figure,
    "ch01_digits_hidden",
    alt="Small pictures, one for each of some hidden neurons: patches and strokes, orange where "
    "ink speaks for the neuron, blue where it speaks against it.",
)
caption = "How the hidden layer forms, from noise, and the loss beside it."
loss = (trainer.loss_steps, trainer.loss_list)
script.record("ch01_digits_hidden", players.image_frames(frames, 8, 8, loss, caption))

# %%
# Is Adam needed? Not here. The lr of 1 that suited the spiral suits plain descent on the digits
# too: after ten epochs its loss is about half of Adam's. But somebody had to find that 1. With an
# lr of 0.01, the loss of plain descent has hardly moved from log 10 = 2.30, where all ten digits
# are equally likely. (Adam has an lr to find as well: a larger one than the default is faster
# here.)

after_ten = {"Adam()": trainer.history[min(9, len(trainer.history) - 1)]}
ten_epochs = min(options.steps, 450)
for optimizer in (Adam(lr=0.01), SGD(lr=1.0), SGD(lr=0.01)):
    name = f"{type(optimizer).__name__}(lr={optimizer.lr})"
    after_ten[name] = train(optimizer, ten_epochs).history[-1]
for name, epoch in after_ten.items():
    loss, share = epoch.held_out_loss, epoch.held_out_accuracy
    print(f"{name:13} after ten epochs: loss {loss:.2f}, accuracy {share:.2f}")

# %%
# The digits that the first network gets wrong. On many of them, you would hesitate, too.

y = to_cpu(trainer.predict(x_test)).argmax(axis=1)
truth, pictures = to_cpu(t_test), to_cpu(x_test).reshape(-1, 8, 8)
misread = numpy.flatnonzero(y != truth)
titles = [f"{truth[i]}, read as {y[i]}" for i in misread]
script.save(
    plot.images(pictures[misread], titles),
    "ch01_digits_misread",
    alt="The misread digits as small pictures of coarse grey squares, each under the digit "
    "that was meant and the one that was read.",
)

accuracy = 1 - len(misread) / len(truth)
print(f"misread  {len(misread)} of {len(truth)}")
print(f"accuracy {accuracy:.4f}")
