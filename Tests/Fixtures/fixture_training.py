"""What PyTorch's optimizers and initialisers do, and the first steps of LeNet-5."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

import hashed_values
import models_torch
from fixture_file import checked, floats

STEPS, STORED_EVERY = 50, 10

PROBLEM: dict[str, Any] = {
    "function": "f(w) = sum over i of a[i] / 2 * (w[i] - c[i])^2 + b[i] * cos(k[i] * w[i])",
    "gradient": "g[i] = a[i] * (w[i] - c[i]) - b[i] * k[i] * sin(k[i] * w[i])",
    "a": [0.5, 1.0, 1.5, 2.0, 2.5, 3.0],
    "b": [0.1, 0.2, 0.25, 0.3, 0.2, 0.1],
    "c": [1.0, -1.0, 0.5, -0.5, 2.0, 0.0],
    "k": [1.0, 1.5, 2.0, 2.0, 2.5, 3.0],
    "start": [-1.0, 2.0, -0.75, 1.25, 0.5, -2.0],
}

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learningRate": 0.05}),
    ("SGD", {"learningRate": 0.02, "momentum": 0.9}),
    ("SGD", {"learningRate": 0.02, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learningRate": 0.05, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"learningRate": 0.05, "weightDecay": 0.1}),
    ("SGD", {"learningRate": 0.02, "momentum": 0.8, "weightDecay": 0.05, "nesterov": True}),
    ("SGD", {"learningRate": 0.03, "momentum": 0.9, "dampening": 0.1, "weightDecay": 0.01}),
    ("Adam", {"learningRate": 0.001}),
    ("Adam", {"learningRate": 0.05}),
    ("Adam", {"learningRate": 0.05, "weightDecay": 0.1}),
    ("Adam", {"learningRate": 0.1, "amsgrad": True}),
    ("Adam", {"learningRate": 0.1, "amsgrad": True, "weightDecay": 0.02}),
    ("Adam", {"learningRate": 0.02, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3}),
    ("Adam", {"learningRate": 0.02, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-6}),
]


def optimizers() -> list[dict[str, Any]]:
    """Trajectories in float32."""
    return [{"optimizer": name, "attributes": attributes} | trajectory(name, attributes) for name, attributes in OPTIMIZERS]


def trajectory(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """The parameters after 10, 20, ... steps. The gradient is rounded to float32 from float64."""
    w = torch.tensor(PROBLEM["start"], dtype=torch.float32, requires_grad=True)
    a, b, c, k = (torch.tensor(PROBLEM[letter], dtype=torch.float64) for letter in "abck")
    optimizer = torch_optimizer(name, attributes, [w])
    stored = []
    for step in range(1, STEPS + 1):
        x = w.detach().double()
        w.grad = (a * (x - c) - b * k * torch.sin(k * x)).float()
        optimizer.step()
        if step % STORED_EVERY == 0:
            stored.append({"step": step, "parameters": floats(w.detach().numpy())})
    return {"trajectory": stored}


def torch_optimizer(name: str, attributes: dict[str, Any], parameters: list[Tensor]) -> torch.optim.Optimizer:
    """Made from attributes with our names."""
    options: dict[str, Any] = {"lr": attributes["learningRate"], "weight_decay": attributes.get("weightDecay", 0)}
    if name == "SGD":
        options |= {key: attributes[key] for key in ("momentum", "dampening", "nesterov") if key in attributes}
        return torch.optim.SGD(parameters, foreach=False, **options)
    betas = (attributes.get("beta1", 0.9), attributes.get("beta2", 0.999))
    options |= {"betas": betas, "eps": attributes.get("epsilon", 1e-8), "amsgrad": attributes.get("amsgrad", False)}
    return torch.optim.Adam(parameters, foreach=False, **options)


SHAPES: list[tuple[tuple[int, ...], int]] = [
    ((10, 84), 1),
    ((120, 400), 1),
    ((1, 7), 1),
    ((5, 5, 1, 6), 1),
    ((5, 5, 6, 16), 1),
    ((3, 3, 64, 128), 1),
    ((1, 1, 32, 8), 1),
    ((3, 2, 4, 5), 1),
    ((3, 3, 1, 32), 32),
]


def initializers() -> list[dict[str, Any]]:
    """Bounds of the uniform and deviations of the normal distributions."""
    return [initializer(shape, groups) for shape, groups in SHAPES]


def initializer(shape: tuple[int, ...], groups: int) -> dict[str, Any]:
    theirs = torch.empty(shape if len(shape) == 2 else [shape[3], shape[2], shape[0], shape[1]])
    fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(theirs)
    kaiming = torch.nn.init.calculate_gain("leaky_relu", 0) / math.sqrt(fan_in)
    uniform = torch.nn.init.calculate_gain("leaky_relu", math.sqrt(5)) / math.sqrt(fan_in) * math.sqrt(3)
    xavier = math.sqrt(2 / (fan_in + fan_out))
    check_bounds(theirs, uniform, xavier * math.sqrt(3))
    return {
        "shape": shape,
        "groups": groups,
        "fanIn": fan_in,
        "fanOut": fan_out,
        "kaimingUniformSqrt5": {"bound": uniform, "deviation": uniform / math.sqrt(3)},
        "kaimingNormal": {"deviation": kaiming},
        "xavierUniform": {"bound": xavier * math.sqrt(3), "deviation": xavier},
        "xavierNormal": {"deviation": xavier},
    }


def check_bounds(weight: Tensor, kaiming: float, xavier: float) -> None:
    """Holds the formulas against what PyTorch draws."""
    torch.manual_seed(0)
    for bound, draw in ((kaiming, lambda: torch.nn.init.kaiming_uniform_(weight, a=math.sqrt(5))),
                        (xavier, lambda: torch.nn.init.xavier_uniform_(weight))):
        largest = max(float(draw().abs().max()) for _ in range(1 + 2000 // weight.numel()))
        if not 0.98 * bound <= largest <= bound * (1 + 1e-6):
            raise ValueError(f"a bound of {bound} against draws up to {largest}")


LENET5_BATCH, LENET5_STEPS = 32, 5


def lenet5() -> list[dict[str, Any]]:
    """The first steps from the values of `Benchmarks/hashed_values.py`."""
    attributes = [("Adam", {"learningRate": 0.001}), ("SGD", {"learningRate": 0.05, "momentum": 0.9})]
    return [lenet5_case(name, options) for name, options in attributes]


def lenet5_case(name: str, options: dict[str, Any]) -> dict[str, Any]:
    single, double = (lenet5_run(name, options, dtype) for dtype in (torch.float32, torch.float64))
    return {
        "optimizer": name,
        "attributes": options,
        "batch": LENET5_BATCH,
        "losses": floats(single["losses"]),
        "lossesInDouble": double["losses"],
        "logits": {"shape": [2, 10], "dtype": "float32", "values": floats(double["logits"])},
        "gradientNorms": {name: checked(norm) for name, norm in double["norms"].items()},
    }


def lenet5_batch() -> tuple[Tensor, Tensor]:
    """Images [batch, 1, 28, 28], contiguous, and labels."""
    images, labels = hashed_values.images((LENET5_BATCH, 28, 28, 1), 10)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels).long()


def lenet5_run(name: str, options: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    """Losses of the steps; logits and gradients of the first."""
    model = models_torch.hashed("lenet5").to(dtype)
    images, labels = lenet5_batch()
    images = images.to(dtype)
    optimizer = torch_optimizer(name, options, list(model.parameters()))
    result: dict[str, Any] = {"losses": []}
    for step in range(LENET5_STEPS):
        optimizer.zero_grad()
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        if step == 0:
            result["logits"] = logits[:2].detach().numpy()
            result["norms"] = {name: float(p.grad.norm()) for name, p in model.named_parameters()}
        optimizer.step()
        result["losses"].append(loss.item())
    return result


def hash_samples() -> list[dict[str, Any]]:
    """The first words of some streams, to check another writing of the formula with."""
    return [{"stream": s, "bits": [int(x) for x in hashed_values.bits(0, 6, s)]} for s in (0, 1, 8, 100)]
