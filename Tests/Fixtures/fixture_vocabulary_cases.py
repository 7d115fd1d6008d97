"""How the cases of vocabulary.json are made: random numbers, and a call with its gradients."""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np
import torch

RNG = np.random.default_rng(20261121)
CASES: list[dict[str, Any]] = []
Tensor = torch.Tensor


def number(x: Any) -> Any:
    return float(str(np.float32(x))) if math.isfinite(x) else str(float(x))


def tensor(value: Tensor) -> dict[str, Any]:
    array = value.detach().numpy()
    whole = np.issubdtype(array.dtype, np.integer)
    if whole:
        return {"shape": list(array.shape), "dtype": "int32", "values": [int(x) for x in array.ravel()]}
    return {"shape": list(array.shape), "values": [number(x) for x in array.ravel()]}


def real(*shape: int, low: float = -2, high: float = 2) -> Tensor:
    """Random numbers of few digits, so that the file is small, as float32 has them."""
    return torch.tensor(RNG.uniform(low, high, shape).round(3).astype(np.float32).astype(np.float64))


def ints(low: int, high: int, *shape: int) -> Tensor:
    return torch.tensor(RNG.integers(low, high, shape))


def signs(*shape: int) -> Tensor:
    return ints(0, 2, *shape).double() * 2 - 1


def values(numbers: Any) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def case(op: str, call: Callable[..., Tensor], *inputs: Tensor, fixed: tuple[int, ...] = (), **attributes: Any) -> None:
    """A case of the call; the inputs whose places are in `fixed` get no gradient."""
    variables = [
        x.detach().clone().requires_grad_(x.dtype == torch.float64 and place not in fixed)
        for place, x in enumerate(inputs)
    ]
    output = call(*variables)
    cotangent = ints(-4, 5, *output.shape).double() / 4 if output.ndim else values(0.75)
    wanted = [x for x in variables if x.requires_grad]
    found = iter(torch.autograd.grad((output * cotangent).sum(), wanted, allow_unused=True))
    gradients = [next(found) if x.requires_grad else None for x in variables]
    CASES.append(
        {
            "op": op,
            "attributes": attributes,
            "inputs": [tensor(x) for x in inputs],
            "output": tensor(output),
            "cotangent": tensor(cotangent),
            "gradients": [None if g is None else tensor(g) for g in gradients],
        }
    )
