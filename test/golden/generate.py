"""Makes the reference numbers beside it, with PyTorch and Pillow: see README.md.

    python3 test/golden/generate.py             writes them
    python3 test/golden/generate.py --check     compares them with what it would write
"""

import json
import sys
from pathlib import Path

import numpy

import meta_training
import operators
import optimizer
import pictures
import reduced_resnet
import resnet18
import safetensors_file
import task_scores

HERE = Path(__file__).parent

FILES = {
    "ops.safetensors": operators.reference,
    "radam.safetensors": optimizer.reference,
    "reduced_resnet.safetensors": reduced_resnet.reference,
    "task_scores.safetensors": task_scores.reference,
    "augment.safetensors": pictures.reference,
    **{f"meta_{name}.safetensors": make for name, make in meta_training.references().items()},
}


def write():
    for file, make in FILES.items():
        safetensors_file.write(HERE / file, *make())
    (HERE / "resnet18_shapes.json").write_text(resnet18_shapes())


def check():
    worst = 0.0
    for file, make in FILES.items():
        tensors, metadata = make()
        found, found_metadata = safetensors_file.read(HERE / file)
        assert metadata == found_metadata and tensors.keys() == found.keys(), f"{file}: other contents"
        errors = [difference(tensors[name], found[name]) for name in tensors]
        print(f"{file}: {max(errors):.1e}")
        worst = max(worst, *errors)
    assert (HERE / "resnet18_shapes.json").read_text() == resnet18_shapes(), "resnet18_shapes.json"
    assert worst < 1e-6, f"a difference of {worst:.1e}"


def difference(expected, found):
    """The largest |expected − found| / (1 + |expected|)."""
    expected, found = expected.astype(numpy.float64), found.astype(numpy.float64)
    return (abs(expected - found) / (1 + abs(expected))).max()


def resnet18_shapes():
    return json.dumps(resnet18.shapes()) + "\n"


if __name__ == "__main__":
    check() if sys.argv[1:] == ["--check"] else write()
