"""What scikit-learn's exact t-SNE makes of 300 handwritten digits of 8 x 8 pixels (tsne.json): the divergence it reaches, and
how trustworthy the map is (Venna & Kaski 2001) for 12 neighbours. Pixels from 0 to 16 are the letters from A to Q.

    .venv/bin/python Tests/Fixtures/fixture_tsne.py      (needs scikit-learn)
"""

from __future__ import annotations

import json
from pathlib import Path

import sklearn
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness

COUNT = 300


def main() -> None:
    digits = load_digits()
    points = digits.data[:COUNT]
    result: dict[str, object] = {"versions": {"scikit-learn": sklearn.__version__}}
    result["points"] = ["".join(chr(65 + int(value)) for value in row) for row in points]
    result["labels"] = digits.target[:COUNT].tolist()
    for perplexity in (10, 30):
        maps = [TSNE(perplexity=perplexity, method="exact", init="pca", random_state=0).fit(points)]
        maps += [TSNE(perplexity=perplexity, method="exact", init="random", random_state=seed).fit(points) for seed in (1, 2, 3)]
        best = min(maps, key=lambda m: m.kl_divergence_)
        result[f"perplexity {perplexity}"] = {
            "divergence": float(maps[0].kl_divergence_),
            "divergences": [float(m.kl_divergence_) for m in maps],
            "trustworthiness": float(trustworthiness(points, best.embedding_, n_neighbors=12)),
        }
    (Path(__file__).parent / "tsne.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
