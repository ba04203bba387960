"""Training of all tasks of a data set, by the paper's rule or by replay with distillation."""

import copy
import math
import time
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn.functional import affine_grid, binary_cross_entropy_with_logits, cross_entropy, grid_sample

from networks import NETWORKS, normalized
from rules import Paper, set_rate


class Pictures:
    """uint8 pictures, those of each class together: first all that train, then all that are held out."""

    def __init__(self, file, network, mean, std, augmentation):
        shape = NETWORKS[network][1]
        self.all = torch.from_numpy(numpy.fromfile(file, dtype=numpy.uint8)).view(-1, *shape)
        self.mean, self.std = (torch.tensor(own).view(-1, 1, 1) for own in (mean, std))
        self.augmentation = augmentation

    def read(self, indices, varied=False):
        x = self.all[indices]
        if varied and self.augmentation:
            x = vary(x.float(), **self.augmentation)
        return normalized(x, self.mean, self.std)


def vary(x, padding, flip, rotation):
    """A window anywhere on the picture with a border, half of them mirrored, turned about the middle; the nearest pixel."""
    count, _, size, _ = x.shape
    shift = 2 * torch.randint(-padding, padding + 1, (2, count)) / size
    mirror = 1 - 2 * torch.randint(0, 2, (count,)) if flip else torch.ones(count)
    angle = (2 * torch.rand(count) - 1) * math.radians(rotation)
    cos, sin = angle.cos(), angle.sin()
    rows = [torch.stack([mirror * cos, -mirror * sin, shift[0]]), torch.stack([sin, cos, shift[1]])]
    matrix = torch.stack(rows).permute(2, 0, 1)
    grid = affine_grid(matrix, x.shape, align_corners=False)
    return grid_sample(x, grid, mode="nearest", align_corners=False)


@torch.no_grad()
def features_of(model, pictures, indices):
    model.eval()
    return torch.cat([model(pictures.read(part)) for part in indices.split(256)])


def herding(features, count):
    """Rebuffi et al. 2017, Algorithm 4."""
    rows = nn.functional.normalize(features)
    mean, total, chosen = rows.mean(0), torch.zeros(rows.shape[1]), []
    free = torch.ones(len(rows), dtype=torch.bool)
    while len(chosen) < min(count, len(rows)):
        scores = rows @ ((len(chosen) + 1) * mean - total)
        scores[~free] = -math.inf
        best = int(scores.argmax())
        chosen.append(best)
        free[best] = False
        total += rows[best]
    return torch.tensor(chosen)


def replay_distillation(model, classifiers, before, make_optimizer, pictures, session):
    """Cross-entropy over all classes, and the sigmoids of the model before for the old ones."""
    samples, labels, _, rates, batch = session
    rows = nn.Parameter(torch.cat([own.weight.detach() for own in classifiers]))
    optimizer = make_optimizer([*model.parameters(), rows])
    model.train()
    for indices, rate in batches_of(len(samples), batch, rates):
        x = pictures.read(samples[indices], varied=True)
        logits = model(x) @ rows.t()
        loss = cross_entropy(logits, labels[indices])
        if before:
            teacher, old = before
            with torch.no_grad():
                targets = (teacher(x) @ old.t()).sigmoid()
            loss = loss + binary_cross_entropy_with_logits(logits[:, : len(old)], targets)
        set_rate(optimizer, rate)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    sizes = [own.out_features for own in classifiers]
    for own, weight in zip(classifiers, rows.detach().split(sizes)):
        own.weight.data.copy_(weight)


def paper(model, classifiers, before, make_optimizer, pictures, session):
    samples, labels, eta, rates, batch = session
    rule = Paper(model, classifiers, make_optimizer)
    size = classifiers[0].out_features
    for indices, rate in batches_of(len(samples), batch, rates):
        tasks = labels[indices] // size
        parts = {}
        for task in tasks.unique().tolist():
            own = indices[tasks == task]
            parts[task] = (pictures.read(samples[own], varied=True), labels[own] - task * size)
        rule.train(parts, eta, rate)


METHODS = {"paper": paper, "replay-distillation": replay_distillation}


def batches_of(count, batch, rates):
    """Shuffled mini-batches, epoch after epoch, each with its learning rate."""
    batches = []
    for rate in rates:
        if not batches:
            batches = list(torch.randperm(count).split(batch))
        yield batches.pop(0), rate


def measure(folder, network, method, training, heldOut, tasks, rates, etas, batch, memory, selection, pictures, seed):
    """Trains; writes the features of exemplars and of held-out pictures and the classifier's rows as float32, and answers with the
    seconds of training and the number of exemplars of a class.

    training, heldOut: pictures of each class; rates: of each task for each mini-batch
    """
    torch.manual_seed(seed)
    folder = Path(folder)
    make, _, size, make_optimizer = NETWORKS[network]
    images = Pictures(folder / "pictures", network, **pictures)
    model, classifiers, before, exemplars = make(), [], None, []
    starts = numpy.cumsum([0, *training])
    classes = len(training) // tasks
    started = time.perf_counter()
    for task in range(tasks):
        classifiers.append(nn.Linear(size, classes, bias=False))
        new = [
            torch.arange(starts[position], starts[position + 1])
            for position in range(task * classes, (task + 1) * classes)
        ]
        known = [*exemplars, *new]
        labels = torch.cat([torch.full((len(own),), i) for i, own in enumerate(known)])
        session = (torch.cat(known), labels, etas[task], rates[task], batch)
        METHODS[method](model, classifiers, before, make_optimizer, images, session)
        each = memory // len(known)
        if selection == "herding":
            chosen = [own[herding(features_of(model, images, own), each)] for own in new]
        else:
            chosen = [own[:each] for own in new]
        exemplars = [*(own[:each] for own in exemplars), *chosen]
        rows = torch.cat([own.weight.detach() for own in classifiers])
        before = (copy.deepcopy(model).eval(), rows)
    seconds = time.perf_counter() - started
    held = torch.arange(starts[-1], starts[-1] + sum(heldOut))
    features = features_of(model, images, torch.cat([*exemplars, held]))
    features.numpy().tofile(folder / "features")
    rows.numpy().tofile(folder / "classifier")
    return {"seconds": seconds, "exemplars": [len(own) for own in exemplars]}
