"""What PyTorch's models of texts reach beside the recipes of `apus train`: the same text, tokens, model, batches and
steps; only the random first weights differ.

    pip install tokenizers==0.23.3
    apus datasets extract king-james-bible --out texts
    apus train char-rnn --steps 500 --out run
    .venv/bin/python Benchmarks/language.py run texts/king-james-bible.txt

It prints the held-out loss of PyTorch's after the run's steps, that of the run, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F


class RecurrentModel(nn.Module):
    def __init__(self, cell: str, vocabulary: int, features: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        kind = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.embedding = nn.Embedding(vocabulary, features)
        self.rnn = kind(features, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden, vocabulary)

    def forward(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        h, state = self.rnn(self.dropout(self.embedding(tokens)), state)
        return self.fc(self.dropout(h)), state


class JordanModel(nn.Module):
    def __init__(self, vocabulary: int, features: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, features)
        self.input = nn.Linear(features, hidden)
        self.feedback = nn.Linear(vocabulary, hidden, bias=False)
        self.output = nn.Linear(hidden, vocabulary)

    def forward(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        shares = self.input(self.embedding(tokens))
        state = torch.zeros(len(tokens), self.output.out_features) if state is None else state
        logits = []
        for place in range(tokens.shape[1]):
            y = self.output(torch.tanh(shares[:, place] + self.feedback(state)))
            state = y.softmax(-1)
            logits.append(y)
        return torch.stack(logits, 1), state


class Block(nn.Module):
    def __init__(self, width: int, heads: int, layers: int, dropout: float, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width, bias=bias), nn.LayerNorm(width, bias=bias)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width, bias), nn.Linear(width, width, bias)
        self.c_fc, self.c_out = nn.Linear(width, 4 * width, bias), nn.Linear(4 * width, width, bias)
        self.dropout = nn.Dropout(dropout)
        for linear in (self.c_attn, self.c_proj, self.c_fc, self.c_out):
            scale = 0.02 / math.sqrt(2 * layers) if linear in (self.c_proj, self.c_out) else 0.02
            nn.init.normal_(linear.weight, 0, scale)
            if bias:
                nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.c_attn(self.ln_1(x)).chunk(3, -1)
        query, key, value = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts)
        h = F.scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.dropout(self.c_proj(h))
        return x + self.dropout(self.c_out(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh")))


class GPT(nn.Module):
    def __init__(
        self, vocabulary: int, context: int, width: int, layers: int, heads: int, dropout: float, bias: bool
    ) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        nn.init.normal_(self.wte.weight, 0, 0.02)
        nn.init.normal_(self.wpe.weight, 0, 0.02)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, layers, dropout, bias) for _ in range(layers))
        self.norm = nn.LayerNorm(width, bias=bias)

    def forward(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        h = self.dropout(self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1])))
        for block in self.blocks:
            h = block(h)
        return self.norm(h) @ self.wte.weight.T, None


RECIPES: dict[str, tuple[int, Any]] = {
    "elman-lm": (32, lambda v: RecurrentModel("elman", v, 64, 256, 1, 0)),
    "jordan-lm": (32, lambda v: JordanModel(v, 64, 256)),
    "char-rnn": (64, lambda v: RecurrentModel("lstm", v, 64, 256, 2, 0.1)),
    "lstm-lm": (35, lambda v: RecurrentModel("lstm", v, 200, 200, 2, 0.2)),
    "gru-lm": (35, lambda v: RecurrentModel("gru", v, 200, 200, 2, 0.2)),
    "gpt-char": (64, lambda v: GPT(v, 64, 128, 4, 4, 0, False)),
    "gpt-bpe": (128, lambda v: GPT(v, 128, 256, 4, 8, 0.1, True)),
}


def streams(tokens: Tensor, rows: int, time_: int) -> Iterator[tuple[Tensor, Tensor, bool]]:
    """As Apus's `TokenStreams`: stretch after stretch of as many places of the text as there are rows."""
    count = (len(tokens) - 1) // rows // time_
    starts = torch.arange(rows) * count * time_
    for number in range(count):
        places = starts[:, None] + number * time_ + torch.arange(time_)
        yield tokens[places], tokens[places + 1], number == 0


def windows(tokens: Tensor, rows: int, time_: int, shuffled: bool) -> Iterator[tuple[Tensor, Tensor, bool]]:
    """As Apus's `TokenWindows`: stretches that do not overlap."""
    count = (len(tokens) - 1) // time_
    order = torch.randperm(count) if shuffled else torch.arange(count)
    for chosen in order.split(rows):
        places = chosen[:, None] * time_ + torch.arange(time_)
        yield tokens[places], tokens[places + 1], True


def detached(state: Any) -> Any:
    if state is None:
        return None
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("text", type=Path)
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    configuration = json.loads((options.run / "config.json").read_text())
    recipe, rows, steps = configuration["recipe"], configuration["batch_size"], configuration["steps"]
    torch.manual_seed(int(configuration["seed"]))
    torch.set_num_threads(options.threads)
    tokenizer = Tokenizer.from_file(str(options.run / "tokenizer.json"))

    def tokens(part: bytes) -> Tensor:
        return torch.tensor(tokenizer.encode(part.decode(), add_special_tokens=False).ids)

    # The last tenth is held out, from the beginning of a line on.
    text = options.text.read_bytes()
    cut = text.index(b"\n", int(len(text) * 0.9)) + 1
    training, held = tokens(text[:cut]), tokens(text[cut:])
    time_, make_model = RECIPES[recipe]
    model = make_model(tokenizer.get_vocab_size())
    is_gpt = recipe.startswith("gpt")
    optimizer = torch.optim.AdamW(
        model.parameters(), configuration["learning_rate"], weight_decay=configuration["weight_decay"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    step, state, begin = 0, None, time.perf_counter()
    while step < steps:
        batches = windows(training, rows, time_, True) if is_gpt else streams(training, rows, time_)
        for inputs, targets, begins in batches:
            if len(inputs) < rows:
                continue
            logits, state = model(inputs, None if begins else detached(state))
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), configuration["clip_norm"])
            optimizer.step()
            schedule.step()
            step += 1
            if step == steps:
                break
    seconds = time.perf_counter() - begin
    model.eval()
    total, count, state = 0.0, 0, None
    with torch.no_grad():
        for inputs, targets, begins in windows(held, rows, time_, False) if is_gpt else streams(held, rows, time_):
            logits, state = model(inputs, None if begins else state)
            total += F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").item()
            count += targets.numel()
    measured = [json.loads(line) for line in (options.run / "metrics.jsonl").read_text().splitlines()]
    ours = [m["value"] for m in measured if m["split"] == "test" and m["name"] == "loss"][-1]
    theirs = total / count
    print(f"{recipe}, {steps} steps: PyTorch {theirs:.4f} ({math.exp(theirs):.2f}), Apus {ours:.4f} "
          f"({math.exp(ours):.2f}), perplexities' ratio {math.exp(ours - theirs):.4f}; PyTorch {seconds / steps * 1e3:.1f} ms a step")


if __name__ == "__main__":
    main()
