"""What a comparator is asked for, and what it offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

WORKLOADS = ("lenet5", "lenet5-inference", "matmul")
MODES = {
    "lenet5": ("eager", "channels-last", "compile", "jax"),
    "lenet5-inference": ("eager", "channels-last", "compile", "jax"),
    "matmul": ("eager", "jax"),
}


class Unavailable(Exception):
    """Why a mode can't be run on this machine."""


@dataclass(frozen=True)
class Options:
    """One measurement; size is rows, inner and columns of a matrix product."""

    workload: str
    mode: str
    batch: int
    threads: int
    size: tuple[int, int, int]


@dataclass(frozen=True)
class Workload:
    """A warm workload: the losses of its first steps, and run(steps) -> (seconds, last loss)."""

    framework: str
    losses: list[float]
    run: Callable[[int], tuple[float, float]]


def parse_size(text: str) -> tuple[int, int, int]:
    """`1024` is 1024 x 1024 x 1024; `32x2048x512` is rows x inner x columns."""
    sizes = [int(part) for part in text.split("x")]
    if len(sizes) not in (1, 3) or min(sizes) < 1:
        raise ValueError(f"{text}: expected N or ROWSxINNERxCOLUMNS")
    return (sizes[0],) * 3 if len(sizes) == 1 else tuple(sizes)
