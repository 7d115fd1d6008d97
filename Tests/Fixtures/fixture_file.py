"""How the fixtures are drawn and written: one case a line, floats as the shortest decimals that give the same float32."""

from __future__ import annotations

import json
import math
import platform
import zlib
from pathlib import Path
from typing import Any

import numpy
import torch

Array = numpy.ndarray


class Numbers:
    """Draws the inputs of one case."""

    def __init__(self, *seed: Any) -> None:
        self.generator = numpy.random.default_rng(zlib.crc32(repr(seed).encode()))

    def floats(self, *shape: int, low: float = -2, high: float = 2) -> Array:
        drawn = self.generator.uniform(low, high, shape)
        return numpy.asarray(numpy.round(drawn, 3), numpy.float32)

    def integers(self, low: int, high: int, *shape: int) -> Array:
        return numpy.asarray(self.generator.integers(low, high, shape), numpy.int32)

    def flags(self, *shape: int) -> Array:
        return self.generator.uniform(0, 1, shape) < 0.6


def versions() -> dict[str, str]:
    """What made a file."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"torch": torch.__version__.split("+")[0], "numpy": numpy.__version__, "python": python}


def tensor(array: Array) -> dict[str, Any]:
    """A tensor as the fixtures hold it: float32, int32 or bool, in row-major order."""
    if array.dtype == numpy.bool_:
        return {"shape": list(array.shape), "dtype": "bool", "values": [bool(x) for x in array.ravel()]}
    if numpy.issubdtype(array.dtype, numpy.integer):
        return {"shape": list(array.shape), "dtype": "int32", "values": [int(x) for x in array.ravel()]}
    return {"shape": list(array.shape), "dtype": "float32", "values": floats(array)}


def floats(array: Array) -> list[float]:
    """Numbers that are written as float32."""
    return [checked(x) for x in numpy.asarray(array, numpy.float32).ravel()]


def checked(x: float) -> float:
    """The double whose shortest decimal is that of the float32; never NaN or infinite."""
    if not math.isfinite(x):
        raise ValueError("a fixture holds only finite numbers")
    return float(str(numpy.float32(x)))


def write(path: Path, header: dict[str, Any], cases: list[dict[str, Any]]) -> None:
    """Writes {..., "cases": [...]}."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in header.items()]
    rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text("{\n" + "\n".join(lines) + '\n"cases": [\n' + rows + "\n]}\n")
