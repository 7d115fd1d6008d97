"""The models of `apus train ddpm` and `dcgan` in PyTorch, with the same keys."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def sinusoids(time: Tensor, features: int) -> Tensor:
    half = features // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float64) * -(math.log(10_000) / (half - 1)))
    angles = time.float()[:, None] * rates.float()[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


class TimeEmbedding(nn.Module):
    def __init__(self, features: int, outputs: int, classes: int) -> None:
        super().__init__()
        self.features = features
        self.dense = nn.ModuleList([nn.Linear(features, outputs), nn.Linear(outputs, outputs)])
        self.label = nn.Embedding(classes + 1, outputs) if classes else None

    def forward(self, time: Tensor, labels: Tensor | None) -> Tensor:
        h = self.dense[1](F.silu(self.dense[0](sinusoids(time, self.features))))
        return h if self.label is None else h + self.label(labels)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, embedded: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps=1e-6)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.temb_proj = nn.Linear(embedded, outputs)
        self.norm2 = nn.GroupNorm(groups, outputs, eps=1e-6)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x))) + self.temb_proj(embedded)[:, :, None, None]
        return self.nin_shortcut(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, channels: int, head_dim: int | None, groups: int) -> None:
        super().__init__()
        self.heads = channels // head_dim if head_dim else 1
        self.norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        parts = (f(h).unflatten(1, (self.heads, -1)).flatten(3).transpose(2, 3) for f in (self.q, self.k, self.v))
        h = F.scaled_dot_product_attention(*parts)
        return x + self.proj_out(h.transpose(2, 3).reshape(x.shape))


class Resampling(nn.Module):
    def __init__(self, width: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.conv = nn.Conv2d(width, width, 3, stride=2 if scale < 1 else 1, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x if self.scale < 1 else F.interpolate(x, scale_factor=self.scale, mode="nearest"))


class Level(nn.Module):
    def __init__(self, sizes: list[tuple[int, int]], embedded: int, head_dim: int | None, groups: int, attends: bool) -> None:
        super().__init__()
        self.block = nn.ModuleList(Block(i, o, embedded, groups) for i, o in sizes)
        self.attn = nn.ModuleList(Attention(o, head_dim, groups) for _, o in sizes if attends)

    def forward(self, x: Tensor, embedded: Tensor, number: int) -> Tensor:
        h = self.block[number](x, embedded)
        return self.attn[number](h) if len(self.attn) else h


class Middle(nn.Module):
    def __init__(self, width: int, embedded: int, head_dim: int | None, groups: int) -> None:
        super().__init__()
        self.block_1 = Block(width, width, embedded, groups)
        self.attn_1 = Attention(width, head_dim, groups)
        self.block_2 = Block(width, width, embedded, groups)

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x, embedded)), embedded)


class DiffusionUNet(nn.Module):
    """Ho, Jain & Abbeel 2020, appendix B."""

    def __init__(
        self, channels: int = 1, width: int = 32, multipliers: tuple[int, ...] = (1, 2, 2), blocks: int = 1,
        attention: tuple[int, ...] = (2,), head_dim: int | None = None, groups: int = 8, classes: int = 10,
    ) -> None:
        super().__init__()
        embedded, widths = 4 * width, [m * width for m in multipliers]
        self.temb = TimeEmbedding(width, embedded, classes)
        self.conv_in = nn.Conv2d(channels, width, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        kept, inputs, last = [width], width, len(widths) - 1
        for number, size in enumerate(widths):
            sizes = [(inputs if b == 0 else size, size) for b in range(blocks)]
            level = Level(sizes, embedded, head_dim, groups, number in attention)
            if number < last:
                level.downsample = Resampling(size, 0.5)
            self.down.append(level)
            kept += [size] * (blocks + (number < last))
            inputs = size
        self.mid = Middle(inputs, embedded, head_dim, groups)
        for number, size in reversed(list(enumerate(widths))):
            sizes = []
            for _ in range(blocks + 1):
                sizes.append((inputs + kept.pop(), size))
                inputs = size
            level = Level(sizes, embedded, head_dim, groups, number in attention)
            if number > 0:
                level.upsample = Resampling(size, 2)
            self.up.insert(0, level)
        self.norm_out = nn.GroupNorm(groups, inputs, eps=1e-6)
        self.conv_out = nn.Conv2d(inputs, channels, 3, padding=1)
        zeroed = [self.conv_out] + [m.conv2 for m in self.modules() if isinstance(m, Block)]
        for conv in zeroed + [m.proj_out for m in self.modules() if isinstance(m, Attention)]:
            nn.init.zeros_(conv.weight)
            nn.init.zeros_(conv.bias)

    def forward(self, x: Tensor, time: Tensor, labels: Tensor | None = None) -> Tensor:
        embedded = F.silu(self.temb(time, labels))
        h = self.conv_in(x)
        kept = [h]
        for level in self.down:
            for number in range(len(level.block)):
                h = level(h, embedded, number)
                kept.append(h)
            if hasattr(level, "downsample"):
                h = level.downsample(h)
                kept.append(h)
        h = self.mid(h, embedded)
        for level in reversed(self.up):
            for number in range(len(level.block)):
                h = level(torch.cat([h, kept.pop()], 1), embedded, number)
            if hasattr(level, "upsample"):
                h = level.upsample(h)
        return self.conv_out(F.silu(self.norm_out(h)))


def cosine_betas(steps: int = 1000, offset: float = 0.008) -> Tensor:
    time = torch.arange(steps + 1, dtype=torch.float64) / steps
    alphas = torch.cos((time + offset) / (1 + offset) * math.pi / 2) ** 2
    return (1 - alphas[1:] / alphas[:-1]).clamp(max=0.999)


def generator(latent: int = 100, width: int = 64, channels: int = 1) -> nn.Sequential:
    """Radford, Metz & Chintala 2015, for 28 × 28."""
    return nn.Sequential(
        nn.Unflatten(1, (latent, 1, 1)),
        nn.ConvTranspose2d(latent, 2 * width, 7, bias=False), nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, channels, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip


def discriminator(width: int = 64, channels: int = 1, normalizes: bool = True) -> nn.Sequential:
    norm = [nn.BatchNorm2d(2 * width)] if normalizes else []
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=not normalizes), *norm, nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 7), nn.Flatten(),
    )  # fmt: skip
