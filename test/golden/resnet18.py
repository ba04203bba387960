"""The shapes of the common ResNet-18's parameters, as torchvision has it."""

import torchvision


def shapes():
    network = torchvision.models.resnet18()
    return {name: list(parameter.shape) for name, parameter in network.named_parameters()}
