"""Tables trained through sparse gradients: PyTorch's nn.Embedding(sparse=True) with SparseAdam and SGD."""

from __future__ import annotations

from typing import Any

import numpy
import torch
from fixture_file import floats, tensor

ROWS, FEATURES = 9, 3
# Duplicates in a batch, rows that rest for steps, a step of one row, and a step without any.
BATCHES = [[0, 3, 3, 7], [1, 3, 8, 8, 8], [], [7], [0, 0, 0, 0], [2, 5, 7, 3, 1, 3]]

# What makes it fifty steps; of these the end alone is stored.
TAIL = [[(3 * step) % 9, (5 * step + 1) % 9, (step * step) % 9, (3 * step) % 9] for step in range(44)]


def loss_of(model: torch.nn.Embedding, targets: numpy.ndarray, batch: list[int]) -> torch.Tensor:
    """The table is looked up twice: the second time backwards, and with another weight."""
    places = torch.tensor(batch, dtype=torch.int64)
    ahead = model(places) - torch.from_numpy(targets)[places]
    back = model(places.flip(0)).sin() * torch.arange(1.0, len(batch) + 1).unsqueeze(1)
    return (ahead**2).sum() + 0.5 * back.sum()


def trajectory(make: Any, padding: int | None) -> dict[str, Any]:
    rng = numpy.random.default_rng(7)
    start = rng.uniform(-1, 1, (ROWS, FEATURES)).astype(numpy.float32)
    targets = rng.uniform(-1, 1, (ROWS, FEATURES)).astype(numpy.float32)
    model = torch.nn.Embedding(ROWS, FEATURES, sparse=True, padding_idx=padding)
    with torch.no_grad():
        model.weight.copy_(torch.from_numpy(start))
    optimizer = make(model.parameters())
    steps = []
    for batch in BATCHES:
        optimizer.zero_grad()
        loss = loss_of(model, targets, batch)
        loss.backward()
        gradient = model.weight.grad.coalesce()
        optimizer.step()
        steps.append(
            {
                "batch": batch,
                "loss": floats(loss.detach().reshape(1).numpy())[0],
                "gradient": floats(gradient.to_dense().numpy()),
                "gradientNorm": floats(gradient.to_dense().norm().reshape(1).numpy())[0],
                "weight": floats(model.weight.detach().numpy()),
            }
        )
    for batch in TAIL:
        optimizer.zero_grad()
        loss_of(model, targets, batch).backward()
        optimizer.step()
    tail = {"batches": TAIL, "weight": floats(model.weight.detach().numpy())}
    return {"start": tensor(start), "targets": tensor(targets), "steps": steps, "tail": tail}


def make() -> list[dict[str, Any]]:
    cases = []
    for name, attributes, padding in [
        ("SGD", {"learningRate": 0.1}, None),
        ("SGD", {"learningRate": 0.05}, 3),
        ("SparseAdam", {"learningRate": 0.05}, None),
        ("SparseAdam", {"learningRate": 0.02, "beta1": 0.7, "beta2": 0.9, "epsilon": 1e-3}, None),
        ("SparseAdam", {"learningRate": 0.05, "maximize": True}, 0),
    ]:
        options: dict[str, Any] = {"lr": attributes["learningRate"]}
        if "beta1" in attributes:
            options |= {"betas": (attributes["beta1"], attributes["beta2"]), "eps": attributes["epsilon"]}
        if attributes.get("maximize"):
            options["maximize"] = True
        kind = getattr(torch.optim, name)
        case = {"optimizer": name, "attributes": attributes, "paddingIndex": padding}
        cases.append(case | trajectory(lambda parameters, k=kind, o=options: k(parameters, **o), padding))
    return cases
