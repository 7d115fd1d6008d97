"""What can be measured, and how a comparator is asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CONVOLUTION_MODES = ("eager", "channels-last", "compile", "jax")
COMPILED_MODES = ("eager", "compile", "jax")
MODES = CONVOLUTION_MODES
"""All modes, in the order of the table's columns."""


@dataclass(frozen=True)
class Specification:
    """A workload: the modes of its comparators, what is measured by default, and the kind of row it is."""

    kind: str
    modes: tuple[str, ...]
    batch: int = 1
    sizes: tuple[str | None, ...] = (None,)
    peers_at_once: int = 4
    """How many comparators are kept in memory at a time."""


def _models() -> dict[str, Specification]:
    """Training and inference of each model."""
    all = {
        "mlp": (COMPILED_MODES, 128, 4),
        "lenet5": (CONVOLUTION_MODES, 128, 4),
        "resnet18": (CONVOLUTION_MODES, 32, 4),
        "alexnet": (CONVOLUTION_MODES, 8, 2),
        "vgg16": (CONVOLUTION_MODES, 8, 1),
        "lstm-lm": (COMPILED_MODES, 32, 4),
        "gpt": (COMPILED_MODES, 8, 4),
    }
    result = {}
    for name, (modes, batch, at_once) in all.items():
        result[name] = Specification("training", modes, batch, peers_at_once=at_once)
        result[f"{name}-inference"] = Specification("inference", modes, batch, peers_at_once=at_once)
    return result


MATRICES = (
    "128",
    "512",
    "1024",
    "32x512x2048",
    "128x512x10",
    "2048x384x1536",
    "2048x1536x384",
    "2048x512x10000",
    "1x1024x4096",
)
"""Rows x inner x columns."""

CONVOLUTIONS = ("32x32x64", "32x16x128", "32x8x256", "32x4x512", "8x56x64", "8x28x128")
"""Batch x side x channels, in and out; 3 x 3, stride 1, padding 1."""

WORKLOADS: dict[str, Specification] = _models() | {
    "gpt-decode": Specification("decoding", COMPILED_MODES),
    "matmul": Specification("operation", ("eager", "jax"), sizes=MATRICES),
    "convolution": Specification("operation", ("eager", "channels-last", "jax"), sizes=CONVOLUTIONS),
    "convolution-data-gradient": Specification("operation", ("eager", "channels-last", "jax"), sizes=CONVOLUTIONS),
    "convolution-weight-gradient": Specification("operation", ("eager", "channels-last", "jax"), sizes=CONVOLUTIONS),
    "attention": Specification("operation", COMPILED_MODES, sizes=("8x6x256x64",)),
    "layer-norm": Specification("operation", COMPILED_MODES, sizes=("2048x384", "2048x10000")),
    "cross-entropy": Specification("operation", COMPILED_MODES, sizes=("2048x10000",)),
    "elementwise": Specification("operation", COMPILED_MODES, sizes=("16777216",)),
    "elementwise-reduction": Specification("operation", COMPILED_MODES, sizes=("32768x512",)),
    "adam": Specification("operation", COMPILED_MODES, peers_at_once=2),
    "start-mlp": Specification("start", ("eager", "jax"), 128),
    "start-lenet5": Specification("start", ("eager", "jax"), 128),
}

LEARNING_RATES = {"mlp": 1e-3, "lenet5": 1e-3, "resnet18": 1e-5, "alexnet": 1e-5, "vgg16": 1e-6}
OTHER_LEARNING_RATE = 1e-4
"""Of Adam; small enough that rounding does not grow to other losses within five steps."""

WARM_UP_STEPS = 5


class Unavailable(Exception):
    """Why a mode can't be run on this machine."""


@dataclass(frozen=True)
class Options:
    """One measurement."""

    workload: str
    mode: str
    batch: int
    threads: int
    size: tuple[int, ...]

    @property
    def model(self) -> str:
        """The model, of its inference too."""
        return self.workload.removesuffix("-inference")

    @property
    def learning_rate(self) -> float:
        return LEARNING_RATES.get(self.model, OTHER_LEARNING_RATE)


@dataclass(frozen=True)
class Workload:
    """A warm workload: the losses of its first steps, and run(steps) -> (seconds, last loss)."""

    framework: str
    losses: list[float]
    run: Callable[[int], tuple[float, float]]


def parse_size(text: str) -> tuple[int, ...]:
    """`32x2048x512` is (32, 2048, 512)."""
    sizes = tuple(int(part) for part in text.split("x"))
    if min(sizes) < 1:
        raise ValueError(f"{text}: expected numbers with x between them")
    return sizes


def matrix_size(size: tuple[int, ...]) -> tuple[int, int, int]:
    """Rows, inner and columns of a matrix product; one number stands for all three."""
    rows, inner, columns = size * 3 if len(size) == 1 else size
    return rows, inner, columns


def work(workload: str, size: tuple[int, ...]) -> float | None:
    """The floating-point operations in a step, for products and convolutions (counted as direct ones)."""
    if workload == "matmul":
        rows, inner, columns = matrix_size(size)
        return 2.0 * rows * inner * columns
    if workload.startswith("convolution"):
        batch, side, channels = size
        return 2.0 * 9 * batch * side * side * channels * channels
    return None
