"""Writes blocks.json: values and gradients of composites by PyTorch.

    .venv/bin/python Tests/Fixtures/fixture_blocks.py

Form and versions are those of generate.py: inputs are float32, PyTorch computes in float64, results are rounded to
float32.  Layouts are Apus': channels last; attention [batch, time, heads, headDim]; sequences [batch, time, features].  A
call with several results has them flattened and joined.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "Benchmarks")]

from fixture_file import Numbers, versions, write  # noqa: E402
from fixture_primitives import Cases  # noqa: E402

DESCRIPTION = (
    "Composites by PyTorch in float64 from float32 inputs, rounded to float32; channels last, attention [batch, time, heads, "
    "headDim], sequences [batch, time, features]"
)


def joined(*parts: Tensor) -> Tensor:
    return torch.cat([x.reshape(-1) for x in parts])


def softmaxes(cases: Cases) -> None:
    for shape, axis in [((5,), 0), ((3, 7), 1), ((3, 7), 0), ((2, 3, 4), 1), ((4, 1), 1)]:
        for name, function in [("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)]:
            x = Numbers(name, shape, axis).floats(*shape, low=-6, high=6)
            cases.add(name, {"axis": axis}, [x], lambda x, f=function, a=axis: f(x, a))
    for shape, axes, keep in [((3, 7), [1], False), ((3, 7), [0], True), ((2, 3, 4), [0, 2], False), ((2, 3), [0, 1], False)]:
        x = Numbers("logSumExp", shape, axes).floats(*shape, low=-6, high=6)
        attributes = {"axes": axes, "keepDims": keep}
        cases.add("logSumExp", attributes, [x], lambda x, a=axes, k=keep: torch.logsumexp(x, a, keepdim=k))


def losses(cases: Cases) -> None:
    for reduction in ["none", "sum", "mean"]:
        for smoothing in [0, 0.1]:
            for weighted in [False, True]:
                n = Numbers("crossEntropy", reduction, smoothing, weighted)
                logits, labels = n.floats(6, 4), n.integers(0, 4, 6)
                labels[2] = -100
                inputs = [logits, labels] + ([n.floats(4, low=0.5, high=2)] if weighted else [])
                attributes = {"reduction": reduction, "labelSmoothing": smoothing, "ignoredLabel": -100}

                def loss(x: Tensor, y: Tensor, w: Tensor | None = None, r: str = reduction, s: float = smoothing) -> Tensor:
                    return F.cross_entropy(x, y.long(), None if w is None else w.detach(), reduction=r, label_smoothing=s)

                cases.add("crossEntropy", attributes, inputs, loss, weighted=1)


def last_first(x: Tensor) -> Tensor:
    """Channels from the end to axis 1."""
    return x.movedim(-1, 1)


def norms(cases: Cases) -> None:
    for shape, count in [((4, 6), 1), ((2, 3, 5), 1), ((2, 3, 4), 2), ((3, 1), 1)]:
        for parameters in range(3):
            n = Numbers("layerNorm", shape, count, parameters)
            last = shape[-count:]
            inputs = [n.floats(*shape)] + [n.floats(*last) for _ in range(parameters)]
            attributes = {"axisCount": count, "epsilon": 1e-3}
            cases.add("layerNorm", attributes, inputs, lambda x, *p, s=last: F.layer_norm(x, s, *p, eps=1e-3))
            if parameters < 2:
                cases.add("rmsNorm", attributes, inputs, lambda x, *p, s=last: F.rms_norm(x, s, *p, eps=1e-3))
    for shape in [(5, 3), (4, 2, 3), (2, 3, 2, 4)]:
        for parameters in [0, 2]:
            n = Numbers("batchNorm", shape, parameters)
            inputs = [n.floats(*shape)] + [n.floats(shape[-1]) for _ in range(parameters)]

            def training(x: Tensor, *p: Tensor) -> Tensor:
                y = F.batch_norm(last_first(x), None, None, *p, training=True, eps=1e-3)
                axes = list(range(x.dim() - 1))
                return joined(y.movedim(1, -1), x.mean(axes), x.var(axes, correction=0))

            cases.add("batchNorm", {"epsilon": 1e-3}, inputs, training)
            statistics = [n.floats(shape[-1]), n.floats(shape[-1], low=0.5, high=2)]

            def inference(x: Tensor, mean: Tensor, variance: Tensor, *p: Tensor) -> Tensor:
                w, b = p if p else (torch.ones_like(mean), torch.zeros_like(mean))
                return (x - mean) / (variance + 1e-3).sqrt() * w + b

            cases.add("batchNormInference", {"epsilon": 1e-3}, inputs[:1] + statistics + inputs[1:], inference)
    for shape, groups in [((2, 6), 3), ((2, 3, 4), 2), ((2, 2, 3, 4), 1), ((2, 5, 3), 3)]:
        for parameters in [0, 2]:
            n = Numbers("groupNorm", shape, groups, parameters)
            inputs = [n.floats(*shape)] + [n.floats(shape[-1]) for _ in range(parameters)]
            cases.add(
                "groupNorm",
                {"groups": groups, "epsilon": 1e-3},
                inputs,
                lambda x, *p, g=groups: F.group_norm(last_first(x), g, *p, eps=1e-3).movedim(1, -1),
            )


def attention(cases: Cases) -> None:
    shapes = [((2, 3, 2, 4), (2, 5, 2, 4), 3), ((1, 4, 4, 3), (1, 4, 2, 3), 3), ((2, 3, 3, 2), (2, 3, 1, 2), 2), ((1, 1, 1, 1), (1, 1, 1, 1), 1)]
    for q, k, width in shapes:
        for kind in ["plain", "causal", "scaled", "bool", "heads", "added", "row"]:
            n = Numbers("attention", q, k, kind)
            inputs = [n.floats(*q), n.floats(*k), n.floats(*k[:3], width)]
            full = (q[0], q[2], q[1], k[1])
            if kind == "bool":
                inputs.append(n.flags(q[1], k[1]))
                inputs[3][:, 0] = True
            elif kind == "heads":
                inputs.append(n.flags(*full))
                inputs[3][0, 0, 0, :] = False
            elif kind == "added":
                inputs.append(n.floats(*full))
            elif kind == "row":
                inputs.append(n.floats(q[0], 1, 1, k[1]))
            attributes: dict[str, Any] = {"isCausal": kind == "causal"}
            if kind == "scaled":
                attributes["scale"] = 0.25

            def run(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, a: dict[str, Any] = attributes) -> Tensor:
                q, k, v = (x.transpose(1, 2) for x in (q, k, v))
                y = F.scaled_dot_product_attention(
                    q, k, v, attn_mask=mask, is_causal=a["isCausal"], scale=a.get("scale"), enable_gqa=q.shape[1] != k.shape[1]
                )
                return y.transpose(1, 2)

            cases.add("attention", attributes, inputs, run)


def recurrence(cases: Cases) -> None:
    for kind, gates in [("lstm", 4), ("gru", 3)]:
        for batch, features, hidden in [(3, 4, 2), (1, 1, 1), (2, 3, 5)]:
            for biased in [False, True]:
                n = Numbers(kind, batch, features, hidden, biased)
                states = [n.floats(batch, hidden) for _ in range(2 if kind == "lstm" else 1)]
                weights = [n.floats(gates * hidden, features, low=-1, high=1), n.floats(gates * hidden, hidden, low=-1, high=1)]
                biases = [n.floats(gates * hidden) for _ in range(2)] if biased else []

                def cell(x: Tensor, *rest: Tensor, kind: str = kind) -> Tensor:
                    if kind == "gru":
                        h, w, u, *b = rest
                        return torch.gru_cell(x, h, w, u, *b)
                    h, c, w, u, *b = rest
                    return joined(*torch.lstm_cell(x, (h, c), w, u, *b))

                cases.add(kind + "Cell", {}, [n.floats(batch, features), *states, *weights, *biases], cell)
                for time in [1, 6]:

                    def sequence(x: Tensor, *rest: Tensor, kind: str = kind) -> Tensor:
                        count = 2 if kind == "lstm" else 1
                        states, flat = [s[None] for s in rest[:count]], list(rest[count:])
                        has = len(flat) == 4
                        if kind == "lstm":
                            y, h, c = torch.lstm(x, states, flat, has, 1, 0.0, True, False, True)
                            return joined(y, h, c)
                        return joined(*torch.gru(x, states[0], flat, has, 1, 0.0, True, False, True))

                    cases.add(kind, {}, [n.floats(batch, time, features), *states, *weights, *biases], sequence)


def others(cases: Cases) -> None:
    for shape in [(4,), (2, 3), ()]:
        for padding in [None, 1, -1]:
            n = Numbers("embedding", shape, padding)
            inputs = [n.floats(5, 3), n.integers(0, 5, *shape)]
            attributes = {} if padding is None else {"paddingIndex": padding}
            cases.add("embedding", attributes, inputs, lambda t, i, p=padding: F.embedding(i.long(), t, padding_idx=p))
    for shape in [(11,), (3, 5)]:
        x = Numbers("activations", shape).floats(*shape, low=-6, high=6)
        for approximate in ["none", "tanh"]:
            attributes = {"approximate": approximate == "tanh"}
            cases.add("gelu", attributes, [x], lambda x, a=approximate: F.gelu(x, approximate=a))
        cases.add("silu", {}, [x], F.silu)
        for beta in [1, 2.5]:
            cases.add("softplus", {"beta": beta}, [x], lambda x, b=beta: F.softplus(x, beta=b, threshold=1e6))


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the composites' numbers by PyTorch.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    path: Path = parser.parse_args().out / "blocks.json"
    torch.set_num_threads(1)
    cases = Cases()
    for part in [softmaxes, losses, norms, attention, recurrence, others]:
        part(cases)
    write(path, {"versions": versions(), "description": DESCRIPTION}, cases.list)
    print(f"{path.name}: {len(cases.list)} cases, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
