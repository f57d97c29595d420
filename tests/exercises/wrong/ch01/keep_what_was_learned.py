from common.checkpoint import Checkpoint, load, save
from tests.exercises.wrong import wrong


@wrong("names_in_the_file", "has a place, too")
def linears_alone(count):
    return [f"layers.{i}.{name}" for i in range(count) for name in "Wb"]


@wrong("names_in_the_file", "where the layers stand in the model")
def places_alone(count):
    return [f"{2 * i}.{name}" for i in range(count) for name in "Wb"]


@wrong("names_in_the_file", "What does a ReLU learn?")
def of_all(count):
    return [f"layers.{i}.{name}" for i in range(2 * count - 1) for name in "Wb"]


@wrong("names_in_the_file", "layer by layer")
def weights_first(count):
    return [f"layers.{2 * i}.{name}" for name in "Wb" for i in range(count)]


@wrong("names_in_the_file", "the name at place 0 of the list is not 'layers.1.W'")
def counted_from_one(count):
    return [f"layers.{2 * i + 1}.{name}" for i in range(count) for name in "Wb"]


@wrong("names_in_the_file", "With count = 3, the name at place 2 of the list is not 'layers.1.W'")
def the_last_ones_right(count):
    places = [0, 2] if count == 2 else [*range(count - 1), 2 * count - 2]
    return [f"layers.{place}.{name}" for place in places for name in "Wb"]


@wrong("names_in_the_file", "there are 6 arrays, and you name 4")
def of_two(count):
    return [f"layers.{2 * i}.{name}" for i in range(min(count, 2)) for name in "Wb"]


@wrong("names_in_the_file", "A list of strings is wanted")
def one_string(count):
    return ", ".join(f"layers.{2 * i}.{name}" for i in range(count) for name in "Wb")


@wrong("go_on", "Go on with it")
def weights_and_checkpoint(trainer, x, t, max_epoch, path):
    if path.exists():
        load(trainer.model, path)
    trainer.fit(x, t, max_epoch, 5, callbacks=[Checkpoint(path)], verbose=False)


@wrong("go_on", "no file at path")
def nothing_kept(trainer, x, t, max_epoch, path):
    if path.exists():
        trainer.resume(path)
    trainer.fit(x, t, max_epoch, 5, verbose=False)


@wrong("go_on", "holds a model and no training")
def resume_from_a_model(trainer, x, t, max_epoch, path):
    if path.exists():
        trainer.resume(path)
    trainer.fit(x, t, max_epoch, 5, verbose=False)
    save(trainer.model, path)


@wrong("go_on", "max_epoch counts from the beginning")
def subtracts(trainer, x, t, max_epoch, path):
    if path.exists():
        trainer.resume(path)
    epochs = max_epoch - len(trainer.history)
    trainer.fit(x, t, epochs, 5, callbacks=[Checkpoint(path)], verbose=False)


@wrong("go_on", "In batches of 5 there are 6")
def batches_of_any_size(trainer, x, t, max_epoch, path):
    if path.exists():
        trainer.resume(path)
    trainer.fit(x, t, max_epoch, callbacks=[Checkpoint(path)], verbose=False)


@wrong("go_on", "Is fit called in both parts?")
def nothing_in_the_second(trainer, x, t, max_epoch, path):
    if path.exists():
        trainer.resume(path)
    else:
        trainer.fit(x, t, max_epoch, 5, callbacks=[Checkpoint(path)], verbose=False)


@wrong("go_on", "'Trainer' object has no attribute 'save'")
def saved_by_the_trainer(trainer, x, t, max_epoch, path):
    if path.exists():
        trainer.resume(path)
    trainer.fit(x, t, max_epoch, 5, verbose=False)
    trainer.save(path)


@wrong("go_on", "there is no file")
def no_if(trainer, x, t, max_epoch, path):
    trainer.resume(path)
    trainer.fit(x, t, max_epoch, 5, callbacks=[Checkpoint(path)], verbose=False)


class Keeps:
    def __init__(self, path):
        self.path = path


@wrong("Keeper", "has the last network")
class EachEpoch(Keeps):
    def after_epoch(self, trainer):
        save(trainer.model, self.path)


@wrong("Keeper", "has the network of epoch 4")
class BetterThanTheOneBefore(Keeps):
    def after_epoch(self, trainer):
        losses = [epoch.held_out_loss for epoch in trainer.history]
        if len(losses) < 2 or losses[-1] < losses[-2]:
            save(trainer.model, self.path)


@wrong("Keeper", "equals that of epoch 3, and is not lower")
class AsLow(Keeps):
    def after_epoch(self, trainer):
        losses = [epoch.held_out_loss for epoch in trainer.history]
        if losses[-1] == min(losses):
            save(trainer.model, self.path)


@wrong("Keeper", "has the last network")
class ByTrainingLoss(Keeps):
    def after_epoch(self, trainer):
        losses = [epoch.loss for epoch in trainer.history]
        if losses[-1] == min(losses):
            save(trainer.model, self.path)


@wrong("Keeper", "Write trainer.model")
class SavesTheTrainer(Keeps):
    def after_epoch(self, trainer):
        save(trainer, self.path)


@wrong("Keeper", "no file at path")
class NotTheFirst(Keeps):
    def after_epoch(self, trainer):
        losses = [epoch.held_out_loss for epoch in trainer.history]
        if losses[:-1] and losses[-1] < min(losses[:-1]):
            save(trainer.model, self.path)
