"""Writes vocabulary.json: activations, losses, normalisations and reparametrizations by PyTorch, with their gradients.

    .venv/bin/python Tests/Fixtures/fixture_vocabulary.py

A case is {"op": name, "attributes": {...}, "inputs": [tensor...], "output": tensor, "cotangent": tensor,
"gradients": [tensor | null, for each input]}, computed in float64 from float32 inputs; a gradient is that of
sum(cotangent * output), null where the input is an integer or has none.  Images and sequences have their channels last.
Numbers that are not finite are strings; a tensor without a dtype is float32.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
import torch.nn.functional as F
from fixture_vocabulary_cases import CASES, Tensor, case, real, values
from fixture_vocabulary_layers import layers
from fixture_vocabulary_losses import latents, losses

EDGES = [-1e4, -50, -20.5, -6, -3, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 3, 6, 20.5, 50, 1e4]


def activations() -> None:
    def each(
        op: str, call: Callable[..., Tensor], *options: dict[str, Any], names: dict[str, str] | None = None
    ) -> None:
        """Edges, a matrix and an array by each of the options, whose keys are Swift's; `names` are PyTorch's."""
        for option in options or ({},):
            theirs = {(names or {}).get(key, key): value for key, value in option.items()}
            for x in (values(EDGES), real(3, 4, low=-4, high=4), real(2, 2, 3)):
                case(op, lambda x, theirs=theirs: call(x, **theirs), x, **option)

    each("sigmoid", torch.sigmoid)
    each("tanh", torch.tanh)
    each("hardtanh", F.hardtanh, {}, {"lower": -0.5, "upper": 3.0}, names={"lower": "min_val", "upper": "max_val"})
    each("relu", F.relu)
    each("relu6", F.relu6)
    each("leakyReLU", F.leaky_relu, {}, {"negativeSlope": 0.3}, names={"negativeSlope": "negative_slope"})
    each("elu", F.elu, {}, {"alpha": 1.7})
    each("celu", F.celu, {}, {"alpha": 0.6})
    each("selu", F.selu)
    each("gelu", F.gelu)
    each("tanhGELU", lambda x: F.gelu(x, approximate="tanh"))
    each("quickGELU", lambda x: x * torch.sigmoid(1.702 * x))
    each("silu", F.silu)
    each("swish", lambda x, beta: x * torch.sigmoid(beta * x), {"beta": 0.7}, {"beta": 3.0})
    each("softplus", F.softplus, {}, {"beta": 2.5}, {"beta": 0.5, "threshold": 2.0})
    each("softsign", F.softsign)
    each("softshrink", F.softshrink, {}, {"lambda": 1.0}, names={"lambda": "lambd"})
    each("hardshrink", F.hardshrink, {}, {"lambda": 1.0}, names={"lambda": "lambd"})
    each("tanhshrink", F.tanhshrink)
    each("threshold", F.threshold, {"threshold": 0.5, "value": -3.0}, {"threshold": -1.0, "value": 20.0})
    each("logSigmoid", F.logsigmoid)
    each("mish", F.mish)
    each("hardsigmoid", F.hardsigmoid)
    each("hardswish", F.hardswish)
    each("rreluInference", F.rrelu, {}, {"lower": 0.2, "upper": 0.5})
    for x in (real(3, 5), real(2, 3, 4) * 10, values([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4]])):
        for axis in (-1, 0):
            case("softmax", lambda x: F.softmax(x, axis), x, axis=axis)
            case("logSoftmax", lambda x: F.log_softmax(x, axis), x, axis=axis)
            case("softmin", lambda x: F.softmin(x, axis), x, axis=axis)
    for x, axis in ((real(3, 4), -1), (real(4, 3), 0), (real(2, 6, 2), 1), (values([[1e4, -1e4, 1e4, -1e4]]), -1)):
        value, gate = lambda x: x.chunk(2, axis)[0], lambda x: x.chunk(2, axis)[1]
        case("glu", lambda x: F.glu(x, axis), x, axis=axis)
        case("reglu", lambda x: value(x) * F.relu(gate(x)), x, axis=axis)
        case("geglu", lambda x: value(x) * F.gelu(gate(x)), x, axis=axis)
        case("swiglu", lambda x: value(x) * F.silu(gate(x)), x, axis=axis)
    for shape, channels in (((3, 4), 4), ((2, 3, 2), 2), ((5,), 1), ((2, 2, 3), 1)):
        last = lambda x, w: F.prelu(x.movedim(-1, 1), w).movedim(1, -1) if x.ndim > 1 else F.prelu(x, w)
        case("prelu", last, real(*shape), real(channels, low=0, high=1))
    for shape, beta in (((3, 4), real()), ((7,), values(1.702)), ((2, 2, 3), real(low=-1, high=3))):
        case("trainableSwish", lambda x, b: x * torch.sigmoid(b * x), real(*shape), beta)
    for shape, outputs, pieces in (((3, 4), 2, 3), ((2, 3, 2), 3, 2), ((5,), 4, 1)):
        maxout = lambda x, w, b: F.linear(x, w, b).unflatten(-1, (outputs, pieces)).amax(-1)
        case("maxout", maxout, real(*shape), real(outputs * pieces, shape[-1]), real(outputs * pieces), pieces=pieces)


def steps() -> None:
    """The step, and labels of which there are none."""
    for threshold in (0.0, 0.5):
        for x in (values(EDGES), real(3, 4), real(2, 2, 3)):
            case("step", lambda x: (x >= threshold).double() + 0 * x, x, threshold=threshold)
    for shape, axis in (((3, 4), -1), ((4, 3), 0), ((2, 6, 2), 1)):
        case("gated", lambda x: x.chunk(2, axis)[0] * x.chunk(2, axis)[1].tanh(), real(*shape), axis=axis)
    for reduction in ("mean", "sum", "none"):

        def empty(x: Tensor, targets: Tensor, inputs: Tensor, lengths: Tensor) -> Tensor:
            return F.ctc_loss(x.log_softmax(-1).transpose(0, 1), targets, inputs, lengths, reduction=reduction)

        lengths = (torch.tensor([4, 2]), torch.tensor([0, 0]))
        case("ctcLoss", empty, real(2, 4, 3), torch.zeros(2, 0, dtype=torch.int64), *lengths, reduction=reduction)


def write() -> None:
    activations()
    losses()
    layers()
    steps()
    # The numbers of what stands before are not to change.
    latents()
    versions = {"torch": torch.__version__.split("+")[0], "numpy": np.__version__}
    description = "Activations, losses and normalisations by PyTorch in float64 from float32 inputs; channels last"
    lines = [f'"versions": {json.dumps(versions)},', f'"description": {json.dumps(description)},']
    rows = ",\n".join(json.dumps(x, separators=(",", ":")) for x in CASES)
    path = Path(__file__).resolve().parent / "vocabulary.json"
    path.write_text("{\n" + "\n".join(lines) + '\n"cases": [\n' + rows + "\n]}\n")
    print(
        f"{path.name}: {len(CASES)} cases of {len({x['op'] for x in CASES})} kinds, {path.stat().st_size / 1000:.0f} kB"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    write()
