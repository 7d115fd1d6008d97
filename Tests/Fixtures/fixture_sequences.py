"""Writes sequences.json: values and all gradients of recurrent layers, attention and transformers by PyTorch.

    .venv/bin/python Tests/Fixtures/fixture_sequences.py

PyTorch computes in float64 from float32 inputs and parameters, and results are rounded to float32.  Sequences are
[batch, time, features].  A case:

    {"layer": name, "attributes": {...}, "parameters": {key: tensor}, "inputs": [tensor...], "outputs": [tensor...],
     "cotangents": [tensor...], "gradients": [tensor | null, for each input], "parameterGradients": {key: tensor}}

where gradients are those of the sum of cotangent * output over all outputs; null where an input is no float.  States of
recurrent layers are [layers * directions, batch, hidden].  Layers that PyTorch has not are written out here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "Benchmarks")]

from fixture_file import Array, Numbers, tensor, versions, write  # noqa: E402

LARGEST = 500_000
DESCRIPTION = (
    "Layers of sequences by PyTorch in float64 from float32 parameters and inputs, rounded to float32; [batch, time, features]"
)
Call = Callable[..., tuple[Tensor, ...]]


class LayerCases:
    """Layers with drawn parameters, their outputs and all gradients."""

    def __init__(self) -> None:
        self.cases: list[dict[str, Any]] = []

    def add(self, layer: str, attributes: dict[str, Any], module: nn.Module, inputs: list[Array], call: Call) -> None:
        numbers = Numbers(layer, sorted(attributes.items()), len(self.cases))
        module = module.double().train()
        for parameter in module.parameters():
            drawn = numpy.round(numbers.floats(*parameter.shape, low=-0.9, high=0.9), 2)
            parameter.data, parameter.grad = torch.from_numpy(drawn).double(), None
        operands = [torch.from_numpy(numpy.array(x)) for x in inputs]
        operands = [x.double().requires_grad_() if x.is_floating_point() else x for x in operands]
        outputs = [y for y in call(module, *operands)]
        cotangents = [numpy.round(numbers.floats(*y.shape, low=-1, high=1), 2) for y in outputs]
        total = sum((y * torch.from_numpy(g).double()).sum() for y, g in zip(outputs, cotangents))
        total.backward()

        def made(x: Tensor | None, like: Tensor) -> dict[str, Any]:
            return tensor((torch.zeros_like(like) if x is None else x).detach().numpy())

        self.cases.append({
            "layer": layer,
            "attributes": attributes,
            "parameters": {name: tensor(p.detach().numpy()) for name, p in module.named_parameters()},
            "inputs": [tensor(numpy.asarray(x)) for x in inputs],
            "outputs": [made(y, y) for y in outputs],
            "cotangents": [tensor(g) for g in cotangents],
            "gradients": [made(x.grad, x) if x.is_floating_point() else None for x in operands],
            "parameterGradients": {name: made(p.grad, p) for name, p in module.named_parameters()},
        })


# Recurrent layers: features 3, hidden 3 or 4.

RECURRENT: list[dict[str, Any]] = [
    {"features": 3, "hidden": 4},
    {"features": 2, "hidden": 3, "layers": 2, "bidirectional": True, "lengths": [4, 1, 3], "time": 4, "initial": True},
    {"features": 3, "hidden": 3, "bidirectional": True, "bias": False, "lengths": [2, 5], "time": 5},
    {"features": 2, "hidden": 2, "layers": 3, "initial": True},
]


def recurrent(cases: LayerCases, name: str, kind: type[nn.Module], extra: list[dict[str, Any]]) -> None:
    for number, (base, more) in enumerate(zip(RECURRENT, extra)):
        options = base | more
        numbers = Numbers(name, number)
        directions = 2 if options.get("bidirectional") else 1
        lengths = options.get("lengths")
        batch, time = len(lengths or [0, 0]), options.get("time", 3)
        keywords = {"nonlinearity": options["activation"]} if "activation" in options else {}
        keywords |= {"proj_size": options["projection"]} if "projection" in options else {}
        module = kind(
            options["features"], options["hidden"], options.get("layers", 1), bias=options.get("bias", True),
            batch_first=True, bidirectional=directions == 2, **keywords)
        inputs = [numbers.floats(batch, time, options["features"])]
        if options.get("initial"):
            count = options.get("layers", 1) * directions
            sizes = [options.get("projection", options["hidden"])] + ([options["hidden"]] if kind is nn.LSTM else [])
            inputs += [numbers.floats(count, batch, size, low=-1, high=1) for size in sizes]
        cases.add(name, options, module, inputs, lambda m, x, *s, n=lengths: run_recurrent(m, x, s, n))


def run_recurrent(module: nn.Module, x: Tensor, initial: tuple[Tensor, ...], lengths: list[int] | None) -> tuple[Tensor, ...]:
    state = None if not initial else initial[0] if len(initial) == 1 else initial
    if lengths is None:
        outputs, last = module(x, state)
    else:
        packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        outputs, last = module(packed, state)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    return (outputs, *(last if isinstance(last, tuple) else (last,)))


class OriginalGRU(nn.Module):
    """A gated recurrent unit with the reset before the product (Cho et al. 2014), one layer forwards."""

    def __init__(self, features: int, hidden: int, bias: bool) -> None:
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden, features))
        self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden, hidden))
        if bias:
            self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden))
            self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden))

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        size = h.shape[-1]
        own = [getattr(self, f"bias_{kind}_l0", torch.zeros(3 * size).double()) for kind in ("ih", "hh")]
        h, outputs = h[0], []
        for t in range(x.shape[1]):
            a = x[:, t] @ self.weight_ih_l0.T + own[0]
            gates = a[:, : 2 * size] + h @ self.weight_hh_l0[: 2 * size].T + own[1][: 2 * size]
            reset, update = torch.sigmoid(gates).chunk(2, 1)
            new = torch.tanh(a[:, 2 * size:] + (reset * h) @ self.weight_hh_l0[2 * size:].T + own[1][2 * size:])
            h = update * h + (1 - update) * new
            outputs.append(h)
        return torch.stack(outputs, 1), h[None]


class JordanNet(nn.Module):
    """Jordan 1986: the output, and what is left of the state, come back as the next state."""

    def __init__(self, features: int, hidden: int, outputs: int, bias: bool) -> None:
        super().__init__()
        self.input = nn.Linear(features, hidden, bias)
        self.feedback = nn.Linear(outputs, hidden, False)
        self.output = nn.Linear(hidden, outputs, bias)

    def forward(self, x: Tensor, state: Tensor, activation: str, squash: str, decay: float) -> tuple[Tensor, Tensor]:
        outputs = []
        for t in range(x.shape[1]):
            h = getattr(torch, activation)(self.input(x[:, t]) + self.feedback(state))
            y = self.output(h)
            y = torch.sigmoid(y) if squash == "sigmoid" else y
            outputs.append(y)
            state = y + decay * state
        return torch.stack(outputs, 1), state


def others(cases: LayerCases) -> None:
    for number, (features, hidden, bias) in enumerate([(3, 4, True), (2, 3, False), (1, 2, True)]):
        numbers = Numbers("originalGRU", number)
        inputs = [numbers.floats(2, 4, features), numbers.floats(1, 2, hidden, low=-1, high=1)]
        attributes = {"features": features, "hidden": hidden, "bias": bias, "resetsAfterProduct": False, "initial": True}
        cases.add("GRU", attributes, OriginalGRU(features, hidden, bias), inputs, lambda m, x, h: m(x, h))
    for number, (activation, squash, decay, bias) in enumerate(
        [("tanh", "none", 0.0, True), ("relu", "sigmoid", 0.5, True), ("tanh", "sigmoid", 0.25, False)]
    ):
        numbers = Numbers("jordan", number)
        attributes = {"features": 3, "hidden": 4, "outputs": 2, "activation": activation, "squash": squash,
                      "decay": decay, "bias": bias}
        inputs = [numbers.floats(2, 4, 3), numbers.floats(2, 2, low=-1, high=1)]
        cases.add("Jordan", attributes, JordanNet(3, 4, 2, bias), inputs,
                  lambda m, x, s, o=(activation, squash, decay): m(x, s, *o))
    truncated(cases)


def truncated(cases: LayerCases) -> None:
    """Back-propagation through stretches of time: the states between them are detached."""
    for number, stretch in enumerate([1, 2, 3]):
        x = Numbers("truncated", number).floats(2, 6, 2)

        def run(module: nn.LSTM, x: Tensor, stretch: int = stretch) -> tuple[Tensor, ...]:
            parts, state = [], None
            for start in range(0, x.shape[1], stretch):
                output, state = module(x[:, start:start + stretch], state)
                state = tuple(s.detach() for s in state)
                parts.append(output)
            return (torch.cat(parts, 1),)

        attributes = {"features": 2, "hidden": 3, "stretch": stretch}
        cases.add("truncated", attributes, nn.LSTM(2, 3, batch_first=True), [x], run)


def cells(cases: LayerCases) -> None:
    for bias, given in [(True, True), (False, True), (True, False)]:
        numbers = Numbers("cells", bias, given)
        attributes = {"features": 3, "hidden": 4, "bias": bias}
        x = numbers.floats(2, 3)
        states = [numbers.floats(2, 4, low=-1, high=1) for _ in range(2)] if given else []
        for activation in ["tanh", "relu"]:
            cases.add("RNNCell", attributes | {"activation": activation}, nn.RNNCell(3, 4, bias, activation),
                      [x, *states[:1]], lambda m, x, h=None: (m(x, h),))
        cases.add("LSTMCell", attributes, nn.LSTMCell(3, 4, bias), [x, *states], lambda m, x, *s: m(x, s or None))
        cases.add("GRUCell", attributes, nn.GRUCell(3, 4, bias), [x, *states[:1]], lambda m, x, h=None: (m(x, h),))


def make() -> list[dict[str, Any]]:
    from fixture_attention import attentions, positions, transformers

    cases = LayerCases()
    recurrent(cases, "RNN", nn.RNN, [{"activation": "tanh"}, {"activation": "relu"}, {"activation": "tanh"}, {"activation": "relu"}])
    recurrent(cases, "LSTM", nn.LSTM, [{}, {}, {}, {}])
    recurrent(cases, "LSTM", nn.LSTM, [{"projection": 2}, {"projection": 2}, {"projection": 1}])
    recurrent(cases, "GRU", nn.GRU, [{}, {}, {}, {}])
    others(cases)
    cells(cases)
    attentions(cases)
    positions(cases)
    transformers(cases)
    return cases.cases


def main() -> None:
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    path = parser.parse_args().out / "sequences.json"
    torch.set_num_threads(1)
    cases = make()
    write(path, {"versions": versions(), "description": DESCRIPTION}, cases)
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size / 1000:.0f} kB")
    if path.stat().st_size > LARGEST:
        sys.exit(f"more than {LARGEST} bytes")


if __name__ == "__main__":
    main()
