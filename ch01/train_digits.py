"""
Reading handwriting
===================

The layers that learned the spiral read real handwriting. Only the sizes change, and the ReLU in
place of the sigmoid.
"""

import numpy

from common import plot, script
from common.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from common.optimizer import Adam
from common.trainer import Trainer
from common.util import to_cpu
from dataset import digits, hold_out

options = script.options(seed=0, steps=1800)
rng = numpy.random.default_rng(options.seed)

# %%
# 1,797 digits of 8×8 grey dots, written by 13 people. A fifth is held out: the network never
# sees it in training, so that what counts is reading, not remembering.

x, t = digits.load_data()
(x, t), (x_test, t_test) = hold_out(x, t, fraction=0.2, seed=options.seed)
print(f"{len(x)} digits to learn from, {len(x_test)} to be judged by")

# %%
# 64 inputs, one for each dot; 64 hidden neurons; 10 scores, one for each digit. An epoch has 45
# steps of 32 digits; after each, the held-out digits are read.

model = Sequential(Linear(64, 64, rng), ReLU(), Linear(64, 10, rng))
trainer = Trainer(model, Adam(), loss=SoftmaxWithLoss(), seed=rng)
trainer.fit(
    x, t, max_epoch=options.steps // 45, batch_size=32, eval_interval=90, held_out=(x_test, t_test)
)

# %%
# The two curves part: what helps on the digits that it learns from helps less and less on those
# that it has not seen. From there on, more and more is learned by heart.

script.save(trainer.plot(show=False), "ch01_digits_loss")

# %%
# The digits that it gets wrong. Many of them one would have to look at twice oneself.

y = to_cpu(model.forward(x_test)).argmax(axis=1)
truth, pictures = to_cpu(t_test), to_cpu(x_test).reshape(-1, 8, 8)
misread = numpy.flatnonzero(y != truth)
titles = [f"{truth[i]}, read as {y[i]}" for i in misread]
script.save(plot.images(pictures[misread], titles), "ch01_digits_misread")

accuracy = 1 - len(misread) / len(truth)
print(f"misread  {len(misread)} of {len(truth)}")
print(f"accuracy {accuracy:.4f}")
