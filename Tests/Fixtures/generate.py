"""Writes the fixtures that hold PyTorch's numbers: primitives, optimizers, initializers, lenet5, layers, philox, sparse
and windows (.json).

    Benchmarks/setup.sh && .venv/bin/python Tests/Fixtures/generate.py

It needs the versions of Benchmarks/requirements.txt (PyTorch 2.15.0, NumPy 2.4.6, Python 3.11 or newer), which each
file names.  The other files have programs of their own: fixture_blocks.py, fixture_tensor_api.py,
fixture_linear_algebra.py, fixture_vocabulary.py, fixture_sequences.py, fixture_optimizers.py and
fixture_state_dictionary.py; fixture_zoo.py needs torchvision.  The same versions write the same bytes.  Every file is {"versions": ..., "description": ..., "cases": [...]} with one case a line; floats are
the shortest decimals that give the same float32 (doubles where a file says so).

A tensor is {"shape": [...], "dtype": "float32" | "int32" | "bool", "values": [... row-major]}.  A case of primitives.json:

    {"op": name, "attributes": {...}, "inputs": [tensor...], "output": tensor,
     "cotangent": tensor | null, "gradients": [tensor | null, for each input]}

where a gradient is that of sum(cotangent * output); null where the input isn't a float or has none.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "Benchmarks")]

import fixture_layers  # noqa: E402
import fixture_philox  # noqa: E402
import fixture_primitives  # noqa: E402
import fixture_sparse  # noqa: E402
import fixture_training  # noqa: E402
import fixture_windows  # noqa: E402
from fixture_file import versions, write  # noqa: E402

LARGEST_TOTAL = 800_000

DESCRIPTIONS = {
    "primitives": "Operations by PyTorch in float64 from float32 inputs, rounded to float32; images NHWC, weights HWIO, "
    "padding ((top, bottom), (left, right)); the average pool counts the padding",
    "optimizers": "Parameters after 10, 20, ... 50 steps of PyTorch in float32 on the problem; gradients are computed in "
    "float64 and rounded",
    "initializers": "Bounds of uniform and deviations of normal distributions in double precision; shapes are [outputs, "
    "inputs] and HWIO; PyTorch counts fanOut without regard to groups",
    "lenet5": "LeNet-5 with the weights and the batch of Benchmarks/hashed_values.py: losses before each of the first "
    "steps in float32 and in float64, logits of two examples and norms of the gradients before the first step",
    "layers": "Layers of images, sequences and tables by PyTorch in float64 from float32 inputs, channels last, weights "
    "[spatial, inputs / groups, outputs]",
    "philox": "Philox 4x32-10: the vectors published with Random123, and further ones",
    "sparse": "Tables trained through sparse gradients by PyTorch in float32: each step's batch, loss, gradient and result",
    "windows": "Pooling, unpooling and windows over any axes by PyTorch in float64 from float32 inputs, channels last",
}


def contents() -> dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """For each file what stands before its cases, and its cases."""
    return {
        "primitives": ({}, fixture_primitives.make()),
        "optimizers": ({"problem": fixture_training.PROBLEM}, fixture_training.optimizers()),
        "initializers": ({}, fixture_training.initializers()),
        "lenet5": ({"hash": fixture_training.hash_samples()}, fixture_training.lenet5()),
        "layers": ({}, fixture_layers.make()),
        "philox": ({}, fixture_philox.make()),
        "sparse": ({}, fixture_sparse.make()),
        "windows": ({}, fixture_windows.make()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the fixtures that hold PyTorch's numbers.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    out: Path = parser.parse_args().out
    torch.set_num_threads(1)
    total = 0
    for name, (header, cases) in contents().items():
        path = out / f"{name}.json"
        write(path, {"versions": versions(), "description": DESCRIPTIONS[name]} | header, cases)
        total += path.stat().st_size
        print(f"{path.name}: {len(cases)} cases, {path.stat().st_size / 1000:.0f} kB")
    if total > LARGEST_TOTAL:
        sys.exit(f"the fixtures take {total} bytes, more than {LARGEST_TOTAL}")


if __name__ == "__main__":
    main()
