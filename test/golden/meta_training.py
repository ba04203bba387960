"""Mini-batches of meta-training with an MLP: iTAML's Algorithm 1 (arXiv 2003.11652), and the rule of its released
program."""

import math
from functools import partial

import torch
import torch.nn.functional as F

from values import normal, random, stored, uniform

INPUTS, HIDDEN, TASKS, TASK, CLASSES = 12, 16, 5, 2, 2
BATCHES, SIZE = 5, 24
LEARNING_RATE, WEIGHT_DECAY, BETA = 0.1, 1e-3, 0.5
ETA = math.exp(-BETA * TASK / TASKS)
NOTE = (
    "task counts from 0; eta = exp(-beta*task/tasks); loss is the mean BCE over the micro-batch and the task's own "
    "columns; batch 2 holds no sample of task 0; paper: momentum buffers are kept per task"
)


def references():
    """What makes each file, by the name of its rule."""
    return {
        "paper_own_momentum_r1": partial(reference, "paper", "own", 0.9, 1),
        "paper_interpolate_momentum_r2": partial(reference, "paper", "interpolate", 0.9, 2),
        "paper_interpolate_sgd_r1": partial(reference, "paper", "interpolate", 0, 1),
        "official_interpolate_momentum_r1": partial(reference, "official", "interpolate", 0.9, 1),
    }


def reference(rule, phi, momentum, inner_steps):
    rng = random(3)
    model = {
        "mlp1.weight": by_fan_in(rng, HIDDEN, INPUTS),
        "mlp1.bias": by_fan_in(rng, HIDDEN),
        "mlp2.weight": by_fan_in(rng, HIDDEN, HIDDEN),
        "mlp2.bias": by_fan_in(rng, HIDDEN),
        "fc.weight": by_fan_in(rng, TASKS * CLASSES, HIDDEN),
    }
    x = normal(rng, BATCHES, SIZE, INPUTS)
    y = torch.from_numpy(rng.randint(0, (TASK + 1) * CLASSES, (BATCHES, SIZE)))
    y[2] = torch.from_numpy(rng.randint(CLASSES, (TASK + 1) * CLASSES, SIZE))
    final, losses = train(model, x, y, rule, phi, momentum, inner_steps)
    metadata = {
        "classes_per_task": str(CLASSES),
        "task": str(TASK),
        "tasks": str(TASKS),
        "beta": str(BETA),
        "r": str(inner_steps),
        "lr": str(LEARNING_RATE),
        "momentum": str(momentum),
        "weight_decay": str(WEIGHT_DECAY),
        "eta": repr(ETA),
        "rule": rule,
        "phi": phi,
        "note": NOTE,
    }
    tensors = {
        **{f"init.{name}": value for name, value in model.items()},
        **{f"final.{name}": value for name, value in final.items()},
        "x": x,
        "y": y,
        "losses": torch.tensor(losses),
    }
    return stored(tensors), metadata


def by_fan_in(rng, *shape):
    bound = 1 / math.sqrt(shape[-1])
    return uniform(rng, -bound, bound, *shape)


def train(model, x, y, rule, phi, momentum, inner_steps):
    """The model after all mini-batches, and the loss before each step of an inner loop."""
    sgd = partial(torch.optim.SGD, lr=LEARNING_RATE, momentum=momentum, weight_decay=WEIGHT_DECAY)
    batch = BatchRule(sgd, inner_steps) if rule == "official" else PaperRule(sgd, inner_steps, phi)
    losses = []
    for xs, ys in zip(x, y):
        present = sorted(set((ys // CLASSES).tolist()))
        micro = {task: (xs[ys // CLASSES == task], ys[ys // CLASSES == task] % CLASSES) for task in present}
        model = batch(model, micro, losses)
    return model, losses


class PaperRule:
    """Every task starts from the same base, with a model {θ, φ_i} and an optimiser of its own; θ moves by η to the
    mean of the tasks'; φ_i stays what its inner loop made of it (own), or moves by η/n of the way (interpolate)."""

    def __init__(self, sgd, inner_steps, phi):
        self.inner_steps, self.phi = inner_steps, phi
        self.models = [{} for _ in range(TASKS)]
        self.optimizers = [None] * TASKS
        self.sgd = sgd

    def __call__(self, base, micro, losses):
        ends = {}
        for task, (x, labels) in micro.items():
            own = self.start(task, {**base, "fc.weight": base["fc.weight"][rows(task)]})
            for _ in range(self.inner_steps):
                self.optimizers[task].zero_grad()
                loss = F.binary_cross_entropy_with_logits(logits(own, x), F.one_hot(labels, CLASSES).double())
                loss.backward()
                self.optimizers[task].step()
                losses.append(loss.item())
            ends[task] = {name: value.detach().clone() for name, value in own.items()}
        next_ = {name: towards(value, mean(end[name] for end in ends.values()), ETA)
                 for name, value in base.items() if name != "fc.weight"}
        classifier = base["fc.weight"].clone()
        for task, end in ends.items():
            share = 1 if self.phi == "own" else ETA / len(ends)
            classifier[rows(task)] = towards(classifier[rows(task)], end["fc.weight"], share)
        return {**next_, "fc.weight": classifier}

    def start(self, task, values):
        """The task's parameters at these values; its optimiser remembers its moments by the parameter objects."""
        own = self.models[task]
        if not own:
            own.update({name: torch.nn.Parameter(value.clone()) for name, value in values.items()})
            self.optimizers[task] = self.sgd(own.values())
        with torch.no_grad():
            for name, value in values.items():
                own[name].copy_(value)
        return own


class BatchRule:
    """The released program: one model, one optimiser; the tasks one after another, then by η from the base to the
    last result. Rows of other tasks have a gradient of 0, which weight decay and momentum move."""

    def __init__(self, sgd, inner_steps):
        self.inner_steps = inner_steps
        self.model = self.optimizer = None
        self.sgd = sgd

    def __call__(self, base, micro, losses):
        if self.model is None:
            self.model = {name: torch.nn.Parameter(value.clone()) for name, value in base.items()}
            self.optimizer = self.sgd(self.model.values())
        for task, (x, labels) in micro.items():
            for _ in range(self.inner_steps):
                self.optimizer.zero_grad()
                own = logits(self.model, x)[:, rows(task)]
                loss = F.binary_cross_entropy_with_logits(own, F.one_hot(labels, CLASSES).double())
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
        with torch.no_grad():
            for name, parameter in self.model.items():
                parameter.copy_(towards(base[name], parameter, ETA))
        return {name: parameter.detach().clone() for name, parameter in self.model.items()}


def rows(task):
    return slice(task * CLASSES, (task + 1) * CLASSES)


def logits(model, x):
    for layer in ("mlp1", "mlp2"):
        x = F.relu(F.linear(x, model[f"{layer}.weight"], model[f"{layer}.bias"]))
    return F.linear(x, model["fc.weight"])


def towards(base, end, share):
    return base + share * (end - base)


def mean(values):
    return torch.stack(list(values)).mean(0)
