"""Writes generative.json: losses, penalties, schedules, steps and networks of generative models by PyTorch, distances of
distributions by SciPy.

    .venv/bin/python Tests/Fixtures/fixture_generative.py

Weights of networks are `filled` of fixture_sequence_models.py: of the formula `mixed`, the stream of an entry is its place
among the sorted names of the state dictionary. Images are `mixed` in PyTorch's order of axes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy
import scipy
import scipy.linalg
import scipy.stats
import torch
from torch import Tensor, nn
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "Benchmarks")]

from diffusion_models import DiffusionUNet, cosine_betas, discriminator, generator  # noqa: E402
from fixture_file import floats, versions, write  # noqa: E402
from fixture_sequence_models import mixed  # noqa: E402


@torch.no_grad()
def filled(model: nn.Module) -> nn.Module:
    state = {name: value for name, value in model.state_dict().items() if value.dtype == torch.float32}
    for stream, (name, value) in enumerate(sorted(state.items())):
        is_scale = value.dim() == 1 and (("norm" in name and name.endswith("weight")) or name.endswith("running_var"))
        values = mixed(value.numel(), stream) * (0.3 if value.dim() > 1 else 0.1)
        value.copy_(torch.from_numpy((values + (1 if is_scale else 0)).astype(numpy.float32).reshape(value.shape)))
    return model


def images(stream: int, *shape: int) -> Tensor:
    return torch.from_numpy(mixed(int(numpy.prod(shape)), stream).astype(numpy.float32).reshape(shape))


def norms(model: nn.Module) -> dict[str, float]:
    return {name: floats(value.grad.norm().numpy())[0] for name, value in model.named_parameters()}


def adversarial_losses() -> list[dict[str, Any]]:
    real, fake = images(1, 7) * 3 + 0.4, images(2, 7) * 3 - 0.2
    ones, zeros, bce = torch.ones(7), torch.zeros(7), F.binary_cross_entropy_with_logits
    both = bce(real, ones) + bce(fake, zeros)
    values = {
        "minimax": (both, torch.log(1 - torch.sigmoid(fake)).mean()),
        "non-saturating": (both, bce(fake, ones)),
        "hinge": (F.relu(1 - real).mean() + F.relu(1 + fake).mean(), -fake.mean()),
        "least-squares": (0.5 * F.mse_loss(real, ones) + 0.5 * F.mse_loss(fake, zeros), 0.5 * F.mse_loss(fake, ones)),
        "wasserstein": (fake.mean() - real.mean(), -fake.mean()),
    }
    return [
        {"kind": "loss", "loss": name, "real": floats(real), "generated": floats(fake),
         "values": [floats(v.numpy())[0] for v in pair]}
        for name, pair in values.items()
    ]  # fmt: skip


def penalties() -> list[dict[str, Any]]:
    """Gulrajani et al. 2017: the penalty, and its gradient with respect to the critic's parameters."""
    smooth = nn.Sequential(nn.Flatten(), nn.Linear(64, 5), nn.Tanh(), nn.Linear(5, 1))
    # No batch normalisation, the leaky rectifiers of the recipe.
    convolutional = nn.Sequential(
        nn.Conv2d(1, 3, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 2),
        nn.Flatten())
    cases = []
    for name, critic in (("smooth", smooth), ("convolutional", convolutional)):
        critic = filled(critic)
        real, fake = images(70, 3, 1, 8, 8), images(71, 3, 1, 8, 8)
        shares = (images(72, 3) + 1) / 2
        points = (shares[:, None, None, None] * real + (1 - shares[:, None, None, None]) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
        penalty = ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        (10 * penalty + critic(fake).mean() - critic(real).mean()).backward()
        cases.append({
            "kind": "penalty", "critic": name, "value": floats(penalty.detach().numpy())[0],
            "gradients": {
                n: floats((torch.zeros_like(p) if p.grad is None else p.grad).numpy()) for n, p in critic.named_parameters()
            },
        })  # fmt: skip
    return cases


def schedules() -> list[dict[str, Any]]:
    """Tables in double precision, and steps as the published code of Nichol & Dhariwal 2021 and Song et al. 2021 has them."""
    cases = []
    for name, betas in (("linear", torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)), ("cosine", cosine_betas())):
        alphas = torch.cumprod(1 - betas, 0)
        before = torch.cat([torch.ones(1, dtype=torch.float64), alphas[:-1]])
        variance = betas * (1 - before) / (1 - alphas)
        mean1 = betas * before.sqrt() / (1 - alphas)
        mean2 = (1 - before) * (1 - betas).sqrt() / (1 - alphas)
        places = [0, 1, 2, 10, 250, 500, 998, 999]
        x0, noise = images(80, 8, 3).double(), images(81, 8, 3).double() * 2
        steps = torch.tensor(places)
        column = alphas[steps][:, None]
        noised = column.sqrt() * x0 + (1 - column).sqrt() * noise
        eps, drawn = images(82, 8, 3).double(), images(83, 8, 3).double()

        def sample(bounded: bool) -> Tensor:
            predicted = (1 / column).sqrt() * noised - (1 / column - 1).sqrt() * eps
            return predicted.clamp(-1, 1) if bounded else predicted

        # p_sample of the first, ddim_sample of the second: from t to t − 1.
        is_last = (steps != 0).double()[:, None]
        ddpm = (
            mean1[steps][:, None] * sample(True) + mean2[steps][:, None] * noised
            + is_last * variance[steps][:, None].sqrt() * drawn)  # fmt: skip
        eta = 0.5
        previous = before[steps][:, None]
        predicted = sample(True)
        direction = ((1 / column).sqrt() * noised - predicted) / (1 / column - 1).sqrt()
        sigma = eta * ((1 - previous) / (1 - column)).sqrt() * (1 - column / previous).sqrt()
        ddim = predicted * previous.sqrt() + (1 - previous - sigma**2).sqrt() * direction + is_last * sigma * drawn
        cases.append({
            "kind": "schedule", "schedule": name, "steps": places,
            **{key: table[steps].tolist() for key, table in (
                ("betas", betas), ("alphas", alphas), ("variance", variance), ("sample", mean1), ("state", mean2))},
            "noised": noised.flatten().tolist(), "ddpm": ddpm.flatten().tolist(), "ddim": ddim.flatten().tolist(),
            "eta": eta,
        })  # fmt: skip
    return cases


