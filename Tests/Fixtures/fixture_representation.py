"""Writes representation.json: autoencoders, a Boltzmann machine and a linear probe by PyTorch, NumPy and scikit-learn.

    .venv/bin/python Tests/Fixtures/fixture_representation.py

A case is {"model", ...}.  Weights are `mixed` of fixture_sequence_models.py, times 0.4 for matrices and kernels and 0.1 for
vectors; the stream of an entry is its place among the sorted names of the state dictionary.  Images are (mixed + 1) / 2 of
stream 90, noise is 1.5 mixed of the streams that are named.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import numpy
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn import functional as F

from fixture_file import floats, versions, write
from fixture_sequence_models import mixed

HERE = Path(__file__).resolve().parent


def filled(model: nn.Module) -> nn.Module:
    with torch.no_grad():
        for stream, (_, value) in enumerate(sorted(model.state_dict().items())):
            values = mixed(value.numel(), stream) * (0.4 if value.dim() > 1 else 0.1)
            value.copy_(torch.from_numpy(values.astype(numpy.float32).reshape(value.shape)))
    return model.double()


def array(shape: tuple[int, ...], stream: int, scale: float = 1, offset: float = 0) -> Tensor:
    values = offset + scale * mixed(int(numpy.prod(shape)), stream)
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape)).double()


def gradients(model: nn.Module, loss: Tensor) -> dict[str, list[float]]:
    model.zero_grad()
    loss.backward()
    return {name: floats(value.grad) for name, value in model.named_parameters() if value.grad is not None}


class Variational(nn.Module):
    """The model of PyTorch's examples/vae, smaller."""

    def __init__(self, samples: int, hidden: int, code: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(samples, hidden)
        self.fc21 = nn.Linear(hidden, code)
        self.fc22 = nn.Linear(hidden, code)
        self.fc3 = nn.Linear(code, hidden)
        self.fc4 = nn.Linear(hidden, samples)

    def forward(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        h = F.relu(self.fc1(x))
        means, logs = self.fc21(h), self.fc22(h)
        code = means + torch.exp(0.5 * logs) * noise
        return self.fc4(F.relu(self.fc3(code))), means, logs, code

    def parts(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        logits, means, logs, _ = self(x, noise)
        bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return bce, -0.5 * torch.sum(1 + logs - means.pow(2) - logs.exp(), 1)

    def importance(self, x: Tensor, noises: Tensor) -> Tensor:
        weights = []
        for noise in noises:
            logits, means, logs, code = self(x, noise)
            likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
            prior = torch.distributions.Normal(0.0, 1.0).log_prob(code).sum(1)
            posterior = torch.distributions.Normal(means, torch.exp(0.5 * logs)).log_prob(code).sum(1)
            weights.append(likelihood + prior - posterior)
        return torch.logsumexp(torch.stack(weights), 0) - numpy.log(len(noises))


def variational() -> dict[str, Any]:
    batch, samples, hidden, code, beta, steps = 5, 16, 8, 3, 4.0, 20
    x = array((batch, samples), 90, 0.5, 0.5)
    noise = array((batch, code), 91, 1.5)
    model = filled(Variational(samples, hidden, code))
    bce, kl = model.parts(x, noise)
    result = {
        "model": "vae", "batch": batch, "side": 4, "hidden": hidden, "code": code, "beta": beta,
        "reconstruction": floats(bce.detach()), "divergence": floats(kl.detach()),
        "bound": floats(model.importance(x, array((6, batch, code), 92, 1.5)).detach()),
        "gradients": gradients(model, (bce + beta * kl).mean()),
    }  # fmt: skip
    model = filled(Variational(samples, hidden, code)).float()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for step in range(steps):
        bce, kl = model.parts(x.float(), array((batch, code), 200 + step, 1.5).float())
        loss = (bce + kl).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return result | {"losses": losses}


class Sparse(nn.Module):
    def __init__(self, samples: int, hidden: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(samples, hidden)
        self.decoder = nn.Linear(hidden, samples)


def sparse(kind: str) -> dict[str, Any]:
    batch, samples, hidden, target, weight = 6, 16, 9, 0.2, 0.7
    x = array((batch, samples), 90, 0.5, 0.5)
    model = filled(Sparse(samples, hidden))
    code = model.encoder(x)
    code = code.relu() if kind == "l1" else code.sigmoid()
    made = model.decoder(code).sigmoid()
    mean = code.mean(0)
    wanted = torch.full_like(mean, target)
    kl = F.kl_div(mean.log(), wanted, reduction="sum") + F.kl_div((1 - mean).log(), 1 - wanted, reduction="sum")
    penalty = weight * (code.abs().sum() / batch if kind == "l1" else kl)
    loss = 0.5 * (made - x).square().sum() / batch + penalty
    return {
        "model": "sparse", "kind": kind, "batch": batch, "side": 4, "hidden": hidden, "target": target, "weight": weight,
        "penalty": float(penalty.detach()), "loss": float(loss.detach()), "gradients": gradients(model, loss),
    }  # fmt: skip


class Convolutional(nn.Module):
    """The decoder's maps have their channels last, as Apus has them."""

    def __init__(self, channels: list[int], code: int, maps: tuple[int, int, int]) -> None:
        super().__init__()
        self.maps = maps
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in zip(channels, channels[1:]))
        self.encoder = nn.Linear(int(numpy.prod(maps)), code)
        self.decoder = nn.Linear(code, int(numpy.prod(maps)))
        back = channels[::-1]
        self.transposed = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1) for a, b in zip(back, back[1:])
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shape = x.shape
        for layer in self.convolutions:
            x = F.relu(layer(x))
        code = self.encoder(x.flatten(1))
        x = F.relu(self.decoder(code)).view(-1, *self.maps).permute(0, 3, 1, 2)
        for place, layer in enumerate(self.transposed):
            x = layer(x)
            x = torch.sigmoid(x) if place == len(self.transposed) - 1 else F.relu(x)
        return code, x[:, :, : shape[2], : shape[3]]


def convolutional() -> dict[str, Any]:
    batch, side, channels, code = 3, 10, [1, 4, 6], 5
    x = array((batch, side, side, 1), 90, 0.5, 0.5)
    model = filled(Convolutional(channels, code, (3, 3, channels[-1])))
    codes, made = model(x.permute(0, 3, 1, 2))
    made = made.permute(0, 2, 3, 1)
    loss = (made - x).square().mean()
    norms = {name: float(numpy.linalg.norm(values)) for name, values in gradients(model, loss).items()}
    return {
        "model": "convolutional", "batch": batch, "side": side, "channels": channels[1:], "code": code,
        "codes": floats(codes.detach()), "loss": float(loss.detach()), "norms": norms,
    }  # fmt: skip


def contrastive() -> dict[str, Any]:
    """One step of contrastive divergence, unit by unit, as in Hinton 2002."""
    batch, visible, hidden = 4, 6, 5
    sigmoid: Callable[[float], float] = lambda x: 1 / (1 + numpy.exp(-x))
    weight = mixed(hidden * visible, 0).reshape(hidden, visible).astype(numpy.float32) * numpy.float32(0.8)
    hidden_bias = (mixed(hidden, 1) * 0.3).astype(numpy.float32)
    visible_bias = (mixed(visible, 2) * 0.3).astype(numpy.float32)
    v = ((mixed(batch * visible, 3).reshape(batch, visible) + 1) / 2).astype(numpy.float32)
    numbers = [
        ((mixed(batch * units, 4 + place).reshape(batch, units) + 1) / 2).astype(numpy.float32)
        for place, units in enumerate((hidden, visible))
    ]
    change = {"weight": numpy.zeros((hidden, visible)), "hidden": numpy.zeros(hidden), "visible": numpy.zeros(visible)}
    drawn = numpy.zeros((batch, visible))
    for row in range(batch):
        up = [sigmoid(hidden_bias[j] + sum(weight[j, i] * v[row, i] for i in range(visible))) for j in range(hidden)]
        h = [1.0 if numbers[0][row, j] < up[j] else 0.0 for j in range(hidden)]
        down = [sigmoid(visible_bias[i] + sum(weight[j, i] * h[j] for j in range(hidden))) for i in range(visible)]
        drawn[row] = [1.0 if numbers[1][row, i] < down[i] else 0.0 for i in range(visible)]
        again = [
            sigmoid(hidden_bias[j] + sum(weight[j, i] * drawn[row, i] for i in range(visible))) for j in range(hidden)
        ]
        for j in range(hidden):
            change["hidden"][j] += (up[j] - again[j]) / batch
            for i in range(visible):
                change["weight"][j, i] += (up[j] * v[row, i] - again[j] * drawn[row, i]) / batch
        change["visible"] += (v[row] - drawn[row]) / batch
    return {
        "model": "contrastive divergence", "batch": batch, "visible": visible, "hidden": hidden,
        "drawn": floats(drawn), "change": {name: floats(value) for name, value in change.items()},
    }  # fmt: skip


def probe() -> dict[str, Any]:
    examples, features, classes = 120, 5, 3
    generator = numpy.random.default_rng(5)
    labels = generator.integers(0, classes, examples)
    centres = generator.normal(size=(classes, features))
    codes = (centres[labels] + generator.normal(size=(examples, features)) * [1, 2, 0.5, 1, 3] + [0, 5, 0, -2, 0]).round(3)
    scaled = StandardScaler().fit_transform(codes)
    model = LogisticRegression(C=1, tol=1e-12, max_iter=10_000).fit(scaled, labels)
    return {
        "model": "probe", "examples": examples, "features": features, "classes": classes, "codes": floats(codes),
        "labels": [int(x) for x in labels], "probabilities": floats(model.predict_proba(scaled)),
        "accuracy": float(model.score(scaled, labels)),
    }  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    path = HERE / "representation.json"
    cases = [variational(), sparse("kl"), sparse("l1"), convolutional(), contrastive(), probe()]
    description = "Autoencoders by PyTorch in float64 (the losses of training in float32), contrastive divergence by NumPy, \
a probe by scikit-learn"
    write(path, {"versions": versions(), "description": description}, cases)
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
