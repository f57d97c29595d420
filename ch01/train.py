"""
1.4.3 Training with the Trainer
===============================

The training of the page before, with the loop taken from `common.trainer`. This is the main script
of the chapter.
"""

import math

from ch01.two_layer_net import TwoLayerNet
from common import players, plot, script
from common.optimizer import SGD
from common.trainer import Trainer
from dataset import spiral

options = script.options(seed=0, steps=3000)

# %%
# `fit` goes through the data in batches of 30, 10 steps an epoch. Every `eval_interval` steps it
# reports the mean loss since the last report, beside a progress bar if this runs in a terminal. The
# losses are not those of the page before, since the rows are shuffled into another order. The
# callback keeps a picture of the plane every hundredth step, for the moving picture of the site.

x, t = spiral.load_data()
model = TwoLayerNet(input_size=2, hidden_size=10, output_size=3, seed=options.seed)
trainer = Trainer(model, SGD(lr=1.0), seed=options.seed)
epochs = math.ceil(options.steps / 10)
frames = players.Frames(options.steps, lambda _: players.plane(model.predict, x), count=30)
trainer.fit(x, t, max_epoch=epochs, batch_size=30, eval_interval=100, callbacks=[frames])

# %%
# What the network has learned: to which class it would give each point of the plane. The
# boundaries bend around the arms, although each of the ten hidden neurons on its own can draw one
# straight line. The last lines say the loss and the accuracy over all rows, after the last step.

script.save(
    trainer.plot(show=False),
    "ch01_train_loss",
    alt="A curve of the training loss against the step. It falls, though not evenly, and flattens "
    "towards the end.",
)
script.save(
    plot.decision_boundary(model.predict, x, t),
    "ch01_train_boundary",
    alt="The plane in three colours, one for each class that the trained network answers, under "
    "the points of the three spirals. The borders between the colours bend with the arms, and "
    "nearly every point lies on the colour of its class.",
)
caption = "How the boundary forms, step by step, and the mean loss of the hundred steps before."
loss = (trainer.loss_steps, trainer.loss_list)
script.record("ch01_train_boundary", players.boundary_frames(frames, x, t, loss, caption))

loss, accuracy = trainer.evaluate(x, t)
print(f"loss     {loss:.4f}")
print(f"accuracy {accuracy:.4f}")
