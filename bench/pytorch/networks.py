"""The networks of the paper as it has them, and what they are trained by."""

import torch
from torch import nn


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


def reduced_resnet18(widths=(21, 42, 85, 170)):
    layers = [nn.Conv2d(3, widths[0], 3, padding=1), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)]
    inputs = widths[0]
    for stage, channels in enumerate(widths):
        for block in range(2):
            pool = block == 1 and stage in (1, 2)
            layers.append(Block(inputs, channels, block == 0 and stage > 0, pool))
            inputs = channels
    network = nn.Sequential(*layers, GeneralizedMean())
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU())


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=1e-2, momentum=0.9, weight_decay=1e-3)


def radam(parameters):
    return torch.optim.RAdam(parameters, lr=1e-3)


# By name: how it is made, shape of a picture, features, optimiser.
NETWORKS = {
    "mlp": (mlp, (1, 28, 28), 400, sgd),
    "reduced-resnet18": (reduced_resnet18, (3, 32, 32), 170, radam),
}


def normalized(x, mean=0.5, std=0.25):
    return x.float().div_(255).sub_(mean).div_(std)
