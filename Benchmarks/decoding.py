"""Tokens per second of a model of GPT-2's size with random weights, against the length of the text before: Apus, PyTorch with a
cache of fixed size, and where they are installed Hugging Face's Transformers and CTranslate2.

    .venv/bin/python Benchmarks/decoding.py [--contexts 64 256 1000] [--tokens 24] [--rounds 3]

All run with two threads in float32, one text at a time, alternating; the medians are printed. `apus` is that of
.build/release.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent
LAYERS, HEADS, WIDTH, CONTEXT, VOCABULARY = 12, 12, 768, 1024, 50257
THREADS = 2


def weights() -> dict[str, numpy.ndarray]:
    """Random weights by Hugging Face's names; linear layers are [inputs, outputs]."""
    generator = numpy.random.default_rng(0)

    def normal(*shape: int) -> numpy.ndarray:
        return generator.standard_normal(shape, dtype=numpy.float32) * numpy.float32(0.02)

    tensors = {"wte.weight": normal(VOCABULARY, WIDTH), "wpe.weight": normal(CONTEXT, WIDTH)}
    for layer in range(LAYERS):
        for name, inputs, outputs in (("attn.c_attn", 1, 3), ("attn.c_proj", 1, 1), ("mlp.c_fc", 1, 4), ("mlp.c_proj", 4, 1)):
            tensors[f"h.{layer}.{name}.weight"] = normal(inputs * WIDTH, outputs * WIDTH)
            tensors[f"h.{layer}.{name}.bias"] = normal(outputs * WIDTH)
        for name in ("ln_1", "ln_2"):
            tensors[f"h.{layer}.{name}.weight"] = numpy.ones(WIDTH, numpy.float32)
            tensors[f"h.{layer}.{name}.bias"] = normal(WIDTH)
    tensors["ln_f.weight"], tensors["ln_f.bias"] = numpy.ones(WIDTH, numpy.float32), normal(WIDTH)
    return tensors


def write_model(folder: Path, tensors: dict[str, numpy.ndarray]) -> None:
    """A folder as Hugging Face lays it out; the tokenizer knows the words w0, w1, …"""
    header, end = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())
    (folder / "config.json").write_text(json.dumps({
        "model_type": "gpt2", "n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": CONTEXT,
        "vocab_size": VOCABULARY, "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"],
    }))
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": {f"w{n}": n for n in range(VOCABULARY)}, "unk_token": "w0"},
    }))


def apus(folder: Path, prompt: list[int], tokens: int) -> float:
    text = " ".join(f"w{token}" for token in prompt)
    run = subprocess.run(
        [ROOT / ".build/release/apus", "generate", folder, text, "--temperature", "0", "--max-tokens", str(tokens), "--time"],
        capture_output=True, text=True, check=True)
    return float(re.search(r"then ([0-9.]+) ms a token", run.stderr).group(1))


