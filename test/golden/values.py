"""Inputs are drawn in float32 from a seed; what follows from them is computed in float64 and stored in float32, so
that the references are right to their last digit and the same on every machine."""

import numpy
import torch

torch.set_default_dtype(torch.float64)


def random(seed):
    """NumPy promises that RandomState gives the same numbers in all versions."""
    return numpy.random.RandomState(seed)


def normal(rng, *shape, scale=1.0, shift=0.0):
    return exactly(shift + scale * rng.randn(*shape))


def uniform(rng, low, high, *shape):
    return exactly(rng.uniform(low, high, shape))


def exactly(values):
    """Values that float32 has, in float64."""
    return torch.from_numpy(numpy.asarray(values, numpy.float32).astype(numpy.float64))


def stored(tensors):
    """As the files hold them: whole numbers as int64, bytes as uint8, all others as float32."""
    result = {}
    for name, tensor in tensors.items():
        array = tensor.detach().numpy() if torch.is_tensor(tensor) else numpy.asarray(tensor)
        kind = array.dtype if array.dtype in (numpy.int64, numpy.uint8) else numpy.float32
        result[name] = numpy.array(array, kind, order="C")
    return result
