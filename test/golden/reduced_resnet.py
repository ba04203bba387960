"""The paper's reduced ResNet-18 with few channels: a forward pass, its gradients, eight steps of RAdam."""

import json

import torch
import torch.nn.functional as F
from torch import nn

import optimizer
from operators import generalized_mean
from values import normal, random, stored, uniform

WIDTHS, CLASSES, COLUMNS = [4, 6, 8, 10], 6, slice(2, 4)
SAMPLES, SIDE = 8, 16
# Of 100 tried, the seed whose inputs of ReLUs keep farthest from 0 (4e-6) in all nine passes: where float32 rounds to
# the other side, a gradient passes or doesn't.
SEED = 1003
STEPS, KEPT = 8, (1, 5, 8)
NOTE = (
    "init: parameters and running statistics at the start; loss: mean BCE over the columns; grad, logits_train and "
    "after_forward: of one training pass from init; radamK: after K steps from init; logits_eval: after the last, in "
    "evaluation mode"
)


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outputs)
        if inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return y + (F.relu(self.downsample(x)) if hasattr(self, "downsample") else x)


class ReducedResNet18(nn.Module):
    """Strides of 1; 2×2 max-pooling before the last ReLU of stages 2 and 3; generalised-mean pooling; a classifier
    without biases."""

    def __init__(self, widths, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, padding=1)
        self.bn1 = nn.BatchNorm2d(widths[0])
        for stage, (inputs, outputs) in enumerate(zip([widths[0], *widths], widths), 1):
            setattr(self, f"layer{stage}", nn.Sequential(Block(inputs, outputs), Block(outputs, outputs)))
        self.fc = nn.Linear(widths[-1], classes, bias=False)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(1, 5):
            for block in (0, 1):
                x = getattr(self, f"layer{stage}")[block](x)
                if stage in (2, 3) and block == 1:
                    x = F.max_pool2d(x, 2)
                x = F.relu(x)
        return self.fc(generalized_mean(x))


def reference():
    rng = random(SEED)
    network = ReducedResNet18(WIDTHS, CLASSES)
    init = {name: initial(rng, name, value) for name, value in values(network).items()}
    x = normal(rng, SAMPLES, 3, SIDE, SIDE)
    y = torch.from_numpy(rng.randint(COLUMNS.start, COLUMNS.stop, SAMPLES))
    metadata = {
        "widths": json.dumps(WIDTHS),
        "classes": str(CLASSES),
        "columns": f"{COLUMNS.start}:{COLUMNS.stop}",
        "lr": str(optimizer.SETTINGS["lr"]),
        "note": NOTE,
    }
    return stored(results(network, init, x, y)), metadata


def values(network):
    """Parameters and running statistics by name."""
    return {name: value for name, value in network.state_dict().items() if "num_batches" not in name}


def initial(rng, name, value):
    if name.endswith("running_var"):
        return uniform(rng, 0.5, 2, *value.shape)
    if value.dim() == 1:
        return normal(rng, *value.shape, scale=0.1, shift=float("bn" in name and name.endswith("weight")))
    fan_in = value[0].numel()
    return normal(rng, *value.shape, scale=(2 / fan_in) ** 0.5)


def results(network, init, x, y):
    tensors = {**{f"init.{name}": value for name, value in init.items()}, "x": x, "y": y}
    network.load_state_dict(init, strict=False)
    targets = F.one_hot(y, CLASSES).double()

    def loss_of(logits):
        return F.binary_cross_entropy_with_logits(logits[:, COLUMNS], targets[:, COLUMNS])

    network.train()
    logits = network(x)
    loss = loss_of(logits)
    loss.backward()
    tensors.update({"logits_train": logits, "loss": loss.reshape(1)})
    tensors.update({f"grad.{name}": p.grad.clone() for name, p in network.named_parameters()})
    tensors.update({f"after_forward.{name}": value.clone() for name, value in values(network).items()
                    if "running" in name})

    network.load_state_dict(init, strict=False)
    radam = torch.optim.RAdam(network.parameters(), **optimizer.SETTINGS)
    for step in range(1, STEPS + 1):
        radam.zero_grad()
        loss_of(network(x)).backward()
        radam.step()
        if step in KEPT:
            tensors.update({f"radam{step}.{name}": value.clone() for name, value in values(network).items()
                            if step == STEPS or "running" not in name})
    network.eval()
    tensors["logits_eval"] = network(x)
    return tensors
