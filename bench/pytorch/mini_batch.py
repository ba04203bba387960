"""A mini-batch of meta-training on made pictures."""

import time

import torch
from torch import nn

from networks import NETWORKS, normalized
from rules import RULES


class MiniBatch:
    def __init__(self, network, rule, classes, samples):
        make, self.shape, features, optimizer = NETWORKS[network]
        self.classes, self.samples = classes, samples
        classifiers = [nn.Linear(features, classes, bias=False) for _ in samples]
        self.rule = RULES[rule](make(), classifiers, optimizer)

    def milliseconds(self, repetitions):
        batches = {}
        for task, samples in enumerate(self.samples):
            x = torch.randint(256, (samples, *self.shape), dtype=torch.uint8)
            batches[task] = (x, torch.randint(self.classes, (samples,)))
        started = time.perf_counter()
        for _ in range(repetitions):
            ready = {task: (normalized(x), labels) for task, (x, labels) in batches.items()}
            self.rule.train(ready, 0.5, 1e-4)
        return 1000 * (time.perf_counter() - started) / repetitions


sessions = {}


def measure(network, rule, classes, samples, repetitions):
    """Milliseconds of a mini-batch with so many samples of each task."""
    key = (network, rule, tuple(samples))
    if key not in sessions:
        sessions[key] = MiniBatch(network, rule, classes, samples)
    return sessions[key].milliseconds(repetitions)