def networks() -> list[dict[str, Any]]:
    """What networks make of images, and the norms of the gradients of a loss."""
    cases = []
    sizes: list[dict[str, Any]] = [
        {"width": 8, "multipliers": [1, 2], "blocks": 1, "attention": [1], "head_dim": None, "groups": 4, "classes": 3},
        {"width": 8, "multipliers": [1, 2, 2], "blocks": 2, "attention": [1, 2], "head_dim": 4, "groups": 2, "classes": 0},
    ]
    for size in sizes:
        model = filled(DiffusionUNet(channels=2, **{k: tuple(v) if isinstance(v, list) else v for k, v in size.items()}))
        x, target = images(90, 3, 2, 8, 8).requires_grad_(), images(91, 3, 2, 8, 8)
        time = torch.tensor([0.0, 17.0, 999.0])
        labels = torch.tensor([2, 0, 3]) if size["classes"] else None
        y = model(x, time, labels)
        loss = F.mse_loss(y, target)
        loss.backward()
        cases.append({
            "kind": "unet", "size": size, "output": floats(y.detach().permute(0, 2, 3, 1).numpy()),
            "loss": floats(loss.detach().numpy())[0], "norms": norms(model),
            "input": floats(x.grad.permute(0, 2, 3, 1).numpy()),
        })  # fmt: skip
    # One round of adversaries: the discriminator's gradients, then the generator's.
    makers = nn.ModuleDict({"generator": generator(6, 4), "discriminator": discriminator(4)})
    for module in makers.values():
        filled(module)
    noise, real = images(95, 5, 6), images(96, 5, 1, 28, 28)
    bce = F.binary_cross_entropy_with_logits
    fake = makers["generator"](noise)
    scores = [makers["discriminator"](real), makers["discriminator"](fake.detach())]
    first = bce(scores[0], torch.ones(5, 1)) + bce(scores[1], torch.zeros(5, 1))
    first.backward()
    discriminator_norms = norms(makers["discriminator"])
    second = bce(makers["discriminator"](fake), torch.ones(5, 1))
    second.backward()
    cases.append({
        "kind": "dcgan", "images": floats(fake[:2, 0, 10:14, 10:14].detach().numpy()),
        "scores": [floats(s.detach().numpy()) for s in scores],
        "losses": [floats(v.detach().numpy())[0] for v in (first, second)],
        "discriminator": discriminator_norms, "generator": norms(makers["generator"]),
    })  # fmt: skip
    return cases


def distances() -> list[dict[str, Any]]:
    random = numpy.random.default_rng(20261122)
    cases = []
    # The last has more features than examples: singular covariances.
    for features, counts in ((3, (20, 30)), (6, (50, 40)), (8, (6, 7))):
        x = numpy.round(random.standard_normal((counts[0], features)) @ random.standard_normal((features, features)), 3)
        y = numpy.round(random.standard_normal((counts[1], features)) * 1.5 + 0.3, 3)
        a, b = numpy.cov(x, rowvar=False), numpy.cov(y, rowvar=False)
        root = scipy.linalg.sqrtm(a @ b)
        distance = ((x.mean(0) - y.mean(0)) ** 2).sum() + numpy.trace(a + b - 2 * root.real)
        cases.append({
            "kind": "frechet", "features": features, "x": x.ravel().tolist(), "y": y.ravel().tolist(),
            "distance": float(distance),
            "root": scipy.linalg.sqrtm(a).real.ravel().tolist() if counts[0] > features else None,
        })  # fmt: skip
    x, y = numpy.round(random.standard_normal(12), 3), numpy.round(random.standard_normal(9) * 2 + 1, 3)
    cases.append({
        "kind": "energy", "x": x.tolist(), "y": y.tolist(),
        "distance": float(scipy.stats.energy_distance(x, y)) ** 2,
    })  # fmt: skip
    return cases


def main() -> None:
    torch.set_num_threads(1)
    with torch.no_grad():
        losses = adversarial_losses()
    cases = losses + penalties() + schedules() + networks() + distances()
    header = {
        "versions": versions() | {"scipy": scipy.__version__},
        "description": "Generative models by PyTorch, in float32 but for schedules (float64); distances by SciPy in float64",
    }
    write(HERE / "generative.json", header, cases)


if __name__ == "__main__":
    main()
