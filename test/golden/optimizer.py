"""RAdam (Liu et al. 2020) on given gradients, by PyTorch's own class."""

import torch

from values import normal, random, stored

SETTINGS = {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}


def reference(steps=14, shape=(5, 3)):
    rng = random(2)
    gradients = normal(rng, steps, *shape)
    parameter = torch.nn.Parameter(normal(rng, *shape))
    start = parameter.detach().clone()
    history = [start, *(after(parameter, gradients))]
    metadata = {
        "lr": "0.01",
        "betas": "0.9,0.999",
        "eps": "1e-08",
        "note": "params[0] is the start, params[k] after k steps; rectified from the sixth step on",
    }
    return stored({"grads": gradients, "params": torch.stack(history)}), metadata


def after(parameter, gradients):
    """The parameter after each step."""
    optimizer = torch.optim.RAdam([parameter], **SETTINGS)
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
        yield parameter.detach().clone()
