"""Writes inspection.json: saliency and Grad-CAM of a small convolutional network by PyTorch.

    .venv/bin/python Tests/Fixtures/fixture_inspection.py

A case holds the weights in PyTorch's layouts, an image [1, height, width, channels], and for each class the saliency
(Simonyan et al. 2014) and Grad-CAM (Selvaraju et al. 2017) at each layer that is named.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from fixture_file import Numbers, floats, tensor, versions, write

HERE = Path(__file__).resolve().parent


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, 3),
    ).double().eval()  # fmt: skip


def grad_cam(model: nn.Sequential, image: Tensor, label: int, layer: int) -> Tensor:
    """Equations 1 and 2 of the paper."""
    h = image
    for module in model[: layer + 1]:
        h = module(h)
    h = h.detach().requires_grad_()
    y = h
    for module in model[layer + 1 :]:
        y = module(y)
    (gradient,) = torch.autograd.grad(y[0, label], h)
    return torch.relu((gradient.mean((2, 3), keepdim=True) * h).sum(1))[0].detach()


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes saliency and Grad-CAM by PyTorch.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    path = parser.parse_args().out / "inspection.json"
    torch.set_num_threads(1)
    numbers = Numbers("inspection")
    model = network()
    weights: dict[str, Any] = {}
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            low = 0.5 if name.endswith("running_var") else -0.7
            drawn = numbers.floats(*value.shape, low=low, high=1 if low > 0 else 0.7)
            value.copy_(torch.from_numpy(drawn))
            weights[name] = tensor(drawn)
    image = numbers.floats(1, 2, 8, 8)
    answers = []
    for label in range(3):
        x = torch.from_numpy(image).double().requires_grad_()
        logits = model(x)
        (gradient,) = torch.autograd.grad(logits[0, label], x)
        saliency = gradient.abs().amax(1)[0]
        maps = {str(layer): floats(grad_cam(model, x, label, layer).numpy()) for layer in (0, 3, 4, 5)}
        answers.append({"label": label, "saliency": floats(saliency.numpy()), "gradCAM": maps})
    case = {"weights": weights, "image": tensor(numpy.moveaxis(image, 1, 3)), "answers": answers}
    description = "Saliency and Grad-CAM by PyTorch in float64 from float32 weights, rounded to float32"
    write(path, {"versions": versions(), "description": description}, [case])
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
