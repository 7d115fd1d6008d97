"""Attention, positional encodings and transformers for sequences.json: see fixture_sequences.py."""

from __future__ import annotations

import math
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from fixture_file import Numbers
from fixture_sequences import LayerCases

# A mask that hides: PyTorch's sense, true where a key is not seen.  No row is all true.
Options = dict[str, Any]


def padding(lengths: list[int], time: int) -> numpy.ndarray:
    return numpy.arange(time)[None, :] >= numpy.array(lengths)[:, None]


MULTI_HEAD: list[Options] = [
    {"features": 4, "heads": 2},
    {"features": 6, "heads": 3, "bias": False, "causal": True},
    {"features": 4, "heads": 1, "keyFeatures": 3, "valueFeatures": 5, "keyTime": 3},
    {"features": 4, "heads": 2, "keyTime": 5, "padding": [3, 5], "sharesValue": True},
    {"features": 4, "heads": 2, "keyTime": 3, "mask": "bool", "padding": [2, 3], "keyFeatures": 3},
    {"features": 4, "heads": 2, "mask": "float", "padding": [4, 2]},
    {"features": 4, "heads": 2, "mask": "heads", "weights": "each"},
    {"features": 4, "heads": 4, "weights": "mean", "padding": [4, 3]},
    {"features": 6, "heads": 2, "weights": "each", "causal": True, "keyFeatures": 2, "valueFeatures": 2},
]


def attentions(cases: LayerCases) -> None:
    for number, options in enumerate(MULTI_HEAD):
        multi_head(cases, number, options)
    for number, (heads, key_heads, bias) in enumerate([(4, 2, True), (2, 1, False), (4, 1, True)]):
        x = Numbers("grouped", number).floats(2, 3, 4)
        attributes = {"features": 4, "heads": heads, "keyHeads": key_heads, "bias": bias}
        for extra in [{}, {"weights": "each"}]:
            cases.add("MultiHeadAttention", attributes | extra, Grouped(4, heads, key_heads, bias), [x],
                      lambda m, x, w=bool(extra): m(x)[: 1 + w])
    for number, (features, key_features, hidden, lengths) in enumerate([(3, 3, 4, None), (2, 4, 3, [3, 1]), (4, 2, 2, [2, 3])]):
        sequence_attention(cases, number, features, key_features, hidden, lengths)


def multi_head(cases: LayerCases, number: int, options: Options) -> None:
    numbers = Numbers("multiHead", number)
    time, features, heads = 4, options["features"], options["heads"]
    key_time = options.get("keyTime", time)
    key_features, value_features = options.get("keyFeatures", features), options.get("valueFeatures", features)
    inputs = [numbers.floats(2, time, features)]
    is_cross = any(key in options for key in ("keyTime", "keyFeatures", "valueFeatures"))
    if is_cross:
        inputs.append(numbers.floats(2, key_time, key_features))
        if not options.get("sharesValue"):
            inputs.append(numbers.floats(2, key_time, value_features))
    masks: Options = {"need_weights": "weights" in options, "average_attn_weights": options.get("weights") != "each"}
    places = {"causal": [[j > i for j in range(key_time)] for i in range(time)]}
    if "padding" in options:
        masks["key_padding_mask"] = torch.tensor(padding(options["padding"], key_time))
    extra = []
    if options.get("mask") == "bool":
        extra = [numpy.array([[j == (i + 2) % key_time for j in range(key_time)] for i in range(time)])]
    elif options.get("mask") == "float":
        extra = [numbers.floats(time, key_time)]
    elif options.get("mask") == "heads":
        extra = [numbers.floats(2 * heads, time, key_time)]
    elif options.get("causal"):
        masks["attn_mask"] = torch.tensor(places["causal"])
    module = nn.MultiheadAttention(
        features, heads, bias=options.get("bias", True), kdim=key_features, vdim=value_features, batch_first=True)

    def call(module: nn.Module, *operands: Tensor) -> tuple[Tensor, ...]:
        given, keywords = list(operands), dict(masks)
        if extra:
            keywords["attn_mask"] = given.pop()
            # Masks of two types have to be made one.
            if keywords["attn_mask"].is_floating_point() and "key_padding_mask" in keywords:
                hidden = keywords["key_padding_mask"]
                keywords["key_padding_mask"] = torch.zeros(hidden.shape).double().masked_fill(hidden, -math.inf)
        given += [given[-1]] * (3 - len(given))
        output, weights = module(*given, **keywords)
        return (output,) if weights is None else (output, weights)

    cases.add("MultiHeadAttention", {"bias": True} | options, module, inputs + extra, call)


