"""Writes pretrained/ and pretrained.json: tiny models of Hugging Face's `transformers` with random weights, their logits, what
they write and the logits processors of their generation.

    pip install transformers safetensors && OMP_NUM_THREADS=1 python Tests/Fixtures/fixture_pretrained.py

It needs PyTorch beside the `transformers` that the file names. A model is a folder as Hugging Face lays it out; a case of
pretrained.json:

    {"model": folder, "tokens": [[...]], "logits": [...], "greedy": [...], "beams": [{"width", "length_penalty", "stop",
     "tokens": [[...]], "scores": [...]}]}

and one of a processor {"processor": name, "value": number, "history": [...], "logits": [...], "output": [... | null]},
null for minus infinity.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from fixture_file import floats, versions, write

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "pretrained"
DESCRIPTION = "Tiny models of Hugging Face's transformers in float32: logits, greedy and beam search, logits processors"
VOCABULARY = 700  # that of tokenizers/byte_level.json
PROMPT = [17, 201, 33, 5, 90, 128, 64]


def drawn(model: torch.nn.Module, seed: int, size: float = 0.25) -> torch.nn.Module:
    """Weights large enough for decided logits, with two digits, so that the files compress."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator) * size
        is_scale = parameter.dim() == 1 and "bias" not in name
        parameter.data = (1 + noise * 0.5 if is_scale else noise * (4 if name.endswith("wte.weight") else 1)).round(decimals=2)
    return model.eval()


def saved(model: Any, name: str, **options: Any) -> Path:
    target = FOLDER / name
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target, **options)
    (target / "generation_config.json").unlink(missing_ok=True)
    return target


def gpt2() -> Any:
    config = GPT2Config(vocab_size=VOCABULARY, n_positions=48, n_embd=16, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0)
    return drawn(GPT2LMHeadModel(config), 1)


def llama(**options: Any) -> Any:
    config = LlamaConfig(
        vocab_size=96, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, **options,
    )
    return drawn(LlamaForCausalLM(config), 2, 0.4)


def bert(kind: type) -> Any:
    config = BertConfig(
        vocab_size=600, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
        max_position_embeddings=32,
    )
    return drawn(kind(config), 3)


def causal(name: str, model: Any, prompt: list[int], stop: int | None) -> dict[str, Any]:
    tokens = torch.tensor([prompt])
    with torch.no_grad():
        logits = model(tokens).logits[0]
        model.generation_config.eos_token_id = None
        greedy = model.generate(tokens, do_sample=False, max_new_tokens=24, pad_token_id=0)[0, len(prompt):]
        beams = []
        for width, penalty in ((2, 1.0), (4, 0.0), (4, 2.0)):
            model.generation_config.eos_token_id = stop
            found = model.generate(
                tokens, do_sample=False, num_beams=width, num_return_sequences=width, length_penalty=penalty,
                early_stopping="never", max_new_tokens=8, eos_token_id=stop, pad_token_id=0, output_scores=True,
                return_dict_in_generate=True,
            )
            rows = found.sequences[:, len(prompt):].tolist()
            beams.append({"width": width, "length_penalty": penalty, "stop": stop, "tokens": rows,
                          "scores": floats(found.sequences_scores.numpy())})
    return {"model": name, "tokens": [prompt], "logits": floats(logits.numpy()), "greedy": greedy.tolist(), "beams": beams}


def encoders() -> list[dict[str, Any]]:
    tokens = torch.tensor([[2, 17, 41, 99, 3, 8, 3, 0, 0], [2, 5, 6, 7, 8, 9, 10, 11, 3]])
    types = torch.tensor([[0, 0, 0, 0, 0, 1, 1, 0, 0], [0] * 9])
    mask = torch.tensor([[1, 1, 1, 1, 1, 1, 1, 0, 0], [1] * 9])
    plain, masked = bert(BertModel), bert(BertForMaskedLM)
    saved(plain, "bert")
    saved(masked, "bert-masked")
    with torch.no_grad():
        out = plain(tokens, attention_mask=mask, token_type_ids=types)
        logits = masked(tokens, attention_mask=mask, token_type_ids=types).logits
    seen = mask.bool()
    common = {"tokens": tokens.tolist(), "types": types.tolist(), "mask": mask.tolist()}
    return [
        {"model": "bert", **common, "hidden": floats(out.last_hidden_state[seen].numpy()),
         "pooled": floats(out.pooler_output.numpy())},
        {"model": "bert-masked", **common, "logits": floats(logits[seen][::4].numpy())},
    ]


def processors() -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(7)
    made = {
        "temperature": (TemperatureLogitsWarper, (0.7, 1.5)), "topK": (TopKLogitsWarper, (1, 3, 40)),
        "topP": (TopPLogitsWarper, (0.05, 0.5, 0.9, 0.999)),
        "repetitionPenalty": (RepetitionPenaltyLogitsProcessor, (1.2, 0.8)),
    }
    cases = []
    for name, (kind, values) in made.items():
        for value in values:
            for ties in (False, True):
                logits = (torch.randn(1, 16, generator=generator) * 2).round(decimals=3)
                # Two equal numbers: top-k leaves both.
                if ties and name == "topK":
                    logits[0, 4] = logits[0].sort(descending=True).values[min(value, 16) - 1]
                history = torch.randint(0, 16, (1, 9), generator=generator)
                output = kind(value)(history, logits.clone())[0]
                cases.append({
                    "processor": name, "value": value, "history": history[0].tolist(), "logits": floats(logits[0].numpy()),
                    "output": [None if x == float("-inf") else floats(x.numpy())[0] for x in output],
                })
    return cases


def main() -> None:
    torch.set_num_threads(1)
    cases = []
    model = gpt2()
    target = saved(model, "gpt2")
    cases.append(causal("gpt2", model, PROMPT, 48))
    model = llama(head_dim=8, rope_parameters={"rope_type": "default", "rope_theta": 500.0})
    # Two files and the index of what is in which.
    saved(model, "llama", max_shard_size="16KB")
    cases.append(causal("llama", model, [t % 96 for t in PROMPT], 7))
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 16}
    model = llama(tie_word_embeddings=True, rope_parameters={"rope_theta": 10000.0, **scaling}).bfloat16()
    target = saved(model, "llama-scaled")
    # As versions before 5 wrote it.
    config = json.loads((target / "config.json").read_text())
    config.pop("rope_parameters")
    config |= {"rope_theta": 10000.0, "rope_scaling": scaling, "torch_dtype": config.pop("dtype", "bfloat16")}
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    # Read again, as angles are rounded with a model that is converted.
    model = LlamaForCausalLM.from_pretrained(target, dtype=torch.float32).eval()
    cases.append(causal("llama-scaled", model, [t % 96 for t in PROMPT], 7))
    cases += encoders() + processors()
    header = {"versions": versions() | {"transformers": transformers.__version__}, "description": DESCRIPTION}
    write(HERE / "pretrained.json", header, cases)
    for path in sorted(FOLDER.rglob("*")) + [HERE / "pretrained.json"]:
        if path.is_file():
            print(path.relative_to(HERE), path.stat().st_size)


if __name__ == "__main__":
    main()
