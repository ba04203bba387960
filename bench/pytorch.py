"""The work of bench/main.ts and bench/evaluation.ts in PyTorch, for comparison: the paper's rule, one optimiser for
each task.

Reads lines {"workload": NAME, "session": T, "samples": [of each task]} and answers each with the milliseconds of one
mini-batch, the first time after one that doesn't count. {"evaluation": {"tasks", "images", "exemplars", …}} is answered
with the milliseconds of its parts.
"""

import copy
import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(1)


class Block(nn.Module):
    def __init__(self, inputs, channels, project, pool):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
        )
        self.skip = (
            nn.Sequential(
                nn.Conv2d(inputs, channels, 1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
            )
            if project
            else nn.Identity()
        )
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()

    def forward(self, x):
        return torch.relu(self.pool(self.branch(x) + self.skip(x)))


class GeneralizedMean(nn.Module):
    def forward(self, x):
        return x.clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)


def reduced_resnet(widths=(21, 42, 85, 170)):
    layers = [nn.Conv2d(3, widths[0], 3, padding=1), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)]
    inputs = widths[0]
    for stage, channels in enumerate(widths):
        for block in range(2):
            pool = block == 1 and stage in (1, 2)
            layers.append(Block(inputs, channels, block == 0 and stage > 0, pool))
            inputs = channels
    return nn.Sequential(*layers, GeneralizedMean())


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU())


WORKLOADS = {
    "cifar": (
        reduced_resnet,
        (3, 32, 32),
        170,
        10,
        lambda parameters: torch.optim.RAdam(parameters, lr=1e-3),
    ),
    "mnist": (
        mlp,
        (1, 28, 28),
        400,
        2,
        lambda parameters: torch.optim.SGD(parameters, lr=1e-2, momentum=0.9, weight_decay=1e-3),
    ),
}


def normalized(x):
    return x.float().div_(255).sub_(0.5).div_(0.25)


class Session:
    def __init__(self, workload, samples):
        make, self.shape, features, self.classes, optimizer = WORKLOADS[workload]
        self.samples = samples
        self.model = make().train()
        self.classifiers = [nn.Linear(features, self.classes, bias=False) for _ in samples]
        self.optimizers = [
            optimizer([*self.model.parameters(), *classifier.parameters()])
            for classifier in self.classifiers
        ]
        self.loss = nn.BCEWithLogitsLoss()

    def train(self, batches, eta):
        state = list(self.model.state_dict().values())
        base = [tensor.clone() for tensor in state]
        total = [torch.zeros_like(tensor) for tensor in state]
        for task, (x, targets) in enumerate(batches):
            with torch.no_grad():
                for tensor, start in zip(state, base):
                    tensor.copy_(start)
            optimizer = self.optimizers[task]
            optimizer.zero_grad(set_to_none=True)
            self.loss(self.classifiers[task](self.model(normalized(x))), targets).backward()
            optimizer.step()
            with torch.no_grad():
                for tensor, sum_ in zip(state, total):
                    sum_.add_(tensor)
        with torch.no_grad():
            names = self.model.state_dict()
            parameters = {name for name, _ in self.model.named_parameters()}
            for name, tensor, start, sum_ in zip(names, state, base, total):
                mean = sum_ / len(batches)
                tensor.copy_(start + eta * (mean - start) if name in parameters else mean)

    def milliseconds(self):
        batches = []
        for samples in self.samples:
            targets = torch.zeros(samples, self.classes)
            targets[torch.arange(samples), torch.randint(self.classes, (samples,))] = 1
            x = torch.randint(256, (samples, *self.shape), dtype=torch.uint8)
            batches.append((x, targets))
        started = time.perf_counter()
        self.train(batches, 0.5)
        return 1000 * (time.perf_counter() - started)


class Evaluation:
    """After the last task of CIFAR: a pass of the base model, adaptations, a pass of each adapted model."""

    def __init__(self, tasks, images, exemplars, batch, adaptation):
        make, shape, features, self.classes, _ = WORKLOADS["cifar"]
        self.tasks, self.batch, self.adaptation = tasks, batch, adaptation
        self.model = make()
        self.classifiers = [nn.Linear(features, self.classes, bias=False) for _ in range(tasks)]
        self.images = torch.randint(256, (images, *shape), dtype=torch.uint8)
        self.exemplars = torch.randint(256, (exemplars, *shape), dtype=torch.uint8)
        self.loss = nn.BCEWithLogitsLoss()

    @torch.no_grad()
    def infer(self, model, classifiers, images):
        model.eval()
        for x in images.split(self.batch):
            features = model(normalized(x))
            for classifier in classifiers:
                classifier(features)

    def adapt(self, task, exemplars):
        model, classifier = copy.deepcopy(self.model).train(), copy.deepcopy(self.classifiers[task])
        optimizer = torch.optim.Adam([*model.parameters(), *classifier.parameters()], lr=1e-3)
        for x in exemplars.split(self.adaptation):
            optimizer.zero_grad(set_to_none=True)
            targets = torch.zeros(len(x), self.classes)
            targets[torch.arange(len(x)), torch.randint(self.classes, (len(x),))] = 1
            self.loss(classifier(model(normalized(x))), targets).backward()
            optimizer.step()
        return model, classifier

    def milliseconds(self):
        def timed(work):
            started = time.perf_counter()
            result = work()
            return result, 1000 * (time.perf_counter() - started)

        _, base = timed(lambda: self.infer(self.model, self.classifiers, self.images))
        own = list(enumerate(self.exemplars.chunk(self.tasks)))
        adapted, adaptation = timed(lambda: [self.adapt(task, x) for task, x in own])
        parts = list(zip(adapted, self.images.chunk(self.tasks)))
        _, passes = timed(
            lambda: [self.infer(model, [classifier], x) for (model, classifier), x in parts]
        )
        return {"base": base, "adaptation": adaptation, "own": passes}


sessions = {}
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "evaluation" in request:
        print(json.dumps(Evaluation(**request["evaluation"]).milliseconds()), flush=True)
        continue
    key = (request["workload"], request["session"])
    if key not in sessions:
        sessions[key] = Session(request["workload"], request["samples"])
        sessions[key].milliseconds()
    repetitions = request["repetitions"]
    times = [sessions[key].milliseconds() for _ in range(repetitions)]
    print(json.dumps({"milliseconds": sum(times) / repetitions}), flush=True)
