"""What PyTorch's variational autoencoder reaches beside the recipe vae of `apus train`: the same images, model, batch size,
steps and rates; the first weights, the noise and the order of the batches differ.

    apus train vae --seed 1 --out run
    .venv/bin/python Benchmarks/vae.py run

It prints the negative bound of the test images, in nats an image, by PyTorch after the run's steps, that of the run, and
their ratio; and the time of an epoch of training.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional as F

PLACES = (Path("/usr/share/datasets/fashion-mnist"), Path.home() / ".cache/apus/fashion-mnist")


class VAE(nn.Module):
    """PyTorch's examples/vae."""

    def __init__(self, hidden: int, code: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, hidden)
        self.fc21 = nn.Linear(hidden, code)
        self.fc22 = nn.Linear(hidden, code)
        self.fc3 = nn.Linear(code, hidden)
        self.fc4 = nn.Linear(hidden, 784)

    def parts(self, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        h = F.relu(self.fc1(x))
        means, logs = self.fc21(h), self.fc22(h)
        code = means + torch.exp(0.5 * logs) * torch.randn(means.shape, generator=generator)
        logits = self.fc4(F.relu(self.fc3(code)))
        likelihood = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        return likelihood, -0.5 * torch.sum(1 + logs - means.pow(2) - logs.exp())


def images(part: str) -> Tensor:
    for place in PLACES:
        path = place / f"{part}-images-idx3-ubyte.gz"
        if path.exists():
            pixels = numpy.frombuffer(gzip.decompress(path.read_bytes()), numpy.uint8, offset=16)
            return torch.from_numpy(pixels.reshape(-1, 784).astype(numpy.float32) / 255)
    raise SystemExit(f"Fashion-MNIST is in none of {', '.join(map(str, PLACES))}")


def evaluated(model: VAE, test: Tensor) -> float:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        return sum(sum(float(p) for p in model.parts(x, generator)) for x in test.split(500)) / len(test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="the directory of a run of the recipe vae")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    configuration = json.loads((arguments.run / "config.json").read_text())
    if configuration["recipe"] != "vae" or configuration["schedule"] != "constant":
        raise SystemExit(f"{arguments.run}: expected a run of the recipe vae at a constant rate")
    lines = [json.loads(line) for line in (arguments.run / "metrics.jsonl").read_text().splitlines()]
    losses = [line for line in lines if line["split"] == "test" and line["name"] == "loss"]
    settings, last = configuration["model"], losses[-1]
    model = VAE(settings["units"], settings["code"])
    optimizer = torch.optim.Adam(model.parameters(), lr=configuration["learning_rate"])
    train, test = images("train"), images("t10k")
    generator = torch.Generator().manual_seed(arguments.seed)
    step, begin, epochs = 0, time.perf_counter(), 0
    while step < last["step"]:
        epochs += 1
        for rows in torch.randperm(len(train), generator=generator).split(configuration["batch_size"]):
            x = train[rows]
            likelihood, divergence = model.parts(x, generator)
            loss = (likelihood + settings["beta"] * divergence) / len(x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            if step == last["step"]:
                break
        if epochs % 5 == 0:
            print(f"epoch {epochs}: PyTorch {evaluated(model, test):.2f}", flush=True)
    seconds = (time.perf_counter() - begin) / epochs
    bound = evaluated(model, test)
    print(f"after {step} steps: PyTorch {bound:.2f}, Apus {last['value']:.2f}, ratio {last['value'] / bound:.4f}")
    print(f"PyTorch's epoch takes {seconds:.1f} s on {arguments.threads} threads")


if __name__ == "__main__":
    main()
