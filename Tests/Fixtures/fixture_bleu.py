"""Writes bleu.json: sacrebleu's BLEU of some translations, and how it cuts sentences into words.

    pip install sacrebleu==2.5.1
    .venv/bin/python Tests/Fixtures/fixture_bleu.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

HERE = Path(__file__).resolve().parent

PAIRS = [
    ("Le fichier n'a pas pu être ouvert.", "Impossible d'ouvrir le fichier."),
    ("Impossible d'ouvrir le fichier %s: %s", "Impossible d'ouvrir le fichier « %s » : %s"),
    ("Le 3,5 % de 1.000-2000 (environ) est-il juste ?", "Les 3,5 % de 1.000-2000 (environ) sont-ils justes ?"),
    ("afficher l'aide et quitter", "afficher l'aide et quitter"),
    ("La mémoire est épuisée", "mémoire épuisée"),
    ("a &amp; b &lt;c&gt; \"d\" [e] {f} ~g^h", "a & b <c> \"d\" [e] {f} ~g^h"),
    ("", "rien"),
    ("un deux trois quatre cinq six", "un deux trois quatre six cinq"),
    ("x.y, 1.5. et... fin", "x . y , 1.5 . et ... fin"),
]


def main() -> None:
    cut = Tokenizer13a()
    cases: list[dict[str, Any]] = [
        {"sentence": sentence, "words": cut(sentence).split()} for pair in PAIRS for sentence in pair
    ]  # fmt: skip
    for count in (len(PAIRS), 6, 4, 1):
        translations, references = [list(side) for side in zip(*PAIRS[:count], strict=True)]
        score = BLEU().corpus_score(translations, [references])
        cases.append({"count": count, "bleu": score.score, "precisions": score.precisions, "penalty": score.bp})
    rows = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    pairs = json.dumps(PAIRS, ensure_ascii=False)
    header = f'"versions": {{"sacrebleu": "{sacrebleu.__version__}"}},\n"pairs": {pairs},'
    (HERE / "bleu.json").write_text("{\n" + header + '\n"cases": [\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main()
