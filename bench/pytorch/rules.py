"""How a mini-batch, cut by tasks, changes a model. Each rule is given (x, labels within the task) by task."""

import copy

import torch
from torch import nn
from torch.nn.functional import one_hot


def within_task(logits, labels):
    """The paper's loss: binary cross-entropy over the classes of one task."""
    targets = one_hot(labels, logits.shape[1]).float()
    return nn.functional.binary_cross_entropy_with_logits(logits, targets)


def set_rate(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


class Paper:
    """Algorithm 1: tasks start from a common base, each with an optimiser of its own, and are averaged."""

    def __init__(self, model, classifiers, make_optimizer):
        self.model, self.classifiers = model.train(), classifiers
        self.optimizers = [
            make_optimizer([*model.parameters(), *classifier.parameters()])
            for classifier in classifiers
        ]

    def train(self, batches, eta, rate):
        state = self.model.state_dict()
        base = [tensor.clone() for tensor in state.values()]
        total = [torch.zeros_like(tensor) for tensor in state.values()]
        for task, (x, labels) in batches.items():
            with torch.no_grad():
                for tensor, start in zip(state.values(), base):
                    tensor.copy_(start)
            optimizer = self.optimizers[task]
            set_rate(optimizer, rate)
            optimizer.zero_grad(set_to_none=True)
            within_task(self.classifiers[task](self.model(x)), labels).backward()
            optimizer.step()
            with torch.no_grad():
                for tensor, sum_ in zip(state.values(), total):
                    sum_.add_(tensor)
        with torch.no_grad():
            parameters = {name for name, _ in self.model.named_parameters()}
            for (name, tensor), start, sum_ in zip(state.items(), base, total):
                mean = sum_ / len(batches)
                tensor.copy_(start + eta * (mean - start) if name in parameters else mean)


class OnePass:
    """The same with the optimiser outside and r = 1: one pass over the whole mini-batch, one step."""

    def __init__(self, model, classifiers, make_optimizer):
        self.model, self.classifiers = model.train(), classifiers
        parameters = [parameter for own in classifiers for parameter in own.parameters()]
        self.optimizer = make_optimizer([*model.parameters(), *parameters])

    def train(self, batches, eta, rate):
        set_rate(self.optimizer, eta * rate)
        self.optimizer.zero_grad(set_to_none=True)
        features = self.model(torch.cat([x for x, _ in batches.values()]))
        parts = features.split([len(x) for x, _ in batches.values()])
        losses = [
            within_task(self.classifiers[task](part), labels)
            for (task, (_, labels)), part in zip(batches.items(), parts)
        ]
        (sum(losses) / len(losses)).backward()
        self.optimizer.step()


class Released:
    """What the authors' program does for a mini-batch: a pass over all of it for its accuracy, whose graph is kept; a copy of the
    model; a copy of its parameters for each task, which nothing uses; the tasks one after another with one optimiser over all
    columns; the mean of as many references to the last result as there are tasks."""

    def __init__(self, model, classifiers, make_optimizer):
        columns = sum(own.out_features for own in classifiers)
        self.size = classifiers[0].out_features
        classifier = nn.Linear(classifiers[0].in_features, columns, bias=False)
        self.model = nn.Sequential(model, classifier).train()
        self.optimizer = make_optimizer(self.model.parameters())

    def train(self, batches, eta, rate):
        set_rate(self.optimizer, rate)
        outputs = self.model(torch.cat([x for x, _ in batches.values()]))
        base = copy.deepcopy(self.model)
        results = []
        for task, (x, labels) in batches.items():
            for parameter in base.parameters():
                copy.deepcopy(parameter)
            own = self.model(x).clone()[:, task * self.size : (task + 1) * self.size]
            self.optimizer.zero_grad()
            within_task(own, labels).backward()
            self.optimizer.step()
            results.append([parameter.data for parameter in self.model.parameters()])
        for i, (parameter, start) in enumerate(zip(self.model.parameters(), base.parameters())):
            mean = torch.stack([result[i] for result in results]).mean(0)
            parameter.data = eta * mean + (1 - eta) * start.data
        outputs.data.topk(5)


RULES = {"paper": Paper, "one-pass": OnePass, "released": Released}
