"""Forward values and gradients of single operators."""

import torch.nn.functional as F

from values import exactly, normal, random, stored, uniform

NOTE = (
    "NCHW; X.inK inputs, X.out output, X.dout its cotangent, X.gradK the gradient of sum(out*dout); "
    "convKsS: kernel K stride S, in1 weight OIHW, in2 bias; conv3 pad 1, conv7 pad 3"
)


def generalized_mean(x):
    """Power 3, of values of at least 1e-6."""
    return x.clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)


def reference():
    rng = random(1)

    def conv(batch, channels, side, out, kernel):
        return (
            normal(rng, batch, channels, side, side),
            normal(rng, out, channels, kernel, kernel, scale=0.3),
            normal(rng, out),
        )

    target = exactly(rng.randint(0, 2, (5, 4)))
    cases = {
        "conv3s1": (lambda *a: F.conv2d(*a, padding=1), conv(2, 3, 9, 5, 3)),
        "conv3s2": (lambda *a: F.conv2d(*a, stride=2, padding=1), conv(2, 4, 12, 6, 3)),
        "conv1s2": (lambda *a: F.conv2d(*a, stride=2), conv(2, 4, 12, 6, 1)),
        "conv7s2": (lambda *a: F.conv2d(*a, stride=2, padding=3), conv(2, 3, 20, 4, 7)),
        "conv1s1": (F.conv2d, conv(2, 4, 7, 3, 1)),
        "maxpool3s2p1": (lambda x: F.max_pool2d(x, 3, 2, 1), (normal(rng, 2, 3, 11, 11),)),
        "maxpool2s2": (lambda x: F.max_pool2d(x, 2), (normal(rng, 2, 3, 8, 8),)),
        "batchnorm_train": (
            lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True),
            (normal(rng, 4, 3, 5, 5, scale=2, shift=1), normal(rng, 3), normal(rng, 3)),
        ),
        "gem": (generalized_mean, (uniform(rng, -0.5, 2, 2, 3, 4, 4),)),
        "global_avgpool": (lambda x: x.mean((2, 3)), (normal(rng, 2, 3, 4, 4),)),
        "linear": (F.linear, (normal(rng, 5, 4), normal(rng, 3, 4))),
        "bce": (
            lambda x: F.binary_cross_entropy_with_logits(x, target).reshape(1),
            (normal(rng, 5, 4, scale=3),),
        ),
    }
    tensors = {"bce.target": target}
    for name, (operator, inputs) in cases.items():
        out = operator(*(x.requires_grad_() for x in inputs))
        cotangent = normal(rng, *out.shape)
        out.backward(cotangent)
        for k, x in enumerate(inputs):
            tensors[f"{name}.in{k}"] = x
            tensors[f"{name}.grad{k}"] = x.grad
        tensors[f"{name}.out"] = out
        tensors[f"{name}.dout"] = cotangent
    return stored(tensors), {"note": NOTE}