class Torch:
    """GPT-2 as plain PyTorch with a cache of fixed size, of which the filled part is attended to."""

    def __init__(self, tensors: dict[str, numpy.ndarray]) -> None:
        # As Linear has them, which PyTorch's products with one row are quickest with.
        self.t = {name: torch.from_numpy(array.T.copy() if ".c_" in name and array.ndim == 2 else array)
                  for name, array in tensors.items()}
        self.cache = [torch.zeros(2, 1, HEADS, CONTEXT, WIDTH // HEADS) for _ in range(LAYERS)]

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.t[name + ".weight"], self.t[name + ".bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (WIDTH,), self.t[name + ".weight"], self.t[name + ".bias"])

    def step(self, tokens: Tensor, place: int) -> Tensor:
        end = place + tokens.shape[1]
        x = self.t["wte.weight"][tokens] + self.t["wpe.weight"][place:end]
        for layer, cache in enumerate(self.cache):
            name = f"h.{layer}."
            parts = self._linear(self._norm(x, name + "ln_1"), name + "attn.c_attn").split(WIDTH, dim=2)
            query, key, value = (part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in parts)
            cache[0][:, :, place:end], cache[1][:, :, place:end] = key, value
            y = F.scaled_dot_product_attention(query, cache[0][:, :, :end], cache[1][:, :, :end], is_causal=place == 0)
            x = x + self._linear(y.transpose(1, 2).flatten(2), name + "attn.c_proj")
            h = F.gelu(self._linear(self._norm(x, name + "ln_2"), name + "mlp.c_fc"), approximate="tanh")
            x = x + self._linear(h, name + "mlp.c_proj")
        return F.linear(self._norm(x[:, -1:], "ln_f"), self.t["wte.weight"]).argmax(-1)

    def __call__(self, prompt: list[int], tokens: int) -> float:
        with torch.inference_mode():
            token = self.step(torch.tensor([prompt]), 0)
            start = time.perf_counter()
            for n in range(tokens - 1):
                token = self.step(token, len(prompt) + n)
                token.item()
            return (time.perf_counter() - start) / (tokens - 1) * 1000


def hugging_face(folder: Path) -> Callable[[list[int], int], float] | None:
    try:
        from transformers import GPT2LMHeadModel
    except ImportError:
        return None
    model = GPT2LMHeadModel.from_pretrained(folder).eval()
    model.generation_config.eos_token_id = None

    def timed(prompt: list[int], tokens: int) -> float:
        def seconds(count: int) -> float:
            start = time.perf_counter()
            model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=count, pad_token_id=0)
            return time.perf_counter() - start

        # What more tokens take than one, so that the prompt does not count.
        return (seconds(tokens) - seconds(1)) / (tokens - 1) * 1000

    return timed


def ctranslate2(folder: Path) -> Callable[[list[int], int], float] | None:
    """CTranslate2, an engine of its own for inference, in float32."""
    try:
        import ctranslate2
    except ImportError:
        return None
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "w0", "bos_token": "w0", "eos_token": "w0"}))
    converted = str(folder / "ctranslate2")
    ctranslate2.converters.TransformersConverter(str(folder)).convert(converted)
    generator = ctranslate2.Generator(converted, device="cpu", compute_type="float32", inter_threads=1, intra_threads=THREADS)

    def timed(prompt: list[int], tokens: int) -> float:
        def seconds(count: int) -> float:
            start = time.perf_counter()
            generator.generate_batch(
                [[f"w{token}" for token in prompt]], min_length=count, max_length=count, include_prompt_in_result=False)
            return time.perf_counter() - start

        return (seconds(tokens) - seconds(1)) / (tokens - 1) * 1000

    return timed


def main() -> None:
    parser = argparse.ArgumentParser(description="Tokens per second of a model of GPT-2's size.")
    parser.add_argument("--contexts", type=int, nargs="+", default=[16, 256, 512, 768, 980])
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    tensors = weights()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_model(folder, tensors)
        runs: dict[str, Callable[[list[int], int], float]] = {
            "Apus": lambda prompt, tokens: apus(folder, prompt, tokens), "PyTorch, fixed cache": Torch(tensors)}
        if (other := hugging_face(folder)) is not None:
            runs["Transformers"] = other
        if (engine := ctranslate2(folder)) is not None:
            runs["CTranslate2"] = engine
        generator = numpy.random.default_rng(1)
        print("| tokens before | " + " | ".join(f"{name}, ms a token" for name in runs) + " |")
        print("|---" * (1 + len(runs)) + "|")
        for context in options.contexts:
            prompt = generator.integers(0, VOCABULARY, context).tolist()
            times: dict[str, list[float]] = {name: [] for name in runs}
            for _ in range(options.rounds):
                for name, run in runs.items():
                    times[name].append(run(prompt, options.tokens))
            cells = [f"{statistics.median(times[name]):.1f}" for name in runs]
            print(f"| {context} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
