"""How long an epoch of a recipe takes PyTorch and Apus: the time of a step, times the steps of Fashion-MNIST's 60,000
images in batches of 128.

    .venv/bin/python Benchmarks/recipe_epoch.py [--threads 2] [--steps 60] [--apus .build/release/apus]

The model is that of `apus train resnet-small`, trained with AdamW in eager PyTorch, in both layouts. PyTorch's step is the
median; Apus's is the difference of two runs of the recipe, so that neither reading nor judging is counted, and it takes
pictures of the set and moves and flips them, which PyTorch is spared.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH = 128
STEPS_OF_AN_EPOCH = 469
WARM_UP = 5


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.inner = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


def unit(inputs: int, outputs: int, pools: bool = False) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    layers = [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pools else []))


class ResNet9(nn.Module):
    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(
            unit(1, width),
            unit(width, 2 * width, pools=True),
            Residual(unit(2 * width, 2 * width), unit(2 * width, 2 * width)),
            unit(2 * width, 4 * width, pools=True),
            unit(4 * width, 8 * width, pools=True),
            Residual(unit(8 * width, 8 * width), unit(8 * width, 8 * width)),
        )
        self.fc = nn.Linear(8 * width, 10, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x).amax((2, 3))) * 0.125


def torch_step(steps: int, channels_last: bool) -> float:
    """The median time of a step, in seconds."""
    torch.manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = ResNet9().to(memory_format=layout)
    assert sum(p.numel() for p in model.parameters()) == 1_645_536
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    images = torch.rand(BATCH, 1, 28, 28).contiguous(memory_format=layout)
    labels = torch.arange(BATCH) % 10
    times = []
    for number in range(WARM_UP + steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
        if number >= WARM_UP:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def apus_step(apus: str, threads: int, steps: int) -> float:
    def seconds(count: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            subprocess.run(
                [apus, "train", "resnet-small", "--steps", str(count), "--threads", str(threads), "--quiet", "--out"]
                + [f"{folder}/run"],
                check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            return time.perf_counter() - start

    few = 10
    return (seconds(few + steps) - seconds(few)) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--apus", default=".build/release/apus")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    for name, channels_last in (("contiguous", False), ("channels last", True)):
        step = torch_step(options.steps, channels_last)
        print(f"torch {torch.__version__.split('+')[0]}, {name}: {step * 1e3:.0f} ms a step, "
              f"{step * STEPS_OF_AN_EPOCH:.0f} s an epoch", flush=True)  # fmt: skip
    step = apus_step(options.apus, options.threads, options.steps)
    print(f"apus: {step * 1e3:.0f} ms a step, {step * STEPS_OF_AN_EPOCH:.0f} s an epoch")


if __name__ == "__main__":
    main()