class Grouped(nn.Module):
    """Self-attention whose heads share keys and values in groups (Ainslie et al. 2023)."""

    def __init__(self, features: int, heads: int, key_heads: int, bias: bool) -> None:
        super().__init__()
        self.heads, self.key_heads, self.size = heads, key_heads, features // heads
        inner = self.size * key_heads
        self.q_proj_weight = nn.Parameter(torch.empty(features, features))
        self.k_proj_weight = nn.Parameter(torch.empty(inner, features))
        self.v_proj_weight = nn.Parameter(torch.empty(inner, features))
        if bias:
            self.in_proj_bias = nn.Parameter(torch.empty(features + 2 * inner))
        self.out_proj = nn.Linear(features, features, bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        bias = getattr(self, "in_proj_bias", torch.zeros(sum(w.shape[0] for w in weights)).double())
        biases = bias.split([w.shape[0] for w in weights])
        q, k, v = ((x @ w.T + b).unflatten(2, (-1, self.size)).transpose(1, 2) for w, b in zip(weights, biases))
        k, v = (y.repeat_interleave(self.heads // self.key_heads, 1) for y in (k, v))
        shares = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(self.size), -1)
        return self.out_proj((shares @ v).transpose(1, 2).flatten(2)), shares


class Scored(nn.Module):
    """Bahdanau et al. 2015 and Luong et al. 2015."""

    def __init__(self, form: str, features: int, key_features: int, hidden: int) -> None:
        super().__init__()
        self.form = form
        if form == "bahdanau":
            self.query = nn.Linear(features, hidden, False)
            self.key = nn.Linear(key_features, hidden, False)
        elif form != "dot":
            inputs = features + key_features if form == "concatenation" else key_features
            self.projection = nn.Linear(inputs, hidden if form == "concatenation" else features, False)
        if form in ("bahdanau", "concatenation"):
            self.score = nn.Linear(hidden, 1, False)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, hidden: Tensor | None) -> tuple[Tensor, Tensor]:
        if self.form == "bahdanau":
            scores = self.score(torch.tanh(self.query(q)[:, :, None] + self.key(k)[:, None]))[..., 0]
        elif self.form == "concatenation":
            pairs = torch.cat([q[:, :, None].expand(-1, -1, k.shape[1], -1), k[:, None].expand(-1, q.shape[1], -1, -1)], 3)
            scores = self.score(torch.tanh(self.projection(pairs)))[..., 0]
        else:
            scores = q @ (k if self.form == "dot" else self.projection(k)).transpose(1, 2)
        if hidden is not None:
            scores = scores.masked_fill(hidden[:, None], -math.inf)
        shares = torch.softmax(scores, -1)
        return shares @ v, shares


def sequence_attention(cases: LayerCases, number: int, features: int, key_features: int, hidden: int, lengths: list[int] | None) -> None:
    for form in ["bahdanau", "dot", "general", "concatenation"]:
        width = features if form == "dot" else key_features
        numbers = Numbers(form, number)
        inputs = [numbers.floats(2, 2, features), numbers.floats(2, 3, width), numbers.floats(2, 3, 2)]
        mask = None if lengths is None else torch.tensor(padding(lengths, 3))
        attributes: Options = {"form": form, "features": features, "keyFeatures": width, "hidden": hidden}
        cases.add("SequenceAttention", attributes | ({} if lengths is None else {"padding": lengths}),
                  Scored(form, features, width, hidden), inputs, lambda m, q, k, v, h=mask: m(q, k, v, h))


def positions(cases: LayerCases) -> None:
    """Written out pair by pair, as the papers do."""
    for features, time, offset, base in [(4, 3, 0, 10000.0), (5, 4, 2, 10000.0), (6, 2, 1500, 100.0)]:
        attributes: Options = {"features": features, "offset": offset, "base": base}
        table = torch.zeros(time, features).double()
        for p in range(time):
            for i in range(features):
                angle = (p + offset) / base ** (2 * (i // 2) / features)
                table[p, i] = math.cos(angle) if i % 2 else math.sin(angle)
        cases.add("Sinusoidal", attributes, nn.Identity(), [Numbers("sinusoidal", features).floats(2, time, features)],
                  lambda m, x, t=table: (x + t,))
    for length, features, offset in [(4, 3, 0), (6, 2, 3), (5, 4, 1)]:
        attributes = {"length": length, "features": features, "offset": offset}
        x = Numbers("learned", length).floats(2, 3, features)
        cases.add("Learned", attributes, nn.Embedding(length, features), [x],
                  lambda m, x, o=offset: (x + m(torch.arange(o, o + x.shape[1])),))
    for interleaved in [True, False]:
        for size, rotated, offset, base in [(4, 4, 0, 10000.0), (6, 4, 5, 10000.0), (8, 8, 40000, 500000.0)]:
            attributes = {"headDim": size, "rotated": rotated, "offset": offset, "base": base, "interleaved": interleaved}
            x = Numbers("rotary", interleaved, size).floats(2, 3, 2, size)
            cases.add("Rotary", attributes, nn.Identity(), [x], lambda m, x, a=attributes: (rotate(x, a),))


def rotate(x: Tensor, options: Options) -> Tensor:
    rotated, columns = options["rotated"], list(x.unbind(3))
    for i in range(rotated // 2):
        first, second = (2 * i, 2 * i + 1) if options["interleaved"] else (i, i + rotated // 2)
        rate = options["base"] ** (-2 * i / rotated)
        places = torch.arange(x.shape[1], dtype=torch.float64) + options["offset"]
        angles = (places * rate)[None, :, None]
        c, s = torch.cos(angles), torch.sin(angles)
        a, b = x[..., first], x[..., second]
        columns[first], columns[second] = a * c - b * s, a * s + b * c
    return torch.stack(columns, 3)


TRANSFORMERS: list[Options] = [
    {"features": 4, "heads": 2, "hidden": 5, "activation": "relu"},
    {"features": 4, "heads": 1, "hidden": 3, "activation": "gelu", "normFirst": True, "padding": [3, 2], "epsilon": 1e-3},
    {"features": 2, "heads": 2, "hidden": 4, "activation": "relu", "bias": False, "causal": True, "padding": [2, 3]},
]


def transformers(cases: LayerCases) -> None:
    for number, options in enumerate(TRANSFORMERS):
        numbers = Numbers("transformers", number)
        width = options["features"]
        keywords: Options = {
            "d_model": width, "nhead": options["heads"], "dim_feedforward": options["hidden"], "dropout": 0.0,
            "activation": options["activation"], "layer_norm_eps": options.get("epsilon", 1e-5), "batch_first": True,
            "norm_first": options.get("normFirst", False), "bias": options.get("bias", True)}
        attributes = {"bias": True, "epsilon": 1e-5, "normFirst": False, "causal": False} | options
        source, target = numbers.floats(2, 3, width), numbers.floats(2, 4, width)
        hidden = torch.tensor(padding(options["padding"], 3)) if "padding" in options else None
        causal = (lambda n: torch.ones(n, n).triu(1).bool()) if options.get("causal") else lambda n: None
        hides: Options = {"src_key_padding_mask": hidden}
        attends: Options = {"tgt_mask": causal(4), "memory_key_padding_mask": hidden}
        encoder, decoder = nn.TransformerEncoderLayer(**keywords), nn.TransformerDecoderLayer(**keywords)
        norm = nn.LayerNorm(width, bias=keywords["bias"]) if number != 1 else None
        cases.add("TransformerEncoderLayer", attributes, encoder, [source],
                  lambda m, x: (m(x, src_mask=causal(3), **hides),))
        cases.add("TransformerDecoderLayer", attributes, decoder, [target, source], lambda m, y, x: (m(y, x, **attends),))
        counted = attributes | {"layers": 2, "norm": norm is not None}
        cases.add("TransformerEncoder", counted, nn.TransformerEncoder(encoder, 2, norm, enable_nested_tensor=False),
                  [source], lambda m, x: (m(x, mask=causal(3), **hides),))
        cases.add("TransformerDecoder", counted, nn.TransformerDecoder(decoder, 2, norm), [target, source],
                  lambda m, y, x: (m(y, x, **attends),))
        model = nn.Transformer(num_encoder_layers=1, num_decoder_layers=1 + number % 2, **keywords)
        cases.add("Transformer", attributes | {"decoderLayers": 1 + number % 2}, model, [source, target],
                  lambda m, x, y: (m(x, y, src_mask=causal(3), **hides, **attends),))
