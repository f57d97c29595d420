"""
Keep what was learned
=====================

A training takes seconds here, and days elsewhere. This page saves a network, loads it into another,
stops a training with Ctrl-C, and goes on with it as if nothing had happened.
"""

import math
import signal
import tempfile
from pathlib import Path

import numpy

from common import script
from common.checkpoint import Checkpoint, load, save
from common.functions import accuracy
from common.layers import BatchNorm, Dropout, Linear, ReLU, Sequential, SoftmaxWithLoss
from common.optimizer import Adam
from common.parameters import named_arrays
from common.trainer import Trainer
from dataset import spiral

options = script.options(seed=0, steps=1000)
epochs = math.ceil(options.steps / 10)
folder = tempfile.TemporaryDirectory()  # it is gone after the page; choose one that stays
x, t = spiral.load_data()


# %%
# A network to be kept. It has a BatchNorm, which keeps a running mean and variance beside what it
# learns, and a Dropout, which draws random numbers at each step.


def make_trainer(seed):
    rng = numpy.random.default_rng(seed)
    model = Sequential(
        Linear(2, 30, rng), BatchNorm(30), ReLU(), Dropout(0.1, seed=rng), Linear(30, 3, rng)
    )
    return Trainer(model, Adam(lr=0.02), loss=SoftmaxWithLoss(), seed=rng)


trainer = make_trainer(options.seed)
trainer.fit(x, t, epochs, batch_size=30, eval_interval=500)

# %%
# Save
# ----
# One line. What is written are arrays with names. A name tells the place of the array in the model:
# `layers.0.W` is the W of `model.layers[0]`. Gradients are not kept: the next
# backward makes new ones.

path = Path(folder.name, "spiral.safetensors")
save(trainer.model, path)
for name, array in named_arrays(trainer.model).items():
    print(f"{name:15} {array.dtype} {array.shape}")
print(f"{path.name}: {path.stat().st_size} bytes")

# %%
# The format, safetensors, holds arrays and text, nothing else. (Python's own pickle may hold a
# program, which runs when the file is opened. Never open a pickle from a stranger.) Beside the
# arrays stands a SHA-256, a number that changes with every bit of them. A file that was damaged on
# its way is refused, rather than read as numbers that are a little wrong.
#
# Load
# ----
# A file holds numbers, and the program knows what is done with them. So make the model by the same
# code, and load the numbers into it. Before that, the new network guesses; after it, it says what
# the old one said, to the last bit.

other = make_trainer(seed=options.seed + 1)
before = accuracy(other.predict(x), t)
load(other.model, path)
after = accuracy(other.predict(x), t)
print(f"a new network {before:.2f}, after load {after:.2f}")
print("the same scores:", bool((other.predict(x) == trainer.predict(x)).all()))

# %%
# Into another model the numbers do not fit. Then the error names all that differs, and the model
# stays as it is.

try:
    load(Sequential(Linear(2, 30), ReLU(), Linear(30, 4)), path)
except ValueError as error:
    print(str(error).replace(folder.name, "..."))

# %%
# To PyTorch and back
# -------------------
# PyTorch reads the file as well. It keeps a weight the other way round, (outputs, inputs) where we
# have (inputs, outputs), so each W is transposed on its way. Here for a network of two layers,
# `model`, and `peer` in PyTorch; a file from there has no SHA-256 of ours, and `foreign=True` says
# that this is meant:
#
# ::
#
#     from safetensors.torch import load_file, save_file
#
#     save(model, path)
#     arrays = load_file(path)
#     peer = torch.nn.Sequential(torch.nn.Linear(2, 30), torch.nn.ReLU(), torch.nn.Linear(30, 3))
#     for i in (0, 2):
#         W, b = arrays[f"layers.{i}.W"], arrays[f"layers.{i}.b"]
#         peer[i].load_state_dict({"weight": W.T, "bias": b})
#
#     arrays = {}
#     for i in (0, 2):
#         arrays[f"layers.{i}.W"] = peer[i].weight.detach().T.contiguous()
#         arrays[f"layers.{i}.b"] = peer[i].bias.detach()
#     save_file(arrays, path)
#     load(model, path, foreign=True)
#
# Interrupt
# ---------
# Weights alone are not enough to go on with a training. Adam has a memory of past gradients, the
# running epoch has its order of the rows, the Dropout is somewhere in its random numbers. A
# `Checkpoint` keeps all of that: every 100 steps here, and when Ctrl-C is pressed. This callback
# presses it halfway through, when an epoch has ended. A step always comes to its end, here the
# first of the next epoch.


def press_ctrl_c(trainer):
    if trainer.epoch == epochs // 2:
        signal.raise_signal(signal.SIGINT)


def train(trainer):
    checkpoint = Checkpoint(Path(folder.name, "run.safetensors"), every=100)
    trainer.fit(x, t, epochs, 30, eval_interval=500, callbacks=[press_ctrl_c, checkpoint])


interrupted = make_trainer(options.seed)
train(interrupted)
print(f"{interrupted.step} steps of {10 * epochs}")

# %%
# Resume
# ------
# Tomorrow, in another process: the same code makes a trainer, `resume` reads the file, and the same
# `fit` does what is left. (The callback's epoch is over, so nothing is pressed this time.) Within a
# script, `if path.exists():` goes before `resume`, and then one starts the script again and again
# until it is through.

resumed = make_trainer(options.seed)
resumed.resume(Path(folder.name, "run.safetensors"))
train(resumed)
print(f"{resumed.step} steps of {10 * epochs}")

# %%
# Compare it with the training at the top of this page, which was never interrupted. All weights
# agree to the last bit, and so do the losses on the way.

ours, theirs = named_arrays(resumed.model), named_arrays(trainer.model)
same_arrays = all((ours[name] == theirs[name]).all() for name in theirs)
same_losses = resumed.loss_list == trainer.loss_list
print("the same weights:", bool(same_arrays), "- the same losses:", same_losses)

# %%
# A kill, or a power cut, leaves no time to write anything down. Then the training goes on from the
# last checkpoint, and at most 100 steps are done once more. A checkpoint is written under another
# name and takes its place when it is whole, and the one before stays beside it. So there is always
# one to go on from.

print(sorted(path.name for path in Path(folder.name).iterdir()))
folder.cleanup()
