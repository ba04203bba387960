"""Evaluation after the last task of CIFAR: a pass of the base model, adaptations, a pass of each adapted model."""

import copy
import time

import torch
from torch import nn

from networks import NETWORKS, normalized
from rules import within_task


def timed(work):
    started = time.perf_counter()
    result = work()
    return result, 1000 * (time.perf_counter() - started)


@torch.no_grad()
def infer(model, classifiers, images, batch):
    model.eval()
    for x in images.split(batch):
        features = model(normalized(x))
        for classifier in classifiers:
            classifier(features)


def adapt(model, classifier, exemplars, batch):
    model, classifier = copy.deepcopy(model).train(), copy.deepcopy(classifier)
    optimizer = torch.optim.Adam([*model.parameters(), *classifier.parameters()], lr=1e-3)
    for x in exemplars.split(batch):
        optimizer.zero_grad(set_to_none=True)
        labels = torch.randint(classifier.out_features, (len(x),))
        within_task(classifier(model(normalized(x))), labels).backward()
        optimizer.step()
    return model, classifier


def measure(network, tasks, classes, images, exemplars, batch, adaptation):
    """Milliseconds of each part."""
    make, shape, features, _ = NETWORKS[network]
    model = make()
    classifiers = [nn.Linear(features, classes, bias=False) for _ in range(tasks)]
    images = torch.randint(256, (images, *shape), dtype=torch.uint8)
    exemplars = torch.randint(256, (exemplars, *shape), dtype=torch.uint8)
    _, base = timed(lambda: infer(model, classifiers, images, batch))
    own = list(zip(classifiers, exemplars.chunk(tasks)))
    adapted, adapting = timed(lambda: [adapt(model, one, x, adaptation) for one, x in own])
    parts = list(zip(adapted, images.chunk(tasks)))
    _, passes = timed(lambda: [infer(one, [rows], x, batch) for (one, rows), x in parts])
    return {"base": base, "adaptation": adapting, "own": passes}
