"""`apus train ddpm` and `dcgan` beside the same models in PyTorch: how they learn, and how long a step takes.

    .venv/bin/python Benchmarks/generative.py [--recipe ddpm] [--threads 2] [--steps 300] [--apus .build/release/apus]

Of ddpm it prints the squared error of the predicted noise on test images, at steps spread evenly over the images, by the
averages of the parameters after so many steps; of dcgan the losses of the last steps. The data, the models, the batches'
sizes, rates and schedules are the same; first weights, order and noise are drawn by each. PyTorch's step is the median, in
the quicker of both layouts; Apus's is the difference of two runs, so that neither reading nor judging is counted.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import json
import math
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffusion_models import DiffusionUNet, cosine_betas, discriminator, generator

FASHION = Path("/usr/share/datasets/fashion-mnist")
FEW = 10


def images(part: str) -> tuple[Tensor, Tensor]:
    def read(name: str, offset: int) -> numpy.ndarray:
        return numpy.frombuffer(gzip.open(FASHION / f"{part}-{name}-ubyte.gz").read(), numpy.uint8, offset=offset)

    pixels = torch.from_numpy(read("images-idx3", 16).reshape(-1, 1, 28, 28).copy())
    return pixels.float() / 127.5 - 1, torch.from_numpy(read("labels-idx1", 8).astype(numpy.int64))


def factor(step: int, steps: int) -> float:
    """Apus's `warmup-cosine`."""
    warmup = max(1, steps // 20)
    if step < warmup:
        return 0.01 + 0.99 * step / warmup
    return (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))) / 2


class DDPM:
    batch = 64

    def __init__(self, steps: int, channels_last: bool) -> None:
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.model = DiffusionUNet().to(memory_format=self.layout)
        self.average = copy.deepcopy(self.model)
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: factor(step, steps))
        self.alphas = torch.cumprod(1 - cosine_betas(), 0)
        self.steps = 0

    def noised(self, x: Tensor, noise: Tensor, time_: Tensor) -> Tensor:
        alpha = self.alphas[time_].float()[:, None, None, None]
        return alpha.sqrt() * x + (1 - alpha).sqrt() * noise

    def step(self, x: Tensor, labels: Tensor) -> tuple[float, ...]:
        x = x.contiguous(memory_format=self.layout)
        time_, noise = torch.randint(0, 1000, (len(x),)), torch.randn_like(x)
        labels = torch.where(torch.rand(len(x)) < 0.1, 10, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(self.model(self.noised(x, noise, time_), time_, labels), noise)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1)
        self.optimizer.step()
        self.schedule.step()
        share = 1 - min((self.steps + 1) / (self.steps + 10), 0.999)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), share)
        self.steps += 1
        return (loss.item(),)

    @torch.no_grad()
    def judge(self, x: Tensor, labels: Tensor) -> float:
        sums = 0.0
        for start in range(0, len(x), 500):
            part = x[start : start + 500]
            time_ = ((torch.arange(len(part)) + 0.5) / len(part) * 1000).long()
            noise = torch.randn_like(part)
            said = self.average(self.noised(part, noise, time_), time_, labels[start : start + 500])
            sums += F.mse_loss(said, noise, reduction="sum").item()
        return sums / x.numel()


class DCGAN:
    batch = 128

    def __init__(self, steps: int, channels_last: bool) -> None:
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.maker, self.judger = (m.to(memory_format=self.layout) for m in (generator(), discriminator()))
        for module in [*self.maker.modules(), *self.judger.modules()]:
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(module.weight, 0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1, 0.02)
        self.optimizers = [torch.optim.Adam(m.parameters(), 2e-4, betas=(0.5, 0.999)) for m in (self.judger, self.maker)]

    def step(self, x: Tensor, labels: Tensor) -> tuple[float, ...]:
        x = x.contiguous(memory_format=self.layout)
        ones, bce = torch.ones(len(x), 1), F.binary_cross_entropy_with_logits
        fake = self.maker(torch.randn(len(x), 100))
        self.optimizers[0].zero_grad(set_to_none=True)
        first = bce(self.judger(x), ones) + bce(self.judger(fake.detach()), 0 * ones)
        first.backward()
        self.optimizers[0].step()
        self.optimizers[1].zero_grad(set_to_none=True)
        second = bce(self.judger(fake), ones)
        second.backward()
        self.optimizers[1].step()
        return first.item(), second.item()


RECIPES = {"ddpm": DDPM, "dcgan": DCGAN}


def torch_run(recipe: str, steps: int, channels_last: bool, data: tuple[Tensor, Tensor]) -> tuple[float, list, object]:
    torch.manual_seed(0)
    run = RECIPES[recipe](steps, channels_last)
    times, losses = [], []
    order = torch.randperm(len(data[0]))
    for number in range(steps):
        chosen = order[torch.arange(number * run.batch, (number + 1) * run.batch) % len(order)]
        batch = data[0][chosen], data[1][chosen]
        start = time.perf_counter()
        losses.append(run.step(*batch))
        times.append(time.perf_counter() - start)
    return statistics.median(times[min(5, steps // 2) :]), losses, run


def apus_run(apus: str, recipe: str, threads: int, steps: int) -> tuple[float, list[dict]]:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run(
            [apus, "train", recipe, "--steps", str(steps), "--threads", str(threads), "--quiet", "--out", f"{folder}/run"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        return seconds, [json.loads(line) for line in (Path(folder) / "run/metrics.jsonl").read_text().splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", choices=RECIPES, default="ddpm")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--apus", default=".build/release/apus")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    training, test = images("train"), images("t10k")
    # The quicker layout by a few steps, then all of them in that.
    layouts = {last: torch_run(options.recipe, 12, last, training)[0] for last in (False, True)}
    seconds, losses, run = torch_run(options.recipe, options.steps, min(layouts, key=layouts.__getitem__), training)
    few, _ = apus_run(options.apus, options.recipe, options.threads, FEW)
    all_, metrics = apus_run(options.apus, options.recipe, options.threads, FEW + options.steps)
    ours = (all_ - few) / options.steps
    print(f"{options.recipe}, {options.threads} threads: PyTorch {seconds * 1e3:.1f} ms a step "
          f"(contiguous {layouts[False] * 1e3:.1f}, channels last {layouts[True] * 1e3:.1f}), "
          f"Apus {ours * 1e3:.1f} ms, ratio {seconds / ours:.2f}")  # fmt: skip
    if isinstance(run, DDPM):
        theirs = run.judge(test[0][:5000], test[1][:5000])
        mine = [m["value"] for m in metrics if m["split"] == "test" and m["name"] == "loss"][-1]
        print(f"squared error of the noise after {options.steps} steps: PyTorch {theirs:.4f}, Apus {mine:.4f}")
        return
    last = [sum(part) / len(part) for part in zip(*losses[-50:])]
    mine = {m["name"]: m["value"] for m in metrics if m["split"] == "train"}
    print(f"losses of discriminator and generator: PyTorch, the last 50 steps {last[0]:.3f} {last[1]:.3f}; Apus, the last "
          f"noted step {mine['discriminator_loss']:.3f} {mine['generator_loss']:.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
