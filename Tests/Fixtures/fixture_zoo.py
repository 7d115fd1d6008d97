"""Writes zoo.json: how many parameters the networks of torchvision (and others) have, what their state dictionaries are
called, and what some of them make of an image.

    pip install --no-deps --target /tmp/zoo torchvision==0.29.2 pillow efficientnet-lite-pytorch==0.1.0
    PYTHONPATH=/tmp/zoo .venv/bin/python Tests/Fixtures/fixture_zoo.py

A case is {"name", "parameters", "keys", "entries"}: "keys" is the FNV-1a hash of a line for each entry of the state
dictionary, its name and its shape.  A case with "logits" has the weights, the images and the labels of the formulas below; where it
has "loss", loss, gradients' norms and the running statistics' means are those of the training phase.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy
import torch
import torchvision
import torchvision.models as zoo
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional as F

from fixture_file import floats, versions, write

HERE = Path(__file__).resolve().parent


# The formulas ---------------------------------------------------------------------------------------------------------


def mixed(count: int, stream: int) -> numpy.ndarray:
    """The values of Sources/ApusCommand/HashedValues.swift: spread evenly over -1 ... 1."""
    x = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761) ^ numpy.uint32(stream * 0x9E3779B9 & 0xFFFFFFFF)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    return x / 2**32 * 2 - 1


def fill(model: nn.Module, gain: float) -> nn.Module:
    """Weights that keep activations in bounds: the stream of an entry is its place in the state dictionary."""
    for stream, (name, value) in enumerate(model.state_dict().items()):
        if not value.is_floating_point():
            continue
        values = mixed(value.numel(), stream)
        if value.dim() >= 2 and "embedding" not in name and "token" not in name and "layer_scale" not in name:
            values *= math.sqrt(gain / (value.numel() / value.shape[0]))
        elif name.endswith("running_var"):
            values = 1 + 0.5 * values
        elif name.endswith(".weight") and value.dim() == 1:
            values = 1 + 0.2 * values
        else:
            values = 0.1 * values
        value.copy_(torch.from_numpy(values.astype(numpy.float32).reshape(value.shape)))
    return model


def images(batch: int, channels: int, side: int) -> Tensor:
    return torch.from_numpy(mixed(batch * channels * side * side, 1000).reshape(batch, channels, side, side).astype(numpy.float32))


# Networks that torchvision has not -------------------------------------------------------------------------------------


class PreActivationBlock(nn.Module):
    def __init__(self, inputs: int, width: int, outputs: int, stride: int, bottleneck: bool) -> None:
        super().__init__()

        def conv(i: int, o: int, k: int, s: int = 1) -> nn.Conv2d:
            return nn.Conv2d(i, o, k, s, k // 2, bias=False)

        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = conv(inputs, width, 1) if bottleneck else conv(inputs, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, stride) if bottleneck else conv(width, outputs, 3)
        if bottleneck:
            self.bn3 = nn.BatchNorm2d(width)
            self.conv3 = conv(width, outputs, 1)
        if stride != 1 or inputs != outputs:
            self.shortcut = conv(inputs, outputs, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        active = F.relu(self.bn1(x))
        h = self.conv2(F.relu(self.bn2(self.conv1(active))))
        if hasattr(self, "conv3"):
            h = self.conv3(F.relu(self.bn3(h)))
        return h + (self.shortcut(active) if hasattr(self, "shortcut") else x)


class PreActivationResNet(nn.Module):
    def __init__(self, blocks: list[int], width: int, bottleneck: bool, large: bool, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False) if large else nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.pool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        inputs, layers = width, []
        for stage, count in enumerate(blocks):
            inner = width << stage
            stage_blocks = []
            for place in range(count):
                outputs = 4 * inner if bottleneck else inner
                stage_blocks.append(PreActivationBlock(inputs, inner, outputs, 2 if stage and not place else 1, bottleneck))
                inputs = outputs
            layers.append(nn.Sequential(*stage_blocks))
        self.layers = nn.Sequential(*layers)
        self.bn = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.relu(self.bn(self.layers(self.pool(self.conv1(x))))).mean((2, 3)))


class PaddedBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.added = outputs - inputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 2 if self.added else 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.added:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added // 2))
        return F.relu(h + x)


class SmallResNet(nn.Module):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage in range(3):
            width = 16 << stage
            blocks = [PaddedBlock(width // 2 if stage and not i else width, width) for i in range((depth - 2) // 6)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(h))).mean((2, 3)))


def level(inputs: int, outputs: int, padding: int, norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for number in range(2):
        layers.append(nn.Conv2d(outputs if number else inputs, outputs, 3, padding=padding, bias=not norm))
        layers += [nn.BatchNorm2d(outputs)] if norm else []
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Figure 1 of Ronneberger et al. 2015."""

    def __init__(self, width: int = 64, depth: int = 4, padding: int = 0, norm: bool = False, classes: int = 2) -> None:
        super().__init__()
        widths = [width << i for i in range(depth + 1)]
        self.down = nn.ModuleList([level(widths[i - 1] if i else 1, widths[i], padding, norm) for i in range(depth + 1)])
        rising = list(reversed(range(depth)))
        self.up = nn.ModuleList([nn.ConvTranspose2d(widths[i + 1], widths[i], 2, 2) for i in rising])
        self.merge = nn.ModuleList([level(2 * widths[i], widths[i], padding, norm) for i in rising])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        h, levels = self.down[0](x), []
        for down in self.down[1:]:
            levels.append(h)
            h = down(F.max_pool2d(h, 2))
        for up, merge, across in zip(self.up, self.merge, reversed(levels)):
            h = up(h)
            top, left = (across.shape[2] - h.shape[2]) // 2, (across.shape[3] - h.shape[3]) // 2
            h = merge(torch.cat([across[:, :, top : top + h.shape[2], left : left + h.shape[3]], h], 1))
        return self.head(h)


