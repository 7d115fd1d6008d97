"""Writes sequence_models.json: what PyTorch's versions of the models of sequences make of a batch, and how they learn.

    .venv/bin/python Tests/Fixtures/fixture_sequence_models.py

A case is {"model", "arguments", "inputs", ...}.  Weights are `mixed` of fixture_zoo.py, times 0.4 for tables and matrices, 0.1 for vectors (1 + 0.1 for the weights of norms); the stream of an
entry is its place among the sorted names of the state dictionary.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from fixture_file import floats, versions, write

HERE = Path(__file__).resolve().parent
PAD = 0


def mixed(count: int, stream: int) -> numpy.ndarray:
    x = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761) ^ numpy.uint32(stream * 0x9E3779B9 & 0xFFFFFFFF)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    return x / 2**32 * 2 - 1


def filled(model: nn.Module) -> nn.Module:
    for stream, (name, value) in enumerate(sorted(model.state_dict().items())):
        values = mixed(value.numel(), stream) * (0.4 if value.dim() > 1 else 0.1)
        if value.dim() == 1 and "norm" in name and name.endswith("weight"):
            values = 1 + values
        value.copy_(torch.from_numpy(values.astype(numpy.float32).reshape(value.shape)))
    return model


def integers(rows: int, columns: int, low: int, high: int, stream: int) -> Tensor:
    shares = (mixed(rows * columns, stream) + 1) / 2
    return torch.from_numpy((low + shares * (high - low)).astype(numpy.int64).reshape(rows, columns))


def padded(tokens: Tensor, lengths: list[int]) -> Tensor:
    for row, length in enumerate(lengths):
        tokens[row, length:] = PAD
    return tokens


class Jordan(nn.Module):
    def __init__(self, features: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.input = nn.Linear(features, hidden)
        self.feedback = nn.Linear(outputs, hidden, bias=False)
        self.output = nn.Linear(hidden, outputs)
        self.outputs = outputs

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        answers = []
        for time in range(x.shape[1]):
            y = self.output(torch.tanh(self.input(x[:, time]) + self.feedback(state)))
            state = y.softmax(-1)
            answers.append(y)
        return torch.stack(answers, 1), state


class LanguageModel(nn.Module):
    def __init__(self, cell: str, vocabulary: int, features: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.cell = cell
        self.embedding = nn.Embedding(vocabulary, features)
        if cell == "elman":
            self.rnn = nn.RNN(features, hidden, layers, batch_first=True)
        elif cell == "lstm":
            self.lstm = nn.LSTM(features, hidden, layers, batch_first=True)
        elif cell == "gru":
            self.gru = nn.GRU(features, hidden, layers, batch_first=True)
        else:
            self.jordan = Jordan(features, hidden, vocabulary)
        if cell != "jordan":
            self.fc = nn.Linear(hidden, vocabulary)

    def forward(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        x = self.embedding(tokens)
        if self.cell == "jordan":
            return self.jordan(x, torch.zeros(len(tokens), self.jordan.outputs) if state is None else state)
        h, state = getattr(self, "rnn" if self.cell == "elman" else self.cell)(x, state)
        return self.fc(h), state


def detached(state: Any) -> Any:
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def language_model(cell: str, layers: int) -> dict[str, Any]:
    vocabulary, rows, time, epochs = 11, 3, 5, 4
    arguments = {"cell": cell, "vocabulary": vocabulary, "features": 6, "hidden": 8, "layers": layers}
    model = filled(LanguageModel(**arguments))
    text = integers(1, 62, 0, vocabulary, 900)[0]
    count = (len(text) - 1) // rows // time
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    losses = []
    for _ in range(epochs):
        state = None
        for number in range(count):
            starts = [row * count * time + number * time for row in range(rows)]
            tokens, targets = (torch.stack([text[s + o : s + o + time] for s in starts]) for o in (0, 1))
            logits, state = model(tokens, state)
            state = detached(state)
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            losses.append(loss.item())
    return {
        "model": "language model", "arguments": arguments, "text": text.tolist(), "rows": rows, "time": time,
        "epochs": epochs, "losses": floats(numpy.array(losses)),
    }  # fmt: skip


class Bahdanau(nn.Module):
    def __init__(self, query: int, key: int, hidden: int) -> None:
        super().__init__()
        self.query = nn.Linear(query, hidden, bias=False)
        self.key = nn.Linear(key, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(self, query: Tensor, keys: Tensor, is_padding: Tensor) -> Tensor:
        scores = self.score(torch.tanh(self.query(query)[:, None] + self.key(keys)))[..., 0]
        weights = scores.masked_fill(is_padding, -torch.inf).softmax(-1)
        return (weights[:, None] @ keys)[:, 0]


class Luong(nn.Module):
    def __init__(self, query: int, key: int) -> None:
        super().__init__()
        self.projection = nn.Linear(key, query, bias=False)

    def forward(self, query: Tensor, keys: Tensor, is_padding: Tensor) -> Tensor:
        scores = (self.projection(keys) @ query[..., None])[..., 0]
        weights = scores.masked_fill(is_padding, -torch.inf).softmax(-1)
        return (weights[:, None] @ keys)[:, 0]


class RecurrentTranslator(nn.Module):
    def __init__(self, attention: str, sourceVocabulary: int, targetVocabulary: int, features: int, hidden: int) -> None:
        super().__init__()
        self.attention = attention
        self.sourceEmbedding = nn.Embedding(sourceVocabulary, features, padding_idx=PAD)
        self.targetEmbedding = nn.Embedding(targetVocabulary, features, padding_idx=PAD)
        self.encoder = nn.GRU(features, hidden, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden, hidden)
        self.decoder = nn.GRU(features + (0 if attention == "luong" else 2 * hidden), hidden, batch_first=True)
        if attention == "bahdanau":
            self.bahdanau = Bahdanau(hidden, 2 * hidden, hidden)
        if attention == "luong":
            self.luong = Luong(hidden, 2 * hidden)
        self.combination = nn.Linear(3 * hidden, hidden)
        self.fc = nn.Linear(hidden, targetVocabulary)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        lengths = (source != PAD).sum(1)
        packed = pack_padded_sequence(self.sourceEmbedding(source), lengths, batch_first=True, enforce_sorted=False)
        outputs, last = self.encoder(packed)
        keys = pad_packed_sequence(outputs, batch_first=True, total_length=source.shape[1])[0]
        summary = torch.cat([last[0], last[1]], -1)
        state = torch.tanh(self.bridge(summary))
        is_padding = source == PAD
        logits = []
        for time in range(target.shape[1]):
            x = self.targetEmbedding(target[:, time])
            if self.attention == "luong":
                h, last = self.decoder(x[:, None], state[None])
                context = self.luong(h[:, 0], keys, is_padding)
            else:
                context = summary if self.attention == "none" else self.bahdanau(state, keys, is_padding)
                h, last = self.decoder(torch.cat([x, context], -1)[:, None], state[None])
            state = last[0]
            logits.append(self.fc(torch.tanh(self.combination(torch.cat([h[:, 0], context], -1)))))
        return torch.stack(logits, 1)


class TransformerTranslator(nn.Module):
    def __init__(self, sourceVocabulary: int, targetVocabulary: int, context: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.width = width
        self.sourceEmbedding = nn.Embedding(sourceVocabulary, width, padding_idx=PAD)
        self.targetEmbedding = nn.Embedding(targetVocabulary, width, padding_idx=PAD)
        self.transformer = nn.Transformer(
            width, heads, layers, layers, 4 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        places = torch.arange(context)[:, None] / 10_000 ** (torch.arange(0, width, 2) / width)
        self.places = torch.stack([places.sin(), places.cos()], -1).flatten(1)

    def embedded(self, tokens: Tensor, table: nn.Embedding) -> Tensor:
        return table(tokens) * math.sqrt(self.width) + self.places[: tokens.shape[1]]

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        is_padding = source == PAD
        later = nn.Transformer.generate_square_subsequent_mask(target.shape[1]) < 0
        h = self.transformer(
            self.embedded(source, self.sourceEmbedding), self.embedded(target, self.targetEmbedding), tgt_mask=later,
            src_key_padding_mask=is_padding, memory_key_padding_mask=is_padding,
        )  # fmt: skip
        return h @ self.targetEmbedding.weight.T


def translator(name: str, arguments: dict[str, Any], model: nn.Module) -> dict[str, Any]:
    filled(model)
    source = padded(integers(3, 7, 3, 13, 901), [7, 4, 1])
    target = padded(integers(3, 6, 3, 12, 902), [6, 3, 2])
    model.train()
    logits = model(source, target[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)
    loss.backward()
    norms = {key: value.grad.norm().item() for key, value in model.named_parameters()}
    written, model = torch.full((3, 1), 1), model.eval()
    with torch.no_grad():
        for _ in range(6):
            written = torch.cat([written, model(source, written)[:, -1].argmax(-1, keepdim=True)], 1)
    return {
        "model": name, "arguments": arguments, "source": source.tolist(), "target": target.tolist(),
        "logits": floats(logits.detach().numpy()), "loss": floats(numpy.array(loss.item()))[0],
        "norms": {key: floats(numpy.array(value))[0] for key, value in norms.items()},
        "greedy": written[:, 1:].tolist(),
    }  # fmt: skip


class Tagger(nn.Module):
    def __init__(self, vocabulary: int, tags: int, features: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, features, padding_idx=PAD)
        self.rnn = nn.LSTM(features, hidden, layers, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, tags)

    def forward(self, words: Tensor) -> Tensor:
        lengths = (words != PAD).sum(1)
        packed = pack_padded_sequence(self.embedding(words), lengths, batch_first=True, enforce_sorted=False)
        return self.fc(pad_packed_sequence(self.rnn(packed)[0], batch_first=True, total_length=words.shape[1])[0])


class Classifier(nn.Module):
    def __init__(self, vocabulary: int, classes: int, context: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PAD)
        self.positions = nn.Embedding(context, width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.fc = nn.Linear(width, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        is_text = tokens != PAD
        x = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1]))
        h = self.encoder(x, src_key_padding_mask=~is_text)
        return self.fc((h * is_text[..., None]).sum(1) / is_text.sum(1, keepdim=True))


def reader(name: str, arguments: dict[str, Any], model: nn.Module) -> dict[str, Any]:
    filled(model)
    words = padded(integers(3, 7, 1, 13, 903), [7, 5, 2])
    logits = model.train()(words)
    return {
        "model": name, "arguments": arguments, "words": words.tolist(), "shape": list(logits.shape),
        "logits": floats(logits.detach().numpy()),
    }  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    cases = [language_model(cell, layers) for cell, layers in (("elman", 2), ("jordan", 1), ("lstm", 2), ("gru", 2))]
    for attention in ("none", "bahdanau", "luong"):
        arguments: dict[str, Any] = {
            "attention": attention, "sourceVocabulary": 13, "targetVocabulary": 12, "features": 6, "hidden": 8,
        }  # fmt: skip
        cases.append(translator("recurrent translator", arguments, RecurrentTranslator(**arguments)))
    arguments = {"sourceVocabulary": 13, "targetVocabulary": 12, "context": 10, "width": 8, "layers": 2, "heads": 2}
    cases.append(translator("transformer translator", arguments, TransformerTranslator(**arguments)))
    arguments = {"vocabulary": 13, "tags": 5, "features": 6, "hidden": 8, "layers": 2}
    cases.append(reader("tagger", arguments, Tagger(**arguments)))
    arguments = {"vocabulary": 13, "classes": 5, "context": 9, "width": 8, "layers": 2, "heads": 2}
    cases.append(reader("classifier", arguments, Classifier(**arguments)))
    description = "Models of sequences by PyTorch in float32, with the weights of the formulas of the script"
    write(HERE / "sequence_models.json", {"versions": versions(), "description": description}, cases)


if __name__ == "__main__":
    main()
