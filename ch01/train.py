"""
1.4.3 Training with the Trainer
===============================

The training of the page before, with the loop taken from `common.trainer`. This is the main script
of the chapter.
"""

import math

from ch01.two_layer_net import TwoLayerNet
from common import plot, script
from common.optimizer import SGD
from common.trainer import Trainer
from dataset import spiral

options = script.options(seed=0, steps=3000)

# %%
# `fit` goes through the data in batches of 30, 10 steps an epoch. Every `eval_interval` steps it
# reports the mean loss since the last report, beside a progress bar if this runs in a terminal. The
# losses are not those of the page before, since the rows are shuffled into another order.

x, t = spiral.load_data()
model = TwoLayerNet(input_size=2, hidden_size=10, output_size=3, seed=options.seed)
trainer = Trainer(model, SGD(lr=1.0), seed=options.seed)
epochs = math.ceil(options.steps / 10)
trainer.fit(x, t, max_epoch=epochs, batch_size=30, eval_interval=100)

# %%
# What the network has learned: to which class it would give each point of the plane. The
# boundaries bend around the arms, although each of the ten hidden neurons on its own can draw one
# straight line. The last lines say the loss and the accuracy over all rows, after the last step.

script.save(trainer.plot(show=False), "ch01_train_loss")
script.save(plot.decision_boundary(model.predict, x, t), "ch01_train_boundary")

loss, accuracy = trainer.evaluate(x, t)
print(f"loss     {loss:.4f}")
print(f"accuracy {accuracy:.4f}")