class LeNet5(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


# Cases ------------------------------------------------------------------------------------------------------------------

DEPTHS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}


def networks() -> dict[str, Any]:
    made: dict[str, Any] = {"lenet5": LeNet5, "alexnet": zoo.alexnet, "mobilenet-v2": zoo.mobilenet_v2, "unet": UNet}
    for depth in (11, 13, 16, 19):
        made[f"vgg{depth}"] = getattr(zoo, f"vgg{depth}")
        made[f"vgg{depth}-bn"] = getattr(zoo, f"vgg{depth}_bn")
    for depth, blocks in DEPTHS.items():
        made[f"resnet{depth}"] = getattr(zoo, f"resnet{depth}")
        made[f"preact-resnet{depth}"] = lambda d=depth, b=blocks: PreActivationResNet(b, 64, d >= 50, True, 1000)
    for depth in (20, 32, 44, 56, 110):
        made[f"resnet{depth}"] = lambda d=depth: SmallResNet(d)
    made["preact-resnet110"] = lambda: PreActivationResNet([18] * 3, 16, False, False, 10)
    made["preact-resnet164"] = lambda: PreActivationResNet([18] * 3, 16, True, False, 10)
    for size in ("tiny", "small", "base", "large"):
        made[f"convnext-{size}"] = getattr(zoo, f"convnext_{size}")
    for size in ("b_16", "b_32", "l_16", "l_32", "h_14"):
        made[f"vit-{size.replace('_', '-')}"] = getattr(zoo, f"vit_{size}")
    for size in range(5):
        made[f"efficientnet-lite{size}"] = lambda s=size: EfficientNet.from_name(f"efficientnet-lite{s}")
    return made


def fnv(lines: list[str]) -> str:
    value = 0xCBF29CE484222325
    for byte in "".join(line + "\n" for line in lines).encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def counted(name: str, make: Any) -> dict[str, Any]:
    with torch.device("meta"):
        model = make()
    state = model.state_dict()
    lines = [f"{key} {list(value.shape)}" for key, value in state.items()]
    count = sum(p.numel() for p in model.parameters())
    return {"name": name, "parameters": count, "entries": len(state), "keys": fnv(lines)}


# Of each network's answer the gain of the weights, the batch, the channels and the side of the images; all of the side that
# they were published for would take long for the large ones.
ANSWERS = {
    "lenet5": (6, 2, 1, 28), "alexnet": (6, 2, 3, 224), "vgg16": (6, 1, 3, 64), "resnet18": (3, 2, 3, 96),
    "resnet50": (3, 1, 3, 64), "preact-resnet18": (3, 2, 3, 64), "preact-resnet164": (1, 1, 3, 32),
    "resnet20": (3, 2, 3, 32), "mobilenet-v2": (5, 2, 3, 96), "convnext-tiny": (3, 1, 3, 64),
    "efficientnet-lite0": (5, 1, 3, 224), "vit-b-32": (3, 1, 3, 224), "unet": (6, 1, 1, 188),
}  # fmt: skip


def answered(name: str, make: Any) -> dict[str, Any]:
    gain, batch, channels, side = ANSWERS[name]
    model = fill(make(), gain)
    x = images(batch, channels, side)
    case: dict[str, Any] = {"gain": gain, "input": [batch, side, side, channels]}
    with torch.no_grad():
        logits = model.eval()(x)
        if logits.dim() == 4:
            # The middle of what U-Net says of each pixel.
            logits = logits[:, :, 1:3, 1:3].permute(0, 2, 3, 1)
        else:
            print("spread", (logits - logits.mean()).std().item(), (model(-x) - logits).abs().mean().item())
        case["shape"] = list(logits.shape)
        case["logits"] = floats(logits.double().numpy().ravel()[:64])
    if name == "resnet18":
        model.train()
        labels = torch.arange(batch)
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        case["loss"] = loss.item()
        case["gradients"] = [p.grad.norm().item() for p in model.parameters()]
        case["runningMeans"] = [m.running_mean.mean().item() for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    return case


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes what torchvision's networks are and answer.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    path = parser.parse_args().out / "zoo.json"
    torch.set_num_threads(1)
    cases = []
    for name, make in networks().items():
        cases.append(counted(name, make) | (answered(name, make) if name in ANSWERS else {}))
        print(cases[-1]["name"], cases[-1]["parameters"], flush=True)
    description = "Parameters and state dictionaries of torchvision's networks and of others in plain PyTorch, and logits"
    header = {"versions": versions() | {"torchvision": torchvision.__version__.split("+")[0]}}
    write(path, header | {"description": description}, cases)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
